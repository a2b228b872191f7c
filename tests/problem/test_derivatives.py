"""Derivatives: layouts, linked chains, what is held fixed, intermediates."""

from __future__ import annotations

import pytest

from tests.problem.asking import HOLDS, NOT_CHECKED, UNDECIDED, WRONG, claims, finding, only, outcome, outcomes, told

BLOCK = (
    r"Let $x, b, c \in \mathbb{R}^{D}$, $W, V \in \mathbb{R}^{D \times D}$, $\phi : \mathbb{R} \to \mathbb{R}$ and"
    r" $\ell : \mathbb{R}^{D} \to \mathbb{R}$."
    "\n\n"
    r"$$ z = W x + b, \quad h = \phi(z) + x, \quad r = V h + c, \quad y = \phi(r) + h $$"
    "\n\nWith the loss $\\ell(y)$,\n\n"
)
PLAIN = (
    r"Let $x \in \mathbb{R}^{n}$, $u \in \mathbb{R}^m$, $A \in \mathbb{R}^{m \times n}$, $B \in \mathbb{R}^{n \times n}$, $s, t \in \mathbb{R}$"
    r" and $f : \mathbb{R}^m \to \mathbb{R}$."
    "\n\n"
)
G = r"\frac{\partial \ell}{\partial y}"


def block(latex: str) -> str:
    return f"{BLOCK}$$ {latex} $$\n"


def plain(latex: str) -> str:
    return f"{PLAIN}$$ {latex} $$\n"


@pytest.mark.parametrize(
    ("latex", "kind", "is_so"),
    [
        (r"\frac{\partial (u^\top A x)}{\partial A} = u x^\top", "gradient", HOLDS),
        (r"\frac{\partial (u^\top A x)}{\partial A} = x u^\top", "statement", WRONG),
        (r"\frac{\partial (u^\top A x)}{\partial x} = A^\top u", "gradient", HOLDS),
        (r"\frac{\partial (u^\top A x)}{\partial x^\top} = u^\top A", "gradient", HOLDS),
        (r"\frac{\partial (A x)}{\partial x} = A", "jacobian", HOLDS),
        (r"\frac{\partial (A x)}{\partial x} = A^\top", "jacobian", WRONG),
        (r"\frac{\partial (B x)}{\partial x} = B", "jacobian", HOLDS),
        (r"\frac{\partial (B x)}{\partial x} = B^\top", "jacobian", WRONG),
        (r"\frac{\partial (s A)}{\partial s} = A", "derivative", HOLDS),
        (r"\frac{\partial^2 (x^\top B x)}{\partial x \partial x^\top} = B + B^\top", "hessian", HOLDS),
        (r"\nabla_x^2 (x^\top B x) = 2 B", "hessian", WRONG),
        (r"\nabla_A f(A x) = \nabla f(A x) x^\top", "gradient", HOLDS),
        (r"\frac{d}{dt} \sin(s t) = s \cos(s t)", "gradient", HOLDS),
        (r"\frac{\partial^2}{\partial s \partial t} s^2 t^3 = 6 s t^2", "derivative", HOLDS),
        (r"\frac{\partial^2}{\partial s^2} s^3 = 6 s", "derivative", HOLDS),
        (r"\frac{\partial \log |\det B|}{\partial B} = B^{-\top}", "gradient", HOLDS),
        (r"\frac{\partial \operatorname{tr}(B^2)}{\partial B} = 2 B", "gradient", WRONG),
    ],
)
def test_a_derivative_of_a_scalar_has_the_variables_shape_and_a_jacobian_is_target_by_variable(latex, kind, is_so):
    result = only(plain(latex))
    assert result.verdict.outcome is is_so
    if kind != "statement":
        assert result.kind == kind


def test_a_gradient_in_the_shape_of_the_transpose_is_a_mismatch_that_asks_for_one():
    found = finding(plain(r"\frac{\partial (u^\top A x)}{\partial A} = x u^\top"))
    assert found.code == "shape-mismatch"
    assert "m × n" in found.message
    assert "n × m" in found.message
    assert found.help.startswith("swap `x` and `u`; the line is then proved")


@pytest.mark.parametrize(
    ("latex", "shape_layout", "numerator"),
    [
        (r"\frac{\partial (u^\top A x)}{\partial x} = A^\top u", HOLDS, WRONG),
        (r"\frac{\partial (u^\top A x)}{\partial x} = u^\top A", WRONG, HOLDS),
        (r"\frac{\partial (u^\top A x)}{\partial A} = x u^\top", WRONG, HOLDS),
        (r"\frac{\partial (A x)}{\partial x} = A", HOLDS, HOLDS),
        (r"\nabla_x (u^\top A x) = A^\top u", HOLDS, HOLDS),
    ],
)
def test_the_numerator_layout_can_be_declared_and_a_nabla_stays_a_column(latex, shape_layout, numerator):
    assert outcome(plain(latex)) is shape_layout
    assert outcome("<!-- derivcheck: layout numerator -->\n" + plain(latex)) is numerator


def test_in_a_square_numerator_layout_only_the_values_tell_and_the_other_layout_is_named():
    text = plain(r"\frac{\partial (x^\top B x + \operatorname{tr}(B A^\top A))}{\partial B} = x x^\top + A^\top A")
    assert outcome(text) is HOLDS
    other = plain(r"\frac{\partial \operatorname{tr}(B A^\top A B B)}{\partial B} = 0 B")
    assert outcome(other) is WRONG
    transposed = plain(r"\frac{\partial (x^\top B (A^\top u))}{\partial B} = A^\top u x^\top")
    assert outcome(transposed) is WRONG
    assert "reading: it holds transposed (the other layout)" in finding(transposed).facts


def test_the_derivative_by_an_intermediate_is_the_total_one_through_everything_downstream():
    total = rf"\frac{{\partial \ell}}{{\partial h}} = {G} + V^\top ({G} \odot \phi'(r))"
    assert outcome(block(total)) is HOLDS
    skip_only = rf"\frac{{\partial \ell}}{{\partial h}} = {G}"
    assert outcome(block(skip_only)) is WRONG


def test_only_the_skip_path_is_wrong_with_the_held_intermediate_named_as_the_reading():
    found = finding(block(rf"\frac{{\partial \ell}}{{\partial h}} = {G}"))
    assert found.code == "wrong-gradient"
    assert "reading: it holds with `r` held fixed: the path through `r` is missing" in found.facts


def test_a_derivative_with_a_name_held_fixed_is_asked_for_with_a_bar():
    assert outcome(block(rf"\left.\frac{{\partial \ell}}{{\partial h}}\right|_{{r}} = {G}")) is HOLDS
    both = rf"\left.\frac{{\partial \ell}}{{\partial h}}\right|_{{r}} = {G} + V^\top ({G} \odot \phi'(r))"
    assert outcome(block(both)) is WRONG
    skip = rf"\left.\frac{{\partial \ell}}{{\partial W}}\right|_{{r}} = ({G} \odot \phi'(z)) x^\top"
    assert outcome(block(skip)) is HOLDS


def test_a_bar_with_a_value_below_evaluates_the_derivative_there():
    text = "Let $t \\in \\mathbb{R}$.\n\n$$ \\left.\\frac{d \\sin(2 t)}{d t}\\right|_{t = 0} = 2 $$\n"
    assert outcome(text) is HOLDS
    assert outcome(text.replace("= 2 $$", "= 1 $$")) is WRONG


def test_a_name_downstream_does_not_move_what_is_upstream_of_it():
    assert outcome(block(r"\frac{\partial h}{\partial r} = 0")) is HOLDS
    assert outcome(block(r"\frac{\partial h}{\partial r} = I")) is WRONG


@pytest.mark.parametrize(
    "latex",
    [
        rf"\frac{{\partial \ell}}{{\partial V}} = {G} \frac{{\partial y}}{{\partial r}} \frac{{\partial r}}{{\partial V}}",
        rf"\frac{{\partial \ell}}{{\partial c}} = {G} \cdot \frac{{\partial y}}{{\partial r}} \cdot \frac{{\partial r}}{{\partial c}}",
        rf"\frac{{\partial \ell}}{{\partial h}} = {G} \frac{{\partial y}}{{\partial r}} \frac{{\partial r}}{{\partial h}} + {G} \frac{{\partial y}}{{\partial h}}",
        r"\frac{\partial \ell}{\partial W} = \frac{\partial \ell}{\partial h} \frac{\partial h}{\partial z} \frac{\partial z}{\partial W}",
        r"\frac{\partial y}{\partial c} = \frac{\partial y}{\partial r} \frac{\partial r}{\partial c}",
    ],
)
def test_linked_partials_are_the_composition_of_direct_linear_maps_along_that_path(latex):
    assert outcome(block(latex)) is HOLDS


def test_a_chain_that_takes_a_link_twice_or_misses_one_is_wrong():
    twice = rf"\frac{{\partial \ell}}{{\partial c}} = {G} \frac{{\partial y}}{{\partial r}} \frac{{\partial y}}{{\partial r}} \frac{{\partial r}}{{\partial c}}"
    assert outcome(block(twice)) is not HOLDS
    missing = rf"\frac{{\partial \ell}}{{\partial c}} = {G} \frac{{\partial r}}{{\partial c}}"
    assert outcome(block(missing)) is not HOLDS


def test_a_chain_that_is_right_only_with_total_factors_is_never_a_pass_and_both_readings_are_named():
    text = block(rf"\frac{{\partial \ell}}{{\partial h}} = {G} \frac{{\partial y}}{{\partial h}}")
    assert outcome(text) is NOT_CHECKED
    words = told(finding(text))
    assert "total" in words
    assert "direct" in words


def test_a_chain_that_is_right_under_no_reading_is_wrong():
    text = block(
        rf"\frac{{\partial \ell}}{{\partial b}} = 2 {G} \frac{{\partial y}}{{\partial h}} \frac{{\partial h}}{{\partial b}}"
    )
    assert outcome(text) is WRONG


@pytest.mark.parametrize(
    ("right", "mistaken"),
    [
        (r"\odot \phi'(r)", r"\odot \phi'(x)"),
        (r"\odot \phi'(r)", r"\odot \phi'(r) \odot \phi'(r)"),
        (r"\odot \phi'(r)", r"\odot \phi(r)"),
        (r"V^\top", "V"),
        (rf" + {G}", ""),
        (rf" + {G}", rf" - {G}"),
        (r"V^\top", r"2 V^\top"),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_every_common_mistake_in_a_backward_pass_is_wrong_and_the_right_line_holds(right, mistaken, seed):
    line = block(rf"\frac{{\partial \ell}}{{\partial b}} = (V^\top ({G} \odot \phi'(r)) + {G}) \odot \phi'(z)")
    assert outcome(line, seed) is HOLDS
    changed = line.replace(right, mistaken, 1) if right in line else line
    assert changed != line
    assert outcome(changed, seed) is WRONG


@pytest.mark.parametrize("seed", range(5))
def test_a_relative_error_of_1e_8_in_a_gradient_is_wrong_at_every_seed(seed):
    text = block(
        rf"\frac{{\partial \ell}}{{\partial V}} = ({G} \odot \phi'(r)) h^\top + 10^{{-8}} ({G} \odot \phi'(r)) h^\top"
    )
    assert outcome(text, seed) is WRONG


def test_the_smallest_relative_error_that_could_have_been_seen_is_stated():
    evidence = only(block(rf"\frac{{\partial \ell}}{{\partial c}} = {G} \odot \phi'(r)")).verdict.evidence
    seen = {e.oracle: e.detectable for e in evidence if e.oracle != "modular"}
    assert seen.keys() == {"autograd", "differences"}
    assert all(0 < detectable < 1e-8 for detectable in seen.values())


def test_a_name_defined_as_a_partial_is_that_partial_also_as_the_first_link_of_a_chain():
    text = BLOCK + (
        r"$$ \delta = \frac{\partial \ell}{\partial r} $$"
        "\n\n"
        rf"$$ \delta = {G} \odot \phi'(r) $$"
        "\n\n"
        r"$$ \frac{\partial \ell}{\partial V} = \delta h^\top $$"
        "\n\n"
        r"$$ \frac{\partial \ell}{\partial V} = \delta \frac{\partial r}{\partial V} $$"
        "\n\n"
        r"$$ \frac{\partial \ell}{\partial V} = h \delta^\top $$"
        "\n"
    )
    assert outcomes(text) == ["holds", "holds", "holds", "wrong"]


def test_the_derivative_of_a_column_by_a_matrix_is_no_matrix_and_is_not_checked():
    text = block(r"\frac{\partial r}{\partial V} = h")
    assert outcome(text) is NOT_CHECKED
    assert finding(text).code == "tensor-derivative"


def test_a_derivative_is_by_a_name_and_not_by_an_expression():
    text = plain(r"\frac{\partial (s t)^2}{\partial (s t)} = 2 s t")
    assert outcome(text) is NOT_CHECKED
    assert finding(text).code == "derivative"


def test_a_derivative_by_something_it_does_not_depend_on_is_undecided_unless_the_claim_literally_says_zero():
    assert outcome(plain(r"\frac{\partial f(u)}{\partial x} = 0")) is HOLDS
    assert outcome(plain(r"\frac{\partial f(u)}{\partial x} = \mathbf{0}")) is HOLDS
    assert outcome(plain(r"\frac{\partial f(u)}{\partial x} = x - x")) is UNDECIDED
    assert outcome(plain(r"\frac{\partial f(u)}{\partial x} = 0 x")) is UNDECIDED
    assert outcome(plain(r"\frac{\partial f(u)}{\partial x} = x")) is WRONG


def test_formulas_for_numbers_in_a_document_of_vectors_are_wrong_with_that_reading():
    text = block(rf"\frac{{\partial \ell}}{{\partial V}} = {G} \phi'(r) h")
    assert outcome(text) is WRONG
    found = finding(text)
    assert found.code == "shape-mismatch"
    assert any("it holds for scalars" in fact for fact in found.facts)


def test_a_member_of_a_chain_is_not_elaborated_twice():
    names = [
        claim.name
        for claim in claims(block(rf"\frac{{\partial \ell}}{{\partial c}} = {G} \odot \phi'(r) = \phi'(r) \odot {G}"))
    ]
    assert names == ["grad-c", "grad-c-2"]


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{\partial \log \det B}{\partial B} = B^{-\top}",
        r"\frac{d \log s}{d s} = \frac{1}{s}",
    ],
)
def test_inputs_outside_the_domain_of_a_logarithm_are_left_out_by_every_source(latex):
    assert outcome(plain(latex)) is HOLDS


SQUARED = "Let $a, s > 0$, $t \\in \\mathbb{R}$ and $f(a, s^2) = a s^3 + s^2$.\n\n"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (r"\frac{\partial f}{\partial s^2} = \frac{3}{2} a s + 1", "holds"),
        (r"\frac{\partial f}{\partial s^2} = 3 a s^2 + 2 s", "wrong"),
        (r"\frac{\partial f}{\partial s} = 3 a s^2 + 2 s", "holds"),
        (r"\frac{\partial f}{\partial a} = s^3", "holds"),
        (r"f(2, a) = 2 a \sqrt{a} + a", "holds"),
        (r"f(2, a^2) = 2 a \sqrt{a} + a", "wrong"),
        (r"\nabla_{s^2} (a s^4) = 2 a s^2", "holds"),
        (r"\frac{\partial^2 (s^6)}{\partial (s^2)^2} = 6 s^2", "holds"),
        (r"\frac{\partial t^4}{\partial t^2} = 2 t^2", "not checked"),
    ],
)
def test_the_square_of_a_positive_name_is_a_variable_too(row: str, expected: str):
    assert outcomes(f"{SQUARED}$$ {row} $$\n") == [expected]


@pytest.mark.parametrize(("line", "outcome"), [("t^2", "holds"), ("2 t x", "wrong")])
def test_a_function_without_its_argument_is_meant_at_the_name_it_was_defined_by(line: str, outcome: str):
    text = f"Let $x \\in \\mathbb{{R}}$ and $f(t) = t^2 x$.\n\n$$ \\frac{{\\partial f}}{{\\partial x}} = {line} $$\n"
    assert outcomes(text) == [outcome]


def test_names_in_a_column_angles_that_stand_alone_marks_below_and_a_declared_i_are_read_as_they_are_written():
    text = r"""Let $x, y, \psi \in \mathbb{R}$, $s = (x, y, \psi)^\top$, $h > 0$ and $r = \sqrt{x^2 + h^2}$. Then

$$ \frac{\partial r}{\partial s} = \begin{pmatrix} x / r \\ 0 \\ 0 \end{pmatrix} $$

$$ g_+ = \begin{pmatrix} x + h \cos\psi \\ y + \cos^2\psi \, h \end{pmatrix} $$

$$ \frac{\partial g_+}{\partial s} = \begin{pmatrix} 1 & 0 & -h \sin\psi \\ 0 & 1 & -2 \cos\psi \sin\psi \, h \end{pmatrix} $$

Let $S, I > 0$ and $V = S + \log I$.

$$ \frac{\partial V}{\partial I} = \frac{1}{I^2} $$
"""
    assert outcomes(text) == ["holds", "holds", "wrong"]
