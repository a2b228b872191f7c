"""Whether a relation between two piecewise linear functions holds on all of R^d, or on the part that conditions leave.

With one hidden layer the canonical form decides: a function ``w·x + b + Σ c |p(x)|`` of different hyperplanes p = 0
vanishes exactly when every number in it is zero, for c is half of what its slope changes by across p = 0. On a cell
that not every hyperplane crosses, those that do not cross it are part of the affine side. Where bends stand in bends,
space is cut into cells, but only by the inner ones: on each cell the outer layer is one layer again. Where a function
may jump, or a relation is strict, the faces between the cells are cells too. Numbers are rationals throughout.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from derivcheck.evaluation.arithmetic import SIGNS
from derivcheck.evaluation.forms import (
    ONE,
    ZERO,
    Atoms,
    Bend,
    Choice,
    Condition,
    Entry,
    Form,
    canonical,
    combination,
    constant,
    primitive,
)  # fmt: skip
from derivcheck.evaluation.rational import INVALID
from derivcheck.oracles.cones import Cone, Vector, closed, contains, dot, point_of, signs, split, whole

CELLS = 3000
"""So many cells are looked at for one claim; a function with more of them is left undecided."""
WORK = 100_000_000
"""A cut compares every three extreme rays of a cell; so many comparisons are made for one claim."""


@dataclass(frozen=True, slots=True)
class Proved:
    """The relation holds everywhere; ``cells`` were looked at."""

    cells: int


@dataclass(frozen=True, slots=True)
class Refuted:
    """It fails at this point."""

    point: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """Neither, and why."""

    reason: str


Decision = Proved | Refuted | Undecided
NOTHING = Undecided("no input meets the conditions")
GAP = Undecided("a side has no value at some inputs")


class _Cut(Exception):
    """The cell has to be cut by this hyperplane before more can be said."""

    def __init__(self, normal: Vector) -> None:
        super().__init__()
        self.normal = normal


@dataclass(frozen=True, slots=True)
class _Place:
    """A cell, and what the bends and choices are there as far as they are affine."""

    cone: Cone
    known: dict[int, Entry]


def decide(
    left: Entry, right: Entry, relation: str, conditions: Sequence[Condition], atoms: Atoms, *, inside: bool = False
) -> Decision:
    """Whether ``left relation right`` for every input that meets the conditions; ``inside`` of the cells alone."""
    jumps = any(isinstance(atom, Choice) for atom in atoms.within([left, right, *(one.form for one in conditions)]))
    faces = not inside and (jumps or relation in ("<", ">", "\\ne"))
    if not faces and not jumps and left is not INVALID and right is not INVALID:
        # A hidden layer that is the same on both sides is gone before any cell is looked at.
        left, right = combination([(ONE, left), (-ONE, right)]), constant(ZERO)
    start, rest = _start(conditions, atoms, faces)
    if start is None:
        return NOTHING
    faces = not inside and (faces or bool(rest))
    stack = [_Place(start, {})]
    looked, work, gap = 0, 0, False
    while stack:
        place = stack.pop()
        try:
            if not all(_met(one, place, atoms) for one in rest):
                continue
            sides = [_flat(side, place, atoms) for side in (left, right)]
            if INVALID in sides:
                gap = True
                continue
            difference = combination([(ONE, sides[0]), (-ONE, sides[1])])  # type: ignore[list-item]
            found = _violated(difference, relation, place, atoms)
        except _Cut as cut:
            work += len(place.cone.rays) ** 3
            if looked + len(stack) >= CELLS or work > WORK:
                return Undecided(
                    f"it has more than {CELLS} cells" if work <= WORK else "its cells have too many corners"
                )
            above, on, below = split(place.cone, cut.normal)
            pieces = (above, below, on) if faces else (above, below)
            stack.extend(_Place(piece, dict(place.known)) for piece in pieces if piece is not None)
            continue
        looked += 1
        if found is not None:
            return Refuted(found)
    return GAP if gap else Proved(looked) if looked else NOTHING


def _start(conditions: Sequence[Condition], atoms: Atoms, faces: bool) -> tuple[Cone | None, tuple[Condition, ...]]:
    """The cell from which to set out, and the conditions that are still to be asked on every cell.

    Linear conditions leave a convex set. What is continuous and holds inside of it holds on its border too; for the
    rest the border is a matter of its own, so that only what has none is put into the first cell.
    """
    cone: Cone | None = whole(atoms.inputs)
    rest: list[Condition] = []
    order = {"=": 0, "\\ge": 1, ">": 2, "\\ne": 3}
    linear = all(one.sign != "\\ne" and atoms.is_affine(one.form) for one in conditions)
    for one in sorted(conditions, key=lambda one: order[one.sign]):
        if cone is None:
            break
        if not atoms.is_affine(one.form) or one.sign == "\\ne":
            rest.append(one)
            continue
        normal = vector(one.form, atoms)
        if one.sign == "=":
            cone = split(cone, normal)[1]
        elif one.sign == "\\ge" and linear and not faces:
            cone = closed(cone, normal)
        elif one.sign == "\\ge":
            rest.append(one)
        else:
            cone = split(cone, normal)[0]
    return cone, tuple(rest)


def vector(form: Form, atoms: Atoms) -> Vector:
    """An affine form as whole numbers, the constant last; a positive multiple of it."""
    common = lcm(form.constant.denominator, *(value.denominator for _, value in form.parts))
    found = [0] * (atoms.inputs + 1)
    for number, value in form.parts:
        found[number] = int(value * common)
    found[-1] = int(form.constant * common)
    return tuple(found)


def _sign(form: Form, place: _Place, atoms: Atoms) -> int | None:
    """The sign of an affine form on a cell; None where the cell has points on both sides."""
    if not form.parts:
        return (form.constant > 0) - (form.constant < 0)
    above, below = signs(place.cone, vector(form, atoms))
    return None if above and below else int(above) - int(below)


def _met(one: Condition, place: _Place, atoms: Atoms) -> bool:
    """Whether a condition is met on the whole cell."""
    form = _affine(one.form, place, atoms)
    if form is INVALID:
        return False
    sign = _sign(form, place, atoms)
    if sign is None:
        raise _Cut(vector(form, atoms))
    return bool(SIGNS[one.sign](sign, 0))


def _affine(entry: Entry, place: _Place, atoms: Atoms) -> Entry:
    """The entry on a cell, on which it has to be affine."""
    return _flat(entry, place, atoms, straight=True)


def _flat(entry: Entry, place: _Place, atoms: Atoms, *, straight: bool = False) -> Entry:
    """The entry on a cell as one layer: affine, and multiples of |p| of affine p that change their sign in the cell.

    Where it has to be ``straight`` such a p cuts the cell.
    """
    if entry is INVALID:
        return INVALID
    terms: list[tuple[Fraction, Form]] = []
    for number, coefficient in entry.parts:
        if number < atoms.inputs:
            continue
        value = place.known.get(number)
        if value is None:
            value = _settled(number, place, atoms)
            if value is INVALID or atoms.is_affine(value):
                place.known[number] = value
            elif straight:
                raise _Cut(vector(canonical(value, atoms).kinks[0][0], atoms))
        if value is INVALID:
            return INVALID
        terms.append((coefficient, value))
    if not terms:
        return entry
    own = Form(tuple(part for part in entry.parts if part[0] < atoms.inputs), entry.constant)
    return combination([(ONE, own), *terms])


def _settled(number: int, place: _Place, atoms: Atoms) -> Entry:
    atom = atoms.made[number - atoms.inputs]
    if isinstance(atom, Choice):
        met = all(_met(one, place, atoms) for one in atom.conditions)
        return _flat(atom.met if met else atom.otherwise, place, atoms)
    argument = _affine(atom.argument, place, atoms)
    if argument is INVALID:
        return INVALID
    sign = _sign(argument, place, atoms)
    if sign is not None:
        return combination([(Fraction(sign), argument)])
    if place.cone.equations:
        # On a face two hyperplanes may meet it in the same points: it is cut rather than compared.
        raise _Cut(vector(argument, atoms))
    scale, form = primitive(argument)
    return Form(((atoms.number(Bend(form)), abs(scale)),))


def _violated(difference: Form, relation: str, place: _Place, atoms: Atoms) -> tuple[Fraction, ...] | None:
    """A point of the cell at which ``difference relation 0`` fails, or None if there is none."""
    kinks = canonical(difference, atoms).kinks
    if kinks:
        if relation != "=":
            raise _Cut(vector(kinks[0][0], atoms))
        return _near_kink(difference, kinks, place.cone, atoms)
    signs_against = {"=": (1, -1), "\\le": (1,), "<": (0, 1), "\\ge": (-1,), ">": (0, -1), "\\ne": (0,)}
    normal = vector(difference, atoms)
    for sign in signs_against[relation]:
        found = attained(place.cone, normal, sign)
        if found is not None:
            return point_of(found)
    return None


def attained(cone: Cone, normal: Vector, sign: int) -> Vector | None:
    """A point of the cell at which ``normal · x`` has this sign, or None."""
    base = cone.interior
    value = dot(normal, base)
    if (value > 0) - (value < 0) == sign:
        return base
    wanted = sign or (-1 if value > 0 else 1)
    lines = ((line, tuple(-x for x in line)) for line in cone.lines)
    directions = [*(ray.vector for ray in cone.rays), *(end for line in lines for end in line)]
    for direction in directions:
        step = dot(normal, direction)
        if step * wanted > 0:
            if sign == 0:
                return tuple(abs(step) * b + abs(value) * x for b, x in zip(base, direction, strict=True))
            times = abs(value) // abs(step) + 1
            return tuple(b + times * x for b, x in zip(base, direction, strict=True))
    return None


def _near_kink(
    difference: Form, kinks: Sequence[tuple[Form, Fraction]], cone: Cone, atoms: Atoms
) -> tuple[Fraction, ...]:
    """A point at which a flat form with a kink in the cell is not zero.

    Off all other hyperplanes the form is affine but for c |p|, so that of three points in a row across p = 0 at equal
    distances it cannot vanish at all: f(x + e) - 2 f(x) + f(x - e) = 2 c |p(x + e)|.
    """
    normals = [vector(form, atoms) for form, _ in kinks]
    normal, others = normals[0], normals[1:]
    _, on, _ = split(cone, normal)
    assert on is not None
    middle = next(point for point in _scattered(on) if all(dot(other, point) for other in others))
    axis = next(k for k, entry in enumerate(normal[:-1]) if entry)
    count = 1
    while True:
        # The step is the last coordinate over count, so 1 / count in the inputs.
        pair = [tuple(count * x + (side * middle[-1] if k == axis else 0) for k, x in enumerate(middle))
                for side in (1, -1)]  # fmt: skip
        if all(contains(cone, p) and all(dot(o, p) * dot(o, middle) > 0 for o in others) for p in pair):
            break
        count *= 2
    for candidate in (middle, *pair):
        point = point_of(candidate)
        if at(difference, point, atoms):
            return point
    raise AssertionError("a kink that does not show")


def _scattered(cone: Cone) -> Iterator[Vector]:
    """Points of a cell that lie on no hyperplane but by chance."""
    source = random.Random(0)
    reach = 2
    while True:
        point = [0] * len(cone.sides[0])
        for vector in (ray.vector for ray in cone.rays):
            weight = source.randint(1, reach)
            point = [p + weight * x for p, x in zip(point, vector, strict=True)]
        for vector in cone.lines:
            weight = source.randint(-reach, reach)
            point = [p + weight * x for p, x in zip(point, vector, strict=True)]
        yield tuple(point)
        reach = min(2 * reach, 10**9)


def at(entry: Entry, point: Sequence[Fraction], atoms: Atoms) -> Fraction | None:
    """The value of an entry at a point, by plain substitution; None where it has none."""
    if entry is INVALID:
        return None
    total = entry.constant
    for number, coefficient in entry.parts:
        if number < atoms.inputs:
            total += coefficient * point[number]
            continue
        atom = atoms.made[number - atoms.inputs]
        if isinstance(atom, Bend):
            inner = at(atom.argument, point, atoms)
            value = None if inner is None else abs(inner)
        else:
            values = [(one.sign, at(one.form, point, atoms)) for one in atom.conditions]
            met = all(value is not None and SIGNS[sign](value, 0) for sign, value in values)
            value = at(atom.met if met else atom.otherwise, point, atoms)
        if value is None:
            return None
        total += coefficient * value
    return total
