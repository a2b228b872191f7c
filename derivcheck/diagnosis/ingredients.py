"""Small expressions over what a document offers, bottom up by size, one for each value at a draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import isfinite
from typing import Final

import torch
from torch import Tensor

from derivcheck.diagnosis.candidate import HALF, MINUS_ONE, ONE, TOP, TWO, closed, raised
from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk

Value = tuple[int, int]
REPLACED: Final = "replace `{old}` by `{new}`"
ADDED: Final = "add the term `{each}` to `{old}`"
SUBTRACTED: Final = "subtract the term `{each}` from `{old}`"
MULTIPLIED: Final = "multiply `{old}` by `{each}`"
DIVIDED: Final = "divide `{old}` by `{each}`"
MOST: Final = 1500
"""So many expressions of one shape are kept."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """An expression with its value ``(indices …, rows, columns)`` at one draw, and the size of what is written."""

    node: n.Node
    value: Tensor
    size: int

    @property
    def shape(self) -> Value:
        """Rows and columns."""
        return self.value.shape[-2], self.value.shape[-1]

    @property
    def literal(self) -> bool:
        """Whether it is a number that is written."""
        return self.node in (HALF, MINUS_ONE) or isinstance(self.node, n.Number)

    @property
    def is_scalar(self) -> bool:
        """Whether it is a number at each index."""
        return self.shape == (1, 1)


def numbers(shape: Sequence[int]) -> Iterator[Ingredient]:
    """The small numbers that derivatives, moments and halves leave."""
    for value in (1, 2, 3, 4):
        number = n.Number(Fraction(value), str(value))
        yield Ingredient(number, torch.full(shape, float(value), dtype=torch.float64), 1)
    yield Ingredient(HALF, torch.full(shape, 0.5, dtype=torch.float64), 2)
    yield Ingredient(MINUS_ONE, torch.full(shape, -1.0, dtype=torch.float64), 2)


def numerals(shape: Sequence[int]) -> Iterator[Ingredient]:
    """Numbers that may stand where a number stands."""
    for value in range(13):
        yield Ingredient(n.Number(Fraction(value), str(value)), torch.full(shape, float(value), dtype=torch.float64), 1)


class Pool:
    """What there is to choose from, by shape, the smallest first."""

    def __init__(self, leaves: Iterable[Ingredient]) -> None:
        self.leaves = _distinct(leaves)
        self.units = _distinct((*self.leaves, *(each for leaf in self.leaves for each in _alone(leaf))))
        self._shapes: dict[Value, tuple[Ingredient, ...]] = {}
        self._stacks: dict[int, tuple[Sequence[Ingredient], Tensor]] = {}
        self._units: dict[Value, tuple[Ingredient, ...]] = {}

    def units_of(self, shape: Value) -> tuple[Ingredient, ...]:
        """Those of one part that have a shape."""
        if shape not in self._units:
            self._units[shape] = tuple(each for each in self.units if each.shape == shape)
        return self._units[shape]

    def stacked(self, over: Sequence[Ingredient]) -> Tensor:
        """Their values in one batch."""
        if id(over) not in self._stacks:
            self._stacks[id(over)] = over, torch.stack([each.value for each in over])
        return self._stacks[id(over)][1]

    def of(self, shape: Value) -> tuple[Ingredient, ...]:
        """All expressions of one shape: those of one part, then sums and products of two."""
        if shape not in self._shapes:
            found = [each for each in self.units if each.shape == shape]
            found += sorted(_pairs(self.units, self.leaves, shape), key=lambda each: each.size)
            self._shapes[shape] = _distinct(found)[:MOST]
        return self._shapes[shape]


def _distinct(ingredients: Iterable[Ingredient]) -> tuple[Ingredient, ...]:
    """One for each value, the smallest."""
    kept: dict[object, Ingredient] = {}
    for each in sorted(ingredients, key=lambda each: each.size):
        # Rounded to 24 bits: those that are still told apart by rounding do no harm.
        rounded = tuple(each.value.float().flatten().tolist())
        if all(map(isfinite, rounded)):
            kept.setdefault((each.value.shape, rounded), each)
    return tuple(kept.values())


def _alone(leaf: Ingredient) -> Iterator[Ingredient]:
    """The square, the root and the inverse of a number; the transpose and the inverse of a matrix."""
    node, value, size = leaf.node, leaf.value, leaf.size
    if isinstance(node, n.Number | n.Fraction_):
        return
    base = node if isinstance(node, n.Name | n.Scripted) else n.Group(node)
    if leaf.is_scalar:
        if not (isinstance(base, n.Scripted) and base.sup is not None):
            yield Ingredient(raised(base, TWO), value**2, size + 1)
        yield Ingredient(n.Fraction_(ONE, node), 1 / value, size + 1)
        yield Ingredient(n.Root(node), value.sqrt(), size + 1)
        return
    if isinstance(base, n.Scripted) and base.sup is not None:
        base = n.Group(base)
    yield Ingredient(raised(base, TOP), value.transpose(-1, -2), size + 1)
    if leaf.shape[0] == leaf.shape[1]:
        inverse, failed = torch.linalg.inv_ex(value)
        if not bool(failed.any()):
            yield Ingredient(raised(base, MINUS_ONE), inverse, size + 2)


def _pairs(units: Sequence[Ingredient], leaves: Sequence[Ingredient], shape: Value) -> Iterator[Ingredient]:
    """Sums, products and quotients of two."""
    same = [each for each in units if each.shape == shape]
    scalars = [each for each in units if each.is_scalar]
    for one, other in product(same, leaves):
        if other.shape == shape and one is not other and not (one.literal and other.literal):
            yield from sums(one, other)
    for scalar, one in product(scalars, same):
        if one.literal:
            if not scalar.literal and not isinstance(scalar.node, n.Fraction_):
                yield divided(one, scalar)
            continue
        yield multiplied(scalar, one)
        if not isinstance(scalar.node, n.Fraction_) and scalar is not one:
            yield divided(one, scalar)
    if shape != (1, 1):
        for one, other in product(same, repeat=2):
            yield Ingredient(
                n.Entrywise((closed(one.node), closed(other.node)), ("\\odot",)), one.value * other.value,
                one.size + other.size + 1,
            )  # fmt: skip
    for left, right in product(units, repeat=2):
        inner = left.shape[1] == right.shape[0] and not left.is_scalar and not right.is_scalar
        if inner and (left.shape[0], right.shape[1]) == shape:
            yield multiplied(left, right)


def sums(one: Ingredient, other: Ingredient, signs: str = "+-") -> Iterator[Ingredient]:
    """The sum and the difference of two."""
    second = n.Group(other.node) if isinstance(other.node, n.Add) else other.node
    before = one.node.terms if isinstance(one.node, n.Add) else (("+", one.node),)
    size = one.size + other.size + 1
    for sign in signs:
        value = one.value + other.value if sign == "+" else one.value - other.value
        yield Ingredient(n.Add((*before, (sign, second))), value, size)  # type: ignore[arg-type]


def multiplied(left: Ingredient, right: Ingredient) -> Ingredient:
    """A product of two that fit."""
    if isinstance(right.node, n.Number) and left.is_scalar and not left.literal:
        left, right = right, left
    value = left.value * right.value if left.is_scalar or right.is_scalar else left.value @ right.value
    # An inner product in front of a matrix needs its brackets, a product of numbers does not.
    before = _factors(left.node, flat=not (left.is_scalar and TOP in walk(left.node)), last=False)
    behind = _factors(right.node, flat=left.is_scalar or not right.is_scalar, last=True)
    signs = ("",) * (len(before) - 1), "\\cdot" if isinstance(behind[0], n.Number) else "", ("",) * (len(behind) - 1)
    return Ingredient(n.Product((*before, *behind), (*signs[0], signs[1], *signs[2])), value, left.size + right.size)


def divided(one: Ingredient, scalar: Ingredient) -> Ingredient:
    """One over a number; a fraction of a fraction is what nobody writes."""
    nested = 2 * isinstance(one.node, n.Fraction_)
    return Ingredient(n.Fraction_(one.node, scalar.node), one.value / scalar.value, one.size + scalar.size + nested)


def _factors(node: n.Node, *, flat: bool, last: bool) -> tuple[n.Node, ...]:
    """What a node is as factors of a product, in brackets where it needs them there."""
    match node:
        case n.Product(factors=(*_, end) as factors, operators=signs) if flat and not any(signs):
            if last or not isinstance(end, n.Big | n.Apply):
                return factors
    return (closed(node),)


@dataclass(frozen=True, slots=True)
class Block:
    """Expressions of one form, their values in one batch; what is written is made only of those that fit."""

    over: Sequence[Ingredient]
    values: Tensor
    node: Callable[[Ingredient], n.Node]
    size: Callable[[Ingredient], int]
    title: str


def at_place(part: Ingredient, pool: Pool) -> Iterator[Block]:
    """What may have been meant where something stands: something else, or the same with something missing.

    The size is how many tokens change.
    """
    factor, value = replace(part, node=closed(part.node)), part.value

    def block(
        over: Sequence[Ingredient], values: Callable[[Tensor], Tensor], node: Callable[[Ingredient], n.Node],
        more: int = 0, title: str = REPLACED,
    ) -> Iterator[Block]:  # fmt: skip
        if over:
            yield Block(over, values(pool.stacked(over)), node, lambda each: each.size + more, title)

    yield from block(altered(part), lambda batch: batch, lambda each: each.node)
    if isinstance(part.node, n.Number):
        yield from block(tuple(numerals(part.value.shape)), lambda batch: batch, lambda each: each.node)
    of_same = pool.of(part.shape)
    yield from block(of_same, lambda batch: batch, lambda each: each.node, 0 if part.literal else part.size)
    for sign, turned, told in (("+", 1.0, ADDED), ("-", -1.0, SUBTRACTED)):
        yield from block(
            of_same, lambda batch, turned=turned: value + turned * batch,  # type: ignore[misc]
            lambda each, sign=sign: next(added.node for added in sums(part, each, sign)), 1, told,  # type: ignore[misc]
        )  # fmt: skip
    scalars = pool.of((1, 1))
    yield from block(scalars, lambda batch: batch * value, lambda each: multiplied(each, part).node, 0, MULTIPLIED)
    yield from block(scalars, lambda batch: value / batch, lambda each: divided(part, each).node, 1, DIVIDED)
    if part.is_scalar:
        return
    alike = pool.units_of(part.shape)
    yield from block(
        alike, lambda batch: batch * value, lambda each: n.Entrywise((factor.node, closed(each.node)), ("\\odot",)), 1
    )
    rows, columns = part.shape
    yield from block(pool.units_of((rows, rows)), lambda batch: batch @ value, lambda each: multiplied(each, part).node)
    yield from block(
        pool.units_of((columns, columns)), lambda batch: value @ batch, lambda each: multiplied(part, each).node
    )


def altered(part: Ingredient) -> list[Ingredient]:
    """The negative, the root, the square, the absolute value, the inverse and the transpose of what stands there."""
    value, base = part.value, _grouped(part.node)
    found = [Ingredient(n.Add((("-", closed(part.node)),)), -value, 1)]
    upright: n.Node = n.Scripted(base, None, TOP)
    turned_over: n.Node = n.Scripted(base, None, MINUS_ONE)
    match part.node:
        case n.Add(terms=(("-", bare),)):
            found = [Ingredient(bare, -value, 1)]
        case n.Scripted(base=bare, sub=None, sup=sup) if sup == TOP:
            upright = bare
        case n.Scripted(base=bare, sub=None, sup=sup) if sup == MINUS_ONE:
            turned_over = bare
    if part.is_scalar:
        found.append(Ingredient(n.Root(part.node), value.sqrt(), 1))
        found.append(Ingredient(n.Scripted(base, None, TWO), value**2, 1))
        found.append(Ingredient(n.Bars(part.node, False), value.abs(), 2))
        found.append(Ingredient(n.Fraction_(ONE, part.node), 1 / value, 2))
    elif part.shape[0] == part.shape[1]:
        found.append(Ingredient(upright, value.transpose(-1, -2), 1))
        inverse, failed = torch.linalg.inv_ex(value)
        if not bool(failed.any()):
            found.append(Ingredient(turned_over, inverse, 2))
    return found


def _grouped(node: n.Node) -> n.Node:
    return node if isinstance(node, n.Name | n.Group) else n.Group(node)
