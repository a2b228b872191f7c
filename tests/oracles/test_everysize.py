"""Every size: said of contractions that were shown at sizes large enough, and of nothing else."""

from __future__ import annotations

import pytest

from derivcheck.config import Settings
from derivcheck.engine import problem_of
from derivcheck.evaluation.arithmetic import BUDGET
from derivcheck.oracles import everysize, modular
from derivcheck.oracles.draws import Draws
from derivcheck.problem.problem import Claim
from derivcheck.source import Source
from derivcheck.verdict import Outcome

SETTING = r"""Let $A, B, X \in \mathbb{R}^{n \times n}$, $x, y \in \mathbb{R}^n$, $u^{(i)} \in \mathbb{R}^n$ for
$i = 1, \dots, N$, $\phi : \mathbb{R} \to \mathbb{R}$ and $\ell : \mathbb{R}^n \to \mathbb{R}$. Let $z = A x$ and
$h = \phi(z) + y$.
"""


def claim_of(line: str) -> tuple[Draws, Claim]:
    problem = problem_of(Source("t.md", f"{SETTING}\n\n$$ {line} $$\n"))
    claim = problem.claims[-1]
    assert isinstance(claim, Claim), claim
    return Draws(problem, Settings()), claim


def needed(line: str) -> dict[str, int] | None:
    found = everysize.needed(*claim_of(line))
    return None if found is None else dict(found)


@pytest.mark.parametrize(
    ("line", "least"),
    [
        (r"(A B)^\top = B^\top A^\top", {"n": 3}),
        (r"\operatorname{tr}(A B) = \operatorname{tr}(B A)", {"n": 2}),
        (r"x^\top A y = y^\top A^\top x", {"n": 2}),
        (r"x \odot y = y \odot x", {"n": 1}),
        (r"(A + B)(A + B) = A A + A B + B A + B B", {"n": 3}),
        (r"\sum_{i=1}^N x^\top u^{(i)} = x^\top \sum_{i=1}^N u^{(i)}", {"n": 1, "N": 1}),
        (r"\frac{\partial (x^\top A x)}{\partial x} = (A + A^\top) x", {"n": 2}),
        (r"\frac{\partial \ell(h)}{\partial y} = \nabla \ell(h)", None),
        (r"\frac{\partial \ell(z)}{\partial A} = \frac{\partial \ell(z)}{\partial z} x^\top", {"n": 2}),
    ],
)  # fmt: skip
def test_the_sizes_that_are_needed_are_the_indices_of_the_longest_product(line, least):
    found = needed(line)
    if least is None or found is None:
        assert found is None or max(found.values()) <= 4
    else:
        assert all(found[name] >= size for name, size in least.items())
        assert sum(found.values()) <= sum(least.values()) + 2


@pytest.mark.parametrize(
    "line",
    [
        r"\operatorname{tr}(I + 0 A) = n",
        r"\frac{1}{n} x^\top x n = x^\top x",
        r"(A B)^{-1} = B^{-1} A^{-1}",
        r"\det(A B) = \det(A) \det(B)",
        r"\tanh(x) = \tanh(x) + 0 y",
        r"\sum_{i=1}^N x^\top x = N x^\top x",
        r"\sum_{i=1}^N x^\top (u^{(i)} + x) = x^\top \sum_{i=1}^N u^{(i)} + N x^\top x",
        r"\mathbf{1}^\top \phi(x) = \phi(x)^\top \mathbf{1}",
        r"\|x\| = \sqrt{x^\top x}",
    ],
)
def test_what_is_no_contraction_or_counts_a_size_is_left(line):
    assert needed(line) is None


def test_an_identity_of_small_matrices_asks_for_larger_ones():
    # Cayley and Hamilton's for 2 × 2 matrices, without their determinants: true for n = 2 and for no larger n.
    line = r"2 A A = 2 \operatorname{tr}(A) A - (\operatorname{tr}(A) \operatorname{tr}(A) - \operatorname{tr}(A A)) (I + 0 A)"
    found = needed(line)
    assert found is None or found["n"] >= 3
    draws, claim = claim_of(line)
    BUDGET.renew()
    assert modular.ask(draws, claim).outcome is Outcome.WRONG


@pytest.mark.parametrize(
    ("line", "every"),
    [
        (r"(A B)^\top = B^\top A^\top", True),
        (r"\frac{\partial \ell(z)}{\partial A} = \frac{\partial \ell(z)}{\partial z} x^\top", True),
        (r"(A B)^{-1} = B^{-1} A^{-1}", False),
    ],
)
def test_it_is_said_behind_the_bound(line, every):
    draws, claim = claim_of(line)
    BUDGET.renew()
    evidence = modular.ask(draws, claim)
    assert evidence.outcome is Outcome.HOLDS
    assert evidence.detail.endswith("at every size") is every
    largest = max(size for sizes in evidence.sizes for name, size in sizes if name == "n")
    assert largest >= (needed(line) or {"n": 0})["n"]


def test_sizes_that_are_set_say_nothing_of_others():
    _, claim = claim_of(r"x^\top A y = y^\top A^\top x")
    problem = problem_of(Source("t.md", f"{SETTING}\n\n$$ x^\\top A y = y^\\top A^\\top x $$\n"))
    BUDGET.renew()
    evidence = modular.ask(Draws(problem, Settings(sizes={"n": 6})), claim)
    assert evidence.outcome is Outcome.HOLDS
    assert "every size" not in evidence.detail


def test_a_long_chain_of_definitions_is_counted_at_once():
    lines = [r"Let $x \in \mathbb{R}^n$ and $A \in \mathbb{R}^{n \times n}$. Let $a_0 = A x$."]
    lines += [rf"Let $a_{{{k + 1}}} = a_{{{k}}} \odot a_{{{k}}}$." for k in range(40)]
    text = "\n".join(lines) + "\n\n" + r"$$ \frac{\partial (x^\top a_{40})}{\partial x} = x + a_{40} $$" + "\n"
    problem = problem_of(Source("t.md", text))
    claim = problem.claims[-1]
    assert isinstance(claim, Claim), claim
    found = everysize.needed(Draws(problem, Settings()), claim)
    assert found is not None
    assert found["n"] > 1000
