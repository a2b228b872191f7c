r"""Optima and solutions mod a prime: what vanishes at the claimed place, rather than that place from large equations.

A quadratic objective with an invertible second derivative has one stationary place, and an equation F(u) = 0 that is
linear in u, with an invertible Jacobian, one solution. So the claimed place is the one exactly if

    ∂Q/∂u = 0 there,   or   F = 0 there,

which are far smaller rational functions than the inverse of the second derivative, or Jacobian, would be. That Q is
quadratic is seen by its third difference Q(u) − 3 Q(u + h) + 3 Q(u + 2h) − Q(u + 3h) at a drawn u and h, which is zero
for polynomials of second degree alone; that F is linear by its second difference. A determinant that is not zero mod
p, at one draw, is not zero, and then not at almost every input of these sizes. Whether a stationary place is the
largest or the smallest is not told in a field: the numerical oracles say that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import comb, prod

from derivcheck.evaluation.arithmetic import Arithmetic, NotExact, Value
from derivcheck.evaluation.completion import NOT_QUADRATIC, Places, drawn_place, expanded, holding, square, varied
from derivcheck.evaluation.evaluator import Frame, World, evaluate
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.residues import ResidueArithmetic, Residues
from derivcheck.oracles import fields
from derivcheck.oracles.draws import Draws
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim, Solution
from derivcheck.problem.terms import Term

NOT_LINEAR = "an equation that is not linear in its unknown"


@dataclass(frozen=True, slots=True)
class Sides:
    """Two values that are equal where the claim holds; it tests nothing where ``shown`` is zero at every input."""

    left: Residues
    right: Residues
    shown: tuple[Residues, ...]


def unknown_of(claim: Claim) -> str | None:
    """The name whose place a claim gives."""
    if claim.solution is not None:
        return claim.solution.unknown
    optimum = _optimum(claim)
    return None if optimum is None else optimum.key


def _optimum(claim: Claim) -> t.Optimum | None:
    head = claim.head
    whole = isinstance(head, t.Optimum) and not head.indices and head.position is None
    return head if whole else None  # type: ignore[return-value]


def sides(draws: Draws, claim: Claim, world: World) -> Sides:
    """What has to be equal at one draw for the claim to hold."""
    frame = draws.frame(claim, world)
    optimum = _optimum(claim)
    if claim.solution is not None:
        return _at_solution(draws, claim, claim.solution, frame)
    if optimum is not None:
        return _at_optimum(draws, claim, optimum, frame)
    left, right = evaluate(claim.head, frame), evaluate(claim.claimed, frame)
    return Sides(left, right, (left, right))


def _at_optimum(draws: Draws, claim: Claim, optimum: t.Optimum, outer: Frame) -> Sides:
    """The slope of the objective at the claimed place, against zero."""
    a: ResidueArithmetic = outer.world.arithmetic  # type: ignore[assignment]
    key, held = optimum.key, optimum.held
    frame = holding(outer, held)
    places = _places(key, frame)

    def curvature(at: Frame) -> Value:
        found = expanded(optimum.objective, at, places, {key: at.name(key)}, key, held).curvature
        return None if found is None else square(at.world.arithmetic, found)

    vanishing = _differences(optimum.objective, frame, key, 3, NOT_QUADRATIC)
    if not vanishing or not _regular(draws, claim, (optimum.objective, key), held, outer, curvature):
        return _nothing()
    place = _shaped(evaluate(claim.claimed, frame), key, frame)
    inner = varied(optimum.objective, frame, places, {key: place}, key, held)
    slope = evaluate(optimum.objective, inner).tangent
    if slope is None:
        raise NotExact("an optimum over what the objective does not depend on")
    return Sides(slope, a.number(Fraction(0), len(a.shape(slope))), (place,))


def _at_solution(draws: Draws, claim: Claim, solution: Solution, outer: Frame) -> Sides:
    """The equation at the place that a row names; of another row, its two sides at the computed solution."""
    a: ResidueArithmetic = outer.world.arithmetic  # type: ignore[assignment]
    key, held = solution.unknown, solution.held
    if solution.members:
        raise NotExact("a solution for every member of a family")
    if solution.given or solution.also or solution.spare:
        raise NotExact("a solution of several equations")
    frame = holding(outer, held)
    equation = solution.equation

    def jacobian(at: Frame) -> Value:
        inner = varied(equation, at, _places(key, at), {key: at.name(key)}, key, held)
        found = evaluate(equation, inner).tangent
        return None if found is None else _matrix(at.world.arithmetic, found)

    linear = _differences(equation, frame, key, 2, NOT_LINEAR)
    if not linear or not _regular(draws, claim, (solution,), held, outer, jacobian):
        return _nothing()
    named = _named(claim, solution, draws)
    if named is not None:
        place = _shaped(evaluate(named, frame), key, frame)
        inner = frame.bind({key: place})
        return Sides(evaluate(solution.left, inner), evaluate(solution.right, inner), (place,))
    matrix, value, drawn = jacobian(frame), evaluate(equation, frame), frame.name(key)
    (*lead, rows, columns), (*before, height, width) = a.shape(matrix), a.shape(value)
    if rows != columns or height * width != rows:
        raise NotExact("a solution of more equations than unknowns")
    step = a.matmul(a.inverse(matrix), a.reshape(value, (*before, rows, 1)))
    place = a.subtract(drawn, a.reshape(step, (*lead, *a.shape(drawn)[len(lead) :])))
    inner = frame.bind({key: place})
    left, right = evaluate(claim.head, inner), evaluate(claim.claimed, inner)
    return Sides(left, right, (left, right))


def _nothing() -> Sides:
    """No values: the input has to be drawn again."""
    nothing = Residues(Grid((1, 1, 1), (None,)), 0, 0)
    return Sides(nothing, nothing, (nothing,))


def _places(key: str, frame: Frame) -> Places:
    shape = frame.world.arithmetic.shape(frame.name(key))[1 + len(frame.axes) :]
    if len(shape) != 2:
        raise NotExact("a place of a whole family")
    return {key: shape}


def _shaped(value: Value, key: str, frame: Frame) -> Value:
    """A value with all the rows and columns of a name."""
    a = frame.world.arithmetic
    shape = a.shape(value)
    return a.expand(value, (*shape[:-2], *a.shape(frame.name(key))[-2:]))


def _named(claim: Claim, solution: Solution, draws: Draws) -> Term | None:
    """The other side of a row that says what the unknown is."""
    for side, other in ((claim.head, claim.claimed), (claim.claimed, claim.head)):
        if isinstance(side, t.Variable) and side.key == solution.unknown and not side.indices:
            names = t.variables(other).difference(solution.held)
            if solution.unknown not in names.union(*(draws.dependencies.get(name, ()) for name in names)):
                return other
    return None


def _differences(term: Term, frame: Frame, key: str, order: int, otherwise: str) -> bool:
    """Whether the difference of this order exists along a drawn line; ``NotExact`` where it is not zero.

    It is zero everywhere along every line exactly for polynomials of a lower degree.
    """
    a: ResidueArithmetic = frame.world.arithmetic  # type: ignore[assignment]
    place = frame.name(key)
    step = drawn_place(a, a.shape(place))
    total: Value = None
    for k in range(order + 1):
        value = evaluate(term, frame.bind({key: place}))
        part = a.multiply(a.number(Fraction((-1) ** k * comb(order, k)), frame.rank), value)
        total = part if total is None else a.add(total, part)
        place = a.add(place, step)
    if None in total.grid.entries:
        return False
    if any(total.grid.entries):
        raise NotExact(otherwise)
    a.relations.tests += total.top + 1
    return True


def _regular(
    draws: Draws, claim: Claim, what: tuple[object, ...], held: tuple[str, ...], outer: Frame,
    matrix_at: Callable[[Frame], Value],
) -> bool:  # fmt: skip
    """Whether a matrix has full column rank for almost every input: at one draw of these sizes it has.

    Exponentials, logarithms and π are unknowns here that may be related after all: the matrix must not depend on them.
    """
    key = ("regular", what, tuple(sorted(outer.world.sizes.items())), claim.conditions, claim.free)
    if key not in draws.kept:
        worlds = [fields.again(draws, outer.world, number) for number in range(2)]
        frames = [holding(draws.frame(claim, world), held) for world in worlds]
        matrix = matrix_at(frames[0])
        if matrix is None:
            raise NotExact("an optimum or a solution over what does not stand there")
        if None in matrix.grid.entries:
            return False
        a = worlds[0].arithmetic
        assert isinstance(a, ResidueArithmetic)
        old = outer.world.arithmetic
        assert isinstance(old, ResidueArithmetic)
        # Inputs that meet an equation may have been made of exponentials.
        tied = any(each.sign == "=" for each in draws.problem.assumed)
        moved = a.relations.used and matrix_at(frames[1]).grid != matrix.grid
        if a.relations.root_count or moved or (tied and old.relations.used):
            raise NotExact("whether a matrix is invertible in which exponentials or roots stand")
        draws.kept[key] = _full_rank(a, matrix)
    return bool(draws.kept[key])


def _full_rank(a: ResidueArithmetic, matrix: Residues) -> bool:
    rows, columns = matrix.grid.shape[-2:]
    if rows < columns:
        return False
    product = matrix if rows == columns else a.matmul(a.transpose(matrix), matrix)
    return all(a.det(product).grid.entries)


def _matrix(a: Arithmetic, tangent: Value) -> Value:
    """Derivatives ``(directions, lead …, rows, columns)`` as a matrix with a column for each direction."""
    count, *lead, rows, columns = a.shape(tangent)
    flat = a.swap(a.reshape(tangent, (count, prod(lead) * rows * columns)), 0, 1)
    return a.reshape(flat, (*lead, rows * columns, count))
