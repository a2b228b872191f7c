r"""Mistakes planted in the maths, the forward and the backward pass of three kernels: each is found, and the party that
made it is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from derivcheck.config import Settings
from derivcheck.model.checking import with_code
from derivcheck.model.target import load, parsed
from derivcheck.parts import parts_of
from derivcheck.source import Source
from derivcheck.verdict import Outcome, Report

TEXT = (Path(__file__).parent / "kernels.py").read_text(encoding="utf-8")

PLANTED = {
    ("LayerNorm", "maths"): [
        (r"v = \frac{1}{D} \sum", r"v = \frac{1}{D - 1} \sum"),
        (r"= \frac{\partial \ell}{\partial y} \odot \hat{x}", r"= \frac{\partial \ell}{\partial y} \odot x"),
        (r"\left( g - \frac{1}{D} \mathbf{1} \mathbf{1}^\top g - ", r"\left( g - "),
        (r"g = \gamma \odot \frac", r"g = \beta \odot \frac"),
        (r"\frac{1}{\sqrt{v + \epsilon}}", r"\frac{1}{\sqrt{v} + \epsilon}"),
    ],
    ("LayerNorm", "forward"): [
        ("((x - mu) ** 2).mean()", "((x - mu) ** 2).sum() / (x.numel() - 1)"),
        ("(v + eps) ** -0.5", "v**-0.5 + eps"),
        ("y = gamma * x_hat + beta", "y = beta * x_hat + gamma"),
        ("x_hat = rstd * (x - mu)", "x_hat = rstd * (x + mu)"),
        ("mu = x.mean()", "mu = x.median()"),
    ],
    ("LayerNorm", "backward"): [
        ("g - g.mean() - x_hat", "g - x_hat"),
        ("dx = rstd * (g", "dx = (g"),
        ("g = gamma * dy", "g = dy"),
        ("dgamma = dy * x_hat", "dgamma = dy"),
        ("(g * x_hat).mean())", "(g * x_hat).sum())"),
    ],
    ("RMSNorm", "maths"): [
        (r"s = \frac{1}{D} x^\top x", r"s = x^\top x"),
        (r"(s + \epsilon)^{-1/2}", r"(s + \epsilon)^{-1}"),
        (r"- \frac{r^3}{D}", r"- \frac{r^2}{D}"),
        (r"y} \odot x \right)", r"y} \odot w \right)"),
        (r"- \frac{r^3}", r"+ \frac{r^3}"),
    ],
    ("RMSNorm", "forward"): [
        ("(x * x).mean()", "(x * x).sum()"),
        ("torch.rsqrt(s + eps)", "torch.rsqrt(s) + eps"),
        ("y = r * (w * x)", "y = r * ((1 + w) * x)"),
        ("s = (x * x).mean()", "s = x.var()"),
        ("torch.rsqrt(s + eps)", "torch.rsqrt(s.detach() + eps) * (1 + eps)"),
    ],
    ("RMSNorm", "backward"): [
        ("r**3 / x.numel()", "r**3"),
        ("r * g - r**3", "r * g + r**3"),
        ("g = w * dy", "g = dy"),
        ("dw = r * (dy * x)", "dw = dy * x"),
        ("(x * g).sum()", "(x * dy).sum()"),
    ],
    ("Attention", "maths"): [
        (r"S = \frac{1}{\sqrt{d}} Q", r"S = Q"),
        (r"= P^\top G", r"= P^\top P P^\top G"),
        (r"(A - (P \odot A) \mathbf{1} \mathbf{1}^\top)", "A"),
        (r"\partial K} = \frac{1}{\sqrt{d}} B^\top Q", r"\partial K} = B^\top Q"),
        (r"\partial Q} = \frac{1}{\sqrt{d}} B K", r"\partial Q} = -\frac{1}{\sqrt{d}} B K"),
    ],
    ("Attention", "forward"): [
        ("out = P @ v", "out = scale * P @ v"),
        ("torch.softmax(scale * q @ k.mT, -1)", "torch.softmax(scale * q @ k.mT, 0)"),
        ("torch.softmax(scale * q @ k.mT, -1)", "torch.softmax(q @ k.mT, -1)"),
        ("out = P @ v", "out = P @ v + v.mean(0)"),
        ("torch.softmax(scale * q @ k.mT, -1)", "torch.sigmoid(scale * q @ k.mT)"),
    ],
    ("Attention", "backward"): [
        ("dv = P.mT @ do", "dv = P.mT @ P @ P.mT @ do"),
        ("A - (P * A).sum(-1, keepdim=True)", "A"),
        ("dq = ctx.scale * B", "dq = B"),
        ("dk = ctx.scale * B.mT @ q", "dk = B.mT @ q"),
        ("(P * A).sum(-1, keepdim=True)", "(P * A).sum(0, keepdim=True)"),
    ],
}


def compared(code: str, maths: str, owner: str, tmp_path: Path) -> Report:
    """The comparison of one class of a module to the derivation in another version of it."""
    path = tmp_path / "kernels.py"
    path.write_text(code, encoding="utf-8")
    source = next(part.source for part in parts_of(Source("kernels.py", maths)) if part.owner == owner)
    found = load(parsed(".:" + owner), owner, str(path))
    report = Report(source, (), (), 0, 0, 4)
    return with_code(report, found, owner, Settings(trials=2), source)


def planted(owner: str, party: str) -> list[str]:
    """The whole text with each mistake in it, inside the class alone."""
    start = TEXT.index(f"class {owner}")
    end = TEXT.find("\nclass ", start + 1) % (len(TEXT) + 1)
    part, made = TEXT[start:end], []
    for old, new in PLANTED[owner, party]:
        assert part.count(old) == 1, f"{old!r} stands {part.count(old)} times in {owner}"
        made.append(TEXT[:start] + part.replace(old, new) + TEXT[end:])
    return made


@pytest.mark.parametrize("owner", ["LayerNorm", "RMSNorm", "Attention"])
def test_a_right_kernel_agrees_with_its_derivation(owner: str, tmp_path: Path) -> None:
    report = compared(TEXT, TEXT, owner, tmp_path)
    assert [extra.outcome for extra in report.extras] == [Outcome.HOLDS]
    assert not report.findings
    assert "float64 on cpu" in report.extras[0].text


@pytest.mark.parametrize(("owner", "party"), PLANTED)
def test_a_planted_mistake_is_found_and_the_party_that_made_it_is_named(owner: str, party: str, tmp_path: Path) -> None:
    named = []
    for text in planted(owner, party):
        code, maths = (TEXT, text) if party == "maths" else (text, TEXT)
        (finding,) = compared(code, maths, owner, tmp_path).findings
        odd = re.match(r"the (maths|forward|backward)\b.*is the odd one out", finding.message)
        named.append(odd[1] if odd else finding.message + str(finding.facts))
    assert named == [party] * 5
