"""Going through trees."""

from fractions import Fraction

from derivcheck.language.nodes import (
    Add,
    Big,
    Binder,
    Cases,
    Compare,
    Entrywise,
    Name,
    Number,
    Scripted,
    children,
    transform,
    walk,
)
from derivcheck.source import Span

i, x, y = Name("i"), Name("x"), Name("y")
one = Number(Fraction(1), "1")


def test_children_stand_in_the_order_of_the_fields_and_missing_ones_are_left_out():
    assert children(Scripted(x, None, i)) == (x, i)
    assert children(x) == ()


def test_children_are_found_in_terms_with_signs_and_in_rows_of_pairs():
    condition = Compare((x, one), (">",))
    assert children(Add((("+", x), ("-", y)))) == (x, y)
    assert children(Cases(((x, condition), (y, None)))) == (x, condition, y)


def test_a_walk_meets_parents_before_children_from_left_to_right():
    tree = Add((("+", Scripted(x, i, None)), ("-", y)))
    assert list(walk(tree)) == [tree, Scripted(x, i, None), x, i, y]


def test_a_walk_through_a_deep_tree_needs_no_deep_stack():
    tree = x
    for _ in range(5000):
        tree = Scripted(tree, i, None)
    assert sum(1 for node in walk(tree) if node == i) == 5000


def test_a_transformation_rebuilds_from_the_leaves_up():
    tree = Big("sum", Binder((i,), one, x), Entrywise((Scripted(x, i, None), x), (r"\odot",)))
    renamed = transform(tree, lambda node: y if node == x else node)
    assert renamed == Big("sum", Binder((i,), one, y), Entrywise((Scripted(y, i, None), y), (r"\odot",)))


def test_what_does_not_change_is_the_same_object_and_spans_stay():
    tree = Add((("+", Scripted(x, i, None)), ("-", Name("y", span=Span(3, 4)))), span=Span(0, 4))
    assert transform(tree, lambda node: node) is tree
    changed = transform(tree, lambda node: one if node == i else node)
    assert changed.span == Span(0, 4)
    assert changed.terms[1][1].span == Span(3, 4)
