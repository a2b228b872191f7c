"""One evaluator for every term, over whatever arithmetic.

Index letters are axes: ``\\sum_i`` adds an axis, evaluates its body once for all ``i``, and sums it away.
Names are looked up through bindings, so that a function call, a derivative or a difference can put other
values in the place of names; definitions downstream of them are evaluated anew, all others are reused.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce
from math import prod
from typing import Any, Protocol

from derivcheck.evaluation.arithmetic import (
    AXES,
    BUDGET,
    Arithmetic,
    NotExact,
    OutOfRange,
    TooLarge,
    Value,
    afford,
    matrix_power,
    multiplied,
    spread,
    stretched,
    unary,
)
from derivcheck.language.shapes import Shape
from derivcheck.problem import terms as t
from derivcheck.problem.scope import Definition
from derivcheck.problem.terms import Term

DEEPEST = 10_000
"""How deep terms and definitions may be nested: far more than a person writes, and safe on a stack of 8 MB."""
LONG_CHAIN = 100
"""Names behind so many others are evaluated one after the other, each from what is there already."""
RIDGES = 6
"""A drawn function of one number makes so many values on its way for each entry."""

sys.setrecursionlimit(max(sys.getrecursionlimit(), DEEPEST))


class FunctionValue(Protocol):
    """A declared function, drawn: its value (or a derivative's) at its arguments."""

    def __call__(self, arguments: list[Value], order: int, entrywise: bool) -> Value: ...


class Differentiator(Protocol):
    """How derivatives are worked out."""

    def derivative(self, term: t.Derivative | t.Chain, frame: Frame) -> Value: ...
    def entries(self, term: t.MapEntries, arguments: list[Value], frame: Frame) -> Value: ...


class Integrator(Protocol):
    """How integrals over random values are worked out."""

    def integral(self, term: t.LogIntegral | t.Expectation | t.Integral, frame: Frame) -> Value: ...


class Optimiser(Protocol):
    """How the place of the largest or smallest value is found."""

    def optimum(self, term: t.Optimum, frame: Frame) -> Value: ...


def reached(dependencies: Mapping[str, frozenset[str]], *terms: Term) -> set[str]:
    """The names in terms, and all on which these depend."""
    return {name for term in terms for key in t.variables(term) for name in (key, *dependencies.get(key, ()))}


@dataclass
class World:
    """One draw: sizes, the values of what is declared, the functions. Definitions are evaluated when asked for."""

    arithmetic: Arithmetic
    sizes: Mapping[str, int]
    leaves: Mapping[str, Value]
    functions: Mapping[str, FunctionValue]
    definitions: Mapping[str, Definition]
    differentiator: Differentiator | None
    dependencies: Mapping[str, frozenset[str]]
    trials: int = 1
    integrator: Integrator | None = None
    optimiser: Optimiser | None = None

    def dims(self, shape: Shape) -> tuple[int, int]:
        """A shape in numbers."""
        return shape[0].value(self.sizes), shape[1].value(self.sizes)

    def reached(self, *terms: Term) -> set[str]:
        """The names in terms, and all on which these depend."""
        return reached(self.dependencies, *terms)

    def root(self) -> Frame:
        """Where a whole statement is evaluated."""
        BUDGET.statement()
        return Frame(self, self.outermost, ())

    def __post_init__(self) -> None:
        self.outermost = Bindings(None, {}, ())


@dataclass(frozen=True)
class Axis:
    """An index in force: its values are ``lower, …, lower + count - 1``. Anonymous axes have no name."""

    name: str
    lower: int
    count: int


@dataclass
class Bindings:
    """Names with other values than the world's, from the place with these axes inwards."""

    parent: Bindings | None
    values: dict[str, Value]
    axes: tuple[Axis, ...]
    held: frozenset[str] = frozenset()
    """Names that keep the values bound to them, or to them further out, whatever is bound inside."""
    cache: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Frame:
    """A place of evaluation: the bindings and the index axes in force."""

    world: World
    bindings: Bindings
    axes: tuple[Axis, ...]
    partial: bool = False
    """Whether some places are left out here by a condition: an index may run past its range there."""

    @property
    def rank(self) -> int:
        """The number of axes of a value here."""
        return len(self.axes) + 3

    def deeper(self, *axes: Axis) -> Frame:
        """With more axes."""
        if len(self.axes) + len(axes) > AXES:
            raise TooLarge(f"more than {AXES} indices run at one place", by_size=False)
        return Frame(self.world, self.bindings, self.axes + axes, self.partial)

    def bind(self, values: dict[str, Value], held: Iterable[str] = ()) -> Frame:
        """With other values for names; the values are of this frame's rank (families with their axes behind).

        ``held`` ones among them are not evaluated anew when a name on which they depend is bound further in.
        """
        kept = self.bindings.held.union(held)
        return Frame(self.world, Bindings(self.bindings, values, self.axes, kept), self.axes, self.partial)

    def without(self, names: frozenset[str]) -> Frame:
        """With these names at the world's own values again, whatever is bound to them here."""
        return Frame(self.world, _unbound(self.bindings, names), self.axes, self.partial)

    def where_allowed(self) -> Frame:
        """The same, with places that will be left out."""
        return Frame(self.world, self.bindings, self.axes, True)

    def name(self, key: str) -> Value:
        """The value of a name at this rank: ``(trials, axes …, family axes …, rows, columns)``."""
        value, depth = fetch(self.world, self.bindings, key)
        missing = len(self.axes) - depth
        if not missing:
            return value
        shape = self.world.arithmetic.shape(value)
        return self.world.arithmetic.reshape(value, (*shape[: 1 + depth], *(1,) * missing, *shape[1 + depth :]))


def _unbound(bindings: Bindings, names: frozenset[str]) -> Bindings:
    if bindings.parent is None:
        return bindings
    parent = _unbound(bindings.parent, names)
    if parent is bindings.parent and names.isdisjoint(bindings.values):
        return bindings
    values = {key: value for key, value in bindings.values.items() if key not in names}
    return Bindings(parent, values, bindings.axes, bindings.held - names)


def fetch(world: World, bindings: Bindings, key: str) -> tuple[Value, int]:
    """A name's value and the depth (number of index axes) at which it stands."""
    home = _home(world, bindings, key)
    depth = len(home.axes)
    if key in home.values:
        return home.values[key], depth
    if key not in home.cache:
        definition = world.definitions.get(key)
        if definition is None:
            return world.leaves[key], 0
        _upstream(world, home, key)
        with _kept(world, home):
            home.cache[key] = _define(definition, Frame(world, home, home.axes))
    return home.cache[key], depth


def _home(world: World, bindings: Bindings, key: str) -> Bindings:
    """The innermost bindings that give a name a value of its own: it is bound there, or rests on what is."""
    while bindings.parent is not None and key not in bindings.values and key not in bindings.cache:
        touched = key in world.definitions and not world.dependencies[key].isdisjoint(bindings.values)
        if touched and key not in bindings.parent.held:
            break
        bindings = bindings.parent
    return bindings


def _kept(world: World, home: Bindings) -> AbstractContextManager[Any]:
    """What is worked out for the whole document is recorded, whoever asks first."""
    return world.arithmetic.recording() if home.parent is None else nullcontext()


def rests_on_itself(world: World, key: str) -> bool:
    """Whether the members of a family are made of each other: one after the other, from its beginning or its end."""
    return key in world.dependencies.get(key, ())


def written_out(world: World, key: str) -> bool:
    """Whether what a defined name stands for can be written in its place."""
    return key in world.definitions and not rests_on_itself(world, key)


def _step(world: World, bindings: Bindings, key: str, place: int) -> Value:
    """One member of such a family: ``(trials, axes …, 1, rows, columns)``."""
    home = _home(world, bindings, key)
    depth, known = len(home.axes), f"{key}@{place}"
    definition = world.definitions[key]
    ((name, axis),) = definition.family
    position = place - axis.lower + 1
    if key in home.values:
        return world.arithmetic.narrow(home.values[key], 1 + depth, position - 1, 1)
    if known not in home.cache:
        home.cache[known] = None
        with _kept(world, home):
            frame = Frame(world, home, home.axes).deeper(Axis(name, place, 1))
            try:
                value = evaluate(_row_at(definition.term, place, world.sizes), frame)
            except OutOfRange as error:
                raise NotExact("a recursion over members that are not there") from error
            full = (*world.arithmetic.shape(value)[: 1 + depth], 1, *world.dims(definition.shape))
            home.cache[known] = stretched(value, full, world.arithmetic, definition.text)
    if home.cache[known] is None:
        raise NotExact("a value that rests on itself")
    return home.cache[known]


def _row_at(term: Term, place: int, sizes: Mapping[str, int]) -> Term:
    """What a recursion says of one place: a value to begin with, or the step."""

    def at(condition: t.Comparison) -> bool:
        right = condition.right
        return place == (right.dim.value(sizes) if isinstance(right, t.Size) else getattr(right, "value", None))

    rows = term.rows if isinstance(term, t.Piecewise) else ((term, ()),)
    return next(row for row, conditions in rows if all(map(at, conditions)))


def _steps(world: World, bindings: Bindings, key: str, first: int, last: int) -> Value:
    """Members one behind the other: ``(trials, axes …, members, rows, columns)``."""
    a = world.arithmetic
    if last < first:
        raise NotExact("a recursion over no steps")
    made = [_step(world, bindings, key, place) for place in range(first, last + 1)]
    axis = len(a.shape(made[0])) - 3
    lead = [max(sizes) for sizes in zip(*(a.shape(value)[:axis] for value in made), strict=True)]
    return a.concatenate([stretched(value, (*lead, *a.shape(value)[axis:]), a) for value in made], axis)


def _upstream(world: World, bindings: Bindings, key: str) -> None:
    """Evaluate a long chain of definitions from its beginning: from its end it would be one deep recursion."""
    names = world.dependencies[key]
    if len(names) < LONG_CHAIN:
        return
    missing = [name for name in names if name in world.definitions and name not in bindings.cache]
    for name in sorted(missing, key=lambda name: len(world.dependencies[name])):
        fetch(world, bindings, name)


def _define(definition: Definition, frame: Frame) -> Value:
    """A definition's value; of a family, all members."""
    world = frame.world
    arithmetic = world.arithmetic
    axes = tuple(Axis(name, axis.lower, axis.size.value(world.sizes)) for name, axis in definition.family)
    if rests_on_itself(world, definition.key):
        if not axes:
            raise NotExact("a value that rests on itself")
        return _steps(world, frame.bindings, definition.key, axes[0].lower, axes[0].lower + axes[0].count - 1)
    value = evaluate(definition.term, frame.deeper(*axes))
    rows, columns = world.dims(definition.shape)
    shape = arithmetic.shape(value)
    depth = len(frame.axes)
    full = (*shape[: 1 + depth], *(axis.count for axis in axes), rows, columns)
    value = stretched(value, full, arithmetic, definition.text)
    if isinstance(definition.term, t.Variable | t.Let):
        # A new tensor of its own: the derivative by an alias must not see the uses of the name it repeats.
        value = arithmetic.multiply(value, arithmetic.number(Fraction(1), len(full)))
    return value


def evaluate(term: Term, frame: Frame) -> Value:
    """The value of a term: ``(trials, axes …, rows, columns)``, axes of size 1 where nothing depends on them."""
    a = frame.world.arithmetic
    BUDGET.step(a.step)
    match term:
        case t.Constant(value=value):
            return a.number(value, frame.rank)
        case t.Size(dim=dim):
            return a.number(Fraction(dim.value(frame.world.sizes)), frame.rank)
        case t.Index(name=name):
            position, axis = _axis(name, frame)
            BUDGET.make(axis.count, a.price, "an index")
            return a.arange(axis.lower, axis.count, position, frame.rank)
        case t.Variable():
            return _variable(term, frame)
        case t.Add(terms=parts):
            return _add(parts, frame)
        case t.Multiply(op=op, left=left, right=right):
            return multiplied(op, evaluate(left, frame), evaluate(right, frame), a)
        case t.Divide(left=left, right=right):
            return a.divide(*spread(a, evaluate(left, frame), evaluate(right, frame)))
        case t.Unary(op=op, argument=argument):
            value = _full(argument, frame)
            afford(op, value, a)
            return unary(op, value, a)
        case t.Power(base=base, exponent=exponent, entrywise=entrywise):
            return _power(base, exponent, entrywise, frame)
        case t.Elementary(name=name, argument=argument, order=order):
            return a.elementary(name, order, evaluate(argument, frame))
        case t.Arbitrary(key=key, arguments=arguments, order=order, entrywise=entrywise):
            values = [_full(argument, frame) for argument in arguments]
            if entrywise or (order and len(values) == 1):
                BUDGET.make(RIDGES * max(a.entries(value) for value in values), a.price)
            if key not in frame.world.functions:
                raise NotExact("a function of which nothing is said")  # An assumption may rest on one anywhere.
            return frame.world.functions[key](values, order, entrywise)
        case t.Extremum(op=op, arguments=arguments):
            combine = a.maximum if op == "max" else a.minimum
            value = evaluate(arguments[0], frame)
            for argument in arguments[1:]:
                value = combine(*spread(a, value, evaluate(argument, frame)))
            return value
        case t.Comparison(sign=sign, left=left, right=right):
            return a.compare(sign, *spread(a, evaluate(left, frame), evaluate(right, frame)))
        case t.Indicator(conditions=conditions):
            return _told(_all(conditions, frame), frame)
        case _:
            return _structured(term, frame)


def _structured(term: Term, frame: Frame) -> Value:
    """The terms that open axes or bind names."""
    a, world = frame.world.arithmetic, frame.world
    match term:
        case t.Piecewise(rows=rows):
            return _piecewise(rows, term.shape, frame)
        case t.Reduce():
            return _reduce(term, frame)
        case t.Entry(argument=argument, row=row, column=column):
            value = _full(argument, frame)
            value = value if row is None else _pick(value, frame.rank - 2, row, frame)
            return value if column is None else _pick(value, frame.rank - 1, column, frame)
        case t.Kronecker(left=left, right=right):
            same = a.compare("=", *spread(a, evaluate(left, frame), evaluate(right, frame)))
            return _told(same, frame)
        case t.Identity(dim=dim):
            BUDGET.make(dim.value(world.sizes) ** 2, a.price, "an identity matrix")
            return a.eye(dim.value(world.sizes), frame.rank)
        case t.Filled(value=number):
            BUDGET.make(prod(world.dims(term.shape)), a.price, "a matrix")
            return a.full(number, *world.dims(term.shape), frame.rank)
        case t.UnitVector(position=position, dim=dim):
            BUDGET.make(dim.value(world.sizes), a.price, "a vector")
            places = a.arange(1, dim.value(world.sizes), frame.rank - 2, frame.rank)
            same = a.compare("=", *spread(a, places, evaluate(position, frame)))
            return _told(same, frame)
        case t.Block(rows=rows):
            return _block(rows, frame)
        case t.Gather(indices=indices, body=body):
            return _gather(indices, body, term.shape, frame)
        case t.Let(bindings=bindings, body=body):
            if not bindings:
                return evaluate(body, frame)
            return evaluate(body, frame.bind({name: _full(value, frame) for name, value in bindings}))
        case t.MapEntries(arguments=arguments, order=order):
            values = [_full(argument, frame) for argument in arguments]
            if order and world.differentiator is None:
                raise NotExact("a derivative")
            derived = world.differentiator if order else None
            return derived.entries(term, values, frame) if derived else apply_entries(term, values, frame)
        case t.Density(log=log):
            return a.elementary("exp", 0, evaluate(log, frame))
        case t.LogIntegral() | t.Expectation() | t.Integral():
            if world.integrator is None:
                raise NotExact("an integral")
            value = world.integrator.integral(term, frame)
            return stretched(value, (*a.shape(value)[:-2], *world.dims(term.shape)), a)
        case t.Frozen(body=body, names=names):
            return _frozen(body, frozenset(names), frame)
        case t.Optimum():
            if world.optimiser is None:
                raise NotExact("an optimum")
            return world.optimiser.optimum(term, frame)
        case t.Derivative() | t.Chain():
            if world.differentiator is None:
                raise NotExact("a derivative")
            return _derivative(term, frame, world.differentiator)
    raise AssertionError(term)


def _told(truth: Value, frame: Frame) -> Value:
    """1 where it is true, else 0."""
    a = frame.world.arithmetic
    return a.where(truth, a.number(Fraction(1), frame.rank), a.number(Fraction(0), frame.rank))


def _derivative(term: t.Derivative | t.Chain, frame: Frame, by: Differentiator) -> Value:
    """A derivative; of what is the same at every index, the gradient by one member is picked from that by all."""
    match term:
        case t.Derivative(form="gradient", target=t.Variable(indices=()), indices=indices) if indices and frame.axes:
            if frame.bindings.parent is None:
                a, root = frame.world.arithmetic, Frame(frame.world, frame.bindings, ())
                whole = by.derivative(replace(term, indices=()), root)
                first, *rest = a.shape(whole)
                return pick_family(a.reshape(whole, (first, *(1,) * len(frame.axes), *rest)), indices, frame)
    return by.derivative(term, frame)


def _frozen(body: Term, names: frozenset[str], frame: Frame) -> Value:
    """At the current values of names, which are not followed by a derivative."""
    world = frame.world
    known = [name for name in names if name in world.leaves or name in world.definitions]
    outer = frame.without(names)
    return evaluate(body, outer.bind({name: world.arithmetic.detached(outer.name(name)) for name in known}))


def _full(term: Term, frame: Frame) -> Value:
    """The value with all its rows and columns: a stretched scalar has to be written out before it is looked into."""
    value = evaluate(term, frame)
    a = frame.world.arithmetic
    shape, dims = a.shape(value), frame.world.dims(term.shape)
    return value if shape[-2:] == dims else stretched(value, (*shape[:-2], *dims), a)


def _axis(name: str, frame: Frame) -> tuple[int, Axis]:
    for position in range(len(frame.axes) - 1, -1, -1):
        if frame.axes[position].name == name:
            return position + 1, frame.axes[position]
    raise KeyError(name)


def _variable(term: t.Variable, frame: Frame) -> Value:
    if term.indices and rests_on_itself(frame.world, term.key) and (near := _near(term, frame)) is not None:
        return near
    return pick_family(frame.name(term.key), term.indices, frame)


def _near(term: t.Variable, frame: Frame) -> Value | None:
    """The member of a recursion at ``i + c``: no others than those that are asked for are worked out."""
    plain = _affine(term.indices[0], frame)
    if plain is None:
        return None
    world, a = frame.world, frame.world.arithmetic
    ((_, family),) = world.definitions[term.key].family
    name, offset = plain
    target, axis = (frame.rank - 2, Axis("", 0, 1)) if name is None else _axis(name, frame)
    low, high = axis.lower + offset, axis.lower + offset + axis.count - 1
    if low < 1 or high > family.size.value(world.sizes):
        return None
    value = _steps(world, frame.bindings, term.key, low + family.lower - 1, high + family.lower - 1)
    shape = a.shape(value)
    depth = len(shape) - 4
    missing = len(frame.axes) - depth
    value = a.reshape(value, (*shape[: 1 + depth], *(1,) * missing, *shape[1 + depth :]))
    source = frame.rank - 2
    if name is not None:
        if a.shape(value)[target] != 1:
            return None
        value = a.swap(value, source, target)
    shape = a.shape(value)
    return a.reshape(value, (*shape[:source], *shape[source + 1 :]))


def pick_family(value: Value, indices: tuple[Term, ...], frame: Frame) -> Value:
    """The member of a family's values ``(trials, axes …, family …, rows, columns)`` at these indices."""
    a = frame.world.arithmetic
    for position in indices:
        value = _pick(value, frame.rank - 2, position, frame)
        shape = a.shape(value)
        cut = frame.rank - 2
        value = a.reshape(value, (*shape[:cut], *shape[cut + 1 :]))
    return value


def _pick(value: Value, source: int, position: Term, frame: Frame) -> Value:
    """The entry at a 1-based position along an axis, which stays with size 1."""
    a = frame.world.arithmetic
    size = a.shape(value)[source]
    plain = _affine(position, frame)
    if plain is not None:
        name, offset = plain
        if name is None:
            _in_range(offset, offset, size)
            return a.narrow(value, source, offset - 1, 1)
        target, axis = _axis(name, frame)
        low, high = axis.lower + offset, axis.lower + offset + axis.count - 1
        inside = low >= 1 and high <= size
        if not inside and not frame.partial:
            _in_range(low, high, size)
        if inside and a.shape(value)[target] == 1:
            return a.swap(a.narrow(value, source, axis.lower + offset - 1, axis.count), source, target)
    places = evaluate(position, frame)
    numbers = a.integers(places)
    inside = not numbers or (min(numbers) >= 1 and max(numbers) <= size)
    if not inside and not frame.partial:
        _in_range(min(numbers), max(numbers), size)
    rank = len(a.shape(value))
    shape = a.shape(places)
    extra = rank - len(shape)
    places = a.reshape(places, (*shape[:-2], *(1,) * extra, *shape[-2:]))
    BUDGET.make(size * a.entries(places), a.price)
    chosen = a.compare("=", a.arange(1, size, source, rank), places)
    zero = a.number(Fraction(0), rank)
    spread(a, chosen, value)
    picked = a.sum(a.where(chosen, value, zero), source)
    if inside:
        return picked
    # Past the range nothing stands: the entry is invalid, so that it shows unless it is left out.
    allowed = a.both(
        a.compare("\\ge", places, a.number(Fraction(1), rank)),
        a.compare("\\le", places, a.number(Fraction(size), rank)),
    )
    return a.where(allowed, picked, a.divide(zero, zero))


def _in_range(low: int, high: int, size: int) -> None:
    if low < 1 or high > size:
        raise OutOfRange(f"an index runs from {low} to {high}, but entries run from 1 to {size}")


def _affine(position: Term, frame: Frame) -> tuple[str | None, int] | None:
    """``i + c`` as (i, c), a constant as (None, c), anything else as None."""
    match position:
        case t.Index(name=name):
            return name, 0
        case t.Constant(value=value) if isinstance(value, Fraction) and value.denominator == 1:
            return None, int(value)
        case t.Size(dim=dim):
            return None, dim.value(frame.world.sizes)
        case t.Add(terms=parts):
            letter: str | None = None
            total = 0
            for sign, part in parts:
                inner = _affine(part, frame)
                if inner is None or (inner[0] is not None and (letter is not None or sign < 0)):
                    return None
                letter = inner[0] if inner[0] is not None else letter
                total += sign * inner[1]
            return letter, total
    return None


def _add(parts: tuple[tuple[int, Term], ...], frame: Frame) -> Value:
    a = frame.world.arithmetic
    total: Value = None
    for sign, part in parts:
        value = evaluate(part, frame)
        if total is None:
            total = value if sign > 0 else a.negate(value)
        else:
            spread(a, total, value)
            total = a.add(total, value) if sign > 0 else a.subtract(total, value)
    return total


def _power(base: Term, exponent: Term, entrywise: bool, frame: Frame) -> Value:
    a = frame.world.arithmetic
    value = evaluate(base, frame)
    whole = exponent.value if isinstance(exponent, t.Constant) and isinstance(exponent.value, Fraction) else None
    if isinstance(exponent, t.Size):
        whole = Fraction(exponent.dim.value(frame.world.sizes))
    if whole is not None and whole.denominator == 1:
        if abs(whole) > 10_000:
            raise NotExact("a power above 10000")
        dims = frame.world.dims(base.shape)
        if entrywise or dims == (1, 1):
            return a.integer_power(value, int(whole))
        return matrix_power(_full(base, frame), int(whole), a)
    if not entrywise and frame.world.dims(base.shape) != (1, 1):
        return _powers(_full(base, frame), evaluate(exponent, frame), frame)
    return a.power(*spread(a, value, evaluate(exponent, frame)))


def _powers(value: Value, exponents: Value, frame: Frame) -> Value:
    """A matrix to powers that are others at other indices; where places are left out they are no negative ones."""
    a = frame.world.arithmetic
    numbers = sorted(set(a.integers(exponents)))
    numbers = [number for number in numbers if number >= 0] or [0] if frame.partial else numbers
    made = matrix_power(value, numbers[0], a)
    for number in numbers[1:]:
        here = a.compare("=", exponents, a.number(Fraction(number), frame.rank))
        made = a.where(*spread(a, here, matrix_power(value, number, a), made))
    return made


def _all(conditions: tuple[t.Comparison, ...], frame: Frame) -> Value:
    truth = evaluate(conditions[0], frame)
    for condition in conditions[1:]:
        truth = frame.world.arithmetic.both(*spread(frame.world.arithmetic, truth, evaluate(condition, frame)))
    return truth


def _piecewise(rows: tuple[tuple[Term, tuple[t.Comparison, ...]], ...], shape: Shape, frame: Frame) -> Value:
    """Where no row applies the value is invalid: a gap in the cases is seen."""
    a = frame.world.arithmetic
    zero = a.number(Fraction(0), frame.rank)
    value = a.divide(zero, zero)
    for row, conditions in reversed(rows):
        inner = evaluate(row, frame.where_allowed())
        value = inner if not conditions else a.where(*spread(a, _all(conditions, frame), inner, value))
    dims = frame.world.dims(shape)
    return stretched(value, (*a.shape(value)[:-2], *dims), a)


def _reduce(term: t.Reduce, frame: Frame) -> Value:
    a = frame.world.arithmetic
    low, high = (a.integers(evaluate(bound, frame)) for bound in (term.lower, term.upper))
    lower, upper = min(low), max(high)
    count = upper - lower + 1
    empty = {"sum": Fraction(0), "prod": Fraction(1)}
    if count <= 0:
        if term.op not in empty:
            raise NotExact("an extremum or a product of matrices over nothing")
        return a.full(empty[term.op], *frame.world.dims(term.shape), frame.rank)
    BUDGET.make(count, a.price, "the range of an index")
    axis = Axis(term.index, lower, count)
    inner = frame.deeper(axis)
    position = inner.rank - 3
    ragged = min(low) != max(low) or min(high) != max(high)
    if term.op == "matmul" and (ragged or term.conditions):
        raise NotExact("a product of matrices of which some are left out")
    value = evaluate(term.body, inner.where_allowed() if ragged or term.conditions else inner)
    shape = list(a.shape(value))
    shape[position] = count
    value = stretched(value, shape, a)
    value = _masked(term, value, ragged, inner, empty.get(term.op))
    if term.op == "matmul":
        parts = [a.narrow(value, position, place, 1) for place in range(count)]
        reduced = reduce(a.matmul, parts)
    else:
        reduced = {"sum": a.sum, "prod": a.prod, "max": a.largest, "min": a.smallest}[term.op](value, position)
    shape = list(a.shape(reduced))
    return a.reshape(reduced, (*shape[:position], *shape[position + 1 :]))


def _masked(term: t.Reduce, value: Value, ragged: bool, inner: Frame, neutral: Fraction | None) -> Value:
    """With the places that a condition or a bound in outer indices leaves out set to the neutral element."""
    a = inner.world.arithmetic
    conditions = list(term.conditions)
    if ragged:
        index = t.Index(term.index)
        conditions += [t.Comparison("\\ge", index, term.lower), t.Comparison("\\le", index, term.upper)]
    if not conditions:
        return value
    if neutral is None:
        raise NotExact("an extremum under a condition")
    truth = _all(tuple(conditions), inner)
    spread(a, truth, value)
    return a.where(truth, value, a.number(neutral, inner.rank))


def _block(rows: tuple[tuple[Term, ...], ...], frame: Frame) -> Value:
    a, world = frame.world.arithmetic, frame.world
    heights = [max((world.dims(cell.shape)[0] for cell in row), default=1) for row in rows]
    widths = [max(world.dims(row[c].shape)[1] for row in rows) for c in range(len(rows[0]))]
    values = [[evaluate(cell, frame) for cell in row] for row in rows]
    lead = [1] * (frame.rank - 2)
    for row in values:
        for value in row:
            lead = [max(old, new) for old, new in zip(lead, a.shape(value)[:-2], strict=True)]
    lines = []
    for row, height in zip(values, heights, strict=True):
        cells = [stretched(value, (*lead, height, width), a) for value, width in zip(row, widths, strict=True)]
        lines.append(a.concatenate(cells, -1))
    return a.concatenate(lines, -2)


def _gather(indices: tuple[str, ...], body: Term, shape: Shape, frame: Frame) -> Value:
    a = frame.world.arithmetic
    dims = frame.world.dims(shape)
    axes = tuple(Axis(name, 1, count) for name, count in zip(indices, dims, strict=False))
    value = evaluate(body, frame.deeper(*axes))
    lead = a.shape(value)[: frame.rank - 2]
    value = stretched(value, (*lead, *(axis.count for axis in axes), 1, 1), a)
    return a.reshape(value, (*lead, *dims))


def apply_entries(term: t.MapEntries, arguments: list[Value], frame: Frame) -> Value:
    """The body of a function of numbers at every entry of its arguments, which become two more axes."""
    a = frame.world.arithmetic
    shapes = [a.shape(value) for value in arguments]
    rows, columns = (max(shape[axis] for shape in shapes) for axis in (-2, -1))
    inner = frame.deeper(Axis("", 1, rows), Axis("", 1, columns))
    values = {
        name: a.reshape(value, (*shape, 1, 1))
        for name, value, shape in zip(term.parameters, arguments, shapes, strict=True)
    }
    value = evaluate(term.body, inner.bind(values))
    shape = a.shape(value)
    value = a.reshape(value, shape[:-2])
    return stretched(value, (*shape[: frame.rank - 2], rows, columns), a)
