"""An edit as the smallest change of what is written: what stays is left in the words of the document."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace
from typing import Any, Final, Literal, cast

from derivcheck.diagnosis.candidate import ONE, ZERO, Candidate, braced, closed, signed_span
from derivcheck.language import nodes as n
from derivcheck.language.nodes import mapped, transform, walk
from derivcheck.language.printing import latex, plain
from derivcheck.problem.context import strip
from derivcheck.reading.items import ParseError
from derivcheck.reading.parser import parse_expression
from derivcheck.source import NOWHERE, Span

WHOLE = n.Scripted | n.Group | n.Fraction_ | n.Root | n.Apply | n.Bars | n.Derivative | n.MatrixNode | n.Name
"""What stands for itself wherever it is put."""
ARITHMETIC: Final = ("add ", "subtract ", "multiply ", "divide ")


def reworded(edit: Candidate, tree: n.Node, text: str) -> Candidate:
    """The edit of a tree with the smallest span and the document's own words, and such that it reads as it should."""
    edit = replace(edit, tree=tidied(edit.tree, {id(part) for part in walk(tree)}))
    words = _Words(tree, text)
    span, written = _difference(tree, edit.tree, words)
    edit = _of_a_number(edit, tree, span, written)
    least = braced(replace(edit, span=span, new=written), text)
    plain_edit = braced(edit, text)
    if not _reads(text[tree.span.start : tree.span.end], tree):
        # A macro, or words: how it is read is not known here. What a convention put there is no text.
        return _in_its_words(least, text) if "#" in plain_edit.replacement + plain_edit.title else plain_edit
    small = span != NOWHERE and span.end - span.start <= edit.span.end - edit.span.start + 2
    whole = replace(edit, span=tree.span, new=words.of(edit.tree))
    for each in ((least,) if small else ()) + (plain_edit, least, whole):
        made = text[tree.span.start : each.span.start] + each.replacement + text[each.span.end : tree.span.end]
        if _reads(made, edit.tree):
            return each
    return plain_edit


def _in_its_words(edit: Candidate, text: str) -> Candidate:
    """The edit said of what is written, and not of what a convention put there."""
    try:
        old, new = (plain(parse_expression(each)) for each in (text[edit.span.start : edit.span.end], edit.replacement))
    except ParseError:
        return edit
    return replace(edit, said=f"replace `{old}` by `{new}`")


def _of_a_number(edit: Candidate, tree: n.Node, span: Span, written: str) -> Candidate:
    """What is done to a literal number is said as another expression for it: nobody subtracts from 0."""
    old = next((node for node in walk(tree) if isinstance(node, n.Number) and node.span == span), None)
    if old is None or not edit.title.startswith(ARITHMETIC):
        return edit
    try:
        new = parse_expression(written)
    except ParseError:
        return edit
    return replace(edit, said=f"replace `{plain(old)}` by `{plain(new)}`")


def _reads(text: str, tree: n.Node) -> bool:
    """Whether a text is read as a tree."""
    try:
        return plainest(parse_expression(text)) == plainest(tree)
    except (ParseError, RecursionError):
        return False


def plainest(tree: n.Node) -> n.Node:
    """Without the brackets that say nothing, and what is 1 or 0: they stand where what is written needs them."""

    def plainer(node: n.Node) -> n.Node:
        return strip(node) if isinstance(node, n.Group) else _flat(node) if isinstance(node, n.Product) else node

    return transform(tidied(tree), plainer)


def _flat(node: n.Product) -> n.Node:
    """A product of products as one, where nothing but juxtaposition stands in them."""
    parts: list[tuple[str, n.Node]] = []
    for sign, part in zip(("", *node.operators), node.factors, strict=True):
        inner = part.factors if isinstance(part, n.Product) and not any(part.operators) else (part,)
        parts += [("" if spot else sign, each) for spot, each in enumerate(inner)]
    return n.Product(tuple(part for _, part in parts), tuple(sign for sign, _ in parts[1:]), span=node.span)


Sign = Literal["+", "-", "±"]


def tidied(tree: n.Node, written: Collection[int] = ()) -> n.Node:
    """Without factors of 1 and terms of 0, but for what the document says so: its nodes are ``written``."""

    def tidy(node: n.Node) -> n.Node:
        if id(node) in written:
            return node
        match node:
            case n.Product(factors=factors, operators=operators) if ONE in factors and len(factors) > 1:
                over = [sign == "/" for sign in (*operators, "")]
                kept = [spot for spot, part in enumerate(factors) if part != ONE or over[spot]] or [0]
                if len(kept) == len(factors):
                    return node
                signs = tuple(operators[spot - 1] for spot in kept[1:])
                return factors[kept[0]] if len(kept) == 1 else n.Product(tuple(factors[spot] for spot in kept), signs)
            case n.Add(terms=terms) if len(terms) > 1 and any(part == ZERO for _, part in terms):
                rest = tuple((sign, part) for sign, part in terms if part != ZERO)
                if not rest:
                    return ZERO
                return rest[0][1] if len(rest) == 1 and rest[0][0] == "+" else n.Add(rest)
            case n.Add(terms=terms) if any(_is_negative(part) for _, part in terms):
                return n.Add(tuple(_signed(sign, part) for sign, part in terms))
            case n.Product(factors=(n.Group(body=n.Product() as inner), last), operators=("",)) if isinstance(
                last, n.Number | n.Name
            ) and not any(inner.operators):
                parts = (last, *inner.factors) if isinstance(last, n.Number) else (*inner.factors, last)
                return n.Product(parts, ("",) * (len(parts) - 1))
            case n.Product(factors=factors, operators=operators) if any(
                _is_negative(part) and id(part) not in written for part in factors
            ):
                spot = next(at for at, part in enumerate(factors) if _is_negative(part) and id(part) not in written)
                bare = (*factors[:spot], closed(_negated(factors[spot])), *factors[spot + 1 :])
                return n.Add((("-", tidy(n.Product(bare, operators))),))
        return node

    return transform(tree, tidy)


def _is_negative(node: n.Node) -> bool:
    """Whether a minus stands before the whole of it."""
    match strip(node):
        case n.Add(terms=(("-", _),)):
            return True
    return False


def _negated(node: n.Node) -> n.Node:
    bare = strip(node)
    assert isinstance(bare, n.Add)
    return bare.terms[0][1]


def _signed(sign: Sign, part: n.Node) -> tuple[Sign, n.Node]:
    """A term with the minus before it as its sign."""
    if sign == "±" or not _is_negative(part):
        return sign, part
    return ("-" if sign == "+" else "+"), _negated(part)


class _Words:
    """How parts of a document are written there."""

    def __init__(self, tree: n.Node, text: str) -> None:
        self.text = text
        self.known = {id(node): node for node in walk(tree)}

    def of(self, node: n.Node) -> str:
        """The LaTeX of a node, with what the document has of it as it stands there."""
        if id(node) in self.known and node.span != NOWHERE:
            return self.text[node.span.start : node.span.end]
        return latex(self._standing(node))

    def _standing(self, node: n.Node) -> n.Node:
        """With names in the place of what stays, whose text is what is written there."""
        if id(node) in self.known and isinstance(node, WHOLE) and node.span != NOWHERE:
            return n.Name(self.text[node.span.start : node.span.end])
        made = mapped(node, self._standing)
        # What a name is written with stays.
        return replace(made, base=node.base) if isinstance(made, n.Scripted) and isinstance(node, n.Scripted) else made


def _difference(old: n.Node, new: n.Node, words: _Words) -> tuple[Span, str]:
    """The smallest part that differs, and what is to stand there."""
    if isinstance(old, n.Add) and isinstance(new, n.Add):
        return _terms(old, new, words)
    if isinstance(old, n.Product | n.Entrywise) and type(old) is type(new):
        one, other = old.factors, new.factors
        start = next(
            (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(map(len, (one, other)))
        )
        if len(other) < len(one) and one[len(one) - len(other) + start :] == other[start:]:
            gone = one[start : start + len(one) - len(other)]
            # The operator before it goes too.
            first = one[start - 1].span.end if start else gone[0].span.start
            last = gone[-1].span.end if start else one[len(gone)].span.start
            return Span(first, last), " " if start else ""
    if type(old) is type(new):
        below = _only(old, new)
        if below is not None and below[0].span != NOWHERE:
            return _difference(*below, words)
    return old.span, words.of(new)


def _terms(old: n.Add, new: n.Add, words: _Words) -> tuple[Span, str]:
    """Of two sums: the term that is another, has another sign, is left out or comes behind the others."""
    before, after = old.terms, new.terms
    if len(before) == len(after):
        apart = [spot for spot, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
        if len(apart) == 1:
            (sign, part), (other, then) = before[apart[0]], after[apart[0]]
            if sign == other:
                return _difference(part, then, words)
            start = "" if apart[0] == 0 and other == "+" else f"{other} "
            return signed_span(part, old), f" {start}{words.of(then)}" if apart[0] else f"{start}{words.of(then)}"
    if len(after) == len(before) + 1 and after[:-1] == before:
        sign, part = after[-1]
        last = before[-1][1]
        return last.span, f"{words.of(last)} {sign} {words.of(part)}"
    if len(after) == len(before) - 1 and len(after) > 1:
        for spot in range(1, len(before)):
            if before[:spot] + before[spot + 1 :] == after:
                return signed_span(before[spot][1], old), ""
    return old.span, words.of(new)


def _only(old: n.Node, new: n.Node) -> tuple[n.Node, n.Node] | None:
    """The one part in which two nodes differ, and that of the other."""
    found: list[tuple[n.Node, n.Node]] = []
    for field in fields(cast(Any, old)):
        if not field.compare:
            continue
        one, other = getattr(old, field.name), getattr(new, field.name)
        if one == other:
            continue
        pairs = _pairs(one, other)
        if pairs is None:
            return None
        found += pairs
    return found[0] if len(found) == 1 else None


def _pairs(one: Any, other: Any) -> list[tuple[n.Node, n.Node]] | None:  # noqa: ANN401 (a field of any node)
    """The nodes in which two fields differ; None where they differ in anything else."""
    if isinstance(one, n.Node) and isinstance(other, n.Node):
        return [(one, other)]
    if not isinstance(one, tuple) or not isinstance(other, tuple) or len(one) != len(other):
        return None
    found: list[tuple[n.Node, n.Node]] = []
    for a, b in zip(one, other, strict=True):
        if a != b:
            pairs = _pairs(a, b)
            if pairs is None:
                return None
            found += pairs
    return found
