"""What the evaluation of one claim may cost, so that a hostile document ends with a finding and not with the memory.

Everything is counted before it is computed: the entries of every value, the steps taken, and a rough price of each
operation. There is no clock: what is found must not depend on how fast a machine is, or how busy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from derivcheck.evaluation.arithmetic import TooLarge

ENTRIES: Final = 50_000_000
"""No value has more entries (in float64 400 MB): enough for 1024 draws of a 200 × 200 matrix."""
KEPT: Final = 250_000_000
"""Nor have all values that one evaluation of a statement makes together; differentiation keeps them all."""
STEPS: Final = 50_000
"""Terms evaluated to ask one oracle; a definition that uses the one above it twice doubles them at each level."""
AXES: Final = 24
"""Indices in force at one place; torch itself ends at 64."""
PRICE: Final = 15e9
"""The price of all operations to ask one oracle, in nanoseconds of a machine of our days."""
STEP: Final = 5_000
"""The price of a step however small, in nanoseconds; ``TENSOR_STEP`` where its value is a tensor of torch's."""
TENSOR_STEP: Final = 25_000
BACKWARD: Final = 400_000
"""The price of a backward pass through what was recorded, as long as most are."""


@dataclass
class Budget:
    """What has been spent since ``renew``, of the ``most`` that may be; and all that ever was, for a search."""

    steps: int = 0
    price: float = 0.0
    kept: int = 0
    most: float = PRICE
    ever: float = 0.0

    def renew(self, most: float = PRICE) -> None:
        """Begin to count anew."""
        self.steps, self.price, self.kept, self.most = 0, 0.0, 0, most

    def again(self) -> None:
        """One more evaluation has steps of its own; what all of them cost together goes on."""
        self.steps, self.kept = 0, 0

    def statement(self) -> None:
        """The evaluation of a statement begins: what the one before has made is free again."""
        self.kept = 0

    def step(self, price: float = STEP) -> None:
        """One more term is evaluated."""
        self.steps += 1
        if self.steps > STEPS:
            raise TooLarge(f"it unfolds to more than {STEPS} steps", by_size=False)
        self.pay(price)

    def pay(self, price: float) -> None:
        """Something is about to be computed that takes so many nanoseconds."""
        self.price += price
        if self.price > self.most:
            raise TooLarge("it takes too many operations")
        self.ever += price

    def note(self, price: float) -> None:
        """Something was done that a search pays for, and no evaluation."""
        self.ever += price

    def make(self, entries: int, price: float, what: str = "a value") -> None:
        """A value with so many entries is about to be computed, each of which takes ``price`` nanoseconds."""
        if entries > ENTRIES:
            raise TooLarge(f"{what} has {said(entries)} entries over all inputs and indices")
        self.kept += entries
        if self.kept > KEPT:
            raise TooLarge(f"its values have more than {said(KEPT)} entries together")
        self.pay(entries * price)


def said(number: int) -> str:
    """A number as a person writes it: ``10¹²`` is not spelled out with twelve digits."""
    return str(number) if number < 10**9 else f"about 10^{len(str(number)) - 1}" if number < 10**4000 else "countless"


BUDGET: Final = Budget()
"""The one in force: the judge renews it for every oracle that it asks."""


class Effort:
    """What a search may spend, whatever it evaluates or reads anew: the same work on every machine."""

    def __init__(self, most: float) -> None:
        self._until = BUDGET.ever + most

    @property
    def spent(self) -> bool:
        """Whether nothing is left of it."""
        return BUDGET.ever >= self._until
