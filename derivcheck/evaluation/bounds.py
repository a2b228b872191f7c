"""How large the rational functions behind the entries of a value may be: for the chance of a false proof.

``top`` bounds a numerator's degree and the bits of the sum of its coefficients' sizes, both at once, ``bottom`` the
same of its denominator. Degrees of products add up, and so do these bits, since that sum is submultiplicative.

Primes to compute with, and square roots in their fields.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import lgamma, log, log2
from random import Random
from typing import Any, NamedTuple, Protocol

from flint import fmpz

from derivcheck.evaluation.grid import Grid

Entry = int | None
"""None where the entry does not exist."""


class Residues(NamedTuple):
    """Entries mod p.

    ``top`` bounds, for every numerator, both its degree and the bits of the sum of its coefficients' sizes, ``bottom``
    the same for denominators. ``literal`` where only constants of the document and indices are in it, no unknown.

    ``common``: one denominator of the size ``bottom`` serves all entries, which keeps sums and inverses small.
    """

    grid: Grid[Any]
    top: float
    bottom: float
    literal: bool = False
    common: bool = False

    @property
    def shared(self) -> bool:
        """Whether one denominator serves all entries."""
        return self.common or not self.bottom or len(self.grid.entries) == 1


class Sized(Protocol):
    """A value with its two bounds."""

    @property
    def top(self) -> float: ...
    @property
    def bottom(self) -> float: ...


def sizes(value: Fraction) -> tuple[float, float]:
    """Of a constant."""
    return log2(abs(value.numerator)) if value else 0.0, log2(value.denominator)


def of_sum(a: Sized, b: Sized) -> tuple[float, float]:
    """Over the product of the denominators; whole numbers and polynomials need none."""
    return max(a.top + b.bottom, b.top + a.bottom) + 1, a.bottom + b.bottom


def of_many(count: int, top: float, bottom: float, common: bool = False) -> tuple[float, float]:
    """A sum of so many; with ``common`` denominators of all of them in one."""
    if count < 2:
        return top, bottom
    if common:
        return top + log2(count), bottom
    return top + (count - 1) * bottom + log2(count), count * bottom


def of_determinant(size: int, top: float, bottom: float, common: bool) -> tuple[float, float]:
    """det(N/d) = det N / dⁿ; where every entry has its own denominator, over the product of all."""
    if not common:
        top, bottom = top + (size * size - 1) * bottom, size * size * bottom
    return size * top + permutations(size), size * bottom


def of_inverse(size: int, top: float, bottom: float, common: bool) -> tuple[float, float]:
    """(N/d)⁻¹ = d adj N / det N, over the one denominator det N."""
    if not common:
        top, bottom = top + (size * size - 1) * bottom, size * size * bottom
    return bottom + (size - 1) * top + permutations(size - 1), size * top + permutations(size)


def permutations(size: int) -> float:
    """The bits of a factorial."""
    return lgamma(size + 1) / log(2)


def reconstructed(x: int, p: int, fraction: bool) -> Fraction:
    """The small rational number with this residue: unique where numerator and denominator have at most 28 bits."""
    if x < 1 << 29 or p - x < 1 << 29 or not fraction:
        return Fraction(x if x < p // 2 else x - p)
    r0, r1, t0, t1 = p, x, 0, 1
    while r1 >= 1 << 29:
        quotient = r0 // r1
        r0, r1, t0, t1 = r1, r0 - quotient * r1, t1, t0 - quotient * t1
    return Fraction(r1, t1)


def near_zero(x: int, p: int) -> Fraction | None:
    """The whole number of at most 28 bits with this residue, or the reciprocal of one."""
    for number, inverse in ((x, False), (pow(x, -1, p) if x else 0, True)):
        least = number if number < p // 2 else number - p
        if abs(least) < 1 << 28:
            return Fraction(1, least) if inverse else Fraction(least)
    return None


LOW, HIGH = 1 << 60, 1 << 61
MANY = 3.0e15
"""There are more primes than so many to draw from: about 2⁶⁰ / (8 · 43) of the interval are 9 mod 16."""


def draw(generator: Random) -> int:
    """A prime in [2⁶⁰, 2⁶¹] that is 9 mod 16: then −1 and 2 have roots, and no root takes more than three steps."""
    while True:
        number = generator.randrange(LOW, HIGH) & ~15 | 9
        if fmpz(number).is_prime():
            return number


@lru_cache(maxsize=64)
def nonresidue(p: int) -> int:
    """The smallest number without a root."""
    return next(z for z in range(2, p) if pow(z, (p - 1) // 2, p) == p - 1)


def imaginary(p: int) -> int:
    """A root of −1."""
    return pow(nonresidue(p), (p - 1) // 4, p)


def square_root(x: int, p: int) -> int | None:
    """A root of ``x`` mod a prime that is 9 mod 16 (Tonelli and Shanks); None where there is none."""
    odd = (p - 1) // 8
    root, rest = pow(x, (odd + 1) // 2, p), pow(x, odd, p)
    # root² = x · rest, and rest is a fourth root of 1 if x has a root at all
    for twos in (1, 0):
        if pow(rest, 1 << twos, p) == p - 1:
            step = pow(nonresidue(p), odd << (1 - twos), p)
            root, rest = root * step % p, rest * step * step % p
    return root if (root * root - x) % p == 0 else None


def factors(n: int, largest: int) -> dict[int, int] | None:
    """The primes of a positive number with their powers; None where one of them is above ``largest``."""
    found: dict[int, int] = {}
    divisor = 2
    while divisor * divisor <= n:
        if divisor > largest:
            return None
        while n % divisor == 0:
            n //= divisor
            found[divisor] = found.get(divisor, 0) + 1
        divisor += 1
    if n > 1:
        found[n] = found.get(n, 0) + 1
    return found if n <= largest else None
