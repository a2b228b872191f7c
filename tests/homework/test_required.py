"""An answer that is asked for in hidden units must be written in hidden units."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derivcheck.homework.checking import in_units
from derivcheck.language.nodes import Add, Apply, Boxed, Fraction_, Group, Name, Node, Number, Product, Word

X = Name("x")
TWO, ZERO = Number(Fraction(2), "2"), Number(Fraction(0), "0")
RELU = Apply(Word("relu"), (X,))
MAX = Apply(Word("max"), (ZERO, X))


@pytest.mark.parametrize(
    "node",
    [
        RELU,
        MAX,
        Add((("-", RELU), ("+", RELU), ("-", MAX))),
        Boxed(Add((("+", RELU),))),
        Product((TWO, RELU), ("",)),
        Product((RELU, Group(Add((("-", TWO),)))), ("\\cdot",)),
        Fraction_(Add((("+", RELU), ("-", RELU))), TWO),
    ],
)
def test_a_linear_combination_of_units_is_in_units(node: Node) -> None:
    assert in_units(node, ("relu",))


@pytest.mark.parametrize(
    "node",
    [
        X,
        Add((("+", X), ("-", RELU))),
        Product((X, RELU), ("",)),
        Product((RELU, RELU), ("",)),
        Fraction_(RELU, X),
        Product((TWO, RELU), ("/",)),
        Apply(Word("max"), (TWO, X)),
        Apply(Word("relu"), (X,), primes=1),
        Number(Fraction(2), "2"),
    ],
)
def test_anything_else_is_not(node: Node) -> None:
    assert not in_units(node, ("relu",))


def test_a_maximum_with_zero_is_a_unit_only_where_relu_is() -> None:
    assert not in_units(MAX, ("tanh",))
