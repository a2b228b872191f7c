r"""What code gives back, by the names of a document: those that it returns them under, or the last result.

Which name of a document an identifier of Python means: ``gamma`` is ``\gamma``, ``x_hat`` is ``\hat{x}``.

Both are spelled in letters and digits: of LaTeX the backslashes, braces, fonts and the index of a family go, a Greek
letter has its Latin name, an accent or a prime is a word before or behind; underscores count on neither side. What
fits so is the name; else, where one alone does, what fits but for capitals.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Final

import torch

from derivcheck.problem import terms as t
from derivcheck.problem.problem import Problem

ALIASES: Final = {"eps": "epsilon", "lam": "lambda", "lamda": "lambda", "lmbda": "lambda", "lambd": "lambda"}
_FONT = re.compile(r"\\(?:math\w+|text\w*|boldsymbol|bm|operatorname|mathop|pmb)\b")
_FAMILY = re.compile(r"\^\{?\(.*?\)\}?")
_ACCENT = re.compile(r"\\(hat|bar|tilde|dot|ddot|vec|check|breve|overline|widehat|widetilde)\s*\{?")
_ACCENTS: Final = {"overline": "bar", "widehat": "hat", "widetilde": "tilde"}


def spellings(latex: str) -> tuple[str, ...]:
    """The ways to spell the name of a document, as ``folded`` gives them, the plainest first."""
    text = _FONT.sub("", _FAMILY.sub("", latex))
    accents = [_ACCENTS.get(one, one) for one in _ACCENT.findall(text)]
    primes = text.count("'")
    bare = folded(_ACCENT.sub("", text).replace("'", ""))
    behind = "".join([*accents, *["prime"] * primes])
    ways = [bare + behind, behind + bare] if behind else [bare]
    return tuple(dict.fromkeys(way for way in ways if way))


def folded(name: str) -> str:
    """A name in letters and digits."""
    letters = re.sub(r"\\var(?=[a-z])", r"\\", name)
    plain = "".join(_latin(one) for one in letters if one.isalnum())
    return ALIASES.get(plain, plain)


def _latin(letter: str) -> str:
    told = unicodedata.name(letter, "") if ord(letter) > 127 else ""
    if told.startswith("GREEK ") and " LETTER " in told:
        word = told.split(" LETTER ")[1].split()[0].replace("LAMDA", "LAMBDA")
        return word.lower() if " SMALL " in told else word.capitalize()
    return letter


def matching(identifier: str, names: Iterable[str]) -> tuple[str, ...]:
    """The names that an identifier may mean: none, one, or several between which nothing decides."""
    wanted = folded(identifier)
    ways = {name: spellings(name) for name in names}
    exact = tuple(name for name, spelled in ways.items() if wanted in spelled)
    if exact:
        return exact
    lower = wanted.lower()
    return tuple(name for name, spelled in ways.items() if lower in (one.lower() for one in spelled))


def is_function(code: object) -> bool:
    return inspect.isclass(code) and issubclass(code, torch.autograd.Function)


def values_of(problem: Problem) -> tuple[str, ...]:
    """The names of a document as they stand at its end that have a value."""
    keys = dict.fromkeys(problem.names.values())
    return tuple(key for key in keys if key in problem.declarations or key in problem.definitions)


def named(came: object) -> list[tuple[str, object]]:
    """What came back, with names where it has some."""
    if isinstance(came, Mapping):
        return [(str(name), value) for name, value in came.items()]
    if isinstance(came, tuple) and hasattr(came, "_fields"):
        return list(zip(came._fields, came, strict=True))
    if is_dataclass(came) and not isinstance(came, type):
        return [(one.name, getattr(came, one.name)) for one in fields(came)]
    if isinstance(came, tuple | list):
        return [("", one) for one in came]
    return [("", came)]


def returned_names(code: object) -> list[str]:
    """The names behind ``return`` in the source of a function; empty for what is no name, or has no source."""
    target: Any = code.forward if is_function(code) or isinstance(code, torch.nn.Module) else code  # type: ignore[attr-defined]
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(target))))
    except (OSError, TypeError, SyntaxError, ValueError):
        return []
    body = tree.body[0]
    if not isinstance(body, ast.FunctionDef):
        return []
    nested = {id(inner) for one in ast.walk(body) if one is not body and isinstance(one, ast.FunctionDef | ast.Lambda)
              for inner in ast.walk(one)}  # fmt: skip
    found = [one.value for one in ast.walk(body) if isinstance(one, ast.Return) and id(one) not in nested]
    if not found or found[-1] is None:
        return []
    last = found[-1]
    parts = last.elts if isinstance(last, ast.Tuple) else [last]
    return [one.id if isinstance(one, ast.Name) else "" for one in parts]


def matched(names: Sequence[str], leaves: Sequence[str], problem: Problem) -> tuple[tuple[str, str], ...]:
    """The results with the document's names; one result without a name that is known is the document's last result."""
    found: list[tuple[str, str]] = []
    for name in names:
        keys = matching(name, values_of(problem)) if name else ()
        found.append((name, keys[0] if len(keys) == 1 and keys[0] not in leaves else ""))
    if len(found) == 1 and not found[0][1]:
        last = last_results(problem, leaves)
        if len(last) == 1:
            found = [(found[0][0], last[0])]
    return tuple(found)


def last_results(problem: Problem, leaves: Sequence[str]) -> list[str]:
    """The definitions that rest on what the code is given, and on which no other definition rests."""
    from derivcheck.oracles.draws import dependencies

    below = dependencies(problem)
    keys = [key for key in values_of(problem) if key in problem.definitions]
    resting = [key for key in keys if set(leaves) & below[key] and not any_functions(problem, [key])]
    return [key for key in resting if not any(key in below[other] for other in resting if other != key)]


def any_functions(problem: Problem, names: Sequence[str]) -> set[str]:
    """The arbitrary functions on which names rest, through definitions."""
    left, seen, found = list(names), set[str](), set[str]()
    while left:
        key = left.pop()
        if key in seen or key not in problem.definitions:
            continue
        seen.add(key)
        for part in t.walk(problem.definitions[key].term):
            if isinstance(part, t.Arbitrary):
                found.add(part.key)
            if isinstance(part, t.Variable):
                left.append(part.key)
    return found
