"""Primes to compute with, and square roots in their fields."""

from __future__ import annotations

from functools import lru_cache
from random import Random

from flint import fmpz

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
