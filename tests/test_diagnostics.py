"""Every code of a finding has its entry, and every entry tells the truth."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

from derivcheck import diagnostics
from derivcheck.cli import cli

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "derivcheck"
# What no document of a user makes it say: a homework command does, a bug, a folder, or the trial of a correction.
UNSHOWN = {
    "internal-error", "missing-result", "claim-removed", "evidence-fell", "nothing-to-check", "definition", "not-a-function", "ragged-matrix",
    "differs-from-module", "not-compared", "not-proved", "reading", "not-sorting", "units",
    "not-a-minimum", "not-a-subgradient", "em-differs", "rate-differs", "maximum-differs", "unread-definition", "identity-fails", "too-large",
}  # fmt: skip
# Which argument of what is a code.
CODED = {"Refusal": 0, "Finding": 0, "Refused": 3, "Extra": None}


def codes_in(tree: ast.AST) -> Iterator[str]:
    """Strings that are given as the code of a finding, or stand in what is called a code."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in CODED:
                at = CODED[name]
                told = [node.args[at]] if at is not None and len(node.args) > at else []
                told += [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ) if name in ("code", "CODES", "INTERNAL_ERROR") and value is not None:
                told = value.values if isinstance(value, ast.Dict) else [value]
            case _:
                continue
        for one in told:
            yield from (c.value for c in ast.walk(one) if isinstance(c, ast.Constant) and isinstance(c.value, str))


def test_every_code_in_the_source_has_an_entry_and_every_entry_a_place_in_the_source():
    used = {code for file in SHIPPED.rglob("*.py") for code in codes_in(ast.parse(file.read_text(encoding="utf-8")))}
    used = {code for code in used if re.fullmatch(r"[a-z]+(-[a-z]+)*", code)} - {"extra"} | {
        "redeclared"
    }  # among the notices of a scope
    assert len(used) > 80
    assert used == set(diagnostics.entries())


def test_every_entry_is_found_in_its_document_and_not_in_the_other(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entries = diagnostics.entries().values()
    assert {entry.code for entry in entries if not entry.found_in} == UNSHOWN
    for entry in entries:
        if entry.found_in:
            Path(f"{entry.code}.found.md").write_text(entry.found_in, encoding="utf-8")
            Path(f"{entry.code}.not.md").write_text(entry.not_in, encoding="utf-8")
    result = CliRunner().invoke(cli, ["check", ".", "--format", "json"], standalone_mode=False)
    found: dict[str, set[str]] = {}
    for finding in json.loads(result.stdout)["findings"]:
        found.setdefault(finding["path"], set()).add(finding["code"])
    for entry in entries:
        if entry.found_in:
            assert entry.code in found.get(f"{entry.code}.found.md", set()), entry.code
            assert f"{entry.code}.not.md" not in found, (entry.code, found[f"{entry.code}.not.md"])


def test_an_explanation_shows_both_documents_and_a_wrong_code_gets_a_suggestion():
    shown = CliRunner().invoke(cli, ["explain", "wrong-gradient"], standalone_mode=False).output
    entry = diagnostics.entries()["wrong-gradient"]
    assert entry.found_in.strip() in shown
    assert entry.not_in.strip() in shown
    assert all(len(line) <= 80 for line in shown.splitlines() if not line.startswith("    "))
    failed = CliRunner().invoke(cli, ["explain", "wrong-gradeint"], standalone_mode=False)
    assert "did you mean `wrong-gradient`" in failed.exception.format_message()
    listed = CliRunner().invoke(cli, ["explain"], standalone_mode=False).output.splitlines()
    assert [line.split()[0] for line in listed] == list(diagnostics.entries())


def test_the_readme_lists_every_code_in_the_words_of_its_entry():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `([a-z-]+)` \| (.+?) \|$", text.partition("<!-- findings -->")[2].partition("\n## ")[0], re.MULTILINE
    )
    assert dict(rows) == {entry.code: entry.sentence for entry in diagnostics.entries().values()}
