"""Derivatives by reverse-mode autograd of the definitions.

The derivative by a name puts a fresh variable in the name's place and evaluates everything downstream of it anew.
A Jacobian gives every entry of the target a copy of the variable of its own, on one more axis, so that one backward
pass yields all rows. Only ``torch.autograd.grad`` of one scalar is used: transforms and cotangent arguments cost
seconds of imports.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import BACKWARD, BUDGET
from derivcheck.evaluation.evaluator import (
    Axis,
    Frame,
    apply_entries,
    evaluate,
    fetch,
    pick_family,
)
from derivcheck.evaluation.forward import arranged, as_jacobian, flattened, hold
from derivcheck.problem import terms as t
from derivcheck.problem.terms import Term

STEPS_OF_DIFFERENCES = 27
"""Differences take so many values for every partial: a Jacobian that they could not hold is not begun."""


class Autograd:
    """Works out derivatives in torch; keeps the gradients of whole statements by target, since claims share them."""

    def __init__(self) -> None:
        self._gradients: dict[tuple[Term, bool], dict[str, Tensor]] = {}
        self.substitutes: dict[Term, Tensor] = {}

    def derivative(self, term: t.Derivative | t.Chain, frame: Frame) -> Tensor:
        """The value of a derivative, in the shape that its term has."""
        if term in self.substitutes and not frame.axes:
            return self.substitutes[term]
        recording = torch.is_grad_enabled()
        with torch.enable_grad():
            value = (
                _chain(term, frame, recording) if isinstance(term, t.Chain) else self._single(term, frame, recording)
            )
        return value if recording else value.detach()

    def _single(self, term: t.Derivative, frame: Frame, recording: bool) -> Tensor:
        if term.form == "gradient":
            plain = not term.held and not term.direct and not frame.axes and frame.bindings.parent is None
            if plain and term.key in frame.world.dependencies:
                whole = self._of_statement(term.target, frame, recording).get(term.key)
                if whole is None:
                    whole = torch.zeros_like(frame.name(term.key))
            else:
                whole = pull(term, frame, None, recording)
            return pick_family(whole, term.indices, frame)
        value: Tensor = arranged(copies(as_jacobian(term), frame, recording), term, frame)
        return value

    def _of_statement(self, target: Term, frame: Frame, recording: bool) -> dict[str, Tensor]:
        """The gradients of a scalar by every name upstream of it, from one backward pass."""
        known = self._gradients.get((target, recording))
        if known is not None:
            return known
        world = frame.world
        value = evaluate(target, frame)
        places: dict[str, Tensor] = {}
        for name in sorted(world.reached(target)):
            if name in world.leaves or name in world.definitions:
                place, _ = fetch(world, frame.bindings, name)
                if place.requires_grad:
                    places[name] = place
        grads: dict[str, Tensor] = {}
        if value.requires_grad and places:
            BUDGET.pay(BACKWARD)
            found = torch.autograd.grad(
                value.sum(), list(places.values()), retain_graph=True, create_graph=recording, allow_unused=True
            )
            grads = {name: grad for name, grad in zip(places, found, strict=True) if grad is not None}
        self._gradients[(target, recording)] = grads
        return grads

    def entries(self, term: t.MapEntries, arguments: list[Tensor], frame: Frame) -> Tensor:
        """A derivative of a function of numbers, entry by entry, by its first parameter."""
        recording = torch.is_grad_enabled()
        with torch.enable_grad():
            place = _variable(arguments[0])
            value = apply_entries(term, [place, *arguments[1:]], frame)
            for _ in range(term.order):
                if not value.requires_grad:
                    return torch.zeros_like(place)
                value = slope(value.sum(), place, create=True)
        return value if recording else value.detach()


def _variable(value: Tensor, shape: tuple[int, ...] | None = None) -> Tensor:
    """A fresh variable with this value; still part of any outer recording."""
    if shape is not None:
        BUDGET.make(math.prod(shape), 4.0)
    place = value.clone() if shape is None else value.expand(shape).clone()
    return place if place.requires_grad else place.requires_grad_()


def pull(term: t.Derivative, frame: Frame, cotangent: Tensor | None, recording: bool) -> Tensor:
    """The gradient of ⟨cotangent, target⟩ by a name: ``(trials, axes …, family …, rows, columns)``."""
    place = frame.name(term.key)
    shape = list(place.shape)
    # Every trial needs a copy of its own, or the gradient would be summed over them.
    shape[0] = max(shape[0], frame.world.trials)
    for position, axis in enumerate(frame.axes, start=1):
        shape[position] = axis.count if axis.name or shape[position] == 1 else shape[position]
    place = _variable(place, tuple(shape))
    target, values = hold(term, frame)
    value = evaluate(target, frame.bind({**values, term.key: place}, term.held))
    total = value.sum() if cotangent is None else (value * cotangent).sum()
    return slope(total, place, create=recording, keep=True)


def copies(term: t.Derivative, frame: Frame, recording: bool) -> Tensor:
    """All partials of all entries: ``(trials, axes …, entries of the target, family …, rows, columns)``."""
    place = frame.name(term.key)
    depth = len(frame.axes)
    rows, columns = frame.world.dims(term.target.shape)
    count = rows * columns
    shape = list(place.shape)
    shape[0] = max(shape[0], frame.world.trials)
    for position, axis in enumerate(frame.axes, start=1):
        shape[position] = axis.count
    BUDGET.make(math.prod(shape) * count * STEPS_OF_DIFFERENCES, 0.1, f"the table of all partials of {count} entries")
    place = place.reshape(*place.shape[: 1 + depth], 1, *place.shape[1 + depth :])
    place = _variable(place, (*shape[: 1 + depth], count, *shape[1 + depth :]))
    deeper = frame.deeper(Axis("", 1, count))
    target, values = hold(term, deeper)
    value = evaluate(target, deeper.bind({**values, term.key: place}, term.held))
    if value.shape[-2:] != (rows, columns):
        value = value.expand(*value.shape[:-2], rows, columns)
    flat = value.reshape(*value.shape[:-2], count)
    if flat.shape[-2] == 1:
        flat = flat.expand(*flat.shape[:-2], count, count)
    total = flat.diagonal(dim1=-2, dim2=-1).sum()
    return slope(total, place, create=recording, keep=True)


def _chain(term: t.Chain, frame: Frame, recording: bool) -> Tensor:
    """The composition of linear maps, from the outermost target inwards."""
    first = term.links[0]
    world = frame.world
    if world.dims(first.target.shape) == (1, 1):
        value = pull(first, frame, None, recording)
        for link in term.links[1:]:
            value = pull(link, frame, value, recording)
        return value
    matrix: Tensor | None = None
    for link in term.links:
        flat = flattened(copies(link, frame, recording), frame)
        matrix = flat if matrix is None else matrix @ flat
    assert matrix is not None
    rows, columns = world.dims(term.shape)
    return matrix.reshape(*matrix.shape[: frame.rank - 2], rows, columns)


def slope(total: Tensor, place: Tensor, *, create: bool, keep: bool = False) -> Tensor:
    """∂total/∂place of a scalar, zeros where nothing depends on the place.

    ``create`` makes the gradient differentiable too; ``keep`` leaves the graph for another pass.
    """
    if not total.requires_grad:
        return torch.zeros_like(place)
    BUDGET.pay(BACKWARD)
    (found,) = torch.autograd.grad(total, place, create_graph=create, retain_graph=create or keep, allow_unused=True)
    return torch.zeros_like(place) if found is None else found
