"""Building terms with their shapes: where two operands do not fit, it says which two and why."""

from __future__ import annotations

from fractions import Fraction

from derivcheck.language.shapes import ONE, SCALAR, Dim, Shape, is_scalar
from derivcheck.problem import terms as t
from derivcheck.problem.scope import Declaration, Definition, Refusal, Scope
from derivcheck.source import Span


def shape_of(scope: Scope, term: t.Term) -> Shape:
    """The term's shape as far as it is known."""
    return scope.resolve_shape(term.shape)


def scalar(scope: Scope, term: t.Term) -> bool:
    """Whether the term is 1 × 1."""
    return is_scalar(shape_of(scope, term))


def known(scope: Scope, term: t.Term) -> bool:
    """Whether no size in the term's shape is still to be found."""
    return not any(name.startswith("?") for dim in shape_of(scope, term) for name in dim.symbols)


def mismatch(scope: Scope, left: t.Term, right: t.Term, what: str, help: str | None = None) -> Refusal:
    """The refusal that names both operands and both shapes."""
    message = (
        f"{what}: `{scope.quote(left.span)}` is {scope.show(left.shape)}, "
        f"`{scope.quote(right.span)}` is {scope.show(right.shape)}"
    )
    sure = known(scope, left) and known(scope, right)
    return Refusal("shape-mismatch", left.span | right.span, message, help, wrong=sure)


def add(scope: Scope, terms: list[tuple[int, t.Term]], span: Span) -> t.Term:
    """A signed sum. A literal number is added to every entry; a scalar variable is not."""
    if len(terms) == 1:
        sign, only = terms[0]
        if sign > 0:
            return only
        if isinstance(only, t.Constant) and isinstance(only.value, Fraction):
            return t.Constant(-only.value, span=span)
        return t.Add(((-1, only),), shape=only.shape, span=span)
    lead: t.Term | None = None
    for _, term in terms:
        if t.is_literal(term) and scalar(scope, term):
            continue
        if lead is None:
            lead = term
        elif not scope.unify_shapes(lead.shape, term.shape):
            if scope.readings.get("broadcast") == "entrywise" and (wide := _widened(scope, terms)) is not None:
                return add(scope, wide, span)
            raise mismatch(scope, lead, term, "these cannot be added", _sum_help(scope, lead, term))
    shape = lead.shape if lead is not None else SCALAR
    return t.Add(tuple(terms), shape=shape, span=span)


def _widened(scope: Scope, terms: list[tuple[int, t.Term]]) -> list[tuple[int, t.Term]] | None:
    """The terms of a sum with numbers and columns repeated to the size of the largest; None if that does not fit them.

    A number beside a square matrix stays refused: it may be meant for the diagonal.
    """
    shapes = [shape_of(scope, term) for _, term in terms]
    rows = next((shape[0] for shape in shapes if shape[0] != ONE), ONE)
    columns = next((shape[1] for shape in shapes if shape[1] != ONE), ONE)
    if rows == columns and any(is_scalar(shape) for shape in shapes):
        return None
    found: list[tuple[int, t.Term]] = []
    for (sign, term), (own_rows, own_columns) in zip(terms, shapes, strict=True):
        if (own_rows, own_columns) not in ((rows, columns), (ONE, ONE), (rows, ONE), (ONE, columns)):
            return None
        if t.is_literal(term) and is_scalar((own_rows, own_columns)):
            found.append((sign, term))
            continue
        if own_rows != rows:
            term = multiply(scope, t.Filled(Fraction(1), shape=(rows, ONE)), term, "", term.span)
        if own_columns != columns:
            term = multiply(scope, term, t.Filled(Fraction(1), shape=(ONE, columns)), "", term.span)
        found.append((sign, term))
    return found


def _outer(scope: Scope, inner: t.Term, shape: Shape) -> str | None:
    r"""``m m^\top`` for the scalar ``m^\top m`` where a matrix of that shape is wanted."""
    match inner:
        case t.Multiply(left=t.Unary(op="transpose", argument=column), right=other):
            rows, columns = shape_of(scope, column)[0], shape_of(scope, other)[0]
            if (rows, columns) == shape and shape_of(scope, other)[1] == ONE:
                return f"{scope.quote(other.span)} {scope.quote(column.span)}^\\top"
    return None


def _sum_help(scope: Scope, left: t.Term, right: t.Term) -> str | None:
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


def multiply(scope: Scope, left: t.Term, right: t.Term, operator: str, span: Span) -> t.Term:
    r"""A product by juxtaposition, ``\cdot`` or ``\times``: a scaling, an inner product, or the matrix product."""
    if scalar(scope, left):
        return t.Multiply("scale", left, right, shape=right.shape, span=span)
    if scalar(scope, right):
        return t.Multiply("scale", left, right, shape=left.shape, span=span)
    rows_left, columns_left = shape_of(scope, left)
    rows_right, columns_right = shape_of(scope, right)
    if (
        operator in ("\\cdot", "inner")
        and columns_left == ONE
        and columns_right == ONE
        and scope.unify(rows_left, rows_right)
    ):
        return t.Multiply("inner", left, right, span=span)
    if operator == "inner":
        raise mismatch(scope, left, right, "an inner product needs two columns of one size")
    if operator == "\\times" and (rows_left, columns_left) == (rows_right, columns_right) and columns_left == ONE:
        return cross(scope, left, right, span)
    if scope.unify(columns_left, rows_right):
        return t.Multiply("matmul", left, right, shape=(left.shape[0], right.shape[1]), span=span)
    raise mismatch(scope, left, right, "these cannot be multiplied", _product_help(scope, left, right))


def cross(scope: Scope, left: t.Term, right: t.Term, span: Span) -> t.Term:
    r"""``a \times b`` of two columns of three numbers, entry by entry."""
    if not (scope.unify(left.shape[0], Dim.of(3)) and scope.unify(right.shape[0], Dim.of(3))):
        reason = "a cross product is one of two columns of three numbers"
        raise Refusal("cross-product", span, reason, "write `\\odot` for the product entry by entry")

    def part(term: t.Term, place: int) -> t.Term:
        return t.Entry(term, t.Constant(Fraction(place)), t.Constant(Fraction(1)), span=term.span)

    rows = []
    for one, other in ((2, 3), (3, 1), (1, 2)):
        plus = t.Multiply("scale", part(left, one), part(right, other))
        minus = t.Multiply("scale", part(left, other), part(right, one))
        rows.append((t.Add(((1, plus), (-1, minus))),))
    return t.Block(tuple(rows), shape=(Dim.of(3), ONE), span=span)


def _product_help(scope: Scope, left: t.Term, right: t.Term) -> str | None:
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


def _turned(scope: Scope, term: t.Term) -> str:
    """How the transpose of what stands there is written: of a transpose it is the thing itself."""
    if isinstance(term, t.Unary) and term.op == "transpose":
        return scope.quote(term.argument.span)
    written = scope.quote(term.span)
    loose = isinstance(term, t.Add | t.Multiply) and not written.startswith(("(", "[", "\\left"))
    return f"({written})^\\top" if loose else f"{written}^\\top"


def entrywise(scope: Scope, left: t.Term, right: t.Term, operator: str, span: Span) -> t.Term:
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
        return t.Divide(left, right, entrywise=True, shape=shape, span=span)
    if scalar(scope, left) or scalar(scope, right):
        return t.Multiply("scale", left, right, shape=shape, span=span)
    return t.Multiply("entrywise", left, right, shape=shape, span=span)


def _sum_help_rows(scope: Scope, left: t.Term, right: t.Term) -> str | None:
    if shape_of(scope, left) == shape_of(scope, right)[::-1]:
        return "one of them wants a transpose"
    return None


def divide(scope: Scope, left: t.Term, right: t.Term, span: Span) -> t.Term:
    """A fraction: below the bar stands a scalar."""
    if not scalar(scope, right):
        help = (
            "write `\\oslash` for the quotient entry by entry"
            if not known(scope, right) or column(scope, right)
            else ("write the inverse, `^{-1}`, on the side where it belongs, or `\\oslash` for entry by entry")
        )
        raise Refusal(
            "not-a-scalar", right.span,
            f"`{scope.quote(right.span)}` below a fraction bar is {scope.show(right.shape)}, not a scalar", help,
        )  # fmt: skip
    if isinstance(left, t.Constant) and isinstance(right, t.Constant) and _rational(left) and _rational(right):
        if right.value == 0:
            raise Refusal("division-by-zero", right.span, "this divides by the literal 0")
        return t.Constant(Fraction(left.value) / Fraction(right.value), span=span)
    return t.Divide(left, right, shape=left.shape, span=span)


def _rational(term: t.Constant) -> bool:
    return isinstance(term.value, Fraction)


def column(scope: Scope, term: t.Term) -> bool:
    """Whether the term is one column (a scalar is one too)."""
    return shape_of(scope, term)[1] == ONE


def transpose(scope: Scope, term: t.Term, span: Span) -> t.Term:
    """The transpose; of a scalar, the scalar itself."""
    if scalar(scope, term):
        return term
    if isinstance(term, t.Unary) and term.op == "transpose":
        return term.argument
    return t.Unary("transpose", term, shape=(term.shape[1], term.shape[0]), span=span)


def square(scope: Scope, term: t.Term, what: str) -> None:
    """Refuse a matrix that is not square."""
    if not scope.unify(*term.shape):
        raise Refusal(
            "shape-mismatch",
            term.span,
            f"{what} needs a square matrix: `{scope.quote(term.span)}` is {scope.show(term.shape)}",
            wrong=known(scope, term),
        )


def power(scope: Scope, base: t.Term, exponent: t.Term, span: Span) -> t.Term:
    """A scalar to any power, a square matrix to a whole one. ``x^2`` of a column means too many things: refused."""
    if not scalar(scope, exponent):
        raise Refusal("not-a-scalar", exponent.span, f"an exponent is a scalar; this is {scope.show(exponent.shape)}")
    if scalar(scope, base):
        return t.Power(base, exponent, span=span)
    rows, columns = shape_of(scope, base)
    if rows != columns and scope.readings.get("powers") == "entrywise":
        return t.Power(base, exponent, entrywise=True, shape=base.shape, span=span)
    if rows != columns and ONE in (rows, columns):
        raise Refusal(
            "power-of-vector",
            span,
            f"a power of `{scope.quote(base.span)}`, which is {scope.show(base.shape)}, is read in more than one way",
            "write `\\|x\\|^2` or `x^\\top x` for the squared length, `x \\odot x` for the squares of the entries",
        )
    square(scope, base, "a power")
    if isinstance(exponent, t.Constant) and exponent.value == -1:
        return t.Unary("inverse", base, shape=base.shape, span=span)
    if (entries := diagonal_of(scope, base)) is not None:
        raised = t.Power(entries, exponent, entrywise=True, shape=entries.shape)
        return t.Unary("todiag", raised, shape=base.shape, span=span)
    if not isinstance(exponent, t.Constant) or not counted(exponent):
        if (spectrum := _spectrum(scope, base)) is not None:
            vectors, values = spectrum
            raised = t.Power(values, exponent, entrywise=True, shape=values.shape)
            middle = t.Unary("todiag", raised, shape=base.shape)
            turned = t.Multiply("matmul", vectors, middle, shape=base.shape)
            return t.Multiply("matmul", turned, transpose(scope, vectors, span), shape=base.shape, span=span)
        if counted(exponent):
            return t.Power(base, exponent, shape=base.shape, span=span)
        raise Refusal(
            "matrix-power", span, "a matrix is raised to whole numbers only here", "name the root and declare it"
        )
    return t.Power(base, exponent, shape=base.shape, span=span)


def counted(exponent: t.Term) -> bool:
    """Whether an exponent is made of whole numbers, sizes and indices alone."""
    match exponent:
        case t.Constant(value=Fraction() as value):
            return value.denominator == 1
        case t.Size() | t.Index():
            return True
        case t.Add(terms=parts):
            return all(counted(part) for _, part in parts)
        case t.Multiply(op="scale", left=left, right=right):
            return counted(left) and counted(right)
    return False


def diagonal_of(scope: Scope, term: t.Term) -> t.Term | None:
    r"""The column on the diagonal of what is a diagonal matrix by its definition or its declaration."""
    match term:
        case t.Unary(op="todiag", argument=argument):
            return argument
        case t.Variable(key=key, indices=()):
            found = scope.declarations.get(key) or scope.definitions.get(key)
            if isinstance(found, Definition) and not found.family and diagonal_of(scope, found.term) is not None:
                return t.Unary("diagof", term, shape=(term.shape[0], ONE), span=term.span)
            if isinstance(found, Declaration) and found.domain.kind == "diagonal":
                return t.Unary("diagof", term, shape=(term.shape[0], ONE), span=term.span)
    return None


def _spectrum(scope: Scope, term: t.Term) -> tuple[t.Term, t.Term] | None:
    """The eigenvectors and eigenvalues of what is declared positive definite, of which every power is one matrix."""
    if not isinstance(term, t.Variable):
        return None
    found = scope.declarations.get(term.key)
    if found is None or found.domain.kind not in ("spd", "psd"):
        return None
    values = t.Unary("eigenvalues", term, shape=(term.shape[0], ONE), span=term.span)
    return t.Unary("eigenvectors", term, shape=term.shape, span=term.span), values


def equal_shapes(scope: Scope, left: t.Term, right: t.Term, what: str = "the two sides differ in shape") -> None:
    """Two sides of a relation have one shape; a literal 0 stands for zeros of any shape."""
    for one in (left, right):
        if t.is_zero(one) and scalar(scope, one):
            return
    if not scope.unify_shapes(left.shape, right.shape):
        help = None
        if shape_of(scope, left) == shape_of(scope, right)[::-1]:
            help = "one of the sides wants a transpose"
        raise mismatch(scope, left, right, what, help)


def identity(scope: Scope, span: Span) -> t.Term:
    """``I`` whose size is found from what stands around it."""
    size = scope.unknown("?I")
    return t.Identity(size, shape=(size, size), span=span)


def filled(scope: Scope, value: int, span: Span, *, column: bool) -> t.Term:
    """``\\mathbf{1}`` (a column) or ``\\mathbf{0}`` (any shape) whose size is found from what stands around it."""
    columns = ONE if column else scope.unknown("?c")
    return t.Filled(Fraction(value), shape=(scope.unknown("?r"), columns), span=span)


def entry(scope: Scope, argument: t.Term, row: t.Term | None, column: t.Term | None, span: Span) -> t.Term:
    """One entry, row or column of a matrix."""
    shape = (ONE if row is not None else argument.shape[0], ONE if column is not None else argument.shape[1])
    return t.Entry(argument, row, column, shape=shape, span=span)
