"""Ways to write the same document: letters, blank prose, brackets, fractions, displays and sides change no verdict."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from tests.problem.asking import outcomes

DOCUMENTS = Path(__file__).parent / "documents"
WRONG = r"""
For $p, w \in \mathbb{R}^m$ and $k > 0$ let $s = k \log \sum_{i=1}^m e^{p_i} + p^\top w$. Then

$$ \frac{\partial s}{\partial p_i} = \frac{k e^{p_i}}{\sum_{j=1}^m e^{p_j}} + w_i $$
$$ \frac{\partial s}{\partial w} = \frac{1}{k} (p + w) $$
$$ \frac{\partial s}{\partial k} = (s - p^\top w) k^{-1} $$
"""
LETTERS = {"A": "G", "B": "H", "S": "R", "b": "h", "c": "r", "x": "v", "u": "q", "y": "z", "v": "a", "s": "g", "p": "l"}
_WORDS = re.compile(r"\\(?:begin|end)\{[a-z*]+\}|\\[A-Za-z]+|[A-Za-z]{2,}|[A-Za-z]")


def _renamed(text: str) -> str:
    """Other letters in the mathematics; words and commands as they are."""
    parts = re.split(r"(\$\$?)", text)
    inside = False
    for place, part in enumerate(parts):
        if part.startswith("$"):
            inside = not inside
        elif inside:
            parts[place] = _WORDS.sub(lambda found: LETTERS.get(found[0], found[0]), part)
    return "".join(parts)


def _swapped(text: str) -> str:
    """The sides of every display of one equation changed over."""
    return re.sub(r"(?m)^\$\$ ([^=&$]*[^=&$<>:\s]) = ([^=$&]*?) \$\$$", r"$$ \2 = \1 $$", text)


def _plain(text: str) -> str:
    """Without tags and full stops in displays, so that what stands left and right of a sign are sides."""
    return re.sub(r" \\tag\{\d\}| ?\.(?= \\tag)|\s*[.,](?= \$\$)", "", text)


@lru_cache
def _verdicts(text: str) -> Counter[str]:
    return Counter(outcomes(text))


CHANGES: dict[str, Callable[[str], str]] = {
    "other letters": _renamed,
    "blank prose": lambda text: re.sub(r"(?m)^\$\$(.*)\$\$$", "\nThe next line goes on.\n\n$$\\1$$\n", text),
    "sized brackets": lambda text: re.sub(r"(?<!operatorname)(?<!left)\(([^()$]*)\)", r"\\left(\1\\right)", text),
    "small fractions": lambda text: text.replace("\\frac{1}", "\\tfrac{1}"),
    "two displays": lambda text: re.sub(r"(?m)^\$\$ ([^=&$]*) = (.*) \$\$$", "$$\n\\1\n  = \\2\n$$", text),
    "sides": _swapped,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_document_written_in_another_way_has_the_same_verdicts(name: str) -> None:
    for text in (WRONG, _plain((DOCUMENTS / "user-quadratic-forms.md").read_text())):
        changed = CHANGES[name](text)
        assert changed != text
        assert _verdicts(changed) == _verdicts(text)
