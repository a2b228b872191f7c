"""A derivation's named quantities and gradients against those of the module, at the same inputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from derivcheck.config import Settings
from derivcheck.language.printing import plain
from derivcheck.reading.parser import parse_expression
from derivcheck.verdict import Extra, Outcome

Values = Mapping[str, Tensor]
# Points compared at: each costs a run of the module, and a disagreement that is one shows at the first.
POINTS = 4
# Both sides compute the same few products in float64, in another order at most.
TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class Quantity:
    """A name of the derivation that is a quantity of the module, which may call it otherwise."""

    name: str
    inside: str = ""

    @property
    def key(self) -> str:
        """What the module calls it."""
        return self.inside or self.name


@dataclass(frozen=True, slots=True)
class Model:
    r"""How a homework's module is held against a derivation.

    leaves      the derivation's names whose values the module is given
    quantities  what is compared
    evaluate    the module's quantities (rows × columns each) from one point's leaves, with autograd's graph
    scalar      the derivation's loss, if gradients are compared; ``output`` the quantity that it judges
    gradients   the names with respect to which they are
    functions   what the derivation's arbitrary functions stand for here, unless the settings say so already
    """

    leaves: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    evaluate: Callable[[Values, Settings], Mapping[str, Tensor]]
    scalar: str = ""
    output: str = ""
    gradients: tuple[str, ...] = ()
    functions: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of the derivation whose value is needed."""
        return tuple(dict.fromkeys((*self.leaves, *(quantity.name for quantity in self.quantities))))


@dataclass(frozen=True, slots=True)
class Difference:
    """One comparison: the largest difference relative to the size of the values; ``inf`` where shapes differ.

    ``name`` is the derivation's name, or what the gradient is with respect to; ``gradient`` tells which.
    """

    name: str
    relative: float
    entries: int
    gradient: bool = False
    note: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the two are equal up to rounding; NaN is not."""
        return self.relative <= TOLERANCE


def differences(model: Model, settings: Settings, values: Values, gradients: Values) -> tuple[Difference, ...]:
    """Every quantity and gradient that the derivation has too.

    ``values`` and ``gradients`` are the derivation's, T × rows × columns each; a name that it does not have is left
    out. Without all of the module's leaves there is nothing to compare.
    """
    if any(leaf not in values for leaf in model.leaves):
        return ()
    points = min(POINTS, *(len(values[leaf]) for leaf in model.leaves))
    found: dict[tuple[str, bool], list[tuple[Tensor, Tensor]]] = {}
    for point in range(points):
        ours = model.evaluate({leaf: values[leaf][point] for leaf in model.leaves}, settings)
        for quantity in model.quantities:
            # What the module itself has no number for says nothing of the derivation.
            if quantity.name in values and bool(ours[quantity.key].isfinite().all()):
                pair = values[quantity.name][point], ours[quantity.key].detach()
                found.setdefault((quantity.name, False), []).append(pair)
        for name, gradient in _gradients(model, ours, gradients, point):
            found.setdefault((name, True), []).append((gradients[name][point], gradient))
    return tuple(_difference(name, gradient, pairs) for (name, gradient), pairs in found.items())


def _gradients(model: Model, ours: Values, theirs: Values, point: int) -> Iterator[tuple[str, Tensor]]:
    """The module's gradients of the derivation's loss.

    The loss is the derivation's own, often an arbitrary function; the module sees it through its slope at the output,
    so that ⟨∂ℓ/∂y, y⟩ has the gradients of ℓ(y).
    """
    if model.output not in theirs or theirs[model.output][point].shape != ours[model.output].shape:
        return
    judged = (theirs[model.output][point] * ours[model.output]).sum()
    names = [name for name in model.gradients if name in theirs]
    found = torch.autograd.grad(judged, [ours[name] for name in names], allow_unused=True)
    for name, gradient in zip(names, found, strict=True):
        yield name, torch.zeros_like(ours[name]) if gradient is None else gradient


def _difference(name: str, gradient: bool, pairs: list[tuple[Tensor, Tensor]]) -> Difference:
    if any(theirs.shape != ours.shape for theirs, ours in pairs):
        theirs, ours = pairs[0]
        note = f"{_shape(theirs)} in the derivation, {_shape(ours)} in the module"
        return Difference(name, math.inf, 0, gradient, note)
    size = max(max(float(theirs.abs().max()), float(ours.abs().max())) for theirs, ours in pairs)
    apart = [float((theirs - ours).abs().max()) for theirs, ours in pairs]
    # max() would lose a NaN that is not the first
    largest = math.nan if any(map(math.isnan, apart)) else max(apart)
    return Difference(name, largest / size if size else largest, pairs[0][0].numel() * len(pairs), gradient)


def comparison_extra(model: Model, found: tuple[Difference, ...]) -> Extra:
    """The comparison as rows; a name of the module's that the derivation does not have is said to be missing."""
    compared = {(difference.name, difference.gradient) for difference in found}
    rows = [_row(model, difference) for difference in found]
    rows += [
        (quantity.name, "", "", "no value in the derivation")
        for quantity in model.quantities
        if found and (quantity.name, False) not in compared
    ]
    if not found:
        missing = ", ".join(model.leaves)
        return Extra(
            "derivation and module",
            text=f"not compared: the module needs values for {missing}, and the derivation does not name them all",
            outcome=Outcome.NOT_CHECKED,
            code="not-compared",
        )
    return Extra(
        "derivation and module at the same inputs",
        columns=("quantity", "entries", "relative difference", "verdict"),
        rows=tuple(rows),
        outcome=Outcome.HOLDS if all(difference.agrees for difference in found) else Outcome.WRONG,
        code="differs-from-module",
    )


def not_evaluated(what: str) -> Extra:
    """No comparison, since a value of the derivation's was not found: ``what`` says what is in the way."""
    text = f"not compared, since the derivation's own values are not found: {what}"
    return Extra("derivation and module", text=text, outcome=Outcome.UNDECIDED, code="not-compared")


def shown_name(model: Model, difference: Difference) -> str:
    """``∂ℓ/∂W`` for a gradient, the name itself for a quantity, in plain text."""
    name = plain(parse_expression(difference.name))
    return f"∂{plain(parse_expression(model.scalar))}/∂{name}" if difference.gradient else name


def _row(model: Model, difference: Difference) -> tuple[str, ...]:
    verdict = str(Outcome.HOLDS) if difference.agrees else str(Outcome.WRONG)
    relative = difference.note or f"{difference.relative:.1e}"
    return shown_name(model, difference), str(difference.entries), relative, verdict


def _shape(value: Tensor) -> str:
    return " × ".join(map(str, value.shape))
