"""Making claims of chains: every member held against the head, rows that solve, inequalities neighbour by neighbour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction

from derivcheck.isolation import internal_error
from derivcheck.language import nodes as n
from derivcheck.language.glyphs import shown
from derivcheck.language.nodes import walk
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, Dim, Domain
from derivcheck.problem import algebra, terms
from derivcheck.problem.calls import square_root, squared_optimum
from derivcheck.problem.context import Context, lacking, strip
from derivcheck.problem.directives import Marks
from derivcheck.problem.freezing import note_posterior
from derivcheck.problem.heads import Head, derivative_in, expand, kind_of, slug
from derivcheck.problem.probability.logs import log_of_claimed
from derivcheck.problem.problem import Alternative, Claim, Refused
from derivcheck.problem.scope import Declaration, IndexInfo, Refusal, Scope, SizeSymbol
from derivcheck.problem.substitution import at_indices, settled
from derivcheck.problem.terms import Comparison, Term
from derivcheck.problem.upto import (
    both_signs,
    constant_by,
    density_of,
    gradients,
    to_accuracy,
    up_to_factor,
    without_constant,
)
from derivcheck.reading.items import Relation, Statement
from derivcheck.reading.unread import letters_of
from derivcheck.source import NOWHERE, Source, Span

DEFINITE = frozenset(("\\succ", "\\succeq", "\\prec", "\\preceq"))
UNEXPLAINED = frozenset(
    ("unknown-name", "function-without-argument", "index", "no-entry", "index-out-of-range", "no-model", "not-random")
)
"""Why a member is not understood, where a line behind may still explain it."""


@dataclass(frozen=True)
class Member:
    """A member of a chain; it waits where it speaks of a name before that is explained ("p(x) = N(0, C) where C = …").

    ``before`` is the member in front of the last one of a longer chain: what a new name at its end is a name of;
    ``whole`` is the head of all where ``head`` is the proportion that stands before it. It ``lacks`` a name of these
    letters.
    """

    head: Head
    node: n.Node
    item: Statement
    conditions: tuple[Comparison, ...] = ()
    before: n.Node | None = None
    whole: Head | None = None
    lacks: frozenset[str] = frozenset()

    def within(self, scope: Scope, node: n.Node) -> Member:
        """Another expression in the place of this one, among other names."""
        return replace(self, head=replace(self.head, ctx=replace(self.head.ctx, scope=scope)), node=node)


@dataclass
class ClaimMaker:
    """Collects the claims of one document."""

    source: Source
    scope: Scope
    marks: Marks
    claims: list[Claim | Refused] = field(default_factory=list)
    indices: dict[str, IndexInfo] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    refused: set[tuple[str, Span, str]] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    chains: int = 0
    proportions: dict[int, n.Node] = field(default_factory=dict)
    sentences: dict[int, int] = field(default_factory=dict)
    waiting: list[Member] = field(default_factory=list)
    seen: frozenset[str] = frozenset()
    final: bool = False
    joined: set[Span] = field(default_factory=set)

    def fresh_chain(self) -> int:
        """A number that no chain has yet."""
        self.chains += 1
        return self.chains

    def head(self, node: n.Node, ctx: Context, defining: n.Node | None = None) -> Head:
        """Elaborate the head of a chain."""
        return self.head_of(node, expand(ctx.term(node), self.scope), ctx, defining)

    def head_of(self, node: n.Node, term: Term, ctx: Context, defining: n.Node | None = None) -> Head:
        """The head of a chain that has this value."""
        self.indices.update({info.name: info for info in (ctx.free or {}).values()})
        restated = (strip(node),) if defining is None else (strip(node), strip(defining))
        density = density_of(node, term, ctx)
        return Head(node, term, ctx, kind_of(term), plain(node), self.fresh_chain(), restated, density)

    def members(
        self, head: Head, nodes: Sequence[n.Node], relations: Sequence[Relation], item: Statement,
        conditions: tuple[Comparison, ...],
    ) -> None:  # fmt: skip
        """Hold each member against the head; a member that only says the head again is no claim."""
        made = 0
        before = head.restated[1] if len(head.restated) > 1 else None
        either = isinstance(head.term, terms.Optimum)
        written = zip(nodes, relations, strict=False)
        pairs = [(each, sign) for whole, sign in written for each in (both_signs(whole) if either else (whole,))]
        for node, relation in pairs:
            if strip(node) in head.restated:
                continue
            made += 1
            against = self._against(head, node, relation)
            whole = replace(head, proportional=True) if against.node is not head.node else None
            self._member(Member(against, node, item, conditions, before if node is nodes[-1] else None, whole))
            before = node
        if (
            not made
            and not any(strip(node) != strip(head.node) for node in nodes)
            and len(head.restated) == 1
            and nodes
        ):
            refusal = _says_nothing(nodes[0])
            self.refuse(refusal, nodes[0].span, item.span, head.kind, head.title, head.chain)

    def links(self, nodes: Sequence[n.Node], item: Statement, conditions: tuple[Comparison, ...], ctx: Context) -> None:
        """Hold the members of a chain without a head against the first of them that is read."""
        head: Head | None = None
        for node in nodes:
            with suppress(Refusal):
                if head is None:
                    head = self.head(node, replace(ctx, free={}))
                elif strip(node) != strip(head.node):
                    member = Member(head, node, item, conditions)
                    self._append(member, *self._pair(member))

    def _against(self, head: Head, node: n.Node, relation: Relation) -> Head:
        r"""``p \propto A = B \propto C``: A and C are held against p up to a factor, B against A itself."""
        if relation.sign == "\\propto":
            self.proportions[head.chain] = node
            return replace(head, proportional=True)
        last = self.proportions.get(head.chain)
        if last is None:
            return head
        try:
            term = replace(head.closed, argument=head.argument).term(last)
        except Refusal:
            return replace(head, proportional=True)
        return replace(
            head, node=last, term=term, kind=kind_of(term), title=plain(last), restated=(strip(last),),
            density=density_of(last, term, head.closed),
        )  # fmt: skip

    def _also_against(self, head: Head, member: Member) -> None:
        """Keep what the last member says of the head of the whole chain, if the member before it turns out wrong."""
        last = self.claims[-1]
        with suppress(Refusal), self._aside():
            if isinstance(last, Claim):
                self.claims[-1] = replace(
                    last, otherwise=replace(self._held(replace(member, head=head)), name=last.name)
                )

    def _member(self, member: Member) -> None:
        head, node, item = member.head, member.node, member.item
        try:
            self._append(member, *self._pair(member))
            if member.whole is not None:
                self._also_against(member.whole, member)
        except Refusal as refusal:
            if refusal.code in UNEXPLAINED and not self.final:
                self.waiting.append(replace(member, lacks=lacking(refusal)))
                return
            if refusal.code == "unbound-index" and _stands_in(refusal.span, head.node, self.source):
                # It was read as part of a name there: so this line is not understood.
                refusal.wrong = False
            scalar = self._scalar_reading(member) if refusal.code == "shape-mismatch" else None
            self.refuse(refusal, node.span, item.span, head.kind, head.title, head.chain, scalar, item.implied)
            if refusal.wrong:
                self._attempted(member)
        except Exception as error:
            self.crashed(error, node.span, item.span, head.kind, head.title)

    def _attempted(self, member: Member) -> None:
        """Keep with the refused member what its edits are tried with."""
        refused = self.claims[-1]
        assert isinstance(refused, Refused)
        with suppress(Refusal), self._aside():
            attempt = self._claim(member, member.head.term, member.head.term)
            self.claims[-1] = replace(refused, attempt=replace(attempt, name=refused.name))

    def take_up_again(self, *, final: bool) -> None:
        """Try the members that wait for an explanation once more; at last they are refused."""
        fresh = letters_of(*self.scope.names.keys() - self.seen)
        self.seen = frozenset(self.scope.names)
        waiting, self.waiting, self.final = self.waiting, [], final
        for waited in waiting:
            if final or not waited.lacks or waited.lacks & fresh:
                self._member(waited)
            else:
                self.waiting.append(waited)
        self.final = False

    def _held(self, member: Member) -> Claim:
        return self._claim(member, *self._pair(member))

    def _pair(self, member: Member) -> tuple[Term, Term]:
        """Both sides as they are compared: densities by their logarithms, "+ const" by what it leaves."""
        head, node, item, ctx = member.head, member.node, member.item, member.head.closed
        left, body = head.term, without_constant(node)
        argument = head.argument or ctx.argument
        if head.proportional:
            claimed = replace(ctx, argument=argument).term(node)
            algebra.equal_shapes(ctx.scope, left, claimed)
            return up_to_factor(head.node, left, claimed, item, node, ctx)
        claimed = replace(ctx, argument=argument).term(node if body is None else body)
        algebra.equal_shapes(ctx.scope, left, claimed)
        if (place := squared_optimum(left)) is not None:
            left, claimed = place, square_root(claimed, ctx)
        if isinstance(left, terms.Density):
            left, claimed = left.log, log_of_claimed(claimed, ctx.scope)
        if body is None:
            return left, claimed
        places = constant_by(head.node, head.term, item, node, ctx)
        return gradients(left, places, ctx, node.span), gradients(claimed, places, ctx, node.span)

    def aside(self, node: n.Node, value: n.Node, ctx: Context, item: Statement) -> Claim:
        """The claim ``node = value``, which is none of the document's and takes no name from those that are."""
        member = Member(self.head(node, ctx), value, item)
        with self._aside():
            return self._held(member)

    @contextmanager
    def _aside(self, scope: Scope | None = None) -> Iterator[None]:
        """What is made here, among the names of ``scope``, takes no name from the claims of the document."""
        kept = self.names, self.counts, self.chains, self.scope
        self.names, self.counts, self.scope = set(self.names), dict(self.counts), scope or self.scope
        try:
            yield
        finally:
            self.names, self.counts, self.chains, self.scope = kept

    def _append(self, member: Member, left: Term, claimed: Term) -> None:
        claim = self._claim(member, left, claimed)
        if single := tuple(one for one in claim.conditions if indices_in(one)):
            whole = tuple(one for one in claim.conditions if one not in single)
            claim = _masked(replace(claim, conditions=whole), single)
        # What a claim speaks of is not set anew under it.
        self.scope.used |= terms.variables(left) | terms.variables(claimed)
        self.claims.append(to_accuracy(claim, member.item, self.scope.text))
        self.sentences[len(self.claims) - 1] = member.item.sentence

    def _claim(self, member: Member, left: Term, claimed: Term) -> Claim:
        head, node, item = member.head, member.node, member.item
        right = expand(claimed, self.scope)
        kind = head.kind
        if isinstance(left, terms.Variable) and left.key in self.scope.definitions:
            note_posterior(left.key, claimed, self.scope)
        if isinstance(right, terms.Variable) and right.key in self.scope.definitions:
            note_posterior(right.key, left, self.scope)
        if kind == "identity" and derivative_in(right) is not None and derivative_in(left) is None:
            left, right, kind = right, left, kind_of(right)
        free = tuple(info.name for info in (head.ctx.free or {}).values())
        bound = tuple(self._for_each(condition, free) for condition in member.conditions)
        name = self._name(head, item, node)
        # All of a density, and not its logarithm or its proportions alone.
        whole = not head.proportional and without_constant(node) is None
        return Claim(
            name=name, title=head.title if head.kind == kind else plain(node), kind=kind, head=left, claimed=right,
            relation="=", span=node.span, line_span=item.span, head_node=head.node, claimed_node=node,
            chain=head.chain, free=free, conditions=bound, alternatives=self._alternatives(head, node, claimed),
            expected_wrong=self.marks.expected_wrong(item.span, node.span), implied=item.implied,
            joined=item.span in self.joined, sentence=item.sentence, visible=tuple(self.scope.names),
            read=None if kind != head.kind else self._reader(member), remade=self._remaker(member),
            reheaded=self._reheader(member),
            part=part_reader(head.closed, self.scope), proportional=head.proportional,
            density=head.density if kind == head.kind and whole else None,
        )  # fmt: skip

    def _reader(self, member: Member) -> Callable[[n.Node], Term]:
        """Elaborates another expression as the member of this chain, among the names that are known here."""
        then = self.scope.as_it_stands()

        def read(node: n.Node) -> Term:
            with then.again(self.scope) as scope:
                term = self._pair(member.within(scope, node))[1]
            scope.fall_back()
            return settled(term, scope.solution)

        return read

    def _remaker(self, member: Member) -> Callable[[n.Node], Claim]:
        """Makes the claim anew with another expression as the member, among the names that are known here."""
        then = self.scope.as_it_stands()

        def remade(node: n.Node) -> Claim:
            if strip(node) in member.head.restated:
                raise _says_nothing(node)
            # What is new in one expression is not new in the next: names that were given are never given again.
            with then.again(self.scope) as scope, self._aside(scope):
                before = scope.counter
                claim = self._held(member.within(scope, node))
            if scope.counter == before:
                return claim
            scope.fall_back()
            others = tuple(replace(each, claimed=settled(each.claimed, scope.solution)) for each in claim.alternatives)
            sides = {"head": settled(claim.head, scope.solution), "claimed": settled(claim.claimed, scope.solution)}
            return replace(claim, alternatives=others, **sides)  # type: ignore[arg-type]

        return remade

    def _reheader(self, member: Member) -> Callable[[n.Node], Claim]:
        """Makes the claim anew with another left side, among the names that are known here."""
        then = self.scope.as_it_stands()

        def reheaded(node: n.Node) -> Claim:
            with then.again(self.scope) as scope, self._aside(scope):
                return self.aside(node, member.node, replace(member.head.ctx, scope=scope), member.item)

        return reheaded

    def _alternatives(self, head: Head, node: n.Node, claimed: Term) -> tuple[Alternative, ...]:
        if not any(isinstance(part, terms.Derivative) and part.direct for part in terms.walk(claimed)):
            return ()
        ctx = replace(head.closed, linked="total")
        try:
            other = ctx.term(node)
        except Refusal:
            return ()
        return (Alternative("total", other),) if other != claimed else ()

    def _scalar_reading(self, member: Member) -> Claim | None:
        """The same member where every size is 1, if it means something then."""
        ones = {m.key: ONE for m in self.scope.names.values() if isinstance(m, SizeSymbol)}
        scope = replace(self.scope, solution={**self.scope.solution, **ones})
        ctx = replace(member.head.closed, scope=scope)
        try:
            term = expand(ctx.term(member.head.node), scope)
            claimed = ctx.term(member.node)
            algebra.equal_shapes(scope, term, claimed)
        except Refusal:
            return None
        finally:
            self.scope.counter = max(self.scope.counter, scope.counter)
            self.scope.solution.update(
                {k: v for k, v in scope.solution.items() if k not in ones and k not in self.scope.solution}
            )
        with self._aside():
            return replace(self._claim(member, term, claimed), alternatives=())

    def _name(self, head: Head, item: Statement, node: n.Node) -> str:
        given = self.marks.names.pop(node.span, None) or self.marks.names.pop(item.span, None)
        stem = given or slug(head.kind, head.term, head.title)
        return self._unused(stem)

    def _stem(self, span: Span) -> str:
        """``line-9``, ``cell-3-line-2``."""
        place = self.source.position(span.start).place
        return (f"cell-{place.cell}-" if place.cell else "") + f"line-{place.line}"

    def _unused(self, stem: str) -> str:
        """The stem, or the stem with the first number that makes it a name of no other claim."""
        name, count = stem, self.counts.get(stem, 1)
        while name in self.names:
            count += 1
            name = f"{stem}-{count}"
        self.names.add(name)
        self.counts[stem] = count
        return name

    def refuse(
        self, refusal: Refusal, span: Span, line_span: Span, kind: str, title: str, chain: int,
        scalar: Claim | None = None, implied: bool = False,
    ) -> None:  # fmt: skip
        """A claim without a meaning: wrong by its shapes, or not checked."""
        stem = self._stem(span)
        self.refused.add((refusal.code, refusal.span, refusal.message))
        refused = Refused(
            self._unused(stem), title or self.scope.quote(span), kind, refusal.code, refusal.message, refusal.span,
            line_span, refusal.help, refusal.wrong, chain, scalar, self.marks.expected_wrong(line_span, span), implied,
            unknown=refusal.unknown,
        )  # fmt: skip
        self.claims.append(refused)

    def has_refused(self, refusal: Refusal) -> bool:
        """Whether something is refused already at this very place for this very reason."""
        return (refusal.code, refusal.span, refusal.message) in self.refused

    def crashed(self, error: Exception, span: Span, line_span: Span, kind: str, title: str) -> None:
        """A claim whose reading ended in a bug of ours: it is not checked, and nothing else is touched."""
        name = self._unused(self._stem(span))
        bug = internal_error(error, span, line_span, name)
        shown, chain = title or self.scope.quote(span), self.fresh_chain()
        self.claims.append(
            Refused(name, shown, kind, bug.code, bug.message, span, line_span, bug.help, False, chain, bug=bug)
        )

    def ordered(self, head: Head, item: Statement, conditions: tuple[Comparison, ...]) -> None:
        """``A \\le B = C < D``: each neighbour against the one before."""
        ctx = head.closed
        left, left_node = head.term, head.node
        for node, relation in zip(item.members[1:], item.relations, strict=True):
            try:
                right = ctx.term(node)
                one, other, sign = left, right, relation.sign
                if sign in DEFINITE:
                    one, other, sign = self._definite(left, right, relation)
                elif sign != "=":
                    for side in (left, right):
                        if not algebra.scalar(self.scope, side):
                            shape = self.scope.show(side.shape)
                            raise Refusal("not-a-scalar", side.span, f"an inequality compares scalars; this is {shape}")
                else:
                    algebra.equal_shapes(self.scope, left, right)
                step = replace(head, node=left_node, term=one, title=plain(left_node), kind=kind_of(one))
                claim = self._claim(Member(step, node, item, conditions), one, other)
                kind = claim.kind if sign == "=" else "inequality"
                if sign != "=":
                    claim = replace(claim, head=one, claimed=other)
                if any(map(indices_in, claim.conditions)):
                    raise Refusal("condition", node.span, "a condition on single members narrows no inequality here")
                title = f"{plain(left_node)} {shown(relation.sign)} {plain(node)}"
                self.claims.append(replace(claim, relation=sign, kind=kind, title=title))
                self.sentences[len(self.claims) - 1] = item.sentence
                left, left_node = right, node
            except Refusal as refusal:
                refusal.wrong = refusal.wrong and not _stands_in(refusal.span, left_node, self.source)
                self.refuse(refusal, node.span, item.span, "inequality", head.title, head.chain)
                return

    def _definite(self, left: Term, right: Term, relation: Relation) -> tuple[Term, Term, str]:
        r"""``A \succ B`` as ``\min(v^\top (A - B) v, \det(A - B)) > 0`` for every unit v.

        Of a singular matrix no v that is drawn has the form 0; the determinant shows it.
        """
        more, less = (left, right) if relation.sign.startswith("\\succ") else (right, left)
        apart = [(sign, side) for sign, side in ((1, more), (-1, less)) if not terms.is_zero(side)]
        span, nought = relation.span, terms.Constant(Fraction(0), span=relation.span)
        matrix = apart[0][1] if len(apart) == 1 and apart[0][0] == 1 else algebra.add(self.scope, apart, span)
        algebra.square(self.scope, matrix, "a sign of a matrix")
        size = self.scope.resolve_shape(matrix.shape)[0]
        vector = Declaration(self.scope.fresh("v"), "v", (size, ONE), Domain("unit"), span)
        self.scope.declarations[vector.key] = vector
        v = terms.Variable(vector.key, shape=vector.shape, span=span)
        turned = terms.Multiply("matmul", matrix, v, shape=vector.shape, span=span)
        form = terms.Multiply("inner", v, turned, span=span)
        if relation.sign.endswith("eq"):
            return form, nought, "\\ge"
        return terms.Extremum("min", (form, terms.Unary("det", matrix, span=span)), span=span), nought, ">"

    def _for_each(self, condition: Comparison, free: Sequence[str]) -> Comparison:
        """A condition on the members for which a line stands: its index is that of the line with the same letter."""
        letters = {self.indices[name].letter: name for name in free if name in self.indices}
        moved: dict[str, Term] = {}
        for name in indices_in(condition).difference(free):
            letter = name.partition("#")[0]
            if letter not in letters:
                what = f"this condition is one for each `{letter}`, and the line that it narrows stands for none"
                raise Refusal("condition", condition.span, what)
            moved[name] = terms.Index(letters[letter], span=condition.span)
        made = at_indices(condition, moved)
        assert isinstance(made, Comparison)
        return made

    def narrow(self, sentence: int, found: tuple[Comparison, ...]) -> None:
        """Give a condition to all claims of a sentence, those that still wait too."""
        for position, claim in enumerate(self.claims):
            if isinstance(claim, Claim) and claim.sentence == sentence:
                if any(map(indices_in, found)):
                    self._leave_open(claim, found)
                else:
                    self.claims[position] = replace(claim, conditions=(*claim.conditions, *found))
        self.waiting = [
            replace(member, conditions=(*member.conditions, *found)) if member.item.sentence == sentence else member
            for member in self.waiting
        ]

    def has_claimed(self, item: Statement | None) -> bool:
        """Whether the last claim is that of a statement."""
        last = self.claims[-1] if self.claims else None
        return item is not None and isinstance(last, Claim) and last.line_span == item.span

    def condition_behind(
        self, item: Statement, found: tuple[Comparison, ...], *, beside: bool, follows: bool = False
    ) -> bool:
        """``A = B if C``: give the condition to the claims just before it in the sentence."""
        if not beside and (item.cue is None or item.cue.kind not in ("if", "for") or not item.cue.near):
            return False
        last = self.sentences.get(len(self.claims) - 1)
        if last != item.sentence:
            return False
        final = self.claims[-1]
        if not isinstance(final, Claim) or final.conditions:
            return False
        masked = any(map(indices_in, found))
        letters = {self.indices[name].letter for name in final.free if name in self.indices}
        if follows and all(indices_in(one) and not letters & _letters_in(one) for one in found):
            return False
        for position, claim in enumerate(self.claims):
            if isinstance(claim, Claim) and claim.chain == final.chain:
                if masked and claim.relation != "=":
                    self._leave_open(claim, found)
                    continue
                try:
                    bound = tuple(self._for_each(one, claim.free) for one in found)
                except Refusal:
                    self._leave_open(claim, found)
                    continue
                self.claims[position] = _masked(claim, bound) if masked else replace(claim, conditions=found)
        return True

    def _leave_open(self, claim: Claim, found: tuple[Comparison, ...]) -> None:
        """Keep that a claim rests on conditions under which nothing is drawn."""
        sides = (side for one in found for side in (one.left, one.right))
        asked = frozenset[str]().union(*map(terms.variables, sides))
        mine = terms.variables(claim.head) | terms.variables(claim.claimed)
        self.scope.undrawn.append((asked | mine, claim.line_span))

    def in_document_order(self) -> None:
        """Sort by place: statements that waited for an explanation were taken up late."""
        self.claims.sort(key=lambda claim: claim.span.start)


def _says_nothing(node: n.Node) -> Refusal:
    return Refusal("says-nothing", node.span, "both sides are the same expression: this line says nothing")


def part_reader(ctx: Context, here: Scope) -> Callable[[n.Node, Mapping[str, str]], Term]:
    """Elaborates an expression among the names that are known now, with letters that stand for indices by their names.

    It raises ``Refusal`` where the expression means nothing.
    """
    then = here.as_it_stands()

    def part(node: n.Node, indices: Mapping[str, str]) -> Term:
        with then.again(here) as scope:
            inside = replace(ctx, scope=scope)
            for letter, name in indices.items():
                inside = inside.within(IndexInfo(letter, name, Dim.of("?" + name), 1, NOWHERE))
            term = inside.term(node)
        scope.fall_back()
        return settled(term, scope.solution)

    return part


def indices_in(condition: Comparison) -> set[str]:
    """The indices of which a condition is one for each member."""
    bound = {part.index for part in terms.walk(condition) if isinstance(part, terms.Reduce)}
    bound |= {name for part in terms.walk(condition) if isinstance(part, terms.Gather) for name in part.indices}
    return {part.name for part in terms.walk(condition) if isinstance(part, terms.Index)} - bound


def _letters_in(condition: Comparison) -> set[str]:
    return {name.partition("#")[0] for name in indices_in(condition)}


def _masked(claim: Claim, found: tuple[Comparison, ...]) -> Claim:
    """A claim for some of its indices alone: at the others both sides count as 0."""
    mask = terms.Indicator(found, span=claim.span)
    sides = [
        terms.Multiply("scale", mask, side, shape=side.shape, span=side.span) for side in (claim.head, claim.claimed)
    ]
    return replace(claim, head=sides[0], claimed=sides[1], kind="identity", read=None, remade=None, alternatives=())


def _stands_in(span: Span, node: n.Node, source: Source) -> bool:
    """Whether the letter at a place stands in an expression as well."""
    return any(isinstance(part, n.Name) and part.text == source.slice(span) for part in walk(node))
