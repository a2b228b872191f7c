"""A derivation's named quantities and gradients against those of a model, at the same inputs.

Three parties may speak: the maths of the document, the forward pass and the backward pass of the code. Where two
agree in everything and not with the third, the third is the odd one out. A backward pass that autograd makes of the
forward is no witness of its own; one that is written by hand is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import combinations
from typing import Final, NamedTuple

import torch
from torch import Tensor

from derivcheck.config import Settings
from derivcheck.model.derivation import Derivation, Slopes, Values, along, noise_of
from derivcheck.model.target import told

POINTS: Final = 4
"""Points compared at: each costs a run of the module, and a disagreement that is one shows at the first."""
TOLERANCE: Final = 1e-10
"""Both sides compute the same few products in float64, in another order at most."""
COARSE: Final = 1e-3
"""Differences with an error bar of more than this part of the gradient say nothing of it (at a kink, say)."""
FLOOR: Final = 1e-13
"""Beside the largest number that was seen, so little is rounding: a gradient that vanishes comes out as this."""


class Party(StrEnum):
    """Who says what a quantity or a gradient is."""

    MATHS = "maths"
    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A name of the derivation that is a quantity of the model, which may call it otherwise."""

    name: str
    inside: str = ""

    @property
    def key(self) -> str:
        """What the model calls it."""
        return self.inside or self.name


class BackwardFailed(Exception):
    """The backward pass of a model ends in an exception of its own; the message says in which."""


@dataclass(frozen=True, slots=True)
class Model:
    r"""How code is held against a derivation.

    leaves      the derivation's names whose values the model is given; to ``constants`` there is no way back
    quantities  what is compared
    evaluate    the model's quantities (rows × columns each) from one point's leaves, with autograd's graph
    functions   what the derivation's arbitrary functions stand for here, unless the settings say so already
    by_hand     whether its backward pass is written by hand
    forward     the same quantities by the forward pass alone, with the graph that autograd makes of it
    formula     the gradients by the leaves that the backward pass makes of an upstream and of the derivation's values
                in the place of what the forward pass ``saved``
    """

    leaves: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    evaluate: Callable[[Values, Settings], Mapping[str, Tensor]]
    functions: tuple[tuple[str, str], ...] = ()
    by_hand: bool = False
    forward: Callable[[Values, Settings], Mapping[str, Tensor]] | None = None
    formula: Callable[[Values, Values], Values | None] | None = None
    saved: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of the derivation whose value is needed."""
        return tuple(dict.fromkeys((*self.leaves, *(quantity.name for quantity in self.quantities), *self.saved)))


@dataclass(frozen=True, slots=True)
class Difference:
    """One comparison: the largest difference relative to the size of the values; ``inf`` where shapes differ.

    ``name`` is the derivation's name, or what the gradient is with respect to; ``of`` tells of what. ``between`` are
    the parties that are furthest apart.
    """

    name: str
    relative: float
    entries: int
    of: str = ""
    note: str = ""
    agrees: bool = True
    between: tuple[Party, Party] = (Party.MATHS, Party.FORWARD)

    @property
    def gradient(self) -> bool:
        """Whether it is one of a gradient."""
        return bool(self.of)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that was compared; ``agree`` tells of two parties whether they do in everything that both speak of, ``rough``
    which part of its values rounding inside of the code moves."""

    rows: tuple[Difference, ...]
    agree: Mapping[frozenset[Party], bool] = field(default_factory=dict)
    by_hand: bool = False
    rough: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether there is something to compare, and nothing differs."""
        return bool(self.rows) and all(row.agrees for row in self.rows)

    @property
    def odd(self) -> Party | None:
        """The party that the other two contradict together, where that can be said."""
        if self.holds or not self.rows:
            return None
        pairs = [pair for pair, agree in self.agree.items() if agree]
        if not self.by_hand:
            # autograd of a forward pass agrees with it whatever either is worth
            pairs = [pair for pair in pairs if pair == {Party.MATHS, Party.FORWARD}]
        return next(iter(set(Party) - pairs[0])) if len(pairs) == 1 else None


@dataclass(frozen=True, slots=True)
class _Said:
    """What a party says at one point, and how far rounding may have moved it; ``along`` are directions, where only
    the slopes along these are known."""

    value: Tensor
    bar: float = 0.0
    along: tuple[Tensor, ...] = ()

    @property
    def shape(self) -> torch.Size:
        """The shape of the whole."""
        return self.along[0].shape if self.along else self.value.shape


class _What(NamedTuple):
    """A quantity, or the gradient ``of`` something by it; as a line claims it, or as it is."""

    of: str
    name: str
    claimed: bool = False


_Points = dict[int, _Said]
_Told = dict[_What, dict[Party, _Points]]


def compare(model: Model, settings: Settings, derivation: Derivation) -> Comparison:
    """Every quantity and gradient that the derivation has too; without all of the model's leaves there is none.

    Raises BackwardFailed where the model's backward pass does not run.
    """
    values = derivation.values
    if any(leaf not in values for leaf in model.leaves):
        return Comparison(())
    points = min([POINTS, *(len(values[leaf]) for leaf in model.leaves)])
    heard: _Told = {}
    formulas: _Told = {}
    rough = 0.0
    for point in range(points):
        here = {name: value[point] for name, value in values.items()}
        leaves = {leaf: here[leaf] for leaf in model.leaves}
        ours = model.evaluate(leaves, settings)
        moved = _moved(model, settings, leaves, ours)
        rough = max(rough, _roughness(model, ours, moved))
        for quantity in model.quantities:
            # What the module itself has no number for says nothing of the derivation.
            if quantity.name in here and bool(ours[quantity.key].isfinite().all()):
                of_ours = [one[quantity.key].detach() for one in (ours, *moved)]
                _tell(heard, _What("", quantity.name), Party.MATHS, point, _Said(here[quantity.name]))
                if (said := _rounded(of_ours, rough)) is not None:
                    _tell(heard, _What("", quantity.name), Party.FORWARD, point, said)
        for slopes in derivation.slopes:
            _slopes(model, settings, slopes, point, (ours, moved), leaves, rough, heard)
            if model.formula is not None:
                _formula(model, slopes, point, here, formulas)
    return replace(_judged(model, heard, formulas, _floor(derivation)), rough=rough)


SHIFTS: Final = (1e-6, 1e-3, 3e-2)
"""Inputs are moved by so much of themselves to see what rounding does: a smooth function bends by little over the
first, float32 inside of the code shows there, and what is coarser does not change before the others."""
ROUGH: Final = 0.1
"""What rounding moves by more than this part of itself is compared with nothing."""


def _moved(model: Model, settings: Settings, leaves: Values, ours: Values) -> list[Values]:
    """The model's quantities a little to both sides of the inputs, far enough to change them."""
    keys = [quantity.key for quantity in model.quantities]
    moved: list[Values] = []
    for shift in SHIFTS:
        sides = ({name: leaf * (1 + off) for name, leaf in leaves.items()} for off in (shift, -shift))
        moved = [model.evaluate(side, settings) for side in sides]
        if any(not torch.equal(moved[0][key], ours[key]) for key in keys):
            return moved
    return moved


def _roughness(model: Model, ours: Values, moved: Sequence[Values]) -> float:
    """Which part of its values rounding inside of the code moves: what it does to one quantity it may do to any, such
    as a gradient that the inputs do not change."""
    found = [0.0]
    for key in (quantity.key for quantity in model.quantities):
        size = float(ours[key].detach().abs().max())
        if size:
            found.append(noise_of(ours[key].detach(), *(one[key].detach() for one in moved)) / size)
    return min(max(found), ROUGH)


def _rounded(values: Sequence[Tensor], rough: float) -> _Said | None:
    """A value of the code with how far rounding may have moved it; None where that is too far to say anything."""
    size = max(float(one.abs().max()) for one in values)
    bar = max(noise_of(*values), rough * size)
    return _Said(values[0], bar) if bar <= ROUGH * size else None


def _tell(heard: _Told, what: _What, party: Party, point: int, said: _Said) -> None:
    heard.setdefault(what, {}).setdefault(party, {})[point] = said


def _slopes(
    model: Model, settings: Settings, slopes: Slopes, point: int, ours: tuple[Values, Sequence[Values]],
    leaves: Values, rough: float, heard: _Told,
) -> None:  # fmt: skip
    """What each party says of the derivatives of one number at one point."""
    keys = {quantity.name: quantity.key for quantity in model.quantities}
    upstream = {keys[name]: weight[point] for name, weight in slopes.upstream.items() if name in keys}
    if len(upstream) < len(slopes.upstream) or any(ours[0][key].shape != upstream[key].shape for key in upstream):
        return
    names = [name for name in slopes.derived if name in ours[0] or name in keys]
    names = [name for name in names if name not in model.constants]
    whole = [_gradients(one, upstream, [keys.get(name, name) for name in names]) for one in (ours[0], *ours[1])]
    direct = model.forward(leaves, settings) if model.forward is not None else None
    traced = _gradients(direct, upstream, [name for name in names if name in model.leaves]) if direct else {}
    for name in names:
        what = _What(slopes.title, name)
        _tell(heard, what, Party.MATHS, point, _Said(slopes.derived[name][point]))
        if name in slopes.claimed:
            _tell(heard, what._replace(claimed=True), Party.MATHS, point, _Said(slopes.claimed[name].value[point]))
        backward = [one[keys.get(name, name)] for one in whole if keys.get(name, name) in one]
        # what is written by hand may leave out what nobody asks for; else nothing comes back where nothing went in
        if not backward and name in model.leaves and (name in slopes.claimed or not model.by_hand):
            backward = [torch.zeros_like(slopes.derived[name][point])]
        if backward and (said := _rounded(backward, rough)) is not None:
            _tell(heard, what, Party.BACKWARD, point, said)
        if name in model.leaves:
            known = [slopes.derived[name][point], *backward[:1]]
            forward = _slope(model, settings, leaves, name, upstream, traced.get(name), known)
            if forward is not None:
                _tell(heard, what, Party.FORWARD, point, forward)


def _slope(
    model: Model, settings: Settings, leaves: Values, name: str, upstream: Values, traced: Tensor | None,
    known: Sequence[Tensor],
) -> _Said | None:  # fmt: skip
    """The gradient by a leaf of the forward pass: what autograd makes of it, or, where that does not see all of it, its
    differences; None where these are too coarse to tell anything."""
    found = along(lambda at: model.evaluate(at, settings), leaves, name, upstream)
    differences = _Said(found.value, found.bar, found.along)
    if traced is not None and traced.shape == differences.shape and _same(_Said(traced), differences, 0.0)[0]:
        return _Said(traced)
    size = max(float(one.abs().max()) for one in (found.value, *known))
    return differences if found.bar <= COARSE * size else None


def _gradients(ours: Values, upstream: Values, names: Sequence[str]) -> dict[str, Tensor]:
    """The model's gradients of ⟨upstream, outputs⟩: the derivation's loss is often an arbitrary function, and the model
    sees it through its slope at the outputs."""
    judged = torch.stack([(weight * ours[key]).sum() for key, weight in upstream.items()]).sum()
    names = [name for name in names if name in ours and ours[name].requires_grad]
    if not judged.requires_grad or not names:
        return {}
    try:
        found = torch.autograd.grad(judged, [ours[name] for name in names], allow_unused=True, retain_graph=True)
    except Exception as error:
        raise BackwardFailed(told(error)) from None
    return {name: one.to(torch.float64) for name, one in zip(names, found, strict=True) if one is not None}


def _formula(model: Model, slopes: Slopes, point: int, here: Values, formulas: _Told) -> None:
    assert model.formula is not None
    upstream = {name: weight[point] for name, weight in slopes.upstream.items()}
    for name, gradient in (model.formula(here, upstream) or {}).items():
        if name in slopes.derived:
            _tell(formulas, _What(slopes.title, name), Party.BACKWARD, point, _Said(gradient))
            _tell(formulas, _What(slopes.title, name), Party.MATHS, point, _Said(slopes.derived[name][point]))
        if name in slopes.claimed:
            what = _What(slopes.title, name, claimed=True)
            _tell(formulas, what, Party.BACKWARD, point, _Said(gradient))
            _tell(formulas, what, Party.MATHS, point, _Said(slopes.claimed[name].value[point]))


def _floor(derivation: Derivation) -> float:
    """What is rounding beside the largest number of a derivation."""
    seen = [*derivation.values.values(), *(one for slopes in derivation.slopes for one in slopes.derived.values())]
    finite = [float(one.abs().max()) for one in seen if one.numel() and bool(one.isfinite().all())]
    return FLOOR * max(finite, default=0.0)


def _judged(model: Model, heard: _Told, formulas: _Told, floor: float) -> Comparison:
    rows: dict[_What, Difference] = {}
    apart: dict[frozenset[Party], bool] = {}
    for what, said in heard.items():
        plainly = what._replace(claimed=False)
        row, pairs = _compared(plainly, {**heard.get(plainly, {}), **said}, floor)
        if pairs and (plainly not in rows or rows[plainly].agrees):
            rows[plainly] = row
        for pair, same in pairs.items():
            apart[pair] = apart.get(pair, False) or not same
    by_formula = frozenset({Party.MATHS, Party.BACKWARD})
    if formulas and apart.get(by_formula):
        apart[by_formula] = not all(all(_compared(*one, floor)[1].values()) for one in formulas.items())
    return Comparison(tuple(rows.values()), {pair: not one for pair, one in apart.items()}, model.by_hand)


def _compared(
    what: _What, said: Mapping[Party, _Points], floor: float
) -> tuple[Difference, dict[frozenset[Party], bool]]:
    """One row, and which two parties agree in it."""
    pairs: dict[frozenset[Party], bool] = {}
    worst: Difference | None = None
    for one, other in combinations([party for party in Party if party in said], 2):
        shared = [(here, said[other][point]) for point, here in said[one].items() if point in said[other]]
        if not shared:
            continue
        row = _difference(what, (one, other), shared, floor)
        pairs[frozenset({one, other})] = row.agrees
        if worst is None or _worse(row, worst):
            worst = row
    return worst or Difference(what.name, 0.0, 0, what.of), pairs


def _worse(one: Difference, other: Difference) -> bool:
    """Whether a row says more than one before it; of those that agree, what autograd has says more than differences."""
    if one.agrees and other.agrees:
        return one.between == (Party.MATHS, Party.BACKWARD)
    return other.agrees or (not one.agrees and not one.relative <= other.relative)


def _same(one: _Said, other: _Said, floor: float) -> tuple[bool, float, float]:
    """Whether two agree at a point, how far apart they are, and how large."""
    directions = one.along or other.along
    left, right = (_onto(said, directions) for said in (one, other))
    apart = float((left - right).abs().max()) if left.numel() else 0.0
    size = max(float(left.abs().max()), float(right.abs().max())) if left.numel() else 0.0
    return apart <= TOLERANCE * size + floor + one.bar + other.bar, apart, size


def _onto(said: _Said, directions: tuple[Tensor, ...]) -> Tensor:
    """The slopes along directions of a whole gradient."""
    if not directions or said.along:
        return said.value
    return torch.stack([(said.value * one).sum() for one in directions])


def _difference(
    what: _What, between: tuple[Party, Party], pairs: list[tuple[_Said, _Said]], floor: float
) -> Difference:
    name, of = what.name, what.of
    for one, other in pairs:
        if one.shape != other.shape:
            note = f"{_shown(one.shape)} in the {between[0]}, {_shown(other.shape)} in the {between[1]}"
            return Difference(name, math.inf, 0, of, note, False, between)
    seen = [_same(one, other, floor) for one, other in pairs]
    size = max(size for _, _, size in seen)
    # max() would lose a NaN that is not the first
    largest = math.nan if any(math.isnan(apart) for _, apart, _ in seen) else max(apart for _, apart, _ in seen)
    entries = sum(max(one.value.numel(), other.value.numel()) for one, other in pairs)
    return Difference(
        name, largest / size if size else largest, entries, of, "", all(same for same, *_ in seen), between
    )


def _shown(shape: torch.Size) -> str:
    return " × ".join(map(str, shape)) or "a number"
