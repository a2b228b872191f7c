"""A homework's run: required results, the comparison with the module, the picture and the figures."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import torch

from derivcheck.config import FUNCTIONS, Settings
from derivcheck.evaluation.arithmetic import TooLarge
from derivcheck.homework import HOMEWORKS, document, resblock, run
from derivcheck.homework.checking import compared
from derivcheck.verdict import Outcome, Report, Severity, exit_code

STRICT = Settings(strict=True)


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings if finding.severity is Severity.ERROR]


def changed(tmp_path: Path, name: str, old: str, new: str) -> Path:
    text = document(name).text
    assert text.count(old) == 1
    path = tmp_path / "my.md"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


@cache
def in_full(name: str, as_handed_in: bool) -> Report:
    """The whole command, at seed 0; at another the documents alone are checked in test_documents."""
    return run(name, STRICT, as_handed_in=as_handed_in)


@pytest.mark.parametrize("name", ["mlp", "resblock", "ppca"])
@pytest.mark.parametrize("as_handed_in", [False, True])
def test_a_shipped_derivation_passes_in_full(name: str, as_handed_in: bool) -> None:
    report = in_full(name, as_handed_in)
    assert codes(report) == []
    assert exit_code((report,), strict=True) == 0
    assert report.title == HOMEWORKS[name].title


@pytest.mark.parametrize(("name", "least"), [("mlp", 28), ("resblock", 22), ("ppca", 31)])
def test_the_shipped_documents_hold_the_claims_that_were_asked_for(name: str, least: int) -> None:
    # fewer claims than this means that some line was read as something else
    assert len(in_full(name, False).results) >= least


@pytest.mark.parametrize(("name", "mistakes"), [("mlp", 0), ("resblock", 3), ("ppca", 11)])
def test_the_solutions_as_handed_in_show_their_mistakes(name: str, mistakes: int) -> None:
    report = in_full(name, True)
    assert sum(result.expected_wrong for result in report.results) == mistakes
    assert all(result.verdict.outcome is Outcome.WRONG for result in report.results if result.expected_wrong)


@pytest.mark.parametrize("phi", FUNCTIONS)
def test_the_block_passes_with_every_activation(phi: str) -> None:
    functions = {} if phi == "arbitrary" else {"\\phi": phi}
    assert exit_code((run("resblock", Settings(strict=True, functions=functions)),), strict=True) == 0


def test_the_required_results_are_marked() -> None:
    assert sum(result.required for result in in_full("resblock", False).results) >= 4
    assert sum(result.required for result in in_full("mlp", False).results) >= 2


@pytest.mark.parametrize("name", ["V", "c", "W", "b"])
def test_a_required_result_that_is_missing_is_a_finding(tmp_path: Path, name: str) -> None:
    text = document("resblock").text
    head = re.escape(rf"\frac{{\partial \ell}}{{\partial {name}}}")
    # every formula that says what this gradient is goes; G and the path with r held fixed stay
    shorter = re.sub(rf"\$\$ (?:\\boxed{{ )?{head}\s*=(?:[^$])*\$\$", "", text)
    assert shorter != text
    path = tmp_path / "short.md"
    path.write_text(shorter, encoding="utf-8")
    report = run("resblock", STRICT, path)
    assert codes(report) == ["missing-result"]
    assert exit_code((report,), strict=True) == 1


def test_a_derivation_in_letters_of_its_own_is_told_so_once(tmp_path: Path) -> None:
    path = tmp_path / "own.md"
    path.write_text("Let $a, b \\in \\mathbb{R}$. Then $a + b = b + a$.\n", encoding="utf-8")
    (found,) = (found for found in run("mlp", STRICT, path).findings if found.code == "missing-result")
    assert "none of the required results" in found.message
    assert f"derivcheck check {path}" in (found.help or "")


def test_an_empty_derivation_lacks_every_result(tmp_path: Path) -> None:
    path = tmp_path / "empty.md"
    path.write_text("# Nothing yet\n", encoding="utf-8")
    for name, homework in HOMEWORKS.items():
        report = run(name, STRICT, path)
        assert codes(report).count("missing-result") == len(homework.required)
        assert exit_code((report,), strict=False) == 1


def test_a_result_that_says_only_that_it_equals_itself_does_not_count(tmp_path: Path) -> None:
    head = r"\frac{\partial \ell}{\partial V}"
    text = re.sub(rf"\$\$ (?:\\boxed{{ )?{re.escape(head)}\s*=(?:[^$])*\$\$", "", document("resblock").text)
    path = tmp_path / "empty.md"
    path.write_text(f"{text}\n$$ {head} = {head} $$\n", encoding="utf-8")
    assert "missing-result" in codes(run("resblock", STRICT, path))


@pytest.mark.parametrize("word", ["min", "max"])
def test_a_true_form_that_is_no_network_does_not_answer_the_question(tmp_path: Path, word: str) -> None:
    text = document("mlp").text
    shorter = re.sub(rf"\$\$ \\boxed{{ \\{word}\(x_1, x_2\)[^$]*\$\$", "", text)
    shorter = shorter.replace(
        r"                  &= \max(0, x_1 - x_2) + \max(0, x_2) - \max(0, -x_2)", "  &= x_2 + x_1 - x_2"
    )
    shorter = shorter.replace("&= x_2 + x_1 - x_2", r"&= x_2 + \max(0, x_1 - x_2)")
    path = tmp_path / "short.md"
    path.write_text(shorter, encoding="utf-8")
    assert codes(run("mlp", STRICT, path)) == ["missing-result"]


def test_a_wrong_required_result_is_blamed_once(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        "resblock",
        r"\boxed{ \frac{\partial \ell}{\partial c} = ",
        r"\boxed{ \frac{\partial \ell}{\partial c} = 2 ",
    )
    report = run("resblock", STRICT, path)
    assert codes(report) == ["wrong-gradient"]


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [("z = W x + b", "z = W^\\top x + b", "z"), ("y = \\phi(r) + h", "y = \\phi(r) + x", "y")],
)
def test_a_derivation_of_another_block_differs_from_the_module(tmp_path: Path, old: str, new: str, name: str) -> None:
    report = run("resblock", STRICT, changed(tmp_path, "resblock", old, new))
    found = [finding for finding in report.findings if finding.code == "differs-from-module"]
    assert len(found) == 1
    assert f"`{name}`" in found[0].message
    assert report.source.slice(found[0].span).startswith(name)
    assert exit_code((report,), strict=True) == 1


def test_other_weights_in_the_derivation_differ_from_the_module(tmp_path: Path) -> None:
    path = changed(tmp_path, "mlp", "A = \\begin{pmatrix} -1 & 0 \\\\ 1 & 0", "A = \\begin{pmatrix} 1 & 0 \\\\ -1 & 0")
    assert "differs-from-module" in codes(run("mlp", STRICT, path))


class CutBlock(resblock.ResidualBlock):
    """Its skip connection is cut off from the backward pass."""

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        values = super().forward(x)
        return values | {"y": self.phi(values["r"]) + values["h"].detach()}


def test_a_module_with_a_cut_backward_pass_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resblock, "ResidualBlock", CutBlock)
    report = run("resblock", STRICT)
    assert codes(report) == ["differs-from-module"]


def test_the_picture_stands_before_the_comparison_and_the_figures() -> None:
    titles = [extra.title for extra in in_full("mlp", False).extras]
    assert titles[0] == "the network"
    assert "module" in titles[1]
    assert len(titles) == 7


MOMENTS = r"""Let $u \in \mathbb{R}^{J}$, $\sigma > 0$, $x^{(i)} \in \mathbb{R}^{J}$ for $i = 1, \dots, N$, and

$$ m^{(i)} = \frac{u^\top x^{(i)}}{\sigma^2 + u^\top u}, \quad s^{(i)} = \frac{\sigma^2}{\sigma^2 + u^\top u} + (m^{(i)})^2 $$

$$ s^{(i)} - (m^{(i)})^2 = \frac{\sigma^2}{u^\top u + \sigma^2} $$
"""


def moments(tmp_path: Path) -> Path:
    path = tmp_path / "moments.md"
    path.write_text(MOMENTS, encoding="utf-8")
    return path


def test_ppca_shows_its_model_the_comparison_and_its_figures_and_none_of_them_is_wrong(tmp_path: Path) -> None:
    report = run("ppca", Settings(values={"\\sigma": 0.5}), moments(tmp_path))
    assert [extra.title.split()[0] for extra in report.extras] == ["the", "derivation", "the", "EM", "EM", "how", "the"]
    assert {extra.outcome for extra in report.extras} <= {None, Outcome.HOLDS}
    assert "differs-from-module" not in codes(report)
    assert [row[0] for row in report.extras[1].rows if row[-1] == "holds"] == ["m⁽ⁱ⁾", "s⁽ⁱ⁾"]


@pytest.mark.parametrize("sizes", [{"J": 1}, {"N": 1}])
def test_ppca_at_size_one_runs_and_says_that_it_is_degenerate(sizes: dict[str, int], tmp_path: Path) -> None:
    report = run("ppca", Settings(sizes=sizes), moments(tmp_path))
    assert report.options == (("degenerate", ", ".join(f"{name} = 1" for name in sizes)),)
    assert Outcome.WRONG not in [extra.outcome for extra in report.extras]


def test_values_that_are_not_found_are_not_compared_and_break_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(*_: object) -> None:
        raise TooLarge("it takes too many operations")

    monkeypatch.setattr("derivcheck.model.checking.quantities", too_large)
    extra, findings = compared(HOMEWORKS["ppca"], document("ppca"), STRICT)
    assert extra.outcome is Outcome.UNDECIDED
    assert extra.text.endswith("not found: it takes too many operations")
    assert findings == []


def test_one_claim_is_checked_without_the_rest() -> None:
    name = in_full("resblock", False).results[0].name
    report = run("resblock", Settings(strict=True, claim=name))
    assert [result.name for result in report.results] == [name]
    assert report.extras == ()
    assert codes(report) == []


def test_size_one_runs_and_the_module_follows_the_size() -> None:
    report = run("resblock", Settings(sizes={"D": 1}))
    comparison = next(extra for extra in report.extras if "module" in extra.title)
    assert comparison.outcome is Outcome.HOLDS


def test_a_run_imports_nothing_that_costs_seconds() -> None:
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "import sys\n"
        "from derivcheck.config import Settings\n"
        "from derivcheck.homework import run\n"
        "run('mlp', Settings()); run('resblock', Settings())\n"
        "print([name for name in ('sympy', 'torch._dynamo', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
