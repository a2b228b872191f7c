"""Names that a document on EM says do not move in the M-step: responsibilities, what is "held fixed".

Where the E-step's results are written out (``r_n = …``) and not as densities given data, words alone say so.
"""

from __future__ import annotations

from functools import lru_cache

from derivcheck.problem import terms as t
from derivcheck.problem.builder import Builder
from derivcheck.problem.context import key_of, strip
from derivcheck.problem.freezing import of_em
from derivcheck.problem.neighbours import Statements
from derivcheck.problem.scope import Definition, Refusal
from derivcheck.reading import phrases
from derivcheck.reading.items import Statement
from derivcheck.reading.windows import clause


def note_still(item: Statement, statements: Statements, builder: Builder) -> None:
    """Remember what the words around a statement say does not move."""
    text = builder.scope.text
    if not (of_em(text) or _responsible(text) or builder.scope.posterior):
        return
    name = _defined(item, builder)
    if name is not None and _per_sample(name) and (phrases.RESPONSIBLE.search(item.lead) or _in_the_e_step(item, text)):
        _still(name.key, builder)
    if item.relations or item.displayed:
        return
    mine = statements.of_sentence(item)
    if phrases.FIXED.search(clause(mine, text)):
        for key in _spoken_of(item, builder):
            _still(key, builder)


@lru_cache(maxsize=8)
def _responsible(text: str) -> bool:
    return phrases.RESPONSIBLE.search(text) is not None


def _still(key: str, builder: Builder) -> None:
    builder.scope.still.add(key)
    builder.scope.posterior.add(key)


def _defined(item: Statement, builder: Builder) -> Definition | None:
    """The definition that a statement has made."""
    if not item.relations or item.relations[0].sign not in ("=", ":="):
        return None
    made = [each for each in builder.scope.definitions.values() if each.span == item.span]
    left = builder.scope.names.get(key_of(strip(item.members[0])))
    return made[-1] if made else left if isinstance(left, Definition) and left.span == item.span else None


def _per_sample(name: Definition) -> bool:
    """Whether it has a value for every sample, as what an E-step computes, and as its objective has not."""
    return bool(name.family) or isinstance(name.term, t.Gather)


def _in_the_e_step(item: Statement, text: str) -> bool:
    last = None
    for match in phrases.STEP.every(text[: item.span.start]):
        last = match
    return last is not None and last.group(0)[0] == "E"


def _spoken_of(item: Statement, builder: Builder) -> list[str]:
    try:
        term = builder.context({}).term(item.members[0])
    except Refusal:
        return []
    names = [part.key for part in t.walk(term) if isinstance(part, t.Variable)]
    known = [builder.scope.definitions[key] for key in names if key in builder.scope.definitions]
    # "With $r$ fixed, maximise $Q$": an objective stands in such a sentence too, and it moves.
    return [each.key for each in known if _per_sample(each) or not _adds_up(each.term)]


def _adds_up(term: t.Term) -> bool:
    return any(isinstance(part, t.Reduce | t.Density) for part in t.walk(term))
