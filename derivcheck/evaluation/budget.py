"""What the evaluation of one claim may cost, so that a hostile document ends with a finding and not with the memory.

Everything is counted before it is computed: the entries of every value, the steps taken, and a rough price of each
operation. The clock is the last resort only, since what it says depends on the machine.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from derivcheck.evaluation.arithmetic import TooLarge

ENTRIES = 50_000_000
"""No value has more entries (in float64 400 MB): enough for 1024 draws of a 200 × 200 matrix."""
KEPT = 250_000_000
"""Nor have all values that one evaluation of a statement makes together; differentiation keeps them all."""
STEPS = 50_000
"""Terms evaluated to ask one oracle; a definition that uses the one above it twice doubles them at each level."""
AXES = 24
"""Indices in force at one place; torch itself ends at 64."""
PRICE = 10e9
"""The price of all operations to ask one oracle, in nanoseconds of a machine of our days."""
STEP = 5_000
"""The price of a step however small, in nanoseconds."""
SECONDS = 30.0
"""After so much work an oracle gives up, whatever was counted. A machine busy with other things decides nothing."""


@dataclass
class Budget:
    """What has been spent since ``renew``."""

    steps: int = 0
    price: float = 0.0
    kept: int = 0
    until: float = field(default_factory=lambda: time.thread_time() + SECONDS)

    def renew(self) -> None:
        """Begin to count anew."""
        self.steps, self.price, self.kept = 0, 0.0, 0
        self.until = time.thread_time() + SECONDS

    def statement(self) -> None:
        """The evaluation of a statement begins: what the one before has made is free again."""
        self.kept = 0

    def step(self) -> None:
        """One more term is evaluated."""
        self.steps += 1
        if self.steps > STEPS:
            raise TooLarge(f"it unfolds to more than {STEPS} steps", by_size=False)
        if not self.steps & 15:
            self.pay(16 * STEP)

    def pay(self, price: float) -> None:
        """Something is about to be computed that takes so many nanoseconds."""
        self.price += price
        if self.price > PRICE:
            raise TooLarge("it takes too many operations")
        if time.thread_time() > self.until:
            raise TooLarge(f"it took longer than {SECONDS:.0f} s")

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


BUDGET = Budget()
"""The one in force: the judge renews it for every oracle that it asks."""
