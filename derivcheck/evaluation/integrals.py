r"""Integrals over one real number, enclosed: Arb's Gauss–Legendre quadrature (Petras; Johansson 2018) and tail bounds.

The line is cut at the zeros of all that turns or divides, which are found by bisection; what is left around them, and
beyond the last places, is bounded. So an enclosure holds whatever the integrand does: nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from flint import acb, arb, ctx, fmpq

from derivcheck.evaluation.analytic import Integrand, Line, Part, compiled, exact
from derivcheck.evaluation.arithmetic import BUDGET, NotExact, NoValue, OutOfRange, TooLarge
from derivcheck.evaluation.balls import BallArithmetic, Balls, Number, enclosed
from derivcheck.evaluation.evaluator import Bindings, Frame, evaluate
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.growth import Bound, bound
from derivcheck.evaluation.tilting import gathered, touched
from derivcheck.problem import terms as t
from derivcheck.problem.terms import Term

DIGITS = 15
"""An end of a set with so many digits was rounded when it was read: π, a third."""
GUARD = 40
"""So many bits of an enclosure may be lost to what is bounded and added up."""
GOALS = (1, 2, 4, 8, 16, 32)
"""How small what is left out has to be, in bits, as multiples of the precision: for means that are all in a tail."""
REACHES = 24
"""How often the place is moved from which on the rest is bounded: each time twice as far, in T."""
FAR = 6.0
"""From y = e^6 on, an integral runs over log y."""
PROBED = 4
"""So far out poles are looked for where the integral is not bounded anyhow."""
MOST_TURNS, MOST_CALLS, PRICE = 300, 120_000, 12_000.0
"""Zeros of one integrand, calls of it, and what each costs, in nanoseconds."""
LONGEST = 30_000
"""Calls for one piece of an integral."""
MOST_PARTS, ASKED = 4, 8
PLACES = tuple(fmpq(share, 24) for share in (9, 16, 5))
"""Where a body is looked at for what is lost in it, as shares of the way from one end to the other, or −1 to 2."""
RINGS = tuple(acb(arb(2) ** k).union(acb(arb(2) ** (k + 1))) for k in range(-8, 24))
"""The distances from a place at which nothing may turn that is odd about it."""
ORDERS = (30, 60)
"""At distances of 2⁻³⁰ and 2⁻⁶⁰ from a pole it is seen whether it is integrable."""


@dataclass(frozen=True)
class _Stretch:
    """Where x = base + sign · y with y = e^{κ w} (κ ≠ 0) or y = w, for w from ``start`` to ``stop``."""

    line: Line
    kappa: int
    start: arb
    stop: arb


@dataclass
class Enclosure:
    """Works out integrals over one real number in ball arithmetic; ``known`` are the numbers that do not vary.

    An integral is worked out once where what is bound around it does not stand in it. ``done`` has, with its value,
    whether something was lost or cancelled in it.
    """

    known: dict[object, tuple[Term, Bindings, Number]] = field(default_factory=dict)
    done: dict[object, tuple[Term, Bindings, arb, bool, bool]] = field(default_factory=dict)

    def integral(self, term: t.LogIntegral | t.Expectation | t.Integral, frame: Frame) -> Balls:
        """log ∫ exp(log), ∫ exp(log) body / ∫ exp(log), or ∫ body. Raises ``NoValue`` where that does not exist."""
        a = frame.world.arithmetic
        if not isinstance(a, BallArithmetic):
            raise NotExact("the derivative of an integral")
        home = frame.bindings
        while home.parent is not None and not touched(term, frozenset(home.values), frame):
            home = home.parent
        key = id(term), id(home), frame.axes
        before = a.blurred, a.cancelled
        if key not in self.done:
            a.blurred = a.cancelled = False
            try:
                self.done[key] = term, home, self._value(term, frame), a.blurred, a.cancelled
            finally:
                a.blurred, a.cancelled = a.blurred or before[0], a.cancelled or before[1]
        _, _, value, blurred, cancelled = self.done[key]
        a.blurred, a.cancelled = a.blurred or blurred, a.cancelled or cancelled
        return Grid((1,) * frame.rank, (value,))

    def _value(self, term: t.LogIntegral | t.Expectation | t.Integral, frame: Frame) -> arb:
        match term:
            case t.Integral(bound=over, body=body):
                value = self._over(over, body, frame)
                self._see_parts(over, None, body, value, frame)
            case t.LogIntegral(bounds=(over,), log=log):
                value = self._over(over, t.Elementary("exp", log), frame).log()
            case t.Expectation(bounds=(over,), log=log, body=body) if over.domain.members:
                value = _summed(over, log, body, frame)
            case t.Expectation(bounds=(over,), log=log, body=body):
                weight = t.Elementary("exp", log)
                value = self._over(over, t.Multiply("scale", weight, body), frame) / self._over(over, weight, frame)
                self._see_parts(over, weight, body, value, frame)
            case _:
                raise NotExact("an integral over several numbers")
        return value

    def _over(self, over: t.Bound, integrand: Term, frame: Frame) -> arb:
        if frame.world.dims(over.shape) != (1, 1):
            raise NotExact("an integral over a vector")
        known = over.domain.in_numbers(frame.world.sizes).known_ends
        if known is None:
            raise NotExact(f"an integral over the domain `{over.domain.kind}`")
        first, last = known
        work = _Work(gathered(integrand, over.key, frame), over.key, frame, _known(first), _known(last))
        value, size = work.enclosed()
        a = frame.world.arithmetic
        assert isinstance(a, BallArithmetic)
        cancels = value.contains(0) and not value.is_exact()
        if not cancels and not value.rad() <= size * arb(2) ** (GUARD - ctx.prec):
            a.blurred = True
        if cancels:
            # It exists, and is 0 if what is on one side of a place is minus what is on the other; else nothing is left.
            parts = [replace(work, integrand=part) for part in _summands(work.integrand)]
            odd = any(all(part.odd(place) for part in parts) for place in _centres(first, last, frame))
            if odd and not _absorbs(over, integrand, frame):
                return arb(0)
            a.cancelled = True
        return value

    def _see_parts(self, over: t.Bound, weight: Term | None, body: Term, whole: arb, frame: Frame) -> None:
        """Notice a summand of what is integrated that is too small to be seen beside the others.

        It is lost wherever it is added, as a constant is, or small as a whole, such as what is in a tail.
        """
        a = frame.world.arithmetic
        assert isinstance(a, BallArithmetic)
        a.blurred = a.blurred or _absorbs(over, body, frame)
        if not isinstance(body, t.Add):
            return
        parts = [part for _, part in body.terms if over.key in t.variables(part) and not _plain(part)]
        a.blurred |= len(parts) > MOST_PARTS
        for part in parts[:MOST_PARTS]:
            if not a.blurred:
                try:
                    value = self._over(over, t.Multiply("scale", weight, part) if weight else part, frame)
                except NoValue:
                    continue
                except NotExact:
                    a.blurred = True
                    continue
                small = whole.rad() + abs(whole) * arb(2) ** (-ctx.prec // 2)
                a.blurred |= value != 0 and bool(value.abs_upper() < small)


def _summed(over: t.Bound, log: Term, body: Term, frame: Frame) -> arb:
    """A mean over finitely many numbers."""
    if frame.world.dims(over.shape) != (1, 1) or frame.world.dims(body.shape) != (1, 1):
        raise NotExact("a mean of vectors")
    value, whole = enclosed(fmpq(0)), enclosed(fmpq(0))
    for member in over.domain.members:
        here = frame.bind({over.key: Grid((1,) * frame.rank, (fmpq(member),))})
        power, (at,) = _weight(log, here), evaluate(body, here).entries
        if power is not None:
            # Where the density is 0, the logarithm has no value.
            weight = enclosed(power).exp()
            value, whole = value + weight * (arb.nan() if at is None else enclosed(at)), whole + weight
    if not (value.is_finite() and whole > 0):
        raise NoValue("a mean over a set of which nothing has a probability")
    return enclosed(value / whole)


def _weight(log: Term, frame: Frame) -> Number | None:
    """The logarithm of a density, with 0 log 0 = 0; None where it is −∞."""
    match log:
        case t.Add(terms=parts):
            whole: Number = fmpq(0)
            for sign, part in parts:
                value = _weight(part, frame)
                if value is None:
                    return None
                whole += sign * value
            return whole
        case t.Multiply(op="scale", left=left, right=right):
            first, second = _weight(left, frame), _weight(right, frame)
            if first == 0 or second == 0:
                return fmpq(0)
            return None if first is None or second is None else first * second
    known: Number | None = evaluate(log, frame).entries[0]
    return known


def _absorbs(over: t.Bound, body: Term, frame: Frame) -> bool:
    """Whether something is lost beside what it is added to wherever a body is looked at."""
    a = frame.world.arithmetic
    assert isinstance(a, BallArithmetic)
    first, last = over.domain.in_numbers(frame.world.sizes).known_ends or (None, None)
    low = exact(first if first is not None else -1.0 if last is None else last - 3)
    high = low + 3 if last is None else exact(last)
    before, found = a.blurred, []
    for share in PLACES:
        a.blurred, place = False, enclosed(low) + enclosed(high - low) * arb(share).sqrt()
        try:
            seen = evaluate(body, frame.bind({over.key: Grid((1,) * frame.rank, (place,))}))
        except (NotExact, OutOfRange):
            break
        if None not in seen.entries:
            found.append(a.blurred)
    a.blurred = before
    return bool(found) and all(found)


def _plain(term: Term) -> bool:
    """Whether a term is a polynomial: its mean is no small one."""
    return all(isinstance(part, t.Variable | t.Constant | t.Multiply | t.Power | t.Add) for part in t.walk(term))


def _summands(term: Term) -> list[Term]:
    """What an integrand is the sum of: a summand that is tiny does not show beside others."""
    match term:
        case t.Add(terms=parts):
            return [part for _, part in parts]
        case t.Multiply(op="scale", left=weight, right=t.Add(terms=parts)):
            return [t.Multiply("scale", weight, part) for _, part in parts]
    return [term]


def _centres(first: float | None, last: float | None, frame: Frame) -> Iterator[Number]:
    """Places about which an integral may be symmetric: the middle of its range; of a line 0 and the numbers at hand."""
    if first is not None and last is not None:
        yield (exact(first) + exact(last)) / 2
    elif first is None and last is None:
        yield fmpq(0)
        leaves = frame.world.leaves
        yield from (x for leaf in leaves.values() for x in leaf.entries[:1] if len(leaf.entries) == 1 and x is not None)


def _known(end: float | None) -> Number | None:
    if end is not None and len(repr(end).strip("-0").replace(".", "")) >= DIGITS:
        raise NotExact("an end that float64 only comes near to")
    return None if end is None else exact(end)


@dataclass
class _Work:
    """One integral: the integrand and its ends, None where there is none."""

    integrand: Term
    key: str
    frame: Frame
    first: Number | None
    last: Number | None
    calls: int = 0

    def enclosed(self) -> tuple[arb, arb]:
        """The integral, and the sum of the sizes of its pieces."""
        value, size = arb(0), arb(0)
        for goal in GOALS:
            small = arb(2) ** (-goal * ctx.prec)
            pieces = [self._stretch(each, small) for each in self._stretches(small)]
            value, size = sum((v for v, _ in pieces), arb(0)), sum((s for _, s in pieces), arb(0))
            value += small * 4 * arb(0, 1)
            if not value.is_finite():
                raise NotExact("an integral that is not enclosed")
            if value.rad() <= size * arb(2) ** (GUARD - ctx.prec):
                break
        return value, size

    def _stretches(self, small: arb) -> Iterator[_Stretch]:
        """The line in pieces: its middle, and both sides as far as what is beyond them is small."""
        first, last = self.first, self.last
        if first is not None and last is not None:
            half = enclosed(last - first) / 2
            for line in (Line(first, 1), Line(last, -1)):
                if self._plain(line, half):
                    yield _Stretch(line, 0, arb(0), half)
                else:
                    start = -half.log()
                    yield _Stretch(line, -1, start, self._reach(line, -1, start, small))
            return
        sides = [sign for sign, end in ((-1, first), (1, last)) if end is None]
        base = fmpq(0) if len(sides) == 2 else first if first is not None else last
        assert base is not None
        for sign in sides:
            line = Line(base, sign)
            far = self._reach(line, 1, arb(0), small)
            plain = self._finite(line) if len(sides) == 2 else self._plain(line, arb(1))
            near = arb(0) if plain else self._reach(line, -1, arb(0), small)
            if near > 0:
                yield _Stretch(line, -1, arb(0), near)
            start = arb(1) if near > 0 else arb(0)
            edge = far.exp() if far < FAR else arb(FAR).exp()
            yield _Stretch(line, 0, start, edge)
            if far > FAR:
                yield _Stretch(line, 1, arb(FAR), far)

    def odd(self, place: Number) -> bool:
        """Whether the integrand is odd about a place, at a few distances to nearly all digits."""
        if not isinstance(place, fmpq):
            return False
        made = [self._compiled(Line(place, sign)) for sign in (1, -1)]
        # What turns elsewhere is another function beyond: `max(y - 5, 0)` is nothing but 0 wherever it is looked at.
        if any(_may_vanish(turn.value(far, False).real) for each in made for turn in each.turns for far in RINGS):
            return False
        sides = [each.value for each in made]
        for step in range(1, ASKED + 1):
            distance = acb(arb(step) / arb(7 * ASKED).sqrt())
            right, left = (side(distance, False).real for side in sides)
            if not abs(right + left) <= (abs(right) + abs(left)) * arb(2) ** (GUARD - ctx.prec):
                return False
        return True

    def _plain(self, line: Line, width: arb) -> bool:
        """Whether the integrand is analytic close to an end."""
        value = self._compiled(line).value
        return any(value(acb(arb(0, width / 2**k)), True).is_finite() for k in (6, 12))

    def _finite(self, line: Line) -> bool:
        """Whether the integrand is bounded close to a place."""
        return bool(self._compiled(line).value(acb(arb(0).union(arb(2) ** -12)), False).is_finite())

    def _compiled(self, line: Line) -> Integrand:
        return compiled(self.integrand, self.key, self.frame, line)

    def _reach(self, line: Line, kappa: int, start: arb, small: arb) -> arb:
        """T from which on the rest is small: of y beyond e^{κT}."""
        last: Bound | None = None
        step = arb(1) / 4
        for _ in range(REACHES):
            begin = start + step
            last = bound(self.integrand, self.key, self.frame, line, kappa, begin)
            if last.size is not None:
                rate = last.size[1] + kappa
                if rate < 0 and (last.size[0] + kappa * begin).exp() / -rate < small:
                    return begin
            step *= arb(3) / 2
        if last is not None and last.least is not None and last.least[1] + kappa >= 0:
            raise NoValue(f"the integrand {self._where(line, kappa)}")
        # Whatever is far out: a pole on the way there is seen.
        self._stretch(_Stretch(line, 0, arb(1) / 8, arb(PROBED)), small)
        raise NotExact("an integral whose rest is not bounded")

    def _where(self, line: Line, kappa: int) -> str:
        if kappa < 0:
            return f"is not integrable at {self.named} = {_shown(enclosed(line.base))}"
        return f"does not fall off as {self.named} goes to {'−' if line.sign < 0 else ''}∞"

    @property
    def named(self) -> str:
        return self.key.split("#")[0]

    def _stretch(self, stretch: _Stretch, small: arb) -> tuple[arb, arb]:
        made = self._compiled(stretch.line)
        kappa = stretch.kappa

        def along(part: Part, *, slope: bool = False) -> Part:
            if not kappa:
                return part

            def value(w: acb, analytic: bool) -> acb:
                y = (w * kappa).exp()
                return part(y, analytic) * y if slope else part(y, analytic)

            return value

        def height(w: acb, analytic: bool) -> acb:
            self.calls += 1
            return whole(w, analytic)

        whole = along(made.value, slope=True)
        turns = [along(turn.value) for turn in made.turns]
        divisors = [along(divisor) for divisor in made.divisors]
        cuts = _zeros([*turns, *divisors], stretch.start, stretch.stop)
        total, size = arb(0), arb(0)
        begin = stretch.start
        for low, high in [*cuts, (stretch.stop, stretch.stop)]:
            if begin < low:
                middle = acb((begin + low) / 2)
                for turn, found in zip(made.turns, turns, strict=True):
                    x = found(middle, False).real
                    turn.sign = 1 if x > 0 else -1 if x < 0 else 0
                part = self._piece(height, begin, low, small)
                total, size = total + part, size + abs(part)
            for turn in made.turns:
                turn.sign = 0
            if low < high:
                rest = whole(acb(low.union(high)), False).real * (high - low)
                if not rest.is_finite():
                    self._at_pole(whole, low, high, stretch)
                total += rest
            begin = high
        return total, size

    def _piece(self, height: Part, low: arb, high: arb, small: arb) -> arb:
        before = self.calls
        value = acb.integral(
            height, low, high, rel_tol=arb(2) ** (8 - ctx.prec), abs_tol=small, eval_limit=LONGEST, use_heap=True
        )
        BUDGET.pay((self.calls - before) * PRICE)
        if self.calls > MOST_CALLS:
            raise TooLarge("an integral that takes too many values of its integrand", by_size=False)
        return value.real

    def _at_pole(self, whole: Part, low: arb, high: arb, stretch: _Stretch) -> None:
        """Raise what is to be said of a place around which the integrand is not bounded."""
        centre = (low + high) / 2
        for side in (1, -1):
            sizes = []
            for order in ORDERS:
                away = arb(2) ** -order
                sizes.append(abs(whole(acb(centre + side * away), False)).real * away)
            if sizes[0] > 0 and (sizes[1] > sizes[0] * (1 - arb(2) ** -20)):
                line, kappa = stretch.line, stretch.kappa
                y = centre if not kappa else (centre * kappa).exp()
                raise NoValue(
                    f"the integrand has a pole at {self.named} = {_shown(enclosed(line.base) + line.sign * y)} "
                    "that is not integrable"
                )
        raise NotExact("an integral across a place where its integrand is not bounded")


def _shown(x: arb) -> str:
    nearest = round(float(x.mid()) * 4) / 4
    return f"{nearest:g}" if x.contains(arb(nearest)) or abs(x - nearest) < 1e-12 else f"{float(x.mid()):.4g}"


def _zeros(functions: list[Part], low: arb, high: arb) -> list[tuple[arb, arb]]:
    """Intervals, in order, outside of which none of the functions is 0; as short as the precision allows."""
    found: list[tuple[arb, arb]] = []
    shortest = arb(2) ** (GUARD // 2 - ctx.prec)
    stack = [(low, high, tuple(functions))]
    calls = 0
    while stack:
        left, right, open_ones = stack.pop()
        whole = acb(left.union(right))
        calls += len(open_ones)
        rest = tuple(part for part in open_ones if _may_vanish(part(whole, False).real))
        if not rest:
            continue
        width = right - left
        if width <= shortest * max(1, abs(float(left.mid()))):
            found.append((left, right))
            if len(found) > 4 * MOST_TURNS:
                raise NotExact("an integral of what turns so often")
            continue
        if calls > MOST_CALLS:
            raise NotExact("an integral of what turns so often")
        middle = ((left + right) / 2).mid()
        stack += [(middle, right, rest), (left, middle, rest)]
    return _joined(found)


def _may_vanish(x: arb) -> bool:
    return not (x > 0 or x < 0)


def _joined(intervals: list[tuple[arb, arb]]) -> list[tuple[arb, arb]]:
    """Neighbours as one."""
    made: list[tuple[arb, arb]] = []
    for low, high in intervals:
        if made and not low > made[-1][1]:
            made[-1] = made[-1][0], high
        else:
            made.append((low, high))
    return made
