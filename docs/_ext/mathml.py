"""Formulas as MathML, made at build time: the pages need neither a network nor a script to show them."""

from docutils.nodes import SkipNode
from latex2mathml.converter import convert


def visit_inline(writer, node):
    """Write a formula in a line of text."""
    writer.body.append(convert(node.astext(), display="inline"))
    raise SkipNode


def visit_block(writer, node):
    """Write a formula of its own; it scrolls where it is too wide."""
    writer.body.append(writer.starttag(node, "div", CLASS="math-display"))
    writer.body.append(convert(node.astext(), display="block"))
    writer.body.append("</div>")
    raise SkipNode


def setup(app):
    """Make the renderer known."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
