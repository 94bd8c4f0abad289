"""Where the demo leaves its pictures while the gallery is made."""


def arguments(gallery, script):
    """Give the demo a directory inside the build; other examples take no arguments."""
    return ["../docs/_build/demo_output"] if "plot_demo" in script["src_file"] else []
