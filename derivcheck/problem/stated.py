"""What is stated and not assumed, or set once more: conclusions, bare displays, special values, conditions in words.

A statement that says something of declared names alone may assume it or claim it. Words decide ("let", "hence"); a
display without any word claims. What words leave open is neither: it is claimed, and where it fails it says that what
rests on its names is not known.
"""

from __future__ import annotations

from itertools import pairwise

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.precedence import base_of
from derivcheck.language.printing import plain
from derivcheck.problem import algebra, terms
from derivcheck.problem.assumptions import whole_of
from derivcheck.problem.builder import Builder, Statements
from derivcheck.problem.context import key_of, members_of, names_in, strip
from derivcheck.problem.definitions import enter
from derivcheck.problem.newness import is_new, members_of_families, mentions_itself
from derivcheck.problem.problem import Claim, Refused
from derivcheck.problem.prose import is_asked, is_concluded
from derivcheck.problem.scope import Declaration, Definition, FunctionDefinition, Meaning, Refusal, SizeSymbol
from derivcheck.problem.solutions import equation_for
from derivcheck.problem.terms import Gather, variables
from derivcheck.reading.cues import ONE_WAY
from derivcheck.reading.items import Statement
from derivcheck.reading.phrases import (
    ASIDE,
    ASKING,
    CONSTANT_SAID,
    DESCRIBED,
    HANDY,
    HARMLESS,
    HAS_SOLUTIONS,
    IN_DIMENSIONS,
    LOOSENS,
    SOLVED,
    UP_TO,
)
from derivcheck.reading.unread import Unread, folded, names_in_text
from derivcheck.reading.windows import behind_maths, paragraph, sentence, stretches
from derivcheck.source import Span

BUILT_IN = {
    "e": "the base of the natural logarithm", "\\pi": "the number 3.14159…", "I": "the identity matrix",
    "\\mathbf{I}": "the identity matrix", "\\mathbb{I}": "the identity matrix", "\\mathbf{1}": "the column of ones",
    "\\mathbb{1}": "the column of ones", "\\mathbf{0}": "zero",
}  # fmt: skip
COPULAS = (["is"], ["are"], ["becomes"], ["equals"], ["reads"])
VALUED = frozenset(("setting", "putting", "taking", "considering", "fixing"))


def refuse_unsaid(item: Statement, builder: Builder) -> None:
    """What is said not to hold, or asked, claims nothing; it is looked at where a directive expects it to be wrong."""
    if any(builder.marks.expected_wrong(item.span, member.span) for member in item.members):
        return
    denied = item.cue is not None and item.cue.kind == "not" and item.cue.near
    if denied or (
        item.behind is not None and item.behind.kind == "not" and item.relations[0].sign not in ("\\in", ":")
    ):
        raise Refusal("not-checked", item.span, "words say that this does not hold: nothing is claimed")
    if item.behind is not None and item.behind.kind == "question" and not is_asked(item):
        raise Refusal("not-checked", item.span, "this is a question: nothing is claimed")


def is_bare(item: Statement) -> bool:
    """Whether a display stands by itself: no word tells what it is."""
    return item.displayed and not item.hidden and item.cue is None and not item.lead.strip(" ,;:.")


def is_stated(item: Statement, statements: Statements, builder: Builder) -> bool:
    """Whether a comparison of inputs is a claim, by its words or as a bare display that is no side condition."""
    names = [strip(part) for member in item.members for part in members_of(member)]
    letters = all(isinstance(name, n.Name) and name.text not in builder.scope.names for name in names)
    if letters and side_of(item, statements) is not None:
        return False
    if is_concluded(item):
        return True
    if item.cue is not None or item.hidden or ASKING.search(item.lead):
        return False
    if any(
        isinstance(base_of(name), n.Name) and not {key_of(name), key_of(base_of(name))} & builder.scope.names.keys()
        for name in names
    ):
        return False
    last = item.lead.strip(" ,;:.").split()[-1:]
    return (item.displayed or last in COPULAS) and side_of(item, statements) is None


def side_of(item: Statement, statements: Statements) -> Statement | None:
    r"""The equation that a comparison stands beside in the same display: ``f(x) = x^2, \quad x > 0``."""
    if not item.displayed or item.lead.strip(" ,;:."):
        return None
    before = [one for one in statements.of_block(item) if one.span.end <= item.span.start]
    last = max(before, key=lambda one: one.span.end, default=None)
    if last is None or not last.relations or last.relations[-1].sign not in ("=", ":=", "\\equiv"):
        return None
    return last


def open_to_both(left: n.Node, builder: Builder) -> bool:
    """Whether words describe the declared name of which something is stated: "let $r$ be the length of $v$"."""
    found = builder.scope.names.get(key_of(strip(left)))
    if not isinstance(found, Declaration):
        return False
    return DESCRIBED.match(behind_maths(found.span, builder.source.text)) is not None


def is_stated_value(item: Statement, builder: Builder) -> bool:
    """``hence $x = 1$``, ``$$ x = 1 $$`` of an x that was declared to take any value: whether it is a claim.

    Raises Refusal where x is described in words, or is said to equal what may define it: what it is is not known then.
    """
    name = strip(item.members[0])
    if not isinstance(name, n.Name | n.Scripted) or not isinstance(builder.scope.names.get(key_of(name)), Declaration):
        return False
    literal = all(is_literal(member) for member in item.members[1:])
    if not is_concluded(item, near=True) and not (literal and is_bare(item)):
        return False
    loose = item.cue is not None and item.cue.loose
    if literal and not loose and not open_to_both(name, builder):
        return True
    if not is_new(name, builder.scope) or mentions_itself(name, item.members[1], builder.scope):
        return False
    builder.unread.append(Unread(tuple(names_in_text(key_of(name))), item.span))
    reason = f"`{plain(name)}` is declared to take any value, and words state what it is"
    raise Refusal("not-checked", item.span, reason, f"if it is a definition, write `let ${key_of(name)} = …$`")


def doubt(item: Statement, builder: Builder) -> None:
    """A reason ("since $x > 0$"), or what is stated of a name that words describe: what fails may hold all the same."""
    reason = item.cue is not None and (item.cue.kind == "since" or item.cue.loose)
    unsaid = item.cue is None and not item.implied and not is_bare(item)
    if reason or unsaid or any(open_to_both(part, builder) for member in item.members for part in members_of(member)):
        place = item.cue.span if item.cue is not None else Span(item.span.start, item.span.start)
        names = [name for name in names_in_text(builder.source.slice(item.span)) if name]
        builder.unread.append(Unread(tuple(names), place, narrows=True, stated=item.span))


def note_solved(item: Statement, builder: Builder) -> None:
    """ "The stationary covariance solves $A X A^\\top - X = -Q$": of inputs alone it holds only where they meet it."""
    names = [part for member in item.members for part in walk(member) if isinstance(part, n.Name)]
    known = [builder.scope.names.get(key_of(name)) for name in names]
    around = f"{item.lead} <> {paragraph(item.span, builder.source.text)[0][:40]}"
    solved = SOLVED.search(item.lead) or HAS_SOLUTIONS.search(around)
    if solved and not any(isinstance(one, Definition | FunctionDefinition) for one in known):
        place = Span(item.span.start, item.span.start)
        why = "is met by what the words before it name, and need not hold for all inputs"
        builder.unread.append(Unread((), place, item.span, narrows=True, why=why))


def is_literal(node: n.Node) -> bool:
    """Whether only numbers and signs stand in an expression."""
    return not any(
        isinstance(part, n.Name | n.Apply | n.Big | n.Word | n.Text) and getattr(part, "text", "") not in ("\\pi", "e")
        for part in walk(node)
    )


def _is_made(item: Statement, statements: Statements) -> bool:
    """Whether another name is set in front of it in the same display, or something is differentiated by it."""
    if strip(item.members[0]) in statements.differentiated_by:
        return True
    listed = (one for one in statements.of_block(item) if one.span.end <= item.span.start and len(one.relations) == 1)
    return any(one.relations[0].sign == "=" and isinstance(strip(one.members[0]), n.Name) for one in listed)


def _fits(left: n.Name, value: n.Node, builder: Builder) -> bool:
    """Whether a value has the shape of what is built in: a column is no e, and a number is no identity matrix."""
    ctx = builder.context()
    kept = dict(ctx.scope.solution)
    try:
        one, other = ctx.term(left), ctx.term(value)
        scalars = {algebra.scalar(ctx.scope, one), algebra.scalar(ctx.scope, other)}
        return len(scalars) == 1 and ctx.scope.unify_shapes(one.shape, other.shape)
    except Refusal:
        return False
    finally:
        ctx.scope.solution = kept


def defines_by_name(item: Statement, left: n.Node, statements: Statements, builder: Builder) -> bool:
    """Whether words make a name of what is built in: "the error $e = …$", "let $I = …$"; refused where none does."""
    if not isinstance(left, n.Name) or left.text not in BUILT_IN or left.text in builder.scope.names:
        return True
    concluded = is_concluded(item, near=True)
    if is_asked(item) or item.hidden or (item.lead.strip(" ,;:.") and not concluded):
        return True
    if concluded or all(is_literal(member) for member in item.members[1:]):
        return False
    if _is_made(item, statements) or not _fits(left, item.members[1], builder):
        return True
    builder.unread.append(Unread(tuple(names_in_text(left.text)), item.span))
    reason = f"`{plain(left)}` is {BUILT_IN[left.text]} unless the document declares it, and this line sets it"
    raise Refusal("redefined", left.span, reason, f"write `let ${left.text} = …$`, or take another letter")


def is_special_value(item: Statement, builder: Builder) -> bool:
    """``for $c = 0$``, ``at $t = 0$``, "setting $x = 1$ gives": a value for the sentence, and no definition."""
    cue = item.cue
    if cue is None or not cue.near or len(item.members) != 2:
        return False
    names = [strip(part) for part in members_of(item.members[0])]
    if not all(isinstance(name, n.Name | n.Scripted) for name in names):
        return False
    found = [builder.scope.names.get(key_of(name)) for name in names]
    declared = not item.displayed and all(isinstance(one, Declaration) for one in found)
    # "By (3) with $C = I$", of a C of which more was claimed before: not from here on, and not in what was claimed.
    within = declared and cue.kind == "where" and any(_is_claimed_of(one, item, builder) for one in found)
    if not is_literal(item.members[1]):
        return within or (declared and cue.kind in ("for", "if"))
    valued = cue.words in VALUED and not item.displayed
    return within or valued or cue.kind in ("for", "if", "example", "label", "in that case")


def _is_claimed_of(name: Meaning | None, item: Statement, builder: Builder) -> bool:
    """Whether something is claimed of a name in a sentence before this one."""
    return name is not None and any(
        isinstance(claim, Claim) and claim.sentence < item.sentence
        and name.key in terms.variables(claim.head) | terms.variables(claim.claimed)
        for claim in builder.makers.claims
    )  # fmt: skip


def note_conditions(statements: Statements, builder: Builder) -> None:
    """Keep every condition that is made of words: a claim of its sentence that fails may hold where it is met."""
    text = builder.source.text
    for position, item in enumerate(statements):
        around = statements.around[item.sentence]
        mine = statements.of_sentence(item)
        declares = any(one.relations[:1] and one.relations[0].sign == "\\in" for one in mine)
        for cue in item.cues:
            if HANDY.search(text[max(0, cue.span.start - 60) : cue.span.start].lower()):
                continue
            if declares and IN_DIMENSIONS.match(text[cue.span.start : item.span.start].lower()):
                continue
            read = cue.near and item.relations and cue is item.cues[-1]
            if cue.kind == "if" and read and ONE_WAY.fullmatch(cue.words):
                builder.unread.append(Unread((), cue.span, around, why="claims the converse too, which is not checked"))
            if cue.kind == "if" and not read and not HARMLESS.match(text[cue.span.start : item.span.start].lower()):
                builder.unread.append(Unread((), cue.span, around, narrows=True))
        follows = statements[position + 1] if position + 1 < len(statements) else None
        within = follows is not None and follows.sentence == item.sentence
        then = item.behind
        if then is not None and then.kind in ("if", "otherwise") and item.relations and not within:
            rest = text[then.span.start : then.span.start + 60].lower()
            if not HARMLESS.match(rest):
                builder.unread.append(Unread((), then.span, around, narrows=True))


def note_weaker(statements: Statements, builder: Builder) -> None:
    """Keep every sentence whose words claim less than its mathematics: "for some $x$", "to first order", "A or B"."""
    defined = {line.span.start for line in builder.lines if line.kind == "definition"}
    apart = (part for all_ in statements.sentences.values() for part in stretches(all_, builder.source.text))
    for mine, text in apart:
        around = mine[0].span | mine[-1].span
        open_ended = CONSTANT_SAID.search(text[around.start : around.end])
        words = sentence(mine, text) if any(one.relations for one in mine) and not open_ended else ""
        words = ASIDE.pattern.sub(" ", words)
        differs = any(relation.sign == "\\ne" for one in mine for relation in one.relations)
        first = next((one for one in mine if one.relations), mine[0])
        # What is defined up to a constant is what it is said to be.
        up_to = UP_TO.search(words) and first.span.start not in defined
        if up_to or LOOSENS.search(words) or (differs and "in general" in words):
            why = "is said in words that claim less"
            one_of = "one of" in words
            builder.unread.append(Unread((), Span(around.start, around.start), around, narrows=not one_of, why=why))


def by_cases(item: Statement, statements: Statements) -> bool:
    """Whether words behind a definition say for which case it is: "$m_i = 1$ if it was seen, and $0$ otherwise"."""
    behind = item.behind
    if behind is None or behind.kind not in ("if", "otherwise"):
        return False
    following = [one for one in statements.of_sentence(item) if one.span.start >= behind.span.end]
    read = following and following[0].relations and following[0].cue is not None and following[0].cue.near
    return not read


def note_lost_heads(statements: Statements, builder: Builder) -> None:
    """What ⇒ leads to from a line that was not read must not be judged alone; one that was, and is wrong, is a line."""
    wrong = {claim.line_span for claim in builder.makers.claims if isinstance(claim, Refused) and claim.wrong}
    lost = {line.span for line in builder.lines if line.kind == "not read"} - wrong
    for before, item in pairwise(statements):
        if item.implied and before.span in lost and (before.block == item.block or before.sentence == item.sentence):
            builder.unread.append(Unread((), before.span, item.span, narrows=True))
            lost.add(item.span)


def told_anew(item: Statement, left: n.Node, builder: Builder) -> bool:
    """``now let z = …`` of a name that has a value: it has another one from here on."""
    told = item.cue is not None and item.cue.kind in ("let", "call") and item.cue.near
    if not told or len(item.members) != 2 or not isinstance(left, n.Name | n.Scripted):
        return False
    if not isinstance(builder.scope.names.get(key_of(left)), Definition):
        return False
    _set(item, left, builder)
    return True


def another_function(item: Statement, left: n.Node, statements: Statements, builder: Builder) -> bool:
    r"""``\ell(\theta) = …`` behind ``\ell(\lambda) = …``, of inputs of which the first says nothing: the next model's.

    Its argument and these inputs come behind the first one, which is forgotten.
    """
    match left:
        case n.Product(factors=(n.Name() as head, n.Group(body=body)), operators=("",)):
            arguments = body.items if isinstance(body, n.Tuple) else (body,)
        case _:
            return False
    names = builder.scope.names
    old = names.get(key_of(head))
    if not isinstance(old, FunctionDefinition):
        return False
    before = [one for one in statements if not one.hidden and one.span.end <= old.span.end]
    spoken = {key_of(base_of(name)) for one in before for member in one.members for name in names_in(member)}

    def fresh(node: n.Node) -> bool:
        whole = whole_of(node, builder.context()) if isinstance(node, n.Scripted) else node
        return isinstance(names.get(key_of(whole)), Declaration) and key_of(base_of(node)) not in spoken

    inputs = set(names_in(item.members[1])) - set(arguments)
    if not all(map(fresh, arguments)) or not any(map(fresh, inputs)):
        return False
    del names[key_of(head)]
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
        if not (terms.is_literal(value) or free) or value == builder.context({}).term(item.members[1]):
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
