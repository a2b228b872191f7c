"""Whether an edit that no check refutes says the same as before: each yes comes with its proof.

An identity with an edit is the same claim if it is proved to hold too. An equation F = 0 to be solved is the same if
F' = k F with a number k that is not 0. An objective is the same, where it is maximised, if its slope is k times the old
one with k > 0: it is then k times the old one and a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import torch

from derivcheck.evaluation.arithmetic import NotExact, OutOfRange, TooLarge
from derivcheck.evaluation.evaluator import evaluate
from derivcheck.evaluation.sizes import SizesError
from derivcheck.judge import judge
from derivcheck.language.shapes import Dim, is_scalar
from derivcheck.oracles import slopes
from derivcheck.oracles.bench import Bench, CannotDraw
from derivcheck.power.normal import same, same_zeros
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.problem.terms import Term
from derivcheck.verdict import Outcome, Strength, Verdict
from derivcheck.weigh import proof_words

RULES = "the same by the rules of sums, products and transposes"
SIGNS = ("<", ">", "\\le", "\\ge")
CLOSE = 1e-9
LARGEST_DENOMINATOR = 64


def proof_of(verdict: Verdict) -> str | None:
    """The evidence that proves a claim, in words; None where it only agrees."""
    if verdict.outcome is not Outcome.HOLDS:
        return None
    for evidence in verdict.evidence:
        if evidence.outcome is Outcome.HOLDS and evidence.strength is Strength.PROOF:
            return f"{proof_words(evidence)} ({evidence.oracle})"
    return None


def equivalence(bench: Bench, old: Claim, new: Claim, verdict: Verdict) -> str | None:
    """The proof that an edited claim says the same as the claim before, or None. ``verdict`` is that on the new one.

    The names that stand in both mean the same.
    """
    return (
        constraint(bench, old, new)
        or proof_of(verdict)
        or _closed(bench, new, verdict)
        or _slopes(bench, new, verdict)
        or _same_sides(bench, old, new)
    )


def constraint(bench: Bench, old: Claim, new: Claim) -> str | None:
    """The proof that two claims ask the same of what stands in them, whether they hold or not."""
    if same_claim(old, new):
        return RULES
    if (old.relation, old.free, old.conditions) != (new.relation, new.free, new.conditions):
        return None
    if old.solution is not None or new.solution is not None:
        return _equations(bench, old, new)
    if new.relation == "=":
        return _vanishing(bench, old, new) or _optimum(bench, old, new)
    if new.relation in SIGNS:
        return _multiple(bench, new, _difference(old), _difference(new), positive=True)
    return None


def same_claim(old: Claim, new: Claim) -> bool:
    """Whether two claims are the same by rules alone."""
    if (old.relation, old.free, old.conditions) != (new.relation, new.free, new.conditions):
        return False
    pairs = [(old.head, new.head), (old.claimed, new.claimed)]
    if old.solution is not None or new.solution is not None:
        if (
            old.solution is None
            or new.solution is None
            or ((old.solution.unknown, old.solution.held) != (new.solution.unknown, new.solution.held))
        ):
            return False
        pairs += [(old.solution.left, new.solution.left), (old.solution.right, new.solution.right)]
    return all(same(left, right) for left, right in pairs)


def _statement(like: Claim, left: Term, right: Term) -> Claim:
    """``left = right`` under a claim's conditions, to be proved."""
    return replace(
        like, kind="identity", head=left, claimed=right, relation="=", solution=None, stationary=False,
        alternatives=(), expected_wrong=False,
    )  # fmt: skip


def equal(bench: Bench, like: Claim, left: Term, right: Term) -> str | None:
    """The proof that two terms are equal for all inputs that meet a claim's conditions, or None."""
    if same(left, right):
        return RULES
    if bench.shape(left) != bench.shape(right):
        return None
    statement = _statement(like, left, right)
    verdict = judge(bench, statement)
    return proof_of(verdict) or _closed(bench, statement, verdict) or _derivatives(bench, like, left, right)


def _derivatives(bench: Bench, like: Claim, left: Term, right: Term) -> str | None:
    """Derivatives by an input of what is the same for all inputs."""
    match left, right:
        case t.Derivative(target=one, key=key, held=(), direct=False), t.Derivative(target=other):
            if key in bench.problem.declarations and replace(left, target=other) == right:
                proof = equal(bench, replace(like, conditions=()), one, other)
                return f"derivatives of the same, {proof}" if proof else None
    return None


def _slopes(bench: Bench, claim: Claim, verdict: Verdict) -> str | None:
    if verdict.outcome is not Outcome.HOLDS:
        return None
    return slopes.proof(bench, claim)


def _closed(bench: Bench, claim: Claim, verdict: Verdict) -> str | None:
    """Exact numbers decide a statement in which no input and no size stands."""
    names = t.variables(claim.head) | t.variables(claim.claimed)
    names |= {name for key in names for name in bench.dependencies.get(key, ())}
    if claim.free or bench.symbols or any(key in bench.problem.declarations for key in names):
        return None
    exact = any(one.strength is Strength.EXACT and one.outcome is Outcome.HOLDS for one in verdict.evidence)
    return "holds exactly, and no input is in it" if exact and verdict.outcome is Outcome.HOLDS else None


def _vanishing(bench: Bench, old: Claim, new: Claim) -> str | None:
    """``F = 0`` and ``k F = 0``."""
    if not (t.is_zero(old.claimed) and t.is_zero(new.claimed)):
        return None
    factor = same_zeros(old.head, new.head, _never_zero(bench))
    return None if factor is None else f"the same equation = 0 times {factor}"


def _never_zero(bench: Bench) -> Callable[[str], bool]:
    declarations = bench.problem.declarations
    return lambda name: name in declarations and declarations[name].domain.kind in ("positive", "negative", "nonzero")


def _same_sides(bench: Bench, old: Claim, new: Claim) -> str | None:
    """Each side is what it was."""
    if new.relation != "=" or (old.free, old.conditions) != (new.free, new.conditions):
        return None
    proofs = [equal(bench, new, *pair) for pair in ((old.head, new.head), (old.claimed, new.claimed))]
    return _all(proofs)


def _all(proofs: list[str | None]) -> str | None:
    """One proof of several, if none is missing: the weightiest words are those that are not the rules alone."""
    if any(proof is None for proof in proofs):
        return None
    return next((proof for proof in proofs if proof != RULES), RULES)


def _difference(claim: Claim) -> Term:
    return _minus(claim.head, claim.claimed)


def _minus(left: Term, right: Term) -> Term:
    if t.is_zero(right):
        return left
    return t.Add(((1, left), (-1, right)), shape=left.shape, span=left.span)


def _equations(bench: Bench, old: Claim, new: Claim) -> str | None:
    """Rows that solve: the equation and the row each as before, up to a factor."""
    before, after = old.solution, new.solution
    if before is None or after is None or (before.unknown, before.held) != (after.unknown, after.held):
        return None
    rows = (
        (_minus(before.left, before.right), _minus(after.left, after.right)),
        (_difference(old), _difference(new)),
    )
    # What is held is not what it is elsewhere: oracles that do not know of it prove nothing here.
    return _all([_multiple(bench, new, *pair, positive=False, formal=bool(after.held)) for pair in rows])


def _optimum(bench: Bench, old: Claim, new: Claim) -> str | None:
    """The same largest (or smallest) place: the slope of the objective is that of before, up to a positive factor."""
    before, after = old.head, new.head
    if isinstance(before, t.Entry) and isinstance(after, t.Entry) and replace(before, argument=after.argument) == after:
        before, after = before.argument, after.argument
    if not isinstance(before, t.Optimum) or not isinstance(after, t.Optimum) or not same(old.claimed, new.claimed):
        return None
    if replace(before, objective=after.objective) != after or after.indices or after.position is not None:
        return None
    slopes = [
        t.Derivative(each.objective, each.key, "gradient", held=each.held, shape=each.shape, span=each.span)
        for each in (before, after)
    ]
    return _multiple(bench, new, slopes[0], slopes[1], positive=True)


def _multiple(
    bench: Bench, like: Claim, before: Term, after: Term, *, positive: bool, formal: bool = False
) -> str | None:
    """The proof of ``after = k before``, where k is a number, a size or a name, and not 0 (or even positive)."""
    if same(before, after):
        return RULES
    if not positive and (number := same_zeros(before, after, _never_zero(bench))) is not None:
        return f"the same equation = 0 times {number}"
    if bench.shape(before) != bench.shape(after):
        return None
    for words, factor in _factors(bench, like, before, after, positive):
        product = t.Multiply("scale", factor, before, shape=before.shape, span=before.span)
        proof = RULES if same(product, after) else None if formal else equal(bench, like, product, after)
        if proof is not None:
            return f"the same times {words}: {proof}"
    return None


def _factors(bench: Bench, like: Claim, before: Term, after: Term, positive: bool) -> Iterator[tuple[str, Term]]:
    """What the second may be the first times, by their ratio at one draw: a number, or a positive name or size."""
    ratios = _ratios(bench, like, before, after)
    if ratios is None or (positive and bool((ratios < 0).any())):
        return
    first = float(ratios[0])
    number = Fraction(first).limit_denominator(LARGEST_DENOMINATOR)
    if number and _near(ratios, torch.full_like(ratios, float(number))):
        yield str(number), t.Constant(number)
    for words, factor in _positive(bench):
        for shown, term in ((words, factor), (f"1/{words}", t.Divide(t.Constant(Fraction(1)), factor))):
            for sign in (1, -1):
                value = _value(bench, like, term)
                if value is not None and _near(ratios, sign * value.reshape(-1)):
                    signed = term if sign > 0 else t.Multiply("scale", t.Constant(Fraction(-1)), term)
                    yield (shown if sign > 0 else f"-{shown}"), signed


def _positive(bench: Bench) -> Iterator[tuple[str, Term]]:
    """Sizes and positive scalars of the document, and the squares of those that are not 0."""
    for key, text in bench.problem.size_names.items():
        yield text, t.Size(Dim.of(key))
    for declaration in bench.problem.declarations.values():
        if is_scalar(bench.shape(declaration)) and not declaration.family:
            name = t.Variable(declaration.key)
            if declaration.domain.kind == "positive":
                yield declaration.text, name
            if declaration.domain.kind in ("positive", "negative", "nonzero"):
                yield f"{declaration.text}^2", t.Power(name, t.Constant(Fraction(2)))


def _value(bench: Bench, like: Claim, term: Term) -> torch.Tensor | None:
    return _guarded(lambda: evaluate(term, bench.worlds(like.conditions)[0].root()).detach())


def _guarded(make: Callable[[], torch.Tensor]) -> torch.Tensor | None:
    try:
        with torch.no_grad():
            return make()
    except (NotExact, OutOfRange, TooLarge, CannotDraw, SizesError, KeyError, RecursionError):
        return None


def _ratios(bench: Bench, like: Claim, before: Term, after: Term) -> torch.Tensor | None:
    """The ratio of two terms at each trial of one draw, where it is the same for every entry."""

    def values() -> torch.Tensor:
        world = bench.worlds(like.conditions)[0]
        pair = [evaluate(side, bench.frame(like, world)).detach() for side in (before, after)]
        return torch.stack(torch.broadcast_tensors(*pair))

    both = _guarded(values)
    if both is None or not bool(both.isfinite().all()):
        return None
    first, second = both.reshape(2, both.shape[1], -1)
    largest = first.abs().argmax(1, keepdim=True)
    above, below = second.gather(1, largest), first.gather(1, largest)
    if bool((below == 0).any()):
        return None
    ratio = above / below
    return ratio.reshape(-1) if _near(second, ratio * first) and bool((ratio != 0).all()) else None


def _near(left: torch.Tensor, right: torch.Tensor) -> bool:
    left, right = torch.broadcast_tensors(left, right)
    return bool(((left - right).abs() <= CLOSE * left.abs().amax()).all())
