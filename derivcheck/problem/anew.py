r"""A name that is set once more: it begins anew, or what it stands for is not said; the old value refutes nothing.

``t = 1`` and, further on, ``t = 0`` are values for two illustrations, and no claim that 1 is 0.
"""

from __future__ import annotations

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.traversal import walk
from derivcheck.problem.assumptions import whole_of
from derivcheck.problem.builder import Builder
from derivcheck.problem.context import key_of
from derivcheck.problem.definitions import enter
from derivcheck.problem.prose import is_concluded
from derivcheck.problem.scope import Declaration, Definition, Meaning, Refusal, SizeSymbol
from derivcheck.problem.solutions import equation_for
from derivcheck.problem.terms import is_literal
from derivcheck.reading.items import Statement


def begins_anew(item: Statement, left: n.Node, builder: Builder) -> bool:
    """Give a known name another value where the words or a heading say so.

    Raises:
        Refusal: it is set to a number, and whether from here on or in its sentence alone is not said.

    """
    scope = builder.scope
    if len(item.members) != 2 or item.relations[0].sign == "\\equiv" or is_concluded(item):
        return False
    old = scope.names.get(key_of(whole_of(left, builder.context()))) if isinstance(left, n.Name | n.Scripted) else None
    if not isinstance(old, Declaration | Definition | SizeSymbol) or _solved_for(old, item, builder):
        return False
    told = (
        item.cue is not None and item.cue.kind in ("let", "call") and item.cue.near and not isinstance(old, SizeSymbol)
    )
    number = is_number(item.members[1])
    same = isinstance(old, Definition) and old.term == builder.context({}).term(item.members[1]) if number else False
    if same or not (number or told) or (isinstance(old, Definition) and not told and not is_literal(old.term)):
        return False
    elsewhere = builder.section(old.span) < builder.section(item.span)
    if told or (isinstance(old, Definition) and elsewhere):
        _set(item, left, builder)
        return True
    line = builder.source.position(old.span.start).line
    what = f"{scope.quote(old.span)} on line {line}" if isinstance(old, Definition) else f"declared on line {line}"
    raise Refusal(
        "set-anew",
        item.span,
        f"`{plain(left)}` is {what}: whether it has this value from here on or in this sentence alone is not said",
        f"write: for `{scope.quote(item.span)}`, or: now let `{scope.quote(item.span)}`",
    )


def _set(item: Statement, left: n.Node, builder: Builder) -> None:
    scope, key = builder.scope, key_of(left)
    term = builder.context().term(item.members[1])
    del scope.names[key]
    made = enter(Definition(key, plain(left), term, scope.resolve_shape(term.shape), item.span), key, builder.context())
    builder.line(item.span, "definition", plain(left), scope.show(made.shape))
    scope.anew(left)
    builder.head = None


def _solved_for(old: Meaning, item: Statement, builder: Builder) -> bool:
    """Whether an equation stands before it of which it may be the solution."""
    claims = builder.makers.claims
    return equation_for(claims, builder.scope, old.key, len(claims), item.sentence) is not None


def is_number(node: n.Node) -> bool:
    r"""Whether only numerals stand in it, and π: ``0.1``, ``-1``, ``\frac{1}{2}``, ``\pi/2``."""
    if not all(
        isinstance(part, n.Number | n.Add | n.Fraction_ | n.Product | n.Group | n.Name | n.Scripted)
        for part in walk(node)
    ):
        return False
    return all(part.text in ("\\pi", "e", "\\infty") for part in walk(node) if isinstance(part, n.Name))
