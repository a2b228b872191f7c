"""The reading under which a wrong line would hold: named beside the verdict, never instead of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from math import isfinite
from typing import Final, Literal

import torch

from derivcheck.diagnosis.candidate import Candidate, closed, made, values_of
from derivcheck.diagnosis.looking import CLOSE, TURNED, UNKNOWN, Repair, passes, read, smallest
from derivcheck.diagnosis.patterns import Factors, run
from derivcheck.diagnosis.redefining import reach_of
from derivcheck.diagnosis.slips import number
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, Dim, is_scalar
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import compare
from derivcheck.problem import terms as t
from derivcheck.problem.heads import derivative_in
from derivcheck.problem.problem import Claim, Refused
from derivcheck.problem.scope import Refusal
from derivcheck.problem.substitution import rewrite
from derivcheck.verdict import Outcome

LARGEST_DENOMINATOR: Final = 1000
RANK: Final = 14
SAID: Final = "what is claimed is {} what is true, wherever it was looked at"


def reading_of(bench: Bench, claim: Claim, *, sizes: bool = True) -> str | None:
    """In words, the first reading under which the claim holds; None if there is none.

    ``sizes`` asks for readings such as "only for n = 1" too, which say little where an edit mends the line.
    """
    if claim.relation in TURNED and claim.solution is None:
        return _turned(bench, claim)
    if claim.relation != "=" or claim.solution is not None:
        return None
    for words, other, ones in _candidates(bench, claim):
        if not ones and _holds(bench, other, ones):
            return words
    symmetric = _symmetric_reading(bench, claim)
    if symmetric is not None or not sizes:
        return symmetric
    for words, other, ones in _candidates(bench, claim):
        if ones and _holds(bench, other, ones):
            return words
    return None


def _turned(bench: Bench, claim: Claim) -> str | None:
    """Whether an inequality holds the other way round."""
    from derivcheck.judge import judge

    other = replace(claim, relation=TURNED[claim.relation])
    return "it holds the other way round" if judge(bench, other).outcome is Outcome.HOLDS else None


def _symmetric_reading(bench: Bench, claim: Claim) -> str | None:
    """Whether the claim holds where one of its square matrices is symmetric."""
    problem = bench.problem
    with suppress(*UNKNOWN):
        for name in sorted(reach_of(claim, bench.dependencies)):
            declared = problem.declarations.get(name)
            if declared is None or declared.domain.kind != "real" or declared.family or claim.conditions:
                continue
            rows, columns = (dim.substitute(problem.solution) for dim in declared.shape)
            if rows == columns and rows != ONE and _agree(bench, claim, bench.symmetric(name)):
                return f"it holds only for symmetric `{declared.text}`"
    return None


def scalar_reading(bench: Bench, refused: Refused) -> str | None:
    """Whether a line whose shapes contradict each other holds where every size is 1."""
    if refused.scalar is None:
        return None
    ones = dict.fromkeys(bench.symbols, 1)
    return "it holds for scalars (every size 1)" if ones and _holds(bench, refused.scalar, ones) else None


def _candidates(bench: Bench, claim: Claim) -> Iterator[tuple[str, Claim, dict[str, int]]]:
    """Other readings, the likeliest first."""
    for logs in (False, True):
        circle = rewrite(claim.claimed, lambda part, logs=logs: _circle(part, logs))  # type: ignore[misc]
        if circle != claim.claimed:
            yield "it holds with 2π = 6.283…, but `π` is declared in this document", replace(claim, claimed=circle), {}
    for name in _held_names(bench, claim):
        held = _holding(claim, name)
        if held is not None:
            shown = bench.problem.definitions[name].text
            yield f"it holds with `{shown}` held fixed: the path through `{shown}` is missing", held, {}
    for alternative in claim.alternatives:
        yield (
            "it holds if each partial in the chain is the total derivative",
            replace(claim, claimed=alternative.claimed),
            {},
        )
    rows, columns = (dim.substitute(bench.problem.solution) for dim in claim.head.shape)
    if rows == columns and rows != ONE and not t.is_zero(claim.claimed):
        turned = t.Unary("transpose", claim.claimed, shape=claim.claimed.shape[::-1], span=claim.claimed.span)
        yield "it holds transposed (the other layout)", replace(claim, claimed=turned), {}
    for name in bench.symbols:
        shown = bench.problem.size_shown(name)
        if name not in bench.fixed:
            yield f"it holds only for `{shown} = 1`", claim, {name: 1}
    if len(bench.symbols) > 1:
        yield "it holds only for scalars (every size 1)", claim, dict.fromkeys(bench.symbols, 1)


def _circle(part: t.Term, logs: bool) -> t.Term | None:
    r"""``2\pi`` of a declared π as what it is elsewhere; with ``logs`` also log π, as a normaliser leaves it."""
    match part:
        case t.Elementary(name="log", argument=t.Variable(key="\\pi", indices=())) if logs:
            return replace(part, argument=t.Constant("pi"))
        case t.Multiply(op="scale", left=t.Constant(value=2), right=t.Variable(key="\\pi", indices=())):
            return replace(part, right=t.Constant("pi"))
    return None


def _held_names(bench: Bench, claim: Claim) -> list[str]:
    """The defined names between the variable and what is differentiated."""
    found = derivative_in(claim.head)
    if found is None or found.form != "gradient" or found.held:
        return []
    upstream = {n for v in t.variables(found.target) for n in (v, *bench.dependencies.get(v, ()))}
    return [
        name
        for name in bench.problem.definitions
        if name in upstream
        and name != found.key
        and found.key in bench.dependencies.get(name, ())
        and not _is_target(found, name)
    ]


def _is_target(found: t.Derivative, name: str) -> bool:
    return isinstance(found.target, t.Variable) and found.target.key == name


def _holding(claim: Claim, name: str) -> Claim | None:
    """The same claim with a name held fixed in the head's derivative."""
    match claim.head:
        case t.Derivative() as head:
            return replace(claim, head=replace(head, held=(name,)))
        case t.Unary(op="transpose", argument=t.Derivative() as head):
            return replace(claim, head=replace(claim.head, argument=replace(head, held=(name,))))
    return None


def _holds(bench: Bench, claim: Claim, ones: dict[str, int]) -> bool:
    """Whether both sides agree, and are not all zero, at fresh draws."""
    try:
        worlds = [bench.single(ones)] if ones else list(bench.worlds(claim.conditions))
        return _agree(bench, claim, worlds)
    except UNKNOWN:
        return False


def _agree(bench: Bench, claim: Claim, worlds: Sequence[World]) -> bool:
    # An optimum is sought at every draw: by the quickest integrals, and no further than the first that says no.
    optimal = any(isinstance(part, t.Optimum) for part in t.walk(claim.head))
    zero = True
    for world in worlds:
        part = compare(bench, claim, bench.quickest(world) if optimal else world, claim.head, claim.claimed)
        if part.outcome is not Outcome.HOLDS:
            return False
        zero = zero and part.zero
    return not zero


def amount_of(bench: Bench, claim: Claim) -> tuple[str, Repair | None] | None:
    """By what both sides differ everywhere: a factor or a term that is one number, size or name; None if by no such.

    With the edit that undoes it, where it is a number and the line then passes the full check.
    """
    if claim.relation != "=" or claim.solution is not None:
        return None
    try:
        with torch.no_grad():
            looks = [_sides(bench, claim, world) for world in bench.worlds(claim.conditions)]
            offers = [list(_amounts(bench, claim, world)) for world in bench.worlds(claim.conditions)]
    except UNKNOWN:
        return None
    for apart in (torch.div, torch.sub):
        found = [apart(claimed, true) for true, claimed in looks]
        first = float(found[0].flatten()[0])
        amount = Fraction(first).limit_denominator(LARGEST_DENOMINATOR) if isfinite(first) else Fraction(0)
        times = apart is torch.div
        if amount and all(_equal(each, torch.tensor(float(amount), dtype=each.dtype)) for each in found):
            words = f"{amount} times" if times else f"{abs(amount)} {'more' if amount > 0 else 'less'} than"
            undone = None if claim.read is None else _undone(bench, claim, amount, times=times)
            return SAID.format(words), undone
        for some in zip(*offers, strict=False):
            if all(_equal(each, value) for each, (_, value) in zip(found, some, strict=True)):
                return SAID.format(f"`{some[0][0]}` {'times' if times else 'more than'}"), None
    return None


def _undone(bench: Bench, claim: Claim, by: Fraction, *, times: bool) -> Repair | None:
    """The smallest edit that takes back a factor or a term: of a number that stands there, or of the whole."""
    tree = claim.claimed_node
    parts: Factors = (("", closed(tree)),)
    if isinstance(tree, n.Product):
        parts = tuple(zip(("", *tree.operators), tree.factors, strict=True))
    passing: list[tuple[Candidate, Claim]] = []
    for each in values_of(tree):
        now = each.node.value if isinstance(each.node, n.Number) else _ratio(each.node)
        if each.whole:
            new, word = number(abs(1 / by if times else by)), "multiply by" if times else "subtract"
            sign: Literal["+", "-"] = "+" if by < 0 else "-"
            other: n.Node = run((("", new), *parts)) if times else n.Add((("+", tree), (sign, new)))
            if times and by < 0:
                other = n.Add((("-", other),))
            shown = f"-{plain(new)}" if times and by < 0 else plain(new)
            title = f"{'add' if not times and by < 0 else word} `{shown}`"
        elif now and (changed := now / by if times else now - by) > 0:
            other, title = number(changed), ""
        else:
            continue
        edit = made(RANK, each, other, title)
        with suppress(Refusal, RecursionError, *UNKNOWN):
            term = read(bench, claim, edit.tree)
            if passes(bench, claim, term):
                passing.append((edit, replace(claim, claimed=term)))
    return smallest(bench, tree, passing)


def _ratio(node: n.Node) -> Fraction:
    """The value of a fraction of two numbers; 0 of anything else."""
    match node:
        case n.Fraction_(numerator=n.Number(value=over), denominator=n.Number(value=under)) if under:
            return over / under
    return Fraction(0)


def _sides(bench: Bench, claim: Claim, world: World) -> tuple[torch.Tensor, torch.Tensor]:
    """What is true and what is claimed: trials first, then indices and entries."""
    frame = bench.frame(claim, world)
    true, claimed = torch.broadcast_tensors(*(evaluate(side, frame).detach() for side in (claim.head, claim.claimed)))
    return true, claimed


def _amounts(bench: Bench, claim: Claim, world: World) -> Iterator[tuple[str, torch.Tensor]]:
    """The sizes and the numbers of the document with their values at each trial, and their small powers."""
    problem = bench.problem
    named: list[tuple[str, t.Term]] = [(text, t.Size(Dim.of(key))) for key, text in problem.size_names.items()]
    for known in problem.declarations.values():
        if not known.family and is_scalar(bench.shape(known)):
            named.append((known.text, t.Variable(known.key)))
    for text, term in named:
        value = evaluate(term, world.root()).detach()
        for power, shown in ((1.0, text), (2.0, f"{text}²"), (0.5, f"√{text}")):
            for exponent, told in ((power, shown), (-power, f"1/{shown}")):
                yield told, value**exponent


def _equal(values: torch.Tensor, other: torch.Tensor) -> bool:
    other = other.reshape(-1, *(1,) * (values.dim() - 1)) if other.dim() else other
    # What no input moves has one value for all of them.
    values, other = torch.broadcast_tensors(values, other)
    good = values.isfinite()
    apart = ((values - other).abs() <= CLOSE * other.abs())[good]
    return bool(good.any()) and bool(apart.all())
