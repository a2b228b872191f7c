"""From statements in document order to a Problem: declarations come first, claims are held against their heads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from types import MappingProxyType

from derivcheck.isolation import in_one_line
from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.printing import plain
from derivcheck.language.shapes import Dim
from derivcheck.problem import directives
from derivcheck.problem import terms as t
from derivcheck.problem.builder import Builder, Statements, Unexplained
from derivcheck.problem.claims import UNEXPLAINED, ClaimMaker
from derivcheck.problem.classify import classify
from derivcheck.problem.constraints import note_undrawn
from derivcheck.problem.context import key_of, lacking, members_of, strip
from derivcheck.problem.declarations import index_range
from derivcheck.problem.definitions import define
from derivcheck.problem.domains import angles, counting_letters, turned_names
from derivcheck.problem.eigenwords import explain
from derivcheck.problem.equations import release
from derivcheck.problem.indices import run_of
from derivcheck.problem.newness import is_new
from derivcheck.problem.probability.spoken import note_runs, with_spoken_models
from derivcheck.problem.probability.statements import densities
from derivcheck.problem.probability.unread import note_unread, note_unreadable
from derivcheck.problem.problem import Claim, IndexRange, Problem, Refused
from derivcheck.problem.prose import note_restricted, runs
from derivcheck.problem.recursions import counters, counts_from, unsaid
from derivcheck.problem.scope import Assumption, Definition, Refusal, Scope, SizeSymbol
from derivcheck.problem.solutions import finish_solutions
from derivcheck.problem.stated import note_conditions, note_lost_heads, note_weaker
from derivcheck.problem.zeroing import note_still
from derivcheck.reading.items import Anew, Directive, Heading, Item, Notice, Statement, Unreadable
from derivcheck.reading.phrases import LONE_CASE
from derivcheck.reading.unread import Unread, letters_of, names_in_text, sentence_at
from derivcheck.source import Source
from derivcheck.verdict import Finding, Severity

LONGEST = 20_000
"""Characters of a line."""
NO_READINGS: Mapping[str, str] = MappingProxyType({})
MAY_BE_EXPLAINED = UNEXPLAINED | {"chain-without-head", "index-range", "condition", "superscript"}


def build(source: Source, items: tuple[Item, ...], readings: Mapping[str, str] = NO_READINGS) -> Problem:
    """The meaning of a document that was read, under the readings chosen for what its print leaves open."""
    scope = Scope(text=source.text, readings=readings)
    marks = directives.gather(items)
    builder = Builder(source, scope, marks, ClaimMaker(source, scope, marks))
    builder.findings.extend(marks.findings)
    said = [item for item in items if isinstance(item, Statement) and item.relations]
    scope.lefts = frozenset(left for one in said for left in one.members[:1] if isinstance(left, n.Scripted))
    scope.varied = frozenset(_varied(item for item in items if isinstance(item, Statement)))
    scope.counters, scope.densities = frozenset(counters(said)), densities(items)
    _ranges_first(items, builder)
    read, items = items, with_spoken_models(items, source.text)
    statements = Statements(item for item in items if isinstance(item, Statement))
    scope.counting, scope.turned = counting_letters(statements), turned_names(statements)
    scope.angles = angles(statements)
    note_runs(statements, builder)
    sentence = -1
    for item in _declarations_first(items):
        if isinstance(item, Statement) and item.sentence != sentence:
            _take_up_again(builder, statements, final=False)
            sentence = item.sentence
        match item:
            case Statement():
                _statement(item, statements, builder)
                _guarded(item, builder, partial(explain, item, statements, builder))
                _guarded(item, builder, partial(note_still, item, statements, builder))
                if builder.waiting and _named(builder) != builder.named:
                    _take_up_again(builder, statements, final=False)
            case Unreadable():
                _unreadable(item, builder)
            case Heading():
                builder.head = None
                builder.headings.append(item.span)
            case Notice(message=message, span=span):
                builder.findings.append(Finding("notice", Severity.NOTE, message, span))
            case Anew(names=names):
                # What was said before is not explained by what these names will be.
                _take_up_again(builder, statements, final=True)
                for name in names:
                    builder.scope.names.pop(name, None)
            case Directive():
                pass
    _take_up_again(builder, statements, final=False)
    _take_up_again(builder, statements, final=True)
    builder.makers.in_document_order()
    builder.lines.sort(key=lambda line: line.span.start)
    finish_solutions(builder.makers.claims, builder.scope)
    note_conditions(statements, builder)
    note_restricted(statements, builder)
    note_weaker(statements, builder)
    note_lost_heads(statements, builder)
    return _problem(builder, read)


def _take_up_again(builder: Builder, statements: Statements, *, final: bool) -> None:
    """Statements that spoke of a name before it was explained ("…, where c = 2"): tried again at the sentence's end.

    What is still not explained is tried once more whenever something new has been named, and then at the end.
    """
    builder.makers.take_up_again(final=False)
    _named_at_the_end(builder, statements)
    named = _named(builder)
    while builder.waiting or final or (builder.unexplained and named != builder.named):
        again, later = _due(builder, final=final, changed=named != builder.named)
        builder.named, builder.seen = named, frozenset(builder.scope.names)
        waiting = sorted([*again, *builder.waiting], key=lambda one: one.item.span.start)
        builder.waiting, builder.unexplained = [], later
        kept = (builder.head, builder.conditions, builder.condition_sentence)
        builder.retrying, builder.final = True, final
        before: Statement | None = None
        for one in waiting:
            if one.item.continues and (before is None or statements.between(before.span.end, one.item)):
                builder.head = None  # That of another line is none of its own.
            before = one.item
            builder.conditions, builder.condition_sentence = list(one.conditions), one.item.sentence
            _statement(one.item, statements, builder)
        builder.makers.take_up_again(final=final)
        builder.retrying, builder.final = False, False
        if waiting:
            builder.head, builder.conditions, builder.condition_sentence = kept
        named = _named(builder)
        if final:
            return


def _due(builder: Builder, *, final: bool, changed: bool) -> tuple[list[Unexplained], list[Unexplained]]:
    """Those of the unexplained that something new may explain, and the others: of a name that they lack a letter."""
    fresh = letters_of(*builder.scope.names.keys() - builder.seen)
    again, later = list[Unexplained](), list[Unexplained]()
    for one in builder.unexplained:
        due = final or (one.lacks & fresh if one.lacks else changed)
        (again if due else later).append(one)
    return again, later


def _named(builder: Builder) -> tuple[int, int, int]:
    """How much has a name by now: more of it may explain what was not understood, but not what begins anew."""
    scope = builder.scope
    made = sum(isinstance(meaning, Definition) for meaning in scope.names.values())
    return len(scope.names), made, len(scope.factors)


def _named_at_the_end(builder: Builder, statements: Statements) -> None:
    r"""``… = \frac{1}{n} \sum_i x_i = \bar x``: a new name at the end of a chain names what stands before it."""
    for member in tuple(builder.makers.waiting):
        name = strip(member.node)
        if member.before is None or not isinstance(name, n.Name | n.Scripted) or not is_new(name, builder.scope):
            continue
        explained = any(
            len(other.members) > 1 and other.relations[0].sign == "=" and strip(other.members[0]) == name
            for other in statements
        )
        if not explained:
            try:
                made = define(name, member.before, builder.context(), member.node.span)
            except Refusal:
                # The member says itself why it is not understood, when its turn comes.
                continue
            except Exception as error:
                builder.makers.waiting.remove(member)
                builder.makers.crashed(error, member.node.span, member.item.span, member.head.kind, member.head.title)
                continue
            shape = made.shape if isinstance(made, Definition) else made.body.shape
            builder.line(member.node.span, "definition", plain(name), builder.scope.show(shape))
            builder.makers.waiting.remove(member)
            mentions = [part for other in statements for node in other.members for part in walk(node) if part == name]
            if len(mentions) == 1:
                message = (
                    f"`{plain(name)}` is new here and stands nowhere else: it is read as a name for what precedes it"
                )
                builder.findings.append(Finding("notice", Severity.NOTE, message, member.node.span))


def _declarations_first(items: tuple[Item, ...]) -> list[Item]:
    """Within a sentence what declares comes first: "h(s) = s^2 for $s \\in \\mathbb{R}$" says afterwards what s is."""
    order: dict[int, int] = {}
    for position, item in enumerate(items):
        if isinstance(item, Statement):
            order.setdefault(item.sentence, position)
    keyed: list[tuple[int, int, int, Item]] = []
    last = 0
    for position, item in enumerate(items):
        if isinstance(item, Statement):
            start = max(order[item.sentence], last)
            keyed.append((start, 0 if _declares(item) else 1, position, item))
        else:
            last = position
            keyed.append((position, 1, position, item))
    return [item for *_, item in sorted(keyed, key=lambda entry: entry[:3])]


def _declares(item: Statement) -> bool:
    if item.continues or len(item.relations) not in (1, 2):
        return False
    return item.relations[0].sign in ("\\in", ":")


def _ranges_first(items: Iterable[Item], builder: Builder) -> None:
    """The ranges of index letters are known throughout, since they are often said behind their first use."""
    last = None
    for item in items:
        before, last = last, item if isinstance(item, Statement) else None
        if not isinstance(item, Statement) or len(item.members) != 2 or item.continues:
            continue
        if (bound := counts_from(item, builder.scope)) is not None:
            builder.scope.ranges.setdefault(bound[0], (bound[1], Dim.of(builder.scope.fresh("steps"))))
        if item.relations[0].sign not in ("=", "\\in"):
            continue
        for letter in members_of(item.members[0]):
            if isinstance(letter, n.Name):
                found = index_range(letter, item.members[1], builder.context())
                if found is not None and (item.relations[0].sign == "=" or runs(item, before)):
                    builder.scope.ranges.setdefault(found[0], (found[1], found[2]))


def _problem(builder: Builder, items: tuple[Item, ...]) -> Problem:
    scope = builder.scope
    scope.fall_back()
    runs_over = {name: run_of(info, scope) for name, info in builder.makers.indices.items()}
    told = dict.fromkeys(scope.notices)
    notices = (Finding(code, Severity.NOTE, message, span) for code, span, message in told)
    claims = [one for one in builder.makers.claims if isinstance(one, Claim)]
    made = (one.term for one in scope.definitions.values())
    release([*(side for one in claims for side in (one.head, one.claimed)), *made], scope)
    return Problem(
        source=builder.source, declarations=dict(scope.declarations), functions=dict(scope.functions),
        definitions=dict(scope.definitions), names={visible: meaning.key for visible, meaning in scope.names.items()},
        claims=tuple(builder.makers.claims), assumptions=(*scope.assumptions, *_parities(scope)),
        indices={name: IndexRange(size, lower) for name, (lower, size) in runs_over.items()},
        solution=scope.resolved(), size_bounds=dict(scope.size_bounds), sizes=dict(builder.marks.sizes),
        findings=(*builder.findings, *notices), lines=tuple(builder.lines), skipped=builder.skipped,
        scope=scope, size_names={m.key: m.text for m in scope.names.values() if isinstance(m, SizeSymbol)},
        undrawn=tuple(scope.undrawn), unread=(*builder.unread, *_begun_anew(scope), *_unsaid(builder)),
        headings=tuple(builder.headings),
        guards=tuple(scope.guards), items=items,
    )  # fmt: skip


def _varied(statements: Iterable[Statement]) -> Iterator[str]:
    """The names by which is differentiated, by entries or members of what among them."""
    for part in (part for one in statements for member in one.members for part in walk(member)):
        if isinstance(part, n.Derivative | n.Nabla):
            variables = part.variables if isinstance(part, n.Derivative) else (part.variable,)
            yield from (key_of(name) for one in variables if one is not None
                        for name in (one, one.base if isinstance(one, n.Scripted) else one))  # fmt: skip


def _parities(scope: Scope) -> Iterator[Assumption]:
    """(−1)ⁿ is what its parity says, of every name that turns out to be a size."""
    for key, odd in scope.parities.items():
        found = scope.names.get(key)
        if isinstance(found, SizeSymbol):
            power = t.Power(t.Constant(Fraction(-1)), t.Size(Dim.of(found.key)))
            yield Assumption((t.Comparison("=", power, t.Constant(Fraction(-1 if odd else 1))),), found.span)


def _begun_anew(scope: Scope) -> Iterator[Unread]:
    """In its own sentence a name that begins anew may have its old meaning still."""
    for code, span, _ in scope.notices:
        if code == "redeclared":
            names = tuple(names_in_text(scope.text[span.start : span.end]))[:1]
            yield Unread(names, span, sentence_at(scope.text, span), why="gives it another meaning")


def _unsaid(builder: Builder) -> Iterator[Unread]:
    """Where a claim rests on the beginning of a recursion of which no formula says what it is."""
    for claim in builder.makers.claims:
        if isinstance(claim, Claim):
            for text, span in unsaid(claim.head, claim.claimed, builder.scope):
                why = "does not say with what it begins"
                yield Unread(tuple(names_in_text(text)), span, claim.line_span, narrows=True, why=why)


def _unreadable(item: Unreadable, builder: Builder) -> None:
    if builder.marks.skipped(item.span):
        builder.skipped += 1
        builder.line(item.span, "skipped")
        return
    builder.not_read(item.span, item.message)
    note_unreadable(builder.source.text[item.span.start : item.span.end], item.span, builder)
    # What stands behind an unreadable line and goes on with a relation would be held against the wrong head.
    builder.head, builder.lost = None, True
    if item.error is not None:
        builder.makers.crashed(item.error, item.span, item.span, "unreadable", "")
        return
    # Of what is far too long to be read only its place is shown.
    place = item.span if item.span.end - item.span.start <= LONGEST else item.at
    builder.makers.refuse(
        Refusal("unreadable", item.at, item.message, item.help),
        place,
        place,
        "unreadable",
        "",
        builder.makers.fresh_chain(),
    )


def _statement(item: Statement, statements: Statements, builder: Builder) -> None:
    if builder.marks.skipped(item.span):
        builder.skipped += 1
        builder.line(item.span, "skipped")
        builder.head = None
        return
    builder.scope.heading = builder.section(item.span)
    if item.sentence != builder.condition_sentence:
        _note_lone_case(builder)
        builder.conditions = []
        builder.condition_sentence = item.sentence
    _guarded(item, builder, partial(_classified, item, statements, builder))


def _note_lone_case(builder: Builder) -> None:
    """ "Consider the case $x > 0$." is for what follows: until when is not said."""
    line = builder.lines[-1] if builder.lines else None
    if not builder.conditions or line is None or line.kind != "condition":
        return
    words = builder.source.text[max(0, line.span.start - 40) : line.span.start].lower()
    if LONE_CASE.search(words):
        names = tuple(names_in_text(builder.source.slice(line.span)))
        builder.unread.append(Unread(names, line.span, narrows=True))


def _classified(item: Statement, statements: Statements, builder: Builder) -> None:
    """Give a statement its meaning, or keep it for later where a line behind may explain what is not understood."""
    builder.lost = builder.lost and item.continues and not builder.retrying
    try:
        classify(item, statements, builder)
    except Refusal as refusal:
        if not item.relations:
            builder.line(item.span, "mention", note=refusal.message)
            return
        builder.head = None
        note_unread(item, builder)
        # No line behind brings back a head that is lost, and one that has another head is not meant.
        lost = refusal.code == "chain-without-head" and builder.lost
        if refusal.code in MAY_BE_EXPLAINED and not builder.final and not lost:
            pool = builder.unexplained if builder.retrying else builder.waiting
            pool.append(Unexplained(item, tuple(builder.conditions), lacking(refusal)))
            return
        if refusal.code in ("condition", "contradiction"):
            note_undrawn(item.members, builder.context({}), item.span)
        _refused(item, refusal, builder)


def _refused(item: Statement, refusal: Refusal, builder: Builder) -> None:
    """A statement without a meaning: a claim that is not checked, and nothing that is said of its names is known."""
    first = item.members[0]
    lost = (one.line_span for one in builder.makers.claims if isinstance(one, Refused) and one.kind == "unreadable")
    if refusal.code == "chain-without-head" and any(first.span.start in span for span in lost):
        _links(item, builder)  # What it is held against was refused in this very line.
        return
    builder.not_read(item.span, refusal.message)
    line = builder.source.position(first.span.start).place
    builder.scope.unmade.setdefault(key_of(first), (first.span, line))
    chain = builder.makers.fresh_chain()
    title = plain(item.members[0])
    builder.makers.refuse(refusal, item.span, item.span, "statement", title, chain, implied=item.implied)
    _links(item, builder)


def _links(item: Statement, builder: Builder) -> None:
    """What stands behind a head that is not read is claimed to be equal all the same; how it is meant is not known."""
    nodes = item.members[0 if item.continues else 1 :]
    if len(nodes) > 1 and all(relation.sign == "=" for relation in item.relations[1:]):
        builder.makers.links(nodes, item, tuple(builder.conditions), builder.context({}))
        why = "is not read, and may say how what stands behind it is meant"
        builder.unread.append(Unread((), item.members[0].span, around=item.span, narrows=True, why=why))


def _guarded(item: Statement, builder: Builder, work: Callable[[], None]) -> None:
    """Whatever gives a statement its meaning passes here: what is refused, or is a bug, ends with this statement."""
    try:
        work()
    except Refusal as refusal:
        note_unread(item, builder)
        # What several statements of a sentence are refused for is said once.
        if builder.makers.has_refused(refusal):
            builder.taint(item.span)
        else:
            _refused(item, refusal, builder)
    except Exception as error:
        builder.head = None
        note_unread(item, builder)
        builder.not_read(item.span, in_one_line(error))
        builder.makers.crashed(error, item.span, item.span, "statement", plain(item.members[0]))
