"""What words say of how things are put together, as the statements that say the same (issue 11): one row each.

"$X$ is the matrix with rows $x_i^\\top$" becomes ``X = \\sum_i e_i x_i^\\top`` or ``x_i = X^\\top e_i``, whichever
leaves free what the document differentiates by. Words that speak of rows or columns of named things and are not
understood taint these names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from re import Match

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.meaning import hidden
from derivcheck.meaning.chances import by_probability, solved, spoken_models
from derivcheck.meaning.functions import functions_told
from derivcheck.meaning.instances import instances
from derivcheck.meaning.leftout import spelt_out
from derivcheck.problem.assumptions import SIGN_DOMAINS
from derivcheck.problem.context import key_of, members_of, strip
from derivcheck.problem.dotted import Run, is_dots, run_of, run_through
from derivcheck.problem.indices import index_parts
from derivcheck.reading.items import Item, Statement
from derivcheck.reading.phrases import MADE_OF, OF_ROWS
from derivcheck.reading.unread import Unread, folded, unaccented, unbold
from derivcheck.reading.windows import sentence
from derivcheck.source import Span


@dataclass(frozen=True, slots=True)
class Members:
    """Columns of which a matrix is made: ``x_i`` with its letter, and up to where it runs, if that is written."""

    general: n.Node
    letter: n.Name
    upper: n.Node | None = None


def written_out(items: tuple[Item, ...], text: str) -> tuple[tuple[Item, ...], list[Unread]]:
    """The items with what words say of rows and columns as hidden statements, and what was said but not understood."""
    bundles = list(_bundles(items))
    items, unread = instances(
        spelt_out(_by_entries(list(_one_by_one(solved(by_probability(functions_told(items, text)))))))
    )
    unread += bundles
    statements = [item for item in items if isinstance(item, Statement)]
    said = [*_ranges(statements), *spoken_models(items, text)]
    for mine in _sentences(statements):
        words = sentence(mine, text, partial(_mark, mine))
        if not OF_ROWS.search(words):
            continue
        found = [match for phrase in MADE_OF for match in phrase.every(words)]
        made: dict[str, Statement] = {}
        for match in found:
            statement = _stacked(match, mine, statements, len(said) + len(made))
            if statement is not None:
                made.setdefault(match["whole"], statement)
        said += made.values()
        if not made:
            names = [key for one in mine if (key := _named(one))]
            indexed = any(isinstance(strip(one.members[0]), n.Scripted) for one in mine)
            # Of a matrix whose entries are written out, words say nothing that is not known.
            known = any(_is_set(strip(one.members[0]), statements) for one in mine)
            if indexed and len(names) > 1 and not known:
                unread.append(Unread(tuple((folded(key),) for key in names), mine[0].span | mine[-1].span))
    return (hidden.in_front(said, items) if said else items), unread


def _is_bundle(item: Statement) -> bool:
    r"""``D = \{x_1, \dots, x_N\}``, ``\theta = (W, b)``: a name for several things together, which has no value."""
    left, right = strip(item.members[0]), item.members[-1]
    signs = [one.sign for one in item.relations]
    if signs not in (["="], [":="]) or item.continues or not isinstance(left, n.Name | n.Scripted):
        return False
    if not isinstance(right, n.Group) or not isinstance(right.body, n.Tuple):
        return False
    dotted = any(is_dots(part) for part in right.body.items)
    if right.fence == "{":
        return dotted
    listed = all(isinstance(part, n.Name | n.Scripted) for part in right.body.items) and not dotted
    return right.fence == "(" and listed and set(right.body.separators) == {","}


def _bundles(items: Sequence[Item]) -> Iterator[Unread]:
    """What is a name for several things together, and is used as a value all the same, is not known."""
    for item in items:
        if isinstance(item, Statement) and len(item.members) == 2 and _is_bundle(item):
            why = "is a name for several things together"
            yield Unread(((folded(key_of(strip(item.members[0]))),),), item.span, narrows=True, why=why)


def _one_by_one(items: Sequence[Item]) -> Iterator[Item]:
    r"""``i, j = 1, \dots, n`` as two ranges; ``A = (a_{ij}) \in \mathbb{R}^{m \times n}`` with its entries named."""
    for number, item in enumerate(items):
        match item:
            case Statement(members=(n.Tuple(items=names), n.Tuple(items=listed))) if (
                any(is_dots(part) for part in listed)
                and all(isinstance(name, n.Name) for name in names)
                and [one.sign for one in item.relations] == ["="]
            ):
                yield from (replace(item, members=(name, item.members[1]), span=name.span) for name in names)
            case Statement(
                members=(n.Name() as whole, n.Group(body=n.Scripted(base=n.Name(), sup=None) as entry), space)
            ) if _two_letters(entry.sub) and [one.sign for one in item.relations] == ["=", "\\in"]:
                yield replace(item, members=(whole, space), relations=item.relations[1:])
                named = n.Scripted(whole, entry.sub, None)
                yield hidden.set_to(entry, named, Span(item.span.end, item.span.end), 780 + number)
            case Statement() if len(item.members) == 2 and _is_bundle(item):
                yield replace(item, members=item.members[:1], relations=())
            case _:
                yield item


def _two_letters(sub: n.Node | None) -> bool:
    parts = sub.factors if isinstance(sub, n.Product) else sub.items if isinstance(sub, n.Tuple) else ()
    return len(parts) == 2 and all(isinstance(part, n.Name) for part in parts)


def _by_entries(items: Sequence[Item]) -> Iterator[Item]:
    r"""``w = (w_1, \dots, w_D)^\top`` of a w of which nothing else is said declares it, and ``z_i = (z_{i1}; \dots)``.

    ``X = [x_1, \dots, x_N] \in \mathbb{R}^{d \times N}`` declares X, and x_i as its column. Of what is set to
    something else as well, such a list says nothing.
    """
    statements = [item for item in items if isinstance(item, Statement)]
    told = {key_of(_base(part)) for one in statements if one.relations
            and one.relations[0].sign in (r"\in", r"\sim", "=", ":=") and _run_of_right(one) is None
            for part in members_of(one.members[0])}  # fmt: skip
    for number, item in enumerate(items):
        signs = [one.sign for one in item.relations] if isinstance(item, Statement) else []
        if not isinstance(item, Statement) or not {"=", ":="}.issuperset(signs[:1]) or not signs:
            yield item
            continue
        left, run = strip(item.members[0]), _run_of_right(item)
        own = run is not None and run.lower == hidden.ONE and _is_entry(run.general, left, run.letter)
        if own and signs[1:2] == ["="] and not item.continues:
            yield replace(item, members=(left, *item.members[2:]), relations=item.relations[1:])
            continue
        known = key_of(_base(left)) in told if own else key_of(left) in told
        if run is not None and not known and run.lower == hidden.ONE and signs[1:] in ([], [r"\in"]):
            whole = item.members[2] if len(signs) == 2 else hidden.space((run.upper,))
            column = None
            if not own and len(signs) == 2 and isinstance(left, n.Name):
                column = _column_of(item, left, run)
            if own or (column is not None and key_of(_base(column[0])) not in told):
                yield replace(item, members=(left, whole), relations=(replace(item.relations[0], sign=r"\in"),))
                if column is not None:
                    yield hidden.set_to(*column, Span(item.span.end, item.span.end), 750 + number)
                continue
        yield item


def _is_entry(node: n.Node, whole: n.Node, letter: n.Name) -> bool:
    r"""Whether it is an entry of a column: ``w_j`` of ``\mathbf{w}``, ``z_{ij}`` of ``\mathbf{z}_i``."""
    if not isinstance(node, n.Scripted) or not isinstance(node.base, n.Name) or node.primes:
        return False
    if isinstance(whole, n.Name):
        return unbold(node.base.text) == unbold(whole.text) and (node.sub, node.sup) == (letter, None)
    if not isinstance(whole, n.Scripted) or not isinstance(whole.base, n.Name) or whole.primes or whole.sub is None:
        return False
    same = unbold(node.base.text) == unbold(whole.base.text) and node.sup == whole.sup is None
    return same and node.sub is not None and index_parts(node.sub) == [whole.sub, letter]


def _column_of(item: Statement, whole: n.Name, run: Run) -> tuple[n.Node, n.Node] | None:
    """What a member of a matrix is, as the document calls it, and what it is in terms of the matrix."""
    right = item.members[1]
    unit = n.Scripted(n.Name("e"), run.letter, None)
    space = strip(item.members[2])
    square = isinstance(space, n.Scripted) and isinstance(space.sup, n.Product) and "\\times" in space.sup.operators
    member = _column(run.general, rows=True)
    if not square or not isinstance(member, n.Scripted) or not isinstance(member.base, n.Name):
        return None
    turned = member != run.general
    match right:
        case n.Group(body=n.Tuple()) if not turned:
            rows = False
        case n.Scripted(base=n.Group(body=n.Tuple())) if not turned:
            rows = True
        case n.MatrixNode(rows=cells) if (len(cells) > 1) == turned:
            rows = turned
        case _:
            return None
    taken = n.Scripted(whole, None, n.Symbol("\\top")) if rows else whole
    return member, n.Product((taken, unit), ("",))


def _run_of_right(statement: Statement) -> Run | None:
    r"""The list with dots on the right, read through the transpose that only tells that it is a column."""
    right = statement.members[1 if len(statement.members) > 2 else -1]
    if isinstance(right, n.Scripted) and right.sub is None and right.sup in n.TRANSPOSES:
        right = right.base
    listed = _listed(right)
    items = listed.items if isinstance(listed, n.Tuple) else ()
    return run_through(items) if any(map(is_dots, items)) else run_in(listed)


def _base(node: n.Node) -> n.Node:
    node = strip(node)
    return node.base if isinstance(node, n.Scripted) else node


def _ranges(statements: Sequence[Statement]) -> Iterator[Statement]:
    r"""Over what the j of "$u_j \in \mathbb{R}^m$" runs, where ``u_1, \dots, u_r`` or ``\sum_{j=1}^r`` tell it."""
    told = {key_of(part) for one in statements if len(one.members) == 2 and isinstance(_listed(one.members[1]), n.Tuple)
            for part in members_of(one.members[0])}  # fmt: skip
    nodes = [part for one in statements for member in one.members for part in walk(member)]
    bounds: dict[str, set[n.Node]] = {}
    for part in nodes:
        if isinstance(part, n.Big) and isinstance(part.binder.upper, n.Name) and part.binder.lower == hidden.ONE:
            bounds.setdefault(key_of(part.binder.names[0]), set()).add(part.binder.upper)
        elif (run := run_in(part)) is not None and isinstance(run.general, n.Scripted) and run.lower == hidden.ONE:
            bounds.setdefault(key_of(run.general.base) + "_", set()).add(run.upper)
    shifted = {key_of(part.base) for part in nodes if isinstance(part, n.Scripted) and _is_shifted(part)}
    for one in statements:
        if one.hidden or len(one.members) != 2 or not _declares(one):
            continue
        named = [
            (strip(member), letter) for member in members_of(one.members[0]) for letter in _indices_of(strip(member))
        ]
        for member, letter in named:
            base = key_of(member.base)  # type: ignore[union-attr]
            if letter.text in told or base in shifted:
                continue
            ends = bounds.get(base + "_") or bounds.get(letter.text, set())
            if len(ends) == 1 and next(iter(ends)) != letter:
                told.add(letter.text)
                listed = n.Tuple((hidden.ONE, n.Symbol("\\dots"), *ends), (",", ","))
                yield hidden.set_to(letter, listed, Span(one.span.start, one.span.start), 800 + len(told))


def _listed(node: n.Node) -> n.Node:
    return node.body if isinstance(node, n.Group) else node


def run_in(part: n.Node) -> Run | None:
    """The members with dots between them in a list, if these tell which they are."""
    match part:
        case n.Tuple(items=items) | n.Apply(args=items):
            found = items
        case n.MatrixNode(rows=rows):
            found = rows[0] if len(rows) == 1 else tuple(row[0] for row in rows)
        case _:
            return None
    dots = next((k for k, node in enumerate(found) if is_dots(node)), 0)
    return run_of(found[:dots], found[dots + 1]) if 0 < dots < len(found) - 1 else None


def _declares(one: Statement) -> bool:
    r"""``x_n \in \mathbb{R}^D``, ``x_n > 0``, ``x_n \sim D``."""
    sign = one.relations[0].sign
    return sign in ("\\in", "\\sim") or (
        sign in SIGN_DOMAINS and isinstance(one.members[1], n.Number) and not one.displayed
    )


def _indices_of(node: n.Node) -> tuple[n.Name, ...]:
    match node:
        case n.Scripted(base=n.Name(), sub=sub, sup=None, primes=0) if sub is not None:
            letters = tuple(part for part in index_parts(sub) if isinstance(part, n.Name) and len(part.text) == 1)
            return letters if len(letters) == len(index_parts(sub)) else ()
        case n.Scripted(base=n.Name(), sub=None, sup=n.Group(body=n.Name() as letter), primes=0):
            return (letter,)
    return ()


def _is_shifted(node: n.Scripted) -> bool:
    """``h_{t-1}``, ``h_0``: members outside of a range that begins at 1."""
    index = node.sup.body if isinstance(node.sup, n.Group) else node.sub
    return isinstance(index, n.Add) or (isinstance(index, n.Number) and index.value < 1)


def _sentences(statements: Sequence[Statement]) -> Iterator[list[Statement]]:
    found: dict[int, list[Statement]] = {}
    for statement in statements:
        if not statement.hidden:
            found.setdefault(statement.sentence, []).append(statement)
    yield from found.values()


def _mark(mine: Sequence[Statement], k: int) -> str:
    return "shaped" if _is_shape(mine[k]) else f"<{k}>"


def _is_shape(statement: Statement) -> bool:
    r"""Whether it is the ``N \\times d`` of "the $N \\times d$ matrix"."""
    node = statement.members[0]
    return not statement.relations and isinstance(node, n.Product) and "\\times" in node.operators


def _named(statement: Statement) -> str | None:
    first = strip(statement.members[0])
    return key_of(first) if isinstance(first, n.Name | n.Scripted) else None


def _stacked(
    match: Match[str], mine: Sequence[Statement], statements: Sequence[Statement], number: int
) -> Statement | None:
    """The definition that a match tells; None where it is not clear what is made of what."""
    whole = strip(mine[int(match["whole"])].members[0])
    members = _members(mine, int(match["part"]), "row" in match["side"])
    if members is None or not isinstance(whole, n.Name) or not _is_capital(whole):
        return None
    by = {key_of(name) for one in statements for node in one.members for part in walk(node)
          if isinstance(part, n.Derivative | n.Nabla) for name in _variables(part)}  # fmt: skip
    free = key_of(whole) in by
    given = _is_given(members.general, statements)
    if (free or _is_set(whole, statements)) and given:
        return None
    place = Span(mine[-1].span.end, mine[-1].span.end)
    base = n.Name("e") if not any(_named(one) == "e" for one in statements) else n.Name("\\mathbf{e}")
    unit = n.Scripted(base, members.letter, None)
    rows = "row" in match["side"]
    if not given:
        taken = n.Scripted(whole, None, n.Symbol("\\top")) if rows else whole
        return hidden.set_to(members.general, n.Product((taken, unit), ("",)), place, 700 + number)
    turned = _turned(members.general if rows else unit)
    body = n.Product((unit, turned) if rows else (members.general, turned), ("",))
    one = None if members.upper is None else hidden.ONE
    binder = n.Binder((members.letter,), one, members.upper)
    return hidden.set_to(whole, n.Big("sum", binder, body), place, 700 + number)


def _turned(node: n.Node) -> n.Node:
    assert isinstance(node, n.Scripted)
    if node.sup is None:
        return n.Scripted(node.base, node.sub, n.Symbol("\\top"))
    return n.Scripted(n.Group(node), None, n.Symbol("\\top"))


def _variables(node: n.Derivative | n.Nabla) -> Iterator[n.Node]:
    match node:
        case n.Derivative(variables=variables):
            yield from variables
        case n.Nabla(variable=variable) if variable is not None:
            yield variable


def _is_capital(name: n.Name) -> bool:
    return unaccented(name.text).lstrip("\\")[:1].isupper()


def _members(mine: Sequence[Statement], at: int, rows: bool) -> Members | None:
    """The columns that a statement and those that go on with its list name."""
    first = mine[at].members[0]
    listed = [*members_of(first)]
    if len(listed) == 1 and not mine[at].relations:
        for other in mine[at + 1 : at + 4]:
            if other.relations and len(other.members) > 2:
                break
            listed.append(other.members[0])
            if isinstance(strip(other.members[0]), n.Scripted):
                if is_dots(listed[-2]):
                    break
                continue
            if not is_dots(other.members[0]):
                break
    dots = next((k for k, node in enumerate(listed) if is_dots(node)), None)
    if dots is not None and 0 < dots < len(listed) - 1:
        run = run_of([_column(node, rows) for node in listed[:dots]], _column(listed[dots + 1], rows))
        if run is None or run.lower.value != 1 or run.count != dots:
            return None
        return Members(run.general, run.letter, run.upper)
    node = _column(strip(first), rows)
    match node:
        case n.Scripted(base=n.Name(), sub=n.Name() as letter, sup=None, primes=0):
            return Members(node, letter)
        case n.Scripted(base=n.Name(), sub=None, sup=n.Group(body=n.Name() as letter), primes=0):
            return Members(node, letter)
    return None


def _column(node: n.Node, rows: bool) -> n.Node:
    r"""``x_i`` of ``x_i^\top``, which is what a row is made of; of a column nothing is taken away."""
    node = strip(node)
    if not rows or not isinstance(node, n.Scripted):
        return node
    match node.sup:
        case n.Symbol(text="\\top") | n.Name(text="T"):
            return n.Scripted(node.base, node.sub, None, span=node.span)
        case n.Product(factors=(n.Group() as index, n.Symbol(text="\\top") | n.Name(text="T"))):
            return n.Scripted(node.base, node.sub, index, span=node.span)
    return node


def _is_given(general: n.Node, statements: Sequence[Statement]) -> bool:
    """Whether the document says what a member is: it declares it, or sets it to something."""
    assert isinstance(general, n.Scripted)
    for one in statements:
        if one.relations and one.relations[0].sign in ("\\in", "=", ":=", "\\sim") and not one.continues:
            for part in members_of(one.members[0]):
                node = strip(part)
                if isinstance(node, n.Scripted) and node.base == general.base and not node.primes:
                    same = (node.sub is None) == (general.sub is None)
                    if same and not (one.relations[0].sign == "=" and isinstance(node.sub, n.Number)):
                        return True
    return False


def _is_set(whole: n.Node, statements: Sequence[Statement]) -> bool:
    return any(
        one.relations and one.relations[0].sign in ("=", ":=") and not one.continues and strip(one.members[0]) == whole
        for one in statements
    )
