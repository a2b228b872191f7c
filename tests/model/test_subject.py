r"""Code as people write it: which names it gets, what it returns, at which precision, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from derivcheck.config import Settings
from derivcheck.model.checking import with_code
from derivcheck.model.results import matching
from derivcheck.model.target import ModelError, load, parsed
from derivcheck.source import Source
from derivcheck.verdict import Outcome, Report

AFFINE = r"""Let $x, b \in \mathbb{R}^{D}$, $W \in \mathbb{R}^{D \times D}$ and $\ell : \mathbb{R}^{D} \to \mathbb{R}$.
$$ z = W x + b, \quad y = \tanh(z) $$
With the loss $\ell(y)$,
$$ \frac{\partial \ell}{\partial b} = \frac{\partial \ell}{\partial y} \odot (1 - y \odot y) $$
"""
RIDGE = r"""Let $X \in \mathbb{R}^{n \times d}$, $y \in \mathbb{R}^{n}$, $w \in \mathbb{R}^{d}$, $\lambda > 0$.
$$ L = \frac{1}{2} \|X w - y\|^2 + \frac{\lambda}{2} \|w\|^2 $$
$$ \frac{\partial L}{\partial w} = X^\top (X w - y) + \lambda w $$
"""
SAMPLES = r"""Let $x^{(i)} \in \mathbb{R}^{n}$ for $i = 1, \dots, N$ and $W \in \mathbb{R}^{m \times n}$.
$$ z^{(i)} = W x^{(i)} $$
"""


def compared(code: object, document: str) -> Report:
    report = Report(Source("a.md", document), (), (), 0, 0, 4)
    return with_code(report, code, "code", Settings(trials=2))


def rows(report: Report) -> dict[str, str]:
    return {row[0]: row[3] for row in report.extras[0].rows}


def affine(x: Tensor, W: Tensor, b: Tensor) -> dict[str, Tensor]:
    z = W @ x + b
    return {"z": z, "y": torch.tanh(z)}


def narrow(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(W.float() @ x.float() + b.float()).to(x.dtype)


class Layer(nn.Module):
    def __init__(self, d: int) -> None:
        super().__init__()
        self.W = nn.Parameter(torch.zeros(d, d))
        self.b = nn.Parameter(torch.zeros(d))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        z = self.W @ x + self.b
        y = torch.tanh(z)
        return z, y


def ridge(w: Tensor, X: Tensor, y: Tensor, lam: float) -> Tensor:
    r = X @ w - y
    return (r @ r + lam * w @ w) / 2


def batch(x: Tensor, W: Tensor) -> Tensor:
    z = x @ W.T
    return z  # noqa: RET504


@pytest.mark.parametrize(
    ("code", "document", "told"),
    [
        (affine, AFFINE, ["z", "y", "∂ℓ/∂x", "∂ℓ/∂b", "∂ℓ/∂W"]),
        (Layer, AFFINE, ["z", "y", "∂ℓ/∂x", "∂ℓ/∂b", "∂ℓ/∂W"]),
        (Layer(4), AFFINE, ["z", "y", "∂ℓ/∂x", "∂ℓ/∂b", "∂ℓ/∂W"]),
        (ridge, RIDGE, ["L", "∂L/∂X", "∂L/∂y", "∂L/∂w"]),
        (batch, SAMPLES, ["z^{(·)}"]),
        (narrow, AFFINE, ["y", "∂ℓ/∂x", "∂ℓ/∂b", "∂ℓ/∂W"]),
    ],
    ids=["dict", "class", "instance", "loss", "samples", "float32"],
)
def test_code_that_computes_the_same_agrees(code: object, document: str, told: list[str]) -> None:
    report = compared(code, document)
    assert not report.findings
    assert report.extras[0].outcome is Outcome.HOLDS
    assert sorted(rows(report)) == sorted(told)


def test_what_float32_inside_of_the_code_hides_is_no_mistake_and_is_said() -> None:
    assert "rough to" in compared(narrow, AFFINE).extras[0].text
    off = compared(lambda x, W, b: narrow(x, W, b) * 1.001, AFFINE)
    assert off.extras[0].outcome is Outcome.WRONG


def test_a_gradient_that_is_cut_off_is_blamed_on_the_backward_pass() -> None:
    (finding,) = compared(lambda x, W, b: affine(x.detach(), W, b)["y"], AFFINE).findings
    assert "the backward pass of code is the odd one out: `∂ℓ/∂x`" in finding.message


def test_a_wrong_line_of_the_derivation_differs_from_the_code() -> None:
    (finding,) = compared(affine, AFFINE.replace("(1 - y", "(2 - y")).findings
    assert finding.message == "`∂ℓ/∂b` of the derivation differs from that of code"
    assert AFFINE[finding.span.start : finding.span.end].strip().startswith(r"\frac")


def crash(x: Tensor) -> Tensor:
    return x.reshape(77)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (lambda x, W, b, q: x, "needs `q`, and the document has no such name"),
        (lambda x, W, b: x + torch.randn(()), "called twice with the same inputs"),
        (crash, "calling code failed: RuntimeError: shape '[77]' is invalid"),
        (3, "is no function, nn.Module or autograd.Function, but int"),
    ],
    ids=["missing", "random", "crash", "number"],
)
def test_what_cannot_be_compared_is_one_clear_message(code: Callable[..., object], said: str) -> None:
    with pytest.raises(ModelError) as raised:
        compared(code, AFFINE)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no_such_module:f", "importing no_such_module failed: ModuleNotFoundError"),
        ("kernel:nope", "kernel has no `nope`"),
        ("broken:f", "importing broken failed: SystemExit: 3"),
        ("a b:c", "names no model"),
        ("kernel", "names no model"),
    ],
)
def test_what_cannot_be_imported_is_one_clear_message(
    text: str, said: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "kernel.py").write_text("f = 1\n")
    (tmp_path / "broken.py").write_text("import sys\nprint('noise')\nsys.exit(3)\n")
    with pytest.raises(ModelError, match=said):
        load(parsed(text), text.partition(":")[2], "")


@pytest.mark.parametrize(
    ("identifier", "latex"),
    [
        ("gamma", "\\gamma"), ("eps", "\\varepsilon"), ("x_hat", "\\hat{x}"), ("xhat", "\\hat{x}"), ("W1", "W_{1}"),
        ("W_1", "W_{1}"), ("q", "Q"), ("lambda_", "\\lambda"), ("σ", "\\sigma"), ("u_new", "u^{\\text{new}}"),
        ("x", "x^{(\\cdot)}"), ("k", "\\mathbf{k}"), ("rstd", "\\mathrm{rstd}"), ("x_prime", "x'"), ("Sigma", "\\Sigma"),
    ],
)  # fmt: skip
def test_an_identifier_means_the_name_that_is_spelled_so(identifier: str, latex: str) -> None:
    assert matching(identifier, (latex, "other")) == (latex,)


def test_capitals_tell_names_apart_where_both_are_there() -> None:
    assert matching("q", ("Q", "q")) == ("q",)
    assert matching("gamma", ("\\Gamma", "\\gamma")) == ("\\gamma",)
