"""A second look at what float64 saw: the same input, which is a rational number exactly, in ball arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isfinite, prod
from typing import Final

from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.evaluator import World
from derivcheck.evaluation.grid import Grid
from derivcheck.oracles import balls
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.enclosing import Input, Seen, look
from derivcheck.oracles.special import FREE, inside
from derivcheck.problem.problem import Claim

Matrix = list[list[Fraction]]


def _mirrored(sign: int) -> Callable[[Matrix], bool]:
    return lambda rows: all(rows[i][j] == sign * rows[j][i] for i in range(len(rows)) for j in range(i + 1))


def _orthonormal(rows: Matrix) -> bool:
    """Whether the rows are."""
    return all(
        sum(x * y for x, y in zip(one, other, strict=True)) == int(i == j)
        for i, one in enumerate(rows)
        for j, other in enumerate(rows[: i + 1])
    )


MEMBERS: Final[dict[str, Callable[[Matrix], bool]]] = {
    **dict.fromkeys((*FREE, "interval", "natural", "integer", "finite", "onehot", "diagonal"), lambda rows: True),
    **dict.fromkeys(("symmetric", "spd", "psd"), _mirrored(1)),
    "skew": _mirrored(-1),
    "unit": lambda rows: sum(x * x for row in rows for x in row) == 1,
    "simplex": lambda rows: sum(row[0] for row in rows) == 1,
    "orthogonal": lambda rows: _orthonormal(rows) or _orthonormal([list(column) for column in zip(*rows, strict=True)]),
}
"""Of which kinds a matrix in float64 is a member exactly; one that is orthogonal but for rounding is not."""


def second_look(bench: Bench, claim: Claim, world: World, trial: int) -> Seen | None:
    """What balls say at an input of a draw; None where they are not asked, or it is not exactly what is declared."""
    if not balls.encloses(bench, claim) or balls.arbitrary(bench, claim):
        return None
    leaves: dict[str, Grid[Fraction]] = {}
    for name in balls.names(bench, claim):
        leaf = _exact(world.leaves[name], trial)
        domain = bench.problem.declarations[name].domain
        if leaf is None or not _is_member(leaf, domain.kind) or not all(inside(domain, x) for x in leaf.entries):
            return None
        leaves[name] = leaf
    try:
        return look(bench, claim, Input(world.sizes, leaves))
    except (NotExact, OutOfRange):
        return None


def _exact(leaf: Tensor, trial: int) -> Grid[Fraction] | None:
    value = leaf.detach()[trial if leaf.shape[0] > 1 else 0]
    numbers = value.reshape(-1).tolist()
    return Grid((1, *value.shape), tuple(map(Fraction, numbers))) if all(map(isfinite, numbers)) else None


def _is_member(leaf: Grid[Fraction], kind: str) -> bool:
    member = MEMBERS.get(kind)
    if member is None:
        return False
    *lead, rows, columns = leaf.shape
    flat = [leaf.entries[k : k + columns] for k in range(0, len(leaf.entries), columns)]
    return all(member([list(row) for row in flat[k * rows : (k + 1) * rows]]) for k in range(prod(lead)))
