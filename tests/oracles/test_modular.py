"""Proofs mod a prime: what holds is proved, what is wrong is refuted or left, and nothing wrong is proved."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from derivcheck.config import Settings
from derivcheck.engine import check, problem_of
from derivcheck.evaluation.arithmetic import BUDGET
from derivcheck.judge import weigh
from derivcheck.oracles import modular
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.draws import Draws
from derivcheck.problem.problem import Claim
from derivcheck.source import Source
from derivcheck.verdict import Doubt, Evidence, Outcome, Strength
from tests.cli.running import environment

HOLDS, WRONG, UNDECIDED, NOT_CHECKED = Outcome.HOLDS, Outcome.WRONG, Outcome.UNDECIDED, Outcome.NOT_CHECKED
X = r"Let $x \in \mathbb{R}$."
XY = r"Let $x, y \in \mathbb{R}$."
POSITIVE = r"Let $x, y > 0$ be real."
VECTOR = r"Let $x, y \in \mathbb{R}^n$ and $A \in \mathbb{R}^{n \times n}$."
MATRICES = r"Let $A, B \in \mathbb{R}^{n \times n}$."
PHI = r"Let $\phi : \mathbb{R} \to \mathbb{R}$ and $x, y \in \mathbb{R}$."
LOSS = r"Let $\ell : \mathbb{R}^n \to \mathbb{R}$, $W \in \mathbb{R}^{n \times n}$ and $x \in \mathbb{R}^n$, $z = W x$."


def asked(setting: str, line: str, seed: int = 0, **settings: object) -> Evidence:
    """What the oracle says of the one claim."""
    problem = problem_of(Source("t.md", f"{setting}\n\n$$ {line} $$\n"))
    (claim,) = [claim for claim in problem.claims if isinstance(claim, Claim)]
    BUDGET.renew()
    return modular.ask(Draws(problem, Settings(seed=seed, **settings)), claim)  # type: ignore[arg-type]


PROVED = [
    (X, r"\frac{1}{3} x + \frac{1}{6} x = \frac{1}{2} x"),
    (XY, r"(x + y)^3 = x^3 + 3 x^2 y + 3 x y^2 + y^3"),
    (XY, r"\frac{x^2 - y^2}{x - y} = x + y"),
    (MATRICES, r"(A B)^{-1} = B^{-1} A^{-1}"),
    (MATRICES, r"\det(A B) = \det(A) \det(B)"),
    (MATRICES, r"\operatorname{tr}(A B) = \operatorname{tr}(B A)"),
    (VECTOR, r"\|x + y\|^2 = \|x\|^2 + 2 x^\top y + \|y\|^2"),
    (VECTOR, r"\frac{\partial (x^\top A x)}{\partial x} = (A + A^\top) x"),
    (VECTOR, r"\frac{\partial^2 (x^\top A x)}{\partial x \partial x^\top} = A + A^\top"),
    (VECTOR, r"\frac{\partial (x^\top A^{-1} y)}{\partial A} = -A^{-\top} x y^\top A^{-\top}"),
    (PHI, r"\phi((x + y)^2) = \phi(x^2 + 2 x y + y^2)"),
    (PHI, r"\frac{d}{d x} \phi(\phi(x)) = \phi'(\phi(x)) \phi'(x)"),
    (LOSS, r"\frac{\partial \ell(z)}{\partial W} = \nabla \ell(z) x^\top"),
    (LOSS, r"\nabla^2 \ell(z) = (\nabla^2 \ell(z))^\top"),
    (XY, r"e^{x + y} = e^x e^y"),
    (X, r"\tanh(2x) = \frac{2 \tanh(x)}{1 + \tanh(x)^2}"),
    (X, r"\sin(x)^2 + \cos(x)^2 = 1"),
    (X, r"\sin(3x) = 3 \sin(x) - 4 \sin(x)^3"),
    (X, r"\cos(x + \pi) = -\cos(x)"),
    (X, r"\frac{d}{d x} \tanh(x) = 1 - \tanh(x)^2"),
    (POSITIVE, r"\sqrt{x^2} = x"),
    (POSITIVE, r"\sqrt{x y} = \sqrt{x} \sqrt{y}"),
    (POSITIVE, r"\sqrt{2 \pi x^2} = \sqrt{2 \pi} x"),
    (POSITIVE, r"x^{1/2} x^{3/2} = x^2"),
    (POSITIVE, r"\sqrt{x^{12}} = x^6"),
    (POSITIVE, r"\sqrt{x^{-7} y^2} = y x^{-7/2}"),
    (POSITIVE, r"\log(x^3 / y^2) = 3 \log x - 2 \log y"),
    (POSITIVE, r"\log(2 \pi x^2) = \log 2 + \log \pi + 2 \log x"),
    (POSITIVE, r"x^{x} x^{y} = x^{x + y}"),
    (r"Let $\sigma > 0$ and $u \in \mathbb{R}^n$.",
     r"\log\det(\sigma^2 I + u u^\top) = (n - 1) \log \sigma^2 + \log(\sigma^2 + u^\top u)"),
    (r"Let $S \in \mathbb{R}^{n \times n}$ with $S \succ 0$.", r"\frac{\partial \log\det S}{\partial S} = S^{-1}"),
    (r"Let $y \in \{0, 1\}$.", r"y^2 = y"),
    (r"Let $A \in \mathbb{R}^{n \times n}$ be symmetric.", r"A^\top = A"),
    (r"Let $Q \in \mathbb{R}^{n \times n}$ be orthogonal.", r"Q Q^\top = I"),
    (r"Let $Q \in \mathbb{R}^{n \times n}$ be orthogonal.", r"(\det Q)^2 = 1"),
    (r"Let $u \in \mathbb{R}^n$ with $\|u\| = 1$.", r"(u u^\top)^2 = u u^\top"),
]  # fmt: skip

REFUTED = [
    (X, r"2305843009213693951 x = 0"),
    (XY, r"(x + y)^3 = x^3 + 3 x^2 y + 2 x y^2 + y^3"),
    (MATRICES, r"(A B)^{-1} = A^{-1} B^{-1}"),
    (MATRICES, r"A B = B A"),
    (MATRICES, r"\det(A + B) = \det(A) + \det(B)"),
    (MATRICES, r"A^\top = A"),
    (VECTOR, r"\frac{\partial (x^\top A x)}{\partial x} = 2 A x"),
    (VECTOR, r"\frac{\partial^2 (x^\top A x)}{\partial x \partial x^\top} = 2 A"),
    (VECTOR, r"\frac{\partial (x^\top A^{-1} y)}{\partial A} = -A^{-1} x y^\top A^{-1}"),
    (PHI, r"\phi(x + y) = \phi(x) + \phi(y)"),
    (PHI, r"\phi'(x) = \phi(x)"),
    (PHI, r"\phi'(x)^2 = \phi'(x)"),
    (PHI, r"\frac{d}{d x} \phi(\phi(x)) = \phi'(x) \phi'(x)"),
    (LOSS, r"\frac{\partial \ell(z)}{\partial W} = x \nabla \ell(z)^\top"),
    (r"Let $y \in \{0, 1, 2\}$.", r"y^2 = y"),
    (r"Let $Q \in \mathbb{R}^{n \times n}$ be orthogonal.", r"\det Q = 1"),
    (r"Let $v \in \mathbb{R}^D$.", r"D^3 - 10 D^2 + 31 D - 30 = 0"),
]

LEFT = [
    (X, r"\sqrt{x^2} = x"),
    (X, r"\sqrt{x^{12}} = x^6 + 0 \sqrt{x}"),
    (POSITIVE, r"\sqrt{x^{12}} = x^5"),
    (POSITIVE, r"\sqrt{x^{-7}} = x^{7/2}"),
    (X, r"(x^2)^{1/2} = x"),
    (X, r"\sqrt{(x - 1)^2} = x - 1"),
    (X, r"\sqrt{1 - \sin(x)^2} = \cos(x)"),
    (X, r"|x| = x"),
    (X, r"\max(x, 0) = x"),
    (X, r"2 \operatorname{relu}(x) = 2 x"),
    (X, r"\|x\| = x"),
    (XY, r"e^{x + y} = e^x + e^y"),
    (POSITIVE, r"\log(x + y) = \log x + \log y"),
    (POSITIVE, r"\log(x + 1) = \log x + 1"),
    (POSITIVE, r"\arctan(x) + \arctan(1/x) = \frac{\pi}{2}"),
    (X, r"\pi x = 3.14159265358979 x"),
    (X, r"\tanh(x) = x"),
    (r"Let $x, y \in \mathbb{R}$ with $x < y$.", r"x = y"),
]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("setting", "line"), PROVED, ids=[line for _, line in PROVED])
def test_what_holds_is_proved(setting, line, seed):
    evidence = asked(setting, line, seed)
    assert evidence.outcome is HOLDS, evidence.detail
    assert re.match(r"proved( for every [^,]+(, [^,]+)*)?, error < 1e-\d+", evidence.detail)
    assert evidence.points >= 2


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("setting", "line"), REFUTED, ids=[line for _, line in REFUTED])
def test_what_is_wrong_as_an_identity_of_rational_functions_is_refuted(setting, line, seed):
    assert asked(setting, line, seed).outcome is WRONG


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("setting", "line"), LEFT, ids=[line for _, line in LEFT])
def test_what_the_field_cannot_tell_is_neither_proved_nor_refuted(setting, line, seed):
    assert asked(setting, line, seed).outcome in (NOT_CHECKED, UNDECIDED)


def test_a_claim_that_can_never_be_drawn_is_undecided_with_the_reason():
    evidence = asked(X, r"\frac{x}{x - x} = \frac{1}{x - x}")
    assert evidence.outcome is UNDECIDED
    assert "division by zero" in evidence.detail
    singular = asked(r"Let $v \in \mathbb{R}^n$ and $M = v v^\top$.", r"M M^{-1} = M^{-1} M")
    assert singular.outcome is UNDECIDED
    assert "singular matrix" in singular.detail


@pytest.mark.parametrize("seed", range(40))
def test_a_polynomial_in_a_size_is_not_caught_at_its_small_zeros(seed):
    evidence = asked(r"Let $v \in \mathbb{R}^D$.", r"(D^3 - 10 D^2 + 31 D - 29) v = v", seed)
    assert evidence.outcome is WRONG


def test_redraws_are_counted_and_said():
    found = [asked(POSITIVE, r"\frac{d}{d x} \sqrt{x + y^3} = \frac{1}{2 \sqrt{x + y^3}}", seed) for seed in range(6)]
    assert all(evidence.outcome is HOLDS for evidence in found)
    assert any("redrawn (no square root)" in evidence.detail for evidence in found)


def test_sides_that_are_zero_everywhere_prove_nothing():
    setting = r"Let $x, c \in \mathbb{R}^n$ and $f = x^\top x$."
    evidence = asked(setting, r"\frac{\partial f}{\partial c} = c - c")
    assert evidence.outcome is UNDECIDED
    assert "tests nothing" in evidence.detail
    assert asked(setting, r"\frac{\partial f}{\partial c} = 0").outcome is HOLDS


def test_the_bound_grows_with_the_degree():
    def bound(line: str) -> int:
        found = re.search(r"1e(-\d+)", asked(X, line).detail)
        assert found is not None
        return int(found[1])

    assert bound(r"x^{2} x = x^3") < bound(r"x^{2000} x = x^{2001}")


def test_a_function_that_the_settings_bind_is_not_said_to_be_arbitrary():
    line = r"\phi'(x) = 1 - \phi(x)^2"
    setting = r"Let $\phi : \mathbb{R} \to \mathbb{R}$ and $x \in \mathbb{R}$."
    assert asked(setting, line).outcome is WRONG
    bound = asked(setting, line, functions={r"\phi": "tanh"})
    assert bound.outcome is HOLDS
    assert "every" not in bound.detail
    assert asked(setting, line, functions={r"\phi": "relu"}).outcome is NOT_CHECKED


def test_a_proof_settles_what_rounding_leaves_open_and_nothing_else():
    proof = Evidence("modular", HOLDS, strength=Strength.PROOF, bound=1e-30, every=("φ", "ℓ"), all_sizes=True)
    verdict = weigh([proof, Evidence("values", UNDECIDED, doubt=Doubt.ROUNDING)])
    assert (verdict.outcome, verdict.said) == (HOLDS, "proved for every φ, ℓ")
    assert weigh([proof, Evidence("values", UNDECIDED, doubt=Doubt.NO_VALUE)]).outcome is UNDECIDED


def test_a_wrong_oracle_does_not_make_a_wrong_line_pass(monkeypatch):
    source = Source("t.md", f"{VECTOR}\n\n$$ \\frac{{\\partial (x^\\top A x)}}{{\\partial x}} = 2 A x $$\n")
    monkeypatch.setattr(modular, "look_at", lambda *args: modular.Look(True, True, False, 3.0))
    (result,) = check(source, Settings()).results
    assert result.verdict.outcome is UNDECIDED
    assert "contradict each other" in result.verdict.reason


def test_numbers_and_proofs_agree_on_every_planted_line():
    for (setting, line), wanted in [*((c, HOLDS) for c in PROVED[:20]), *((c, WRONG) for c in REFUTED)]:
        problem = problem_of(Source("t.md", f"{setting}\n\n$$ {line} $$\n"))
        (claim,) = [claim for claim in problem.claims if isinstance(claim, Claim)]
        from derivcheck.judge import judge

        assert judge(Bench(problem, Settings()), claim).outcome is wanted, line


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = (
        "import sys\nfrom derivcheck.cli import run\n"
        f"code = run({list(arguments)!r})\nprint('torch' in sys.modules, code, file=sys.stderr)"
    )
    return subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", env=environment())


def test_exact_evidence_needs_no_torch_and_says_what_it_left(tmp_path):
    path = tmp_path / "t.md"
    path.write_text(
        f"{VECTOR}\n\n$$ x^\\top A y = y^\\top A^\\top x $$\n\n$$ |x^\\top y| = |y^\\top x| $$\n\n"
        "$$ \\tanh(x^\\top y) = x^\\top y $$\n"
    )
    done = run("check", "--evidence", "exact", str(path))
    assert done.stderr.split()[0] == "False"
    assert "left for the numerical oracles" in done.stdout
    assert "proved" in done.stdout
    assert "1 proved" in done.stdout


def test_the_oracle_is_asked_once_for_each_claim_of_a_document_that_is_not_proved(monkeypatch):
    asked_for: list[str] = []
    real = modular._proof

    def counted(draws, claim, reach):
        asked_for.append(claim.name)
        return real(draws, claim, reach)

    monkeypatch.setattr(modular, "_proof", counted)
    text = f"{MATRICES}\n\n$$ A (B A) = (A B) A $$\n\n$$ \\operatorname{{tr}}(A) = \\|A\\| $$\n\n$$ A + B = B + A $$\n"
    check(Source("t.md", text), Settings())
    assert len(asked_for) == len(set(asked_for)) > 1


def test_a_claim_about_sizes_alone_is_drawn_at_its_own_sizes_whatever_stands_above_it():
    text = (
        r"Let $v \in \mathbb{R}^D$ and $I \in \mathbb{R}^{D \times D}$."
        + "\n\n$$ v^\\top v = v^\\top I v $$\n\n$$ D^2 = \\operatorname{tr}(D I) $$\n"
    )
    for seed in range(10):
        problem = problem_of(Source("t.md", text))
        draws = Draws(problem, Settings(seed=seed))
        for claim in problem.claims:
            assert isinstance(claim, Claim)
            modular.ask(draws, claim)
        worlds = [(key, value) for key, value in draws.kept.items() if isinstance(key, tuple) and key[0] == "modular"]
        assert worlds
        for key, world in worlds:
            assert dict(key[1][1:]) == dict(world.sizes)  # type: ignore[attr-defined, index]


def test_a_document_of_algebra_alone_that_is_proved_does_not_wait_for_torch(tmp_path):
    path = tmp_path / "t.md"
    path.write_text(f"{MATRICES}\n\n$$ (A B)^\\top = B^\\top A^\\top $$\n")
    assert run("check", str(path)).stderr.split() == ["False", "0"]
    path.write_text(f"{MATRICES}\n\n$$ (A B)^\\top = A^\\top B^\\top $$\n")
    assert run("check", str(path)).stderr.split() == ["True", "1"]


def test_a_wrong_line_is_refuted_exactly_and_what_repeats_it_is_not_blamed():
    text = f"{MATRICES}\n\n$$ (A + B)^2 = A^2 + 2 A B + B^2 = A (A + 2 B) + B^2 $$\n"
    results = check(Source("t.md", text), replace(Settings(), evidence="exact")).results
    assert [result.verdict.outcome for result in results] == [WRONG, WRONG]
    assert results[1].verdict.carried_from == results[0].name


def test_conditions_on_sizes_that_let_no_large_one_in_leave_the_others():
    setting = r"Let $v \in \mathbb{R}^D$ with $D < 6$."
    assert asked(setting, r"D v^\top v = v^\top (D v)").outcome is HOLDS
