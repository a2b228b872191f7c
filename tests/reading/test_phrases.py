"""Words are heard in one room: the table of phrases and cues; ``list -v`` tells which were heard, and what they tell."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import derivcheck
from derivcheck.engine import listing
from derivcheck.reading.heard import HOW, heard_of_all
from derivcheck.reading.items import Kind
from derivcheck.source import Source

PACKAGE = Path(derivcheck.__file__).parent
ROOMS = ("problem", "meaning", "evaluation", "oracles", "diagnosis", "power")
WRITERS = {PACKAGE / "diagnosis" / "ingredients.py", PACKAGE / "diagnosis" / "candidate.py"}
"""They take apart the LaTeX that they write themselves."""


def _patterns(module: ast.Module) -> bool:
    """Whether a module can make a pattern; a match that another room has found is a value like any other."""
    return any(
        (isinstance(node, ast.Import) and any(name.name in ("re", "regex") for name in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "re" and {one.name for one in node.names} - {"Match"})
        for node in ast.walk(module)
    )


def test_no_room_behind_the_reading_room_compiles_a_pattern():
    modules = {path for room in ROOMS for path in (PACKAGE / room).rglob("*.py")} | {
        PACKAGE / f"{name}.py" for name in ("ground", "engine", "weigh", "judge")
    }
    assert len(modules) > 150
    assert [path.name for path in sorted(modules - WRITERS) if _patterns(ast.parse(path.read_text()))] == []


@pytest.mark.parametrize("text", ["import re", "from re import compile", "def f():\n    import re"])
def test_a_room_that_compiles_one_would_be_found(text: str):
    assert _patterns(ast.parse(text))


def test_every_kind_of_cue_is_explained():
    assert set(HOW) == set(Kind.__args__)  # type: ignore[attr-defined]


def test_the_listing_tells_for_every_line_which_words_were_heard_and_what_they_tell():
    source = Source(
        "a.md",
        "Let $A \\in \\mathbb{R}^{n \\times n}$ be symmetric and $x \\in \\mathbb{R}^n$. Then $x^\\top A x = x^\\top A^\\top x$.\n"
        "Sei $y \\in \\mathbb{R}^n$, und falls $y_1 > 0$ ist, gilt $x^\\top y = y^\\top x$.\n\n"
        "In EM, the gradient is used.\n",
    )
    words = {(line.line, line.text.split()[0]): line.words for line in listing(source)}
    assert set(words[1, "A"]) == {
        ("let", "declares, sets or assumes what follows"), ("symmetric", "a property of the name"),
    }  # fmt: skip
    assert ("then", "makes a claim of what follows") in words[1, "x^\\top"]
    assert ("sei", "declares, sets or assumes what follows") in words[2, "y"]
    assert ("falls", "makes a condition of what follows") in words[2, "y_1"]
    assert heard_of_all(source) == (
        ("EM", "speaks of EM (line 4)"),
        ("gradient", "names stand for derivatives of the loss (line 4)"),
        ("symmetric", "matrices that are symmetric without a word at the line (line 1)"),
    )  # fmt: skip
