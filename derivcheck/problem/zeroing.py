r"""Words that lead from a derivative to where it is zero: "setting this to zero gives", "hence", "rearranging, we get".

``\nabla_w L = -2 X^\top (y - X w)`` and then "Setting this to zero gives" is the row ``\nabla_w L = 0`` that nobody
writes down: it is put among the claims as a premise, and what the words lead to are rows that solve it.
And names that a document on EM says do not move in the M-step: responsibilities, what is "held fixed".
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.shapes import SCALAR
from derivcheck.problem import terms as t
from derivcheck.problem.builder import Builder, Statements
from derivcheck.problem.context import key_of, strip
from derivcheck.problem.facts import behind, depends
from derivcheck.problem.freezing import of_em
from derivcheck.problem.heads import differentiated_by, kind_of
from derivcheck.problem.newness import estimated, estimated_key
from derivcheck.problem.problem import Claim
from derivcheck.problem.scope import Definition, FunctionDefinition, Refusal
from derivcheck.reading import phrases
from derivcheck.reading.items import Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.unread import Unread, names_in_text
from derivcheck.reading.windows import bare, clause
from derivcheck.source import Span

EQUALITIES = frozenset(("=", ":=", "\\equiv"))
MENTION = " @ "
FARTHEST = 1500
"""Characters: words that stand farther above a line do not lead to it."""


def take_words(item: Statement, statements: Statements, builder: Builder) -> None:
    """Note that words lead from what stands above to this statement, and what they set to zero on the way."""
    declares = bool(item.relations) and item.relations[0].sign in ("\\in", ":")
    if declares or item.hidden or item.continues or item.span in builder.makers.joined:
        return
    words, mentions = _between(item, statements, builder.source.text)
    what = _set_to_zero(words, mentions)
    listed = phrases.LISTED.fullmatch(words) is not None and (
        _goes_on(item, statements, builder) or _solves_for_it(item, statements)
    )
    if what is None and not phrases.LEADS.search(words) and not listed:
        return
    builder.makers.joined.add(item.span)
    if what is None or any(isinstance(part, n.Derivative | n.Nabla) for part in walk(item.members[0])):
        return
    meant = _meant(what, mentions, item, builder)
    builder.makers.claims.extend(_premise(claim, item) for claim in meant)
    left = strip(item.members[0])
    if not meant and isinstance(left, n.Name) and isinstance(builder.scope.names.get(key_of(left)), Definition):
        # `w` of the second loss is not the one of the first.
        place, why = Span(item.span.start, item.span.start), "sets it by a gradient that no line writes"
        names = tuple(names_in_text(left.text))
        builder.unread.append(Unread(names, place, around=item.span, narrows=True, why=why))


def _goes_on(item: Statement, statements: Statements, builder: Builder) -> bool:
    """Whether the equation before it in the sentence is one that words lead to."""
    last = statements.last_equation(item, _is_equation)
    return last is not None and last.sentence == item.sentence and last.span in builder.makers.joined


def _solves_for_it(item: Statement, statements: Statements) -> bool:
    r"""Whether the equation before it says that a slope by its name is zero: ``\nabla_w L = A w - b = 0``."""
    last = statements.last_equation(item, _is_equation)
    if last is None or last.members[-1] != n.Number(Fraction(0), "0"):
        return False
    match _head_of(last):
        case n.Derivative(variables=variables):
            return strip(item.members[0]) in variables
        case n.Nabla(variable=variable):
            return strip(item.members[0]) == variable
    return False


def _between(item: Statement, statements: Statements, text: str) -> tuple[str, list[Statement]]:
    """The words since the equation above, and the expressions among them, for each of which stands ``@``."""
    last = statements.last_equation(item, _is_equation)
    start = max(0 if last is None else last.span.end, item.span.start - FARTHEST)
    mentions = [one for one in statements.between(start, item) if not one.hidden and not one.relations]
    pieces: list[str] = []
    position = start
    for mention in mentions:
        pieces += text[position : mention.span.start], MENTION
        position = mention.span.end
    words = "".join((*pieces, text[position : item.span.start]))
    return bare(words), mentions


def _is_equation(item: Statement) -> bool:
    r"""Whether a statement says that something is equal; ``i = 1, \dots, n`` does not."""
    ranges = len(item.members) == 2 and isinstance(strip(item.members[1]), n.Tuple)
    return bool(item.relations) and item.relations[0].sign in EQUALITIES and not ranges


def _set_to_zero(words: str, mentions: list[Statement]) -> str | None:
    """What the words set to zero, "" if they do not say; None if they set nothing to zero that may be a derivative."""
    derivative = any(_is_derivative(mention) for mention in mentions)
    for found in phrases.SET_TO_ZERO.every(words):
        what = found["what"]
        if phrases.NOTHING.fullmatch(what) or phrases.THINGS.search(what) or ("@" in what and derivative):
            return what
    found_there = phrases.VANISHES.search(words)
    return None if found_there is None else found_there["what"]


def _is_derivative(item: Statement) -> bool:
    return not item.relations and isinstance(_head_of(item), n.Derivative | n.Nabla)


def _head_of(item: Statement) -> n.Node:
    """What stands first in an expression: the ∇ of ``\\nabla_w L``."""
    node = strip(item.members[0])
    return node.factors[0] if isinstance(node, n.Product) else node


def _meant(what: str, mentions: list[Statement], item: Statement, builder: Builder) -> list[Claim]:
    """Claims of the derivatives that are meant: those named in the words, else the nearest above; all, of several."""
    named = [claim for mention in mentions if _is_derivative(mention) for claim in _said(mention, builder)]
    if named:
        return named
    found: dict[str, Claim] = {}
    for claim in reversed(builder.makers.claims):
        key = differentiated_by(claim.head) if isinstance(claim, Claim) and not claim.premise else None
        if key is None or key not in builder.scope.declarations or key in found:
            continue
        assert isinstance(claim, Claim)
        if kind_of(claim.head) == "hessian":
            # A gradient is set to zero, though its Hessian may be told before that.
            continue
        if claim.span.start < item.span.start and claim.relation == "=":
            found[key] = claim
            if not phrases.SEVERAL.search(what):
                break
    if not found:
        return _of_objective(item, mentions, builder)
    # One that is said to be zero already is a row of its own.
    return [claim for claim in reversed(found.values()) if not t.is_zero(claim.claimed)]


def _said(mention: Statement, builder: Builder) -> list[Claim]:
    """What is claimed of a derivative that stands in the words, as if it were set to zero right there."""
    return _set(mention.members[0], mention, builder)


def _set(derivative: n.Node, item: Statement, builder: Builder) -> list[Claim]:
    zero = n.Number(Fraction(0), "0", span=derivative.span)
    try:
        claim = builder.makers.aside(derivative, zero, builder.context({}), item)
    except Refusal:
        return []
    return [claim] if differentiated_by(claim.head) in builder.scope.declarations else []


def _of_objective(item: Statement, mentions: list[Statement], builder: Builder) -> list[Claim]:
    r"""The derivative that no line writes: that of the one objective, by what ``\hat w = …`` is an estimate of.

    Or by what the words name, as in "setting the derivative in $\lambda$ to zero, $\lambda = …$".
    """
    left, scope = strip(item.members[0]), builder.scope
    named = any(strip(mention.members[0]) == left for mention in mentions)
    base = estimated(left) or (left if named and isinstance(left, n.Name | n.Scripted) else None)
    key = None if base is None else estimated_key(base, builder) or _member_key(base, builder)
    text = builder.source.text
    # Under a constraint the objective's own slope is not zero.
    if base is None or key is None or phrases.MULTIPLIER.search(text) or phrases.OPTIMISED_UNDER.search(text):
        return []
    made: dict[str, tuple[n.Node, t.Term]] = {
        one.key: (parse_expression(one.key), one.term)
        for one in scope.definitions.values()
        if one.shape == SCALAR and not one.family and depends(one.term, key, scope)
    }
    for function in scope.names.values():
        if isinstance(function, FunctionDefinition):
            # One that was no name yet has a key of its own.
            arguments = [parameter.partition("#")[0] for parameter, _ in function.parameters]
            if key_of(base) in arguments:
                made[function.key] = (parse_expression(f"{function.key}({', '.join(arguments)})"), function.body)
    inner = behind((term for _, term in made.values()), scope.definitions)
    ends = [node for name, (node, _) in made.items() if name not in inner]
    if len(ends) != 1:
        return []
    return _set(n.Derivative(ends[0], (base,), span=Span(item.span.start, item.span.start)), item, builder)


def _member_key(base: n.Node, builder: Builder) -> str | None:
    r"""The key of the family of which ``\mu_k`` is a member."""
    try:
        term = builder.context({}).term(base)
    except Refusal:
        return None
    return term.key if isinstance(term, t.Variable) and term.key in builder.scope.declarations else None


def _premise(claim: Claim, item: Statement) -> Claim:
    """``derivative = 0`` just before a statement: given by the words, so that it is no claim by itself."""
    place = Span(item.span.start, item.span.start)
    return replace(
        claim,
        claimed=t.Constant(Fraction(0), span=claim.span), claimed_node=n.Number(Fraction(0), "0", span=claim.span),
        span=place, sentence=item.sentence, conditions=(), alternatives=(), solution=None, density=None,
        proportional=False, stationary=True, implied=False, joined=False, premise=True, read=None, remade=None,
        otherwise=None, expected_wrong=False,
    )  # fmt: skip


def note_still(item: Statement, statements: Statements, builder: Builder) -> None:
    """Remember what the words around a statement say does not move."""
    text = builder.scope.text
    if not (of_em(text) or _responsible(text) or builder.scope.posterior):
        return
    name = _defined(item, builder)
    if name is not None and _per_sample(name) and (phrases.RESPONSIBLE.search(item.lead) or _in_the_e_step(item, text)):
        _still(name.key, builder)
    if item.relations or item.displayed:
        return
    mine = statements.of_sentence(item)
    if phrases.FIXED.search(clause(mine, text)):
        for key in _spoken_of(item, builder):
            _still(key, builder)


@lru_cache(maxsize=8)
def _responsible(text: str) -> bool:
    return phrases.RESPONSIBLE.search(text) is not None


def _still(key: str, builder: Builder) -> None:
    builder.scope.still.add(key)
    builder.scope.posterior.add(key)


def _defined(item: Statement, builder: Builder) -> Definition | None:
    """The definition that a statement has made."""
    if not item.relations or item.relations[0].sign not in ("=", ":="):
        return None
    made = [each for each in builder.scope.definitions.values() if each.span == item.span]
    left = builder.scope.names.get(key_of(strip(item.members[0])))
    return made[-1] if made else left if isinstance(left, Definition) and left.span == item.span else None


def _per_sample(name: Definition) -> bool:
    """Whether it has a value for every sample, as what an E-step computes, and as its objective has not."""
    return bool(name.family) or isinstance(name.term, t.Gather)


def _in_the_e_step(item: Statement, text: str) -> bool:
    last = None
    for match in phrases.STEP.every(text[: item.span.start]):
        last = match
    return last is not None and last.group(0)[0] == "E"


def _spoken_of(item: Statement, builder: Builder) -> list[str]:
    try:
        term = builder.context({}).term(item.members[0])
    except Refusal:
        return []
    names = [part.key for part in t.walk(term) if isinstance(part, t.Variable)]
    known = [builder.scope.definitions[key] for key in names if key in builder.scope.definitions]

    def adds_up(term: t.Term) -> bool:
        return any(isinstance(part, t.Reduce | t.Density) for part in t.walk(term))

    # "With $r$ fixed, maximise $Q$": an objective stands in such a sentence too, and it moves.
    return [each.key for each in known if _per_sample(each) or not adds_up(each.term)]
