"""Derivatives by dual numbers, over any arithmetic: forwards through the definitions, one direction for each entry.

It shares nothing with autograd but the evaluator and the rule of what is held fixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from math import prod

from derivcheck.evaluation.arithmetic import BUDGET, NotExact, Value
from derivcheck.evaluation.dual import Dual, DualArithmetic
from derivcheck.evaluation.evaluator import (
    Axis,
    Bindings,
    Frame,
    World,
    apply_entries,
    evaluate,
    pick_family,
    rests_on_itself,
)
from derivcheck.evaluation.unknowns import Lifted
from derivcheck.language.shapes import ONE
from derivcheck.problem import terms as t
from derivcheck.problem.recursions import step_alone
from derivcheck.problem.terms import Term


class Forward:
    """Works out derivatives in dual numbers; keeps those of whole statements, since claims share them."""

    def __init__(self) -> None:
        self._values: dict[Term, Value] = {}
        self._frames: dict[tuple[str, tuple[str, ...]], Frame] = {}

    def derivative(self, term: t.Derivative | t.Chain, frame: Frame) -> Value:
        """The value of a derivative, in the shape that its term has."""
        whole = not frame.axes and frame.bindings.parent is None
        if whole and term in self._values:
            return self._values[term]
        value = self._chain(term, frame) if isinstance(term, t.Chain) else self._single(term, frame)
        if whole:
            self._values[term] = value
        return value

    def _single(self, term: t.Derivative, frame: Frame) -> Value:
        if term.form == "gradient":
            whole, lead = self.partials(term, frame), frame.rank - 2
            shape = frame.world.arithmetic.shape(whole)
            whole = frame.world.arithmetic.reshape(whole, (*shape[:lead], *shape[lead + 1 :]))
            return pick_family(whole, term.indices, frame)
        return arranged(self.partials(as_jacobian(term), frame), term, frame)

    def partials(self, term: t.Derivative, frame: Frame) -> Value:
        """All partials: ``(trials, axes …, entries of the target, family …, rows, columns)``."""
        a, depth = frame.world.arithmetic, len(frame.axes)
        place = frame.name(term.key)
        shape = a.shape(place)
        entries = shape[1 + depth :]
        count = prod(entries)
        target, held = hold(term, frame)
        BUDGET.make(prod(shape) * count, a.price, "the table of all directions")
        along = a.reshape(a.eye(count, 2), (count, *(1,) * (1 + depth), *entries))
        seed = Dual(place, a.expand(along, (count, *shape)))
        inner = self._along(target, frame, term.key, seed, held)
        value = evaluate(target, inner)
        rows, columns = frame.world.dims(term.target.shape)
        dual = inner.world.arithmetic
        lead = dual.shape(value)[:-2]
        if dual.shape(value)[-2:] != (rows, columns):
            if prod(dual.shape(value)[-2:]) == rows * columns:
                value = dual.reshape(value, (*lead, rows, columns))
            else:
                value = dual.expand(value, (*lead, rows, columns))
        if value.tangent is None:
            zero = a.number(Fraction(0), len(lead) + 1 + len(entries))
            return a.expand(zero, (*lead, rows * columns, *entries))
        flat = a.swap(a.reshape(value.tangent, (count, prod(lead) * rows * columns)), 0, 1)
        return a.reshape(flat, (*lead, rows * columns, *entries))

    def _along(self, target: Term, frame: Frame, key: str, seed: Dual, held: dict[str, Value]) -> Frame:
        """The place where the target is evaluated in dual numbers; the definitions met there serve other targets."""
        whole = not frame.axes and frame.bindings.parent is None
        known = (key, tuple(sorted(held)))
        inner = self._frames.get(known) if whole else None
        if inner is None:
            values = {**{name: Dual(value) for name, value in held.items()}, key: seed}
            inner = lifted(frame, values)
            if whole:
                self._frames[known] = inner
        supply(target, frame, inner, key)
        return inner

    def _chain(self, term: t.Chain, frame: Frame) -> Value:
        """The composition of linear maps, from the outermost target inwards."""
        a = frame.world.arithmetic
        matrix: Value = None
        for link in term.links:
            flat = flattened(self.partials(link, frame), frame)
            matrix = flat if matrix is None else a.matmul(matrix, flat)
        lead = a.shape(matrix)[: frame.rank - 2]
        if frame.world.dims(term.links[0].target.shape) == (1, 1):
            last = a.shape(frame.name(term.links[-1].key))[1 + len(frame.axes) :]
            return a.reshape(matrix, (*lead, *last))
        return a.reshape(matrix, (*lead, *frame.world.dims(term.shape)))

    def entries(self, term: t.MapEntries, arguments: list[Value], frame: Frame) -> Value:
        """A derivative of a function of numbers, entry by entry, by its first parameter."""
        if not term.order:
            return apply_entries(term, arguments, frame)
        a = frame.world.arithmetic
        shape = a.shape(arguments[0])
        ones = a.expand(a.number(Fraction(1), len(shape) + 1), (1, *shape))
        inner = lifted(frame, {})
        supply(term.body, frame, inner, None, frozenset(term.parameters))
        given = [Dual(arguments[0], ones), *map(Dual, arguments[1:])]
        assert isinstance(inner.world.differentiator, Forward)
        value = inner.world.differentiator.entries(replace(term, order=term.order - 1), given, inner)
        result = inner.world.arithmetic.shape(value)
        if value.tangent is None:
            return a.expand(a.number(Fraction(0), len(result)), result)
        return a.reshape(value.tangent, result)


class _Leaves(Mapping[str, Dual]):
    """What is declared, as constants."""

    def __init__(self, leaves: Mapping[str, Value]) -> None:
        self.leaves = leaves

    def __getitem__(self, key: str) -> Dual:
        return Dual(self.leaves[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self.leaves)

    def __len__(self) -> int:
        return len(self.leaves)


def lifted(frame: Frame, values: dict[str, Value]) -> Frame:
    """The same place in dual numbers, with these values for names."""
    world = frame.world
    dual = DualArithmetic(world.arithmetic)
    functions = {key: Lifted(function, dual) for key, function in world.functions.items()}  # type: ignore[arg-type]
    inner = World(
        dual, world.sizes, _Leaves(world.leaves), functions, world.definitions, Forward(), world.dependencies,
        world.trials, world.integrator, world.optimiser,
    )  # fmt: skip
    root = inner.root().bindings
    return Frame(inner, Bindings(root, values, frame.axes), frame.axes, frame.partial)


def supply(target: Term, frame: Frame, inner: Frame, key: str | None, parameters: frozenset[str] = frozenset()) -> None:
    """The values of all names that the target needs and that do not depend on what is varied, as constants."""
    world, values = frame.world, inner.bindings.values
    stack, seen = list(t.variables(target) - parameters), set(parameters)
    while stack:
        name = stack.pop()
        if name in seen or name in values:
            continue
        seen.add(name)
        varied = parameters if key is None else parameters | {key}
        if name in world.definitions and not varied.isdisjoint(world.dependencies[name]):
            stack.extend(t.variables(world.definitions[name].term))
            continue
        try:
            values[name] = Dual(frame.name(name))
        except KeyError:
            if name.startswith("?"):
                raise
            raise NotExact(f"the name {name}") from None


def as_jacobian(term: t.Derivative) -> t.Derivative:
    """A Hessian as the Jacobian of a gradient; any other derivative as it is."""
    if term.form != "hessian":
        return term
    assert term.second is not None
    inner = t.Derivative(term.target, term.key, "gradient", shape=(term.shape[0], ONE))
    return t.Derivative(inner, term.second, "jacobian")


def arranged(whole: Value, term: t.Derivative, frame: Frame) -> Value:
    """All partials ``(trials, axes …, entries of the target, family …, rows, columns)`` in the shape of their term."""
    a, lead = frame.world.arithmetic, frame.rank - 2
    if term.indices and term.form != "hessian":
        whole = pick_family(whole, term.indices, frame.deeper(Axis("", 1, a.shape(whole)[lead])))
    if term.form == "tangent":
        return a.reshape(whole, (*a.shape(whole)[:lead], *frame.world.dims(term.shape)))
    return flattened(whole, frame)


def flattened(whole: Value, frame: Frame) -> Value:
    """Partials as a matrix: entries of the target by entries of the variable."""
    shape = frame.world.arithmetic.shape(whole)
    return frame.world.arithmetic.reshape(whole, (*shape[: frame.rank - 1], prod(shape[frame.rank - 1 :])))


def hold(term: t.Derivative, frame: Frame) -> tuple[Term, dict[str, Value]]:
    """What is differentiated and the names kept fixed: for a direct partial, all others in its definition."""
    world = frame.world
    target: Term = term.target
    held = set(term.held)
    if term.direct:
        match target:
            case t.Variable(key=key, indices=indices) if rests_on_itself(world, key):
                target = step_alone(world.definitions[key], indices, term.key)
                held |= t.variables(target)
            case t.Variable(key=key) if key in world.definitions:
                definition = world.definitions[key]
                if not definition.family:
                    target = definition.term
                    held |= t.variables(target)
                else:
                    held |= t.variables(definition.term)
            case t.Entry(argument=t.Variable(key=key), row=row, column=column) if key in world.definitions:
                definition = world.definitions[key]
                target = t.Entry(definition.term, row, column, shape=target.shape)
                held |= t.variables(definition.term)
            case _:
                held |= t.variables(target)
        held.discard(term.key)
    values = {
        name: frame.name(name)
        for name in held
        if name in world.leaves or name in world.definitions or name in world.dependencies
    }
    return target, values
