"""Formulas as MathML, made at build time: the pages need neither a network nor a script to show them."""

from docutils.nodes import SkipNode
from latex2mathml.converter import convert
from sphinx.util.nodes import get_node_equation_number


def mathml(latex, display):
    if r"\\" in latex and r"\begin" not in latex:
        latex = rf"\begin{{align*}}{latex}\end{{align*}}"
    return convert(latex, display=display)


def visit_inline(self, node):
    self.body.append(mathml(node.astext(), "inline"))
    raise SkipNode


def visit_block(self, node):
    self.body.append(self.starttag(node, "div", CLASS="math-display"))
    self.body.append(mathml(node.astext(), "block"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})</span>')
    self.body.append("</div>")
    raise SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
