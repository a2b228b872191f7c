"""What changed in a repository, and what was known before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import derivcheck, environment, here

TWO = "Let $x, y \\in \\mathbb{R}$.\n\n$$ x + x = 2 x $$\n\n$$ y + y = 2 y $$\n"
ONE = TWO.replace("$$ y + y = 2 y $$\n", "")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.md").write_text(TWO.replace("x", name), encoding="utf-8")
    git(tmp_path, "init", "-q", "-b", "main", ".")
    save(tmp_path)
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    named = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *named, *arguments], cwd=folder, check=True, capture_output=True)


def save(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "all")


def found(folder: Path, *arguments: str) -> tuple[int, list[tuple[str, str]]]:
    done = here("check", "--format", "json", *arguments, cwd=folder)
    assert done.stderr.startswith("derivcheck: no document has changed since") or not done.stderr, done.stderr
    told = json.loads(done.stdout)
    return done.returncode, sorted((one["path"], one["code"]) for one in told["findings"])


def test_only_what_changed_since_a_revision_is_checked(repository: Path):
    assert found(repository, "--since", "HEAD") == (0, [])
    (repository / "b.md").write_text(TWO.replace("2 y", "3 y"), encoding="utf-8")
    (repository / "new.md").write_text(TWO.replace("2 y", "4 y"), encoding="utf-8")
    code, said = found(repository, "--since", "HEAD")
    assert (code, said) == (1, [("b.md", "wrong-identity"), ("new.md", "wrong-identity")])
    assert found(repository, "a.md", "--since", "HEAD") == (0, [])


def test_every_format_tells_the_line_and_the_correction_and_prose_passes_without_torch(repository: Path):
    (repository / "b.md").write_text(TWO.replace("2 y", "3 y").replace("x", "b"), encoding="utf-8")
    names = ("json", "sarif", "junit", "gitlab", "html", "concise")
    files = [f"--output={name}={repository / name}.out" for name in names]
    done = derivcheck("check", "--since", "HEAD", "--format", "github", *files, cwd=repository)
    assert done.returncode == 1, done.stderr
    assert "::error file=b.md,line=5" in done.stdout
    told = {"github": done.stdout, **{name: (repository / f"{name}.out").read_text("utf-8") for name in names}}
    places = {"concise": "b.md:5:", "json": '"line": 5', "sarif": '"startLine": 5', "gitlab": '"begin": 5'}
    assert not [name for name, place in places.items() if place not in told[name]]
    fixes = json.loads(told["sarif"])["runs"][0]["results"][0]["fixes"]
    assert fixes[0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"] == "2"
    assert not [name for name in ("json", "github", "html", "gitlab", "junit") if "replace" not in told[name]]

    (repository / "b.md").write_text(TWO.replace("Let", "We are brief. Let").replace("x", "b"), encoding="utf-8")
    code = (
        "import sys; from derivcheck.cli import run; code = run(sys.argv[1:]); sys.exit(code or 'torch' in sys.modules)"
    )
    ran = [sys.executable, "-c", code, "check", "--since", "HEAD"]
    done = subprocess.run(ran, cwd=repository, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, "2 claims: 2 proved" in done.stdout) == (0, True), done.stderr


def test_a_claim_that_is_gone_is_told_wherever_its_document_went(repository: Path):
    git(repository, "mv", "a.md", "moved.md")
    (repository / "moved.md").write_text(TWO.replace("x", "a") + "\nWords alone.\n", encoding="utf-8")
    assert found(repository, "--since", "HEAD") == (0, [])
    (repository / "b.md").unlink()
    (repository / "c.md").write_text(ONE.replace("x", "c"), encoding="utf-8")
    lost = [("b.md", "claim-removed"), ("b.md", "claim-removed"), ("c.md", "claim-removed")]
    assert found(repository, "--since", "HEAD") == (0, lost)
    assert found(repository, "--since", "HEAD", "--strict")[0] == 1
    assert found(repository, "c.md", "--since", "HEAD") == (0, lost[2:])


def test_a_claim_that_is_edited_or_stands_elsewhere_is_not_gone(repository: Path):
    for text in (TWO.replace("2 y", "y + 1 y"), "Words.\n\n" + TWO, TWO.replace("2 y", "y + y + 0")):
        (repository / "b.md").write_text(text.replace("x", "b"), encoding="utf-8")
        assert found(repository, "--since", "HEAD") == (0, [])


def test_three_dots_mean_since_the_branch_left(repository: Path):
    git(repository, "checkout", "-qb", "topic")
    git(repository, "checkout", "-q", "main")
    (repository / "c.md").write_text(ONE.replace("x", "c"), encoding="utf-8")
    save(repository)
    git(repository, "checkout", "-q", "topic")
    assert found(repository, "--since", "main...") == (0, [])
    done = here("check", "--since", "nosuch", cwd=repository)
    assert (done.returncode, done.stderr) == (2, "derivcheck: error: --since nosuch: git knows no such revision\n")
    assert here("check", "--since=--all", cwd=repository).returncode == 2


def test_what_a_baseline_knew_must_still_be_known(repository: Path):
    assert found(repository, ".", "--baseline", "known.json", "--update-baseline") == (0, [])
    first = (repository / "known.json").read_bytes()
    assert found(repository, ".", "--baseline", "known.json") == (0, [])
    (repository / "a.md").write_text(TWO.replace("2 y", r"2 \nosuch{y}").replace("x", "a"), encoding="utf-8")
    (repository / "b.md").write_text(ONE.replace("x", "b"), encoding="utf-8")
    (repository / "c.md").unlink()
    code, said = found(repository, ".", "--baseline", "known.json", "-q")
    told = [one for one in said if one[1] in ("evidence-fell", "claim-removed")]
    assert (code, told) == (
        1,
        [("a.md", "evidence-fell"), ("b.md", "claim-removed"), ("c.md", "claim-removed"), ("c.md", "claim-removed")],
    )
    found(repository, ".", "--baseline", "known.json", "--update-baseline")
    assert not [one for one in found(repository, ".", "--baseline", "known.json")[1] if one in told]
    assert (repository / "known.json").read_bytes() != first


def test_a_baseline_says_when_a_proof_became_less(repository: Path):
    known = {"text": "2 x", "name": "", "title": "x + x", "verdict": "proved"}
    by_numbers = (
        "Let $x > 0$.\n\n$$ \\int_0^x \\frac{\\sin t}{1 + t^2} \\, dt = \\int_0^x \\frac{\\sin s}{1 + s^2} \\, ds $$\n"
    )
    (repository / "n.md").write_text(by_numbers, encoding="utf-8")
    found(repository, "n.md", "--baseline", "known.json", "--update-baseline")
    data = json.loads((repository / "known.json").read_bytes())
    (claim,) = data["documents"]["n.md"]
    assert set(claim) == set(known)
    for verdict, codes in (
        ("proved", {"agrees": ["evidence-fell"], "proved": []}),
        ("agrees", {"agrees": [], "proved": []}),
    ):
        (repository / "known.json").write_text(
            json.dumps({"version": 1, "documents": {"n.md": [{**claim, "verdict": verdict}]}}), encoding="utf-8"
        )
        code, said = found(repository, "n.md", "--baseline", "known.json")
        assert [code for _, code in said] == codes[claim["verdict"]]
        assert code == bool(codes[claim["verdict"]])


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2}', '{"version": 1, "documents": {"a": [1]}}'])
def test_a_file_that_is_no_baseline_is_refused(repository: Path, text: str):
    (repository / "known.json").write_text(text, encoding="utf-8")
    done = here("check", "a.md", "--baseline", "known.json", cwd=repository)
    assert done.returncode == 2
    assert "--update-baseline" in done.stderr
