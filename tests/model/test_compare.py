"""Derivation and module are compared at the same inputs, and a module that differs is found."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from derivcheck.config import Settings
from derivcheck.homework import mlp, ppca, resblock
from derivcheck.model.checking import comparison_extra, shown_name
from derivcheck.model.compare import Comparison, Difference, Model, Party, compare
from derivcheck.model.derivation import Derivation, Slopes, bound, quantities
from derivcheck.source import Source
from derivcheck.verdict import Outcome

D, T = 3, 2


def derivation() -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Values and gradients as a right derivation gives them, for the loss Σ y³ (T × rows × columns)."""
    generator = torch.Generator().manual_seed(5)
    shapes = {"x": (D, 1), "W": (D, D), "b": (D, 1), "V": (D, D), "c": (D, 1)}
    values = {
        name: torch.randn(T, *shape, generator=generator, dtype=torch.float64).requires_grad_()
        for name, shape in shapes.items()
    }
    values["z"] = values["W"] @ values["x"] + values["b"]
    values["h"] = values["z"].tanh() + values["x"]
    values["r"] = values["V"] @ values["h"] + values["c"]
    values["y"] = values["r"].tanh() + values["h"]
    names = ["V", "c", "W", "b", "r", "h", "z", "x", "y"]
    gradients = torch.autograd.grad((values["y"] ** 3).sum(), [values[name] for name in names])
    return {name: value.detach() for name, value in values.items()}, dict(zip(names, gradients, strict=True))


def compared(
    model: Model,
    values: dict[str, Tensor],
    gradients: dict[str, Tensor],
    settings: Settings = Settings(),  # noqa: B008
) -> Comparison:
    slopes = Slopes("ℓ", {"y": gradients["y"]}, {n: g for n, g in gradients.items() if n != "y"}) if gradients else None
    return compare(model, settings, Derivation(values, (slopes,) if slopes else ()))


def differences(model: Model, *rest) -> tuple[Difference, ...]:
    return compared(model, *rest).rows


def outcome(model: Model, values: dict[str, Tensor], gradients: dict[str, Tensor]) -> Outcome | None:
    return comparison_extra(model, compared(model, values, gradients)).outcome


def test_the_block_agrees_with_a_right_derivation() -> None:
    found = differences(resblock.model(), *derivation())
    assert len(found) == 12
    assert all(difference.agrees for difference in found)


@pytest.mark.parametrize("name", ["z", "h", "r", "y"])
def test_a_quantity_that_differs_is_found_and_named(name: str) -> None:
    values, gradients = derivation()
    values[name] = values[name] * (1 + 1e-8)
    found = differences(resblock.model(), values, gradients)
    assert [difference.name for difference in found if not difference.agrees] == [name]


@pytest.mark.parametrize("name", ["V", "c", "W", "b", "r", "h", "z", "x"])
def test_a_gradient_that_differs_is_found_and_named(name: str) -> None:
    values, gradients = derivation()
    gradients[name] = gradients[name] + 1e-6
    found = differences(resblock.model(), values, gradients)
    wrong = [difference for difference in found if not difference.agrees]
    assert [shown_name(difference) for difference in wrong] == [f"∂ℓ/∂{name}"]


class CutBlock(resblock.ResidualBlock):
    """Its skip connection is cut off from the backward pass."""

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        values = super().forward(x)
        return values | {"y": self.phi(values["r"]) + values["h"].detach()}


class TwistedBlock(resblock.ResidualBlock):
    """It multiplies by the transpose of V."""

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        values = super().forward(x)
        r = self.V.T @ values["h"] + self.c
        return values | {"r": r, "y": self.phi(r) + values["h"]}


def test_a_detached_skip_connection_is_found_by_the_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resblock, "ResidualBlock", CutBlock)
    found = compared(resblock.model(), *derivation())
    wrong = {shown_name(difference) for difference in found.rows if not difference.agrees}
    assert wrong == {"∂ℓ/∂W", "∂ℓ/∂b", "∂ℓ/∂h", "∂ℓ/∂z", "∂ℓ/∂x"}
    assert found.odd is Party.BACKWARD


def test_a_transposed_matrix_is_found_by_the_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resblock, "ResidualBlock", TwistedBlock)
    found = differences(resblock.model(), *derivation())
    assert next(difference.name for difference in found if not difference.agrees) == "r"


def test_another_activation_is_found() -> None:
    values, gradients = derivation()
    found = differences(resblock.model(), values, gradients, Settings(functions={"\\phi": "gelu"}))
    assert not all(difference.agrees for difference in found)


def test_a_value_that_is_no_number_is_no_agreement() -> None:
    values, gradients = derivation()
    values["h"][0, 1, 0] = math.nan
    assert outcome(resblock.model(), values, gradients) is Outcome.WRONG


def test_other_shapes_are_a_difference_and_no_crash() -> None:
    values, gradients = derivation()
    values["h"] = values["h"].mT
    gradients["W"] = gradients["W"][:, :2]
    found = differences(resblock.model(), values, gradients)
    notes = {difference.name: difference.note for difference in found if not difference.agrees}
    assert notes["h"] == "1 × 3 in the maths, 3 × 1 in the forward"
    assert notes["W"].startswith("2 × 3 in the maths, 3 × 3 in the ")


def test_a_derivation_without_the_names_of_the_module_is_not_compared() -> None:
    values, gradients = derivation()
    del values["W"]
    assert outcome(resblock.model(), values, gradients) is Outcome.NOT_CHECKED


def test_a_quantity_without_a_name_in_the_derivation_is_said_to_be_missing() -> None:
    values, gradients = derivation()
    del values["r"]
    extra = comparison_extra(resblock.model(), compared(resblock.model(), values, gradients))
    assert extra.outcome is Outcome.HOLDS
    assert ("r", "", "", "no value in the derivation") in extra.rows


def sorted_pairs() -> dict[str, Tensor]:
    network = mlp.SortingNetwork()
    x1, x2 = torch.tensor([1.0, -2.0]).double(), torch.tensor([0.5, 4.0]).double()
    values = {name: value.detach() for name, value in network(x1, x2).items()}
    weights = {name: getattr(network, name).detach().expand(2, -1, -1) for name in "AB"}
    return {"x_1": x1.reshape(2, 1, 1), "x_2": x2.reshape(2, 1, 1), **values, **weights}


def test_the_network_agrees_with_a_right_derivation() -> None:
    found = differences(mlp.model(), sorted_pairs(), {})
    assert [difference.name for difference in found] == ["A", "B", "h", "y"]
    assert all(difference.agrees for difference in found)


def test_a_weight_of_the_other_sign_in_the_module_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    values = sorted_pairs()
    monkeypatch.setitem(mlp._SECOND, 5, ((-1, 1, 1, 0, 0), (0, 0, 1, 1, -1)))
    found = differences(mlp.model(), values, {})
    assert [difference.name for difference in found if not difference.agrees] == ["B", "y"]


HAND_SOLUTION = r"""Let $u \in \mathbb{R}^{J}$, $\sigma > 0$, $x^{(i)} \in \mathbb{R}^{J}$ for $i = 1, \dots, N$.
$$ C = \frac{\sigma^2}{\sigma^2 + u^\top u} $$
$$ m^{(i)} = \frac{u^\top x^{(i)}}{\sigma^2 + u^\top u} $$
$$ s^{(i)} = C + (m^{(i)})^2 $$
$$ u^{\text{new}} = \frac{\sum_{i=1}^{N} x^{(i)} m^{(i)}}{\sum_{i=1}^{N} s^{(i)}} $$
"""


def ppca_differences(text: str, settings: Settings = Settings()) -> dict[str, bool]:  # noqa: B008
    source = Source("my.md", text)
    values = quantities(bound(source, settings, {"J": 4, "N": 5}), ppca.model().names)
    return {found.name: found.agrees for found in differences(ppca.model(), values, {}, settings)}


@pytest.mark.parametrize("settings", [Settings(), Settings(values={"\\sigma": 0.5}), Settings(seed=7)])
def test_families_of_a_derivation_are_compared_with_the_module(settings: Settings) -> None:
    names = ["m^{(i)}", "s^{(i)}", "C", r"u^{\text{new}}"]
    assert ppca_differences(HAND_SOLUTION, settings) == dict.fromkeys(names, True)


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [
        (r"\frac{u^\top x^{(i)}}{\sigma^2 + u^\top u}", r"u^\top x^{(i)}", "m^{(i)}"),
        ("C + (m^{(i)})^2", "(m^{(i)})^2", "s^{(i)}"),
        (r"\frac{\sigma^2}{\sigma^2 + u^\top u}", r"\frac{\sigma^4}{\sigma^2 + u^\top u}", "s^{(i)}"),
        (
            r"\frac{\sum_{i=1}^{N} x^{(i)} m^{(i)}}{\sum_{i=1}^{N} s^{(i)}}",
            r"\frac{1}{N} \sum_{i=1}^{N} \frac{x^{(i)} m^{(i)}}{s^{(i)}}",
            r"u^{\text{new}}",
        ),
        (r"x^{(i)} m^{(i)}", r"(x^{(i)})^\top m^{(i)}", r"u^{\text{new}}"),
    ],
)
def test_a_mistake_in_a_derivation_of_ppca_differs_from_the_module(old: str, new: str, first: str) -> None:
    assert HAND_SOLUTION.count(old) == 1
    found = ppca_differences(HAND_SOLUTION.replace(old, new))
    assert next(name for name, agrees in found.items() if not agrees) == first
