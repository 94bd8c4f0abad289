"""How the site is built: `make docs`, with warnings as errors. It needs no network."""

import importlib
import re
import sys
import warnings
from pathlib import Path

import matplotlib as mpl
from sphinx.util import logging

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

import sknn  # noqa: E402

mpl.use("Agg")
warnings.filterwarnings("error")

project = "sknn"
author = "the sknn developers"
copyright = author
version = release = sknn.__version__

extensions = [
    "mathml",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
nitpicky = True
# What docstrings inherit from scikit-learn points to its own pages.
nitpick_ignore_regex = [("py:.*", r"(sklearn|numpy|scipy|matplotlib)\..*")]
# A single backtick in a docstring is a link where it names something, else it is emphasis.
default_role = "autolink"

# -- pages in Markdown -------------------------------------------------------------------------------------------------

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
extlinks = {
    "skl": ("https://scikit-learn.org/stable/modules/generated/%s.html", "%s"),
    "arxiv": ("https://arxiv.org/abs/%s", "arXiv:%s"),
}
html_math_renderer = "mathml"

# -- reference ---------------------------------------------------------------------------------------------------------

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# -- gallery -----------------------------------------------------------------------------------------------------------

sphinx_gallery_conf = {
    "examples_dirs": str(HERE.parent / "examples"),
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"[/\\]plot_",
    "within_subsection_order": "ExampleTitleSortKey",
    "reference_url": {"sknn": None},
    "doc_module": ("sknn",),
    "backreferences_dir": "generated/backreferences",
    "show_memory": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "reset_argv": "demo_arguments.arguments",
    "matplotlib_animations": False,
    "abort_on_example_error": True,
}

# -- look --------------------------------------------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = "sknn"
html_static_path = ["_static"]
html_css_files = ["sknn.css"]
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {
    "logo": {"text": "sknn"},
    "navbar_align": "left",
    "navigation_with_keys": False,
    "show_prev_next": True,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "default",
    "pygments_dark_style": "github-dark",
}
html_sidebars = {"index": [], "faq": [], "changelog": [], "speed": []}

# -- nothing public is left out ----------------------------------------------------------------------------------------

MODULES = ["", ".activations", ".initializers", ".layers", ".losses", ".optimizers", ".plotting", ".schedules"]


def check_reference(app):
    """Warn of a public name that the page of the reference does not list."""
    listed = set(re.findall(r"^ +(sknn\.[\w.]+)$", (HERE / "api" / "index.md").read_text(), re.MULTILINE))
    for module in (importlib.import_module(f"sknn{name}") for name in MODULES):
        public = getattr(module, "__all__", None) or [
            name
            for name, thing in vars(module).items()
            if isinstance(thing, type) and thing.__module__ == module.__name__ and not name.startswith("_")
        ]
        for name in public:
            dotted = f"{module.__name__}.{name}"
            if isinstance(getattr(module, name), type) and dotted not in listed:
                logging.getLogger(__name__).warning("docs/api/index.md does not list %s", dotted)


def setup(app):
    """Connect the check."""
    app.connect("builder-inited", check_reference)
