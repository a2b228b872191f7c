"""Ten short derivations with a right line and the same line as it was got wrong: what reads them, and what it says."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

DOCUMENTS: tuple[tuple[str, str, str], ...] = (
    ("", r"\frac{d}{dx} x^3 \sin x = 3 x^2 \sin x + x^3 \cos x", r"\frac{d}{dx} x^3 \sin x = 3 x^2 \sin x - x^3 \cos x"),
    (r"Let $a, b > 0$.", r"\log \frac{a^2}{b} = 2 \log a - \log b", r"\log \frac{a^2}{b} = 2 \log a - 2 \log b"),
    ("", r"\sum_{k=1}^{n} k = \frac{n (n + 1)}{2}", r"\sum_{k=1}^{n} k = \frac{n (n - 1)}{2}"),
    ("", r"\int_{-\infty}^{\infty} e^{-x^2} dx = \sqrt{\pi}", r"\int_{-\infty}^{\infty} e^{-x^2} dx = \pi"),
    (
        r"Let $A, B \in \mathbb{R}^{n \times n}$.",
        r"(A B)^\top = B^\top A^\top", r"(A B)^\top = A^\top B^\top",
    ),
    (
        r"Let $x \in \mathbb{R}^n$, $A \in \mathbb{R}^{n \times n}$ and $f = x^\top A x$.",
        r"\frac{\partial f}{\partial x} = (A + A^\top) x", r"\frac{\partial f}{\partial x} = 2 A x",
    ),
    (
        r"Let $z, t \in \mathbb{R}^K$ with $\sum_k t_k = 1$, $p = \operatorname{softmax}(z)$ and $L = - \sum_k t_k \log p_k$.",
        r"\frac{\partial L}{\partial z} = p - t", r"\frac{\partial L}{\partial z} = t - p",
    ),
    (
        r"Let $X \in \mathbb{R}^{n \times d}$, $y \in \mathbb{R}^n$, $w \in \mathbb{R}^d$ and $E = \| X w - y \|^2$.",
        r"\nabla_w E = 2 X^\top (X w - y)", r"\nabla_w E = 2 X^\top (X w + y)",
    ),
    (
        r"Let $m \in \mathbb{R}$, $s > 0$ and $t \sim \mathcal{N}(m, s^2)$.",
        r"\log p(t) = - \frac{(t - m)^2}{2 s^2} - \log s - \frac{1}{2} \log 2 \pi",
        r"\log p(t) = - \frac{(t - m)^2}{2 s^2} - \frac{1}{2} \log s - \frac{1}{2} \log 2 \pi",
    ),
    (
        r"Let $x, b \in \mathbb{R}^D$, $W \in \mathbb{R}^{D \times D}$, $\phi : \mathbb{R} \to \mathbb{R}$, "
        r"$\ell : \mathbb{R}^D \to \mathbb{R}$, $z = W x + b$ and $y = \phi(z) + x$, with the loss $\ell(y)$.",
        r"\frac{\partial \ell}{\partial x} = W^\top \left( \frac{\partial \ell}{\partial y} \odot \phi'(z) \right) + \frac{\partial \ell}{\partial y}",
        r"\frac{\partial \ell}{\partial x} = W \left( \frac{\partial \ell}{\partial y} \odot \phi'(z) \right) + \frac{\partial \ell}{\partial y}",
    ),
)  # fmt: skip


def _sympy(backend: str) -> Callable[[str, str], bool | None]:
    def says(before: str, line: str) -> bool | None:
        from sympy import Equality, simplify
        from sympy.parsing.latex import parse_latex

        found = parse_latex(line, backend=backend)
        if not isinstance(found, Equality):
            raise ValueError("no equation")
        left = simplify(found.lhs.doit() - found.rhs.doit())
        return True if left == 0 else False if left.equals(0) is False else None

    return says


def _derivcheck(before: str, line: str) -> bool | None:
    from derivcheck import check
    from derivcheck.verdict import Outcome

    (result,) = check(f"{before}\n\n$$ {line} $$\n").results
    return {Outcome.HOLDS: True, Outcome.WRONG: False}.get(result.verdict.outcome)


READERS: tuple[tuple[str, tuple[str, ...], Callable[[str, str], bool | None]], ...] = (
    ("SymPy parse_latex, ANTLR", ("sympy", "antlr4-python3-runtime"), _sympy("antlr")),
    ("SymPy parse_latex, Lark", ("sympy", "lark"), _sympy("lark")),
    ("derivcheck", ("derivcheck",), _derivcheck),
)


def asked() -> Iterator[dict[str, Any]]:
    """For each reader what it says of the right and the wrong line of each: True, False, None, or that it cannot."""
    for name, packages, says in READERS:
        try:
            if packages == ("derivcheck",):
                import torch  # noqa: F401

                told = __import__("derivcheck").__version__
            else:
                told = " + ".join(version(one) for one in packages)
        except (PackageNotFoundError, ImportError):
            continue
        lines = []
        for before, right, wrong in DOCUMENTS:
            for line, true in ((right, True), (wrong, False)):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    try:
                        said: object = says(before, line)
                    except Exception as error:
                        said = f"not read: {type(error).__name__}"
                lines.append({"line": line, "true": true, "said": said})
        yield {"reader": name, "version": told, "lines": lines}
