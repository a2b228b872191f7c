"""Expressions without a relation: names that are described in words, arguments at which functions are meant."""

from __future__ import annotations

import re

from derivcheck.language import nodes as n
from derivcheck.problem import terms
from derivcheck.problem.builder import Builder
from derivcheck.problem.context import key_of, strip
from derivcheck.problem.declarations import declare
from derivcheck.problem.domains import REALS
from derivcheck.problem.newness import would_resolve
from derivcheck.problem.prose import ADJECTIVES_ALONE, describe
from derivcheck.problem.scope import Refusal, Scope
from derivcheck.reading.items import Statement
from derivcheck.reading.parser import parse_expression

_KINDS = f"({ADJECTIVES_ALONE})"
MENTION_BEHIND = re.compile(rf"\s*(,|and|is|are|be|being|has|have|both|all|a|an|\s)*{_KINDS}")
MENTION_BEFORE = re.compile(rf"{_KINDS}[a-z -]*$")


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
    text = builder.source.text
    behind = re.sub(r"^[^$]*\$+", "", text[item.span.end : item.span.end + 160], count=1)
    behind = re.split(r"[$.;:]|\n\s*\n", behind, maxsplit=1)[0].lower()
    ctx = builder.context()
    known = key_of(node) in builder.scope.names
    if isinstance(node, n.Name | n.Scripted) and (known or not _names_a_set(node)):
        if not known and not would_resolve(node, ctx):
            builder.undeclared = [(name, lead) for name, lead in builder.undeclared if lead[0] == item.sentence]
            builder.undeclared.append((node, (item.sentence, item.lead)))
            return
        if MENTION_BEHIND.match(behind):
            describe(node, behind, ctx)
            for other in _listed_before(item, builder, behind):
                describe(other, behind, ctx)
        elif MENTION_BEFORE.search(item.lead):
            describe(node, item.lead, ctx)
        return
    waiting = [(name, lead) for name, (sentence, lead) in builder.undeclared if sentence == item.sentence]
    if not waiting:
        return
    shape: n.Node | None = None
    if isinstance(node, n.Product) and set(node.operators) == {"\\times"} and re.match(r"\s*(\w+ )*matri", behind):
        shape = n.Scripted(n.Name("\\mathbb{R}"), None, node, span=node.span)
    elif re.search(r"\b(in|of)$", item.lead.strip()):
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


def _listed_before(item: Statement, builder: Builder, behind: str) -> list[n.Node]:
    """The names mentioned before in a list of which "are" or "be" says something: "where $P$, $Q$ and $R$ are …"."""
    if re.match(r"\s*,?\s*(are|be|both|all)\b", behind) is None:
        return []
    text, found, start = builder.source.text, [], item.span.start
    earlier = [line for line in builder.lines if line.span.end <= item.span.start]
    for line in sorted(earlier, key=lambda line: -line.span.end):
        if line.kind != "mention" or re.fullmatch(r"[\s$,]*(and)?[\s$]*", text[line.span.end : start]) is None:
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
