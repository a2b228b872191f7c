"""Is an equation or inequality asked of the inputs: an assumption, or a condition for a sentence."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.shapes import ONE, SCALAR, Domain
from derivcheck.problem import algebra, terms
from derivcheck.problem.assumptions import (
    SIGN_DOMAINS,
    assume,
    assume_all,
    condition_on,
    declare_bounded,
    domain_condition,
    literal_value,
    whole_of,
)
from derivcheck.problem.builder import Builder, Statements
from derivcheck.problem.claims import indices_in
from derivcheck.problem.constraints import all_totals, constrain, require
from derivcheck.problem.context import key_of, members_of, strip
from derivcheck.problem.declarations import declare_one, runs_of
from derivcheck.problem.domains import DOTS, declare_sizes
from derivcheck.problem.indices import COMPARABLE, comparisons, run_of, size_dim
from derivcheck.problem.newness import is_new, mentions_itself, would_resolve
from derivcheck.problem.prose import constrains, is_asked, is_concluded, is_conditional, whole
from derivcheck.problem.scope import Assumption, Declaration, Definition, FunctionDefinition, IndexInfo, Refusal, Scope
from derivcheck.problem.solutions import equation_for
from derivcheck.reading.items import Statement
from derivcheck.reading.phrases import (
    ASKING,
    CONDITION_BEFORE,
    CONDITIONS_JOINED,
    FRONT,
    OPTIMISED_UNDER,
    PUT_FIRST,
    SENTENCE_ENDS,
    TO_DISPLAY,
)
from derivcheck.reading.unread import Unread, folded, sentence_at
from derivcheck.source import Span

NEGATED: Final[dict[str, Literal["=", "\\ne", "<", ">", "\\le", "\\ge"]]] = {
    "=": "\\ne", "\\ne": "=", "<": "\\ge", "\\ge": "<", ">": "\\le", "\\le": ">"
}  # fmt: skip
EQUAL = frozenset(("=", ":=", "\\equiv"))


def assumed_equation(item: Statement, builder: Builder) -> bool:
    """``let A = A^\\top``, ``Q^\\top Q = I`` with a word such as "assume" in front."""
    if any(relation.sign != "=" for relation in item.relations):
        return False
    if _of_the_optimum(item, builder) or _told_of_unsaid(item, builder):
        return True
    if _so_asked(item, builder):
        sides = item.members[0], item.members[1]
        if not assume(sides[0], "=", sides[1], builder.context(), item.span) and not constrain(
            *sides, builder.context(), item.span
        ):
            return False
        builder.line(item.span, "assumption")
        return True
    led = is_asked(item) or _put_first(item, builder)
    if not led and (is_concluded(item) or not (ASKING.search(item.lead) or _goes_on(item, builder))):
        return False
    if len(item.members) > 2:
        return _sums_asked(item, builder)
    left = strip(item.members[0])
    if is_new(left, builder.scope) and not mentions_itself(left, item.members[1], builder.scope):
        return False
    old = builder.scope.names.get(key_of(left))
    if isinstance(old, Definition) and old.key not in builder.scope.facts:
        # What has a value is given another one, or claimed to have it.
        return False
    drawn = led or _goes_on(item, builder) or not item.displayed
    if (drawn and assume(item.members[0], "=", item.members[1], builder.context(), item.span)) or _constrains(
        item, builder
    ):
        builder.line(item.span, "assumption")
        return True
    asked = (is_asked(item, near=True) and not item.displayed) or ASKING.search(item.lead) or _goes_on(item, builder)
    if asked and not is_concluded(item) and require(item.members[0], item.members[1], builder.context(), item.span):
        builder.line(item.span, "assumption")
        return True
    return False


def _put_first(item: Statement, builder: Builder) -> bool:
    """ "For a unit quaternion $w^2 + x^2 + y^2 + z^2 = 1$, $$ … $$": what leads to a display is its condition."""
    text = builder.source.text
    if item.displayed or is_concluded(item) or not TO_DISPLAY.match(text[item.span.end : item.span.end + 40]):
        return False
    return FRONT.match(text[sentence_at(text, item.span).start : item.span.start]) is not None


def _told_of_unsaid(item: Statement, builder: Builder) -> bool:
    r"""``V^\top V = I`` where the document says nothing else of V: it tells what V is, for of no V is it a result."""
    parts = [part for member in item.members for part in walk(member) if isinstance(part, n.Name | n.Scripted)]
    known = [builder.scope.names[key] for key in map(key_of, parts) if key in builder.scope.names]
    if len(item.members) != 2 or len({found.key for found in known if isinstance(found, Declaration)}) != 1:
        return False
    if not all(isinstance(found, Declaration) and found.span.start == found.span.end for found in known):
        return False
    left = strip(item.members[0])
    if key_of(left) in builder.scope.names and not mentions_itself(left, item.members[1], builder.scope):
        return False  # A value tells nothing of what it is for the rest of the document.
    if not assume(item.members[0], "=", item.members[1], builder.context(), item.span):
        return False
    builder.line(item.span, "assumption")
    return True


def _of_the_optimum(item: Statement, builder: Builder) -> bool:
    """ "Minimise $f(x)$ subject to $a^\\top x = b$" where a Lagrangian is differentiated by x: there x is free.

    What fails and would hold under the constraint is not checked.
    """
    parts = (part for member in item.members for part in walk(member) if isinstance(part, n.Name | n.Scripted))
    names = {key_of(part) for part in parts} & builder.scope.varied
    if item.implied or not names or not OPTIMISED_UNDER.search(item.lead):
        return False
    why = "is a constraint of what is optimised, of which nothing is drawn"
    place = Span(item.span.start, item.span.start)
    builder.unread.append(
        Unread(tuple((folded(key),) for key in sorted(names)), place, narrows=True, optimum=True, why=why)
    )
    builder.line(item.span, "constraint")
    return True


def _so_asked(item: Statement, builder: Builder) -> bool:
    """ "Let $y_k \\ge 0$ so that $\\sum_k y_k = 1$": behind what is declared it asks; behind a comma it concludes."""
    cue = item.cue
    if cue is None or cue.words != "so that" or not cue.near or len(item.members) != 2 or item.implied:
        return False
    before = [line for line in builder.lines if line.span.start < line.span.end <= cue.span.start]
    last = max((line for line in before if line.kind != "mention"), key=lambda line: line.span.end, default=None)
    if last is None or last.kind not in ("declaration", "assumption"):
        return False
    between = builder.source.text[last.span.end : cue.span.start]
    apart = set(between) & set(".;:") or "$$" in between or "\\]" in between or "\n\n" in between
    return not apart and not between.rstrip(" $").endswith(",")


def _sums_asked(item: Statement, builder: Builder) -> bool:
    r"""``\sum_k p_k = \sum_k q_k = 1``: the sums of all entries of several names, asked of the inputs."""
    if item.implied or (item.displayed and not (ASKING.search(item.lead) or is_asked(item, near=True))):
        return False
    *sides, last = item.members
    if literal_value(last) is not None and all(assume(side, "=", last, builder.context(), item.span) for side in sides):
        builder.line(item.span, "assumption")
        return True
    if not all_totals(item.members, builder.context(), item.span):
        return False
    builder.line(item.span, "assumption")
    return True


def _constrains(item: Statement, builder: Builder) -> bool:
    r"""``\pi_1 + \pi_2 = 1``, asked of the inputs by words that lead right up to it; no row that says a solution."""
    if item.implied or (item.displayed and not (ASKING.search(item.lead) or is_asked(item, near=True))):
        return False
    scope, claims = builder.scope, builder.makers.claims
    for member in item.members:
        found = scope.names.get(key_of(strip(member)))
        if isinstance(found, Declaration) and found.key in scope.optima:
            return False
        if isinstance(found, Declaration) and (
            equation_for(claims, scope, found.key, len(claims), item.sentence) is not None
        ):
            return False
    return constrain(item.members[0], item.members[1], builder.context(), item.span)


def _goes_on(item: Statement, builder: Builder) -> bool:
    r"""Whether it stands right behind what is said of the inputs: "with $\pi_k > 0$, $\sum_k \pi_k = 1$"."""
    # What the document does not write has no width, and leads into nothing.
    before = [line for line in builder.lines if line.span.start < line.span.end <= item.span.start]
    last = max(before, key=lambda line: line.span.end, default=None)
    if last is None or last.kind not in ("declaration", "assumption"):
        return False
    text = builder.source.text
    if not CONDITIONS_JOINED.fullmatch(text[last.span.end : item.span.start]):
        return False
    # "Given $x > 0$, $|x| = x$.": where the sentence has nothing else to say, this is what it says.
    alone = not item.lead.strip(" ,") and SENTENCE_ENDS.match(text[item.span.end :]) is not None
    if alone and CONDITION_BEFORE.search(text[max(0, last.span.start - 30) : last.span.start]) is not None:
        return False
    # "With the decomposition $A = Q R$, $$ … $$": the display is the sentence.
    return not (item.displayed and PUT_FIRST.search(text[max(0, last.span.start - 100) : last.span.start]))


def declared_by_sign(item: Statement, builder: Builder) -> bool:
    r"""``\lambda > 0``, ``\alpha, \beta > 1``, ``t_1, \dots, t_n > 0`` of new names: scalars; sizes, if they count.

    Names in the same list that are known already are narrowed.
    """
    scope, bound = builder.scope, literal_value(item.members[1])
    runs = runs_of([strip(part) for part in members_of(item.members[0])])
    new = [_new_name(name, scope) for run in runs for name in run]
    if bound is None and len(new) == 1 and new[0] and _above_known(item, runs[0][0], builder):
        return True
    if bound is None or item.relations[0].sign not in SIGN_DOMAINS or not any(new):
        return False
    if item.displayed and bound != 0 and not is_asked(item, near=True):
        return False
    if item.relations[0].sign == "\\ne" and any(key_of(name) in scope.turned for run in runs for name in run):
        return False  # "for any $v \ne 0$" of a column tells no shape.
    known = [scope.names.get(key_of(name)) for run in runs for name in run]
    if not all(is_new or isinstance(old, Declaration) for is_new, old in zip(new, known, strict=True)):
        return False
    return all(_by_sign(run, item, bound, builder) for run in runs)


def _above_known(item: Statement, name: n.Node, builder: Builder) -> bool:
    r"""``\nu > D - 1`` of a new name: a number of which this is assumed."""
    sign, right, ctx = item.relations[0].sign, item.members[1], builder.context()
    assert isinstance(name, n.Name | n.Scripted)
    if item.displayed or sign not in SIGN_DOMAINS or sign == "\\ne" or would_resolve(name, replace(ctx, free={})):
        return False
    try:
        known = algebra.scalar(builder.scope, ctx.term(right))
    except Refusal:
        return False
    if not known or key_of(name) in builder.scope.counting:
        return False
    declare_one(name, SCALAR, Domain(), ctx)
    return assume(name, sign, right, ctx, item.span)


def _new_name(node: n.Node, scope: Scope) -> bool:
    return isinstance(node, n.Name | n.Scripted) and key_of(node) not in scope.names


def _by_sign(run: list[n.Node], item: Statement, bound: Fraction, builder: Builder) -> bool:
    """One name of the list, or one run of members."""
    scope, ctx = builder.scope, builder.context()
    name, sign, right = run[0], item.relations[0].sign, item.members[1]
    if len(run) > 1 or not _new_name(name, scope):
        return condition_on(run, sign, right, ctx)
    assert isinstance(name, n.Name | n.Scripted)
    counts, number = key_of(name) in scope.counting, whole(item, builder.source.text)
    if sign in (">", "\\ge") and bound >= 0 and bound.denominator == 1 and (counts or number):
        declare_sizes(name, scope)
        return assume(name, sign, right, ctx, item.span)
    if number:
        declare_one(name, SCALAR, Domain("integer"), ctx)
        return assume(name, sign, right, ctx, item.span)
    if bound == 0 or sign == "\\ne" or whole_of(name, ctx) != name or would_resolve(name, replace(ctx, free={})):
        return domain_condition(name, sign, right, ctx)
    declare_bounded(name, sign, bound, ctx)
    return True


def about_sizes(item: Statement, builder: Builder) -> bool:
    """``n > k + l``: a condition on sizes alone."""
    ctx = builder.context()
    sides = [size_dim(strip(member), ctx) for member in item.members]
    return all(side is not None for side in sides) and any(side.number is None for side in sides if side is not None)


def _is_number(node: n.Node) -> bool:
    """Whether only literal numbers stand in it: 0, 10^{300}, 1/2."""
    return all(
        isinstance(part, n.Number | n.Add | n.Fraction_ | n.Product | n.Scripted | n.Group) for part in walk(node)
    )


def simple_condition(item: Statement, builder: Builder) -> bool:
    """Whether every side is a bare declared name, a size or a number: a condition on inputs and no claim."""
    bare = 0
    if any(strip(a) == strip(b) for a, b in pairwise(item.members)):
        return False
    for member in item.members:
        for part in members_of(member):
            node = strip(part)
            if isinstance(node, n.Add) and len(node.terms) == 1:
                node = node.terms[0][1]
            if isinstance(node, n.Symbol) and node.text in DOTS:
                continue
            if _is_number(node) or (isinstance(node, n.Name) and node.text in ("\\mathbf{0}", "0")):
                continue
            if not isinstance(node.base if isinstance(node, n.Scripted) else node, n.Name):
                return False
            assert isinstance(node, n.Name | n.Scripted)
            found = builder.scope.names.get(key_of(node))
            if isinstance(found, Definition | FunctionDefinition):
                return False
            if found is None and isinstance(node, n.Scripted) and (node.sup is not None or node.primes):
                return False
            if found is None and isinstance(node, n.Scripted):
                base = builder.scope.names.get(key_of(node.base))
                if not isinstance(base, Declaration) and base is not None:
                    return False
            bare += 1
    return bare > 0


def claims_follow(item: Statement, statements: Statements) -> bool:
    """Whether the same sentence goes on with a claim: then the condition is for that claim alone."""
    if is_asked(item):
        return False
    for other in statements.of_sentence(item):
        later = other.span.start > item.span.start
        claims = other.implied or any(relation.sign in EQUAL for relation in other.relations)
        if later and claims and not (len(other.members) == 2 and isinstance(strip(other.members[1]), n.Tuple)):
            return True
    return False


def _said_of_inputs(item: Statement, statements: Statements, text: str) -> bool:
    r"""Whether its sentence does nothing but declare and assume: "let $x \in \mathbb{R}$ with $|x| > 2$"."""
    others = [other for other in statements.of_sentence(item) if other is not item]
    declares = any(
        other.relations[0].sign in ("\\in", ":") if other.relations else whole(other, text) for other in others
    )
    return declares and all(
        not other.displayed and (is_asked(other) or other.relations[0].sign in ("\\in", ":"))
        for other in others
        if other.relations
    )


def narrows(item: Statement, statements: Statements, builder: Builder) -> bool:
    r"""``…, where $\lambda_1 > \sigma^2$``: what a sentence asks of names that stand in it is no claim of its own."""
    if item.displayed or item.implied or not is_asked(item, near=True):
        return False
    if _said_of_inputs(item, statements, builder.source.text) and assume_all(item, builder):
        return True
    found = _compared(item, builder)
    if found is None:
        return False
    builder.line(item.span, "condition")
    builder.conditions.extend(found)
    builder.waiting = [
        replace(one, conditions=(*one.conditions, *found)) if one.item.sentence == item.sentence else one
        for one in builder.waiting
    ]
    builder.makers.narrow(item.sentence, found)
    return True


def asked_of_inputs(item: Statement, builder: Builder) -> bool:
    r"""``let $x$ satisfy $a_i^\top x < b_i$ for all $i$``: met by every draw, as one of columns with its letter."""
    if item.implied or not constrains(item, builder.source.text) or (found := _compared(item, builder)) is None:
        return False
    names = sorted(set[str]().union(*map(indices_in, found)))
    runs = [run_of(builder.makers.indices[name], builder.scope) for name in names]
    if len(names) > 1 or any(lower != 1 for lower, _ in runs):
        raise Refusal(
            "condition", item.span, "this condition is one for each letter in it, which are not drawn to meet it"
        )

    def whole(side: terms.Term) -> terms.Term:
        return terms.Gather(tuple(names), side, shape=(runs[0][1], ONE), span=side.span)

    if names:
        found = tuple(
            replace(one, left=whole(one.left), right=whole(one.right), shape=(runs[0][1], ONE)) for one in found
        )
    builder.scope.assumptions.append(Assumption(found, item.span))
    builder.line(item.span, "assumption")
    return True


def take_condition(item: Statement, builder: Builder, *, beside: bool = False, follows: bool = False) -> bool:
    """Take the statement as a condition for what follows in its sentence, and for the claim just before it.

    What stands ``beside`` a claim in its display needs no word to be its condition. Of letters that the claim before
    has none of it speaks for the one that ``follows``.
    """
    found = _compared(item, builder)
    if found is None:
        return False
    builder.line(item.span, "condition")
    behind = builder.makers.condition_behind(item, found, beside=beside, follows=follows)
    if not behind and is_conditional(item):
        # "if x > 0 then …; if x < 0 then …": the second takes the place of the first.
        builder.conditions = list(found)
    elif not behind:
        builder.conditions.extend(found)
    return True


def indices_of_claim(builder: Builder) -> dict[str, IndexInfo]:
    """The letters for which the last claim stands, by which a condition on them is read."""
    head = builder.head
    return {} if head is None else {info.letter: info for info in (head.ctx.free or {}).values()}


def asked_of_indices(item: Statement, beside: bool, builder: Builder) -> bool:
    r"""``… = s_i (1 - s_i), \quad i = j``: a condition on the letters of the claim in front of it."""
    letters = indices_of_claim(builder)
    names = [strip(member) for member in item.members]
    if not all(isinstance(name, n.Name) and name.text in letters for name in names):
        return False
    return take_condition(item, builder, beside=beside)


def refuse_on_letters(item: Statement, side: Statement | None, builder: Builder) -> None:
    """Raise Refusal where letters are compared that are indices in the line beside, and that line claims nothing."""
    names = [strip(member) for member in item.members]
    if side is None or builder.makers.has_claimed(side) or not all(isinstance(name, n.Name) for name in names):
        return
    scripts = [
        part.text
        for member in side.members
        for node in walk(member)
        if isinstance(node, n.Scripted)
        for script in (node.sub, node.sup)
        for part in (walk(script) if script is not None else ())
        if isinstance(part, n.Name)
    ]
    if all(key_of(name) in scripts for name in names):
        raise Refusal("condition", item.span, "this compares indices of the line beside it, which claims nothing")


def _compared(item: Statement, builder: Builder) -> tuple[terms.Comparison, ...] | None:
    """What the statement compares; None if a sign in it is none of a condition."""
    free: dict[str, IndexInfo] = {}
    ctx = replace(builder.context(free), indices=indices_of_claim(builder))
    found: list[terms.Comparison] = []
    for left, sign, right in item.steps:
        if sign not in COMPARABLE:
            return None
        for name in members_of(left):
            found.extend(comparisons(n.Compare((name, right), (sign,), span=item.span), ctx))
    builder.makers.indices.update({info.name: info for info in free.values()})
    if item.cue is not None and item.cue.words == "unless":
        return (replace(found[0], sign=NEGATED[found[0].sign]),) if len(found) == 1 else None
    return tuple(found)
