r"""Which fact about a declared name an assumed equation states: ``P^2 = P``, ``\det(A) = 0``, ``A B = B A``.

One table of patterns over terms; how what they say is drawn is told in ``constructions``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from derivcheck.language.shapes import ONE, is_scalar
from derivcheck.problem import terms as t
from derivcheck.problem.constructions import inverse, on_sphere, paired, product, reenter, root, say, unit_columns
from derivcheck.problem.facts import depends
from derivcheck.problem.scope import Assumption, Refusal, Scope
from derivcheck.problem.substitution import rewrite
from derivcheck.problem.terms import Term
from derivcheck.source import Span

ZERO, UNIT, TWO = (t.Constant(Fraction(number)) for number in range(3))


A, EYE = t.Variable("A"), t.Identity(ONE)
TURNED, LESS = t.Unary("transpose", A), t.Add(((-1, A),))
FORMS: tuple[tuple[Term, Term, str], ...] = (
    (TURNED, A, "symmetric"), (t.Add(((1, A), (-1, TURNED))), ZERO, "symmetric"),
    (TURNED, LESS, "skew"), (A, t.Add(((-1, TURNED),)), "skew"), (t.Add(((1, A), (1, TURNED))), ZERO, "skew"),
    (inverse(A), TURNED, "orthogonal"), (product(TURNED, A), EYE, "columns"), (product(A, TURNED), EYE, "rows"),
    (A, inverse(A), "involutory"), (product(A, A), EYE, "involutory"), (t.Power(A, TWO), EYE, "involutory"),
    (product(A, A), A, "idempotent"), (t.Power(A, TWO), A, "idempotent"),
    (product(A, A), ZERO, "square zero"), (t.Power(A, TWO), ZERO, "square zero"),
)  # fmt: skip
"""Equations that say something of one matrix A, and what they say of it."""


def state(one: Term, other: Term, scope: Scope, span: Span) -> bool:
    """Take an equation of declared names as what they are drawn as; False if no pattern is met."""
    match one, other:
        case (t.Add(terms=((1, first), (-1, second))), rest) | (rest, t.Add(terms=((1, first), (-1, second)))) if (
            t.is_zero(rest)
        ):
            if state(first, second, scope, span):
                return True
    for a, b in ((one, other), (other, one)):
        if _of_one_matrix(a, b, scope, span) or _of_several(a, b, scope, span):
            return True
    return _squares(one, other, scope, span) or any(
        _equals(a, b, scope) for a, b in ((one, other), (other, one))
    )  # fmt: skip


def release(terms: Iterable[Term], scope: Scope) -> None:
    """Undo what makes a name the other side of its equation where a claim moves what stands in that.

    Of ``A x = b`` the b is a name for A x only as long as x is: in L(2 x) and in a slope by x it stays where it is, and
    inputs are drawn to meet the equation.
    """
    moved: set[str] = set()
    for part in (part for term in terms for part in t.walk(term)):
        match part:
            case t.Let(bindings=bindings):
                moved |= {name for name, _ in bindings}
            case t.Derivative(key=key):
                moved.add(key)
    for key, known in list(scope.facts.items()):
        value = known.facts.get("equals")
        if value is not None and key in scope.definitions and any(depends(value, name, scope) for name in moved):
            reenter(scope, key, known.declared)
            name = t.Variable(key, shape=known.declared.shape, span=known.declared.span)
            asked = t.Comparison("=", name, value, shape=name.shape, span=name.span)
            scope.assumptions.append(Assumption((asked,), name.span))


def _of_one_matrix(a: Term, b: Term, scope: Scope, span: Span) -> bool:
    """Equations in which one name stands, as a matrix."""
    match a, b:
        case t.Unary(op="det", argument=t.Variable(key=key)), _ if t.is_zero(b):
            return say(scope, key, "singular")
        case t.Unary(op="det" | "trace" as fact, argument=t.Variable(key=key)), _ if not depends(b, key, scope):
            return say(scope, key, fact, b)
        case t.Power(base=t.Variable(key=key, indices=()), exponent=t.Size(dim=dim)), _ if t.is_zero(b):
            rows = scope.resolve(scope.declarations[key].shape[0]) if key in scope.declarations else None
            return scope.resolve(dim) == rows and say(scope, key, "nilpotent")
    name = next((part for part in t.walk(a) if isinstance(part, t.Variable)), None)
    if name is None or is_scalar(scope.resolve_shape(name.shape)):
        return False

    def fits(form: Term, term: Term) -> bool:
        if form in (ZERO, EYE):
            return t.is_zero(term) if form == ZERO else isinstance(term, t.Identity)
        return rewrite(form, lambda part: name if part == A else None) == term

    for left, right, told in FORMS:
        if fits(left, a) and fits(right, b):
            if told in ("columns", "rows"):
                return orthonormal(name.key, scope, span, columns=told == "columns")
            return say(scope, name.key, told)
    return False


def orthonormal(key: str, scope: Scope, span: Span, *, columns: bool) -> bool:
    """Orthonormal columns (or rows): there are no more of them than rows (columns)."""
    found = scope.declarations.get(key)
    if found is None:
        return False
    many, few = scope.resolve_shape(found.shape) if columns else scope.resolve_shape(found.shape)[::-1]
    if few == ONE:
        return say(scope, key, "unit")
    if not say(scope, key, "orthogonal"):
        return False
    if many != few:
        scope.assumptions.append(Assumption((t.Comparison("\\ge", t.Size(many), t.Size(few), span=span),), span))
    return True


def _of_several(a: Term, b: Term, scope: Scope, span: Span) -> bool:
    """Equations between names: products that commute, vanish, or are known; norms; squares of numbers."""
    match a, b:
        case t.Multiply(op="matmul", left=t.Variable(key=x), right=t.Variable(key=y)), t.Multiply(
            op="matmul", left=t.Variable(key=z), right=t.Variable(key=w)
        ) if (x, y) == (w, z) and x != y:
            if commute(x, y, scope):
                return True
            reason = "nothing is drawn to meet this condition: matrices that commute with one another in this way"
            raise Refusal("condition", span, reason)
        case t.Multiply(op="matmul", left=t.Variable(key=key) as matrix, right=t.Variable(key=column) as vector), _ if (
            key != column and scope.resolve(vector.shape[1]) == ONE and not is_scalar(scope.resolve_shape(matrix.shape))
        ):
            image = t.Filled(Fraction(0), shape=(matrix.shape[0], ONE)) if t.is_zero(b) else b
            given = isinstance(b, t.Variable) and not depends(a, b.key, scope) and say(scope, b.key, "equals", a)
            apart = not depends(b, key, scope) and not depends(vector, key, scope)
            return given or (apart and say(scope, key, "onto", paired(vector, image)))
    for left, right in _inner_products(a, scope):
        square = isinstance(left, t.Variable) and isinstance(right, t.Variable) and left.key == right.key
        if square and isinstance(left, t.Variable) and is_scalar(scope.resolve_shape(a.shape)):
            return norm(left, root(b), scope, not depends(b, left.key, scope))
        if t.is_zero(b) and across(left, right, scope):
            return True
        for weights, varied in ((left, right), (right, left)):
            if (
                isinstance(varied, t.Variable)
                and is_scalar(scope.resolve_shape(a.shape))
                and all(not depends(part, varied.key, scope) for part in (weights, b))
                and say(scope, varied.key, "linear", paired(weights, b))
            ):
                return True
    match a:
        case t.Unary(op="norm2", argument=t.Variable() as whole):
            return norm(whole, b, scope, not depends(b, whole.key, scope))
        case t.Unary(op="sumsq", argument=t.Variable() as whole):
            return norm(whole, root(b), scope, not depends(b, whole.key, scope))
        case t.Elementary(name="abs", order=0, argument=t.Variable(key=key)) if not depends(b, key, scope):
            return say(scope, key, "square", t.Power(b, t.Constant(Fraction(2))))
    return False


def commute(one: str, other: str, scope: Scope) -> bool:
    """A B = B A: one of them is a polynomial of the other."""
    made = {key: known.facts["commutes"].key for key, known in scope.facts.items() if "commutes" in known.facts}  # type: ignore[union-attr]
    for first, second in ((one, other), (other, one)):
        # Two that commute with a third need not be polynomials of it, nor commute with each other.
        if {first, second} & {*made, *made.values()}:
            return False
        known = scope.declarations.get(first) or scope.definitions.get(first)
        if known is not None and say(scope, second, "commutes", t.Variable(first, shape=known.shape)):
            return True
    return False


def across(left: Term, right: Term, scope: Scope) -> bool:
    """Uᵀ V = 0: two unit vectors are drawn together, else one of them is drawn at right angles to the other."""
    names = [part.key for part in (left, right) if isinstance(part, t.Variable)]
    if len(names) == 2 and names[0] != names[1] and unit_columns(scope, *names):
        return True
    for one, other in ((left, right), (right, left)):
        if (
            isinstance(other, t.Variable)
            and not depends(one, other.key, scope)
            and say(scope, other.key, "across", one)
        ):
            return True
    return False


def norm(whole: t.Variable, size: Term, scope: Scope, free: bool) -> bool:
    """A vector (or a matrix) of a known length."""
    if not free or whole.indices or is_scalar(scope.resolve_shape(whole.shape)):
        return False
    if size == UNIT and scope.resolve(whole.shape[1]) == ONE:
        return say(scope, whole.key, "unit")
    return say(scope, whole.key, "norm", size)


def _inner_products(a: Term, scope: Scope) -> Iterator[tuple[Term, Term]]:
    """The columns (or matrices) whose product uᵀv it is; a sum Σ aᵢ xᵢ is one too."""
    match a:
        case t.Multiply(op="matmul", left=t.Unary(op="transpose", argument=left), right=right):
            yield left, right
        case t.Multiply(op="inner", left=left, right=right):
            yield left, right
        case t.Unary(op="sumall", argument=t.Variable(indices=()) as whole) if scope.resolve(whole.shape[1]) == ONE:
            yield t.Filled(UNIT.value, shape=whole.shape), whole  # type: ignore[arg-type]
        case t.Reduce(op="sum", index=index, lower=t.Constant(value=Fraction(numerator=1)), conditions=(), body=body):
            columns = list(_entries(body, index))
            whole_range = isinstance(a.upper, t.Size) and all(
                scope.resolve(a.upper.dim) == scope.resolve(column.shape[0]) for column in columns
            )
            if not whole_range:
                return
            match columns:
                case [left, right]:
                    yield left, right
                case [only]:
                    yield t.Filled(Fraction(1), shape=only.shape), only


def _entries(body: Term, index: str) -> Iterator[t.Variable]:
    """The columns of which a body is the product of entries; nothing if it is anything else."""
    match body:
        case t.Entry(argument=t.Variable(indices=()) as column, row=t.Index(name=name), column=second) if (
            name == index and second in (None, UNIT)
        ):
            yield column
        case t.Multiply(op="scale", left=left, right=right):
            found = [list(_entries(side, index)) for side in (left, right)]
            if all(len(side) == 1 for side in found):
                yield from (side[0] for side in found)
        case t.Power(base=base, exponent=t.Constant(value=Fraction(numerator=2, denominator=1))):
            found_once = list(_entries(base, index))
            yield from (*found_once, *found_once)


def _squares(one: Term, other: Term, scope: Scope, span: Span) -> bool:
    """x² = c of a number, and Σ cᵢ xᵢ² = r of several."""
    squares: dict[str, Fraction] = {}
    rest: list[tuple[Fraction, Term]] = []
    for factor, part in (*_parts(one, Fraction(1)), *_parts(other, Fraction(-1))):
        key = _squared(part, scope)
        if key is None:
            rest.append((-factor, part))
        elif key in squares:
            return False
        else:
            squares[key] = factor
    if not squares or any(depends(part, key, scope) for _, part in rest for key in squares):
        return False
    if all(factor < 0 for factor in squares.values()):
        squares = {key: -factor for key, factor in squares.items()}
        rest = [(-factor, part) for factor, part in rest]
    total = _sum(rest)
    if len(squares) == 1:
        ((key, factor),) = squares.items()
        value = total if factor == 1 else _sum([(part_factor / factor, part) for part_factor, part in rest])
        if isinstance(value, t.Constant) and not _at_least_zero(value, scope):
            return False
        if not _at_least_zero(value, scope):
            scope.assumptions.append(Assumption((t.Comparison("\\ge", value, ZERO, span=span),), span))
        return say(scope, key, "square", value)
    return all(factor > 0 for factor in squares.values()) and on_sphere(scope, squares, total, span)


def _at_least_zero(value: Term, scope: Scope) -> bool:
    match value:
        case t.Constant(value=Fraction() as number):
            return number >= 0
        case t.Variable(key=key):
            found = scope.declarations.get(key)
            return found is not None and found.domain.kind in ("positive", "nonnegative")
    return False


def _sum(parts: list[tuple[Fraction, Term]]) -> Term:
    number = sum((factor * part.value for factor, part in parts if _rational(part)), Fraction(0))  # type: ignore[union-attr,operator]
    others = [(factor, part) for factor, part in parts if not _rational(part)]
    if not others:
        return t.Constant(number)
    made: list[tuple[int, Term]] = []
    for factor, part in others:
        term = part if abs(factor) == 1 else t.Multiply("scale", t.Constant(abs(factor)), part)
        made.append((1 if factor > 0 else -1, term))
    if number:
        made.append((1, t.Constant(number)))
    return made[0][1] if len(made) == 1 and made[0][0] == 1 else t.Add(tuple(made))


def _rational(part: Term) -> bool:
    return isinstance(part, t.Constant) and isinstance(part.value, Fraction)


def _parts(term: Term, factor: Fraction) -> Iterator[tuple[Fraction, Term]]:
    """The summands with their rational factors."""
    match term:
        case t.Add(terms=parts):
            for sign, part in parts:
                yield from _parts(part, factor * sign)
        case t.Multiply(op="scale", left=t.Constant(value=Fraction() as number), right=inner):
            yield from _parts(inner, factor * number)
        case t.Divide(left=inner, right=t.Constant(value=Fraction() as number)) if number:
            yield from _parts(inner, factor / number)
        case _:
            yield factor, term


def _squared(term: Term, scope: Scope) -> str | None:
    """The number whose square it is."""
    match term:
        case t.Power(base=t.Variable(key=key, indices=()) as base, exponent=exponent) if exponent == TWO:
            return key if is_scalar(scope.resolve_shape(base.shape)) else None
    return None


def _equals(a: Term, b: Term, scope: Scope) -> bool:
    """A name alone on one side has the value of the other; of a product of numbers one factor follows from the rest."""
    match a:
        case t.Variable(key=key, indices=()) if not depends(b, key, scope):
            return say(scope, key, "equals", b)
        case t.Multiply(op="scale", left=t.Variable(key=key, indices=()) as left, right=right) if (
            is_scalar(scope.resolve_shape(right.shape))
            and _rational(b)
            and not t.is_zero(b)
            and not depends(right, key, scope)
        ):
            return is_scalar(scope.resolve_shape(left.shape)) and say(scope, key, "equals", t.Divide(b, right))
    return False
