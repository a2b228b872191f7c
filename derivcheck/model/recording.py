"""What an autograd.Function saves for its backward pass, and the backward pass on other values than those.

A backward pass is written for what the forward pass should have saved. With the document's values in the place of what
was saved, it is held against the maths whatever the forward pass makes of its inputs.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor


class Recorder:
    """Stands for the context that a forward pass is given, outside of autograd."""

    def __init__(self, count: int) -> None:
        self.needs_input_grad = (True,) * count
        self.saved_tensors: tuple[Any, ...] = ()

    def save_for_backward(self, *tensors: object) -> None:
        """Keep tensors for the backward pass."""
        self.saved_tensors = tensors

    def save_for_forward(self, *tensors: object) -> None:
        """Nothing here runs forward-mode."""

    def mark_dirty(self, *tensors: object) -> None:
        """Nothing is to be told of it here."""

    def mark_non_differentiable(self, *tensors: object) -> None:
        """Nothing is to be told of it here."""

    def set_materialize_grads(self, value: bool) -> None:
        """Every gradient is there anyway."""


def sets_up_apart(code: type[torch.autograd.Function]) -> bool:
    """Whether the forward pass is given no context, and ``setup_context`` saves."""
    return code.setup_context is not torch.autograd.Function.setup_context


def forward_alone(code: type[torch.autograd.Function]) -> Callable[..., object]:
    """The forward pass as a plain function, which autograd sees through."""
    if sets_up_apart(code):
        return code.forward
    return lambda *arguments: code.forward(Recorder(len(arguments)), *arguments)


def saved_names(code: type[torch.autograd.Function]) -> tuple[str, ...]:
    """The names under which the source of a Function saves tensors, in order; empty for what is no name."""
    for call in (one for one in ast.walk(_source(code)) if isinstance(one, ast.Call)):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "save_for_backward":
            return tuple(one.id if isinstance(one, ast.Name) else "" for one in call.args)
    return ()


def _source(code: type[torch.autograd.Function]) -> ast.AST:
    written = code.setup_context if sets_up_apart(code) else code.forward
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(written))))
    except (OSError, TypeError, SyntaxError, ValueError):
        return ast.Module([], [])


def backward_on(
    code: type[torch.autograd.Function], arguments: Sequence[object],
    upstream: Callable[[Sequence[Tensor]], Sequence[Tensor]], others: Mapping[str, Tensor],
) -> Sequence[Tensor | None] | None:  # fmt: skip
    """What the backward pass gives for each argument, with ``others`` in the place of what was saved under these names.

    ``upstream`` makes of the outputs what flows back into them. None where nothing is replaced.
    """
    context = Recorder(len(arguments))
    with torch.no_grad():
        if sets_up_apart(code):
            came = code.forward(*arguments)
            code.setup_context(context, tuple(arguments), came)
        else:
            came = code.forward(context, *arguments)
    names = saved_names(code)
    kept = list(context.saved_tensors)
    replaced = False
    for at, name in enumerate(names[: len(kept)]):
        if name in others and isinstance(kept[at], Tensor) and kept[at].numel() == others[name].numel():
            kept[at] = others[name].reshape(kept[at].shape).to(kept[at])
            replaced = True
    for name, value in list(vars(context).items()):
        if name in others and isinstance(value, Tensor) and value.numel() == others[name].numel():
            setattr(context, name, others[name].reshape(value.shape).to(value))
            replaced = True
    if not replaced:
        return None
    context.saved_tensors = tuple(kept)
    outputs = [one for one in (came if isinstance(came, tuple) else (came,)) if isinstance(one, Tensor)]
    with torch.no_grad():
        gave = code.backward(context, *upstream(outputs))
    return gave if isinstance(gave, tuple) else (gave,)


def written_by_hand(outputs: Sequence[Tensor]) -> bool:
    """Whether a backward pass that somebody wrote is on the way back from outputs."""
    from torch.autograd.function import BackwardCFunction

    left: list[Any] = [one.grad_fn for one in outputs if one.grad_fn is not None]
    seen: set[Any] = set()
    while left:
        node = left.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, BackwardCFunction):
            return True
        left += [following for following, _ in node.next_functions if following is not None]
    return False
