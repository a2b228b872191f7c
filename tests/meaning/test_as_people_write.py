"""Derivations as they stand in notes: little is declared, gradients have names; each is right, and one mistake is found."""

from __future__ import annotations

import pytest

from derivcheck.config import Settings
from derivcheck.source import Source
from tests.problem.asking import outcomes, report
from tests.remembering import check

BARS = r"""# Adjoints

Let $u \in \mathbb{R}^n$, $A \in \mathbb{R}^{h \times n}$, $B \in \mathbb{R}^{m \times h}$ and $t \in \mathbb{R}^m$. The forward pass is

$$ a = A u, \quad h = \tanh(a), \quad y = B h, \quad L = \frac12 \|y - t\|^2 $$

Writing $\bar{v} = \partial L / \partial v$ for every $v$:

$$ \bar{y} = y - t, \quad \bar{B} = \bar{y} h^\top, \quad \bar{h} = B^\top \bar{y}, \quad \bar{a} = \bar{h} \odot (1 - h \odot h), \quad \bar{A} = \bar{a} u^\top $$
"""
ATTENTION = r"""# Backward pass

$Q, K, V \in \mathbb{R}^{n \times d}$, and with softmax over each row

$$ S = \frac{Q K^\top}{\sqrt{d}}, \quad P = \text{softmax}(S), \quad O = P V $$

Let $dO$ be the gradient of the loss with respect to $O$. Then

$$ dV = P^\top dO, \quad dP = dO V^\top, \quad dS = P \odot (dP - \text{rowsum}(dP \odot P)), \quad dQ = \frac{1}{\sqrt{d}} dS K $$
"""
MEMBERS = r"""# Backward pass, member by member

Let $u_i, v_i \in \mathbb{R}^p$ for $i = 1, \dots, N$, with $A_{ij} = u_i^\top v_j$ and $r_i = \sum_j \tanh(A_{ij}) v_j$.
The upstream gradients are $dr_i$. Then

$$ dA_{ij} = (1 - \tanh^2(A_{ij})) \, dr_i^\top v_j $$
$$ du_k = \sum_j dA_{kj} v_j $$
"""
LISTED = r"""# Scores, entry by entry

Write $\boldsymbol{v} = (v_1; v_2; \ldots; v_p)$ for the weights and
$\boldsymbol{r}_i = (r_{i1}; \dots; r_{il}; \dots; r_{ip}) \in \mathbb{R}^{p}$ for the rows, $i = 1, \dots, N$.
The data are $D = \{\boldsymbol{r}_1, \dots, \boldsymbol{r}_N\}$.

$$ \boldsymbol{v}^\top \boldsymbol{r}_i = \sum_{l=1}^p v_l r_{il} $$
$$ \sum_{i=1}^N \|\boldsymbol{r}_i\|^2 = \sum_{i=1}^N \sum_{l=1}^{p} r_{il}^2 $$
"""
LOSS = r"""# A layer with decay

Let $M \in \mathbb{R}^{q \times d}$, $x \in \mathbb{R}^d$ and $c \in \mathbb{R}^q$, $\lambda \in \mathbb{R}$. The loss is called $l$, and

$$ u = M x, \quad C = l(u, c), \quad w = \frac{\lambda}{2} \|M\|_F^2, \quad J = C + w $$

$$ \frac{\partial J}{\partial M} = \frac{\partial C}{\partial u} x^\top + \lambda M $$
"""
DIFFERENTIALS = r"""# Differentials

Let $B \in \mathbb{R}^{k \times k}$ be symmetric positive definite, $Z \in \mathbb{R}^{m \times k}$ and $E = Z B$. Then

$$ \mathrm{d} \log\det B = \operatorname{tr}(B^{-1} \, \mathrm{d}B), \quad \mathrm{d}(B^{-1}) = -B^{-1} \, \mathrm{d}B \, B^{-1} $$
$$ \mathrm{d}E = \mathrm{d}Z \, B + Z \, \mathrm{d}B $$
"""
NORM = r"""# Layer normalisation

For $v \in \mathbb{R}^d$ let $m = \frac1d \sum_{i=1}^d v_i$, $s^2 = \frac1d \sum_{i=1}^d (v_i - m)^2$ and

$$ \hat{v} = \frac{v - m}{\sqrt{s^2 + \epsilon}}, \quad y = \gamma \odot \hat{v} + \beta $$

with $\gamma, \beta \in \mathbb{R}^d$ and $\epsilon > 0$. Then

$$ \frac{\partial L}{\partial \gamma} = \frac{\partial L}{\partial y} \odot \hat{v} $$
"""
CELL = r"""# A cell

With $\sigma$ the logistic function and $x_t \in \mathbb{R}^n$, $h_{t-1} \in \mathbb{R}^m$:

$$ f_t = \sigma(W_f [h_{t-1}; x_t] + b_f) $$
$$ g_t = \tanh(W_g x_t + U_g h_{t-1} + b_g) $$
$$ h_t = (1 - f_t) \odot h_{t-1} + f_t \odot g_t $$

Let $L$ be a loss that depends on $h_t$. Then

$$ \frac{\partial L}{\partial g_t} = \frac{\partial L}{\partial h_t} \odot f_t $$
"""
LIKELIHOOD = r"""# Maximum likelihood

Let $y_1, \dots, y_n$ be i.i.d. samples from $\mathcal{N}(\theta, \sigma^2)$. The log-likelihood is

$$ \ell(\theta, \sigma^2) = -\frac{n}{2} \log(2 \pi \sigma^2) - \frac{1}{2 \sigma^2} \sum_{i=1}^n (y_i - \theta)^2 . $$

$$ \frac{\partial \ell}{\partial \theta} = \frac{1}{\sigma^2} \sum_{i=1}^n (y_i - \theta) $$
"""
RMS = r"""# Scaling

Let $u, w \in \mathbb{R}^{D}$, $\epsilon > 0$ and $f : \mathbb{R}^{D} \to \mathbb{R}$.

$$ r = \left( \frac{1}{D} \sum_{j=1}^{D} u_j^2 + \epsilon \right)^{-1/2}, \qquad y_i = u_i r w_i $$

With $g = \frac{\partial f}{\partial y}$ we get

$$ \frac{\partial f}{\partial w_k} = g_k u_k r $$
"""
GIVEN = r"""# Backward through a product

Let $A \in \mathbb{R}^{m \times n}$, $B \in \mathbb{R}^{n \times k}$ and $C = A B$. Given $\bar C = \partial \ell / \partial C$,

$$ \bar A = \bar C B^\top, \qquad \bar B = A^\top \bar C. $$
"""
STATE = r"""# Next state

Let $A \in \mathbb{R}^{n \times n}$, and let $X, Q \in \mathbb{R}^{n \times n}$ be symmetric positive definite.
The state is $x \sim \mathcal{N}(0, X)$, the noise $w \sim \mathcal{N}(0, Q)$ is independent of it.

$$ x' = A x + w $$
$$ \operatorname{Cov}[x'] = A X A^\top + Q $$
"""

SPRING = r"""# A mass on a spring

The Lagrangian of a mass $m$ on a spring of stiffness $k$ is

$$ L(q, v) = \frac{1}{2} m v^2 - \frac{1}{2} k q^2 $$

Its slopes are $\frac{\partial L}{\partial v} = m v$ and $\frac{\partial L}{\partial q} = -k q$, and the energy
$E = v \frac{\partial L}{\partial v} - L$ is

$$ E = \frac{1}{2} m v^2 + \frac{1}{2} k q^2 $$
"""
SCORE = r"""# A linear score

$$ R(u, c) = \sum_{i=1}^n \left( u^\top z_i + c - t_i \right)^2 + \|u\|^2 $$

with $z_i \in \mathbb{R}^p$. Hence

$$ \frac{\partial R}{\partial u} = 2 \sum_{i=1}^n (u^\top z_i + c - t_i) z_i + 2 u $$

\begin{align*}
\frac{\partial R}{\partial c} &= 2 \sum_{i=1}^n (u^\top z_i + c - t_i) = 0 \\
\Rightarrow c &= \frac{1}{n} \sum_{i=1}^n (t_i - u^\top z_i)
\end{align*}
"""
LEFT_OUT = r"""# What print leaves out

Let $N, c > 0$, $X \sim N(0, c)$ and $Y = X + Z$ where $Z \sim N(0, N)$ is independent of $X$. Then $Y \sim N(0, c + N)$.

## Slopes

$$ \psi(t) = \frac{t}{1 + e^{-t}}, \quad \rho(t) = \frac{1}{1 + e^{-t}} $$
$$ \rho' = \rho (1 - \rho) $$
$$ \psi' = \psi + \rho (1 - \psi) $$

Let $a = s e^{b}$ and $h = s e^{-b}$ with $s > 0$ and $b \in [0, \pi/2)$. The change of variables has

$$ \frac{\partial(a, h)}{\partial(s, b)} = \begin{vmatrix} e^b & s e^b \\ e^{-b} & -s e^{-b} \end{vmatrix} = -2 s $$
"""
NAMED = r"""# A loss at its arguments

Let $u_1, \dots, u_m \in \mathbb{R}$ and $a, b \in \mathbb{R}$ with $v_i = a u_i^2 + b$, and let $E = E(v_1, \dots, v_m)$ be the loss:

$$ \frac{\partial E}{\partial b} = \sum_{i=1}^m \frac{\partial E}{\partial v_i}, \qquad \frac{\partial E}{\partial u_i} = 2 a u_i \frac{\partial E}{\partial v_i} $$

## A kernel

Let $w, k \in \mathbb{R}^D$ and $f : \mathbb{R}^D \to \mathbb{R}$. With $z = w \odot w \odot k$ and $dz = \frac{\partial f(z)}{\partial z}$ the backward pass is

$$ dw = 2 w \odot k \odot dz, \qquad dk = w \odot w \odot dz $$
"""
ASIDE = r"""# An aside

Let $C \in \mathbb{R}^{k \times k}$ be invertible, $U \in \mathbb{R}^{n \times k}$ and $s \in \mathbb{R}^n \setminus \{0\}$. Then

$$ U C^{-1} (C + U^\top U) = (I + U C^{-1} U^\top) U $$
$$ \nabla_s \|s\| = \frac{s}{\|s\|} $$

For a step $s^+ = s - \eta U U^\top s$ with $\eta > 0$ we have $s^+ - s = -\eta U U^\top s$. By the first line with $C = I$,

$$ U (I + U^\top U) = (I + U U^\top) U $$

For $q \in \mathbb{R}^k$ and $p \in \mathbb{R}^n$ subject to $U q = p$ let $g(q) = p^\top U q$; then $g(3 q) = 3 p^\top U q$.
"""

NEXT_MODEL = r"""# Two likelihoods

**Poisson.** Let $x_1, \dots, x_n$ be iid $\mathrm{Poisson}(\lambda)$. Then $E[x_1] = \lambda$. The log likelihood is, up to
a constant,

$$ \ell(\lambda) = \sum_{i=1}^n \left( x_i \log \lambda - \lambda \right), \quad \ell'(\lambda) = \frac{1}{\lambda} \sum_{i=1}^n x_i - n $$

**Exponential.** Let $t_1, \dots, t_n$ be iid with density $f(t) = \theta e^{-\theta t}$, $t > 0$. Then

$$ \ell(\theta) = n \log\theta - \theta \sum_{i=1}^n t_i $$

and $\ell''(\theta) = -n/\theta^2$.
"""
ONE_OF_A_KIND = r"""# A planar layer

It maps $z \in \mathbb{R}^d$ to $f(z) = z + u\, h(w^\top z + b)$ where $u, w \in \mathbb{R}^d$, $b \in \mathbb{R}$ and $h$ is a smooth
nonlinearity. With $\psi(z) = h'(w^\top z + b) w$,

$$ \frac{\partial f}{\partial z} = I + u \psi(z)^\top $$

For $h = \tanh$, we have $h'(a) = 1 - h(a)^2$. For any $v \ne 0$ and $\theta$,

$$ \|\cos\theta v - v \sin\theta\|^2 = (1 - \sin 2\theta) v^\top v, \qquad v^\top v > 0 $$
"""
LABELS = r"""# Names with labels

Let $G \in \mathbb{R}^{n \times n}$ be symmetric positive definite, $y \in \mathbb{R}^n$ and $\tau > 0$. Write $G_y = G + \tau I$ and
$E(w) = \frac12 w^\top G_y w - y^\top w$ for $w \in \mathbb{R}^n$. Then

$$ \nabla E(w) = G w + \tau w - y, \qquad \nabla\nabla E(w) = G_y $$

For $a, b \in (0, 1)$,

$$ KL = a \log\frac{a}{b} + (1-a) \log \frac{1-a}{1-b} \ge 0 $$
"""


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        (
            BARS,
            {r"\bar{h} = B^\top \bar{y}": r"\bar{h} = -B^\top \bar{y}", r"\bar{a} u^\top": r"\bar{a} u^\top / 2"},
        ),
        (ATTENTION, {r"dV = P^\top dO": r"dV = P dO", r"dP - \text{rowsum}": r"dP + \text{rowsum}"}),
        (MEMBERS, {r"dA_{kj} v_j": r"dA_{kj} u_j"}),
        (DIFFERENTIALS, {r"= -B^{-1}": r"= B^{-1}", r"\mathrm{d}Z \, B +": r"\mathrm{d}Z \, B -"}),
        (NORM, {r"\odot \hat{v} $$": r"\odot y $$"}),
        (CELL, {r"h_t} \odot f_t $$": r"h_t} \odot g_t $$"}),
        (LIKELIHOOD, {r"= \frac{1}{\sigma^2} \sum": r"= \frac{1}{2 \sigma^2} \sum"}),
        (RMS, {r"= g_k u_k r": r"= g_k w_k r"}),
        (
            SPRING,
            {r"{\partial q} = -k q": r"{\partial q} = k q", r"E = \frac{1}{2} m v^2 + ": r"E = \frac{1}{2} m v^2 - "},
        ),
        (SCORE, {r"z_i + 2 u $$": r"z_i + u $$", r"\Rightarrow c &= \frac{1}{n} ": r"\Rightarrow c &= "}),
        (GIVEN, {r"A^\top \bar C.": r"A^\top \bar C / 2."}),
        (STATE, {r"= A X A^\top + Q": r"= A^\top X A + Q"}),
        (
            LEFT_OUT,
            {
                r"N(0, c + N)": r"N(0, c N)",
                r"\rho (1 - \rho)": r"\rho (1 + \rho)",
                r"= -2 s $$": r"= 2 s $$",
            },
        ),
        (LISTED, {r"v_l r_{il} $$": r"v_l r_{il}^2 $$"}),
        (LOSS, {r"x^\top + \lambda M": r"x^\top + 2 \lambda M"}),
        (NAMED, {r"2 a u_i \frac": r"a u_i \frac", r"dw = 2 w": r"dw = w"}),
        (NEXT_MODEL, {r"x_i - n $$": r"x_i - 1 $$", r"-n/\theta^2": r"-1/\theta^2", r"E[x_1] = ": r"E[x_1] = 2 "}),
        (ONE_OF_A_KIND, {r"I + u": r"I + 2 u", r"1 - h(a)^2": r"1 - h(a)"}),
        (LABELS, {r"+ \tau w": r"+ w", r"\nabla E(w) = G_y": r"\nabla E(w) = G", r"\ge 0": r"\ge a"}),
        (ASIDE, {r"C^{-1} (C + U": r"C^{-1} (I + U", r"s^+ - s = -": "s^+ - s = ", "= 3 p": "= 9 p"}),
    ],
)
def test_notes_as_people_write_them_hold_and_a_mistake_in_them_is_wrong(text: str, mistakes: dict[str, str]) -> None:
    def found(changed: str) -> list[str]:
        results = check(Source("a.md", changed), Settings(), mends=False).results
        return [result.verdict.outcome.value for result in results]

    assert set(found(text)) == {"holds"}
    for right, wrong in mistakes.items():
        assert text.count(right) == 1
        made = found(text.replace(right, wrong))
        assert made.count("wrong") >= 1
        assert set(made) <= {"wrong", "holds"}


def test_members_of_a_chain_are_equal_where_its_head_is_not_read_and_one_that_is_not_may_be_meant_otherwise() -> None:
    text = r"Let $A \in \mathbb{R}^{n \times n}$ and $x, y \in \mathbb{R}^n$." "\n\n"
    chain = r"$$ \clubsuit(A) = x^\top A y = y^\top A^\top x = 2 x^\top A y $$" "\n"
    assert outcomes(text + chain) == ["not checked", "holds", "not checked"]


def test_what_words_conclude_from_a_line_that_is_not_read_is_not_wrong() -> None:
    text = r"Let $A \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$ and $b \in \mathbb{R}^m$." "\n\n"
    slope = r"$$ \clubsuit(x) = A^\top (A x - b) = A^\top A x - A^\top b = 0 $$" "\n\n"
    end = r"and so $A^\top A x = A^\top b$." "\n"
    assert outcomes(text + slope + end) == ["not checked", "holds", "not checked", "not checked"]


def test_a_mark_above_a_name_makes_another_value_of_its_kind_of_which_nothing_is_said() -> None:
    text = r"Let $A \in \mathbb{R}^{m \times n}$, $w \in \mathbb{R}^n$ and $b \in \mathbb{R}^m$." "\n\n"
    right = r"$$ \|A w^{\text{old}} - A w\|^2 = \|A (w - w^{\text{old}})\|^2 $$" "\n"
    wrong = r"$$ A^\top A w^{\text{old}} = A^\top b $$" "\n"
    assert outcomes(text + right + "\n" + wrong) == ["holds", "not checked"]
    apart = r"With $\hat y = u v + c$ in one, $s = u_1 v_1 + u_2 v_2 + c$ in two dimensions, and $\theta = 2$:" "\n\n"
    rows = (
        r"$$ s - c = u_1 v_1 + u_2 v_2, \quad \theta^{(t)} - \theta = -(\theta - \theta^{(t)}), \quad s - c = u_1 v_1 $$"
        "\n"
    )
    assert outcomes(apart + rows) == ["holds", "holds", "wrong"]


def test_an_index_that_stands_twice_is_summed_over_where_words_say_so() -> None:
    text = r"Let $M, K, Z \in \mathbb{R}^{d \times d}$, in index notation." "\n\n"
    slope = r"$$ \frac{\partial}{\partial M} \operatorname{tr}(K M) = \frac{\partial (K_{ab} M_{ba})}{\partial M_{pq}}"
    slope += r" = K_{ab} \delta_{bp} \delta_{aq} = K_{pq} = K^\top $$" "\n"
    rows = (
        r"$$ (K^\top Z K)_{ij} = K_{ai} Z_{ab} K_{bj}, \quad \operatorname{tr}(K Z) = K_{ij} Z_{ij}, \quad \|K\|_F^2 = K_{ij}^2 $$"
        "\n"
    )
    explicit = r"$$ \sum_i Z_{ii} = \operatorname{tr}(Z) $$" "\n"
    found = outcomes(text + slope + rows + explicit)
    assert found == ["holds", "holds", "wrong", "holds", "holds", "wrong", "holds", "holds"]


def test_a_line_without_the_differential_of_an_input_may_hold_it_fixed() -> None:
    text = r"Let $u, v \in \mathbb{R}^n$." "\n\n" r"$$ d(u^\top v) = v^\top du $$" "\n\n"
    assert outcomes(text) == ["holds"]
    assert outcomes(text + r"$$ d(v^\top v) = 2 v^\top dv $$" "\n") == ["not checked", "holds"]


def test_the_differential_of_what_meets_a_condition_meets_it_on_the_way() -> None:
    positive = r"Let $s \in \mathbb{R}$ with $s > 0$." "\n\n" r"$$ d(\log s) = \frac{ds}{s} $$" "\n"
    assert outcomes(positive) == ["holds"]
    unit = r"Let $u \in \mathbb{R}^n$ with $\|u\| = 1$." "\n\n" r"$$ u^\top du = 0 $$" "\n"
    assert outcomes(unit) == ["not checked"]


@pytest.mark.parametrize("words", ["with its LDL decomposition $A = L D L^\\top$", "with the SVD $A = L D L^\\top$"])
def test_the_factors_of_a_decomposition_in_words_are_not_any_that_give_the_product(words: str) -> None:
    text = f"Let $A \\in \\mathbb{{R}}^{{n \\times n}}$ be positive definite, {words}.\n\n"
    assert outcomes(text + r"$$ \operatorname{tr}(A) = \operatorname{tr}(L) + 1 $$" "\n")[-1] == "not checked"


def test_what_was_read_so_is_said() -> None:
    codes = {found.code for found in report(CELL).findings}
    assert "inferred" in codes
    assert "reading" in {found.code for found in report(ATTENTION).findings}


@pytest.mark.parametrize(
    "text",
    [
        "Let $x \\in \\mathbb{R}^n$. Let $q$ be the residual of the last step.\n\n$$ \\|x + q\\|^2 = \\|x\\|^2 $$\n",
        "Let $a > 0$.\n\n$$ \\frac{d}{da} \\log \\Gamma(a) = \\psi(a) $$\n",
        "Let $x \\in \\mathbb{R}^n$ and $M$ be the matrix of all pairs.\n\n$$ M x = x $$\n",
        "Let $X \\in \\mathbb{R}^{d \\times d}$ be invertible.\n\n$$ d \\det X = \\det X \\operatorname{tr}(X^{-1} dX) $$\n",
        "Let $A \\in \\mathbb{R}^{n \\times n}, x \\in \\mathbb{R}^n$.\n\n$$ (A + \\Delta A)(x + \\Delta x) = A x + 2 $$\n",
    ],
)
def test_of_a_name_of_which_words_say_more_than_its_shape_nothing_is_right_or_wrong(text: str) -> None:
    assert set(outcomes(text)) == {"not checked"}


SECTIONS = r"""# A product of many rotations

Let $c_1, \dots, c_n \in (0, 1)$ and $v \in \mathbb{R}^{d}$, and $P_s = c_s I + v v^\top$ for $s = 1, \dots, n$. Then

$$ P_1 P_2 \cdots P_n v = (P_n \cdots P_2 P_1)^\top v $$

# Two labels

Let $\psi \in (0, 1)$ and $y \in \mathbb{R}$; means $m_j \in \mathbb{R}$, $j \in \{0, 1\}$:

$$ f_j = e^{-(y - m_j)^2}, \qquad g = \frac{\psi f_1}{(1 - \psi) f_0 + \psi f_1} $$
$$ 1 - g = \frac{(1 - \psi) f_0}{(1 - \psi) f_0 + \psi f_1} $$

# Steps

Let $V_1, \dots, V_n \in \mathbb{R}$ with $n \ge 3$. For $t = 1, \dots, n - 1$ let $\delta_t = V_{t+1} - V_t$. Then

$$ \sum_{t=1}^{n-1} \delta_t = V_n - V_1 $$

# A rate

Let $t_1, \dots, t_n > 0$, $\lambda > 0$ and $\ell(\lambda) = n \log \lambda - \lambda \sum_{i=1}^n t_i$. Setting the derivative in $\lambda$ to zero gives

$$ \lambda = \frac{n}{\sum_{i=1}^n t_i} $$

# Range

The sensor stands at $(p_x, p_y)$, the landmark at $(u_x, u_y)$, and $q = (u_x - p_x)^2 + (u_y - p_y)^2$. Then

$$ \frac{\partial q}{\partial p_x} = -2 (u_x - p_x) $$

# Classes

Let $w_1, \dots, w_K, x \in \mathbb{R}^d$ and $h_k(x) = e^{w_k^\top x}$. Then

$$ \nabla \log h_k(x) = w_k $$

# Labels

A feature map $F : \mathcal{X} \times \{1, \dots, K\} \to \mathbb{R}$ and $x \in \mathcal{X}$ give

$$ \log \sum_k e^{F(x, k) + 1} = 1 + \log \sum_{k=1}^K e^{F(x, k)} $$
"""


def test_runs_labels_words_and_indexed_functions_are_read_and_a_mistake_in_each_is_found():
    def found(text: str) -> list[str]:
        return [one.verdict.outcome.value for one in check(Source("a.md", text), Settings(), mends=False).results]

    assert found(SECTIONS) == ["holds"] * 7
    wrong = SECTIONS
    for old, new in (
        (r"(P_n \cdots P_2 P_1)^\top v", r"P_n^\top \cdots P_1^\top P_1 v"),
        (r"= \frac{(1 - \psi) f_0}", r"= \frac{\psi f_0}"),
        ("= V_n - V_1", "= V_1 - V_n"),
        (r"\lambda = \frac{n}{", r"\lambda = \frac{1}{"),
        ("= -2 (u_x - p_x)", "= 2 (u_x - p_x)"),
        (r"\log h_k(x) = w_k", r"\log h_k(x) = h_k(x) w_k"),
        ("} = 1 + ", "} = 2 + "),
    ):
        assert old in wrong
        wrong = wrong.replace(old, new)
    assert found(wrong) == ["wrong"] * 7


NOTES = r"""# A softmax policy

Let $\pi_\theta(a|s) = \frac{e^{\theta_a}}{\sum_b e^{\theta_b}}$ with $\theta \in \mathbb{R}^K$. Then
$\frac{\partial \log \pi_\theta(a|s)}{\partial \theta_a} = 1 - \pi_\theta(a|s)$.

# Counts

$k_j \sim \text{Poisson}(r_j)$, $\log r_j = v_j^\top\alpha$, $j=1,\dots,N$, $\alpha\in\mathbb{R}^q$, and
$\ell(\alpha) = \sum_{j=1}^N ( k_j v_j^\top \alpha - e^{v_j^\top\alpha} - \log k_j!)$. Score: $\nabla\ell(\alpha) = \sum_j (k_j - r_j) v_j$

# Two classes

Let $s(a) = 1/(1+e^{-a})$ and $p(t=1|w) = s(u^\top w + c)$, so with $g = s(u^\top w + c)$ the loss is $H = -t \log g - (1-t)\log(1-g)$.
Then $\frac{\partial H}{\partial u} = (g - t) w$.

# Spread

Let $b_1, \dots, b_m$ be data. Then $\sum_{i=1}^m (b_i - \bar b)^2 = \sum_{i=1}^m b_i^2 - m \bar{b}^2$.

# A kernel

$\kappa(c, c') = \exp(-\|c-c'\|^2 / \tau)$ has $\nabla_c \kappa(c,c') = -\frac{2}{\tau} (c-c') \kappa(c,c')$.

# Control

$J(u) = u^\top R u + (Ax+Bu)^\top P (Ax+Bu)$, where $R, P$ are symmetric positive definite.
So $\nabla_u J = 2Ru + 2B^\top P(Ax+Bu)$, and $\nabla_u^2 J = 2R + 2B^\top P B \succ 0$.

# A unit

$h = \tanh(V r)$ and $L = \frac12\|h - y\|^2$: $\frac{\partial L}{\partial V} = ((h - y)\odot(1 - h^2)) r^\top$
"""


def test_notes_with_hardly_a_declaration_are_read_and_a_mistake_in_each_is_found():
    def found(text: str) -> list[str]:
        return [one.verdict.outcome.value for one in check(Source("a.md", text), Settings(), mends=False).results]

    assert found(NOTES) == ["holds"] * 9
    wrong = NOTES
    for old, new in (
        (r"= 1 - \pi_\theta(a|s)$", r"= 1 + \pi_\theta(a|s)$"),
        ("= \\sum_j (k_j - r_j)", "= \\sum_j (k_j + r_j)"),
        ("(g - t) w", "(t - g) w"),
        (r"- m \bar{b}^2", r"- \bar{b}^2"),
        (r"-\frac{2}{\tau}", r"\frac{2}{\tau}"),
        ("1 - h^2", "1 + h^2"),
    ):
        assert old in wrong
        wrong = wrong.replace(old, new)
    assert found(wrong).count("wrong") == 6


LATENT = r"""
# Latent

With $q(z) = \mathcal{N}(\mu, \mathrm{diag}(\sigma^2))$ and $p(z) = \mathcal{N}(0, I)$ in $d$ dimensions
$$ D_{KL}(q \| p) = \frac12 \sum_{j=1}^d (\mu_j^2 + \sigma_j^2 - \log \sigma_j^2 - 1) $$
Its gradient is $\frac{\partial D_{KL}}{\partial \sigma_j} = \sigma_j - \frac{1}{\sigma_j}$.
"""


def test_a_divergence_by_its_name_alone_is_the_one_of_the_document():
    assert outcomes(LATENT) == ["holds"] * 2
    wrong = LATENT.replace(r"\sigma_j^2 - 1)", r"\sigma_j^2 + 1)").replace(
        r"\sigma_j - \frac{1}{\sigma_j}", r"\sigma_j - 1"
    )
    assert outcomes(wrong) == ["wrong"] * 2


def test_a_line_that_may_tie_names_refutes_nothing_that_rests_on_them():
    text = r"""
$k_j \sim \text{Poisson}(r_j)$, $\sqrt{r_j} = v_j^\top\alpha$, $j=1,\dots,N$, $\alpha\in\mathbb{R}^q$, and
$\ell(\alpha) = \sum_{j=1}^N (2 k_j \log v_j^\top \alpha - (v_j^\top\alpha)^2)$.

Score: $\nabla\ell(\alpha) = 2 \sum_j (k_j / \sqrt{r_j} - \sqrt{r_j}) v_j$
"""
    assert "wrong" not in outcomes(text)


def test_a_sign_of_a_matrix_is_judged_and_a_singular_one_is_not_positive_definite():
    right = r"""
Let $X \in \mathbb{R}^{n \times d}$, $\lambda > 0$ and let $A \in \mathbb{R}^{d\times d}$ be symmetric positive definite.

Then $X^\top X \succeq 0$, $X^\top X + \lambda I \succ 0$ and $A + A^{-1} \succeq 2 I$.
"""
    wrong = r"""
Let $X \in \mathbb{R}^{n \times d}$, $u \in \mathbb{R}^d$ with $u \neq 0$, and let $A \in \mathbb{R}^{d\times d}$ be symmetric positive definite.

Then $X^\top X \succ 0$, $I - \frac{u u^\top}{u^\top u} \succ 0$ and $A - I \succeq 0$.
"""
    assert outcomes(right) == ["holds"] * 3
    assert outcomes(wrong) == ["wrong"] * 3


SHORT = r"""# Antiderivatives

Let $a > 0$. $\int x e^x dx = x e^x - \int e^x dx = x e^x - e^x + C$, and $\int e^{at} dt = \frac{1}{a} e^{at} + c$.

# Shares

$\theta \sim \mathrm{Dir}(\alpha_1,\dots,\alpha_K)$, $\alpha_0 = \sum_k \alpha_k$. $\mathrm{Var}[\theta_k] = \frac{\alpha_k(\alpha_0-\alpha_k)}{\alpha_0^2(\alpha_0+1)}$

# Sums

Let $X\sim N(m,s^2)$ and $Y\sim N(b,r^2)$ be independent, $Z = X+Y$. Then $E[X | Z=z] = m + \frac{s^2}{s^2+r^2}(z - m-b)$.

# A gate

$G(u) = u\,\Phi(u)$ with $\Phi$ the standard normal CDF and $\phi$ its density. Then $G'(u) = \Phi(u) + u\phi(u)$.
"""


def test_short_notes_are_read_and_a_mistake_in_each_is_found():
    def found(text: str) -> list[str]:
        return [one.verdict.outcome.value for one in check(Source("a.md", text), Settings(), mends=False).results]

    assert found(SHORT) == ["holds"] * 6
    wrong = SHORT
    for old, new in (
        ("- e^x + C", "+ e^x + C"),
        (r"\frac{1}{a} e^{at}", "a e^{at}"),
        (r"(\alpha_0+1)", r"(\alpha_0-1)"),
        (r"\frac{s^2}{s^2+r^2}(z", r"\frac{r^2}{s^2+r^2}(z"),
        (r"+ u\phi(u)", r"- u\phi(u)"),
    ):
        assert old in wrong
        wrong = wrong.replace(old, new)
    assert found(wrong) == ["holds", *["wrong"] * 5]


def test_the_distribution_of_a_density_that_nothing_says_is_not_the_normal_one():
    text = r"Let $f$ be a probability density and $F$ its cdf. Then $F'(x) = f(x)$ and $F(0) = \frac12$."
    assert set(outcomes(text)) <= {"not checked", "undecided"}
