"""The whole way through: one report from one text, the same for the same seed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from derivcheck import engine
from derivcheck.config import Settings, UnknownClaim
from derivcheck.source import Source
from derivcheck.verdict import Severity, exit_code
from tests.problem.asking import HOLDS, NOT_CHECKED, WRONG, finding, only, report

TEXT = (
    "Let $x, b \\in \\mathbb{R}^n$, $W \\in \\mathbb{R}^{n \\times n}$, $\\phi : \\mathbb{R} \\to \\mathbb{R}$ and $\\ell : \\mathbb{R}^n \\to \\mathbb{R}$.\n\n"
    "$$ z = W x + b, \\quad y = \\phi(z) $$\n\nWith the loss $\\ell(y)$,\n\n"
    "$$ \\frac{\\partial \\ell}{\\partial b} = \\frac{\\partial \\ell}{\\partial y} \\odot \\phi'(z) $$\n"
    "$$ \\frac{\\partial \\ell}{\\partial x} = W \\left(\\frac{\\partial \\ell}{\\partial y} \\odot \\phi'(z)\\right) $$\n"
    "$$ \\operatorname{tr}(W W) = \\operatorname{tr}(W)^2 $$\n"
)


@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_seed_gives_the_same_report_apart_from_the_seconds(seed):
    one, other = (replace(report(TEXT, seed), seconds=0.0) for _ in range(2))
    assert one == other


def test_another_seed_draws_other_numbers_and_comes_to_the_same_verdicts():
    one, other = report(TEXT, 0), report(TEXT, 1)
    assert (
        [r.verdict.outcome for r in one.results] == [r.verdict.outcome for r in other.results] == [HOLDS, WRONG, WRONG]
    )
    figures = [
        [e.reference for r in made.results[:2] for e in r.verdict.evidence if e.reference is not None]
        for made in (one, other)
    ]
    assert all(a != b for a, b in zip(*figures, strict=True))


def test_a_claim_has_the_same_figures_alone_as_among_the_others():
    whole = {r.name: r for r in report(TEXT).results}
    for name, result in whole.items():
        assert only(TEXT, claim=name).verdict.evidence == result.verdict.evidence


def test_a_report_says_which_seed_and_how_many_trials():
    made = report(TEXT, 3, trials=5)
    assert (made.seed, made.trials, made.definitions) == (3, 5, 2)
    assert all(e.points % 5 == 0 for e in made.results[0].verdict.evidence if e.oracle != "modular")


def test_claims_are_in_document_order_with_their_lines_and_titles():
    made = report(TEXT)
    assert [r.line for r in made.results] == [7, 8, 9]
    assert [r.title for r in made.results[:2]] == ["∂ℓ/∂b", "∂ℓ/∂x"]
    assert len({r.name for r in made.results}) == 3


def test_a_finding_tells_what_is_claimed_what_is_true_and_how_to_repeat_it():
    found = next(f for f in report(TEXT, 4).findings if f.claim == "grad-x")
    assert found.code == "wrong-gradient"
    assert found.severity is Severity.ERROR
    assert "claimed" in found.facts[0]
    assert "autograd" in found.facts[0]
    assert any("size" in fact and "n = " in fact for fact in found.facts)
    assert found.replay == "derivcheck check a.md --claim grad-x --seed 4"


def test_the_figures_of_one_finding_are_of_one_input():
    text = (
        "Let $f : \\mathbb{R} \\to \\mathbb{R}$ and $s, t \\in \\mathbb{R}$.\n\n$$ \\frac{d}{dt} f(t s) = f'(t s) $$\n"
    )
    for seed in range(4):
        facts = finding(text, seed).facts[0].split("   ")
        shown = {
            part.split()[0]: float(part.split()[1]) for part in facts if part.split()[0] in ("autograd", "differences")
        }
        if len(shown) == 2:
            assert shown["autograd"] == pytest.approx(shown["differences"], rel=1e-4)


def test_an_unknown_claim_is_an_error_that_names_a_near_one():
    with pytest.raises(UnknownClaim, match="did you mean `grad-b`"):
        report(TEXT, claim="grad-bb")
    with pytest.raises(UnknownClaim, match="the claims are"):
        report(TEXT, claim="zzzzzz")
    with pytest.raises(UnknownClaim, match="none"):
        report("Nothing.", claim="grad-b")


def test_a_broken_line_leaves_all_other_lines_checked():
    broken = TEXT.replace("$$ \\operatorname{tr}", "$$ \\frac{1}{ = x $$\n\n$$ \\operatorname{tr}")
    made = report(broken)
    assert [r.verdict.outcome for r in made.results] == [HOLDS, WRONG, NOT_CHECKED, WRONG]
    (unread,) = [f for f in made.findings if f.severity is Severity.WARNING]
    assert made.source.position(unread.span.start).line == 9


def test_a_required_result_that_is_missing_or_only_not_checked_is_found():
    source = Source("a.md", TEXT)
    there = "\\frac{\\partial \\ell}{\\partial b}"
    absent = "\\frac{\\partial \\ell}{\\partial W}"
    made = engine.check(source, Settings(), (there, absent))
    assert [r.required for r in made.results] == [True, False, False]
    (missing,) = [f for f in made.findings if f.code == "missing-result"]
    assert "∂ℓ/∂W" in missing.message
    assert absent in missing.help
    assert not [
        f for f in engine.check(source, Settings(claim="grad-b"), (absent,)).findings if f.code == "missing-result"
    ]


def test_a_definition_of_a_result_is_no_statement_of_it():
    text = "Let $x \\in \\mathbb{R}^n$.\n\n$$ y = 2 x $$\n\n$$ x + y = 3 x $$\n"
    made = engine.check(Source("a.md", text), Settings(), ("y",))
    assert [f.code for f in made.findings] == ["missing-result"]


def test_a_document_without_a_claim_is_no_pass_and_needs_no_bench(monkeypatch):
    monkeypatch.setattr(engine, "_bench", lambda *_: pytest.fail("a bench for nothing"))
    made = report("Let $x \\in \\mathbb{R}^n$. Nothing more.\n")
    assert exit_code((made,), strict=False) == 1


@pytest.mark.parametrize(
    ("line", "code"),
    [("$$ x + b = b + x $$", 0), ("$$ x + b = b - x $$", 1), ("$$ x^2 = b $$", 1), ("$$ x + W = W + x $$", 1)],
)
def test_the_exit_code_is_0_only_if_something_holds_and_nothing_is_wrong(line, code):
    head = TEXT.split("$$")[0]
    assert exit_code((report(f"{head}{line}\n"),), strict=False) == code


def test_the_quantities_of_a_document_are_those_of_its_first_draw():
    import torch

    from derivcheck.model.derivation import bound, quantities, slopes

    here = bound(Source("a.md", TEXT), Settings(seed=2), {"n": 3})
    found = quantities(here, ("x", "b", "W", "z", "nothing"))
    assert sorted(found) == ["W", "b", "x", "z"]
    assert torch.allclose(found["z"], found["W"] @ found["x"] + found["b"])
    assert found["W"].shape == (4, 3, 3)
    (of_loss,) = slopes(here, ("x", "b", "W"), ("z",), seed=2)
    assert torch.allclose(of_loss.derived["x"], found["W"].transpose(-1, -2) @ of_loss.derived["b"])
    assert torch.allclose(of_loss.derived["b"], of_loss.upstream["z"])


def test_the_listing_names_every_line_with_its_kind():
    kinds = [line.kind for line in engine.listing(Source("a.md", TEXT))]
    assert kinds.count("definition") == 2
    assert kinds.count("claim: gradient") == 2
    assert kinds.count("claim: identity") == 1


def test_a_name_is_found_where_it_is_declared_or_defined():
    source = Source("a.md", TEXT)
    for name in ("x", "z"):
        span = engine.defined_at(source, name)
        assert name in TEXT[span.start : span.end]
    assert engine.defined_at(source, "q") is None
