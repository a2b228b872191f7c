"""Building terms with their shapes: where two operands do not fit, it says which two and why."""

from __future__ import annotations

from fractions import Fraction

from derivcheck.language.shapes import ONE, SCALAR, Dim, Shape, is_scalar
from derivcheck.problem.scope import Declaration, Definition, Refusal, Scope
from derivcheck.problem.terms import (
    Add,
    Block,
    Constant,
    Divide,
    Entry,
    Filled,
    Identity,
    Index,
    Multiply,
    Power,
    Size,
    Term,
    Unary,
    Variable,
    is_literal,
    is_zero,
)
from derivcheck.source import Span


def shape_of(scope: Scope, term: Term) -> Shape:
    """The term's shape as far as it is known."""
    return scope.resolve_shape(term.shape)


def scalar(scope: Scope, term: Term) -> bool:
    """Whether the term is 1 × 1."""
    return is_scalar(shape_of(scope, term))


def known(scope: Scope, term: Term) -> bool:
    """Whether no size in the term's shape is still to be found."""
    return not any(name.startswith("?") for dim in shape_of(scope, term) for name in dim.symbols)


def mismatch(scope: Scope, left: Term, right: Term, what: str, help: str | None = None) -> Refusal:
    """The refusal that names both operands and both shapes."""
    message = (
        f"{what}: `{scope.quote(left.span)}` is {scope.show(left.shape)}, "
        f"`{scope.quote(right.span)}` is {scope.show(right.shape)}"
    )
    sure = known(scope, left) and known(scope, right)
    return Refusal("shape-mismatch", left.span | right.span, message, help, wrong=sure)


def add(scope: Scope, terms: list[tuple[int, Term]], span: Span) -> Term:
    """A signed sum. A literal number is added to every entry; a scalar variable is not."""
    if len(terms) == 1:
        sign, only = terms[0]
        if sign > 0:
            return only
        if isinstance(only, Constant) and isinstance(only.value, Fraction):
            return Constant(-only.value, span=span)
        return Add(((-1, only),), shape=only.shape, span=span)
    lead: Term | None = None
    for _, term in terms:
        if is_literal(term) and scalar(scope, term):
            continue
        if lead is None:
            lead = term
        elif not scope.unify_shapes(lead.shape, term.shape):
            if scope.readings.get("broadcast") == "entrywise" and (wide := _widened(scope, terms)) is not None:
                return add(scope, wide, span)
            raise mismatch(scope, lead, term, "these cannot be added", _sum_help(scope, lead, term))
    shape = lead.shape if lead is not None else SCALAR
    return Add(tuple(terms), shape=shape, span=span)


def _widened(scope: Scope, terms: list[tuple[int, Term]]) -> list[tuple[int, Term]] | None:
    """The terms of a sum with numbers and columns repeated to the size of the largest; None if that does not fit them.

    A number beside a square matrix stays refused: it may be meant for the diagonal.
    """
    shapes = [shape_of(scope, term) for _, term in terms]
    rows = next((shape[0] for shape in shapes if shape[0] != ONE), ONE)
    columns = next((shape[1] for shape in shapes if shape[1] != ONE), ONE)
    if rows == columns and any(is_scalar(shape) for shape in shapes):
        return None
    found: list[tuple[int, Term]] = []
    for (sign, term), (own_rows, own_columns) in zip(terms, shapes, strict=True):
        if (own_rows, own_columns) not in ((rows, columns), (ONE, ONE), (rows, ONE), (ONE, columns)):
            return None
        if is_literal(term) and is_scalar((own_rows, own_columns)):
            found.append((sign, term))
            continue
        if own_rows != rows:
            term = multiply(scope, Filled(Fraction(1), shape=(rows, ONE)), term, "", term.span)
        if own_columns != columns:
            term = multiply(scope, term, Filled(Fraction(1), shape=(ONE, columns)), "", term.span)
        found.append((sign, term))
    return found


def _outer(scope: Scope, inner: Term, shape: Shape) -> str | None:
    r"""``m m^\top`` for the scalar ``m^\top m`` where a matrix of that shape is wanted."""
    match inner:
        case Multiply(left=Unary(op="transpose", argument=column), right=other):
            rows, columns = shape_of(scope, column)[0], shape_of(scope, other)[0]
            if (rows, columns) == shape and shape_of(scope, other)[1] == ONE:
                return f"{scope.quote(other.span)} {scope.quote(column.span)}^\\top"
    return None


def _sum_help(scope: Scope, left: Term, right: Term) -> str | None:
    for one, other in ((left, right), (right, left)):
        shape = shape_of(scope, other)
        if scalar(scope, one):
            text = scope.quote(one.span)
            outer = _outer(scope, one, shape)
            if outer is not None:
                return f"`{outer}` is the outer product, which would fit"
            if shape[0] == shape[1]:
                return (
                    f"write `{text} I` for the diagonal, or `{text} \\mathbf{{1}}\\mathbf{{1}}^\\top` for every entry"
                )
            return f"write `{text} \\mathbf{{1}}` if it is to be added to every entry"
    if shape_of(scope, left) == shape_of(scope, right)[::-1]:
        return "one of them wants a transpose"
    return None


def multiply(scope: Scope, left: Term, right: Term, operator: str, span: Span) -> Term:
    r"""A product by juxtaposition, ``\cdot`` or ``\times``: a scaling, an inner product, or the matrix product."""
    if scalar(scope, left):
        return Multiply("scale", left, right, shape=right.shape, span=span)
    if scalar(scope, right):
        return Multiply("scale", left, right, shape=left.shape, span=span)
    rows_left, columns_left = shape_of(scope, left)
    rows_right, columns_right = shape_of(scope, right)
    if (
        operator in ("\\cdot", "inner")
        and columns_left == ONE
        and columns_right == ONE
        and scope.unify(rows_left, rows_right)
    ):
        return Multiply("inner", left, right, span=span)
    if operator == "inner":
        raise mismatch(scope, left, right, "an inner product needs two columns of one size")
    if operator == "\\times" and (rows_left, columns_left) == (rows_right, columns_right) and columns_left == ONE:
        return cross(scope, left, right, span)
    if scope.unify(columns_left, rows_right):
        return Multiply("matmul", left, right, shape=(left.shape[0], right.shape[1]), span=span)
    raise mismatch(scope, left, right, "these cannot be multiplied", _product_help(scope, left, right))


def cross(scope: Scope, left: Term, right: Term, span: Span) -> Term:
    r"""``a \times b`` of two columns of three numbers, entry by entry."""
    if not (scope.unify(left.shape[0], Dim.of(3)) and scope.unify(right.shape[0], Dim.of(3))):
        raise Refusal(
            "cross-product",
            span,
            "a cross product is one of two columns of three numbers",
            "write `\\odot` for the product entry by entry",
        )

    def part(term: Term, place: int) -> Term:
        return Entry(term, Constant(Fraction(place)), Constant(Fraction(1)), span=term.span)

    rows = []
    for one, other in ((2, 3), (3, 1), (1, 2)):
        plus = Multiply("scale", part(left, one), part(right, other))
        minus = Multiply("scale", part(left, other), part(right, one))
        rows.append((Add(((1, plus), (-1, minus))),))
    return Block(tuple(rows), shape=(Dim.of(3), ONE), span=span)


def _product_help(scope: Scope, left: Term, right: Term) -> str | None:
    (a, b), (c, d) = shape_of(scope, left), shape_of(scope, right)
    if (a, b) == (c, d):
        if b == ONE:
            return "write `\\odot` for the product entry by entry, or a transpose for the inner or outer product"
        return "write `\\odot` for the product entry by entry, or transpose one of them"
    order = "the other order" if d == a else ""
    if a == c:
        turned = f"`{_turned(scope, left)}` would fit on the left"
    elif b == d:
        turned = f"`{_turned(scope, right)}` would fit on the right"
    else:
        return f"{order} would fit" if order else None
    return f"{turned}, and so would {order}" if order else turned


def _turned(scope: Scope, term: Term) -> str:
    """How the transpose of what stands there is written: of a transpose it is the thing itself."""
    if isinstance(term, Unary) and term.op == "transpose":
        return scope.quote(term.argument.span)
    written = scope.quote(term.span)
    loose = isinstance(term, Add | Multiply) and not written.startswith(("(", "[", "\\left"))
    return f"({written})^\\top" if loose else f"{written}^\\top"


def entrywise(scope: Scope, left: Term, right: Term, operator: str, span: Span) -> Term:
    r"""``\odot`` (or ``\circ``), and ``\oslash``: both sides of one shape, or one a scalar."""
    if scalar(scope, left) or scalar(scope, right):
        shape = right.shape if scalar(scope, left) else left.shape
    elif scope.unify_shapes(left.shape, right.shape):
        shape = left.shape
    else:
        raise mismatch(
            scope, left, right, "an entrywise product needs two equal shapes", _sum_help_rows(scope, left, right)
        )
    if operator == "\\oslash":
        return Divide(left, right, entrywise=True, shape=shape, span=span)
    if scalar(scope, left) or scalar(scope, right):
        return Multiply("scale", left, right, shape=shape, span=span)
    return Multiply("entrywise", left, right, shape=shape, span=span)


def _sum_help_rows(scope: Scope, left: Term, right: Term) -> str | None:
    if shape_of(scope, left) == shape_of(scope, right)[::-1]:
        return "one of them wants a transpose"
    return None


def divide(scope: Scope, left: Term, right: Term, span: Span) -> Term:
    """A fraction: below the bar stands a scalar."""
    if not scalar(scope, right):
        help = (
            "write `\\oslash` for the quotient entry by entry"
            if not known(scope, right) or column(scope, right)
            else ("write the inverse, `^{-1}`, on the side where it belongs, or `\\oslash` for entry by entry")
        )
        raise Refusal(
            "not-a-scalar",
            right.span,
            f"`{scope.quote(right.span)}` below a fraction bar is {scope.show(right.shape)}, not a scalar",
            help,
        )
    if isinstance(left, Constant) and isinstance(right, Constant) and _rational(left) and _rational(right):
        if right.value == 0:
            raise Refusal("division-by-zero", right.span, "this divides by the literal 0")
        return Constant(Fraction(left.value) / Fraction(right.value), span=span)
    return Divide(left, right, shape=left.shape, span=span)


def _rational(term: Constant) -> bool:
    return isinstance(term.value, Fraction)


def column(scope: Scope, term: Term) -> bool:
    """Whether the term is one column (a scalar is one too)."""
    return shape_of(scope, term)[1] == ONE


def transpose(scope: Scope, term: Term, span: Span) -> Term:
    """The transpose; of a scalar, the scalar itself."""
    if scalar(scope, term):
        return term
    if isinstance(term, Unary) and term.op == "transpose":
        return term.argument
    return Unary("transpose", term, shape=(term.shape[1], term.shape[0]), span=span)


def square(scope: Scope, term: Term, what: str) -> None:
    """Refuse a matrix that is not square."""
    if not scope.unify(*term.shape):
        raise Refusal(
            "shape-mismatch",
            term.span,
            f"{what} needs a square matrix: `{scope.quote(term.span)}` is {scope.show(term.shape)}",
            wrong=known(scope, term),
        )


def power(scope: Scope, base: Term, exponent: Term, span: Span) -> Term:
    """A scalar to any power, a square matrix to a whole one. ``x^2`` of a column means too many things: refused."""
    if not scalar(scope, exponent):
        raise Refusal("not-a-scalar", exponent.span, f"an exponent is a scalar; this is {scope.show(exponent.shape)}")
    if scalar(scope, base):
        return Power(base, exponent, span=span)
    rows, columns = shape_of(scope, base)
    if rows != columns and scope.readings.get("powers") == "entrywise":
        return Power(base, exponent, entrywise=True, shape=base.shape, span=span)
    if rows != columns and ONE in (rows, columns):
        raise Refusal(
            "power-of-vector",
            span,
            f"a power of `{scope.quote(base.span)}`, which is {scope.show(base.shape)}, is read in more than one way",
            "write `\\|x\\|^2` or `x^\\top x` for the squared length, `x \\odot x` for the squares of the entries",
        )
    square(scope, base, "a power")
    if isinstance(exponent, Constant) and exponent.value == -1:
        return Unary("inverse", base, shape=base.shape, span=span)
    if (entries := diagonal_of(scope, base)) is not None:
        raised = Power(entries, exponent, entrywise=True, shape=entries.shape)
        return Unary("todiag", raised, shape=base.shape, span=span)
    if not isinstance(exponent, Constant) or not counted(exponent):
        if (spectrum := _spectrum(scope, base)) is not None:
            vectors, values = spectrum
            raised = Power(values, exponent, entrywise=True, shape=values.shape)
            middle = Unary("todiag", raised, shape=base.shape)
            turned = Multiply("matmul", vectors, middle, shape=base.shape)
            return Multiply("matmul", turned, transpose(scope, vectors, span), shape=base.shape, span=span)
        if counted(exponent):
            return Power(base, exponent, shape=base.shape, span=span)
        raise Refusal(
            "matrix-power", span, "a matrix is raised to whole numbers only here", "name the root and declare it"
        )
    return Power(base, exponent, shape=base.shape, span=span)


def counted(exponent: Term) -> bool:
    """Whether an exponent is made of whole numbers, sizes and indices alone."""
    match exponent:
        case Constant(value=Fraction() as value):
            return value.denominator == 1
        case Size() | Index():
            return True
        case Add(terms=parts):
            return all(counted(part) for _, part in parts)
        case Multiply(op="scale", left=left, right=right):
            return counted(left) and counted(right)
    return False


def diagonal_of(scope: Scope, term: Term) -> Term | None:
    r"""The column on the diagonal of what is a diagonal matrix by its definition or its declaration."""
    match term:
        case Unary(op="todiag", argument=argument):
            return argument
        case Variable(key=key, indices=()):
            found = scope.declarations.get(key) or scope.definitions.get(key)
            if isinstance(found, Definition) and not found.family and diagonal_of(scope, found.term) is not None:
                return Unary("diagof", term, shape=(term.shape[0], ONE), span=term.span)
            if isinstance(found, Declaration) and found.domain.kind == "diagonal":
                return Unary("diagof", term, shape=(term.shape[0], ONE), span=term.span)
    return None


def _spectrum(scope: Scope, term: Term) -> tuple[Term, Term] | None:
    """The eigenvectors and eigenvalues of what is declared positive definite, of which every power is one matrix."""
    if not isinstance(term, Variable):
        return None
    found = scope.declarations.get(term.key)
    if found is None or found.domain.kind not in ("spd", "psd"):
        return None
    values = Unary("eigenvalues", term, shape=(term.shape[0], ONE), span=term.span)
    return Unary("eigenvectors", term, shape=term.shape, span=term.span), values


def equal_shapes(scope: Scope, left: Term, right: Term, what: str = "the two sides differ in shape") -> None:
    """Two sides of a relation have one shape; a literal 0 stands for zeros of any shape."""
    for one in (left, right):
        if is_zero(one) and scalar(scope, one):
            return
    if not scope.unify_shapes(left.shape, right.shape):
        help = None
        if shape_of(scope, left) == shape_of(scope, right)[::-1]:
            help = "one of the sides wants a transpose"
        raise mismatch(scope, left, right, what, help)


def identity(scope: Scope, span: Span) -> Term:
    """``I`` whose size is found from what stands around it."""
    size = scope.unknown("?I")
    return Identity(size, shape=(size, size), span=span)


def filled(scope: Scope, value: int, span: Span, *, column: bool) -> Term:
    """``\\mathbf{1}`` (a column) or ``\\mathbf{0}`` (any shape) whose size is found from what stands around it."""
    columns = ONE if column else scope.unknown("?c")
    return Filled(Fraction(value), shape=(scope.unknown("?r"), columns), span=span)


def entry(scope: Scope, argument: Term, row: Term | None, column: Term | None, span: Span) -> Term:
    """One entry, row or column of a matrix."""
    shape = (ONE if row is not None else argument.shape[0], ONE if column is not None else argument.shape[1])
    return Entry(argument, row, column, shape=shape, span=span)
