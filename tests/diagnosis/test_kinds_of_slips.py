"""Slips of many kinds, each in a line of its own: what is offered makes the line hold."""

from __future__ import annotations

from derivcheck.config import Settings
from derivcheck.engine import check
from derivcheck.source import Source

SHAPES = r"""
Let $A \in \mathbb{R}^{p \times q}$, $s \in \mathbb{R}^q$, $b_1, \dots, b_q \in \mathbb{R}$ and $r = A s$.
Let $\Phi : \mathbb{R}^p \to \mathbb{R}$ and $g = \frac{\partial \Phi(r)}{\partial r}$.

$$ \frac{\partial \Phi(r)}{\partial A} = g s $$
$$ \frac{\partial \Phi(r)}{\partial s} = A g $$

Let $B = \sum_{j=1}^q b_j s_j$. Then

$$ \frac{\partial B}{\partial s_k} = b_i $$
$$ \frac{\partial \Phi(r)}{\partial s} = s^\top g $$
"""


def helps(text: str) -> dict[int, str]:
    report = check(Source("a.md", text), Settings())
    found = [finding for finding in report.findings if finding.severity.value == "error"]
    return {report.source.position(each.span.start).line: (each.help or "").split(";")[0] for each in found}


def test_what_gives_a_line_shapes_that_fit_and_makes_it_hold_is_offered() -> None:
    """A missing transpose where shapes tell it, an index that nothing binds, and a name of another shape."""
    assert list(helps(SHAPES).values()) == [
        "replace `s` by `sᵀ`",
        "replace `A` by `Aᵀ`",
        "replace `bᵢ` by `bₖ`",
        "replace `s` by `A`",
    ]


NORMAL = r"""
Let $x_1, \dots, x_m \in \mathbb{R}^{p}$, $\tau > 0$, $\mu \in \mathbb{R}^p$ and
$L = -\frac{p m}{2} \log(2 \pi) - m p \log \tau - \frac{1}{2 \tau^2} \sum_{i=1}^m (x_i - \mu)^\top (x_i - \mu)$.

$$ \frac{\partial L}{\partial \tau} = -\frac{m}{\tau} + \frac{1}{\tau^3} \sum_{i=1}^m (x_i - \mu)^\top (x_i - \mu) $$

# Quadratic

Let $A \in \mathbb{R}^{n \times n}$, $b, y, s \in \mathbb{R}^n$, $\kappa, \rho > 0$ and $f = y^\top A y + \kappa \rho \, b^\top s$.

$$ \nabla_y f = A y + y $$
$$ \nabla_b f = s $$
$$ \nabla_y f = \kappa \rho b $$
$$ f = y^\top A y + b^\top s $$
"""


def test_what_is_missing_is_put_together_from_what_the_document_offers() -> None:
    """A power of a size in a normaliser, a transpose times a name, a product of two names, the name below a nabla."""
    assert list(helps(NORMAL).values()) == [
        "multiply `m` by `p`",
        "replace `y` by `Aᵀ y`",
        "multiply `s` by `κ ρ`",
        "replace `∇_y` by `∇ₛ`",
        "multiply `bᵀ s` by `κ ρ`",
    ]


REFUSED = r"""
Let $v \in \mathbb{R}^d$, $S \in \mathbb{R}^{d \times d}$ and $s > 0$. Let $q = v S v$ and $r = s q$.

$$ \frac{\partial r}{\partial v} = s (S + S^\top) v $$

# Another

Let $b, x \in \mathbb{R}^p$, $M \in \mathbb{R}^{p \times p}$ and

$$ f = \frac{1}{2} x^\top M x - b x $$

$$ \nabla_x f = \frac{1}{2} (M + M^\top) x - b $$

# A power

Let $A \in \mathbb{R}^{n \times n}$ with $A \succ 0$.

$$ \frac{\partial \log \det A}{\partial A} = A^{+1} $$
"""


def test_a_definition_without_a_meaning_is_mended_by_the_lines_that_rest_on_it() -> None:
    assert list(helps(REFUSED).values()) == ["replace `v` by `vᵀ`", "replace `b` by `bᵀ`", "replace `A¹` by `A⁻¹`"]


DENSITIES = r"""
Let $\mu \in \mathbb{R}$, $\sigma > 0$ and $x \sim \mathcal{N}(\mu, \sigma^2)$.

$$ p(x) = \frac{1}{2 \pi \sigma} e^{-\frac{(x - \mu)^2}{2 \sigma^2}} $$

# Vector

Let $m \in \mathbb{R}^k$, $s > 0$ and $y \sim \mathcal{N}(m, s^2 I)$.

$$ \log p(y) = -\frac{k}{2} 2 \pi - k \log s - \frac{1}{2 s^2} (y - m)^\top (y - m) $$
$$ \log p(y) = -\frac{k}{2} \log(2 \pi) - k s - \frac{1}{2 s^2} (y - m)^\top (y - m) $$
$$ \log p(y) = -\frac{k}{2} \log(2 \pi) - \frac{1}{2} \log s - \frac{1}{2 s^2} (y - m)^\top (y - m) $$

# Matrix

Let $c \in \mathbb{R}^d$, $\Sigma \in \mathbb{R}^{d \times d}$ with $\Sigma \succ 0$ and $z \sim \mathcal{N}(c, \Sigma)$.

$$ p(z) = \frac{1}{(2 \pi)^{d/2} |\Sigma|} \exp\left( -\frac{1}{2} (z - c)^\top \Sigma^{-1} (z - c) \right) $$

# Component

Let $\nu_1, \dots, \nu_M \in \mathbb{R}$, $v > 0$ and $t_i \sim \mathcal{N}(\nu_i, v)$ for $i = 1, \dots, M$.

$$ p(t_i) = \mathcal{N}(t_i; \nu_j, v) $$
"""


def test_logs_roots_sizes_and_indices_of_densities_are_mended() -> None:
    assert list(helps(DENSITIES).values()) == [
        "replace `2π σ` by `√(2π) σ`",
        "replace `k/2 2π` by `k/2 log(2π)`",
        "replace `s` by `log s`",
        "replace `1/2` by `k`",
        "replace `|Σ|` by `|Σ|^{1/2}`",
        "replace `νⱼ` by `νᵢ`",
    ]
