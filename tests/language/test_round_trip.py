"""Printed LaTeX says what was read: reading it again gives the same tree."""

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from derivcheck.language.nodes import Tuple
from derivcheck.language.printing import latex, plain
from derivcheck.reading.documents import kind_of, scan
from derivcheck.reading.items import ParseError, Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.statements import read
from derivcheck.source import Source

_ROOT = Path(__file__).parents[2]
_DOCUMENTS = sorted(
    path
    for folder in ("tests/documents", "derivcheck/homework/documents")
    for path in (_ROOT / folder).iterdir()
    if path.suffix in (".md", ".tex") and path.name != "README.md"
)

_NAMES = st.sampled_from(
    ["x", "y", "W", "i", "j", r"\sigma", r"\ell", r"\phi", r"\mathbf{x}", r"\bar{y}", r"\mathrm{loss}"]
)
_SUBS = st.sampled_from(["", "", "", "_i", "_{ij}", "_{i,j}", "_{t-1}", r"_{\text{new}}", "_{i,:}", "_{2n}"])
_SUPS = st.sampled_from(
    ["", "", "", "^2", r"^\top", "^{-1}", "^{(i)}", "^*", r"^{(\cdot)}", r"^{-\top}", "^{ij}", "'", "''"]
)
_ATOMS = st.one_of(
    st.builds("{}{}{}".format, _NAMES, _SUBS, _SUPS),
    st.sampled_from(
        ["2", "0.5", r"\frac{\partial \ell}{\partial W}", r"\frac{\partial^2 f}{\partial x \partial y}", r"\infty"]
    ),
)
_ONE = [
    r"({})", r"[{}]", r"\left({}\right)^{{-1}}", r"\sqrt{{{}}}", r"\sqrt[3]{{{}}}", r"\|{}\|^2", r"|{}|", r"\log {}", r"\log({})",
    r"\operatorname{{tr}}({})", r"\sin^2 {}", r"\exp\left({}\right)^2", r"\text{{ReLU}}({})", r"\sum_{{i=1}}^{{n}} {}", r"\sum_i {}",
    r"\prod_{{j \ne i}} {}", r"\max_{{i}} {}", r"\arg\max_u {}", r"\int_0^1 {} \, dx", r"\frac{{\partial}}{{\partial x}} {}",
    r"\frac{{d}}{{dx}} {}", r"\nabla_x {}", r"\nabla^2 {}", r"\left. {} \right|_{{x=0}}", r"\boxed{{{}}}", r"\phi'({})",
    r"\mathbb{{E}}[x \mid {}]", r"\begin{{cases}} {} & x > 0 \\ 0 & \text{{otherwise}} \end{{cases}}", r"-{}",
]  # fmt: skip
_TWO = [
    "{} {}", r"{} \cdot {}", r"{} \times {}", "{} / {}", "{} + {}", "{} - {}", r"{} \pm {}", r"{} \odot {}", r"{} \circ {}",
    r"\frac{{{}}}{{{}}}", r"\max({}, {})", r"\langle {}, {} \rangle", r"\begin{{pmatrix}} {} & {} \\ 0 & 1 \end{{pmatrix}}",
]  # fmt: skip


def _wider(inner):
    one = st.builds(lambda form, a: form.format(a), st.sampled_from(_ONE), inner)
    return one | st.builds(lambda form, a, b: form.format(a, b), st.sampled_from(_TWO), inner, inner)


@given(st.recursive(_ATOMS, _wider, max_leaves=10))
def test_reading_what_was_printed_gives_the_same_tree(text):
    try:
        node = parse_expression(text)
    except ParseError:
        assume(False)
        return
    printed = latex(node)
    assert parse_expression(printed) == node
    assert latex(parse_expression(printed)) == printed
    assert plain(node)


@pytest.mark.parametrize("path", _DOCUMENTS, ids=lambda path: path.name)
def test_every_member_of_a_document_is_printed_so_that_it_can_be_read_again(path):
    text = path.read_text(encoding="utf-8")
    for item in read(Source(path.name, text), scan(Source(path.name, text), kind_of(path.name, text))):
        for member in item.members if isinstance(item, Statement) else ():
            for node in member.items if isinstance(member, Tuple) else (member,):
                assert parse_expression(latex(node)) == node
