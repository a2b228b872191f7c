r"""The parser: what is written in one expression, whatever its names will mean."""

from dataclasses import fields
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    Node,
    Number,
    Product,
    Root,
    Scripted,
    Symbol,
    Text,
    Tuple,
    Word,
)
from derivcheck.reading.items import Macro, ParseError
from derivcheck.reading.lexer import tokenize
from derivcheck.reading.parser import parse, parse_expression
from derivcheck.reading.vocabulary import words
from derivcheck.source import Span
from tests.counting import calls

a, b, c, d, f, i, j, k, n, r, u, x, y, z = (Name(letter) for letter in "abcdfijknruxyz")
ELL, PHI, SIGMA, W, A = Name(r"\ell"), Name(r"\phi"), Name(r"\sigma"), Name("W"), Name("A")
TOP = Symbol(r"\top")
PARTIAL = r"\partial"


def number(value: int) -> Number:
    return Number(Fraction(value), str(value))


ZERO, ONE, TWO = number(0), number(1), number(2)


def times(*factors: Node) -> Product:
    return Product(factors, ("",) * (len(factors) - 1))


def plus(*terms: Node) -> Add:
    return Add(tuple(("+", term) for term in terms))


def minus(term: Node) -> Add:
    return Add((("-", term),))


def sub(base: Node, below: Node) -> Scripted:
    return Scripted(base, below, None)


def sup(base: Node, above: Node) -> Scripted:
    return Scripted(base, None, above)


def read(latex: str) -> Node:
    return parse_expression(latex)


def refused(latex: str) -> tuple[str, str]:
    """The message, and the piece of the LaTeX that it points at."""
    with pytest.raises(ParseError) as caught:
        parse_expression(latex)
    return caught.value.message, latex[caught.value.span.start : caught.value.span.end]


def same(*spellings: str) -> Node:
    trees = [read(spelling) for spelling in spellings]
    assert all(tree == trees[0] for tree in trees), trees
    return trees[0]


# numbers, names, words


def test_numbers_keep_their_exact_value_and_text():
    assert read("0.25") == Number(Fraction(1, 4), "0.25")
    assert read(".5").value == Fraction(1, 2)
    assert read("1{,}000").value == 1000


def test_letters_side_by_side_are_two_names():
    assert same("Wx", "W x", r"W\,x") == times(W, x)


def test_bold_is_one_style_however_it_is_written():
    assert same(r"\mathbf{x}", r"\boldsymbol{x}", r"\bm x", r"\pmb{x}", r"{\bf x}", "𝐱") == Name(r"\mathbf{x}")
    assert read(r"\mathbf{Wx}") == times(Name(r"\mathbf{W}"), Name(r"\mathbf{x}"))
    assert read(r"\boldsymbol{\mu}_1") == sub(Name(r"\mathbf{\mu}"), ONE)


def test_one_upright_letter_is_the_letter():
    assert same(r"\mathrm{x}", r"\mathit{x}", r"\text{x}", "x") == x


def test_several_upright_letters_are_one_symbol():
    assert same(r"\mathrm{loss}", r"\mathit{loss}", r"\text{loss}", r"\operatorname{loss}") == Name(r"\mathrm{loss}")


def test_accents_keep_their_command_and_leave_scripts_outside():
    assert same(r"\hat{y}_i", r"\widehat{y}_i", r"\hat y_i", r"\hat{y_i}", "ŷ_i") == sub(Name(r"\hat{y}"), i)
    assert same(r"\bar{x}", r"\overline{x}") == Name(r"\bar{x}")
    assert same(r"\hat{\mathbf{x}}", r"\mathbf{\hat{x}}") == Name(r"\hat{\mathbf{x}}")
    assert read(r"\mathcal{L}") == Name(r"\mathcal{L}")


def test_an_accent_over_a_sum_is_refused():
    assert refused(r"\hat{x + y}")[0] == r"`\hat` stands over more than one symbol"


@pytest.mark.parametrize(
    ("latex", "word"),
    [
        (r"\log", "log"), (r"\operatorname{tr}", "tr"), (r"\mathrm{tr}", "tr"), (r"\text{Tr}", "tr"), (r"\mathop{\rm tr}", "tr"),
        (r"\operatorname{\mathrm{tr}}", "tr"), (r"\text{ReLU}", "relu"), (r"\mathrm{RELU}", "relu"), (r"\texttt{relu}", "relu"),
        (r"\operatorname{Diag}", "diag"), (r"\operatorname{sgn}", "sign"), (r"\tanh", "tanh"), (r"\max", "max"), (r"\operatorname{trace}", "tr"),
    ],
)  # fmt: skip
def test_known_words_are_recognised_in_every_spelling(latex, word):
    assert read(latex + "(x)") == Apply(Word(word), (x,))


def test_expectations_and_distributions_are_names():
    assert read(r"\mathbb{E}[x]") == times(Name(r"\mathbb{E}"), Group(x, "["))
    assert read(r"\operatorname{Var}[x]") == times(Name(r"\mathrm{Var}"), Group(x, "["))
    assert read(r"\mathcal{N}(0, 1)") == times(Name(r"\mathcal{N}"), Group(Tuple((ZERO, ONE), (",",))))


# words and their arguments


def test_a_word_without_brackets_takes_the_following_product():
    log = Apply(Word("log"), (times(x, y),), bracketed=False)
    assert read(r"\log x y + 1") == plus(log, ONE)
    assert read(r"\operatorname{tr} A B") == Apply(Word("tr"), (times(A, Name("B")),), bracketed=False)


def test_a_written_sign_ends_the_argument_of_a_word():
    log = Apply(Word("log"), (x,), bracketed=False)
    assert read(r"\log x / z") == Product((log, z), ("/",))
    assert read(r"\log x \cdot y") == Product((log, y), ("\\cdot",))


def test_a_word_without_brackets_stops_at_the_next_word():
    sin, cos = (Apply(Word(word), (name,), bracketed=False) for word, name in (("sin", x), ("cos", y)))
    assert read(r"\sin x \cos y") == times(sin, cos)


def test_a_word_directly_behind_a_word_is_its_argument():
    assert read(r"\log\det A") == Apply(Word("log"), (Apply(Word("det"), (A,), bracketed=False),), bracketed=False)


def test_a_word_with_brackets_ends_with_them():
    assert read(r"\log(x) y") == times(Apply(Word("log"), (x,)), y)
    assert read(r"\operatorname{tr}(A)^2") == sup(Apply(Word("tr"), (A,)), TWO)
    assert read(r"\exp\left\{-x\right\}") == Apply(Word("exp"), (minus(x),), fence="{")


def test_a_words_scripts_are_kept():
    assert read(r"\sin^2 x") == Apply(Word("sin"), (x,), sup=TWO, bracketed=False)
    assert read(r"\log_2 x") == Apply(Word("log"), (x,), sub=TWO, bracketed=False)
    assert read(r"\operatorname{relu}'(z)") == Apply(Word("relu"), (z,), primes=1)


def test_max_of_two_is_applied_and_max_over_an_index_is_big():
    assert read(r"\max\{a, b\}") == Apply(Word("max"), (a, b), fence="{")
    assert read(r"\max_{i} x_i") == Big("max", Binder((i,)), sub(x, i))


def test_a_maximiser_is_the_same_in_every_spelling():
    tree = same(
        r"\arg\max_u f(u)", r"\operatorname*{arg\,max}_u f(u)", r"\underset{u}{\arg\max} f(u)", r"\argmax_u f(u)",
        r"\underset{u}{\operatorname{argmax}}\ f(u)", r"\mathop{\mathrm{arg\,max}}_u f(u)",
    )  # fmt: skip
    assert tree == Big("argmax", Binder((u,)), times(f, Group(u)))


def test_a_word_alone_is_itself():
    assert read(r"\tanh") == Word("tanh")


def test_a_word_in_a_script_is_text():
    assert same(r"\lambda_{\max}", r"\lambda_\max", r"\lambda_{\text{max}}") == sub(Name(r"\lambda"), Text("max"))


# scripts


@pytest.mark.parametrize(
    "top", [r"\top", r"\intercal", r"\mathsf{T}", r"{\mathsf{T}}", r"{\mathrm T}", r"\text{T}", r"{\sf T}", r"\transpose", r"{\mathsf{\top}}"]
)  # fmt: skip
def test_every_spelling_of_the_transpose_is_one(top):
    assert read(f"A^{top}") == sup(A, TOP)


def test_a_plain_letter_above_stays_a_name():
    assert read("A^T") == sup(A, Name("T"))


def test_inverses_carry_their_sign():
    assert read("A^{-1}") == sup(A, minus(ONE))
    assert read(r"A^{-\top}") == sup(A, minus(TOP))
    assert read("A^{-T}") == sup(A, minus(Name("T")))


def test_entrywise_powers_are_marked():
    assert same(r"x^{\odot 2}", r"x^{\circ 2}") == sup(x, Entrywise((Symbol(r"\cdot"), TWO), (r"\odot",)))


def test_signs_as_scripts_are_symbols():
    assert same("x^*", "x^{*}", r"x^\ast") == sup(x, Symbol("*"))
    assert read(r"A^\dagger") == sup(A, Symbol(r"\dagger"))
    reals = Name(r"\mathbb{R}")
    assert read(r"\mathbb{R}_{++}") == sub(reals, Symbol("++"))
    assert read(r"\mathbb{R}_{>0}") == sub(reals, Symbol(">0"))
    assert same(r"\mathbb{R}_{\ge 0}", r"\mathbb{R}_{\geq 0}", "ℝ_{≥0}") == sub(reals, Symbol(r"\ge0"))


def test_whole_rows_and_columns_have_their_sign():
    assert read("W_{i,:}") == sub(W, Tuple((i, Symbol(":")), (",",)))
    assert read("W_{:,j}") == sub(W, Tuple((Symbol(":"), j), (",",)))
    assert read(r"W_{i\cdot}") == sub(W, times(i, Symbol(r"\cdot")))
    assert read(r"f(\cdot)") == times(f, Group(Symbol(r"\cdot")))


def test_labels_in_scripts_are_text_and_counters_are_bracketed():
    assert same(r"u^{\text{new}}", r"u^{\mathrm{new}}", r"u^\mathrm{new}") == sup(u, Text("new"))
    assert read("u^{new}") == sup(u, Text("new"))
    assert read("u^{net}") == sup(u, times(n, Name("e"), Name("t")))
    assert read("x^{(i)}") == sup(x, Group(i))
    assert read("a^{[l]}") == sup(a, Group(Name("l"), "["))


def test_primes_are_counted_wherever_they_stand():
    assert same("f'", r"f^\prime", r"f^{\prime}") == Scripted(f, None, None, 1)
    assert same("f''", r"f^{\prime\prime}", "f″") == Scripted(f, None, None, 2)
    assert same(r"\phi'_i", r"\phi_i'") == Scripted(PHI, i, None, 1)
    assert read(r"\phi'^2") == Scripted(PHI, None, TWO, 1)


def test_scripts_come_in_either_order():
    assert same("x^2_i", "x_i^2") == Scripted(x, i, TWO)


def test_second_scripts_are_refused():
    assert refused("x^2^3") == ("this is a second superscript on the same symbol", "^")
    assert refused("x_1_2") == ("this is a second subscript on the same symbol", "_")


def test_a_script_without_braces_is_one_digit_as_it_is_set():
    assert read("x^23") == times(sup(x, TWO), number(3))
    assert refused("10^-1")[1] == "-1"


# sums and products


def test_the_sign_belongs_to_the_term():
    assert read("-a b + c") == Add((("-", times(a, b)), ("+", c)))
    assert read(r"a \pm b") == Add((("+", a), ("±", b)))
    assert read("-x^2") == minus(sup(x, TWO))


def test_products_are_flat_and_keep_their_signs():
    assert read(r"a \cdot b c / d \times x * y \otimes z") == Product(
        (a, b, c, d, x, y, z), (r"\cdot", "", "/", r"\times", "*", r"\otimes")
    )


def test_the_entrywise_product_is_looser_than_a_product_and_tighter_than_a_sum():
    assert read(r"a \odot b c + d") == plus(Entrywise((a, times(b, c)), (r"\odot",)), d)


def test_a_sign_behind_a_product_sign_is_that_of_the_factor():
    assert read(r"a \cdot -b c") == read(r"a \cdot (-b) c")
    assert refused("a / -b")[1] == "-"


def test_two_numbers_side_by_side_are_refused():
    assert refused("2 3") == ("two numbers stand side by side", "2 3")


def test_a_power_of_ten_in_programmers_spelling_is_refused():
    assert refused("1e-3")[1] == "1e"
    assert read("1 e - 3") == Add((("+", times(ONE, Name("e"))), ("-", number(3))))


def test_invisible_braces_change_nothing_that_is_seen():
    assert read("{a + b} + c") == plus(a, b, c)
    assert read("2{ab}") == times(TWO, a, b)
    assert read("{x}_i") == sub(x, i)
    assert read("a {}+ b") == plus(a, b)


@pytest.mark.parametrize("latex", ["{a + b} c", "-{a + b}", "{ab}^2", "c/{ab}"])
def test_invisible_braces_that_would_be_needed_are_refused(latex):
    assert "invisible" in refused(latex)[0]


def test_explanations_and_colours_are_read_through():
    assert read(r"\underbrace{a + b}_{\text{why}} + c") == plus(a, b, c)
    assert read(r"\textcolor{red}{a} + \color{blue}{b} + \color{red} c") == plus(a, b, c)
    assert read(r"\boxed{a}") == Boxed(a)


# fractions, roots, brackets


def test_fractions_in_every_spelling():
    half = Fraction_(ONE, TWO)
    assert same(r"\frac12", r"\frac{1}{2}", r"\tfrac 12", r"\dfrac{1}{2}", r"{1 \over 2}", "½") == half
    assert read(r"\frac ab^2") == sup(Fraction_(a, b), TWO)


def test_roots_have_an_index():
    assert read(r"\sqrt2") == Root(TWO)
    assert read(r"\sqrt[3]{x}") == Root(x, number(3))


def test_brackets_keep_their_form():
    assert [read(text).fence for text in ("(a)", "[a]", r"\{a\}", r"\left[a\right]")] == ["(", "[", "{", "["]


def test_lists_stand_in_brackets():
    assert read(r"f(x; \theta, y)") == times(f, Group(Tuple((x, Name(r"\theta"), y), (";", ","))))
    assert read(r"\{1, \dots, n\}") == Group(Tuple((ONE, Symbol(r"\dots"), n), (",", ",")), "{")


def test_a_bar_inside_brackets_is_a_condition():
    assert same("p(x|z)", r"p(x \mid z)", r"p\left(x \middle| z\right)") == times(Name("p"), Group(Given(x, z)))
    assert read(r"p(x, y | z)").factors[1] == Group(Given(Tuple((x, y), (",",)), z))


def test_a_double_bar_inside_brackets_separates_what_diverges():
    assert same(r"K(q \| p)", r"K(q || p)", r"K(q \parallel p)").factors[1] == Group(
        Tuple((Name("q"), Name("p")), (r"\|",))
    )


def test_bars_find_their_partners():
    assert same("|x|", r"\lvert x \rvert", r"\left|x\right|", r"\vert x\vert", r"\big|x\big|") == Bars(x, False)
    assert same(r"\|x\|", r"\lVert x \rVert", "||x||", r"\left\|x\right\|") == Bars(x, True)
    assert read("|x||y|") == times(Bars(x, False), Bars(y, False))
    assert read("2|x|y") == times(TWO, Bars(x, False), y)
    assert read("(|a| - |b|)") == Group(Add((("+", Bars(a, False)), ("-", Bars(b, False)))))
    assert read(r"\|x\|_2^2") == Scripted(Bars(x, True), TWO, TWO)
    assert read(r"\log|A| y") == times(Apply(Word("log"), (Bars(A, False),), bracketed=False), y)


def test_angles_hold_their_members():
    assert same(r"\langle x, y \rangle", r"\left\langle x, y \right\rangle", "⟨x, y⟩") == Angle((x, y))


def test_indicators_hold_a_comparison():
    positive = Compare((x, ZERO), (">",))
    assert read(r"\mathbb{1}[x > 0]") == times(Name(r"\mathbb{1}"), Group(positive, "["))
    assert read(r"\mathbf{1}_{x > 0}") == sub(Name(r"\mathbf{1}"), positive)
    assert read(r"\mathbf{1}_{\{x > 0\}}") == sub(Name(r"\mathbf{1}"), Group(positive, "{"))


def test_relations_inside_brackets_are_canonical():
    assert read(r"(a \leq b \neq c)") == Group(Compare((a, b, c), (r"\le", r"\ne")))


# matrices and cases


def test_matrices_have_rows_and_a_fence():
    rows = ((ONE, ZERO), (a, b))
    body = r" 1 & 0 \\ a & b \\ "
    assert read(rf"\begin{{pmatrix}}{body}\end{{pmatrix}}") == MatrixNode(rows, "(")
    assert read(rf"\begin{{bmatrix}}{body}\end{{bmatrix}}") == MatrixNode(rows, "[")
    assert read(rf"\begin{{vmatrix}}{body}\end{{vmatrix}}") == MatrixNode(rows, "|")
    assert read(rf"\left(\begin{{array}}{{cc}}{body}\end{{array}}\right)") == MatrixNode(rows, "(")
    assert read(rf"\begin{{smallmatrix}}{body}\end{{smallmatrix}}") == MatrixNode(rows, "")


def test_ragged_and_empty_cells_are_refused():
    assert refused(r"\begin{pmatrix} a & b \\ c \end{pmatrix}") == (
        "row 2 of the matrix has 1 entry and the first row 2 entries",
        "c",
    )
    assert refused(r"\begin{pmatrix} a & \\ c & d \end{pmatrix}")[0] == "this cell is empty"


def test_cases_drop_their_words_and_commas():
    tree = same(
        r"\begin{cases} 1, & \text{if } x > 0, \\ 0 & \text{otherwise.} \end{cases}",
        r"\begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}",
        r"\begin{cases} 1 & \mathrm{if}\ x > 0 \\ 0 \end{cases}",
        r"\begin{cases} 1 \text{ if } x > 0 \\ 0 \text{ otherwise} \end{cases}",
        r"\begin{cases} 1 & \text{if $x > 0$} \\ 0 & \text{otherwise} \end{cases}",
        r"\left\{ \begin{array}{ll} 1, & \quad x > 0 \\ 0, & \text{otherwise} \end{array} \right.",
    )
    assert tree == Cases(((ONE, Compare((x, ZERO), (">",))), (ZERO, None)))


def test_broken_lines_are_one_line():
    assert read(r"\begin{aligned} a &+ b \\ &+ c \end{aligned}") == plus(a, b, c)
    assert "does not continue" in refused(r"\begin{aligned} a \\ b \end{aligned}")[0]


# sums over an index


def test_what_a_sum_runs_over():
    def binder(below: str) -> Binder:
        return read(rf"\sum_{{{below}}} a").binder

    assert binder("i") == Binder((i,))
    assert binder("i, j") == Binder((i, j))
    assert binder(r"j \ne i") == Binder((j,), condition=Compare((j, i), (r"\ne",)))
    assert binder("i < j") == Binder((i, j), condition=Compare((i, j), ("<",)))
    assert binder("j > i") == Binder((j,), condition=Compare((j, i), (">",)))
    assert binder(r"i \in S") == Binder((i,), condition=Compare((i, Name("S")), (r"\in",)))
    assert binder(r"1 \le i \le n") == Binder((i,), condition=Compare((ONE, i, n), (r"\le", r"\le")))
    assert binder(r"i=1, \dots, n") == Binder((i,), ONE, n)


def test_a_sum_has_bounds():
    assert read(r"\sum\limits_{i=1}^{n} a") == Big("sum", Binder((i,), ONE, n), a)
    assert read(r"\sum_{i,j=1}^{n} a") == Big("sum", Binder((i, j), ONE, n), a)
    assert read(r"\sum_{\substack{i=1 \\ i \ne j}}^n a").binder == Binder((i,), ONE, n, Compare((i, j), (r"\ne",)))


def test_a_bound_index_is_not_bound_again():
    inner = read(r"\sum_i \sum_{i<j} a").body
    assert inner.binder.names == (i,)


def test_a_sum_that_does_not_say_over_what_is_refused():
    assert refused(r"\sum x")[0] == r"`\sum` does not say what it runs over"


XI = sub(x, i)


def test_a_sum_takes_the_rest_of_its_product():
    assert read(r"2 \sum_i x_i y") == times(TWO, Big("sum", Binder((i,)), times(XI, y)))
    assert read(r"\sum_i x_i \odot y + c") == plus(Big("sum", Binder((i,)), Entrywise((XI, y), (r"\odot",))), c)


def test_a_sum_reaches_to_the_last_term_with_its_index():
    assert read(r"\sum_i x_i - c") == Add((("+", Big("sum", Binder((i,)), XI)), ("-", c)))
    assert read(r"\sum_i x_i + 2 x_i y + c") == plus(Big("sum", Binder((i,)), plus(XI, times(TWO, XI, y))), c)
    assert read(r"\sum_i x_i + a + x_i") == Big("sum", Binder((i,)), plus(XI, a, XI))


def test_sums_over_the_same_index_are_two():
    one = Big("sum", Binder((i,)), XI)
    assert read(r"\sum_i x_i + \sum_i x_i") == plus(one, one)


def test_nested_sums_reach_each_for_its_own_index():
    inner = Big("sum", Binder((j,)), plus(sub(x, times(i, j)), sub(y, j)))
    assert read(r"\prod_i \sum_j x_{ij} + y_j + z_i + c") == plus(Big("prod", Binder((i,)), plus(inner, sub(z, i))), c)


def test_a_sum_ends_with_its_bracket():
    assert read(r"(\sum_i x_i) + x_i") == plus(Group(Big("sum", Binder((i,)), XI)), XI)


def test_integrals_end_with_their_differential():
    fx = times(f, Group(x))
    assert read(r"\int_0^1 f(x) \, dx + c") == plus(Big("int", Binder((x,), ZERO, ONE), fx), c)
    assert read(r"\int f(x) + c \,\mathrm{d}x") == Big("int", Binder((x,)), plus(fx, c))
    assert read(r"\int\int a \,dx\,dy") == Big("int", Binder((y,)), Big("int", Binder((x,)), a))
    assert refused(r"\int f(x)")[0] == "the integral has no `dx`"


# derivatives


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{\partial \ell}{\partial W}", r"\dfrac{\partial\ell}{\partial W}", r"\partial \ell / \partial W", "∂ℓ/∂W",
        r"\pdv{\ell}{W}", r"{\partial \ell \over \partial W}",
    ],
)  # fmt: skip
def test_a_partial_derivative_in_every_spelling(latex):
    assert read(latex) == Derivative(ELL, (W,))


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{d y}{d x}", r"\frac{\mathrm{d} y}{\mathrm{d} x}", r"\mathrm{d}y/\mathrm{d}x", "dy/dx", r"\dv{y}{x}",
        r"\frac{{\rm d}y}{{\rm d}x}", r"\frac{\operatorname{d}\!y}{\operatorname{d}\!x}", r"\frac{\text{d}y}{\text{d}x}",
    ],
)  # fmt: skip
def test_a_total_derivative_in_every_spelling(latex):
    assert read(latex) == Derivative(y, (x,), "d")


@pytest.mark.parametrize("latex", [r"\frac{d}{2}", r"\frac{d}{d + 1}", r"\frac{d_1}{d_2}", r"\frac{dx}{x}", "d/d"])
def test_a_quotient_of_names_called_d_is_no_derivative(latex):
    assert not isinstance(read(latex), Derivative)


def test_higher_derivatives_have_one_variable_an_order():
    assert read(r"\frac{\partial^2 f}{\partial x \partial y}") == Derivative(f, (x, y))
    assert same(r"\frac{\partial^2 f}{\partial x^2}", r"\pdv[2]{f}{x}", r"\partial^2 f / \partial x^2") == Derivative(
        f, (x, x)
    )
    assert read(r"\frac{\partial^2 f}{\partial x\,\partial x^\top}") == Derivative(f, (x, sup(x, TOP)))
    assert read(r"\frac{d^2 y}{dx^2}") == Derivative(y, (x, x), "d")
    assert "orders differ" in refused(r"\frac{\partial^2 f}{\partial x}")[0]


def test_a_square_below_a_first_derivative_is_the_variable():
    assert read(r"\frac{\partial \ell}{\partial \sigma^2}") == Derivative(ELL, (sup(SIGMA, TWO),))


def test_targets_and_variables_may_be_composed():
    assert read(r"\frac{\partial (W x + b)}{\partial W}") == Derivative(Group(plus(times(W, x), b)), (W,))
    assert read(r"\frac{\partial y_i}{\partial x_j}") == Derivative(sub(y, i), (sub(x, j),))
    assert read(r"\frac{d\ell(y)}{d y}") == Derivative(times(ELL, Group(y)), (y,), "d")
    assert read(r"\frac{\partial f}{\partial f(x)}") == Derivative(f, (times(f, Group(x)),))
    assert read(r"\frac{\partial \ell}{\partial W^{(1)}}") == Derivative(ELL, (sup(W, Group(ONE)),))
    assert "how far" in refused(r"\frac{\partial W x + b}{\partial W}")[0]


def test_a_derivative_of_what_follows_reaches_to_the_last_term_with_its_variable():
    def by_x(target: Node) -> Derivative:
        return Derivative(target, (x,), operator=True)

    assert read(r"\frac{\partial}{\partial x} a x + b") == plus(by_x(times(a, x)), b)
    assert read(r"\frac{\partial}{\partial x} a x + x + b") == plus(by_x(plus(times(a, x), x)), b)
    assert read(r"\frac{\partial}{\partial x} (a + b) + x") == plus(by_x(Group(plus(a, b))), x)


def test_derivatives_by_the_same_variable_are_terms_of_their_own():
    one = Derivative(x, (x,), "d", operator=True)
    assert read(r"\frac{d}{dx} x + \frac{d}{dx} x") == plus(one, one)


def test_a_derivative_by_one_weight_does_not_reach_another():
    assert isinstance(read(r"\frac{\partial}{\partial W_1} a + W_2"), Add)
    assert isinstance(read(r"\frac{\partial}{\partial W_1} a + W_1"), Derivative)


def test_a_derivative_of_nothing_is_refused():
    assert refused(r"(\frac{\partial}{\partial x}) f")[0] == "this derivative has nothing to act on"


def test_nabla_keeps_its_variable_and_order():
    assert read(r"\nabla f") == times(Nabla(None), f)
    assert read(r"\nabla_{W} \ell") == times(Nabla(W), ELL)
    assert same(r"\nabla^2_x f", r"\nabla_x^2 f") == times(Nabla(x, 2), f)
    assert read(r"\partial_x f") == times(Nabla(x, 1, PARTIAL), f)


def test_what_is_held_fixed_stands_behind_a_bar():
    partial = Derivative(ELL, (W,))
    held = same(
        r"\left. \frac{\partial \ell}{\partial W} \right|_{r}", r"\frac{\partial \ell}{\partial W}\Big|_{r}",
        r"\frac{\partial \ell}{\partial W}\bigg\rvert_r", r"\frac{\partial \ell}{\partial W}\,|_{r}",
        r"\frac{\partial \ell}{\partial W}\Bigr|_{r}",
    )  # fmt: skip
    assert held == Held(partial, r)
    at = Compare((x, ZERO), ("=",))
    assert read(r"\frac{dy}{dx}\Big|_{x=0}") == Held(Derivative(y, (x,), "d"), at)
    assert read(r"f(x)\Big|_{x=0}") == Held(times(f, Group(x)), at)
    assert read(r"a \frac{dy}{dx}\Big|_r").factors[1] == Held(Derivative(y, (x,), "d"), r)


def test_a_derivative_may_stand_in_two_pairs_of_braces():
    assert read(r"{\partial \ell} / {\partial W}") == Derivative(ELL, (W,))


def test_a_family_is_a_set_with_scripts():
    assert read(r"\{x_i\}_{i=1}^n") == Scripted(Group(XI, "{"), Compare((i, ONE), ("=",)), n)


def test_primes_may_stand_before_another_script():
    assert read(r"f^{\prime\top}") == Scripted(f, None, TOP, 1)


def test_an_evaluation_in_square_brackets_is_refused():
    assert "condition below" in refused(r"\left[f\right]_{x=0}")[0]


# what is not understood


@pytest.mark.parametrize(
    ("latex", "message", "at"),
    [
        ("(a + b", "`(` is never closed", "("),
        (r"\left[ a", "`[` is never closed", r"\left["),
        ("a + b)", "`)` closes nothing", ")"),
        ("{a + (b}", "`(` is never closed", "("),
        ("a + {b", "`{` is never closed", "{"),
        ("|a + b", "`|` is never closed", "|"),
        (r"\begin{pmatrix} a", r"`\begin{pmatrix}` is never closed", r"\begin{pmatrix}"),
        (r"\begin{pmatrix} a \end{bmatrix}", r"`\begin{pmatrix}` is closed by `\end{bmatrix}`", r"\end{bmatrix}"),
        ("f(a, b]", "`(` is closed by `]`", "("),
        ("()", "nothing stands inside `()`", "()"),
        ("a +", "a symbol is expected where the formula ends", ""),
        ("a = b", "`=` stands inside one expression", "="),
        (r"\simga x", r"`\simga` is not known", r"\simga"),
        (r"a + \lfloor x \rfloor", "the floor function is not read", r"\lfloor"),
        ("n!!", "double factorials are not read", "!!"),
        (r"a \cdot", r"a factor behind `\cdot` is expected where the formula ends", ""),
        (r"\partial f", r"`\partial` stands outside a derivative", r"\partial"),
        ("", "there is no formula here", ""),
    ],
)
def test_the_first_thing_not_understood_is_said_and_pointed_at(latex, message, at):
    assert refused(latex) == (message, at)


def test_a_misspelled_command_is_offered_its_neighbour():
    with pytest.raises(ParseError) as caught:
        read(r"\simga")
    assert caught.value.help == r"did you mean `\sigma`?"


def test_what_is_struck_out_is_refused_with_the_reason():
    assert "struck out" in refused(r"a \cancel{b}")[0]


def test_prose_inside_a_formula_is_refused():
    assert refused(r"a \text{ such that } b")[1] == r"\text{ such that }"


@pytest.mark.parametrize("nested", ["(" * 300 + "a" + ")" * 300, "{" * 300 + "a" + "}" * 300, "a^{" * 300 + "a" + "}" * 300,
                                    r"\sqrt" * 500 + "a", r"\log" * 500 + "a", r"\sum_i " * 500 + "a", r"\hat" * 500 + "a",
                                    r"\frac{1}{" * 300 + "a" + "}" * 300])  # fmt: skip
def test_deep_nesting_ends_with_a_parse_error(nested):
    assert refused(nested)[0] == "this is nested too deeply"


def test_usual_nesting_is_read():
    assert read("(" * 40 + "a" + ")" * 40)


# spans, macros, any text


def test_every_node_knows_where_it_stands():
    text = r"W^\top (x + \phi'(z)) - \frac{1}{2}"
    tree = read(text)
    shown = [text[term.span.start : term.span.end] for _, term in tree.terms]
    assert shown == [r"W^\top (x + \phi'(z))", r"\frac{1}{2}"]
    group = tree.terms[0][1].factors[1]
    assert text[group.span.start : group.span.end] == r"(x + \phi'(z))"
    assert text[group.body.terms[1][1].span.start : group.body.terms[1][1].span.end] == r"\phi'(z)"


def test_offsets_are_those_of_the_document():
    text = "prose $a + b$"
    tree = parse(tokenize(text, Span(7, 12), {}))
    assert tree.span == Span(7, 12)


def test_macros_are_expanded():
    macros = {r"\pd": Macro(r"\pd", 2, r"\frac{\partial #1}{\partial #2}"), r"\R": Macro(r"\R", 0, r"\mathbb{R}")}
    assert parse_expression(r"\pd{\ell}{W}", macros) == Derivative(ELL, (W,))
    assert parse_expression(r"\R^n", macros) == sup(Name(r"\mathbb{R}"), n)


PIECES = sorted(
    words(
        r"""a b x d i n W 1 2 0.5 + - * / = < , ; : ! | \| & ' ^ _ ( ) [ ] \{ \} { } \\ \frac \partial \nabla \sum_i \sum \int
\max \arg \log \operatorname{tr} \mathrm{loss} \text{if} \text{new} \mathbf \hat \left. \right. \left( \right) \left| \right|
\left\{ \right\} \Big| \mid \langle \rangle \begin{pmatrix} \end{pmatrix} \begin{cases} \end{cases} \begin{aligned} \end{aligned}
\sqrt \boxed \underbrace \odot \cdot \top \in \ne \dots \over \pm \quad \substack \underset \pdv {\rm \cancel ² ₁ √ ∂ \prime dx
dy/dx {} ^{ _{ ^\top _{i} ^2 \frac{d}{dx} \frac{\partial\ f}{\partial\ x} \int_0^1 || ."""
    )
)


def parsed_or_refused(latex: str) -> None:
    """Every place, in the tree or in the error, is inside the text."""
    places = []
    stack: list[object] = []
    try:
        stack.append(parse_expression(latex))
    except ParseError as error:
        places.append(error.span)
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack += node
        elif isinstance(node, Node):
            places.append(node.span)
            stack += [getattr(node, field.name) for field in fields(node)]
    assert all(0 <= place.start <= place.end <= len(latex) for place in places)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    parsed_or_refused(text)


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join))
def test_any_heap_of_latex_is_read_or_refused(latex):
    parsed_or_refused(latex)


LEAVES = st.sampled_from(
    ["a", "x_i", "W", "2", r"\phi(z)", r"\hat{y}", "A^\\top", r"\sum_i x_i", r"\frac{dy}{dx}", "|x|", r"\log x"]
)


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        pair.map(lambda p: f"({p[0]} + {p[1]})"), pair.map(lambda p: rf"\left({p[0]}\right) \odot \left[{p[1]}\right]"),
        pair.map(lambda p: rf"\frac{{{p[0]}}}{{{p[1]}}}"), pair.map(lambda p: f"({p[0]})^{{{p[1]}}}"), inner.map(lambda p: rf"\sqrt{{{p}}}"),
        inner.map(lambda p: rf"\left\|{p}\right\|"), pair.map(lambda p: rf"\max({p[0]}, {p[1]})"), inner.map(lambda p: rf"(-\boxed{{{p}}})"),
        pair.map(lambda p: rf"\begin{{pmatrix}} {p[0]} & 0 \\ 1 & {p[1]} \end{{pmatrix}}"),
    )  # fmt: skip


@given(st.recursive(LEAVES, combined, max_leaves=12))
def test_well_formed_latex_is_read(latex):
    try:
        parse_expression(latex)
    except ParseError as error:
        pytest.fail(f"{latex}: {error.message}")


@pytest.mark.parametrize("piece", ["a_i x + ", r"|a| + ", r"\sum_i a_i + ", r"(d(a)) + ", r"\frac{d}{dx} x + "])
def test_a_formula_of_twice_the_length_is_not_much_more_than_twice_the_work(piece):
    once, twice = (piece * (size // len(piece)) + "a" for size in (700, 1400))
    # What a derivative is taken of reaches to the end: the formulas inside one another are a square.
    most = 3.0 if piece.startswith(r"\frac") else 2.2
    assert calls(lambda: parse_expression(twice)) < most * calls(lambda: parse_expression(once))
