r"""Three kernels, forward and backward, with the derivation of each beside its code.

The module is data: ``test_kernels`` plants mistakes in copies of it.
"""

import torch


class LayerNorm(torch.autograd.Function):
    r"""Layer norm of one vector.

    Let $x, \gamma, \beta \in \mathbb{R}^{D}$, $\epsilon > 0$ and $\ell : \mathbb{R}^{D} \to \mathbb{R}$.

    $$ \mu = \frac{1}{D} \sum_{i=1}^{D} x_i, \quad v = \frac{1}{D} \sum_{i=1}^{D} (x_i - \mu)^2 $$
    $$ \mathrm{rstd} = \frac{1}{\sqrt{v + \epsilon}}, \quad \hat{x} = \mathrm{rstd} \cdot (x - \mu \mathbf{1}) $$
    $$ y = \gamma \odot \hat{x} + \beta $$

    With the loss $\ell(y)$ and $g = \gamma \odot \frac{\partial \ell}{\partial y}$,

    $$ \frac{\partial \ell}{\partial \gamma} = \frac{\partial \ell}{\partial y} \odot \hat{x} $$
    $$ \frac{\partial \ell}{\partial \beta} = \frac{\partial \ell}{\partial y} $$
    $$ \frac{\partial \ell}{\partial x}
       = \mathrm{rstd} \left( g - \frac{1}{D} \mathbf{1} \mathbf{1}^\top g - \frac{1}{D} \hat{x} \hat{x}^\top g \right) $$
    """

    @staticmethod
    def forward(ctx, x, gamma, beta, eps: float):
        mu = x.mean()
        v = ((x - mu) ** 2).mean()
        rstd = (v + eps) ** -0.5
        x_hat = rstd * (x - mu)
        ctx.save_for_backward(x_hat, rstd, gamma)
        y = gamma * x_hat + beta
        return y

    @staticmethod
    def backward(ctx, dy):
        x_hat, rstd, gamma = ctx.saved_tensors
        g = gamma * dy
        dx = rstd * (g - g.mean() - x_hat * (g * x_hat).mean())
        dgamma = dy * x_hat
        dbeta = dy
        return dx, dgamma, dbeta, None


class RMSNorm(torch.autograd.Function):
    r"""RMSNorm of one vector.

    Let $x, w \in \mathbb{R}^{D}$, $\epsilon > 0$ and $\ell : \mathbb{R}^{D} \to \mathbb{R}$.

    $$ s = \frac{1}{D} x^\top x, \quad r = (s + \epsilon)^{-1/2}, \quad y = r \cdot (w \odot x) $$

    With the loss $\ell(y)$,

    $$ \frac{\partial \ell}{\partial w} = r \cdot \left( \frac{\partial \ell}{\partial y} \odot x \right) $$
    $$ \frac{\partial \ell}{\partial x}
       = r \cdot \left( w \odot \frac{\partial \ell}{\partial y} \right)
       - \frac{r^3}{D} \left( x^\top \left( w \odot \frac{\partial \ell}{\partial y} \right) \right) x $$
    """

    @staticmethod
    def forward(x, w, eps: float):
        s = (x * x).mean()
        r = torch.rsqrt(s + eps)
        y = r * (w * x)
        return y, r

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, w, eps = inputs
        y, r = output
        ctx.save_for_backward(x, w, r)

    @staticmethod
    def backward(ctx, dy, dr):
        x, w, r = ctx.saved_tensors
        g = w * dy
        dx = r * g - r**3 / x.numel() * (x * g).sum() * x
        dw = r * (dy * x)
        return dx, dw, None


class Attention(torch.autograd.Function):
    r"""Attention with one head.

    Let $Q \in \mathbb{R}^{n \times d}$, $K \in \mathbb{R}^{m \times d}$, $V \in \mathbb{R}^{m \times p}$ and
    $\ell : \mathbb{R}^{n \times p} \to \mathbb{R}$.

    $$ S = \frac{1}{\sqrt{d}} Q K^\top, \quad E = \exp(S), \quad P = \operatorname{diag}(E \mathbf{1})^{-1} E $$
    $$ O = P V $$

    With the loss $\ell(O)$ and $G = \frac{\partial \ell}{\partial O}$,

    $$ \frac{\partial \ell}{\partial V} = P^\top G $$
    $$ A = G V^\top, \quad B = P \odot (A - (P \odot A) \mathbf{1} \mathbf{1}^\top) $$
    $$ \frac{\partial \ell}{\partial Q} = \frac{1}{\sqrt{d}} B K $$
    $$ \frac{\partial \ell}{\partial K} = \frac{1}{\sqrt{d}} B^\top Q $$
    """

    @staticmethod
    def forward(ctx, q, k, v):
        scale = q.shape[-1] ** -0.5
        P = torch.softmax(scale * q @ k.mT, -1)
        ctx.save_for_backward(q, k, v, P)
        ctx.scale = scale
        out = P @ v
        return out

    @staticmethod
    def backward(ctx, do):
        q, k, v, P = ctx.saved_tensors
        dv = P.mT @ do
        A = do @ v.mT
        B = P * (A - (P * A).sum(-1, keepdim=True))
        dq = ctx.scale * B @ k
        dk = ctx.scale * B.mT @ q
        return dq, dk, dv
