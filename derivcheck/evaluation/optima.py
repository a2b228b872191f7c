"""The places of largest and smallest values of terms, found by ``evaluation.optimisation``."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.evaluation.budget import BUDGET
from derivcheck.evaluation.evaluator import Frame, evaluate
from derivcheck.evaluation.optimisation import Objective, Optimum, optimise
from derivcheck.language.domain import Domain
from derivcheck.language.shapes import Dim
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Problem

COUPLED = ("simplex", "unit", "spd", "psd", "symmetric", "skew", "orthogonal", "diagonal", "lower", "upper")
"""Domains whose entries do not move one without the others."""


class NotFound(NotExact):
    """No optimum, or no single one; ``what`` says why."""


class Optimiser:
    """Works out ``Optimum`` terms; ``seed`` decides where the other starts lie."""

    def __init__(self, problem: Problem, seed: int = 0) -> None:
        self.problem, self.seed = problem, seed

    def optimum(self, term: t.Optimum, frame: Frame) -> Tensor:
        found = self.solve(term, frame)
        missing = int((~found.converged).sum())
        if 2 * missing >= found.converged.numel():
            raise NotFound(f"an optimum that is not found ({found.reason})")
        # An input at which there is none (a component that no sample came from) is left out where most have one.
        return torch.where(found.converged[..., None, None], found.place, torch.nan) if missing else found.place

    def solve(self, term: t.Optimum, frame: Frame, near: Tensor | None = None) -> Optimum:
        """The optimum at every trial and index, ``(trials, axes …, rows, columns)``; of equals the ``near`` one."""
        domain = self.domain(term, frame)
        coupled = term.position is not None and domain.kind in COUPLED
        whole = replace(term, position=None) if coupled else term
        objective, start = objective_of(whole, frame)
        BUDGET.renew(BUDGET.most)
        found = optimise(objective, start, domain, term.op == "argmax", self.seed, None if coupled else near)
        if not coupled:
            return found
        assert term.position is not None
        row, column = term.position
        shape = (Dim.of(found.place.shape[-2]), Dim.of(found.place.shape[-1]))
        entry = t.Entry(t.Variable("optimum#", shape=shape), row, column)
        place = evaluate(entry, frame.bind({"optimum#": found.place}))
        return Optimum(place, found.error, found.converged, found.reason)

    def domain(self, term: t.Optimum, frame: Frame) -> Domain:
        """From where the name takes its values."""
        return self.problem.declarations[term.key].domain.in_numbers(frame.world.sizes)


def objective_of(term: t.Optimum, frame: Frame) -> tuple[Objective, Tensor]:
    """The objective as a function of the value sought, and the current value: ``(trials, axes …, rows, columns)``."""
    lead = (frame.world.trials, *(axis.count for axis in frame.axes))
    value = frame.name(term.key).detach()
    held = {name: frame.name(name).detach() for name in term.held}
    depth = len(lead)
    whole = value.expand(*lead, *value.shape[depth:])
    chosen = _chosen(term, whole, frame)
    current = whole if chosen is None else _taken(term, whole, chosen)

    def objective(place: Tensor) -> Tensor:
        # Every evaluation has steps of its own; what all of them cost together goes on.
        BUDGET.steps = 0
        BUDGET.statement()
        put = place if chosen is None else _put(term, whole, chosen, place)
        made: Tensor = evaluate(term.objective, frame.bind({**held, term.key: put}, held))
        return made[..., 0, 0].expand(place.shape[:-2])

    return objective, current.detach().clone()


def _chosen(term: t.Optimum, whole: Tensor, frame: Frame) -> Tensor | None:
    """Where the entry or member that is sought stands in the whole value; None if it is the whole."""
    mask: Tensor | None = None
    places: list[tuple[t.Term | None, int]] = [(index, -3) for index in term.indices]
    if len(places) > 1:
        raise NotExact("an optimum over a member with several indices")
    if term.position is not None:
        places += [(term.position[0], -2), (term.position[1], -1)]
    for position, axis in places:
        if position is None:
            continue
        number = evaluate(position, frame).detach()
        number = number.reshape(*number.shape, *(1,) * (whole.dim() - number.dim()))
        steps = torch.arange(1, whole.shape[axis] + 1, dtype=torch.float64)
        shape = [1] * whole.dim()
        shape[axis] = whole.shape[axis]
        here = steps.reshape(shape) == number
        mask = here if mask is None else mask & here
    return None if mask is None else mask.expand(whole.shape)


def _taken(term: t.Optimum, whole: Tensor, chosen: Tensor) -> Tensor:
    value = torch.where(chosen, whole, torch.zeros_like(whole))
    if term.indices:
        value = value.sum(-3)
    if term.position is not None:
        value = value.sum((-1, -2), keepdim=True)
    return value


def _put(term: t.Optimum, whole: Tensor, chosen: Tensor, place: Tensor) -> Tensor:
    inner = place.unsqueeze(-3) if term.indices else place
    return torch.where(chosen, inner.expand(whole.shape), whole)
