"""Formulas as MathML, made at build time: the pages need neither a network nor a script to show them."""

import re

from docutils.nodes import SkipNode
from latex2mathml.converter import convert


def _name(space):
    return rf'<mo lspace="0.167em" rspace="{space}em">\2</mo>'


# The converter's output, and what browsers show as TeX would: names of functions stand apart from what is beside them
# unless that is a parenthesis, bars stand around something and not between, and a prime is high enough by itself.
REPLACED = [
    (r"<m([io])>(log|sin|cos|cosh|tanh|min|max)</m\1>(?=<mo stretchy=.false.>&#x00028;)", _name(0)),
    (r"(?<!<munder>)(?<!<msub>)<m([io])>(log|sin|cos|cosh|tanh|min|max)</m\1>", _name(0.167)),
    (r'<mo(?: stretchy="false")?>(&#x0007C;|&#x02016;)</mo>', r'<mo lspace="0" rspace="0" stretchy="false">\1</mo>'),
    (r"<msup>(<mi>.</mi>)<mi>(&#x0203[23];)</mi></msup>", r'<mrow>\1<mo lspace="0" rspace="0">\2</mo></mrow>'),
    (r"\\_", "_"),
]


def formula(text, display):
    """Convert a formula."""
    written = convert(text, display=display)
    for pattern, replacement in REPLACED:
        written = re.sub(pattern, replacement, written)
    return written


def visit_inline(writer, node):
    """Write a formula in a line of text."""
    writer.body.append(formula(node.astext(), "inline"))
    raise SkipNode


def visit_block(writer, node):
    """Write formulas of their own: where it is narrow they stand below each other, and what is too wide scrolls."""
    writer.body.append(writer.starttag(node, "div", CLASS="math-display"))
    writer.body.extend(formula(part, "block") for part in node.astext().split(r"\qquad"))
    writer.body.append("</div>")
    raise SkipNode


def setup(app):
    """Make the renderer known."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
