"""A user's function, module or autograd.Function as a model of a document: who gets what, and what comes back."""

from __future__ import annotations

import contextlib
import copy
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import torch
from torch import Tensor

from derivcheck.config import Settings
from derivcheck.language.shapes import ONE
from derivcheck.model.compare import Model, Quantity
from derivcheck.model.derivation import Values
from derivcheck.model.recording import backward_on, forward_alone, saved_names, sets_up_apart, written_by_hand
from derivcheck.model.results import folded, is_function, matched, matching, named, returned_names, spellings, values_of
from derivcheck.model.target import ModelError, guarded, told
from derivcheck.problem.problem import Problem

Layout = Literal["entries", "column", "row"]
LAYOUTS: Final[tuple[Layout, ...]] = ("entries", "column", "row")
"""A vector of n numbers is given as a tensor of n entries; where that does not fit, as n × 1; else as 1 × n."""
ACTIVATIONS: Final[Mapping[str, Callable[[Tensor], Tensor]]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "softplus": torch.nn.functional.softplus,
    "gelu": torch.nn.functional.gelu,
}
"""What is given to a parameter that is one of the document's arbitrary functions; tanh where any would do."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the code: what of the document it gets (a name's key, a size, a function), and as what."""

    name: str
    given: str
    kind: Literal["tensor", "number", "size", "function"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is called, with the names of the document that its parameters and results stand for.

    weights   the parameters of a module that are names of the document
    sizes     the document's at this draw
    results   what comes back, in order: the name in the code, and the document's, which may be empty
    shapes    the document's, of a name's value at one point
    chosen    the layout of vectors, precision and device at which it runs
    """

    name: str
    code: Any
    parameters: tuple[Parameter, ...]
    weights: Mapping[str, str]
    sizes: Mapping[str, int]
    results: tuple[tuple[str, str], ...] = ()
    shapes: Mapping[str, torch.Size] = field(default_factory=dict)
    layout: Layout = "entries"
    dtype: torch.dtype = torch.float64
    device: str = "cpu"

    @property
    def function(self) -> type[torch.autograd.Function] | None:
        """The autograd.Function that it is, if it is one."""
        return self.code if is_function(self.code) else None

    @property
    def leaves(self) -> tuple[str, ...]:
        """The document's names whose values it gets."""
        given = [one.given for one in self.parameters if one.kind in ("tensor", "number")]
        return tuple(dict.fromkeys([*given, *self.weights.values()]))

    def said(self) -> str:
        """How names were matched, and at which precision it ran."""
        pairs = [f"{one.name} = {one.given}" for one in self.parameters if folded(one.name) not in spellings(one.given)]
        pairs += [f"{name} = {given}" for name, given in self.weights.items() if folded(name) not in spellings(given)]
        pairs += [f"{name or 'what it returns'} = {given}" for name, given in self.results if given and name != given]
        where = f"{str(self.dtype).removeprefix('torch.')} on {self.device}"
        return f"compared in {where}" + (f", with {', '.join(dict.fromkeys(pairs))}" if pairs else "")


def subject_of(code: Any, name: str, problem: Problem, sizes: Mapping[str, int]) -> Subject:  # noqa: ANN401
    """Who gets what, by the names of parameters. Raises ModelError where that is not clear."""
    if inspect.isclass(code) and issubclass(code, torch.nn.Module):
        code = _constructed(code, name, problem, sizes)
    if is_function(code):
        own = inspect.signature(code.forward)
        skipped = 0 if sets_up_apart(code) else 1
    elif isinstance(code, torch.nn.Module):
        own, skipped = inspect.signature(code.forward), 0
    elif callable(code):
        own, skipped = inspect.signature(code), 0
    else:
        raise ModelError(f"{name} is no function, nn.Module or autograd.Function, but {type(code).__name__}")
    parameters = _parameters(list(own.parameters.values())[skipped:], name, problem)
    weights: dict[str, str] = {}
    if isinstance(code, torch.nn.Module):
        code = copy.deepcopy(code).eval()
        taken = {one.given for one in parameters}
        for weight, _ in code.named_parameters():
            found = [one for one in matching(weight.replace(".", "_"), values_of(problem)) if one not in taken]
            if len(found) == 1:
                weights[weight] = found[0]
    return Subject(name, code, parameters, weights, sizes)


def _constructed(code: type[torch.nn.Module], name: str, problem: Problem, sizes: Mapping[str, int]) -> torch.nn.Module:
    """A module of a class whose parameters are sizes, numbers and functions of the document, or have defaults."""
    given: dict[str, object] = {}
    for one in inspect.signature(code).parameters.values():
        keys = matching(one.name, problem.size_names)
        functions = matching(one.name, problem.functions)
        if len(keys) == 1 and problem.size_names[keys[0]] in sizes:
            given[one.name] = sizes[problem.size_names[keys[0]]]
        elif len(functions) == 1 and one.default is inspect.Parameter.empty:
            given[one.name] = torch.tanh
        elif one.default is inspect.Parameter.empty and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL):
            raise ModelError(
                f"{name} needs `{one.name}`, which is no size of the document; make one in its module, as in "
                f"`layer = {code.__name__}(…)`, and name that"
            )
    with guarded(f"making a {name}"):
        return code(**given)


def _parameters(signature: Sequence[inspect.Parameter], name: str, problem: Problem) -> tuple[Parameter, ...]:
    found: list[Parameter] = []
    missing: list[str] = []
    for one in signature:
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            continue
        values, functions = matching(one.name, values_of(problem)), matching(one.name, problem.functions)
        sizes = matching(one.name, problem.size_names)
        if len(values) > 1:
            raise ModelError(f"{name}: `{one.name}` may be {' or '.join(f'`{v}`' for v in values)} of the document")
        if values:
            found.append(Parameter(one.name, values[0], "number" if _wants_number(one) else "tensor"))
        elif functions:
            found.append(Parameter(one.name, functions[0], "function"))
        elif sizes:
            found.append(Parameter(one.name, problem.size_names[sizes[0]], "size"))
        elif one.default is inspect.Parameter.empty:
            missing.append(one.name)
    if missing:
        there = ", ".join(f"`{spellings(key)[0]}`" for key in values_of(problem) if spellings(key)) or "none"
        raise ModelError(
            f"{name} needs {', '.join(f'`{one}`' for one in missing)}, and the document has no such name (it has "
            f"{there}); declare it, or map it with a line `derivcheck: let $\\mathrm{{{missing[0]}}} = …$`"
        )
    return tuple(found)


def _wants_number(one: inspect.Parameter) -> bool:
    plain = isinstance(one.default, int | float) and not isinstance(one.default, bool)
    return plain or one.annotation in (float, int, "float", "int")


def sizes_of(subject: Subject, problem: Problem) -> dict[str, int]:
    """The sizes that the weights of a module fix. Raises ModelError where they contradict each other."""
    found: dict[str, int] = {}
    weights = dict(subject.code.named_parameters()) if subject.weights else {}
    for weight, key in subject.weights.items():
        known = problem.declarations.get(key) or problem.definitions[key]
        dims = [dim.substitute(problem.solution) for dim in known.shape if dim != ONE]
        shape = [size for size in weights[weight].shape if size != 1]
        if len(dims) != len(shape):
            continue
        for dim, size in zip(dims, shape, strict=True):
            (names, _), *more = dim.terms or (((), 0),)
            if more or len(names) != 1:
                continue
            if found.setdefault(names[0], size) != size:
                raise ModelError(
                    f"{subject.name}: `{weight}` has another size than `{key}` of the document lets it have"
                )
    return found


def functions_of(subject: Subject, settings: Settings) -> dict[str, str]:
    """What the document's arbitrary functions are here, where the code is given one."""
    return {
        one.given: settings.functions.get(one.given, "tanh") for one in subject.parameters if one.kind == "function"
    }


def shaped(value: Tensor, layout: Layout) -> Tensor:
    """A value of the document (rows × columns, or members before) as code takes it."""
    if value.shape[-2:] == (1, 1):
        return value.reshape(value.shape[:-2])
    if value.shape[-1] == 1:
        if layout == "column":
            return value
        flat = value.squeeze(-1)
        return flat if layout == "entries" or value.dim() > 2 else flat.unsqueeze(0)
    return value


def called(
    subject: Subject, values: Values, settings: Settings, forward: bool = False
) -> tuple[dict[str, Tensor], object]:
    """What the code was given of the document's names at one point, part of a graph, and what came back."""
    graph = {name: values[name].detach().clone().requires_grad_() for name in subject.leaves}
    given = {one.name: _argument(subject, one, graph, settings) for one in subject.parameters}
    if subject.function is not None:
        call = forward_alone(subject.function) if forward else subject.function.apply
        return graph, call(*_in_order(subject, given))
    call = _with_weights(subject, graph) if isinstance(subject.code, torch.nn.Module) else subject.code
    return graph, call(**given)


def run(subject: Subject, values: Values, settings: Settings, forward: bool = False) -> dict[str, Tensor]:
    """The document's names at one point: what was given, and what came back, rows × columns, float64, with the graph.

    ``forward`` runs the forward pass of an autograd.Function by itself. Whatever the code raises comes through.
    """
    graph, came = called(subject, values, settings, forward)
    return graph | _placed(subject, came)


def _placed(subject: Subject, came: object) -> dict[str, Tensor]:
    """What came back under the document's names, as the document has it where it fits but for axes of one."""
    found: dict[str, Tensor] = {}
    for (_, name), (_, value) in zip(subject.results, named(came), strict=False):
        if name and isinstance(value, Tensor):
            value = value.to("cpu", torch.float64)
            wanted = subject.shapes.get(name, value.shape)
            fits = [size for size in wanted if size != 1] == [size for size in value.shape if size != 1]
            found[name] = value.reshape(wanted) if fits else value
    return found


def _in_order(subject: Subject, given: Mapping[str, object]) -> list[object]:
    """The arguments of an autograd.Function, which takes none by name; defaults fill what is between."""
    assert subject.function is not None
    own = list(inspect.signature(subject.function.forward).parameters.values())
    own = own if sets_up_apart(subject.function) else own[1:]
    last = max((at for at, one in enumerate(own) if one.name in given), default=-1)
    return [given.get(one.name, one.default) for one in own[: last + 1]]


def _argument(subject: Subject, one: Parameter, graph: Mapping[str, Tensor], settings: Settings) -> object:
    match one.kind:
        case "function":
            return ACTIVATIONS[settings.functions.get(one.given, "tanh")]
        case "size":
            return subject.sizes[one.given]
        case "number" if graph[one.given].numel() == 1:
            return float(graph[one.given].detach())
    return shaped(graph[one.given], subject.layout).to(subject.device, subject.dtype)


def _with_weights(subject: Subject, graph: Mapping[str, Tensor]) -> Callable[..., object]:
    """The module with the document's values for its weights, part of the graph."""
    module = copy.deepcopy(subject.code).to(subject.device, subject.dtype)
    for weight, name in subject.weights.items():
        path, _, last = weight.rpartition(".")
        owner = module.get_submodule(path)
        shape = owner._parameters.pop(last).shape
        setattr(owner, last, graph[name].to(subject.device, subject.dtype).reshape(shape))
    return module  # type: ignore[no-any-return]


def with_results(subject: Subject, problem: Problem, values: Values, settings: Settings) -> Subject:
    """The subject with the names of what it returns, in the first layout, precision and place in which it runs and what
    comes back fits the document. Raises ModelError where it does not run at all."""
    devices = _devices(subject)
    first: BaseException | None = None
    fallback: Subject | None = None
    for dtype in (torch.float64, torch.float32):
        for device in devices:
            for layout in LAYOUTS:
                tried = replace(subject, layout=layout, dtype=dtype, device=device)
                try:
                    with contextlib.redirect_stdout(sys.stderr):
                        tried, fits = _tried(tried, problem, values, settings)
                except Exception as error:
                    first = first or error
                    continue
                if fits:
                    return tried
                fallback = fallback or tried
    if fallback is not None:
        return fallback
    assert first is not None
    raise ModelError(f"calling {subject.name} failed: {told(first)}")


def _devices(subject: Subject) -> list[str]:
    if isinstance(subject.code, torch.nn.Module):
        return [str(next((one.device for one in subject.code.parameters()), "cpu"))]
    return ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def _tried(subject: Subject, problem: Problem, values: Values, settings: Settings) -> tuple[Subject, bool]:
    """The subject with its results named, and whether these have the shapes of the document."""
    _, came = called(subject, values, settings)
    names = returned_names(subject.code)
    told_names = [name or (names[at] if at < len(names) else "") for at, (name, _) in enumerate(named(came))]
    shapes = {name: value.shape for name, value in values.items()}
    found = replace(subject, results=matched(told_names, subject.leaves, problem), shapes=shapes)
    return found, all(value.shape == shapes.get(name) for name, value in _placed(found, came).items())


def model_of(subject: Subject, problem: Problem, point: Values, settings: Settings) -> Model:
    """The subject as ``compare`` takes it, tried at one ``point``; what its forward pass raises is a ModelError."""
    quantities = tuple(Quantity(name) for _, name in subject.results if name)
    function = subject.function

    def evaluate(values: Values, settings: Settings) -> Mapping[str, Tensor]:
        with guarded(f"calling {subject.name}"):
            return run(subject, values, settings)

    def forward(values: Values, settings: Settings) -> Mapping[str, Tensor]:
        try:
            with contextlib.redirect_stdout(sys.stderr):
                return run(subject, values, settings, forward=True)
        except Exception:
            # such a forward pass does not run by itself; its values tell the slopes
            return {}

    saved: dict[str, str] = {}
    if function is not None:
        found = {name: matching(name, values_of(problem)) for name in saved_names(function) if name}
        saved = {name: keys[0] for name, keys in found.items() if len(keys) == 1}
    came = evaluate(point, settings)
    outputs = [came[one.key] for one in quantities if one.key in came]
    return Model(
        leaves=subject.leaves,
        quantities=quantities,
        evaluate=evaluate,
        functions=tuple(functions_of(subject, settings).items()),
        by_hand=written_by_hand(outputs),
        forward=None if function is None else forward,
        formula=None if not saved else lambda values, upstream: _formula(subject, saved, values, upstream, settings),
        saved=tuple(saved.values()),
        constants=tuple(one.given for one in subject.parameters if one.kind == "number"),
    )


def _formula(
    subject: Subject, saved: Mapping[str, str], values: Values, upstream: Values, settings: Settings
) -> dict[str, Tensor] | None:
    """The gradients of the backward pass, with the document's values in the place of what the forward pass saved."""
    assert subject.function is not None
    given = {one.name: _argument(subject, one, values, settings) for one in subject.parameters}
    others = {name: values[key] for name, key in saved.items() if key in values}

    def flowing(outputs: Sequence[Tensor]) -> list[Tensor]:
        names = [name for _, name in subject.results]
        return [
            upstream[name].reshape(value.shape).to(value) if name in upstream else torch.zeros_like(value)
            for name, value in zip(names, outputs, strict=False)
        ]

    try:
        with contextlib.redirect_stdout(sys.stderr):
            gave = backward_on(subject.function, _in_order(subject, given), flowing, others)
    except Exception:
        return None
    found: dict[str, Tensor] = {}
    for one, gradient in zip(subject.parameters, gave or (), strict=False):
        if one.kind == "tensor" and gradient is not None and gradient.numel() == values[one.given].numel():
            found[one.given] = gradient.to("cpu", torch.float64).reshape(values[one.given].shape)
    return found or None
