r"""Factorials, binomial coefficients, and the functions that everybody writes as ``\Gamma``, ``B`` and ``\psi``."""

from __future__ import annotations

import pytest

from derivcheck.language.printing import latex as printed
from derivcheck.reading.parser import parse_expression
from tests.problem.asking import HOLDS, NOT_CHECKED, WRONG, judged, outcome, outcomes

NUMBERS = "Let $a, b > 0$ and $n, k \\in \\mathbb{N}$.\n\n"


def line(latex: str) -> str:
    return f"$$ {latex} $$\n"


@pytest.mark.parametrize(
    "latex",
    [
        r"5! = 120",
        r"\binom{5}{2} = {5 \choose 3}",
        r"\binom{n + k}{k} = \frac{(n + k)!}{n! \, k!}",
        r"(n + 1)! = (n + 1) n!",
        r"\Gamma(a + 1) = a \Gamma(a)",
        r"\Gamma(n + 1) = n!",
        r"\Gamma(\tfrac12)^2 = \pi",
        r"\log \Gamma(a + 1) = \log a + \log \Gamma(a)",
        r"\ln n! = \sum_{j=1}^n \ln j",
        r"B(a, b + 1) = \frac{b}{a + b} \mathrm{B}(a, b)",
    ],
)
def test_factorials_and_gamma_functions_are_known(latex):
    assert judged(NUMBERS + line(latex)) is HOLDS


@pytest.mark.parametrize(
    "latex",
    [
        r"(n + 1)! = n \, n!",
        r"\binom{n + k}{k} = \frac{(n + k)!}{n!}",
        r"\Gamma(a + 1) = (a + 1) \Gamma(a)",
        r"B(a, b + 1) = \frac{a}{a + b} B(a, b)",
        r"\Gamma(n + 2) = n!",
    ],
)
def test_a_mistake_in_them_is_wrong(latex):
    assert judged(NUMBERS + line(latex)) is WRONG


def test_psi_is_the_digamma_function_where_the_document_says_so():
    latex = line(r"\frac{d}{da} \log \Gamma(a) = \psi(a)")
    assert outcome(NUMBERS + latex) is NOT_CHECKED
    assert judged(NUMBERS + "With the digamma function $\\psi$,\n" + latex) is HOLDS


def test_the_documents_own_meaning_of_the_letters_wins():
    own = "Let $\\Gamma : \\mathbb{R} \\to \\mathbb{R}$ and $a \\in \\mathbb{R}$.\n\n"
    assert judged(own + line(r"\Gamma(a + 1) = a \Gamma(a)")) is WRONG
    assert judged("Let $B \\in \\mathbb{R}$ and $a > 0$.\n\n" + line(r"B (a + a) = 2 a B")) is HOLDS


def test_the_gamma_function_by_its_name_is_claimed_and_not_defined():
    latex = line(r"\Gamma(a) = \int_0^\infty t^{a} e^{-t} \, dt")
    assert outcomes(NUMBERS + latex) == []
    assert outcomes(NUMBERS + "The gamma function is\n" + latex) == ["wrong"]


@pytest.mark.parametrize("latex", ["n!", "(n + 1)!", r"\binom{n}{k}", r"x_{i}!", "n! k!"])
def test_what_is_printed_is_read_as_the_same(latex):
    node = parse_expression(latex)
    assert parse_expression(printed(node)) == node
