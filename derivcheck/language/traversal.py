"""Going through a syntax tree, whatever its nodes are made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from derivcheck.language.nodes import Node, Written

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def children(node: Node) -> tuple[Node, ...]:
    """The nodes that stand directly in a node, in the order of its fields."""
    return tuple(_nodes(getattr(node, field.name) for field in _fields(node)))


def walk(node: Node) -> Iterator[Node]:
    """The node and everything in it, parents before children, left to right."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))


def transform(node: Node, fn: Callable[[Node], Node]) -> Node:
    """The tree with ``fn`` applied to every node, children first; parts that do not change are kept as they are."""
    return fn(mapped(node, lambda child: transform(child, fn)))


def mapped(node: Node, fn: Callable[[Node], Node]) -> Node:
    """The node with ``fn`` applied to what stands directly in it."""
    changes = {}
    for field in _fields(node):
        old = getattr(node, field.name)
        new = _mapped(old, fn)
        if new is not old:
            changes[field.name] = new
    return cast(Node, dataclasses.replace(cast("DataclassInstance", node), **changes)) if changes else node


def _mapped(value: Any, fn: Callable[[Node], Node]) -> Any:  # noqa: ANN401 (a field of any node)
    if _is_node(value):
        return fn(value)
    if isinstance(value, tuple):
        parts = tuple(_mapped(part, fn) for part in value)
        return parts if any(new is not old for new, old in zip(parts, value, strict=True)) else value
    return value


def _is_node(value: object) -> TypeGuard[Node]:
    return isinstance(value, Written)


def _fields(node: Node) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cast("DataclassInstance", node))


def _nodes(values: Iterator[Any] | tuple[Any, ...]) -> Iterator[Node]:
    for value in values:
        if _is_node(value):
            yield value
        elif isinstance(value, tuple):
            yield from _nodes(value)
