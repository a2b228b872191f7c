"""Drawing inputs mod a prime: members of every declared domain, generic, so that what holds for them holds for all.

Positive numbers, intervals, definite matrices fill their space: an identity of rational functions that holds in
general holds on them, and one that holds on them holds in general. Where an equation narrows a domain (symmetric
and orthogonal matrices, unit vectors, simplices) its members are made by a rational formula that reaches all but few.

A side that has no value at any input makes its line wrong where the other side has one. Two ways to see it, each
without doubt: the logarithm of what is seen to be negative by its signs alone, and a side in which at every draw, at
sizes of every order, there is a singular matrix or a division by zero. That would be chance, but with degree / p at
each draw, if it were not so everywhere.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import inf, log2, prod
from random import Random

from derivcheck.evaluation import bounds
from derivcheck.evaluation import sizes as drawing
from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.completion import Completion
from derivcheck.evaluation.evaluator import FunctionValue, World, evaluate
from derivcheck.evaluation.forward import Forward
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.residues import Entry, ResidueArithmetic, Residues
from derivcheck.evaluation.unknowns import Known, Unknown
from derivcheck.language.shapes import Domain
from derivcheck.oracles.draws import INTEGRALS, Draws, given_by
from derivcheck.problem import terms as t
from derivcheck.problem.facts import negative
from derivcheck.problem.problem import Claim
from derivcheck.problem.scope import Declaration
from derivcheck.problem.terms import Comparison, Term

MOST_CHOICES = 64
"""So many combinations of members of finite sets are enumerated; with more of them they are drawn from all numbers."""
Asked = tuple[tuple[tuple[str, int], float], ...]
COMPLETION = Completion()
OPEN = frozenset(
    ("real", "positive", "nonnegative", "negative", "nonpositive", "nonzero", "interval", "natural", "integer")
)


@dataclass(frozen=True, slots=True)
class Look:
    """Both sides at one draw: ``size`` bounds what could have made them meet by chance."""

    valid: bool
    equal: bool = False
    zero: bool = False
    size: float = inf
    roots: int = 0
    reasons: tuple[str, ...] = ()
    asked: Asked = ()


def world(
    draws: Draws, sizes: Mapping[str, int], label: str, flipped: int, chosen: tuple[str, ...],
    equations: tuple[Comparison, ...], asked: Mapping[tuple[str, int], float],
) -> World:  # fmt: skip
    """One draw: a prime, an input, the functions. ``chosen`` are the names whose finitely many values are enumerated.

    Their combinations stand along the axis of trials. ``asked`` are the exponentials and logarithms to be needed.
    """
    generator = Random(f"{draws.settings.seed} mod p {label}")
    arithmetic = ResidueArithmetic(bounds.draw(generator), generator, flipped)
    arithmetic.relations.prepare(asked)
    leaves: dict[str, Residues] = {}
    for key, declaration in draws.problem.declarations.items():
        given = draws.values.get(key)
        if given is not None:
            leaves[key] = arithmetic.number(Fraction(given), 3 + len(declaration.family))
        elif key not in chosen:
            source = Random(f"{draws.settings.seed} {label} {key}")
            leaves[key] = _leaf(draws, declaration, sizes, arithmetic, source)
    several = [[key] for key, leaf in leaves.items() if leaf.grid.shape[0] > 1]
    leaves.update(_enumerated(draws, sizes, arithmetic, chosen))
    _crossed(leaves, [*several, [*chosen]])
    _positive_roots(draws, leaves, arithmetic)
    functions: dict[str, FunctionValue] = {}
    for key, function in draws.problem.functions.items():
        bound = draws.settings.functions.get(key)
        rows, columns = draws.problem.numbers(function.result, sizes)
        known = bound is not None and len(function.arguments) == 1
        functions[key] = Known(arithmetic, str(bound)) if known else Unknown(arithmetic, (rows, columns))
    trials = max((leaf.grid.shape[0] for leaf in leaves.values()), default=1)

    def made() -> World:
        return World(
            arithmetic, sizes, dict(leaves), functions, draws.problem.definitions, Forward(), draws.dependencies,
            trials, COMPLETION, COMPLETION,
        )  # fmt: skip

    for equation in equations:
        _meet(equation, made(), leaves, draws)
    result = made()
    for equation in equations:
        frame = draws.over_indices(equation, result)
        difference = arithmetic.subtract(evaluate(equation.left, frame), evaluate(equation.right, frame))
        if any(entry != 0 for entry in difference.grid.entries):
            raise NotExact("an input that meets the conditions mod a prime")
    return result


def _crossed(leaves: dict[str, Residues], groups: list[list[str]]) -> None:
    """Every trial of one group of names beside every trial of the others: both determinants of each orthogonal one."""
    total = 1
    for group in (group for group in groups if group):
        count = leaves[group[0]].grid.shape[0]
        for key in [key for each in groups[: groups.index(group)] for key in each]:
            leaves[key] = _repeated(leaves[key], count, 1)
        for key in group:
            leaves[key] = _repeated(leaves[key], 1, total)
        total *= count


def _repeated(leaf: Residues, times: int, whole: int) -> Residues:
    """Every trial so many times, and all of them so often one after the other."""
    trials, *shape = leaf.grid.shape
    per = prod(shape)
    each = [leaf.grid.entries[k * per : (k + 1) * per] * times for k in range(trials)]
    entries = tuple(x for trial in each for x in trial) * whole
    return leaf._replace(grid=Grid((trials * times * whole, *shape), entries))


def again(draws: Draws, world: World, number: int) -> World:
    """The same input mod the same prime, with other exponentials, logarithms and π, and nothing evaluated yet."""
    old = world.arithmetic
    assert isinstance(old, ResidueArithmetic)
    arithmetic = ResidueArithmetic(old.p, Random(f"{old.relations.salt} again {number}"))
    _positive_roots(draws, world.leaves, arithmetic)
    return replace(world, arithmetic=arithmetic, differentiator=Forward())


def _meet(equation: Comparison, world: World, leaves: dict[str, Residues], draws: Draws) -> None:
    """Give a declared name the value of the other side of an equation."""
    free = [key for key in leaves if draws.problem.declarations[key].domain.kind in OPEN]
    given = given_by(equation, free, world.dependencies)
    if given is None:
        raise NotExact("a condition that is an equation no single name solves")
    shape = (1, *leaves[given[0]].grid.shape[1:])
    leaves[given[0]] = world.arithmetic.expand(evaluate(given[1], world.root()), shape)


def _leaf(
    draws: Draws, declaration: Declaration, sizes: Mapping[str, int], a: ResidueArithmetic, source: Random
) -> Residues:
    """``(1, family …, rows, columns)``."""
    shape = (1, *draws.problem.dims(declaration, sizes))
    kind = declaration.domain.kind
    values: Grid[Entry] = Grid(shape, tuple(source.randrange(1, a.p) for _ in range(prod(shape))))
    drawn = Residues(values, 1, 0)
    if kind in OPEN or kind in ("finite", "onehot"):
        return drawn
    match kind:
        case "symmetric" | "spd" | "psd" | "skew" | "diagonal" | "lower" | "upper":
            return patterned(a, kind, drawn)
        case "simplex":
            return a.divide(drawn, a.sum(drawn, -2))
        case "unit" if shape[-2] > 1:
            return _unit(drawn, a)
        case "orthogonal":
            return _orthogonal(shape, source, a)
    raise NotExact(f"a draw from this domain ({kind}) mod a prime")


def patterned(a: ResidueArithmetic, kind: str, drawn: Residues) -> Residues:
    """A drawn matrix with the pattern of its kind: made the same as its transpose, or 0 outside of it."""
    if kind in ("symmetric", "spd", "psd"):
        return a.add(drawn, a.transpose(drawn))
    if kind == "skew":
        return a.subtract(drawn, a.transpose(drawn))
    keep = {"diagonal": operator.eq, "lower": operator.ge, "upper": operator.le}[kind]
    rows, rank = drawn.grid.shape[-2], len(drawn.grid.shape)
    mask = tuple(int(keep(i, j)) for i in range(rows) for j in range(rows))
    return a.multiply(drawn, Residues(Grid((1,) * (rank - 2) + (rows, rows), mask), 0, 0, True))


def _unit(drawn: Residues, a: ResidueArithmetic) -> Residues:
    """Stereographic projection: (2t, |t|² − 1) / (|t|² + 1)."""
    rank = len(drawn.grid.shape)
    short = a.narrow(drawn, -2, 0, drawn.grid.shape[-2] - 1)
    square = a.sum(a.multiply(short, short), -2)
    one = a.full(Fraction(1), 1, 1, rank)
    column = a.concatenate([a.add(short, short), a.subtract(square, one)], -2)
    return a.divide(column, a.add(square, one))


def _orthogonal(shape: tuple[int, ...], source: Random, a: ResidueArithmetic) -> Residues:
    """Cayley's (I − K)(I + K)⁻¹ for a skew K; a square matrix also with its first row negated, on the next trial.

    The orthogonal matrices fall into two parts, by the sign of the determinant: a claim has to hold on both.
    """
    *lead, rows, columns = shape
    size = max(rows, columns)
    full = (*lead, size, size)
    drawn = Residues(Grid(full, tuple(source.randrange(1, a.p) for _ in range(prod(full)))), 1, 0)
    skew = a.subtract(drawn, a.transpose(drawn))
    eye = a.eye(size, len(shape))
    turned = a.matmul(a.subtract(eye, skew), a.inverse(a.add(eye, skew)))
    if rows == columns:
        if prod(lead) != 1:
            raise NotExact("a family of orthogonal matrices")
        first = a.negate(a.narrow(turned, -2, 0, 1))
        return a.concatenate([turned, a.concatenate([first, a.narrow(turned, -2, 1, size - 1)], -2)], 0)
    tall = a.narrow(turned, -1, 0, min(rows, columns))
    return tall if rows > columns else a.transpose(tall)


def _members(domain: Domain, shape: tuple[int, ...]) -> tuple[int, list[tuple[int, ...]]]:
    """How many draws are independent, and the choices of each: an entry, or a whole one-hot column."""
    if domain.kind == "onehot":
        rows, columns = shape[-2:]
        count = rows * columns
        return prod(shape[:-2]), [tuple(int(k == j) for k in range(count)) for j in range(count)]
    values = domain.values or tuple(range(int(domain.low or 0), int(domain.high or 0) + 1))  # type: ignore[arg-type]
    return prod(shape), [(value,) for value in values]


def choices(draws: Draws, sizes: Mapping[str, int], names: tuple[str, ...]) -> int:
    """How many combinations the members of these finite sets have."""
    total = 1
    for key in names:
        count, options = _options(draws, sizes, key)
        total *= len(options) ** min(count, 64)
    return total


def _options(draws: Draws, sizes: Mapping[str, int], key: str) -> tuple[int, list[tuple[int, ...]]]:
    declaration = draws.problem.declarations[key]
    return _members(declaration.domain.in_numbers(sizes), draws.problem.dims(declaration, sizes))


def _enumerated(
    draws: Draws, sizes: Mapping[str, int], a: ResidueArithmetic, names: tuple[str, ...]
) -> dict[str, Residues]:
    """Every combination of the members of finite sets, one a trial."""
    options = [_options(draws, sizes, key) for key in names]
    spread: list[Iterator[tuple[tuple[int, ...], ...]]] = [product(each, repeat=count) for count, each in options]
    everything = list(product(*spread))
    found: dict[str, Residues] = {}
    for position, key in enumerate(names):
        entries = tuple(x for combination in everything for part in combination[position] for x in part)
        shape = (len(everything), *draws.problem.dims(draws.problem.declarations[key], sizes))
        size = log2(max(map(abs, entries), default=0) + 1) + 1
        found[key] = Residues(Grid(shape, tuple(x % a.p for x in entries)), size, 0, True)
    return found


def _positive_roots(draws: Draws, leaves: Mapping[str, Residues], a: ResidueArithmetic) -> None:
    """√(x²) is x where x is declared positive, and only there."""
    for key, leaf in leaves.items():
        if len(leaf.grid.entries) == 1 and -1 not in draws.problem.declarations[key].domain.signs:
            a.relations.positive.append(leaf.grid.entries[0])


def functions_of(world: World) -> list[Unknown]:
    """The arbitrary functions, with what was drawn for them."""
    return [function for function in world.functions.values() if isinstance(function, Unknown)]


NO_VALUE = "the {} side has no value at any input: "
UNDEFINED = frozenset(("division by zero", "singular matrix", "logarithm of zero"))
LARGE, MORE, TWICE = 9, 6, 2
"""A size that is larger than all others together may have to be; how many more choices, and draws of each."""


def by_signs(draws: Draws, claim: Claim) -> str:
    """Why one side has no value anywhere while the other is not seen to have none; empty where nothing is seen."""
    found = [_negative_logarithm(side, draws) for side in (claim.head, claim.claimed)]
    if (found[0] is None) == (found[1] is None):
        return ""
    which, part = ("left", found[0]) if found[0] is not None else ("claimed", found[1])
    assert part is not None
    quoted = draws.problem.source.text[part.span.start : part.span.end].strip()
    what = f"`{quoted}` is negative" if quoted else "a part of it is negative"
    return NO_VALUE.format(which) + what + ", and has no logarithm"


def _negative_logarithm(side: Term, draws: Draws) -> Term | None:
    """The argument of a logarithm that is negative wherever it is defined, if it is reached at every input."""
    definitions = draws.problem.definitions
    stack, seen = [side], set[str]()
    looked_at: dict[int, Term] = {}
    while stack:
        top = stack.pop()
        if id(top) in looked_at:  # functions that call each other twice share what doubles when it is written out
            continue
        looked_at[id(top)] = top
        match top:
            case t.Elementary(name="log", order=0, argument=argument) if negative(argument, draws.problem.scope):
                return argument
            case t.Piecewise() | t.Indicator() | t.Comparison() | t.Derivative() | t.Chain() | t.Optimum():
                continue
            case t.Reduce(conditions=conditions) if conditions:
                continue
            case t.Variable(key=key) if key in definitions and key not in seen:
                seen.add(key)
                stack.append(definitions[key].term)
        stack.extend(t.children(top))
    return None


def by_draws(draws: Draws, claim: Claim, equations: tuple[Comparison, ...]) -> str:
    """Why one side has no value at any draw mod a prime where the other has one at every draw."""
    if claim.solution is not None or any(name in draws.fixed for name in draws.symbols):
        return ""
    bad: set[bool] = set()
    reasons: dict[str, None] = {}
    for number, choice in enumerate(_orders(draws)):
        whole = drawing.complete(choice, draws.problem)
        for again in range(TWICE):
            there = world(draws, whole, f"nowhere {number} {again}", 0, (), equations, {})
            a = there.arithmetic
            assert isinstance(a, ResidueArithmetic)
            frame = draws.frame(claim, there)
            try:
                values = [evaluate(side, frame).grid.entries for side in (claim.head, claim.claimed)]
            except (NotExact, OutOfRange):
                return ""
            missing = [all(entry is None for entry in entries) for entries in values]
            whole_sides = [None not in entries for entries in values]
            one_sided = (missing[0] and whole_sides[1]) or (missing[1] and whole_sides[0])
            if not one_sided or not UNDEFINED.issuperset(a.failures):
                return ""
            bad.add(missing[0])
            reasons.update(a.failures)
    if len(bad) != 1:
        return ""
    which, side = ("left", claim.head) if bad.pop() else ("claimed", claim.claimed)
    # An integral is worked out by completing a square, which may be flat where there is a value; and the rule for the
    # slope of a determinant asks for an inverse where there need be none.
    ruled = (*INTEGRALS, t.Derivative, t.Chain) if "singular matrix" in reasons else INTEGRALS
    if any(isinstance(part, ruled) for part in draws.parts(side)):
        return ""
    return NO_VALUE.format(which) + ", ".join(reasons)


def _orders(draws: Draws) -> Iterator[dict[str, int]]:
    """Sizes of every order: each size far larger than the others, and far smaller; an inverse may ask for either."""
    names = draws.symbols
    least = {name: max(2, draws.problem.size_bounds.get(name, 2)) for name in names}
    for name in names:
        small = {other: least[other] + rank % 3 for rank, other in enumerate(names)}
        yield {**small, name: least[name] + sum(small.values()) + 1}
        yield {**{other: LARGE - rank % 3 for rank, other in enumerate(names)}, name: least[name]}
    source = Random(f"{draws.settings.seed} orders")
    for _ in range(MORE if names else 2):
        yield {name: least[name] + source.randrange(6) for name in names}
