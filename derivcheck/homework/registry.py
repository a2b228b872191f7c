"""The table of homework problems. A new one is a module with its model and one entry here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module, resources
from typing import TYPE_CHECKING, Any, Literal

from derivcheck.config import FUNCTIONS
from derivcheck.source import Source

if TYPE_CHECKING:
    from derivcheck.config import Settings
    from derivcheck.model.compare import Model
    from derivcheck.verdict import Extra


@dataclass(frozen=True, slots=True)
class Requirement:
    r"""A result that a solution must contain.

    head         what stands on one side of the equation, as LaTeX: ``\frac{\partial \ell}{\partial V}``
    description  the result in words, for the message when it is missing
    units        the words that alone may carry a name on the other side (``relu``), or none: an answer may be asked for
                 in a certain form, and ``\min(x_1, x_2) = x_1 - …`` is right without being a network
    """

    head: str
    description: str
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """A homework's own option on the command line and the setting that it stands for.

    ``sets`` is ``sizes``, ``functions`` or ``values``; ``target`` the name in the document whose size, function or
    value it is.
    """

    name: str
    sets: Literal["sizes", "functions", "values"]
    target: str
    help: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Homework:
    """One problem.

    document, as_handed_in   the file names of its derivations in the package
    required                 the results that any derivation of it must contain
    required_as_handed_in    the same in the notation of the solution as it was handed in
    model                    makes the torch module and says which of its quantities the document's names are
    extras, picture          what the command adds to the table
    """

    name: str
    title: str
    document: str
    as_handed_in: str
    required: tuple[Requirement, ...]
    required_as_handed_in: tuple[Requirement, ...]
    model: Callable[[], Model]
    extras: Callable[[Settings], tuple[Extra, ...]]
    picture: Callable[[Settings], Extra]
    options: tuple[Option, ...] = ()


def _later(module: str, name: str) -> Callable[..., Any]:
    """The function ``name`` of a module of this package, imported at the first call and not before."""

    def call(*arguments: Any) -> Any:  # noqa: ANN401 - the table below says what each one takes and gives
        return getattr(import_module(f"derivcheck.homework.{module}"), name)(*arguments)

    return call


def _gradients(*named: tuple[str, str]) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(rf"\frac{{\partial \ell}}{{\partial {name}}}", f"the gradient of ℓ with respect to {words}")
        for name, words in named
    )


_SORTED = (
    Requirement(r"\min(x_1, x_2)", "the smaller input as a sum of hidden units", units=("relu",)),
    Requirement(r"\max(x_1, x_2)", "the larger input as a sum of hidden units", units=("relu",)),
)

_MLP = Homework(
    name="mlp",
    title="a network that sorts two numbers",
    document="mlp.md",
    as_handed_in="mlp-as-handed-in.md",
    required=_SORTED,
    required_as_handed_in=_SORTED,
    model=_later("mlp", "model"),
    extras=_later("mlp", "extras"),
    picture=_later("mlp", "picture"),
)

_RESBLOCK = Homework(
    name="resblock",
    title="backpropagation through a residual block",
    document="resblock.md",
    as_handed_in="resblock-as-handed-in.md",
    required=_gradients(
        ("V", "the weights V"), ("c", "the bias c"), ("W", "the weights W"), ("b", "the bias b"),
    ),
    required_as_handed_in=_gradients(
        ("v", "the weight v"), ("c", "the bias c"), ("w", "the weight w"), ("b", "the bias b"),
    ),
    model=_later("resblock", "model"),
    extras=_later("resblock", "extras"),
    picture=_later("resblock", "picture"),
    options=(
        Option("dim", "sizes", "D", "the size D of every vector (default: several sizes, all different)"),
        Option("phi", "functions", r"\phi", "the activation (default: arbitrary, drawn at random)", choices=FUNCTIONS),
    ),
)  # fmt: skip

_PPCA = Homework(
    name="ppca",
    title="EM for probabilistic PCA",
    document="ppca.md",
    as_handed_in="ppca-as-handed-in.md",
    required=(
        Requirement(r"p(z^{(i)} \mid x^{(i)})", "the posterior of z given x"),
        Requirement(r"m^{(i)}", "the posterior mean m"),
        Requirement(r"s^{(i)}", "the posterior second moment s"),
        Requirement(r"u^{\text{new}}", "the M-step's u"),
    ),
    required_as_handed_in=(
        Requirement(r"p(z^{(i)} \mid x^{(i)})", "the posterior of z given x"),
        Requirement(r"m^{(i)}", "the posterior mean m"),
        Requirement(r"s^{(i)}", "the posterior second moment s"),
        Requirement(r"u^{\text{new}}", "the M-step's u"),
    ),
    model=_later("ppca", "model"),
    extras=_later("ppca", "extras"),
    picture=_later("ppca", "picture"),
    options=(
        Option("dim", "sizes", "J", "the dimension J of every sample (default: several, and 6 for EM)"),
        Option("samples", "sizes", "N", "the number N of samples (default: several, and 60 for EM)"),
        Option("sigma", "values", r"\sigma", "the noise σ (default: drawn at random, and 0.7 for EM)"),
    ),
)

HOMEWORKS: Mapping[str, Homework] = {homework.name: homework for homework in (_MLP, _RESBLOCK, _PPCA)}


def document(name: str, as_handed_in: bool = False) -> Source:
    """The derivation that ships with a homework. Raises KeyError for a name that is not in the table."""
    homework = HOMEWORKS[name]
    file = homework.as_handed_in if as_handed_in else homework.document
    text = (resources.files("derivcheck.homework") / "documents" / file).read_text(encoding="utf-8")
    return Source(file, text)
