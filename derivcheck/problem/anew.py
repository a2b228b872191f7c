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
from derivcheck.problem.newness import members_of_families
from derivcheck.problem.prose import is_concluded
from derivcheck.problem.scope import Declaration, Definition, Meaning, Refusal, SizeSymbol
from derivcheck.problem.solutions import equation_for
from derivcheck.problem.stated import is_bare
from derivcheck.problem.terms import Gather, is_literal, variables
from derivcheck.reading.items import Statement
from derivcheck.reading.unread import folded


def told_anew(item: Statement, left: n.Node, builder: Builder) -> bool:
    """``now let z = …`` of a name that has a value: it has another one from here on."""
    told = item.cue is not None and item.cue.kind in ("let", "call") and item.cue.near
    if not told or len(item.members) != 2 or not isinstance(left, n.Name | n.Scripted):
        return False
    if not isinstance(builder.scope.names.get(key_of(left)), Definition):
        return False
    _set(item, left, builder)
    return True


def refuse_second(item: Statement, left: n.Node, builder: Builder) -> None:
    """Refuse to define a name by a line behind the one that sets it and was not read: it may be a claim."""
    if item.cue is not None and item.cue.kind in ("let", "call") and item.cue.near:
        return
    spelt, section = folded(key_of(left)), builder.section(item.span)
    for unread in builder.unread:
        first = unread.sets and bool(unread.names) and unread.names[0][0] == spelt
        if first and unread.span.start < item.span.start and builder.section(unread.span) == section:
            line = builder.source.position(unread.span.start).line
            reason = f"`{plain(left)}` is set on line {line}, which is not read: so this is taken for no definition"
            raise Refusal("unread-definition", item.span, reason)


def begins_anew(item: Statement, left: n.Node, builder: Builder) -> bool:
    """Give a name that is a number another value under another heading.

    Raises:
        Refusal: it is set to a number, and whether from here on or in its sentence alone is not said.

    """
    scope = builder.scope
    if len(item.members) != 2 or item.relations[0].sign == "\\equiv" or not is_number(item.members[1]):
        return False
    old = _known(left, builder)
    if isinstance(old, Declaration) and (is_concluded(item, near=True) or is_bare(item)):
        # A claim about inputs: whether it may be a condition on them is asked where all was read.
        return False
    if old is None or _solved_for(old, item, builder) or (is_concluded(item) and not _never_follows(old, builder)):
        return False
    if isinstance(old, Definition):
        value = old.term.body if isinstance(old.term, Gather) else old.term
        free = isinstance(item.members[1], n.MatrixNode) and variables(value) & builder.scope.declarations.keys()
        if not (is_literal(value) or free) or value == builder.context({}).term(item.members[1]):
            return False
        if builder.section(old.span) < builder.section(item.span) and key_of(left) in scope.names:
            _set(item, left, builder)
            return True
    line = builder.source.position(old.span.start).place.words
    what = f"{scope.quote(old.span)} on {line}" if isinstance(old, Definition) else f"declared on {line}"
    raise Refusal(
        "set-anew",
        item.span,
        f"`{plain(left)}` is {what}: whether it has this value from here on or in this sentence alone is not said",
        f"write: for `{scope.quote(item.span)}`, or: now let `{scope.quote(item.span)}`",
    )


def _known(left: n.Node, builder: Builder) -> Meaning | None:
    """What is known of a name, or of what it is an entry, a member or a power of."""
    if not isinstance(left, n.Name | n.Scripted):
        return None
    names = builder.scope.names
    base = left.base if isinstance(left, n.Scripted) and isinstance(left.base, n.Name) else left
    found = names.get(key_of(whole_of(left, builder.context()))) or names.get(key_of(base))
    if found is None and isinstance(left, n.Scripted):
        found = next(iter(members_of_families(left, builder.scope)), None)
    return found if isinstance(found, Declaration | Definition | SizeSymbol) else None


def _never_follows(old: Meaning, builder: Builder) -> bool:
    """Whether a name takes any value, so that nothing that was read can lead to this one ("i.e. $K = 3$")."""
    if isinstance(old, Definition) or builder.conditions:
        return False
    asked = {
        name
        for one in builder.scope.assumptions
        for c in one.conditions
        for name in variables(c.left) | variables(c.right)
    }
    return old.key not in asked


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
    if isinstance(node, n.MatrixNode):
        return all(is_number(cell) for row in node.rows for cell in row)
    if not all(
        isinstance(part, n.Number | n.Add | n.Fraction_ | n.Product | n.Group | n.Name | n.Scripted)
        for part in walk(node)
    ):
        return False
    return all(part.text in ("\\pi", "e", "\\infty") for part in walk(node) if isinstance(part, n.Name))
