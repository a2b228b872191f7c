"""Each operator of the published list makes the mistakes that it is about, and no others."""

from __future__ import annotations

import pytest

from derivcheck.diagnosis.rules import MENDING
from derivcheck.engine import problem_of
from derivcheck.language.printing import latex
from derivcheck.power.mutants import DEFINITION, MUTATING, PAIRS, PUBLISHED, mutants, mutated_text, sites, stock_at
from derivcheck.problem.problem import Claim
from derivcheck.reading.documents import scan
from derivcheck.reading.statements import read
from derivcheck.source import Source

GIVEN = (
    "Let $x, y \\in \\mathbb{R}^n$, $A, B \\in \\mathbb{R}^{n \\times n}$, $C \\in \\mathbb{R}^{n \\times m}$, "
    "$s > 0$, $\\phi : \\mathbb{R} \\to \\mathbb{R}$.\n\n"
)


def edits(claim: str, given: str = GIVEN) -> dict[str, set[str]]:
    """The edited right sides of ``0 = claim``, by operator."""
    text = f"{given}$$ 0 = {claim} $$\n"
    source = Source("a.md", text)
    problem = problem_of(source)
    items = read(source, scan(source, "markdown"))
    claims = [each for each in problem.claims if isinstance(each, Claim)]
    found: dict[str, set[str]] = {}
    for site in sites(items, problem, claims):
        if site.member == 1:
            for mutant in mutants(site, stock_at(site, problem)):
                found.setdefault(mutant.operator, set()).add(latex(mutant.tree).replace(" ", ""))
    return found


MADE = [
    ("transpose", "A^\\top x", ["Ax", "A^{\\top}x^{\\top}"]),
    ("operand", "A x", ["Bx", "Ay"]),
    ("sign", "A x - y", ["Ax+y", "-Ax-y", "-(Ax-y)"]),
    ("factor", "2 x", ["4x", "1x", "2\\cdot2x"]),
    ("factor", "n x", ["\\frac{1}{n}nx", "nnx"]),
    ("factor", "\\frac{1}{n} x", ["nx"]),
    ("factor", "x + 0", ["x+1"]),
    ("index", "\\sum_{i=1}^n \\sum_{j=1}^n A_{ij}", ["\\sum_{i=1}^{n}\\sum_{j=1}^{n}A_{ji}"]),
    ("index", "x_2", ["x_{3}", "x_{1}"]),
    ("limit", "\\sum_{i=1}^n x_i", ["\\sum_{i=2}^{n}x_{i}", "\\sum_{i=0}^{n}x_{i}", "\\sum_{i=1}^{n-1}x_{i}"]),
    ("product", "x \\odot y", ["xy"]),
    ("product", "A (x \\odot y)", ["Ax\\odoty", "A\\odot(x\\odoty)"]),
    ("prime", "\\phi'(x)", ["\\phi(x)"]),
    ("prime", "\\phi(x)", ["\\phi'(x)"]),
    ("prime", "\\tanh(s)", ["\\tanh'(s)"]),
    ("dropped term", "x + y", ["x", "y"]),
    ("dropped factor", "s A x", ["Ax", "sx", "sA"]),
    ("dropped factor", "\\frac{x}{s}", ["x"]),
    ("power", "s^3 x", ["s^{4}x", "s^{2}x"]),
    ("power", "\\sqrt{s}", ["s"]),
    (PAIRS, "x - y", ["-x+y"]),
    (PAIRS, "x - A y + y", ["-x+Ay+y"]),
    (PAIRS, "\\phi(x) + \\phi(y)", ["\\phi'(x)+\\phi'(y)"]),
]


@pytest.mark.parametrize(("operator", "claim", "made"), MADE)
def test_an_operator_makes_its_mistakes(operator, claim, made):
    found = edits(claim)[operator]
    missing = [each for each in made if each not in found]
    assert not missing, sorted(found)


def test_an_operand_is_replaced_by_one_of_the_same_shape_only():
    assert all("C" not in each for each in edits("A x")["operand"])
    assert "Cx" not in edits("A x")["operand"]


def test_a_derivative_of_a_function_is_no_transpose_and_a_primed_matrix_is():
    assert not any(each == "\\phi(x)" for each in edits("\\phi'(x)").get("transpose", ()))
    assert "Ax" in edits("A' x")["transpose"]


def test_the_sign_of_an_indicator_is_a_part_of_it():
    found = edits("\\mathbb{1}[s < 1]")
    assert not any("^" in each.split("[")[0] or "odot" in each for each in set().union(*found.values()))


def test_conditions_are_edited_too():
    found = edits("\\begin{cases} x & s < 1 \\\\ y & s > 2 \\end{cases}")
    assert any("s>4" in each for each in found["factor"])


def test_every_operator_is_published_once_with_what_it_does():
    names = [name for name, _ in PUBLISHED]
    assert len(set(names)) == len(names)
    assert set(names) == {operator.name for operator in MUTATING} | {DEFINITION, PAIRS}
    assert all(about for _, about in PUBLISHED)
    assert MENDING


def test_the_expression_edited_is_the_one_that_is_replaced_in_the_text():
    source = Source("a.md", f"{GIVEN}$$ z = A x $$\n\n$$ z + y = y + A x $$\n")
    problem = problem_of(source)
    items = read(source, scan(source, "markdown"))
    places = sites(items, problem, [each for each in problem.claims if isinstance(each, Claim)])
    assert [(place.defines, source.slice(place.node.span)) for place in places] == [
        (True, "A x"), (False, "z + y"), (False, "y + A x")
    ]  # fmt: skip
    assert "$$ z = x A" in mutated_text(source.text, places[0], type(places[0].node)(
        tuple(reversed(places[0].node.factors)), ("",)
    ))  # fmt: skip
