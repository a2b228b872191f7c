"""A bug of ours ends the check of one claim: everything else of every document is checked and shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from derivcheck import cli, engine, judge
from derivcheck.config import Settings
from derivcheck.diagnosis import blame, looking
from derivcheck.evaluation import lattice
from derivcheck.evaluation.arithmetic import NotSettled
from derivcheck.language.shapes import Domain
from derivcheck.oracles import joint, table
from derivcheck.oracles.exact import Oracle
from derivcheck.problem import build
from derivcheck.reading import documents, statements
from derivcheck.source import Source
from derivcheck.verdict import Outcome

TWO = r"""
Let $x, y \in \mathbb{R}^n$.

$$ \frac{\partial}{\partial x} e^{x^\top y} = e^{x^\top y} y $$

$$ \frac{\partial}{\partial y} e^{x^\top y} = 2 e^{x^\top y} x $$
"""
OTHER = r"""
Let $a \in \mathbb{R}^m$.

$$ \frac{\partial}{\partial a} a^\top a = 2 a $$
"""

Checked = Callable[[], tuple[int, dict[str, Any]]]


@pytest.fixture
def checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Checked:
    """Checks two documents as the command does: the exit code and the report as JSON."""
    (tmp_path / "a.md").write_text(TWO)
    (tmp_path / "b.md").write_text(OTHER)
    engine.problem_of.cache_clear()

    def run() -> tuple[int, dict[str, Any]]:
        code = cli.run(["check", "--format", "json", str(tmp_path / "a.md"), str(tmp_path / "b.md")])
        return code, json.loads(capsys.readouterr().out)

    return run


def raising(wanted: Callable[..., bool], work: Callable[..., Any]) -> Callable[..., Any]:
    """The work, with a bug planted where it is about what is wanted."""

    def planted(*given: Any, **more: Any) -> Any:
        if wanted(*given):
            raise ZeroDivisionError("planted\nwith a second line")
        return work(*given, **more)

    return planted


def outcomes(report: dict[str, Any]) -> list[str]:
    return [claim["verdict"]["outcome"] for claim in report["claims"]]


def bugs(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [finding for finding in report["findings"] if finding["code"] == "internal-error"]


def test_an_oracle_that_raises_costs_the_claim_it_was_asked_about_and_no_other(
    checked: Checked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = Oracle("values", lambda bench, claim: "y" in claim.name, raising(lambda *_: True, lambda *_: None))
    monkeypatch.setattr(table, "ORACLES", (bad, *table.ORACLES))
    code, report = checked()
    assert code == 2
    assert outcomes(report) == ["holds", "not checked", "holds"]
    (bug,) = bugs(report)
    assert bug["claim"] == report["claims"][1]["name"]
    assert "ZeroDivisionError: planted" in bug["message"]
    assert "second line" not in bug["message"]
    assert "Traceback" not in capsys.readouterr().err


def test_the_trace_is_shown_on_demand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = Oracle("values", lambda *_: True, raising(lambda *_: True, lambda *_: None))
    monkeypatch.setattr(table, "ORACLES", (bad,))
    monkeypatch.setenv("DERIVCHECK_TRACEBACK", "1")
    (tmp_path / "b.md").write_text(OTHER)
    assert cli.run(["check", str(tmp_path / "b.md")]) == 2
    shown = capsys.readouterr()
    assert "Traceback" in shown.err
    assert "second line" in shown.err
    assert "Traceback" not in shown.out
    assert "error[internal-error]" in shown.out


@pytest.mark.parametrize("where", ["weighing", "mending", "meaning", "reading"])
def test_a_bug_in_any_stage_ends_with_one_claim(checked: Checked, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def second(text: str) -> bool:
        return "2 e" in text

    match where:
        case "weighing":
            original = judge.judge
            monkeypatch.setattr(judge, "judge", raising(lambda bench, claim, *_: "y" in claim.name, original))
        case "mending":
            monkeypatch.setattr(looking, "repair", raising(lambda bench, claim: True, looking.repair))
        case "meaning":
            original = build.classify
            wanted = lambda item, *_: second(TWO[item.span.start : item.span.end])  # noqa: E731
            monkeypatch.setattr(build, "classify", raising(wanted, original))
        case _:
            wanted = lambda reading, row, *_: second(TWO[row.tokens[0].span.start : row.tokens[-1].span.end])  # noqa: E731
            monkeypatch.setattr(statements, "_read_row", raising(wanted, statements._read_row))
    code, report = checked()
    assert code == 2
    assert outcomes(report) == ["holds", "not checked", "holds"]
    assert [bug["claim"] for bug in bugs(report)] == [report["claims"][1]["name"]]


def test_a_bug_in_reading_a_whole_document_costs_no_other_document(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "scan", raising(lambda source, _: source.text == TWO, documents.scan))
    code, report = checked()
    assert code == 2
    assert outcomes(report) == ["holds"]
    (bug,) = bugs(report)
    assert bug["path"].endswith("a.md")


def test_a_bug_in_the_search_of_definitions_costs_no_verdict(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blame.Inquiry, "of_several", raising(lambda *_: True, lambda *_: None))
    code, report = checked()
    assert code == 2
    assert outcomes(report) == ["holds", "wrong", "holds"]
    assert [bug["claim"] for bug in bugs(report)] == [None]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (r"Let $A \in \mathbb{R}^{n \times n}$. Let $\lambda_1 \ge \dots \ge \lambda_n$ be the eigenvalues of $A$, "
         r"with orthonormal eigenvectors $q_1, \dots, q_n$. Let $x \in \mathbb{R}^m$. Then $$ x + x = 2 x $$", "eigenvalues"),
        (r"Let $s \in \mathbb{R}^n$ with $s $ 0$, >\theta \in \mathbb{R}^p$. We write $S = \operatorname{diag}(s)$. "
         r"Then $$ S + S = 2 S $$", "chain-without-head"),
        (r"Let $x, m, z \in \mathbb{R}^{n}$ and $z \sim \mathcal{N}(0, I)$. $$ x + x = 2 x $$ "
         r"$$ \mathbb{E}[x] = \int x \, p(x; m) \, dx = u $$", "not-random"),
    ],
)  # fmt: skip
def test_what_is_refused_anywhere_is_not_checked_and_said_once(text: str, code: str) -> None:
    report = engine.check(Source("a.md", text), Settings())
    refused = [finding for finding in report.findings if finding.code == code]
    assert refused
    assert len({(finding.span, finding.message) for finding in refused}) == len(refused)
    assert all(finding.code != "internal-error" for finding in report.findings)
    assert Outcome.HOLDS in {result.verdict.outcome for result in report.results}


def test_an_equation_that_nothing_moves_gives_no_root_rather_than_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    flat, matrix = torch.ones(1, 2).double(), torch.tensor([[[1.0], [0.0]]]).double()
    monkeypatch.setattr(joint, "linearised", lambda *_: (flat, matrix))
    assert joint._newton(None, None, {"u": torch.ones(1, 1, 1).double()}, 0) is None  # type: ignore[arg-type]


def test_the_integral_of_a_density_that_does_not_depend_on_its_value_is_not_settled() -> None:
    def constant(x: torch.Tensor) -> torch.Tensor:
        return torch.zeros(x.shape[:2]).double()

    with pytest.raises(NotSettled):
        lattice.lattice(constant, constant, 1, 1, Domain(), 0)
