r"""Names that meet what is assumed of them by construction: ``P^2 = P`` is P = S diag(s) S⁻¹ with s drawn from {0, 1}.

What is said of a name is kept as a set of facts. Where the table knows them together the name becomes one that is
defined in terms of names that are drawn freely, so that every source of evidence, in every arithmetic, sees members
of the set and only these, of every rank and sign; a derivative by the name is one by what stands between.

=============================  ========================================================================
facts                          what the name becomes
=============================  ========================================================================
idempotent (and symmetric)     S diag(s) S⁻¹, s ∈ {0, 1}ⁿ (S orthogonal)
involutory (and symmetric)     S diag(s) S⁻¹, s ∈ {−1, 1}ⁿ (S orthogonal)
nilpotent                      S N S⁻¹, N strictly upper triangular; P² = 0: P B (I − P), P idempotent
singular                       B (I − u uᵀ / uᵀu); symmetric: the same factor on both sides
trace = c                      B + (c − tr B) / n · I; positive (semi)definite: c B / tr B
det = c                        B with its first row times c / det B
symmetric, positive            B + Bᵀ with positive entries
rotation                       (I − K)(I + K)⁻¹, K skew
A B = B A                      B = a polynomial of A
Uᵀ V = 0                       V = (I − U (UᵀU)⁻¹ Uᵀ) W; of two unit vectors: two orthonormal columns
A x = b                        A = W + (b − W x) xᵀ / xᵀx
Σ aᵢ xᵢ = c                    x = w + (c − aᵀw) a / aᵀa
x² = c                         s √c, s ∈ {−1, 1}
Σ cᵢ xᵢ² = r                   xᵢ = √(r / cᵢ) uᵢ with a unit vector u
=============================  ========================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from derivcheck.language.shapes import ONE, SCALAR, Dim, Domain, Shape, is_scalar
from derivcheck.problem import terms as t
from derivcheck.problem.scope import Assumption, Declaration, Definition, Known, Scope
from derivcheck.problem.terms import Term
from derivcheck.source import Span

DEGREE = 4
"""Of the polynomial that commutes with a matrix: all of them up to 5 × 5, where sizes are drawn from."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Builds the terms for one name of a shape."""

    scope: Scope
    declared: Declaration
    facts: Mapping[str, Term | None]

    @property
    def shape(self) -> Shape:
        """The shape of the name."""
        return self.scope.resolve_shape(self.declared.shape)

    def free(self, kind: str = "real", shape: Shape | None = None, values: tuple[int, ...] = ()) -> Term:
        """A new name that is drawn from a domain, of the declared shape unless another is given."""
        key = self.scope.fresh(self.declared.key)
        domain = Domain(kind, values=values)  # type: ignore[arg-type]
        shape = shape or self.shape
        self.scope.enter(key, replace(self.declared, key=key, domain=domain, shape=shape))
        return t.Variable(key, shape=shape, span=self.declared.span)

    def own(self) -> Term:
        """A new name that is drawn from the domain that was declared."""
        key = self.scope.fresh(self.declared.key)
        self.scope.enter(key, replace(self.declared, key=key))
        return t.Variable(key, shape=self.shape, span=self.declared.span)

    def value(self, fact: str) -> Term:
        """The value of a fact that has one."""
        found = self.facts[fact]
        assert found is not None
        return found


def transpose(term: Term) -> Term:
    """The transpose."""
    return t.Unary("transpose", term, shape=term.shape[::-1], span=term.span)


def product(*factors: Term) -> Term:
    """The matrix product."""
    made = factors[0]
    for factor in factors[1:]:
        made = t.Multiply("matmul", made, factor, shape=(made.shape[0], factor.shape[1]), span=made.span)
    return made


def scaled(number: Term, term: Term) -> Term:
    """A scalar times a matrix."""
    return t.Multiply("scale", number, term, shape=term.shape, span=term.span)


def plus(left: Term, right: Term, sign: int = 1) -> Term:
    """The sum, or with sign −1 the difference."""
    return t.Add(((1, left), (sign, right)), shape=left.shape, span=left.span)


def over(term: Term, number: Term) -> Term:
    """A matrix divided by a scalar."""
    return t.Divide(term, number, shape=term.shape, span=term.span)


def inverse(term: Term) -> Term:
    """The inverse."""
    return t.Unary("inverse", term, shape=term.shape, span=term.span)


def root(term: Term) -> Term:
    """The square root of a number, exact where it is rational."""
    match term:
        case t.Constant(value=Fraction() as value) if value >= 0:
            above, below = (_whole_root(part) for part in (value.numerator, value.denominator))
            if above is not None and below is not None:
                return t.Constant(Fraction(above, below), span=term.span)
    return t.Elementary("sqrt", term, span=term.span)


def _whole_root(number: int) -> int | None:
    guess = int(number**0.5 + 0.5) if number < 1 << 50 else -1
    return guess if guess * guess == number else None


def _square(maker: Maker) -> Shape:
    return maker.shape[0], maker.shape[0]


def _similar(maker: Maker, values: tuple[int, ...], kind: str = "real") -> Term:
    """S diag(s) S⁻¹ with s of these values: diagonalisable with these eigenvalues, each as often as it comes."""
    rows = maker.shape[0]
    base, column = maker.free(kind), maker.free("finite", (rows, ONE), values)
    middle = t.Unary("todiag", column, shape=_square(maker))
    return product(base, middle, transpose(base) if kind == "orthogonal" else inverse(base))


def _nilpotent(maker: Maker) -> Term:
    base, upper = maker.free(), maker.free("upper")
    off = plus(t.Filled(Fraction(1), shape=maker.shape), identity(maker.shape[0]), -1)
    strict = t.Multiply("entrywise", upper, off, shape=maker.shape)
    return product(base, strict, inverse(base))


def identity(size: Dim) -> Term:
    """The identity matrix of a size."""
    return t.Identity(size, shape=(size, size))


def beside(column: Term) -> Term:
    """I − u uᵀ / uᵀu, which takes u to zero."""
    outer = over(product(column, transpose(column)), product(transpose(column), column))
    return plus(identity(column.shape[0]), outer, -1)


def _singular_on_both_sides(maker: Maker) -> Term:
    away = beside(maker.free(shape=(maker.shape[0], ONE)))
    return product(away, maker.own(), away)


def _trace(maker: Maker) -> Term:
    drawn = maker.own()
    missing = plus(maker.value("trace"), t.Unary("trace", drawn), -1)
    return plus(drawn, scaled(t.Divide(missing, t.Size(maker.shape[0])), identity(maker.shape[0])))


def _positive_trace(maker: Maker) -> Term:
    drawn = maker.own()
    return scaled(t.Divide(maker.value("trace"), t.Unary("trace", drawn)), drawn)


def _determinant(maker: Maker) -> Term:
    drawn = maker.own()
    factor = t.Divide(maker.value("det"), t.Unary("det", drawn))
    first = t.UnitVector(t.Constant(Fraction(1)), maker.shape[0], shape=(maker.shape[0], ONE))
    less = t.Add(((1, factor), (-1, t.Constant(Fraction(1)))))
    return plus(drawn, scaled(less, product(first, transpose(first), drawn)))


def _rotation(maker: Maker) -> Term:
    skew, eye = maker.free("skew"), identity(maker.shape[0])
    return product(plus(eye, skew, -1), inverse(plus(eye, skew)))


def _symmetric_positive(maker: Maker) -> Term:
    drawn = maker.free("positive")
    return plus(drawn, transpose(drawn))


def _diagonal_positive(maker: Maker) -> Term:
    return t.Unary("todiag", maker.free("positive", (maker.shape[0], ONE)), shape=maker.shape)


def _positive_diagonal(maker: Maker) -> Term:
    off = plus(t.Filled(Fraction(1), shape=maker.shape), identity(maker.shape[0]), -1)
    return plus(t.Multiply("entrywise", maker.own(), off, shape=maker.shape), _diagonal_positive(maker))


def _linear(maker: Maker) -> Term:
    r"""The column on the hyperplane aᵀx = c; the fact's value is the pair of both."""
    weights, total = _pair(maker.value("linear"))
    drawn = maker.own()
    missing = plus(total, product(transpose(weights), drawn), -1)
    return plus(drawn, scaled(t.Divide(missing, product(transpose(weights), weights)), weights))


def _simplex(maker: Maker) -> Term | Domain | None:
    """Numbers without a sign that add up to c."""
    weights, total = _pair(maker.value("linear"))
    if not (isinstance(weights, t.Filled) and weights.value == 1):
        return None
    one = isinstance(total, t.Constant) and total.value == Fraction(1)
    return (
        Domain("simplex", closed=("nonnegative" in maker.facts,) * 2) if one else scaled(total, maker.free("simplex"))
    )


def _pair(term: Term) -> tuple[Term, Term]:
    assert isinstance(term, t.Block)
    return term.rows[0][0], term.rows[0][1]


def paired(one: Term, other: Term) -> Term:
    """Two terms as the value of one fact."""
    return t.Block(((one, other),))


def _onto(maker: Maker) -> Term:
    """A with A x = b."""
    column, image = _pair(maker.value("onto"))
    drawn = maker.own()
    missing = plus(image, product(drawn, column), -1)
    return plus(drawn, over(product(missing, transpose(column)), product(transpose(column), column)))


def _across(maker: Maker) -> Term:
    """V with Uᵀ V = 0."""
    other, drawn = maker.value("across"), maker.own()
    part = product(transpose(other), drawn)
    gram = product(transpose(other), other)
    onto = over(product(other, part), gram) if is_scalar(gram.shape) else product(other, inverse(gram), part)
    return plus(drawn, onto, -1)


def _commuting(maker: Maker) -> Term:
    other = maker.value("commutes")
    made: Term = scaled(maker.free(shape=SCALAR), identity(maker.shape[0]))
    for _ in range(DEGREE):
        made = plus(product(made, other), scaled(maker.free(shape=SCALAR), identity(maker.shape[0])))
    return made


def _roots(maker: Maker) -> Term:
    """A number with a known square."""
    size = root(maker.value("square"))
    kind = maker.declared.domain.kind
    if kind in ("positive", "nonnegative"):
        return size
    if kind in ("negative", "nonpositive"):
        return t.Add(((-1, size),))
    return scaled(maker.free("finite", SCALAR, (-1, 1)), size)


def _normed(drawn: Term) -> Term:
    return over(drawn, t.Unary("norm2", drawn))


def _norm(maker: Maker) -> Term:
    return scaled(maker.value("norm"), maker.free("unit") if maker.shape[1] == ONE else _normed(maker.own()))


def _nilpotent_square(maker: Maker) -> Term:
    """P B (I − P) with P idempotent: its square is zero, and it has every rank that this allows."""
    onto = _similar(maker, (0, 1))
    return product(onto, maker.free(), plus(identity(maker.shape[0]), onto, -1))


Facts = frozenset[str]
DOMAINS: Mapping[Facts, str] = {
    frozenset((kind,)): kind
    for kind in ("symmetric", "skew", "spd", "psd", "diagonal", "orthogonal", "unit", "lower", "upper", "simplex",
                 "onehot", "positive", "nonnegative", "negative", "nonpositive", "nonzero")
}  # fmt: skip
TABLE: Mapping[Facts, Callable[[Maker], Term | Domain | None]] = {
    frozenset(("idempotent",)): lambda maker: _similar(maker, (0, 1)),
    frozenset(("involutory",)): lambda maker: _similar(maker, (-1, 1)),
    frozenset(("idempotent", "symmetric")): lambda maker: _similar(maker, (0, 1), "orthogonal"),
    **{
        frozenset(two): lambda maker: _similar(maker, (-1, 1), "orthogonal")
        for two in (("involutory", "symmetric"), ("involutory", "orthogonal"), ("orthogonal", "symmetric"))
    },
    frozenset(("nilpotent",)): _nilpotent,
    frozenset(("square zero",)): _nilpotent_square,
    frozenset(("equals",)): lambda maker: maker.value("equals"),
    frozenset(("singular",)): lambda maker: product(maker.own(), beside(maker.free(shape=(maker.shape[0], ONE)))),
    **{frozenset(("singular", kind)): _singular_on_both_sides for kind in ("symmetric", "psd")},
    **{frozenset(("trace", *kind)): _trace for kind in ((), ("symmetric",), ("diagonal",), ("lower",), ("upper",))},
    **{frozenset(("trace", kind)): _positive_trace for kind in ("spd", "psd")},
    **{frozenset(("det", *kind)): _determinant for kind in ((), ("lower",), ("upper",), ("diagonal",))},
    frozenset(("det", "orthogonal")): _rotation,
    frozenset(("positive", "symmetric")): _symmetric_positive,
    frozenset(("diagonal", "positive")): _diagonal_positive,
    **{frozenset(("positive diagonal", kind)): _positive_diagonal for kind in ("lower", "upper")},
    frozenset(("linear",)): _linear,
    **{frozenset(("linear", sign)): _simplex for sign in ("positive", "nonnegative")},
    frozenset(("onto",)): _onto,
    frozenset(("across",)): _across,
    frozenset(("across", "unit")): lambda maker: _normed(_across(maker)),
    frozenset(("commutes",)): _commuting,
    frozenset(("commutes", "symmetric")): _commuting,
    **{
        frozenset(("square", *sign)): _roots
        for sign in ((), ("positive",), ("nonnegative",), ("negative",), ("nonpositive",), ("nonzero",))
    },
    frozenset(("norm",)): _norm,
}  # fmt: skip
IMPLIED: Mapping[str, tuple[str, ...]] = {
    "spd": ("psd", "symmetric", "nonzero"), "psd": ("symmetric",), "diagonal": ("symmetric", "lower", "upper"),
    "positive": ("nonnegative", "nonzero"), "negative": ("nonpositive", "nonzero"),
}  # fmt: skip
OWN: Mapping[Facts, str] = {
    frozenset(("idempotent", "symmetric")): "real", frozenset(("across", "unit")): "real",
}  # fmt: skip


def say(scope: Scope, key: str, fact: str, value: Term | None = None) -> bool:
    """A further fact about a declared name; False if nothing is known to be drawn that meets them all."""
    known = _known(scope, key)
    if known is None or (fact in known.facts and known.facts[fact] != value):
        return False
    facts = {**known.facts, fact: value}
    for told in tuple(facts):
        for less in IMPLIED.get(told, ()):
            facts.pop(less, None)
    kinds = frozenset(facts)
    declared = replace(known.declared, domain=Domain(_domain_of_own(kinds, facts)))  # type: ignore[arg-type]
    made: Term | Domain | None = Domain(DOMAINS[kinds]) if kinds in DOMAINS else None  # type: ignore[arg-type]
    if made is None and kinds in TABLE:
        made = TABLE[kinds](Maker(scope, declared, facts))
    match made:
        case None:
            return False
        case Domain():
            reenter(scope, key, replace(known.declared, domain=made))
        case _:
            define(scope, known.declared, made)
    scope.facts[key] = Known(known.declared, facts)
    return True


def _domain_of_own(kinds: Facts, facts: Mapping[str, Term | None]) -> str:
    """From where what is corrected is drawn: the domain among the facts, if there is one."""
    if kinds in OWN:
        return OWN[kinds]
    return next((kind for kind in facts if frozenset((kind,)) in DOMAINS), "real")


def _known(scope: Scope, key: str) -> Known | None:
    if key in scope.facts:
        return scope.facts[key]
    found = scope.declarations.get(key)
    if found is None or found.family or key in scope.factors:
        return None
    kind = found.domain.kind
    if kind != "real" and frozenset((kind,)) not in DOMAINS:
        return None
    return Known(replace(found, domain=Domain()), {} if kind == "real" else {kind: None})


def reenter(scope: Scope, key: str, declared: Declaration) -> None:
    """The name becomes a declared one, whatever it was."""
    for visible, meaning in list(scope.names.items()):
        if isinstance(meaning, Declaration | Definition) and meaning.key == key:
            scope.names[visible] = declared
    scope.definitions.pop(key, None)
    scope.declarations[key] = declared


def define(scope: Scope, declared: Declaration, made: Term) -> None:
    """The declared name becomes a defined one."""
    definition = Definition(declared.key, declared.text, made, declared.shape, declared.span)
    scope.declarations.pop(declared.key, None)
    scope.definitions[declared.key] = definition
    for visible, meaning in list(scope.names.items()):
        if isinstance(meaning, Declaration | Definition) and meaning.key == declared.key:
            scope.names[visible] = definition


def unit_columns(scope: Scope, *keys: str) -> bool:
    """Unit vectors at right angles to each other: the columns of a matrix with orthonormal columns."""
    found = [known for known in (_known(scope, key) for key in keys) if known is not None]
    if len(found) < len(keys) or any(set(known.facts) != {"unit"} for known in found):
        return False
    first = found[0].declared
    rows = scope.resolve(first.shape[0])
    shape = (rows, Dim.of(len(keys)))
    both = Maker(scope, replace(first, shape=shape), {}).free("orthogonal", shape)
    if len(keys) > 2:
        fits = t.Comparison("\\ge", t.Size(rows), t.Constant(Fraction(len(keys))), span=first.span)
        scope.assumptions.append(Assumption((fits,), first.span))
    for position, known in enumerate(found, 1):
        declared = known.declared
        column = t.Entry(both, None, t.Constant(Fraction(position)), shape=(rows, ONE), span=declared.span)
        define(scope, declared, column)
        scope.facts[declared.key] = Known(declared, {"unit": None, "column": both})
    return True


def on_sphere(scope: Scope, squares: Mapping[str, Fraction], radius: Term, span: Span) -> bool:
    """Numbers with Σ cᵢ xᵢ² = r: entries of a unit vector, each with its scale."""
    found = [_known(scope, key) for key in squares]
    if any(known is None or known.facts or not is_scalar(known.declared.shape) for known in found):
        return False
    maker = Maker(scope, next(known.declared for known in found if known is not None), {})
    unit = maker.free("unit", (Dim.of(len(squares)), ONE))
    for position, (known, factor) in enumerate(zip(found, squares.values(), strict=True), 1):
        assert known is not None
        entry = t.Entry(unit, t.Constant(Fraction(position)), t.Constant(Fraction(1)), span=span)
        size = root(t.Constant(1 / factor) if radius == t.Constant(Fraction(1)) else _share(radius, factor))
        define(scope, known.declared, scaled(size, entry))
        scope.facts[known.declared.key] = Known(known.declared, {"sphere": radius})
    return True


def _share(radius: Term, factor: Fraction) -> Term:
    match radius:
        case t.Constant(value=Fraction() as value):
            return t.Constant(value / factor)
    return t.Divide(radius, t.Constant(factor))
