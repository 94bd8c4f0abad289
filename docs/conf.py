"""How the site is built: `make docs`, with warnings as errors. It needs no network."""

import dataclasses
import importlib
import re
import sys
from pathlib import Path

import matplotlib as mpl
from sphinx.util import logging

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

import sknn  # noqa: E402

mpl.use("Agg")

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

myst_enable_extensions = ["attrs_block", "deflist", "dollarmath"]
myst_heading_anchors = 3
extlinks = {
    "skl": ("https://scikit-learn.org/stable/modules/generated/%s.html", "%s"),
    "arxiv": ("https://arxiv.org/abs/%s", "arXiv:%s"),
}
html_math_renderer = "mathml"
# The empty line that ends a doctest is not shown.
highlight_options = {"python": {"stripnl": True}, "pycon": {"stripnl": True}}

# -- reference ---------------------------------------------------------------------------------------------------------

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# -- gallery -----------------------------------------------------------------------------------------------------------

sphinx_gallery_conf = {
    "examples_dirs": str(HERE.parent / "examples"),
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"[/\\]plot_",
    "within_subsection_order": "gallery.Order",
    "reference_url": {"sknn": None},
    "doc_module": ("sknn",),
    "backreferences_dir": "generated/backreferences",
    "show_memory": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "reset_argv": "gallery.arguments",
    "capture_repr": (),
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
# Pages that stand alone have nothing to navigate.
html_sidebars = {
    page: []
    for page in (
        "index",
        "getting_started",
        "mathematics",
        "architecture",
        "extending",
        "speed",
        "faq",
        "changelog",
        "search",
        "genindex",
    )
}

# -- nothing public is left out ----------------------------------------------------------------------------------------

MODULES = [
    "",
    ".activations",
    ".initializers",
    ".layers",
    ".losses",
    ".optimizers",
    ".plotting",
    ".preprocessing",
    ".schedules",
]


def check_reference(app):
    """Warn of a public name that the page of the reference does not list."""
    listed, section = set(), ""
    for line in (HERE / "api" / "index.md").read_text(encoding="utf-8").splitlines():
        section = line.removeprefix(".. module:: ") if line.startswith(".. module:: ") else section
        listed.add(f"{section}.{line.strip().removeprefix('.. py:data:: ')}")
    for module in (importlib.import_module(f"sknn{name}") for name in MODULES):
        public = getattr(module, "__all__", None) or [
            name
            for name, thing in vars(module).items()
            if isinstance(thing, type) and thing.__module__ == module.__name__ and not name.startswith("_")
        ]
        for name in public:
            dotted = f"{module.__name__}.{name}"
            if not name.startswith("_") and dotted not in listed:
                logging.getLogger(__name__).warning("docs/api/index.md does not list %s", dotted)


def plain(app, what, name, obj, options, lines):
    """Let a docstring's formulas and names be text where they would be markup, as in |r|, *rows and n_features_in_."""
    literal = False
    for i, line in enumerate(lines):
        if literal and line and not line.startswith(" " * literal):
            literal = False
        if not literal:
            # What stands in backticks is left alone; it has the odd places.
            parts = re.split(r"(`+[^`]*`+_*)", line)
            parts[::2] = (re.sub(r"\||(?<![\w*])\*(?=\w+\b(?!\*))|_(?=[,)])", r"\\\g<0>", part) for part in parts[::2])
            lines[i] = re.sub(r":(?:ref|term):`([^`<]+?)(?:\s*<[^`>]*>)?`", r"\1", "".join(parts))
        if line.endswith("::"):
            literal = len(line) - len(line.lstrip()) + 1


def defaults(app, what, name, obj, options, signature, annotation):
    """Show what the fields of a dataclass are by default, where it is made anew for each object."""
    if signature and dataclasses.is_dataclass(obj):
        for field in dataclasses.fields(obj):
            if field.default_factory is not dataclasses.MISSING:
                signature = signature.replace(f"{field.name}=<factory>", f"{field.name}={field.default_factory()!r}")
    return signature, annotation


def unlinked(app, env, node, contnode):
    """Let a single backtick name what has no entry of its own, as a field; explicit roles stay strict."""
    return contnode if node.get("reftype") == "obj" else None


def setup(app):
    """Connect what stands above; numpydoc comes before `plain`."""
    app.connect("builder-inited", check_reference)
    app.connect("missing-reference", unlinked)
    app.connect("autodoc-process-signature", defaults)
    app.connect("autodoc-process-docstring", plain, priority=900)
