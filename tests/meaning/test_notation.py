"""Notation of which print has much: each document says right lines and, behind ``# no``, wrong ones."""

from __future__ import annotations

import pytest

from tests.problem.asking import outcomes

CROSS = r"""
Let $u, v, w \in \mathbb{R}^3$.

$$ u^\top (v \times w) = w^\top (u \times v) $$
$$ u \times (v \times w) = (u^\top w) v - (u^\top v) w $$
$$ \frac{\partial (u \times v)}{\partial v} = \begin{pmatrix} 0 & -u_3 & u_2 \\ u_3 & 0 & -u_1 \\ -u_2 & u_1 & 0 \end{pmatrix} $$
$$ u \times v = v \times u $$ # no
$$ \|u \times v\|^2 = \|u\|^2 \|v\|^2 + (u^\top v)^2 $$ # no
"""
POWERS = r"""
Let $d \in \mathbb{R}^n$ with $d > 0$, let $A \in \mathbb{R}^{n \times n}$ be symmetric, $D = \operatorname{diag}(d)$ and
$L = I - D^{-1/2} A D^{-1/2}$. Let $S \in \mathbb{R}^{m \times m}$ be symmetric positive definite and $W = S^{-1/2}$.

$$ L_{ij} = \delta_{ij} - \frac{A_{ij}}{\sqrt{d_i d_j}} $$
$$ D^{1/2} L D^{1/2} = D - A $$
$$ W S W = I $$
$$ L_{ij} = \delta_{ij} - \frac{A_{ij}}{d_i} $$ # no
$$ \operatorname{tr}(S^{1/2} S^{1/2}) = \operatorname{tr}(S)^2 $$ # no
"""
SQUARES = r"""
All functions and squares act element-wise. Let $x, y \in \mathbb{R}^n$ and $f = \mathbf{1}^\top (x - y)^2$.

$$ \nabla_x f = 2 (x - y) $$
$$ \nabla_y f = 2 (x - y) $$ # no
"""
LISTS = r"""
Let $x \in \mathbb{R}^2$, $b = (5, 3)^\top$, $c = (1, -2)$, $A = \begin{pmatrix} 2 & 1 \\ 1 & 4 \end{pmatrix}$ and
$f = x^\top A x - b^\top x + c^\top x$.

$$ \nabla_x f = 2 A x - b + c $$
$$ b^\top c = 1 $$ # no
"""
LEAST = r"""
Let $x \in \mathbb{R}^n$ and let $V \in \mathbb{R}^{n \times k}$ with $k < n$ have orthonormal columns, $V^\top V = I$. Then

$$ \min_{c \in \mathbb{R}^{k}} \|x - V c\|^2 = \|x\|^2 - \|V^\top x\|^2 $$
$$ \arg\min_{u \in \mathbb{R}^{k}} \|x - V u\|^2 = V^\top x $$
$$ \min_{c} \|x - V c\|^2 = \|x\|^2 - 2 \|V^\top x\|^2 $$ # no
$$ \arg\min_{s \in \mathbb{R}^{k}} \|x - V s\|^2 = 2 V^\top x $$ # no
"""
TWO_LETTERS = r"""
Let $A \in \mathbb{R}^{n \times k}$, $B \in \mathbb{R}^{k \times m}$, any $g : \mathbb{R}^{n \times m} \to \mathbb{R}$, $Z = A B$
and $J = g(Z)$. Write

$$ \mathrm{d} Z = \frac{\partial J}{\partial Z}, \quad \mathrm{d} A = \frac{\partial J}{\partial A} $$

Then

$$ \mathrm{d} A = \mathrm{d} Z \, B^\top $$
$$ \mathrm{d} B = A^\top \mathrm{d} Z $$
$$ \mathrm{d} B = \mathrm{d} Z A^\top $$ # no
"""
PRIMES = r"""
Let $u, v \in \mathbb{R}^{k}$, $\phi : \mathbb{R}^k \to \mathbb{R}$ and

$$ h = \tanh(u), \quad g = h \odot v, \quad L = \phi(g) $$

Let $g' = \nabla \phi(g)$ be what comes back. Then

$$ \frac{\partial L}{\partial u} = g' \odot v \odot (1 - h \odot h) $$
$$ \frac{\partial L}{\partial v} = g' \odot u $$ # no
"""
SAMPLES = r"""
An input $x \in \mathbb{R}^p$ has a label $y \in \{0, 1\}$. With $\sigma(a) = \frac{1}{1 + e^{-a}}$ and weights
$\beta \in \mathbb{R}^p$, the negative log-likelihood of $m$ examples $(x_i, y_i)$ is

$$ J(\beta) = - \sum_{i=1}^m \left( y_i \log \sigma(\beta^\top x_i) + (1 - y_i) \log(1 - \sigma(\beta^\top x_i)) \right) $$
$$ \nabla J(\beta) = \sum_{i=1}^m (\sigma(\beta^\top x_i) - y_i) x_i $$
$$ \nabla J(\beta) = \sum_{i=1}^m (y_i - \sigma(\beta^\top x_i)) x_i $$ # no
"""
ONE_HOT = r"""
Let $\mathbf{a}$ be the vector of logits, $\mathbf{p} = \text{softmax}(\mathbf{a})$, and let $\mathbf{y}$ be one-hot. The
loss is $L = -\sum_k y_k \log p_k$.

$$ \frac{\partial L}{\partial a_k} = p_k - y_k $$
$$ \frac{\partial L}{\partial a_k} = y_k - p_k $$ # no
"""
ARGUMENTS = r"""
Most fits look for the least value of

$$ \phi(\mathbf{v}) = \mathbf{v}^\top \mathbf{H} \mathbf{v} - 2 \mathbf{g}^\top \mathbf{v} $$

where $\mathbf{H} \in \mathbb{R}^{k \times k}$ is symmetric and $\mathbf{g} \in \mathbb{R}^k$. Let $o = (1, \dots, 1)^\top$.

$$ \nabla \phi(\mathbf{v}) = 2 \mathbf{H} \mathbf{v} - 2 \mathbf{g} $$
$$ \nabla \phi(\mathbf{v}) = \mathbf{H} \mathbf{v} - \mathbf{g} $$ # no
$$ o^\top \mathbf{g} = \sum_{i=1}^k \mathbf{g}_i $$
"""


DENSITIES = r"""
By Bayes' rule

$$ p(h \mid v) = \frac{p(v \mid h) p(h)}{p(v)} $$
$$ p(h \mid v) = \frac{p(v \mid h) p(v)}{p(h)} $$ # no

and so $\log p(v) = \log p(v, h) - \log p(h \mid v)$. For every $r$ the evidence is bounded by

$$ \mathcal{F}(r) = \mathbb{E}_{r(h|v)}[\log p(v \mid h)] - D_{\mathrm{KL}}(r(h \mid v) \,\|\, p(h)) $$
$$ \log p(v) = \mathcal{F}(r) + D_{\mathrm{KL}}(r(h|v) \| p(h|v)) $$
$$ \mathcal{F}(r) = \mathbb{E}_{r(h|v)}[\log p(v, h)] + \mathbb{H}[r(h|v)] $$
$$ \mathcal{F}(r) = \mathbb{E}_{r(h|v)}[\log p(v, h)] - \mathbb{H}[r(h|v)] $$ # no
"""
CHAIN = r"""
Let $a \in \mathbb{R}^n$ and $b \in \mathbb{R}^m$ have the joint density $p(a, b)$, and let $q(a, b)$ be another one. Then

$$ \int p(a, b) \, db = p(a) $$
$$ \int \int p(a, b) \log \frac{p(a, b)}{q(a, b)} \, da \, db = \mathrm{KL}(p(a) \| q(a)) + \int p(a) \mathrm{KL}(p(b|a) \| q(b|a)) \, da $$
$$ \int p(a) \, p(a \mid b) \, da = p(b) $$ # no
"""
DIVERGENCES = r"""
Let $a, b > 0$, let $m, s \in \mathbb{R}^k$ with $s > 0$, and $S = \operatorname{diag}(s)$. Then

$$ D_{\text{KL}}(\mathcal{N}(m, S) \,\|\, \mathcal{N}(0, I)) = \frac12 \sum_{i=1}^k (s_i + m_i^2 - 1 - \log s_i) $$
$$ \KL(\text{Exp}(a) \| \text{Exp}(b)) = \log \frac{a}{b} + \frac{b}{a} - 1 $$
$$ \KL(\text{Poisson}(a) \| \text{Poisson}(b)) = a \log \frac{a}{b} - b - a $$ # no
"""
IN_WORDS = r"""
Let $x \in \mathbb{R}$, where $\phi$ is the standard normal density and $\Phi$ its distribution function, $g$ the softplus
function and $s$ the logistic sigmoid. Let $y, z \in \R^K$, with nonnegative entries of $y$ so that $\sum_k y_k = 1$.

$$ \phi'(x) = -x \phi(x) $$
$$ \frac{d}{dx} (x \Phi(x) + \phi(x)) = \Phi(x) $$
$$ g'(x) = s(x) $$
$$ \frac{d}{dx} (x \Phi(x)) = \Phi(x) $$ # no
$$ s'(x) = s(x) (1 + s(x)) $$ # no

With $p = \operatorname{softmax}(z)$ and $L = -\sum_k y_k \log p_k$,

$$ \frac{\partial L}{\partial z} = p - y $$
$$ \frac{\partial L}{\partial z} = y - p $$ # no
"""
RIDGE = r"""
We observe inputs stacked in $\Phi \in \mathbb{R}^{N \times M}$ and targets $\mathbf{t} \in \mathbb{R}^{N}$. For weights
$\mathbf{w} \in \mathbb{R}^M$ and a penalty $\alpha > 0$ minimise

$$ E(\mathbf{w}) = \tfrac12 \lVert \Phi \mathbf{w} - \mathbf{t} \rVert_2^2 + \tfrac{\alpha}{2} \mathbf{w}^\top \mathbf{w} . $$

$$ \nabla E(\mathbf{w}) = \Phi^\top (\Phi \mathbf{w} - \mathbf{t}) + 2 \alpha \mathbf{w} $$ # no

Its gradient is $\nabla E(\mathbf{w}) = \Phi^\top (\Phi \mathbf{w} - \mathbf{t}) + \alpha \mathbf{w}$, its Hessian is
$\nabla^2 E(\mathbf{w}) = \Phi^\top \Phi + \alpha I$. Setting the gradient to zero we get

$$ \mathbf{w}_\star = (\Phi^\top \Phi + \alpha I)^{-1} \Phi^\top \mathbf{t} = \Phi^\top (\Phi \Phi^\top + \alpha I)^{-1} \mathbf{t} . $$
"""
BY_ROWS = r"""
Row $i$ of the queries is $q_i \in \mathbb{R}^d$, keys are $k_j \in \mathbb{R}^d$ for $i, j = 1, \dots, n$. Let
$P = (p_{ij}) \in \mathbb{R}^{m \times n}$ and $v \in \mathbb{R}^n$.

$$ s_{ij} = \frac{q_i^\top k_j}{\sqrt{d}}, \quad a_{ij} = \frac{e^{s_{ij}}}{\sum_{l=1}^n e^{s_{il}}} $$
$$ \frac{\partial a_{ij}}{\partial s_{ik}} = a_{ij} (\delta_{jk} - a_{ik}) $$
$$ (P v)_l = \sum_{j=1}^n p_{lj} v_j $$
$$ \frac{\partial a_{ij}}{\partial s_{ik}} = a_{ij} (\delta_{jk} + a_{ik}) $$ # no
$$ \|P\|_F^2 = \sum_{l=1}^m p_{ll}^2 $$ # no
"""
GRID = r"""
Let $A \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$, $u_1, \dots, u_m \in \mathbb{R}^n$, $U = (u_1, u_2, \dots, u_j, \dots, u_m)$ and
$\tilde{x} = (x_1; \dots; x_n; 1)$. The scores are $S[i,j] = \sum_{p=1}^n A[i,p] A[j,p]$ and $O[i,j] = \tanh(S[i,j])$.

$$ A = \begin{pmatrix} A_{11} & \cdots & A_{1n} \\ \vdots & & \vdots \\ A_{m1} & \cdots & A_{mn} \end{pmatrix} $$
$$ A x = \left[ \begin{array}{c} A_{11} x_1 + \cdots + A_{1n} x_n \\ \vdots \\ A_{m1} x_1 + \cdots + A_{mn} x_n \end{array} \right] $$
$$ A x = \left[ \begin{array}{c} A_{11} x_1 + \cdots + A_{1n} x_1 \\ \vdots \\ A_{m1} x_1 + \cdots + A_{mn} x_1 \end{array} \right] $$ # no
$$ U U^\top = \sum_{i=1}^m u_i u_i^\top, \quad \|\tilde x\|^2 = \|x\|^2 + 1 $$
$$ \frac{\partial O[i,j]}{\partial S[i,l]} = \begin{cases} 1 - O[i,j]^2, & \text{if $j = l$} \\ 0, & \text{j $\ne$ l} \end{cases} $$
$$ \frac{\partial O[i,j]}{\partial S[i,l]} = \begin{cases} 1 - O[i,l], & \text{if $j = l$} \\ 0, & \text{j $\ne$ l} \end{cases} $$ # no
"""
SHEET = r"""
Let $a, b, c \in \mathbb{R}$, $u, v, p \in \mathbb{R}^2$ with $p > 0$, and the data $D = \{(x_1, y_1), \dots, (x_n, y_n)\}$. With

$$ M = \begin{pmatrix} a & & \\ & b & \\ & & c \end{pmatrix}, \quad R = \begin{bmatrix} - & u^\top & - \\ - & v^\top & - \end{bmatrix}, \quad C = \begin{bmatrix} | & | \\ u & v \\ | & | \end{bmatrix} $$

we have $\operatorname{tr}(M) = a + b + c$, $\det M = a b c$ and

$$ \left\{ \begin{aligned} R C &= \begin{pmatrix} u^\top u & u^\top v \\ u^\top v & v^\top v \end{pmatrix} \\ R &= C^\top \end{aligned} \right. $$
$$ \frac{\partial}{\partial p_i} log\, p_j = \begin{cases} 1 / p_i, & \text{if $i = j$} \\ 0, & \text{i $\ne$ j} \end{cases} $$
$$ R C = C R $$ # no
$$ \frac{\partial}{\partial p_i} log p_j = \begin{cases} 1 / p_i^2, & \text{if i = j} \\ 0, & \text{i $\ne$ j} \end{cases} $$ # no
$$ min_{c \in \mathbb{R}} \left( (c - a)^2 + (c - b)^2 \right) = \inf_{c \in \mathbb{R}} \left( 2 (c - a)^2 + 2 (c - b)^2 \right) $$ # no
$$ min_{c \in \mathbb{R}} \left( (c - a)^2 + (c - b)^2 \right) = \frac12 (a - b)^2 $$
"""
UNSAID = r"""
Note that $\mathbf{Q}^T \mathbf{Q} = \mathbf{I}$ for the matrix of the new axes, so that

$$ \mathbf{Q}^T \mathbf{Q} \mathbf{Q}^T = \mathbf{Q}^T, \quad \mathbf{Q} \mathbf{Q}^T \mathbf{Q} = \mathbf{Q} $$
$$ \mathbf{Q} \mathbf{Q}^T = 2 \mathbf{Q} \mathbf{Q}^T $$ # no
"""
NEURON = r"""
Given $n$ inputs $x_1, \dots, x_n$, the output $a$ of the neuron is $a = \phi(w_1 x_1 + \dots + w_n x_n + b)$. More compactly:

$$ a = \phi\left( \sum w_i x_i + b \right) $$
$$ a = \phi\left( \sum_{i=1}^n w_i x_i \right) + b $$ # no
"""
PATHS = r"""
Let $w, u_t \in \mathbb{R}$ for $t = 1, \dots, N$, $f, g : \mathbb{R} \times \mathbb{R} \to \mathbb{R}$ and
$e : \mathbb{R} \to \mathbb{R}$, with $k = e(w)$, $h = g(k, w)$ and $y = f(h, w)$. By the chain rule

$$ \frac{\partial y}{\partial w} = \frac{\partial f(h, w)}{\partial w} + \frac{\partial f(h, w)}{\partial h} \frac{\partial h}{\partial w} $$
$$ \frac{d y}{d w} = \frac{\partial y}{\partial w} + \frac{\partial y}{\partial h} \frac{\partial h}{\partial w} + \frac{\partial y}{\partial h} \frac{\partial h}{\partial k} \frac{\partial k}{\partial w} $$
$$ \frac{d y}{d w} = \frac{\partial f}{\partial w} - \frac{\partial f}{\partial h} \frac{d h}{d w} $$ # no

For $s_t = g(s_{t-1}, w)$ it is

$$ \frac{\partial s_t}{\partial w} = \frac{\partial g(s_{t-1}, w)}{\partial w} + \frac{\partial g(s_{t-1}, w)}{\partial s_{t-1}} \frac{\partial s_{t-1}}{\partial w} $$
$$ \frac{\partial s_t}{\partial w} = \frac{\partial g(s_{t-1}, w)}{\partial w} + \frac{\partial g(s_{t-1}, w)}{\partial s_{t-1}} \frac{\partial s_{t-2}}{\partial w} $$ # no
"""
SPOKEN_MOMENTS = r"""
Let $H \in \mathbb{R}^{n \times k}$ have full column rank, $\theta \in \mathbb{R}^{k}$, and let the noise $e \in \mathbb{R}^n$ be a
random vector with mean zero and covariance $s^2 I$, $s > 0$. Set $y = H \theta + e$ and $g = (H^\top H)^{-1} H^\top y$. Further let
$U$ and $V$ be random variables.

$$ \mathbb{E}[g] = \theta $$
$$ \operatorname{Cov}[g] = s^2 (H^\top H)^{-1} $$
$$ \mathbb{E} \|y - H \theta\|^2 = n s^2 $$
$$ \operatorname{Var}(U - V) = \operatorname{Var} U + \operatorname{Var} V - 2 \operatorname{Cov}(U, V) $$
$$ \operatorname{Cov}[g] = s (H^\top H)^{-1} $$ # no
$$ \operatorname{Var}(U - V) = \operatorname{Var} U + \operatorname{Var} V $$ # no
"""
FUNCTIONS = r"""
Let $\nu_0 > d - 1$ where $v \in \mathbb{R}^d$, let $c \in \mathbb{R}^K$ and $r \sim \mathcal{N}(0, 1)$. Let $\Psi$ be the distribution
function of the standard normal and $q : \mathbb{R} \to \mathbb{R}$ a path. Put $\mathcal{V}(v \mid \nu_0) = \nu_0 \, v^\top v$ and

$$ \rho(i) = \frac{e^{c_i}}{\sum_{j=1}^{K} e^{c_j}}, \quad E(t) = \frac{1}{2} \dot q(t)^2 $$

for $i \in \{1, \dots, K\}$. The minimiser of $g(w) = (w - \nu_0)^2 + 3$ over $w \in \mathbb{R}$ is

$$ \hat w = \nu_0 $$
$$ \frac{\partial \rho(i)}{\partial c_j} = \rho(i) (\delta_{ij} - \rho(j)) $$
$$ E'(t) = \dot q(t) \ddot q(t) $$
$$ P(r \le \nu_0) = \Psi(\nu_0) $$
$$ \nabla_v \mathcal{V}(v \mid \nu_0) = 2 \nu_0 v $$
$$ \frac{\partial \rho(i)}{\partial c_j} = \rho(i) (\delta_{ij} + \rho(j)) $$ # no
$$ P(r \ge \nu_0) = \Psi(\nu_0) $$ # no
"""
DOCUMENTS = (
    *(CROSS, POWERS, SQUARES, LISTS, LEAST, TWO_LETTERS, PRIMES, SAMPLES, ONE_HOT, ARGUMENTS, DENSITIES, CHAIN),
    *(DIVERGENCES, IN_WORDS, RIDGE, BY_ROWS, PATHS, GRID, SHEET, UNSAID, NEURON, SPOKEN_MOMENTS, FUNCTIONS),
)


@pytest.mark.parametrize("text", DOCUMENTS)
def test_right_lines_hold_and_wrong_lines_are_wrong(text: str) -> None:
    found = outcomes(text.replace(" # no", ""))
    assert found.count("wrong") == text.count("# no")
    assert set(found) == {"holds", "wrong"}


def test_what_words_say_to_be_solved_is_no_claim_of_the_inputs() -> None:
    text = r"""
Let $M, P \in \mathbb{R}^{k \times k}$ with $P$ symmetric positive definite and $u \sim \mathcal{N}(0, P)$. The covariance is

$$ \operatorname{Cov}[M u] = M P M^\top $$

so that the stationary covariance solves $M P M^\top = P - I$.
"""
    assert outcomes(text) == ["holds", "not checked"]
    assert outcomes(text.replace("= M P M^", "= P M^"))[0] == "wrong"


def test_what_rests_on_the_member_before_it_is_no_value_of_its_own() -> None:
    text = r"""
Let $U \in \mathbb{R}^{h \times d}$, $R \in \mathbb{R}^{h \times h}$, $s_0 \in \mathbb{R}^h$ and $x_t \in \mathbb{R}^{d}$. For
$t = 1, \dots, T$ let $s_t = U x_t + R s_{t-1}$, so that

$$ s_2 = U x_2 + R U x_1 + R R s_0 $$
"""
    assert "wrong" not in outcomes(text)


def test_weights_of_logarithms_of_which_nothing_is_said_may_be_probabilities() -> None:
    text = ONE_HOT.replace(", and let $\\mathbf{y}$ be one-hot", "")
    assert outcomes(text.replace(" # no", "")) == ["not checked", "not checked"]


@pytest.mark.parametrize(
    "text",
    [
        "The densities:\n\n$$ p(x, y) = p(x) p(y) $$\n$$ \\log p(x \\mid y) = \\log p(x) $$\n",
        "Given $z$, $x$ and $y$ are independent.\n\n$$ p(x, y, z) = p(x \\mid z) p(y \\mid z) p(z) $$\n",
    ],
)
def test_what_may_be_asked_of_densities_is_neither_right_nor_wrong(text: str) -> None:
    assert set(outcomes(text)) == {"not checked"}
