"""Cells as integer cones: where a piecewise linear function is linear, described by whole numbers alone.

A point x of R^d stands for the ray through (x, 1), a linear condition w·x + b > 0 for the half-space of (w, b). A cell
is the relative interior of a cone that is kept by its generators: lines, and extreme rays with the facets on which
each lies. To cut it by a hyperplane is the double description method (Motzkin, Raiffa, Thompson and Thrall 1953;
adjacency as in Fukuda and Prodon 1996). Nothing is rounded, and no linear programme has to be solved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

Vector = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ray:
    """A generator, and a bit for each constraint that it meets with equality."""

    vector: Vector
    tight: int


@dataclass(frozen=True, slots=True)
class Cone:
    """``{x : side · x > 0, equation · x = 0}`` for all sides and equations; the last coordinate is positive too."""

    lines: tuple[Vector, ...]
    rays: tuple[Ray, ...]
    sides: tuple[Vector, ...]
    equations: tuple[Vector, ...] = ()

    @property
    def bit(self) -> int:
        """The bit of the next constraint."""
        return 1 << (len(self.sides) + len(self.equations))

    @property
    def interior(self) -> Vector:
        """A point of the cell."""
        return tuple(map(sum, zip(*(ray.vector for ray in self.rays), strict=True)))

    @property
    def real(self) -> bool:
        """Whether it holds any point: not only directions."""
        return any(ray.vector[-1] for ray in self.rays)


Pieces = tuple[Cone | None, Cone | None, Cone | None]
"""The part of a cell above a hyperplane, on it, and below it; None where there is none."""


def whole(dimension: int) -> Cone:
    """The cone over all of R^d."""
    units = [tuple(int(i == j) for j in range(dimension + 1)) for i in range(dimension + 1)]
    return Cone(tuple(units[:-1]), (Ray(units[-1], 0),), (units[-1],))


def dot(a: Sequence[int], b: Sequence[int]) -> int:
    """The inner product."""
    return sum(x * y for x, y in zip(a, b, strict=True) if x and y)


def signs(cone: Cone, normal: Vector) -> tuple[bool, bool]:
    """Whether the cell has points above the hyperplane, and points below it."""
    if any(dot(normal, line) for line in cone.lines):
        return True, True
    values = [dot(normal, ray.vector) for ray in cone.rays]
    return any(value > 0 for value in values), any(value < 0 for value in values)


def split(cone: Cone, normal: Vector) -> Pieces:
    """The cell cut by the hyperplane ``normal · x = 0``."""
    for position, line in enumerate(cone.lines):
        if dot(normal, line):
            return _along_line(cone, normal, position)
    above, below = signs(cone, normal)
    if not (above and below):
        return (cone, None, None) if above else (None, None, cone) if below else (None, cone, None)
    values = [dot(normal, ray.vector) for ray in cone.rays]
    bit = cone.bit
    on = [Ray(ray.vector, ray.tight | bit) for ray, value in zip(cone.rays, values, strict=True) if not value]
    on += _crossings(cone, values)
    parts = [tuple(ray for ray, value in zip(cone.rays, values, strict=True) if value * side > 0) for side in (1, -1)]
    upper, lower = (
        Cone(cone.lines, (*kept, *on), (*cone.sides, tuple(side * n for n in normal)), cone.equations)
        for side, kept in zip((1, -1), parts, strict=True)
    )
    middle = Cone(cone.lines, tuple(on), cone.sides, (*cone.equations, normal))
    return tuple(piece if piece.real else None for piece in (upper, middle, lower))  # type: ignore[return-value]


def _along_line(cone: Cone, normal: Vector, position: int) -> Pieces:
    """A hyperplane that a line of the cone crosses: all other generators slide along the line onto it."""
    line = cone.lines[position]
    if dot(normal, line) < 0:
        line = tuple(-x for x in line)
    step = dot(normal, line)

    def slid(vector: Vector) -> Vector:
        return reduced(tuple(step * x - dot(normal, vector) * y for x, y in zip(vector, line, strict=True)))

    bit = cone.bit
    lines = tuple(slid(other) for k, other in enumerate(cone.lines) if k != position)
    on = tuple(Ray(slid(ray.vector), ray.tight | bit) for ray in cone.rays)
    opposite, negative = tuple(-x for x in line), tuple(-n for n in normal)
    return (
        Cone(lines, (*on, Ray(line, bit - 1)), (*cone.sides, normal), cone.equations),
        Cone(lines, on, cone.sides, (*cone.equations, normal)),
        Cone(lines, (*on, Ray(opposite, bit - 1)), (*cone.sides, negative), cone.equations),
    )


def _crossings(cone: Cone, values: Sequence[int]) -> Iterator[Ray]:
    """Where the edges of the cone between rays above and below meet the hyperplane.

    Two extreme rays span an edge exactly if no third one lies on all the facets that both lie on; these are at least
    as many as it takes to leave a plane.
    """
    least = len(cone.sides[0]) - len(cone.lines) - 2
    masks = [ray.tight for ray in cone.rays]
    above = [(ray, value) for ray, value in zip(cone.rays, values, strict=True) if value > 0]
    below = [(ray, value) for ray, value in zip(cone.rays, values, strict=True) if value < 0]
    for up, p in above:
        for down, q in below:
            common = up.tight & down.tight
            if common.bit_count() >= least and sum(mask & common == common for mask in masks) == 2:
                vector = tuple(p * y - q * x for x, y in zip(up.vector, down.vector, strict=True))
                yield Ray(reduced(vector), common | cone.bit)


def reduced(vector: Vector) -> Vector:
    """Without the common divisor."""
    common = gcd(*vector)
    return vector if common < 2 else tuple(x // common for x in vector)


def contains(cone: Cone, point: Vector) -> bool:
    """Whether a point is in the cell."""
    return all(dot(side, point) > 0 for side in cone.sides) and not any(dot(e, point) for e in cone.equations)


def point_of(vector: Vector) -> tuple[Fraction, ...]:
    """The x of (x, 1), from any multiple of it."""
    return tuple(Fraction(x, vector[-1]) for x in vector[:-1])


def closed(cone: Cone, normal: Vector) -> Cone | None:
    """The points of the closed cone with ``normal · x ≥ 0``: what is above, else the face that touches."""
    above, on, _ = split(cone, normal)
    if above is not None or on is not None:
        return above or on
    bit = cone.bit
    face = tuple(Ray(ray.vector, ray.tight | bit) for ray in cone.rays if not dot(normal, ray.vector))
    # A side on which the whole face lies is an equation there.
    flat = tuple(side for side in cone.sides if not any(dot(side, ray.vector) for ray in face))
    sides = tuple(side for side in cone.sides if side not in flat)
    touching = Cone(cone.lines, face, sides, (*cone.equations, *flat, normal))
    return touching if touching.real else None


def cells(normals: Sequence[Vector], dimension: int) -> Iterator[Cone]:
    """The open cells into which hyperplanes divide R^d.

    k of them in general position make ``Σ_{i ≤ d} C(k, i)`` (Zaslavsky 1975; Schläfli).
    """
    stack = [(whole(dimension), 0)]
    while stack:
        cone, position = stack.pop()
        if position == len(normals):
            yield cone
            continue
        above, on, below = split(cone, normals[position])
        pieces = (above, below) if above or below else (on,)
        stack.extend((piece, position + 1) for piece in pieces if piece is not None)
