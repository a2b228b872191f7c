"""What a module computes, read off the graph that autograd recorded: who enters whom, and by which formula.

Only what the backward pass follows is seen. A value that was detached on the way shows as ``…``, and its edge is
missing, which is the point of looking here and not at the source text.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.autograd.graph import Node

from derivcheck.homework.pictures import Edge

_VIEWS = {"Expand", "View", "UnsafeView", "Reshape", "Squeeze", "Unsqueeze", "Clone", "Alias"}
_NAMES = {"Mm": "matmul", "Bmm": "matmul", "Mv": "matmul", "GeluTanh": "gelu"}


def trace(quantities: Mapping[str, Tensor], leaves: Mapping[str, Tensor]) -> tuple[Edge, ...]:
    """An edge (from, to) wherever a named value enters another directly, in the order of the quantities."""
    known = _known(quantities, leaves)
    edges: list[Edge] = []
    for name, value in quantities.items():
        for source in _sources(value.grad_fn, known, top=True):
            if (edge := (source, name)) not in edges:
                edges.append(edge)
    return tuple(edges)


def formulas(quantities: Mapping[str, Tensor], leaves: Mapping[str, Tensor]) -> dict[str, str]:
    """``name = formula`` in plain text, for every quantity: ``h = tanh(z) + x``."""
    known = _known(quantities, leaves)
    return {name: f"{name} = {_formula(value.grad_fn, known, top=True)}" for name, value in quantities.items()}


def _known(quantities: Mapping[str, Tensor], leaves: Mapping[str, Tensor]) -> dict[object, str]:
    """Names by the node that autograd keeps for a value: a leaf's is the one that accumulates its gradient."""
    nodes: dict[object, str] = {value.grad_fn: name for name, value in quantities.items() if value.grad_fn is not None}
    return nodes | {id(leaf): name for name, leaf in leaves.items()}


def _name(node: Node, known: Mapping[object, str]) -> str | None:
    return known.get(id(leaf)) if (leaf := getattr(node, "variable", None)) is not None else known.get(node)


def _inputs(node: Node) -> list[Node | None]:
    return [following for following, _ in node.next_functions]


def _sources(node: Node | None, known: Mapping[object, str], top: bool = False) -> list[str]:
    if node is None:
        return []
    if not top and (name := _name(node, known)) is not None:
        return [name]
    return [source for following in _inputs(node) for source in _sources(following, known)]


def _formula(node: Node | None, known: Mapping[object, str], top: bool = False) -> str:
    if node is None:
        return "…"
    if not top and (name := _name(node, known)) is not None:
        return name
    kind = type(node).__name__.split("Backward")[0]
    parts = [_formula(following, known) for following in _inputs(node)]
    match _NAMES.get(kind, kind.lower() if kind not in _VIEWS else "view"), parts:
        case "add", [left, right]:
            return f"{left} + {right}"
        case "sub", [left, right]:
            return f"{left} − {_bracketed(right)}"
        case "matmul" | "mul", [left, right]:
            return f"{_bracketed(left)} {_bracketed(right)}"
        case "t" | "transpose" | "permute", [argument]:
            return f"{_bracketed(argument)}ᵀ"
        case "view", [argument]:
            return argument
        case word, _:
            return f"{word}({', '.join(parts)})"


def _bracketed(part: str) -> str:
    return f"({part})" if " + " in part or " − " in part else part
