"""Inequalities: evaluated at many inputs of several magnitudes, then downhill; one violation beyond rounding refutes.

Rounding is measured at the violation, as for equations. A strict inequality between sides that are equal within
rounding at every input is no pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact, OutOfRange, TooLarge
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.evaluation.gaussian import Quickest
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.sampling import generator
from derivcheck.language.shapes import Domain
from derivcheck.oracles import gaps, rational
from derivcheck.oracles.balls import CIRCULAR
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import FLOOR, WRONG_FACTOR, differentiates, second_look
from derivcheck.oracles.enclosing import Look
from derivcheck.oracles.gaps import WHOLE, domains_of, free, spread_out, tied
from derivcheck.oracles.members import FREE, inside, special
from derivcheck.oracles.touching import at_size_one, crossed, joined, touch
from derivcheck.problem import terms as t
from derivcheck.problem.facts import behind
from derivcheck.problem.problem import Claim
from derivcheck.problem.terms import Comparison, Term
from derivcheck.verdict import Doubt, Evidence, Outcome

TRIALS = 400
FEW_TRIALS = 32
"""The same where an integral has to be worked out at each of them."""
SPREADS = ("drawn", "scaled", "mixed")
STARTS = 18
"""How many of the worst inputs are followed downhill, at every choice of sizes."""
STEPS = 8
PEAKS = 3
"""So many exponents and divisors are followed to where they are extreme."""
WAVES, WIDTH, COUNTED = 16_384, 1e4, 2_048
"""So many inputs over so wide a range where several waves may meet, and so many whole numbers one after the other."""
POWERS = tuple(10.0**power for power in range(4, 31))
CLOSE = 1e-2
"""Sides of waves that come so near to each other, beside what they usually are apart, may meet elsewhere."""


def applies(bench: Bench, claim: Claim) -> bool:
    """Every relation of order."""
    return claim.relation in ("<", ">", "\\le", "\\ge", "\\ne")


def ask(bench: Bench, claim: Claim) -> Evidence:
    """The gap of the two sides at every input; an input that violates the claim is shown."""
    base = bench.worlds(claim.conditions)
    if not bench.integrates(claim.head, claim.claimed):
        larger = rational.larger_sizes(bench, claim, [dict(world.sizes) for world in base])
        base = (*base, *(bench.world(choice, (bench.settings.seed, "larger"), claim.conditions) for choice in larger))
    sizes = tuple(bench.shown(world.sizes) for world in base)
    seen: list[gaps.Seen] = []
    doubtful = False
    for found in _search(bench, claim, base):
        seen.append(found)
        if claim.relation == "\\ne":
            continue
        violation, unclear = gaps.violation_in(bench, claim, found)
        if violation is not None:
            left, right, gap, bar, detail = violation
            return Evidence(
                "inequality", Outcome.WRONG, error=-gap, bar=bar, claimed=right, reference=left, sizes=sizes,
                points=_points(seen), seen=1 + gaps.JITTERS, detail=detail, failing=(bench.shown(found.world.sizes),),
            )  # fmt: skip
        doubtful |= unclear
    points = _points(seen)
    if not points:
        detail = "a side is not a finite number at any input drawn"
        return Evidence("inequality", Outcome.UNDECIDED, sizes=sizes, detail=detail, doubt=Doubt.NO_VALUE)
    if claim.relation in gaps.STRICT:
        why, inputs = crossed(bench, claim, [part.world for part in seen])
        if why:
            near = min(seen, key=lambda part: float(part.gap.abs().nan_to_num(torch.inf).min()))
            nearest = int(near.gap.abs().nan_to_num(torch.inf).argmin())
            pair = float(near.left[nearest]), float(near.right[nearest])
            return gaps.equal(Outcome.WRONG, pair, sizes, points, why, inputs)
        said = _equality(bench, claim, seen, sizes)
        if said is not None:
            return said
    if not bench.integrates(claim.head, claim.claimed) and not doubtful:
        doubt = touch(bench, claim, seen) if claim.relation in gaps.STRICT else None
        doubt = doubt or at_size_one(bench, claim)
        if doubt is not None:
            return replace(doubt, sizes=sizes, points=points)
    worst = min(seen, key=lambda part: float(part.ratio.min()))
    if _waves(bench, claim) > 1 and not doubtful and not bench.integrates(claim.head, claim.claimed):
        apart = torch.cat([part.gap[part.good] for part in seen])
        if 0 < float(apart.min()) < CLOSE * float(apart.median()):
            detail = f"waves of several lengths, of which the two sides come as near as {float(apart.min()):.0e}"
            return Evidence(
                "inequality", Outcome.UNDECIDED, sizes=sizes, points=points, detail=detail, doubt=Doubt.TOUCH
            )
    place = int(worst.ratio.argmin())
    left, right, gap = (float(side[place]) for side in (worst.left, worst.right, worst.gap))
    return Evidence(
        "inequality", Outcome.UNDECIDED if doubtful else Outcome.HOLDS, error=max(0.0, -gap),
        bar=FLOOR * max(abs(left), abs(right)), claimed=right, reference=left, sizes=sizes, points=points,
        detail="a violation that may be rounding" if doubtful else f"no counterexample among {points} inputs",
        doubt=Doubt.ROUNDING if doubtful else None,
    )  # fmt: skip


def _points(seen: list[gaps.Seen]) -> int:
    return sum(int(part.good.sum()) for part in seen)


def _search(bench: Bench, claim: Claim, base: tuple[World, ...]) -> Iterator[gaps.Seen]:
    """The draws as they come, then spread further, then downhill from the worst of each."""
    used = behind((claim.head, claim.claimed), bench.problem.definitions)
    open_ones = used - bench.values.keys()
    held = tied(bench, claim.conditions)
    conditions = gaps.all_conditions(bench, claim)
    if bench.integrates(claim.head, claim.claimed):
        for number, world in enumerate(base):
            sizes = {name: world.sizes[name] for name in bench.symbols if name in world.sizes}
            seed = (bench.settings.seed, "order", number, 1.0)
            drawn = bench.world(sizes, seed, claim.conditions, FEW_TRIALS, 1.0)
            yield gaps.look(bench, claim, replace(drawn, integrator=Quickest()))
        corners = gaps.meeting(_corners(bench, drawn, open_ones - held), conditions)
        for further in (_spread(bench, claim, drawn), *_one_by_one(corners)):
            # What has no integral at one of them may have one at another.
            with suppress(NotExact):
                if further is not None:
                    yield gaps.look(bench, claim, replace(further, integrator=Quickest()))
        return
    domains = {key: domain for key, domain in domains_of(bench, held).items() if key in open_ones}
    kept: list[list[gaps.Seen]] = []
    # At exact zeros may be kinks.
    zeros = not differentiates(bench, claim.head, claim.claimed)
    for number, world in enumerate(base):
        sizes = {name: world.sizes[name] for name in bench.symbols if name in world.sizes}
        drawn = bench.world(sizes, (bench.settings.seed, "order", number, 1.0), claim.conditions, TRIALS, 1.0)
        kept.append([])
        for kind in SPREADS:
            source = generator(bench.settings.seed, "order", number, kind)
            leaves = {
                key: leaf.detach() if kind == "drawn" or key not in domains
                else spread_out(domains[key], leaf.detach(), kind, source, zeros)
                for key, leaf in drawn.leaves.items()
            }  # fmt: skip
            spread = drawn if kind == "drawn" else gaps.meeting(gaps.moved(drawn, leaves), conditions)
            if spread is None:
                continue
            try:
                found = gaps.look(bench, claim, spread)
            except OutOfRange:
                # A whole number that serves as an index too is not to be spread.
                if kind == "drawn":
                    raise
                continue
            kept[-1].append(found)
            yield found
        corners = gaps.meeting(_corners(bench, drawn, open_ones - held), conditions)
        if corners is not None:
            yield gaps.look(bench, claim, corners)
    yield from _peaks(bench, claim, kept[0][:1], domains, conditions)
    yield from _far_out(bench, claim, base[0], open_ones - held, conditions, kept)
    for number, group in enumerate(kept):
        yield from _downhill(bench, claim, group[: 1 if number else 2], domains, conditions)


def _one_by_one(world: World | None) -> Iterator[World]:
    """Its trials apart, as many as there is time for."""
    leaves = {} if world is None else {key: leaf.detach() for key, leaf in world.leaves.items()}
    trials = max((leaf.shape[0] for leaf in leaves.values()), default=0)
    for place in range(min(trials, FEW_TRIALS)):
        assert world is not None
        yield gaps.moved(world, leaves, torch.tensor([place]))


def _spread(bench: Bench, claim: Claim, drawn: World) -> World | None:
    """The numbers that may be moved, ten times as large."""
    domains = domains_of(bench, tied(bench, claim.conditions))
    leaves = {key: leaf.detach() for key, leaf in drawn.leaves.items()}
    numbers = [key for key, leaf in leaves.items() if leaf[0].numel() == 1 and key in domains]
    leaves |= {key: leaves[key] * 10 for key in numbers if domains[key].kind in FREE}
    return gaps.meeting(gaps.moved(drawn, leaves), gaps.all_conditions(bench, claim)) if numbers else None


def _far_out(
    bench: Bench, claim: Claim, base: World, names: frozenset[str], conditions: list[Comparison],
    kept: list[list[gaps.Seen]],
) -> Iterator[gaps.Seen]:  # fmt: skip
    """Many numbers over a wide range, for waves that meet seldom and for what fails at a single whole number."""
    kinds = {key: bench.problem.declarations[key].domain.kind for key in names & base.leaves.keys()
             if base.leaves[key][0].numel() == 1}  # fmt: skip
    whole = [key for key, kind in kinds.items() if kind in WHOLE]
    signs = {key: FREE[kind] for key, kind in kinds.items() if kind in FREE and _waves(bench, claim) > 1}
    if not whole and not signs:
        return
    count = WAVES if signs else COUNTED
    sizes = {name: base.sizes[name] for name in bench.symbols if name in base.sizes}
    source = generator(bench.settings.seed, "far out")
    try:
        drawn = bench.world(sizes, (bench.settings.seed, "far out"), claim.conditions, count, 1.0)
        leaves = {key: leaf.detach() for key, leaf in drawn.leaves.items()}
        for key, sign in signs.items():
            place = WIDTH * (2 * torch.rand(leaves[key].shape, generator=source, dtype=torch.float64) - 1)
            leaves[key] = sign * place.abs() if sign else place
        for key in whole:
            place = torch.arange(1, count + 1, dtype=torch.float64)
            place[-len(POWERS) :] = torch.tensor(POWERS, dtype=torch.float64)
            # Both signs, and each name in an order of its own.
            turned = place if kinds[key] == "natural" else place * (1 - 2 * (torch.arange(count) % 2))
            leaves[key] = (turned if key == whole[0] else turned[torch.randperm(count, generator=source)]).reshape(
                leaves[key].shape
            )
        spread = gaps.meeting(gaps.moved(drawn, leaves), conditions)
        if spread is not None:
            found = gaps.look(bench, claim, spread)
            yield found
            kept[0][:0] = [found] if signs else []
    except (OutOfRange, TooLarge):
        # A whole number that counts something is not to be so large.
        return


def _waves(bench: Bench, claim: Claim) -> int:
    """How many circular functions of different arguments stand in a claim."""
    parts = bench.parts(claim.head, claim.claimed)
    return len({part.argument for part in parts if isinstance(part, t.Elementary) and part.name in CIRCULAR})


def _corners(bench: Bench, world: World, names: frozenset[str]) -> World:
    """The first trial with names at the corners of their domains: zero, equal, unit vectors, the ends of intervals."""
    first = {key: leaf.detach()[:1] for key, leaf in world.leaves.items()}
    shapes = {key: tuple(leaf.shape) for key, leaf in first.items() if key in names}
    flat = {key: tuple(map(Fraction, first[key].reshape(-1).tolist())) for key in shapes}
    exact = {key: Grid(shape, flat[key]) for key, shape in shapes.items()}
    domains = {key: bench.problem.declarations[key].domain for key in exact}
    # Rounding may put what is just inside of a domain on its end.
    found = [
        at for at in special(exact, domains)
        if all(inside(domains[key], Fraction(float(x))) for key in exact for x in at[key].entries)
    ]  # fmt: skip
    if not found:
        return gaps.moved(world, dict(first), torch.zeros(1, dtype=torch.long))
    leaves = {
        key: torch.tensor([list(map(float, at[key].entries)) for at in found], dtype=torch.float64).reshape(
            len(found), *leaf.shape[1:]
        )
        if key in exact
        else leaf.expand(len(found), *leaf.shape[1:])
        for key, leaf in first.items()
    }
    return gaps.placed(world, leaves, torch.zeros(len(found), dtype=torch.long))


def _downhill(
    bench: Bench, claim: Claim, group: list[gaps.Seen], domains: dict[str, Domain], conditions: list[Comparison]
) -> Iterator[gaps.Seen]:
    """Steps against the gradient of the gap from the worst inputs, of the lengths that go furthest down."""
    charted = {key: domain for key, domain in domains.items() if free(domain)}
    if not charted:
        return
    for part in group:
        if not part.good.any():
            continue
        world: World | None = gaps.moved(part.world, dict(part.world.leaves), _starts(part))
        for _ in range(STEPS):
            assert world is not None
            world = gaps.step(bench, claim, world, charted, conditions)
            if world is None:
                break
        else:
            assert world is not None
            yield gaps.look(bench, claim, world)


def _peaks(
    bench: Bench, claim: Claim, group: list[gaps.Seen], domains: dict[str, Domain], conditions: list[Comparison]
) -> Iterator[gaps.Seen]:
    """Where exponents are largest and divisors smallest: narrow peaks, which no slope leads to from far away."""
    charted = {key: domain for key, domain in domains.items() if free(domain)}
    found: list[tuple[Term, str]] = []
    for part in bench.parts(claim.head, claim.claimed):
        if isinstance(part, t.Elementary) and part.name == "exp" and not part.order:
            found.append((part.argument, "\\le"))
        elif isinstance(part, t.Divide) and t.variables(part.right):
            found.append((part.right, "\\ge"))
    for term, sign in found[:PEAKS] if charted else ():
        asked = replace(claim, head=term, claimed=t.Constant(Fraction(0)), relation=sign)
        for seen in group:
            world: World | None = gaps.moved(seen.world, dict(seen.world.leaves), _starts(seen))
            with suppress(NotExact, KeyError, AssertionError, OutOfRange, RuntimeError):
                for _ in range(3 * STEPS):
                    world = None if world is None else gaps.step(bench, asked, world, charted, conditions)
                if world is not None:
                    yield gaps.look(bench, claim, world)


def _starts(part: gaps.Seen) -> Tensor:
    """Trials with a small gap, with a small relative gap, and the first ones."""
    gap = torch.where(part.good, part.gap, torch.inf)
    third = STARTS // 3
    usual = part.good.nonzero().reshape(-1)[:third]
    return torch.unique(torch.cat([gap.argsort()[:third], part.ratio.argsort()[:third], usual]))


def _equal_exactly(bench: Bench, claim: Claim, seen: list[gaps.Seen]) -> tuple[tuple[float, float], str] | None:
    """The sides at an input where they are equal to the last digit in float64, and exactly as well."""
    looks = 0
    for part in seen:
        near = part.good & ((part.left - part.right).abs() <= FLOOR * part.scale)
        for place in near.nonzero().reshape(-1)[:2].tolist():
            second = second_look(bench, claim, part.world, place) if looks < gaps.SECOND_LOOKS else None
            looks += 1
            if second is not None and second.look is Look.WRONG:
                return (float(part.left[place]), float(part.right[place])), f"exactly: {second.sides}"
    return None


def _equality(bench: Bench, claim: Claim, seen: list[gaps.Seen], sizes: gaps.Sizes) -> Evidence | None:
    """What is said of a strict relation whose sides do not differ beyond rounding, or are equal at some input."""
    if (exactly := _equal_exactly(bench, claim, seen)) is not None:
        return gaps.equal(Outcome.WRONG, exactly[0], sizes, _points(seen), exactly[1], 2)
    above, below, near = False, False, None
    for part in seen:
        bar = WRONG_FACTOR * gaps.bar_of(bench, claim, part.world)
        signed = part.left - part.right
        comparable = part.good & (part.scale > gaps.SMALLEST)
        above |= bool((comparable & (signed > bar)).any() or (part.good & ~comparable & (signed > 0)).any())
        below |= bool((comparable & (signed < -bar)).any() or (part.good & ~comparable & (signed < 0)).any())
        if claim.relation != "\\ne" and (above or below):
            break
        touching = (comparable & (signed.abs() <= FLOOR * part.scale)).nonzero().reshape(-1)
        if near is None and len(touching):
            near = float(part.left[touching[0]]), float(part.right[touching[0]])
    points = _points(seen)
    if above and below and near is not None and joined(bench, claim):
        detail = "the sides cross: on the two sides of this input they differ in opposite directions"
        return gaps.equal(Outcome.WRONG, near, sizes, points, detail, len((above, below)))
    if above or below:
        zero = _equal_at_zero(seen)
        said = "the sides are equal at zero"
        return None if zero is None else gaps.equal(Outcome.UNDECIDED, zero, sizes, points, said)
    # Sides that saturate in float64 (tanh of 50 and 1) are equal, constant and never the wrong way round.
    same = [part.good & (part.left == part.right) for part in seen]
    values = {value for part, equal in zip(seen, same, strict=True) for value in part.left[equal].tolist()}
    against = any(bool((part.good & (part.gap < 0)).any()) for part in seen)
    many = 4 * sum(int(equal.sum()) for equal in same) >= points and (against or len(values) > 1)
    exact = rational.applies(bench.problem, claim)
    shown = near or (float(seen[0].left[0]), float(seen[0].right[0]))
    if many and not exact and not _absorbs(bench, claim):
        count = sum(int(equal.sum()) for equal in same)
        return gaps.equal(Outcome.WRONG, shown, sizes, points, gaps.EVERYWHERE[0], count)
    return gaps.equal(Outcome.UNDECIDED, shown, sizes, points, gaps.EVERYWHERE[1])


def _equal_at_zero(seen: list[gaps.Seen]) -> tuple[float, float] | None:
    """The sides where an input is zero and they are exactly equal, at inputs of usual size."""
    for part in seen:
        leaves = [leaf.detach().reshape(leaf.shape[0], -1) for leaf in part.world.leaves.values()]
        if not leaves:
            continue
        trials = part.good.shape[0]
        zero = torch.zeros(trials, dtype=torch.bool)
        tame = torch.ones(trials, dtype=torch.bool)
        for leaf in leaves:
            zero |= (leaf == 0).all(1)
            tame &= (leaf.abs() < 8).all(1)
        same = (zero & tame & part.good & (part.left == part.right)).nonzero().reshape(-1)
        if len(same):
            return float(part.left[same[0]]), float(part.right[same[0]])
    return None


def _absorbs(bench: Bench, claim: Claim) -> bool:
    """Whether a constant stands in the claim that float64 loses beside a number of usual size."""
    world = bench.worlds(claim.conditions)[0]
    return any(_tiny(part, world) for side in (claim.head, claim.claimed) for part in t.walk(side))


def _tiny(part: Term, world: World) -> bool:
    if t.variables(part) or any(isinstance(inner, t.Index | t.Arbitrary) for inner in t.walk(part)):
        return False
    try:
        with torch.no_grad():
            value = evaluate(part, world.root())
    except (KeyError, AssertionError, OutOfRange):
        return False
    return isinstance(value, Tensor) and bool(((value != 0) & (value.abs() < 1e-10)).any())
