"""The report as a page: looked at as a tree of elements; how it is seen was looked at in a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from derivcheck.language.mathml import mathml
from derivcheck.reading.parser import parse_expression
from derivcheck.report.html import html, plot
from derivcheck.report.reading import rows_of
from derivcheck.source import Source
from derivcheck.verdict import Curve, Extra, Outcome
from tests.report.fakes import FIGURES, PICTURE, REPORT, SOURCE

VOID = {"meta", "circle", "line", "polyline"}


class Tree(HTMLParser):
    """Elements that are closed in the order in which they were opened, and what may not stand in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page() -> str:
    curve = Extra("curve", text="picture", curve=Curve((0.0, -3.0, -6.0), "how much it lacks", logarithmic=True))
    return html([replace(REPORT, extras=(PICTURE, FIGURES, curve))], strict=False)


def test_the_page_is_whole_and_needs_nothing_from_outside_and_runs_nothing(page):
    tree = Tree(page)
    assert not {"script", "link", "iframe", "img", "object", "embed", "form"} & {tag for tag, _ in tree.seen}
    for _, attributes in tree.seen:
        assert not any(name.startswith("on") or name in ("src", "href", "xlink:href") for name in attributes)
    assert "url(" not in page
    assert "@import" not in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_the_wrong_part_is_marked_with_its_correction_behind_it(page):
    assert '<mrow class="bad"><mi>x</mi></mrow><mrow class="good"><mi>r</mi></mrow>' in page
    assert "replace <code>x</code> by <code>r</code>" in page


def test_every_line_of_the_document_is_there_with_its_verdict():
    rows = rows_of(REPORT)
    lines = {row.place.line for row in rows}
    assert {number for number, line in enumerate(SOURCE.text.splitlines(), 1) if line.strip()} - lines <= {12}
    told = {result.name: row.place.line for row in rows for result in row.results}
    assert told == {"grad-V": 10, "grad-b": 11, "line-13": 13}
    assert {finding.code for row in rows for finding in row.findings} == {"wrong-gradient", "unreadable", "new-scope"}


def test_a_document_is_data(page):
    hostile = Source("<b>.md", "# <script>x</script>\n\n$\\text{<img>}$ `</style>` & $a = \\mathrm{<i>}$ \x1b[1m\n")
    tree = Tree(html([replace(REPORT, source=hostile, results=(), findings=())], strict=False))
    assert not {"script", "img", "b"} & {tag for tag, _ in tree.seen}
    assert "\x1b" not in html([replace(REPORT, source=hostile, results=(), findings=())], strict=False)


def test_a_curve_is_a_picture_with_its_scale():
    drawn = plot(Curve((1.0, float("nan"), 4.0, 2.0), "error"))
    assert Tree(drawn).seen[0][0] == "svg"
    assert len(re.findall(r"\d+\.\d+,\d+\.\d+", drawn)) == 3
    assert {">1<", ">2.5<", ">4<"} <= set(re.findall(r">[\d.]+<", drawn))
    assert "1e-06" in plot(Curve((0.0, -6.0), "error", logarithmic=True))
    assert plot(Curve((float("inf"),), "error")) == ""


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\mathbf{x}^\top A_{ij}", ["<mi>𝐱</mi>", "<mo>⊤</mo>", "<msub><mi>A</mi>"]),
        (r"\hat{y}", ['<mover accent="true"><mi>y</mi>']),
        (r"\frac{\partial^2 f}{\partial x^2}", ["<mfrac>", "<mn>2</mn>"]),
        (r"a - (b + c)", ["<mo>−</mo>", 'stretchy="false" lspace="0" rspace="0">(</mo>']),
        (r"\sum_{i=1}^n x_i", ["<munderover><mo>∑</mo>"]),
        (r"\int_0^1 x \, dx", ["<msubsup><mo>∫</mo>", "<mi>d</mi>"]),
        (r"\begin{pmatrix} a & b \\ 0 & 1 \end{pmatrix}", ["<mtable><mtr><mtd><mi>a</mi></mtd>"]),
        (r"\begin{cases} a & b > 0 \\ c & \text{otherwise} \end{cases}", ["<mtext>otherwise</mtext>", "&gt;"]),
        (r"\sqrt[3]{x} + |y| + \|z\|", ["<mroot><mi>x</mi><mn>3</mn></mroot>", "‖"]),
        (r"\log_2 x \binom{n}{k}", ['<mfrac linethickness="0">']),
        (r"\phi'(x)", ["′", "<mi>φ</mi>"]),
        (r"\left. \frac{\partial \ell}{\partial W} \right|_{r}", ["<msub><mrow><mfrac>"]),
        (r"\nabla_x^2 f", ["∇"]),
    ],
)
def test_an_expression_is_printed_from_its_tree(latex, shown):
    drawn = mathml(parse_expression(latex))
    Tree(drawn)
    for part in shown:
        assert part in drawn, drawn


def test_what_fails_the_run_without_a_wrong_line_is_said():
    report = replace(REPORT, results=(), findings=())
    assert "no claim was found" in html([report], strict=False)
    assert Outcome.HOLDS not in [result.verdict.outcome for result in report.results]
