"""Syntax trees as text: canonical LaTeX, which is also the key of a name, and short Unicode for people."""

from fractions import Fraction

import pytest

from derivcheck.language.nodes import (
    Add,
    Angle,
    Apply,
    Bars,
    Big,
    Binder,
    Boxed,
    Cases,
    Compare,
    Derivative,
    Entrywise,
    Fraction_,
    Given,
    Group,
    Held,
    MatrixNode,
    Nabla,
    Name,
    Number,
    Product,
    Root,
    Scripted,
    Symbol,
    Text,
    Tuple,
    Word,
)
from derivcheck.language.printing import latex, plain
from derivcheck.source import Span

i, j, n, x, y, W, A = (Name(letter) for letter in "ijnxyWA")
ell, phi, delta, r = Name(r"\ell"), Name(r"\phi"), Name(r"\delta"), Name("r")
one, two = Number(Fraction(1), "1"), Number(Fraction(2), "2")
top = Symbol(r"\top")


def times(*factors):
    return Product(factors, ("",) * (len(factors) - 1))


def scripted(base, sub=None, sup=None, primes=0):
    return Scripted(base, sub, sup, primes)


@pytest.mark.parametrize(
    ("node", "key"),
    [
        (scripted(x, i), "x_{i}"),
        (scripted(W, times(i, j)), "W_{ij}"),
        (scripted(W, Tuple((i, j), (",",))), "W_{i,j}"),
        (scripted(W, Tuple((i, Symbol(":")), (",",))), "W_{i,:}"),
        (scripted(x, None, Group(i)), "x^{(i)}"),
        (scripted(x, None, Group(Symbol(r"\cdot"))), r"x^{(\cdot)}"),
        (scripted(A, None, top), r"A^{\top}"),
        (scripted(Name(r"\sigma"), None, two), r"\sigma^{2}"),
        (scripted(Name("u"), None, Text("new")), r"u^{\text{new}}"),
        (scripted(x, times(Name(r"\alpha"), j)), r"x_{\alpha j}"),
        (scripted(x, Add((("+", i), ("+", one)))), "x_{i+1}"),
        (scripted(phi, i, two, primes=2), r"\phi_{i}''^{2}"),
        (Name(r"\mathbf{x}"), r"\mathbf{x}"),
        (Name(r"\hat{\mathbf{x}}"), r"\hat{\mathbf{x}}"),
    ],
)
def test_a_name_has_one_key(node, key):
    assert latex(node) == key


def test_where_a_name_stands_does_not_change_its_key():
    assert latex(Name("x", span=Span(3, 4))) == latex(Name("x", span=Span(80, 90)))


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (Product((x, Add((("-", y),))), (r"\cdot",)), r"x \cdot (-y)"),
        (times(Add((("+", x), ("+", y))), n), "(x + y) n"),
        (times(n, Entrywise((x, y), (r"\odot",))), r"n (x \odot y)"),
        (Entrywise((times(n, x), y), (r"\odot",)), r"n x \odot y"),
        (Entrywise((Add((("+", x), ("-", y))), y), (r"\odot",)), r"(x - y) \odot y"),
        (Add((("+", n), ("-", Add((("+", x), ("-", y)))))), "n - (x - y)"),
        (scripted(times(x, y), None, two), "(x y)^{2}"),
        (scripted(Group(Add((("+", x), ("+", y)))), None, two), "(x + y)^{2}"),
        (times(Apply(Word("log"), (x,), bracketed=False), y), r"(\log x) y"),
        (times(y, Apply(Word("log"), (x,), bracketed=False)), r"y \log x"),
        (times(Big("sum", Binder((i,)), x), y), r"(\sum_{i} x) y"),
    ],
)
def test_brackets_stand_where_the_tree_needs_them_and_nowhere_else(node, text):
    assert latex(node) == text


@pytest.mark.parametrize(
    ("node", "text", "short"),
    [
        (Derivative(ell, (Name("V"),)), r"\frac{\partial \ell}{\partial V}", "∂ℓ/∂V"),
        (Derivative(Name("f"), (x, y)), r"\frac{\partial^{2} f}{\partial x \partial y}", "∂²f/∂x∂y"),
        (Derivative(Name("f"), (x, x)), r"\frac{\partial^{2} f}{\partial x^{2}}", "∂²f/∂x²"),
        (Derivative(y, (x,), "d"), r"\frac{dy}{dx}", "dy/dx"),
        (Derivative(y, (x,), "d", operator=True), r"\frac{d}{dx} y", "d/dx y"),
        (scripted(Bars(x, double=True), None, two), r"\left\| x \right\|^{2}", "‖x‖²"),
        (Bars(x, double=False), r"\left| x \right|", "|x|"),
        (Big("sum", Binder((i,)), scripted(x, i)), r"\sum_{i} x_{i}", "Σᵢ xᵢ"),
        (Big("sum", Binder((i,), one, n), scripted(x, i)), r"\sum_{i=1}^{n} x_{i}", "Σᵢ₌₁ⁿ xᵢ"),
        (Big("sum", Binder((i,), condition=Compare((i, j), (r"\ne",))), x), r"\sum_{i\ne j} x", "Σ_{i≠j} x"),
        (Big("argmax", Binder((Name("u"),)), Name("Q")), r"\arg\max_{u} Q", "arg maxᵤ Q"),
        (Name(r"\bar{y}"), r"\bar{y}", "ȳ"),
        (Name(r"\mathbf{x}"), r"\mathbf{x}", "x"),
        (Nabla(W), r"\nabla_{W}", "∇_W"),
        (Nabla(x, 2), r"\nabla_{x}^{2}", "∇ₓ²"),
        (Fraction_(Add((("+", x), ("-", two))), times(x, y)), r"\frac{x - 2}{x y}", "(x − 2)/(x y)"),
        (Fraction_(one, two), r"\frac{1}{2}", "1/2"),
        (Apply(Word("relu"), (x,)), r"\operatorname{relu}(x)", "ReLU(x)"),
        (Apply(Word("max"), (Number(Fraction(0), "0"), x)), r"\max(0, x)", "max(0, x)"),
        (Root(times(two, Name(r"\pi"))), r"\sqrt{2\pi}", "√(2π)"),
        (Root(x, Number(Fraction(3), "3")), r"\sqrt[3]{x}", "³√x"),
        (Angle((x, y)), r"\langle x, y \rangle", "⟨x, y⟩"),
        (times(Name("p"), Group(Given(Name("z"), x))), r"p(z \mid x)", "p(z | x)"),
        (scripted(x, None, Group(i)), "x^{(i)}", "x⁽ⁱ⁾"),
        (scripted(A, None, top), r"A^{\top}", "Aᵀ"),
        (scripted(Name("u"), None, Text("new")), r"u^{\text{new}}", "uⁿᵉʷ"),
        (scripted(W, None, Symbol("*")), "W^{*}", "W*"),
        (Held(Derivative(ell, (W,)), r), r"\left. \frac{\partial \ell}{\partial W} \right|_{r}", "∂ℓ/∂W|ᵣ"),
        (Boxed(x), r"\boxed{x}", "x"),
        (MatrixNode(((x, y), (one, two)), "["), r"\begin{bmatrix} x & y \\ 1 & 2 \end{bmatrix}", "[x, y; 1, 2]"),
        (
            Cases(((x, Compare((x, one), (">",))), (one, None))),
            r"\begin{cases} x & x > 1 \\ 1 & \text{otherwise} \end{cases}",
            "{x if x > 1; 1 otherwise}",
        ),
        (
            times(
                scripted(W, None, top),
                Group(Entrywise((delta, times(scripted(phi, primes=1), Group(r))), (r"\odot",))),
                scripted(x, None, top),
            ),
            r"W^{\top}(\delta \odot \phi'(r)) x^{\top}",
            "Wᵀ(δ ⊙ φ′(r)) xᵀ",
        ),
    ],
)
def test_every_form_prints_as_latex_and_as_text(node, text, short):
    assert (latex(node), plain(node)) == (text, short)
