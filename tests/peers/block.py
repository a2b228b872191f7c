"""The residual block and its gradients by hand, in whatever array library asks; the mistakes that are planted in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Array = Any


@dataclass(frozen=True)
class Case:
    """What is checked: the formula with or without a mistake, at one size and one kind of input.

    act      tanh or relu
    mistake  its name in ``MISTAKES``, or none
    loss     what the loss is multiplied by; ``inputs`` what x, b and c are
    place    0 for generic inputs; else the first entries of Wx + b and Vh + c are this far above 0, ``kink`` at 0
    """

    name: str
    d: int = 16
    act: str = "tanh"
    mistake: str = ""
    loss: float = 1.0
    inputs: float = 1.0
    place: float = 0.0
    kink: bool = False
    single: bool = False


def drawn(case: Case) -> tuple[list[list[float]], list[list[float]], list[float], list[float], list[float]]:
    """W, V, b, c and x as plain numbers, the same for every tool."""
    import random

    draw = random.Random(case.d)
    d, scale = case.d, case.inputs
    square = [[[draw.gauss(0, 1) / d**0.5 for _ in range(d)] for _ in range(d)] for _ in range(2)]
    b, c, x = ([scale * draw.gauss(0, 1) for _ in range(d)] for _ in range(3))
    if case.kink or case.place:
        b[0] = case.place - sum(w * v for w, v in zip(square[0][0], x, strict=True))
    return square[0], square[1], b, c, x


def act(xp: Any, case: Case, z: Array) -> Array:
    return xp.tanh(z) if case.act == "tanh" else xp.where(z > 0, z, 0 * z)


def slope(xp: Any, case: Case, z: Array) -> Array:
    return 1 - xp.tanh(z) ** 2 if case.act == "tanh" else xp.where(z > 0, 1 + 0 * z, 0 * z)


def forward(xp: Any, case: Case, W: Array, V: Array, b: Array, c: Array, x: Array) -> tuple[Array, ...]:
    z = W @ x + b
    h = act(xp, case, z) + x
    r = V @ h + c
    return z, h, r, act(xp, case, r) + h


def loss(xp: Any, case: Case, *arguments: Array) -> Array:
    y = forward(xp, case, *arguments)[-1]
    return case.loss * (y @ y) / 2


def _times(factor: float) -> Callable[[Array], Array]:
    return lambda dV: dV * factor


def _one_entry(dV: Array) -> Array:
    return dV.at[0, 0].multiply(1.01) if hasattr(dV, "at") else _entry_in_place(dV)


def _entry_in_place(dV: Array) -> Array:
    dV = dV + 0
    dV[0, 0] = dV[0, 0] * 1.01
    return dV


MISTAKES: dict[str, tuple[str, Callable[[Array], Array] | None]] = {
    "1 %": (r"1.01 \left( g \odot \phi'(r) \right) h^\top", _times(1.01)),
    "0.1 %": (r"1.001 \left( g \odot \phi'(r) \right) h^\top", _times(1.001)),
    "1e-6": (r"1.000001 \left( g \odot \phi'(r) \right) h^\top", _times(1 + 1e-6)),
    "1e-9": (r"1.000000001 \left( g \odot \phi'(r) \right) h^\top", _times(1 + 1e-9)),
    "one entry": ("", _one_entry),
    "transposed": (r"h \left( g \odot \phi'(r) \right)^\top", lambda dV: dV.T),
    "V for Vᵀ": ("", None),
    "φ'(x) for φ'(r)": (r"\left( g \odot \phi'(x) \right) h^\top", None),
}
"""By name: ∂ℓ/∂V with it in LaTeX, where a formula can say it, and what it makes of the array, where that is all."""


def hand(xp: Any, case: Case, W: Array, V: Array, b: Array, c: Array, x: Array) -> tuple[Array, ...]:
    """The gradients by W, V, b and c as derived by hand, with the mistake of the case."""
    z, h, r, y = forward(xp, case, W, V, b, c, x)
    g = case.loss * y
    dr = g * slope(xp, case, x if case.mistake == "φ'(x) for φ'(r)" else r)
    dh = (V if case.mistake == "V for Vᵀ" else V.T) @ dr + g
    dz = dh * slope(xp, case, z)
    dV = xp.outer(dr, h)
    change = MISTAKES[case.mistake][1] if case.mistake else None
    return xp.outer(dz, x), change(dV) if change is not None else dV, dz, dr


def document(case: Case) -> str | None:
    """The same as a derivation; None for a mistake that no formula makes."""
    if case.mistake == "one entry":
        return None
    of_v = (MISTAKES[case.mistake][0] if case.mistake else "") or r"\left( g \odot \phi'(r) \right) h^\top"
    back = "V" if case.mistake == "V for Vᵀ" else r"V^\top"
    factor = "" if case.loss == 1 else f"{case.loss:.0e}".replace("1e", "10^{").replace("+0", "").replace("-0", "-")
    factor = f"{factor}}} \\cdot " if factor else ""
    phi, slopes = r"\tanh", r"\left( 1 - \tanh^2({}) \right)"
    if case.act == "relu":
        phi, slopes = r"\operatorname{relu}", r"\mathbf{1}[{} > 0]"

    def written(latex: str) -> str:
        for letter in "rzx":
            latex = latex.replace(f"\\phi'({letter})", slopes.replace("{}", letter))
        return latex.replace(r"\phi", phi)

    return written(
        rf"""Let $x, b, c \in \mathbb{{R}}^{{D}}$ and $W, V \in \mathbb{{R}}^{{D \times D}}$.

$$ z = W x + b, \quad h = \phi(z) + x, \quad r = V h + c, \quad y = \phi(r) + h $$
$$ L = {factor}\frac{{1}}{{2}} y^\top y, \quad g = \frac{{\partial L}}{{\partial y}} $$

$$ \frac{{\partial L}}{{\partial V}} = {of_v} $$
$$ \frac{{\partial L}}{{\partial c}} = g \odot \phi'(r) $$
$$ \frac{{\partial L}}{{\partial b}} = \left( {back} \left( g \odot \phi'(r) \right) + g \right) \odot \phi'(z) $$
$$ \frac{{\partial L}}{{\partial W}}
   = \left( \left( {back} \left( g \odot \phi'(r) \right) + g \right) \odot \phi'(z) \right) x^\top $$
"""
    )


RIGHT = [Case(f"d = {d}", d) for d in (4, 16, 64, 256)]
PLANTED = [
    *(Case(name, mistake=name) for name in MISTAKES),
    Case("1 %, at a kink", act="relu", mistake="1 %", kink=True),
    Case("1 %, float32", mistake="1 %", single=True),
    Case("one entry of two million", 1000, mistake="one entry"),
]
SOUND = [
    *(Case(f"loss times {scale:g}", loss=scale) for scale in (1e-8, 1e-4, 1e4, 1e8)),
    *(Case(f"inputs times {scale:g}, relu", act="relu", inputs=scale) for scale in (1e-8, 1e-4, 1e4, 1e8)),
    Case("1e-7 above a kink", act="relu", place=1e-7),
    Case("at a kink", act="relu", kink=True),
    Case("float32", single=True),
]
