"""Reports made by hand for the renderers: the document of DESIGN section 1 with one wrong line."""

from __future__ import annotations

from dataclasses import replace

from derivcheck.source import Source, Span
from derivcheck.verdict import Edit, Evidence, Extra, Finding, Outcome, Report, Result, Severity, Verdict, Word

TEXT = (
    r"""# Backprop through a residual block

Let $x, b, c \in \mathbb{R}^{D}$, $W, V \in \mathbb{R}^{D \times D}$, $\phi : \mathbb{R} \to \mathbb{R}$
and $\ell : \mathbb{R}^{D} \to \mathbb{R}$.

$$ z = W x + b, \quad h = \phi(z) + x, \quad r = V h + c, \quad y = \phi(r) + h $$

With the loss $\ell(y)$,

$$ \frac{\partial \ell}{\partial V} = \left( \frac{\partial \ell}{\partial y} \odot \phi'(r) \right) h^\top $$
$$ \frac{\partial \ell}{\partial b} =
   \left( V^\top \left( \frac{\partial \ell}{\partial y} \odot \phi'(x) \right) + \frac{\partial \ell}{\partial y} \right) \odot \phi'(z) $$
"""
    + "$$ [bold]y[/bold] = \\foo{x} $$\n"
)

SOURCE = Source("block.md", TEXT)
SIZES = ((("D", 2),), (("D", 3),), (("D", 5),))


def span_of(text: str, within: str = TEXT) -> Span:
    start = within.index(text)
    return Span(start, start + len(text))


WRONG_AT = Span(TEXT.index("(x) \\right)") + 1, TEXT.index("(x) \\right)") + 2)


def evidence(oracle: str, outcome: Outcome = Outcome.HOLDS, **figures: object) -> Evidence:
    return replace(Evidence(oracle, outcome, sizes=SIZES, points=12), **figures)  # type: ignore[arg-type]


HOLDS = Result(
    "grad-V",
    "∂ℓ/∂V",
    "gradient",
    span_of(r"\frac{\partial \ell}{\partial V}"),
    10,
    Verdict(
        Outcome.HOLDS,
        (
            evidence("autograd", error=4.4e-16, relative=2e-16, where="V[2,0]", bar=1e-15, detectable=1e-14),
            evidence("differences", error=2.1e-12, relative=1e-12, where="V[0,1]", bar=3e-11),
        ),
        said="agrees: autograd · differences, at 12 inputs, to 1e-14",
        strength=Word.AGREES,
    ),
)
WRONG = Result(
    "grad-b",
    "∂ℓ/∂b",
    "gradient",
    span_of(r"\frac{\partial \ell}{\partial b}"),
    11,
    Verdict(
        Outcome.WRONG,
        (
            evidence(
                "autograd", Outcome.WRONG, error=1.8315, relative=0.82, where="b[2]", claimed=0.4121, reference=2.2436
            ),
            evidence(
                "differences", Outcome.WRONG, error=1.8315, where="b[2]", bar=3e-14, claimed=0.4121, reference=2.2436
            ),
        ),
        reason="the claimed values are not the gradient",
    ),
)
UNREAD = Result(
    "line-13",
    r"[bold]y[/bold] = \foo{x}",
    "unreadable",
    span_of(r"[bold]y[/bold] = \foo{x}"),
    13,
    Verdict(Outcome.NOT_CHECKED, reason=r"`\foo` is not understood"),
)
ERROR = Finding(
    "wrong-gradient",
    Severity.ERROR,
    r"the gradient of `\ell` with respect to `b` is not what autograd gives",
    WRONG_AT,
    label="`r` here makes the line hold",
    facts=(
        "claimed     b[2] = 0.4121   autograd 2.2436   differences 2.2436 ± 3e-14",
        "fails at every size tried (D = 2, 3, 5)",
    ),
    help="replace `x` by `r`; the line then holds at 12 other points and at sizes that were not tried before",
    replay="derivcheck check block.md --claim grad-b --seed 0",
    claim="grad-b",
    edits=(Edit(WRONG_AT, "r", "replace `x` by `r`"),),
)
WARNING = Finding(
    "unreadable",
    Severity.WARNING,
    r"not checked: `\foo` is not understood",
    span_of(r"\foo"),
    label="not understood",
    help=r"define it: `\newcommand{\foo}[1]{…}`",
    claim="line-13",
)
NOTE = Finding("new-scope", Severity.NOTE, "`x` is declared anew: a new scope opens here", span_of("With the loss"))
PICTURE = Extra("the graph", text="x ──▶ z ──▶ h\n└────────────▶ +")
FIGURES = Extra(
    "the optimiser",
    columns=("start", "loss"),
    rows=(("0", "1e-32"), ("12", "4e-31")),
    outcome=Outcome.HOLDS,
    code="optimum",
)

REPORT = Report(SOURCE, (HOLDS, WRONG, UNREAD), (NOTE, WARNING, ERROR), definitions=4, seed=0, trials=4, seconds=2.43)
PASSING = replace(REPORT, results=(HOLDS,), findings=())
