r"""Lines of the model that were not understood: what depends on their names is not known, whatever is said of them.

A density of such a name behind that line is no line of the model, and a density in which the name stands is not the
one that the document means.
"""

from __future__ import annotations

from derivcheck.language import nodes as n
from derivcheck.problem.builder import Builder
from derivcheck.problem.context import key_of, names_in, strip
from derivcheck.problem.newness import of_chance
from derivcheck.problem.probability.statements import declared_key
from derivcheck.reading.items import ParseError, Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.source import Span


def note_unread(item: Statement, builder: Builder) -> None:
    """Keep the names of which a line speaks that was refused, if it says how they are distributed."""
    if item.continues or not item.relations:
        return
    left = strip(item.members[0])
    drawn = item.relations[0].sign == "\\sim"
    match left:
        case n.Product(factors=(n.Name(text=text), n.Group() as group), operators=("",)) if (
            text in builder.scope.densities
        ):
            if not drawn and (text in builder.scope.names or not of_chance(builder.scope)):
                return
            left = group.body
        case _ if not drawn:
            return
    if isinstance(left, n.Given):
        left = left.left
    for name in names_in(left):
        builder.scope.unread.setdefault(declared_key(name, builder) or key_of(name), item.span)


def note_unreadable(text: str, span: Span, builder: Builder) -> None:
    r"""The same of a stretch that could not even be parsed: the names that stand before its ``\sim``."""
    before, sign, _ = text.partition("\\sim")
    if not sign:
        return
    left = before.replace("\\mid", "|").partition("|")[0].strip(" $&")
    try:
        names = list(names_in(parse_expression(left)))
    except ParseError:
        names = []
    for name in names:
        builder.scope.unread.setdefault(declared_key(name, builder) or key_of(name), span)
