"""Expressions without a relation: names that are described in words, arguments at which functions are meant."""

from __future__ import annotations

from derivcheck.language import nodes as n
from derivcheck.problem import terms
from derivcheck.problem.builder import Builder
from derivcheck.problem.context import key_of, strip
from derivcheck.problem.declarations import declare
from derivcheck.problem.domains import REALS
from derivcheck.problem.newness import would_resolve
from derivcheck.problem.prose import describe, parity_in
from derivcheck.problem.scope import Refusal, Scope
from derivcheck.reading.items import Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.phrases import (
    ADJECTIVE_BEFORE,
    ADJECTIVE_BEHIND,
    MATRIX,
    MENTIONS_JOINED,
    OF_ALL,
    OF_SPACE,
    PARITY_BEHIND,
)
from derivcheck.reading.unread import Unread, sentence_at
from derivcheck.reading.windows import behind_maths


def mention(item: Statement, builder: Builder) -> None:
    """An expression without a relation: it may tell at which argument a function is meant."""
    builder.line(item.span, "mention")
    describe_mention(item, builder)
    try:
        term = builder.context({}).term(item.members[0])
    except Refusal:
        if item.displayed:
            builder.head = None
        return
    note_calls(term, builder.scope)
    if item.displayed:
        # "$$ f(x) $$" and then "$$ = … $$": what is displayed alone is what the next block goes on with.
        builder.head = builder.makers.head(item.members[0], builder.context({}))


def describe_mention(item: Statement, builder: Builder) -> None:
    """``$P, Q$ symmetric positive definite``, ``symmetric $A$``; and what tells a shape behind the name.

    That is ``$A$ … $n \\times n$ matrix`` and ``$x$ … in $\\mathbb{R}^n$``.
    """
    if item.displayed:
        return
    node = strip(item.members[0])
    behind = behind_maths(item.span, builder.source.text)
    ctx = builder.context()
    known = key_of(node) in builder.scope.names
    _note_parity(item, node, behind, builder)
    if isinstance(node, n.Name | n.Scripted) and (known or not _names_a_set(node)):
        if not known and not would_resolve(node, ctx):
            builder.undeclared = [(name, lead) for name, lead in builder.undeclared if lead[0] == item.sentence]
            builder.undeclared.append((node, (item.sentence, item.lead)))
            return
        if ADJECTIVE_BEHIND.match(behind):
            describe(node, behind, ctx)
            for other in _listed_before(item, builder, behind):
                describe(other, behind, ctx)
        elif ADJECTIVE_BEFORE.search(item.lead):
            describe(node, item.lead, ctx)
        return
    waiting = [(name, lead) for name, (sentence, lead) in builder.undeclared if sentence == item.sentence]
    if not waiting:
        return
    shape: n.Node | None = None
    if isinstance(node, n.Product) and set(node.operators) == {"\\times"} and MATRIX.match(behind):
        shape = n.Scripted(n.Name("\\mathbb{R}"), None, node, span=node.span)
    elif OF_SPACE.search(item.lead.strip()):
        shape = node
    if shape is None:
        return
    try:
        for name, lead in waiting:
            declare(name, shape, ctx)
            describe(name, f"{lead} {item.lead} {behind}", ctx)
    except Refusal:
        return
    builder.undeclared = []


def _note_parity(item: Statement, node: n.Node, behind: str, builder: Builder) -> None:
    """``let $n$ be even``, ``where $n$ is odd``; "for odd $n$" and "if $n$ is even" are for their sentence alone."""
    odd = parity_in(behind) if PARITY_BEHIND.match(behind) else parity_in(" ".join(item.lead.split()[-2:]))
    if odd is None or not isinstance(node, n.Name):
        return
    if item.cue is None or item.cue.kind in ("let", "assume", "where"):
        builder.scope.parities[node.text] = odd
    else:
        around = sentence_at(builder.source.text, item.span)
        builder.unread.append(Unread((), item.span, around, narrows=True))


def _listed_before(item: Statement, builder: Builder, behind: str) -> list[n.Node]:
    """The names mentioned before in a list of which "are" or "be" says something: "where $P$, $Q$ and $R$ are …"."""
    if OF_ALL.match(behind) is None:
        return []
    text, found, start = builder.source.text, [], item.span.start
    earlier = [line for line in builder.lines if line.span.end <= item.span.start]
    for line in sorted(earlier, key=lambda line: -line.span.end):
        if line.kind != "mention" or MENTIONS_JOINED.fullmatch(text[line.span.end : start]) is None:
            break
        found.append(parse_expression(text[line.span.start : line.span.end]))
        start = line.span.start
    return found


def _names_a_set(node: n.Name | n.Scripted) -> bool:
    base = node.base if isinstance(node, n.Scripted) else node
    return isinstance(base, n.Name) and base.text in REALS


def note_calls(term: terms.Term, scope: Scope) -> None:
    """Remember the arguments at which functions of vectors were written.

    A call at an entry whose index is bound there, as in ``h_i = φ(z_i)``, has no value outside.
    """
    for part in terms.walk(term):
        if isinstance(part, terms.Arbitrary) and not part.order and not part.entrywise and not _indexed(part):
            scope.mentions.setdefault(part.key, []).append(part)


def _indexed(call: terms.Arbitrary) -> bool:
    return any(isinstance(part, terms.Index) for part in terms.walk(call))
