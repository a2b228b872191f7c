"""Nothing false holds and nothing true is wrong where sides touch, at the ends of sets, and for whole numbers."""

from __future__ import annotations

import pytest

from tests.problem.asking import outcomes, report

W, H, U, N = "wrong", "holds", "undecided", "not checked"

TABLE: tuple[tuple[str, dict[str, str]], ...] = (
    (
        r"Let $t \in [0, 1]$.",
        {
            r"t (1 - t) \ge 0": H, r"t (1 - t) > 0": W, r"t^2 < t": W, r"t (1 - t) < \frac{1}{4}": W,
            r"\frac{t}{1 - t} \ge 0": U, r"\frac{t}{t} = 1": U, r"\log(1 - t) \le 0": U, r"-t \log t \ge 0": H,
        },
    ),
    (
        r"Let $x, y \in \mathbb{R}$.",
        {
            r"\exp(-10^8 ((x - 1)^2 + (y - 2)^2)) < \frac{1}{2}": W, r"e^{-10^8 ((x - 1)^2 + (y - 2)^2)} \le 1": H,
            r"\frac{1}{1 + 10^8 ((x - 0.3)^2 + (y - 0.7)^2)} \le \frac{1}{2}": W, r"|\sin x - \sin y| \le |x - y|": H,
        },
    ),
    (r"Let $x, y \in \mathbb{R}$ with $x \ne y$.", {r"x^3 \ne y^3": H, r"x^2 \ne y^2": W}),
    (r"Let $x \in \mathbb{R}$ with $x \ne 0$.", {r"x^2 > 0": H}),
    (r"Let $m, n \in \mathbb{N}$ with $m, n \ge 2$.", {r"m n \ge m + n": H}),
    (r"Let $j, k \in \mathbb{Z}$ with $j, k \ge 2$.", {r"j k \ge j + k": H}),
    (r"Let $x, y \in [0, 1]$.", {r"|x - y| < 1": W, r"x - y > -1": W, r"x y \le x": H}),
    (r"Let $x > 0$.", {r"\log \log x < \log x": U, r"x \ge 10^{-15}": W}),
    (
        r"Let $p \in [0, 1]$ and $X \sim \operatorname{Bernoulli}(p)$.",
        {r"\operatorname{Var}(X) \le \frac{1}{4}": H, r"\operatorname{Var}(X) < \frac{1}{4}": U,
         r"\operatorname{Var}(X) < p": W, r"\mathbb{E}[X] < 1": W, r"\mathbb{E}[X + 10^{-300}] = p": W},
    ),
    (r"Let $m, n \in \mathbb{N}$.", {r"\sqrt{m^2 + n^2} \ne 65": W, r"\frac{m}{n} > 10^{-6}": W}),
    (r"Let $Q, R \in \mathbb{R}^{n \times n}$ be orthogonal.", {r"\det(Q R) = 1": W, r"\det(Q R)^2 = 1": H}),
    (r"Let $P \in \mathbb{R}^{n \times n}$ with $P^2 = P$ and $P^\top = P$.", {r"\|P\|_F^2 = \operatorname{tr}(P)": H}),
    (r"Let $t \in (0, 1)$.", {r"t^2 < t": H, r"\log t < 0": H, r"\log \frac{t}{1 - t} < 40": W, r"t > 10^{-9}": W}),
    (r"Let $x \in [\frac{1}{7}, \frac{5}{6}]$.", {r"6 x \le 5": H, r"7 x \ge 1": H, r"x < \frac{1}{2}": W}),
    (r"Let $x \in [0, \frac{3\pi}{2}]$.", {r"x \le \frac{3 \pi}{2}": H, r"\sin x \ge 0": W}),
    (r"Let $x \in [-\pi, \pi]$.", {r"|x| \le \pi": H, r"|x| < \pi": U, r"\cos(x) > -1": W}),
    (
        r"Let $p \in \mathbb{R}^n$ with $p_i \ge 0$ and $\sum_{i=1}^n p_i = 1$.",
        {r"\|p\|^2 \le 1": H, r"\|p\|^2 < 1": W, r"\|p\|^2 > \frac{1}{n}": W, r"p_1 + p_2 > 0": W},
    ),
    (
        r"Let $u, v \in \mathbb{R}^n$ with $\|u\| = 1$ and $\|v\| = 1$.",
        {r"|u^\top v| \le 1": H, r"|u^\top v| < 1": W, r"\|u - v\| > 0": W, r"\|u + v\| < 2": W, r"v_1 < 1": W},
    ),
    (
        r"Let $A \in \mathbb{R}^{n \times n}$ be symmetric positive definite.",
        {
            r"\log \det(A) \le \operatorname{tr}(A) - n": H, r"\log \det(A) < \operatorname{tr}(A) - n": W,
            r"\operatorname{tr}(A) > 10^{-9}": W, r"\operatorname{tr}(A) > 0": H,
        },
    ),
    (r"Let $Q \in \mathbb{R}^{n \times n}$ be orthogonal.", {r"\operatorname{tr}(Q) < n": W, r"\det(Q + I) \ne 0": W}),
    (r"Let $A \in \mathbb{R}^{n \times n}$ be invertible.", {r"\det(A) \ne 0": H, r"\det(A)^2 > 0": H, r"\det(A) > 0": W}),
    (r"Let $A \in \mathbb{R}^{n \times n}$.", {r"\det(A) \ne 0": W, r"\det(A)^2 > 0": W, r"A_{12} \ge 0": W}),
    (r"Let $X \in \mathbb{R}^{m \times n}$ have full column rank.", {r"\det(X^\top X) > 0": H}),
    (
        r"Let $x \in \mathbb{R}$.",
        {
            r"(e^x - 7)^2 > 0": U, r"\sin(x) + \cos(x) < \sqrt{2}": U, r"1 - \tanh(x)^2 > 0": H, r"e^{-x^2} > 0": H,
            r"\log(x^2) = 2 \log x": U, r"\sqrt{x^2} = |x|": H, r"\frac{d}{d x} \log x = \frac{1}{x}": H,
            r"\sin x + \sin(\sqrt{2} x) < 1.99": W, r"\int_0^{2\pi} (\sin(x) + e^{-500}) dx = 0": U,
            r"\int_0^1 (\sin(\pi x) + 2^{-600}) dx = \frac{2}{\pi}": U,
        },
    ),
    (
        r"Let $k \in \mathbb{N}$.",
        {
            r"2^k > k": H, r"\frac{k}{2} \ge 1": W, r"k^2 + k + 41 \ne 1681": W, r"\sum_{i=1}^k \frac{1}{i} < 5": W,
            r"\sum_{i=3}^k 1 = k - 2": H, r"k^2 - 79 k + 1601 \ne 41^2": W, r"|\sin(k)| > 10^{-3}": W, r"\log k < 20": W,
        },
    ),
    (
        r"Let $x \in \mathbb{R}^n$.",
        {
            r"\log \sum_{i=1}^n e^{x_i} > \max_i x_i": U, r"\|x\| - x_1 \ge 0": H, r"\|x\|_1 \le 3 \|x\|": W,
            r"\log \sum_{i=1}^n e^{x_i} \le \max_i x_i + 2": W,
        },
    ),
    (r"Let $n$ be even and $x \in \mathbb{R}^n$.", {r"(-1)^n x = x": H, r"(-1)^n x = -x": W}),
    (r"Let $n$ be odd and $K \in \mathbb{R}^{n \times n}$ with $K^\top = -K$.", {r"\det(K) = 0": H}),
    (r"Let $z \in \mathbb{R}^n$ with $z \sim \mathcal{N}(0, I)$.", {r"\mathbb{E}[(\|z\|^2 + 10^{20}) - 10^{20}] = 0": U}),
    (
        r"Let $z \sim \mathcal{N}(0, 1)$.",
        {r"\mathbb{E}[\sin(z)] = 0": H, r"\mathbb{E}[\cos(100 z)] = 0": U, r"\mathbb{E}[\max(z - 40, 0) + e^z] = e^{1/2}": U,
         r"\mathbb{E}[z^2 + e^{-300}] = 1": U, r"\mathbb{E}[\tanh(100 + z^2)] = 1": U,
         r"\mathbb{E}[e^{-10^{80} (z - 1)^2} + e^z] = e^{1/2}": U},
    ),
)  # fmt: skip


@pytest.mark.parametrize(("given", "claims"), TABLE, ids=[given for given, _ in TABLE])
def test_what_touches_at_a_corner_is_seen_and_what_is_true_is_never_wrong(given: str, claims: dict[str, str]) -> None:
    lines = "\n\n".join(f"$$ {claim} $$" for claim in claims)
    assert dict(zip(claims, outcomes(f"{given}\n\n{lines}\n"), strict=True)) == claims


SAID = (
    ("Let $x \\in \\mathbb{R}$. Hence $x \\ge 0$. So $|x| = x$.", [W, W]),
    ("Let $x \\in \\mathbb{R}$. Then $x = 1$.", [W]),
    ("Let $x \\in \\mathbb{R}$.\n\n$$ x \\ge 0 $$\n", [W]),
    ("For all $x \\in \\mathbb{R}$, $x^3 \\ge x$.", [W]),
    ("For all $x \\in \\mathbb{R}$, $x^2 \\ge 0$.", [H]),
    # Something may ask for it: words that say what a name is, an equation that it solves, a case.
    ("Let $r \\in \\mathbb{R}$ be the length of a rod. Hence $r \\ge 0$.", [N]),
    ("Let $x \\in \\mathbb{R}$. At the optimum, the gradient vanishes. Hence $x = 1$.", [N]),
    ("Let $x \\in \\mathbb{R}$.\n\n$$ x - 1 = 0 $$\n\nHence $x = 1$.", [N, N]),
    ("Let $x \\in \\mathbb{R}$. Consider the case $x > 0$. Then $|x| = x$.", [N]),
    # A mean that is there for large parameters alone.
    ("Let $a, b > 0$ and $x \\sim \\operatorname{Gamma}(a, b)$. Then $\\mathbb{E}[1/x] = \\frac{b}{a - 1}$.", [U]),
    # Two lines of a model do not make two names independent; of a sum that is not asked.
    ("Let $V \\sim \\mathcal{N}(0, 1)$ and $W \\sim \\mathcal{N}(0, 1)$. Then $\\mathbb{E}[V W] = 0$.", [N]),
    ("Let $V \\sim \\mathcal{N}(0, 1)$ and $W \\sim \\mathcal{N}(0, 1)$. Then $\\mathbb{E}[V - 2 W] = 0$.", [H]),
    ("Let $K \\in \\mathbb{R}^{n \\times n}$ with $K^\\top = -K$. For odd $n$, $\\det(K) = 0$.", [N]),
)


@pytest.mark.parametrize(("text", "expected"), SAID)
def test_what_is_said_of_inputs_alone_is_a_claim_where_every_word_was_read(text: str, expected: list[str]) -> None:
    assert outcomes(text) == expected


def test_numbers_that_differ_are_shown_with_the_figures_that_tell_them_apart() -> None:
    (found,) = report("Let $x \\in \\mathbb{R}$.\n\n$$ (x + 1)^2 = x^2 + 2 x + 1.00000001 $$\n").findings
    claimed, left = (part.split()[-1] for part in found.facts[0].split("   ")[:2])
    assert claimed != left
