r"""The kind and the shape of names that nothing declares, told by their use over the whole document (DESIGN 3.3).

Each such name is given one of a few kinds (a number, a column, a matrix, a function, the loss); sizes that are open
are found by unification while the document is elaborated. The search is over kinds: what leaves the fewest lines
without a meaning is taken, of equals what the type face suggests. It is counted in builds, never in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Final

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.precedence import base_of
from derivcheck.language.printing import latex, plain
from derivcheck.language.shapes import Dim
from derivcheck.meaning import hidden, written
from derivcheck.meaning.guesses import BODIES, Guess, Kind
from derivcheck.meaning.notations import run_in
from derivcheck.meaning.samples import is_column
from derivcheck.problem.context import key_of, members_of, names_in, strip
from derivcheck.problem.domains import counting_letters, turned_names
from derivcheck.problem.dotted import DOTTED
from derivcheck.problem.probability.distributions import ALIASES, FAMILIES
from derivcheck.problem.probability.operators import MEANS, taken_of
from derivcheck.problem.problem import Inferred, Line, Problem, Refused
from derivcheck.problem.prose import is_concluded
from derivcheck.problem.recursions import counters
from derivcheck.problem.scope import Declaration, FunctionDeclaration, FunctionDefinition, Unknown
from derivcheck.problem.terms import Arbitrary, Term, variables
from derivcheck.problem.terms import walk as terms_in
from derivcheck.reading.items import Item, Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.phrases import (
    CHANCE,
    DEFINES,
    DESCRIBED_PLAINLY,
    FUNCTIONS_IN_WORDS,
    IN_WHICH,
    ITS_OWN,
    PLAIN,
    SIGMOID,
    depends_on,
)
from derivcheck.reading.unread import Unread, folded, is_greek, names_in_text, unaccented
from derivcheck.reading.windows import right_behind
from derivcheck.source import Span
from derivcheck.verdict import Finding, Severity

Build = Callable[[tuple[Item, ...]], Problem]

WORK: Final = 2500
"""So many statements are given a meaning again, all builds together: a few seconds at the most."""
ROUNDS: Final = 12
"""One name of a line is missed at a time: a line with more names that nothing declares is given up."""
APART: Final = 10_000
"""What is mentioned is counted from here on: what stands at one place has a number of its own."""
MOST: Final = 40
"""With more names than these a document leaves open what it is about."""

PARAMETERS: Final[dict[str, Kind]] = {
    "probability": "share", "rate": "positive", "shape": "positive", "scale": "positive", "a": "positive",
    "b": "positive", "concentrations": "positives",
}  # fmt: skip
"""What the parameters of families of distributions must be."""
_FUNCTIONS: Final = frozenset("fghFGH") | {"\\phi", "\\varphi", "\\psi", "\\rho", "\\sigma", "\\ell", "\\eta"}
_SCALES: Final = frozenset(("\\sigma", "\\tau", "\\lambda", "\\alpha", "\\beta", "a", "b"))
_NUMBERS: Final = frozenset(("i", "j", "k", "l", "m", "n", "t", "\\ell"))
_OF_SHAPES: Final = frozenset(("not-a-scalar", "shape-mismatch", "power-of-vector"))
"""Why a line is refused that may be read where a name is of another kind."""


@dataclass
class Inference:
    """The search over the kinds of the names that nothing declares.

    What is missed ``since`` a place is looked for, and declared there; names are counted from ``first``.
    Open sizes have the ``letters`` that they have by now, and get none that is ``taken``.
    """

    items: tuple[Item, ...]
    text: str
    build: Build
    work: int = WORK
    guesses: list[Guess] = field(default_factory=list)
    since: int = 0
    first: int = 0
    best: Problem | None = None
    taken: frozenset[str] = frozenset()
    letters: dict[str, n.Node] = field(default_factory=dict)

    @property
    def _statements(self) -> list[Statement]:
        return [item for item in self.items if isinstance(item, Statement)]

    @cached_property
    def _parts(self) -> list[n.Node]:
        """Everything that is written in a statement."""
        return [part for item in self._statements for member in item.members for part in walk(member)]

    @cached_property
    def _ends(self) -> dict[str, n.Node | None]:
        """The letters over which something runs, each with where it ends, if that is told."""
        found: dict[str, n.Node | None] = {DOTTED.text: None}
        for part in self._parts:
            if isinstance(part, n.Binder):
                found |= {name.text: part.upper for name in part.names if isinstance(name, n.Name)}
        found |= {letter.text: None for letter in counters(self._statements)}
        for item in self._statements:
            match item.members:
                case (n.Name(text=letter), n.Tuple(items=over)):
                    found[letter] = over[-1]
        return found

    def run(self) -> Problem:
        """The document with what its use tells of its names; as it is, where that tells nothing."""
        self.items = self.with_arguments()
        first = self.build(self.items)
        found = self.settled(first)
        if found is None:
            return first
        guesses, sizes = found
        return told(self._built(guesses, sizes), [(self, guesses, sizes)])

    def settled(self, first: Problem) -> tuple[list[Guess], dict[str, n.Node]] | None:
        """What makes more lines readable than they are as the document stands, with the sizes; None if nothing does."""
        wanted = self._unknown(first) or self._unknown(first, unread=True)
        if not wanted or len(wanted) > MOST:
            return None
        best = first
        for _ in range(ROUNDS):
            known = {key_of(guess.name) for guess in self.guesses}
            fresh = [unknown for key, unknown in self._unknown(best).items() if key not in known]
            if not self._affordable():
                break
            if fresh:
                # ``X_{ij}`` tells more of X than ``X``, and ``x_i`` more than ``x_1``.
                nodes = [one.node for one in fresh]
                tables = {
                    key_of(one.base) for one in nodes if isinstance(one, n.Scripted) and written.two_letters(one.sub)
                }
                tables |= {guess.key for guess in self.guesses}
                fresh = [one for one in fresh if key_of(one.node) not in tables]
                columns = {one.base for one in self._parts if isinstance(one, n.Scripted) and self._runs(one)}
                fresh = [
                    one for one in fresh if not (written.is_numbered(one.node) and one.node.base in columns)
                ] or fresh
            # ``\\mu`` may be the column of the ``\\mu_i`` that a line sets, once this is read.
            late = [one for one in fresh if f"{key_of(one.node)}_" in self._set and not one.argument]
            fresh = [one for one in fresh if one not in late]
            if not fresh:
                # Of another kind a name may show the next one that is missing, or explain what was not read.
                better = self._improved(best)
                if better is not best:
                    best = better
                    continue
                fresh = late or [one for key, one in self._unknown(best, unread=True).items() if key not in known]
            if not fresh:
                break
            number = self.first + len(self.guesses)
            self.guesses += [self._guess(one, number + k) for k, one in enumerate(fresh)]
            best = self._built(self.guesses)
        useful = [guess for guess in self.guesses if guess.key in best.names or guess.kind == "columns"]
        self.best = best
        if complaints(best, self.items, self.since) >= complaints(first, self.items, self.since) or not useful:
            return None
        return useful, self.sizes(best, useful, self.letters)

    def explained_in_words(self, guess: Guess, problem: Problem) -> Iterator[Unread]:
        """Where the text says in words what a name is: words that are not understood may say more than its shape.

        What is made of a name tells that any value of it is meant; of another every word counts. What holds for any
        value holds for the one that they speak of, unless this is random.
        """
        if guess.kind in ("loss", "joint", "size") or guess.kind in BODIES:
            return
        yield from self._one_of_several(guess)
        yield from self._set_unread(guess)
        if guess.kind == "rows":
            why = f"has `{plain(guess.name)}`, and that these are its rows is not said"
            for used in self._statements_with(guess.name):
                yield Unread(((folded(guess.key),),), Span(used.span.start, used.span.start), narrows=True, why=why)
            return
        if written.is_marked(guess.name):
            why = f"has `{plain(guess.name)}`, of which nothing is said"
            for used in self._statements_with(guess.name):
                yield Unread(((folded(guess.key),),), Span(used.span.start, used.span.start), narrows=True, why=why)
        key = key_in(problem, guess)
        argument = any(guess.name in written.arguments_of(item.members[0]) for item in self._statements)
        made = [one.term for one in problem.definitions.values()]
        made += [one.body for one in problem.scope.names.values() if isinstance(one, FunctionDefinition)]
        free = argument or any(key in _keys_in(term) for term in made)
        if guess.kind in ("function", "several") and not free:
            # It may be a known one, and the line wrong of every other.
            why = f"has `{plain(guess.name)}` for a function of which nothing is said"
            for used in self._statements_with(guess.name):
                place = Span(used.span.start, used.span.start)
                yield Unread(((folded(guess.key),),), place, narrows=self._is_certain, values=True, why=why)
            return
        mentions = [(item, right_behind(item.span, self.text)) for item in self._mentions_of(guess)]
        described = any(DESCRIBED_PLAINLY.match(behind) for _, behind in mentions)
        if not described and any(isinstance(part, n.Product) and _weighs_log(part, guess.name) for part in self._parts):
            why = f"has `{plain(guess.name)}` before a logarithm, which may be probabilities"
            place = next((used.span for used in self._statements_with(guess.name)), guess.place)
            yield Unread(((folded(guess.key),),), Span(place.start, place.start), narrows=True, why=why)
        for item, behind in mentions:
            if argument and IN_WHICH.search(item.lead):
                continue  # "The minimum in $x$ is …" says what the minimum is.
            known = PLAIN.match(behind) or DESCRIBED_PLAINLY.match(behind)
            if not (free or DESCRIBED_PLAINLY.match(behind)) or (DEFINES.match(behind) and not known):
                yield Unread(((folded(guess.key),),), item.span, narrows=self._is_certain, values=True)

    def _set_unread(self, guess: Guess) -> Iterator[Unread]:
        """The lines that set a name and are not read: whatever they set it to, it is no input."""
        keys = {guess.key, key_of(guess.name), written.member_of(guess.name)} & self._set
        for item in self._statements if keys else ():
            if keys & written.set_in([item]):
                yield Unread(((folded(guess.key),),), item.span, values=True, why="is not read, and sets it")

    @cached_property
    def _is_certain(self) -> bool:
        """Whether the document speaks of nothing random."""
        means = any(isinstance(part, n.Name) and part.text in MEANS for part in self._parts)
        return not means and CHANCE.search(self.text) is None

    def _one_of_several(self, guess: Guess) -> Iterator[Unread]:
        r"""A guess with an index that counts, or beside one that has a letter: ``V_{ij}`` is no number of its own."""
        name = guess.name
        if not isinstance(name, n.Scripted) or name.sub is None or guess.kind == "table":
            return
        stepped = any(part.base == name.base and part.sub != name.sub for part in self._stepped)
        if self._runs(name) and not stepped:
            return
        counts = any(isinstance(part, n.Name) and part.text in self._ends for part in walk(name.sub))
        beside = isinstance(name.sub, n.Number) and any(
            isinstance(part, n.Scripted) and part.base == name.base and isinstance(part.sub, n.Name)
            for part in self._parts
        )
        if counts or beside or (stepped and any(isinstance(part, n.Name) for part in walk(name.sub))):
            why = f"has `{plain(name)}`, which may be one of several that are called so"
            for used in self._statements_with(name):
                yield Unread(((folded(guess.key),),), Span(used.span.start, used.span.start), why=why)

    @cached_property
    def _stepped(self) -> list[n.Scripted]:
        r"""Members that no line sets, at a letter by which steps are counted: ``x_t`` where ``h_{t-1}`` stands."""
        members = [part for part in self._parts if isinstance(part, n.Scripted)]
        steps = {letter for part in members if isinstance(part.sub, n.Add) for letter in walk(part.sub)}
        said = (item for item in self._statements if item.relations)
        set_to = {strip(item.members[0]) for item in said if item.relations[0].sign != "\\in"}
        return [part for part in members if isinstance(part.sub, n.Name) and part.sub in steps and part not in set_to]

    def _mentions_of(self, guess: Guess) -> Iterator[Statement]:
        for item in self._statements:
            if item.span.start >= self.since and not item.relations and key_of(strip(item.members[0])) == guess.key:
                yield item

    def _statements_with(self, name: n.Node) -> Iterator[Statement]:
        for item in self._statements:
            if any(part == name for member in item.members for part in walk(member)):
                yield item

    def _affordable(self) -> bool:
        return self.work >= len(self.items)

    def _built(self, guesses: Sequence[Guess], sizes: Mapping[str, n.Node] | None = None) -> Problem:
        self.work -= len(self.items)
        return self.build(hidden.in_front(self.statements(guesses, sizes), self.items))

    def statements(self, guesses: Sequence[Guess], sizes: Mapping[str, n.Node] | None = None) -> list[Statement]:
        """The hidden statements that declare names, and tell at which arguments losses are meant."""
        statements = [guess.statement(sizes) for guess in guesses]
        for guess in guesses:
            if guess.kind in ("loss", "joint") and (end := self._end_for(guess.name)) is not None:
                names, item = end
                behind, number = _behind(item), APART + guess.number
                if guess.kind == "joint" and (listed := self._listed(strip(item.members[0]))) is not None:
                    names = (n.Name(f"?{guess.number}all"),)
                    statements.append(hidden.set_to(names[0], listed, behind, number + APART))
                statements.append(hidden.mentioned(hidden.called(guess.name, names), behind, number))
        return statements

    def _listed(self, member: n.Node) -> n.Node | None:
        r"""All members of a family side by side, ``[o_1, \dots, o_n]``: a loss depends on each of them."""
        if not (isinstance(member, n.Scripted) and isinstance(member.sub, n.Name)):
            return None
        upper = self._ends.get(member.sub.text)
        if upper is None:
            return None
        first, last = (latex(replace(member, sub=sub)) for sub in (hidden.ONE, upper))
        return parse_expression(f"[{first}, \\dots, {last}]")

    def with_arguments(self) -> tuple[Item, ...]:
        r"""The document with the argument at which a loss is meant that is declared and stands in derivatives alone."""
        typed = [one.members[0] for one in self._statements if [sign.sign for sign in one.relations] == [":", "\\to"]]
        silent = [name for name in typed if self._is_differentiated(name, declared=1)]
        ends = [(name, end) for name in silent if (end := self._end_for(name)) is not None]
        mentions = [
            hidden.mentioned(hidden.called(name, names), _behind(item), 3 * APART + number)
            for number, (name, (names, item)) in enumerate(ends)
        ]
        return hidden.in_front(mentions, self.items)

    def _said_of(self, loss: n.Node) -> tuple[tuple[n.Node, ...], Statement] | None:
        r"""At which names a loss is mentioned, and where: "a loss $\ell(O)$", "$L(y_1, \dots, y_m)$"."""
        for item in self._statements:
            if not item.relations and (names := written.called_at(item.members[0], loss)):
                run = run_in(n.Tuple(names, (",",) * (len(names) - 1)))
                if run is not None and isinstance(run.general, n.Scripted):
                    names = (run.general.base,)
                return (names, item) if all(isinstance(name, n.Name | n.Scripted) for name in names) else None
        return None

    def _end_for(self, loss: n.Node) -> tuple[tuple[n.Node, ...], Statement] | None:
        """On what a loss depends of which nothing else is said, and the line that sets it.

        It is where it is mentioned; else the last name of those that are set and differentiated by, of which nothing
        else that is set is made; one of which the words say so comes first.
        """
        if (said := self._said_of(loss)) is not None:
            sets = [(item, strip(member)) for item in self._statements if item.relations
                    for listed in item.members[:-1] for member in members_of(listed)]  # fmt: skip
            last = [item for item, left in sets
                    if left in said[0] or (isinstance(left, n.Scripted) and left.base in said[0])]  # fmt: skip
            return said[0], max(last, default=said[1], key=lambda item: item.span.end)
        by = self._slopes_by
        made: dict[str, tuple[n.Node, Statement]] = {}
        for item in self._statements:
            left = strip(item.members[0])
            if not (item.relations and isinstance(left, n.Name | n.Scripted)):
                continue
            if item.relations[0].sign not in ("=", ":=") or item.continues:
                continue
            if any(
                isinstance(part, n.Derivative) and part.target == loss
                for member in item.members[1:]
                for part in walk(member)
            ):
                continue
            if isinstance(left, n.Scripted) and key_of(left.base) in by:
                left = left.base  # ``y_i = …`` sets the entries of y.
            made[key_of(left)] = (left, item)
        used = {key_of(part) for _, item in made.values() for member in item.members[1:] for part in names_in(member)}
        ends = [entry for key, entry in made.items() if key not in used and key in by]
        ends = ends or [entry for key, entry in made.items() if key not in used]
        told = [entry for entry in ends if depends_on(latex(entry[0]), self.text)]
        if not ends:
            return None
        name, item = (told or ends)[-1]
        return (name,), item

    def _unknown(self, problem: Problem, *, unread: bool = False) -> dict[str, Unknown]:
        """The names that lines are not read for; not those which a line sets that is not read itself.

        With ``unread`` they are those: whatever such a line sets them to is some value of them.
        """
        found: dict[str, Unknown] = {}
        made = self._set - self._lost(problem) if unread else self._set
        for claim in problem.claims:
            if claim.span.start < self.since:
                continue
            if isinstance(claim, Refused) and claim.unknown is not None and not claim.unknown.near:
                node = strip(claim.unknown.node)
                node = self._in_print(node)
                key = key_of(node)
                if DOTTED in walk(node):
                    continue  # Nobody wrote this letter.
                base = node.base if isinstance(node, n.Scripted) and not isinstance(node.sub, n.Number) else node
                whole = key_of(base)
                if written.is_marked(node) or claim.code == "no-entry":
                    whole = key
                    if written.letters_above(node) & self._ends.keys():
                        continue  # ``x^{(i)}`` is one of several.
                if written.member_of(node) in made:
                    continue
                if (claim.unknown.argument or self._is_declared(node) or key in self._counting) and not {key, whole} & {
                    *made,
                    *self._random,
                    *problem.names,
                }:
                    found.setdefault(key, replace(claim.unknown, node=node))
        return found

    def _lost(self, problem: Problem) -> frozenset[str]:
        """What is set in lines alone that are not read, that wait for no other such line and for no other kind."""
        refused = {claim.line_span: claim for claim in problem.claims[::-1] if isinstance(claim, Refused)}
        mine = [item for item in self._statements if item.relations]
        shaped = (item.span in refused and refused[item.span].code in _OF_SHAPES for item in mine)
        read = [item for item, open_ in zip(mine, shaped, strict=True) if open_ or item.span not in refused]
        made = written.set_in(read) | self._slopes_of
        lost = [item for item in mine if item.span in refused]
        # What is set with arguments is a function of them, and what i makes of a value is no number of ours.
        heads = (strip(item.members[0]) for item in mine if written.arguments_of(item.members[0]))
        made |= {key_of(head.factors[0]) for head in heads if isinstance(head, n.Product)}
        made |= written.set_in(
            [item for item in lost if written.IMAGINARY & {name for one in item.members for name in names_in(one)}]
        )
        sets = [(written.set_in([item]) - made, refused[item.span].unknown) for item in lost]
        waits = frozenset[str]().union(*(one for one, _ in sets))
        return frozenset[str]().union(
            *(one for one, lacks in sets if lacks is None or key_of(lacks.node) not in waits - one)
        )

    @cached_property
    def _slopes_of(self) -> frozenset[str]:
        """What is differentiated: what no line tells of such a name its slope would tell of it."""
        return frozenset(key_of(part.target) for part in self._parts if isinstance(part, n.Derivative) and part.target)

    def _space_of(self, node: n.Node) -> n.Node | None:
        """In which set the name without its mark is declared."""
        assert isinstance(node, n.Scripted)
        bare = node.base if node.sub is None else n.Scripted(node.base, node.sub, None)
        said = (item for item in self._statements if len(item.members) == 2)
        sets = (item for item in said if item.relations[0].sign == "\\in" and bare in members_of(item.members[0]))
        return next((item.members[1] for item in sets), None)

    def _is_declared(self, node: n.Node) -> bool:
        r"""Whether a person would declare it: of a P in ``P \succ 0`` something is said as of no density.

        A letter of an operator that the document nowhere calls is a name: a variance P, a place ``p_x``, an angle
        ``q_1`` where nothing is said of chance.
        """
        if written.is_plain(node) or self._is_differentiated(node):
            return True
        base = node.base if isinstance(node, n.Scripted) and not node.primes else node
        if isinstance(base, n.Name) and base.text in written.OPERATORS and base not in self._called:
            return base == node or base.text not in ("p", "q") or not self._chances
        if (node == n.Name("P") and self._is_factor(node)) or (node == n.Name("d") and not self._is_factor(node)):
            return True
        signed = (item for item in self._statements if item.relations and not item.displayed)
        heads = (item.members[0] for item in signed if item.relations[0].sign in ("\\succ", "\\succeq"))
        return isinstance(node, n.Name) and any(node in members_of(head) for head in heads)

    def _is_factor(self, name: n.Node) -> bool:
        """Whether it stands in a product with no brackets behind: the P of ``B^\\top P B`` is no probability."""
        return any(
            one == name and sign != "\\times" and not isinstance(two, n.Group)
            for part in self._parts if isinstance(part, n.Product)
            for sign, (one, two) in zip(part.operators, pairwise(part.factors), strict=True)
        )  # fmt: skip

    @cached_property
    def _called(self) -> set[n.Node]:
        """What stands before brackets or above a name somewhere: operators, and marks of a transpose."""
        heads = (part.factors for part in self._parts if isinstance(part, n.Product))
        called = {one for factors in heads for one, two in pairwise(factors) if isinstance(two, n.Group)}
        above = {part.sup for part in self._parts if isinstance(part, n.Scripted) and part.sup is not None}
        return {base_of(one) for one in called} | above

    @cached_property
    def _chances(self) -> bool:
        """Whether the document writes densities or draws."""
        drawn = any(relation.sign == "\\sim" for item in self._statements for relation in item.relations)
        return drawn or not self._called.isdisjoint((n.Name("p"), n.Name("q")))

    def _in_print(self, node: n.Node) -> n.Node:
        r"""A member of ``x_1, \dots, x_n`` with the index that the document writes elsewhere."""
        if isinstance(node, n.Scripted) and node.sub == DOTTED:
            for part in self._parts:
                if isinstance(part, n.Scripted) and part.base == node.base and self._runs(replace(part, sup=None)):
                    return replace(node, sub=part.sub)
        if isinstance(node, n.Scripted) and isinstance(node.base, n.Name):
            # ``t_k`` of a ``\\mathbf{t}`` is an entry of it.
            bold = replace(node.base, text=f"\\mathbf{{{node.base.text}}}")
            if self._runs(node) and bold in self._parts and node.base not in self._parts_alone:
                return replace(node, base=bold)
        return node

    @cached_property
    def _parts_alone(self) -> list[n.Node]:
        """The names that stand somewhere without an index."""
        return [name for item in self._statements for member in item.members for name in names_in(member)]

    @cached_property
    def _counting(self) -> frozenset[str]:
        """The letters that say how many of something there are."""
        return counting_letters(self._statements)

    @cached_property
    def _turned(self) -> frozenset[str]:
        return turned_names(self._statements)

    @cached_property
    def _random(self) -> frozenset[str]:
        r"""What is drawn, and of what a moment is taken: no use tells how it is distributed."""
        drawn = [part.left for part in self._parts if isinstance(part, n.Given)]
        for item in self._statements:
            if "\\sim" in [relation.sign for relation in item.relations]:
                drawn.append(item.members[0])
                if isinstance(family := strip(item.members[-1]), n.Product):
                    drawn.append(family.factors[0])
        drawn += filter(None, (taken_of(part) for part in self._parts if isinstance(part, n.Product)))
        # How many there are of what is drawn is not drawn, nor is the z of ``Z = z``.
        equal = (part for part in self._parts if isinstance(part, n.Compare) and part.relations == ("=",))
        values = {key_of(name) for part in equal for name in names_in(part.members[1])}
        named = {key_of(name) for part in drawn if not isinstance(part, n.Group | n.Compare) for name in names_in(part)}
        every = {key_of(name) for part in drawn for name in names_in(part)}
        return frozenset(named | (every - values)) - self._counting

    @cached_property
    def _set(self) -> frozenset[str]:
        """What the document sets to something; not what it concludes of the argument of a function or of a slope."""
        open_ones = self._slopes_by | {
            key_of(name)
            for item in self._statements
            if [one.sign for one in item.relations[:1]] in (["="], [":="])
            for name in written.arguments_of(item.members[0])
        }
        concluded = [item for item in self._statements if is_concluded(item)]
        said = {key_of(left) for item in concluded if (left := strip(item.members[0])) and written.is_plain(left)}
        rest = [item for item in self.items if item not in concluded]
        return written.set_in(self.items) - ((open_ones & said) - written.set_in(rest))

    @cached_property
    def _slopes_by(self) -> frozenset[str]:
        """By what the document differentiates, by entries of what among it."""
        names = [name for part in self._parts if isinstance(part, n.Derivative) for name in part.variables]
        whole = [name.base for name in names if isinstance(name, n.Scripted) and self._runs(name)]
        return frozenset(key_of(name) for name in (*names, *whole))

    def _guess(self, unknown: Unknown, number: int) -> Guess:
        name = unknown.node
        shown = (item.span for item in self._statements if item.span.start >= self.since)
        place = next(shown, Span(self.since, self.since))
        kinds = self._kinds(name, unknown.called)
        if key_of(name) in self._turned:
            kinds = tuple(kind for kind in kinds if kind not in ("number", "positive")) or kinds
        arity = self._arity(name)
        if kinds[0] == "loss" and (said := self._said_of(name)) is not None:
            arity = len(said[0])
        elif kinds[0] == "loss":
            arity = 1
        if "function" in kinds and arity > 1:
            kinds = ("several",)
        elif kinds == ("function",):
            kinds = ("function", "several")
        first: Kind = "number" if unknown.counts and "number" in kinds else kinds[0]
        space = self._space_of(name) if kinds == ("like",) else self._rows_of(name) if "rows" in kinds else None
        return Guess(name, kinds, first, Span(place.start, place.start), number, self._runs(name), arity, space)

    def _stands_bare(self, name: n.Node) -> bool:
        """Whether a letter before brackets stands elsewhere as a factor or a term: ``x (1 + u)`` beside ``x^3``."""
        products = [part for part in self._parts if isinstance(part, n.Product)]
        heads = sum(
            before == name and isinstance(group, n.Group) and sign == ""
            for part in products
            for sign, (before, group) in zip(part.operators, pairwise(part.factors), strict=True)
        )
        powers = any(isinstance(part, n.Scripted) and part.base == name and part.sup for part in self._parts)
        # A mention of it, "the loss function is $l$", says nothing; nothing is multiplied by a list.
        bare = [item for item in self._statements if not item.relations]
        mentions = sum(strip(item.members[0]) == name for item in bare)
        return self._arity(name) == 1 and (powers or self._parts.count(name) - mentions > heads)

    def _arity(self, name: n.Node) -> int:
        """How many arguments stand in the brackets behind it."""
        for part in self._parts:
            if isinstance(part, n.Product):
                for before, group in pairwise(part.factors):
                    if before == name and isinstance(group, n.Group):
                        return len(group.body.items) if isinstance(group.body, n.Tuple) else 1
        return 1

    def _kinds(self, name: n.Node, called: bool) -> tuple[Kind, ...]:
        """What a name may be, the likelier first: by its brackets, its type face, the operators beside it."""
        base = name.base if isinstance(name, n.Scripted) else name
        text = base.text if isinstance(base, n.Name) else ""
        if written.is_marked(name) and isinstance(name, n.Scripted):
            without = name.base if name.sub is None else replace(name, sup=None)
            return ("like",) if self._space_of(name) is not None else self._kinds(without, called)
        if key_of(name) in self._counting:
            return ("size",)
        if self._is_differentiated(name):
            # As a number of its own it would have no slope at all, and every claim that something is 0 would hold.
            return ("loss", "joint")
        if (called or self._is_primed(name)) and (told := self._named_in_words(name)) is not None:
            return (told,)
        called = called and (text in _FUNCTIONS or not self._stands_bare(name))
        if called or (text in _FUNCTIONS and self._is_primed(name)):
            return ("sigmoid",) if text == "\\sigma" and SIGMOID.search(self.text) else ("function",)
        if isinstance(name, n.Scripted) and name.sup is None and written.two_letters(name.sub):
            return ("table",)
        if any(
            isinstance(part, n.Scripted) and part.base == name and written.two_letters(part.sub) for part in self._parts
        ):
            return ("matrix",)
        if self._by_distribution(name) == "positives":
            return ("positives", "column")
        if any(isinstance(part, n.Scripted) and part.base == name and self._runs(part) for part in self._parts):
            return ("column", "number")
        bare = unaccented(text)
        bold = text.startswith(("\\mathbf", "\\vec", "\\hat{\\mathbf"))
        if self._runs(name):
            entry = isinstance(name, n.Scripted) and replace(name, base=written.strip_bold(name.base)) in self._parts
            # ``z_i`` beside a ``z`` in an exponent is another number of its kind.
            alone = isinstance(name, n.Scripted) and name.base in self._parts_alone
            if bold and not entry:
                return ("columns", "column")
            return ("column", "columns", "number") if alone else ("column", "columns")
        if bare[:1].isupper() or (bare.startswith("\\") and bare[1:2].isupper()):
            usual: tuple[Kind, ...] = ("matrix", "column", "number")
            return usual if self._rows_of(name) is None else ("rows", *usual)
        if bold:
            return ("column", "number")
        if (kind := self._by_distribution(name)) is not None:
            return (kind, "number", "column")
        if self._is_positive(name):
            return ("positive", "number", "column")
        word = len(bare) > 1 and bare.isascii() and bare.isalpha() and bare.islower()
        powers = (part for part in self._parts if isinstance(part, n.Scripted) and isinstance(part.sup, n.Number))
        squared = any(replace(part, sup=None) == name or part.base == name for part in powers)
        if squared or is_greek(text) or bare in _NUMBERS or word:
            return ("number", "column", "matrix")
        # Of ways that do as well the most general one is taken: what holds for columns holds for numbers.
        return ("column", "number", "matrix")

    def _rows_of(self, name: n.Node) -> n.Node | None:
        r"""The members whose letter a matrix has as a capital, one below the other: a design matrix X."""
        for part in self._parts if isinstance(name, n.Name) else ():
            if not isinstance(part, n.Scripted) or not self._runs(part) or not isinstance(part.sub, n.Name):
                continue
            one, upper = written.strip_bold(part.base), self._ends.get(part.sub.text)
            small = one.text if isinstance(one, n.Name) else ""
            if upper is None or not small.islower() or written.strip_bold(name) != n.Name(small.upper()):
                continue
            if any(is_column(node, n.Scripted(part.base, part.sub, None)) for node in self._parts):
                ends = (latex(n.Scripted(part.base, sub, None)) for sub in (hidden.ONE, upper))
                rows = " \\\\ \\vdots \\\\ ".join(f"{end}^\\top" for end in ends)
                return parse_expression(f"\\begin{{pmatrix}} {rows} \\end{{pmatrix}}")
        return None

    def _named_in_words(self, name: n.Node) -> Kind | None:
        r"""What words right behind a mention of a function say that it is: "$\phi$ the standard normal density"."""
        alone = [item for item in self._statements if not item.relations]
        behind = {right_behind(item.span, self.text): strip(item.members[0]) for item in alone}
        normal = any(words.match(one) for one in behind for words in map(FUNCTIONS_IN_WORDS.get, ITS_OWN) if words)
        for words_behind, one in behind.items():
            for kind, words in (*FUNCTIONS_IN_WORDS.items(), *(ITS_OWN.items() if normal else ())):
                if one == name and words.match(words_behind):
                    return kind  # type: ignore[no-any-return]
        return None

    def _is_primed(self, name: n.Node) -> bool:
        return any(isinstance(part, n.Scripted) and part.primes and part.base == name for part in self._parts)

    def _by_distribution(self, name: n.Node) -> Kind | None:
        r"""What it must be as a parameter of a known family: the \lambda of ``\mathrm{Poisson}(\lambda)``."""
        for part in self._parts:
            match part:
                case n.Product(factors=(n.Name(text=family), n.Group(body=body)), operators=("",)) if family in ALIASES:
                    given = body.items if isinstance(body, n.Tuple) else (body,)
                    parameters = FAMILIES[ALIASES[family]].parameters
                    whole = name.base if isinstance(name, n.Scripted) else name
                    for word, one in zip(reversed(parameters), reversed(given), strict=False):
                        entry = "concentrations" in parameters and isinstance(one, n.Scripted) and one.base == whole
                        if (one == name or entry) and word in PARAMETERS:
                            return PARAMETERS[word]
        return None

    def _is_positive(self, name: n.Node) -> bool:
        r"""Whether it stands for a scale: ``\sigma`` with its square, as a variance or below a logarithm."""
        two = n.Number(Fraction(2), "2")
        base, sub = (name.base, name.sub) if isinstance(name, n.Scripted) else (name, None)
        squared = n.Scripted(base, sub, two)
        scale = isinstance(base, n.Name) and base.text in _SCALES
        for part in self._parts:
            match part:
                case n.Product(factors=(n.Name(text=family), n.Group(body=n.Tuple(items=items)))) if len(
                    items
                ) > 1 and (family.startswith(("\\mathcal{N}", "\\mathrm{"))):
                    if squared in items[1:] or (family != "\\mathcal{N}" and scale and name in items):
                        return True
                case n.Apply(word=n.Word(text="log" | "sqrt"), args=args):
                    if scale and any(inner in (name, squared) for arg in args for inner in walk(arg)):
                        return True
        return False

    def _is_differentiated(self, name: n.Node, declared: int = 0) -> bool:
        r"""Whether it stands above in derivatives and nowhere else: the L of ``\partial L / \partial w``."""
        targets = sum(isinstance(part, n.Derivative) and part.target == name for part in self._parts)
        products = (part.factors for part in self._parts if isinstance(part, n.Product))
        after = sum(isinstance(one, n.Nabla) and two == name for factors in products for one, two in pairwise(factors))
        alone = (item.members[0] for item in self._statements if len(item.members) == 1)
        mentions = sum(member == name or written.called_at(member, name) is not None for member in alone)
        return 0 < targets + after == sum(part == name for part in self._parts) - mentions - declared

    def _runs(self, name: n.Node) -> bool:
        """Whether a name has one index below that runs in this document: ``x_i`` beside a sum over i."""
        if not (isinstance(name, n.Scripted) and isinstance(name.sub, n.Name) and name.sup is None):
            return False
        return name.sub.text in self._ends

    def _improved(self, best: Problem) -> Problem:
        """The kinds under which the fewest lines are without a meaning: one name at a time, the most telling first."""
        least = self._lacks(best)
        for _ in self.guesses * 2:
            spoken = self._complained_of(best)
            found: tuple[Problem, list[Guess]] | None = None
            for tried in self._changed(spoken):
                if not least[0] or not self._affordable():
                    break
                problem = self._built(tried)
                if (count := self._lacks(problem)) < least:
                    least, found = count, (problem, tried)
            if found is None:
                return best
            best, self.guesses = found
        return best

    def _changed(self, spoken: set[str]) -> Iterator[list[Guess]]:
        """The guesses with another kind for one name of which a line complains, or with numbers for all of them."""
        # A loss that a notation implies stands in no text.
        open_ones = [
            place for place, guess in enumerate(self.guesses) if guess.kind == "loss" or folded(guess.key) in spoken
        ]
        numbers = [place for place in open_ones if "number" in self.guesses[place].kinds]
        if len(numbers) > 1:
            yield [
                replace(guess, kind="number") if place in numbers else guess for place, guess in enumerate(self.guesses)
            ]
        for place in open_ones:
            for kind in self.guesses[place].kinds:
                if kind != self.guesses[place].kind:
                    yield [*self.guesses[:place], replace(self.guesses[place], kind=kind), *self.guesses[place + 1 :]]

    def _lacks(self, problem: Problem) -> tuple[int, int]:
        """How many lines have no meaning, and how many of them for more than a name that is still to be found."""
        refused = [one for one in problem.claims if isinstance(one, Refused) and one.span.start >= self.since]
        return complaints(problem, self.items, self.since), sum(claim.unknown is None for claim in refused)

    def _complained_of(self, problem: Problem) -> set[str]:
        """The names in lines without a meaning: another kind of one that stands in none of them mends nothing."""
        lines = (claim.line_span for claim in problem.claims if isinstance(claim, Refused))
        texts = (self.text[span.start : span.end] for span in lines if span.start >= self.since)
        return {way for text in texts for ways in names_in_text(text, letters=True) for way in ways}

    def sizes(self, problem: Problem, guesses: Sequence[Guess], letters: dict[str, n.Node]) -> dict[str, n.Node]:
        """What the open sizes were found to be; one of which nothing is said gets a letter, if it has none yet."""
        found: dict[str, n.Node] = {}
        taken = {*problem.names, *written.RESERVED, *self.taken, *map(key_of, letters.values())}
        for guess in guesses:
            for size in guess.sizes:
                dim = problem.scope.resolve(problem.scope.resolve(Dim.of(size)))
                if not any(symbol.startswith("?") for symbol in dim.symbols):
                    found[size] = parse_expression(str(dim).partition("#")[0])
                else:
                    symbol = dim.symbol or size
                    if symbol not in letters:
                        letter = next(letter for letter in _letters() if letter not in taken)
                        taken.add(letter)
                        letters[symbol] = n.Name(letter)
                    found[size] = letters[symbol]
        return found


def _keys_in(term: Term) -> set[str]:
    return {*variables(term), *(part.key for part in terms_in(term) if isinstance(part, Arbitrary))}


def _weighs_log(node: n.Product, name: n.Node) -> bool:
    """Whether a name multiplies a logarithm: ``t_k \\log s_k``."""
    logs = any(isinstance(factor, n.Apply) and factor.word.text in ("log", "ln") for factor in node.factors)
    plain_name = replace(name, base=written.strip_bold(name.base)) if isinstance(name, n.Scripted) else name
    return logs and any(factor in (name, plain_name) for factor in node.factors)


def _behind(item: Statement) -> Span:
    return Span(item.span.end, item.span.end)


def complaints(problem: Problem, items: Sequence[Item], since: int = 0, until: int | None = None) -> int:
    """How many members of a stretch have no meaning; shapes that contradict each other weigh twice.

    A line that is refused as a whole counts by its members: to understand its head alone is no worse.
    """
    members = {item.span: len(item.members) - 1 for item in items if isinstance(item, Statement)}
    refused = (claim for claim in problem.claims if isinstance(claim, Refused) and claim.span.start >= since)
    total = 0
    for claim in refused:
        if until is None or claim.span.start < until:
            whole = members.get(claim.line_span, 1) if claim.kind == "statement" else 1
            total += max(whole, 2 if claim.wrong and claim.code == "shape-mismatch" else 1)
    return total


def key_in(problem: Problem, guess: Guess) -> str:
    """The key under which an inferred name is kept: one that begins anew has a key of its own."""
    pools: list[Mapping[str, Declaration | FunctionDeclaration]] = [problem.declarations, problem.functions]
    for key, known in ((key, known) for pool in pools for key, known in pool.items()):
        if key.partition("#")[0] == guess.key and known.span == guess.place:
            return key
    return guess.key


Settled = tuple[Inference, Sequence[Guess], Mapping[str, n.Node]]


def told(problem: Problem, settled: Sequence[Settled]) -> Problem:
    """The document with what was inferred listed, and with what its words say of these names kept in mind."""
    notes: list[Inferred] = []
    notices: list[Finding] = []
    tainted: list[Unread] = []
    for search, guesses, sizes in settled:
        mine = [Inferred(plain(g.name), key_in(problem, g), g.let(sizes), g.place) for g in guesses]
        lets = ", ".join(f"${note.let}$" for note in mine)
        names = ", ".join(f"`{note.name}`" for note in mine)
        verb = "is" if len(mine) == 1 else "are"
        message = f"{names} {verb} declared nowhere: read with {lets}"
        help = "`derivcheck declare` writes it down"
        notices.append(Finding("inferred", Severity.NOTE, message, guesses[0].place, help=help))
        tainted += [unread for guess in guesses for unread in search.explained_in_words(guess, problem)]
        notes += mine
    lines = [line for line in problem.lines if line.span.start < line.span.end]
    listed = [Line(note.span, "inferred", note.name, note.let) for note in notes]
    claims = tuple(
        replace(claim, wrong=False) if isinstance(claim, Refused) and claim.wrong else claim for claim in problem.claims
    )
    return replace(
        problem, inferred=tuple(notes), lines=(*listed, *lines), findings=(*problem.findings, *notices), claims=claims,
        unread=(*problem.unread, *tainted),
    )  # fmt: skip


def _letters() -> Iterator[str]:
    yield from ("n", "m", "k", "d", "r", "s")
    yield from (f"n_{{{k}}}" for k in range(1, 200))
