"""Documents are checked again when they change, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from derivcheck.commands.options import Asked
from derivcheck.commands.serving import watched


def test_a_document_is_checked_again_when_it_has_changed_and_a_new_one_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    first, second = Path("a.md"), Path("b.md")
    first.write_text("$1 + 1 = 2$\n")
    said: list[str] = []

    def wait() -> None:
        said.append(capsys.readouterr().out)
        match len(said):
            case 1:
                pass
            case 2:
                first.write_text("Let $x \\in \\mathbb{R}$. $x + x = 3 x$\n")
            case 3:
                second.write_text("$2 + 2 = 4$\n")
            case 4:
                first.unlink()
            case 5:
                raise StopIteration

    watched((".",), Asked(output="concise"), wait)
    assert "1 claim: 1 proved" in said[0]
    assert said[1] == ""
    assert "a.md:1:" in said[2]
    assert "1 wrong" in said[2]
    assert "1 claim: 1 proved" in said[3]
    assert said[4] == ""
