"""Slopes of piecewise linear functions: proved inside of every cell, and nothing else is."""

from __future__ import annotations

import pytest

from derivcheck.oracles import slopes
from tests.problem.asking import bench

GIVEN = "Let $x, y, B \\in \\mathbb{R}$ and $v, w \\in \\mathbb{R}^3$.\n\n"
NET = "\\max(0, 2 x - y) - 3 \\max(0, y) + x"
DEEP = "\\max(0, \\max(0, x) - \\max(0, y) - 1)"


def proof(line: str) -> str | None:
    made, claims = bench(f"{GIVEN}$$ {line} $$\n")
    return slopes.proof(made, claims[-1])


RIGHT = [
    "\\frac{\\partial}{\\partial x} \\min(x, y) = \\mathbb{1}[x < y]",
    "\\frac{\\partial}{\\partial y} \\max(x, y) = \\begin{cases} 1 & x < y \\\\ 0 & \\text{otherwise} \\end{cases}",
    f"\\frac{{\\partial}}{{\\partial x}} ({NET}) = 2 \\cdot \\mathbb{{1}}[2 x > y] + 1",
    f"\\frac{{\\partial}}{{\\partial y}} ({NET}) = -\\mathbb{{1}}[2 x > y] - 3 \\cdot \\mathbb{{1}}[y > 0]",
    f"\\frac{{\\partial}}{{\\partial x}} {DEEP} = \\mathbb{{1}}[x > 0] \\mathbb{{1}}[\\max(0, x) - \\max(0, y) > 1]",
    "\\frac{\\partial |x|}{\\partial x} = \\mathbb{1}[x > 0] - \\mathbb{1}[x < 0]",
    "\\frac{\\partial}{\\partial v} (v_1 + |v_2|) = \\begin{pmatrix} 1 \\\\ 2 \\cdot \\mathbb{1}[v_2 > 0] - 1 \\\\ 0 \\end{pmatrix}",
    "\\frac{\\partial}{\\partial x} (3 x + y) = 3",
]
WRONG = [
    "\\frac{\\partial}{\\partial x} \\min(x, y) = \\mathbb{1}[x > y]",
    "\\frac{\\partial}{\\partial x} \\min(x, y) = 1",
    "\\frac{\\partial}{\\partial y} \\max(x, y) = \\begin{cases} 1 & x < y - 1 \\\\ 0 & \\text{otherwise} \\end{cases}",
    f"\\frac{{\\partial}}{{\\partial x}} ({NET}) = \\mathbb{{1}}[2 x > y] + 1",
    f"\\frac{{\\partial}}{{\\partial x}} {DEEP} = \\mathbb{{1}}[x > 0]",
    "\\frac{\\partial}{\\partial x} \\max(x, 10^{12}) = 0",
    "\\frac{\\partial}{\\partial v} (v_1 + |v_2|) = \\begin{pmatrix} 1 \\\\ 2 \\cdot \\mathbb{1}[v_2 > 0] \\\\ 0 \\end{pmatrix}",
    "\\frac{\\partial}{\\partial x} (3 x + y) = 3 + 10^{-12}",
]
OTHERS = [
    "\\frac{\\partial}{\\partial x} x^2 = 2 x",
    "\\frac{\\partial}{\\partial x} \\mathbb{1}[x > 0] = 0",
    "\\frac{\\partial}{\\partial x} (x y) = y",
    "\\min(x, y) = \\min(y, x)",
]


@pytest.mark.parametrize("line", RIGHT)
def test_right_slopes_are_proved(line):
    assert proof(line) == "proved off the kinks"


@pytest.mark.parametrize("line", WRONG)
def test_wrong_slopes_are_not(line):
    assert proof(line) is None


@pytest.mark.parametrize("line", OTHERS)
def test_what_is_no_slope_of_a_continuous_piecewise_linear_function_is_left_to_others(line):
    assert proof(line) is None
