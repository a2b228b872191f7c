"""Exponentials, logarithms and roots as unknowns mod a prime, with the relations that hold between them.

What is not found to be related is an independent unknown: an identity that holds for those holds all the more for
the functions. A relation that is not there might be found by chance; ``tests`` counts how often one could have been.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from derivcheck.evaluation import bounds
from derivcheck.evaluation.arithmetic import BUDGET
from derivcheck.functions import FUNCTIONS

MOST = 3_000
"""So many combinations of known exponents are kept; further exponents are related in pairs only."""
FEW = 2
"""Of so many generators all small powers are combined, of further ones they themselves and their inverses."""
SIMPLE = (1, 2, 3, 4, 5, 6, 7, 8)
HALVES = (1, 2, 3, 4, 5, 6, 8)
"""The powers of a logarithm's argument, and of the root of an exponential, that are combined."""

PAIR = 1500.0
"""The price of one more combination, in nanoseconds."""
POWERS = 12
"""So high powers of a positive number are seen under a root."""


class Relations:
    """The values that these functions have been given so far, at one prime.

    ``pairs`` holds exponents u and their exponentials t, closed under small combinations: exp(u + v) = exp(u) exp(v)
    and log(t s) = log t + log s wherever the logarithms exist. ``roots`` holds numbers and their roots the same way.
    """

    def __init__(self, p: int, generator: Random, flipped: int) -> None:
        self.p, self.flipped = p, flipped
        self.salt = generator.getrandbits(64)
        self.asked: dict[tuple[str, int], float] = {}
        self.exponentials: dict[int, int] = {0: 1}
        self.logarithms: dict[int, int] = {1: 0}
        self.generators = 0
        self.singles: list[tuple[int, int]] = []
        self.roots: dict[int, int] = {1: 1, 0: 0}
        self.root_count = 0
        self.positive: list[int] = []
        self.squares: list[int] = []
        self.others: dict[tuple[str, int], int] = {}
        self.tests = 0.0
        self._pi: int | None = None
        self._turn = False

    @property
    def used(self) -> bool:
        """Whether any of these functions was asked for, or π."""
        return bool(self.asked or self.others or self._pi is not None)

    def _fresh(self, what: str, x: int = 0) -> int:
        """An unknown of its own for every function and argument, in whatever order they are asked for."""
        return Random(f"{self.salt} {what} {x}").randrange(1, self.p)

    def pi(self) -> int:
        """π, an unknown with a root."""
        if self._pi is None:
            root = self._fresh("pi")
            self._pi = root * root % self.p
            self.know_root(self._pi, root)
        return self._pi

    def value(self, name: str, x: int, size: float, fail: Callable[[str], None]) -> int | None:
        """A function at a number; ``size`` bounds the rational function that gave the number."""
        match name:
            case "exp":
                return self.exp(x, size)
            case "log":
                if not x:
                    fail("logarithm of zero")
                    return None
                if x not in self.logarithms and -x % self.p in self.logarithms:
                    # What has a logarithm is positive, so that this is negative.
                    fail("logarithm of a negative number")
                    return None
                return self.log(x, size)
            case "sin" | "cos":
                return self._wave(name, x, size)
        return self._other(name, x, size)

    def exp(self, x: int, size: float) -> int:
        """e to a number: a product of powers of known exponentials, or the square of a new unknown."""
        self.tests += len(self.exponentials) * (size + 8)
        self.asked.setdefault(("exp", x), size)
        found = self.exponentials.get(x)
        if found is None:
            root = self._fresh("exp", x)
            half = x * pow(2, -1, self.p) % self.p
            self._know(half, root, HALVES)
            found = self.exponentials[x]
        return found

    def log(self, x: int, size: float) -> int:
        """The logarithm of a number: a sum of multiples of known ones, or a new unknown."""
        self.tests += len(self.logarithms) * (size + 8)
        self.asked.setdefault(("log", x), size)
        found = self.logarithms.get(x)
        if found is None and (twice := self.logarithms.get(x * x % self.p)) is not None:
            # A number that has a logarithm is positive: it is the positive root of its square.
            found = twice * pow(2, -1, self.p) % self.p
            self._enter(found, x)
        if found is None:
            found = self._fresh("log", x)
            root = self.roots.get(x)
            if root is not None:
                self._know(found * pow(2, -1, self.p) % self.p, root, HALVES)
            else:
                self._know(found, x, (1, 2) if self.generators >= FEW else SIMPLE)
        return found

    def prepare(self, asked: Mapping[tuple[str, int], float]) -> None:
        """Know these exponentials and logarithms, the simplest first: the others may be made of them."""
        for (what, x), size in sorted(asked.items(), key=lambda item: (item[1], item[0][0] != "sqrt")):
            {"exp": self.exp, "log": self.log, "sqrt": self.sqrt}[what](x, size)

    def _know(self, u: int, t: int, powers: tuple[int, ...]) -> None:
        """One more pair, with its combinations with all others. ``powers`` are those that are combined."""
        p, self.generators = self.p, self.generators + 1
        steps = [(sign * k * u % p, pow(t, sign * k, p)) for k in powers for sign in (1, -1)]
        # Halves and doubles are combined while there are few; later only the whole exponent is.
        whole = steps if self.generators <= FEW else [s for s in steps if s[0] in _signed(u, powers, p)]
        # All of them are copied while they are few alone: of hundreds of exponentials there are hundred thousands.
        few = len(self.exponentials) * len(whole) <= MOST
        old = list(self.exponentials.items()) if few else [(0, 1), *self.singles]
        BUDGET.pay(len(old) * len(whole) * PAIR)
        for v, s in old:
            for w, r in whole:
                self._enter((v + w) % p, s * r % p)
        for w, r in steps:
            self._enter(w, r)
        self.singles += [s for s in steps if s[0] in _signed(u, powers, p)]

    def _enter(self, u: int, t: int) -> None:
        self.exponentials.setdefault(u, t)
        self.logarithms.setdefault(t, u)

    def _wave(self, name: str, x: int, size: float) -> int:
        """Sine and cosine by Euler's formula, with a root of −1."""
        p, i = self.p, bounds.imaginary(self.p)
        if not self._turn:
            self._turn = True
            # exp(iπ/2) = i
            self._know(i * self.pi() * pow(2, -1, p) % p, i, (1, 2))
        power = self.exp(i * x % p, size)
        other, half = pow(power, -1, p), pow(2, -1, p)
        if name == "cos":
            return (power + other) * half % p
        return (power - other) * half * pow(i, -1, p) % p

    def sqrt(self, x: int, size: float) -> int | None:
        """A root: a product of known ones, or one of the two, whichever ``flipped`` says."""
        while self.positive:
            known = self.positive.pop()
            self.know_root(known * known % self.p, known)
            self.squares.append(known)
        self.tests += len(self.roots) * (size + 8)
        self.asked.setdefault(("sqrt", x), size)
        found = self.roots.get(x)
        if found is None:
            found = self._beside_squares(x, size)
        if found is None:
            found = bounds.square_root(x, self.p)
            if found is None:
                return None
            if self.flipped >> self.root_count & 1:
                found = -found % self.p
            self.root_count += 1
            self.know_root(x, found)
            if x in self.logarithms:
                self._know(self.logarithms[x] * pow(2, -1, self.p) % self.p, found, (1,))
        return found

    def _beside_squares(self, x: int, size: float) -> int | None:
        """√(a²ᵏ y) = aᵏ √y for a positive a and a y with a known root."""
        self.tests += 2 * POWERS * len(self.squares) * (size + 2 * POWERS)
        for known in self.squares:
            for step in (known, pow(known, -1, self.p)):
                whole, root, square = x, 1, step * step % self.p
                for _ in range(POWERS):
                    whole, root = whole * square % self.p, root * step % self.p
                    if whole in self.roots:
                        return self.roots[whole] * pow(root, -1, self.p) % self.p
        return None

    def know_root(self, x: int, root: int) -> None:
        """A root, and those of its products and quotients with all others: √(xy) = √x √y where both exist."""
        if not x or x in self.roots:
            return
        p = self.p
        steps = [(x, root), (pow(x, -1, p), pow(root, -1, p))]
        old = list(self.roots.items())[: MOST // 3]
        for y, other in old:
            for z, r in steps:
                self.roots.setdefault(y * z % p, other * r % p)

    def _other(self, name: str, x: int, size: float) -> int:
        """A function of which nothing is used but its derivative, and that it is odd if it is."""
        self.tests += len(self.others) * 2 * (size + 8)
        odd = FUNCTIONS[name].odd
        if odd and not x:
            return 0
        if odd and (name, -x % self.p) in self.others:
            return -self.others[name, -x % self.p] % self.p
        if (name, x) not in self.others:
            self.others[name, x] = self._fresh(name, x)
        return self.others[name, x]


def _signed(u: int, powers: tuple[int, ...], p: int) -> tuple[int, int]:
    """The exponent itself that was asked for: twice the half that is kept, or the logarithm."""
    step = 2 if powers == HALVES else 1
    return step * u % p, -step * u % p
