r"""The words, bars and brackets that mean the same in every document: tanh, tr, norms, inner products, ``n!``.

n! = Γ(n + 1), and log Γ is what logarithms of products are taken apart into. ``\Gamma``, ``B`` and ``\psi`` are these
functions only where the document gives the letters no other meaning, and ``\psi`` where it speaks of the digamma.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import factorial

from derivcheck.functions import FUNCTIONS, RECIPROCALS
from derivcheck.language import nodes as n
from derivcheck.language.shapes import ONE, is_scalar
from derivcheck.problem import algebra, dotted, terms
from derivcheck.problem.calls import call
from derivcheck.problem.context import Context, key_of
from derivcheck.problem.domains import ANGLES
from derivcheck.problem.indices import superscript
from derivcheck.problem.probability.logs import has_density, has_factorial, log_of
from derivcheck.problem.scope import Refusal
from derivcheck.problem.terms import Term
from derivcheck.reading.phrases import DIGAMMA
from derivcheck.source import Span

ELEMENTARY = {word: name for name, known in FUNCTIONS.items() for word in (name, *known.spellings) if name != "gamma"}
ELEMENTARY |= RECIPROCALS
MATRIX_WORDS = {
    "tr": "trace", "trace": "trace", "det": "det", "diag": "diag", "vec": "vec", "softmax": "softmax",
    "logdet": "logdet", "rowsum": "rowsum", "colsum": "colsum",
}  # fmt: skip


def builtin(node: n.Apply | n.Bars | n.Angle, ctx: Context) -> Term:
    """A known word, bars or an inner product at what stands in it."""
    match node:
        case n.Angle(items=items):
            if len(items) != 2:
                raise Refusal("inner-product", node.span, "an inner product has two members")
            left, right = (ctx.term(item) for item in items)
            return _inner(left, right, node.span, ctx)
        case n.Bars(double=True):
            return norm(node, None, None, node.span, ctx)
        case n.Bars(body=body):
            return _bars(ctx.term(body), node.span, ctx)
        case n.Apply():
            return _word(node, ctx)


def _inner(left: Term, right: Term, span: Span, ctx: Context) -> Term:
    rows, columns = algebra.shape_of(ctx.scope, left)
    if columns == ONE or rows == ONE:
        return algebra.multiply(ctx.scope, left, right, "inner", span)
    algebra.equal_shapes(ctx.scope, left, right, "an inner product needs two equal shapes")
    product = terms.Multiply("entrywise", left, right, shape=left.shape, span=span)
    return terms.Unary("sumall", product, span=span)


def _bars(value: Term, span: Span, ctx: Context) -> Term:
    rows, columns = algebra.shape_of(ctx.scope, value)
    if is_scalar((rows, columns)):
        return terms.Elementary("abs", value, span=span)
    if rows == columns:
        return terms.Unary("det", value, span=span)
    if ONE in (rows, columns):
        raise Refusal(
            "bars", span, f"`|…|` of something that is {ctx.scope.show(value.shape)} is read in more than one way",
            "write `\\|x\\|` for the length, or `\\operatorname{abs}(x)` for the entries",
        )  # fmt: skip
    raise Refusal("bars", span, f"`|…|` of something that is {ctx.scope.show(value.shape)} is not understood")


def norm(bars: n.Bars, sub: n.Node | None, sup: n.Node | None, span: Span, ctx: Context) -> Term:
    r"""``\|x\|``, ``\|x\|_1``, ``\|A\|_F``, with its power."""
    value = ctx.term(bars.body)
    rows, columns = algebra.shape_of(ctx.scope, value)
    vector = ONE in (rows, columns)
    kind = "norm2"
    match sub:
        case None:
            if not vector:
                reason = "the norm of a matrix is read in more than one way"
                raise Refusal("norm", bars.span, reason, "write `\\|A\\|_F` for the Frobenius norm")
        case n.Name(text="F") | n.Text(text="F"):
            pass
        case n.Number(value=two) if two == 2 and vector:
            pass
        case n.Number(value=one) if one == 1 and vector:
            kind = "norm1"
        case n.Symbol(text="\\infty") if vector:
            kind = "norminf"
        case _:
            weighted = _weighted(value, sub, sup, span, ctx)
            if weighted is not None:
                return weighted
            raise Refusal(
                "norm", span, "this norm is not understood", "write it out, or use \\|·\\|, \\|·\\|_1, \\|·\\|_F"
            )
    made: Term = terms.Unary(kind, value, span=bars.span if sub is None else bars.span | sub.span)
    if isinstance(sup, n.Number) and sup.value == 2 and kind == "norm2":
        return terms.Unary("sumsq", value, span=span)
    return made if sup is None else superscript(made, sup, ctx, span)


def _weighted(value: Term, sub: n.Node, sup: n.Node | None, span: Span, ctx: Context) -> Term | None:
    r"""``\|x\|_A^2`` as ``x^\top A x``."""
    if not (isinstance(sup, n.Number) and sup.value == 2):
        return None
    try:
        weight = ctx.term(sub)
    except Refusal:
        return None
    left = algebra.transpose(ctx.scope, value, value.span)
    product = algebra.multiply(ctx.scope, algebra.multiply(ctx.scope, left, weight, "", span), value, "", span)
    return replace(product, span=span)


def _word(node: n.Apply, ctx: Context) -> Term:
    word = node.word.text
    own = ctx.scope.names.get(key_of(node.word))
    if own is not None:
        made = call(own, [ctx.term(arg) for arg in node.args], node.primes, node.span, ctx)
        return made if node.sup is None else _function_power(made, node.sup, node.span, ctx)
    shorter = _of_numbers(node, ctx) if word in ELEMENTARY and not node.bracketed else None
    if shorter is not None:
        return ctx.term(shorter)
    written = node.args
    if any(dotted.is_dots(arg) for arg in written):
        whole = n.Tuple(written, (",",) * (len(written) - 1), span=written[0].span | written[-1].span)
        written = (n.Group(whole, span=whole.span),)
    args = [_entries(arg, ctx) if word == "diag" else ctx.term(arg) for arg in written]
    if word in ("max", "min"):
        return _extremum(word, args, node, ctx)
    if word in ("factorial", "binom"):
        return _counted(word, args, node, ctx)
    if word in ELEMENTARY:
        return _elementary(ELEMENTARY[word], args, node, ctx)
    if word in MATRIX_WORDS and len(args) == 1:
        made = _matrix_word(MATRIX_WORDS[word], args[0], node, ctx)
        return made if node.sup is None else superscript(made, node.sup, ctx, node.span)
    raise Refusal("unknown-function", node.word.span, f"`{word}` is not a function that is known here")


def _of_numbers(node: n.Apply, ctx: Context) -> n.Node | None:
    r"""``\cos\theta u`` as ``\cos(\theta) u``: an angle is a number; so is what stands in a logarithm before a matrix.

    Raises:
        Refusal: where only a space, as in ``\sin t\,x``, tells how far the argument goes.

    """
    written, word = node.args[0], node.word.text
    if not isinstance(written, n.Product) or set(written.operators) != {""}:
        return None
    factors = written.factors
    spaced = any("\\" in ctx.scope.quote(Span(one.span.end, other.span.start)) for one, other in pairwise(factors))
    if not spaced and word not in ANGLES and word not in ("log", "ln"):
        return None
    try:
        shapes = [algebra.shape_of(ctx.scope, ctx.term(factor)) for factor in factors]
    except Refusal:
        return None  # What is no value by itself, as the head of a call, is read as a whole.
    end = next((place for place, shape in enumerate(shapes) if not is_scalar(shape)), 0)
    if not end and spaced and isinstance(factors[0], n.Name | n.Scripted) and key_of(factors[0]) in ctx.scope.angles:
        end = 1  # Elsewhere the document has the sine or cosine of this alone.
    if end and (word in ANGLES or (word in ("log", "ln") and ONE not in shapes[end])):
        inner = factors[0] if end == 1 else n.Product(factors[:end], ("",) * (end - 1))
        inner = replace(inner, span=factors[0].span | factors[end - 1].span)
        head = replace(node, args=(inner,), span=node.word.span | inner.span)
        return n.Product((head, *factors[end:]), ("",) * (len(factors) - end), span=node.span)
    if not end and spaced:
        reason = f"`{ctx.scope.quote(node.span)}` is read in two ways: with what stands behind the space, and without"
        raise Refusal("ambiguous-argument", node.span, reason, "write brackets round the argument")
    return None


def _entries(node: n.Node, ctx: Context) -> Term:
    r"""The argument of ``diag``: the power in ``\operatorname{diag}(1 - s^2)`` can only be that of the entries.

    ``\operatorname{diag}(s_i)`` has every s_i, where nothing else binds the i.
    """
    every = dotted.entries(node, ctx)
    return by_entries(node, ctx) if every is None else every


def by_entries(node: n.Node, ctx: Context) -> Term:
    r"""Where only entries can be meant, as beside ``\odot``, a power of a column is that of its entries."""
    scope, readings = ctx.scope, ctx.scope.readings
    scope.readings = {**readings, "powers": "entrywise"}
    try:
        return ctx.term(node)
    finally:
        scope.readings = readings


def _extremum(word: str, args: list[Term], node: n.Apply, ctx: Context) -> Term:
    if len(args) == 1:
        if algebra.scalar(ctx.scope, args[0]):
            raise Refusal("arguments", node.span, f"`{word}` of one number: the others are missing")
        return terms.Unary(f"{word}all", args[0], span=node.span)
    lead = next((arg for arg in args if not algebra.scalar(ctx.scope, arg)), args[0])
    for arg in args:
        if not algebra.scalar(ctx.scope, arg) and not ctx.scope.unify_shapes(lead.shape, arg.shape):
            raise algebra.mismatch(ctx.scope, lead, arg, f"the arguments of `{word}` differ in shape")
    return terms.Extremum(word, tuple(args), shape=lead.shape, span=node.span)  # type: ignore[arg-type]


def _elementary(name: str, args: list[Term], node: n.Apply, ctx: Context) -> Term:
    written = node.args[0]
    if not node.bracketed and isinstance(written, n.Product) and any(isinstance(f, n.Big) for f in written.factors[1:]):
        reason = f"`{ctx.scope.quote(node.span)}` is read in two ways: with the sum in the argument, and behind it"
        raise Refusal("ambiguous-argument", node.span, reason, "write brackets round the argument")
    if len(args) != 1:
        raise Refusal("arguments", node.span, f"`{node.word.text}` takes one argument, not {len(args)}")
    argument = args[0]
    if name == "log" and node.sub is None and node.sup is None and (has_density(argument) or has_factorial(argument)):
        return replace(log_of(argument, ctx.scope), span=node.span)
    rows, columns = algebra.shape_of(ctx.scope, argument)
    if name in ("exp", "log") and rows == columns and not is_scalar((rows, columns)):
        raise Refusal(
            "matrix-function",
            node.span,
            f"`{node.word.text}` of a square matrix is read in more than one way: entry by entry, or as a series",
            "declare a function of a real number and write it with that if the entries are meant",
        )
    made: Term
    if node.sub is not None:
        if name != "log":
            raise Refusal("subscript", node.sub.span, f"the subscript of `{node.word.text}` is not understood")
        base = ctx.term(node.sub)
        top = terms.Elementary("log", argument, shape=argument.shape, span=node.span)
        made = algebra.divide(ctx.scope, top, terms.Elementary("log", base, span=node.sub.span), node.span)
    else:
        made = terms.Elementary(name, argument, node.primes, shape=argument.shape, span=node.span)
        if node.word.text in RECIPROCALS:
            if node.primes:
                raise Refusal("superscript", node.span, f"a prime at `{node.word.text}` is not understood")
            one = terms.Constant(Fraction(1), span=node.span)
            column = not is_scalar(argument.shape)
            made = terms.Divide(one, made, entrywise=column, shape=argument.shape, span=node.span)
    return made if node.sup is None else _function_power(made, node.sup, node.span, ctx)


def _function_power(made: Term, sup: n.Node, span: Span, ctx: Context) -> Term:
    r"""``\tanh^2(x)``: the function's values squared, entry by entry. ``\sin^{-1}`` means two things: refused."""
    exponent = ctx.term(sup)
    if isinstance(exponent, terms.Constant) and exponent.value == -1:
        reason = "the power −1 of a function is read as its inverse function and as its reciprocal"
        raise Refusal("ambiguous-inverse", span, reason, "write \\arcsin, or 1/\\sin")
    return terms.Power(made, exponent, entrywise=not algebra.scalar(ctx.scope, made), shape=made.shape, span=span)


def _matrix_word(op: str, value: Term, node: n.Apply, ctx: Context) -> Term:
    scope = ctx.scope
    rows, columns = algebra.shape_of(scope, value)
    match op:
        case "trace" | "det" | "logdet":
            algebra.square(scope, value, f"`{node.word.text}`")
            if op == "logdet":
                return terms.Elementary("log", terms.Unary("det", value, span=node.span), span=node.span)
            return terms.Unary(op, value, span=node.span)
        case "diag":
            if columns == ONE or rows == ONE:
                size = rows if columns == ONE else columns
                return terms.Unary("todiag", value, shape=(size, size), span=node.span)
            algebra.square(scope, value, "`diag`")
            return terms.Unary("diagof", value, shape=(rows, ONE), span=node.span)
        case "vec":
            return terms.Unary("vec", value, shape=(rows * columns, ONE), span=node.span)
        case "softmax":
            if ONE in (rows, columns) or (axis := scope.readings.get("softmax-axis")) == "rows":
                return terms.Unary("softmax", value, shape=value.shape, span=node.span)
            if axis == "columns":
                turned = algebra.transpose(scope, value, node.span)
                by_rows = terms.Unary("softmax", turned, shape=turned.shape, span=node.span)
                return algebra.transpose(scope, by_rows, node.span)
            help = "say it in words, as in: softmax over each row; or apply it to one column"
            raise Refusal("softmax", node.span, "softmax of a matrix: over rows or over columns?", help)
        case "rowsum":
            return algebra.multiply(scope, value, terms.Filled(Fraction(1), shape=(columns, ONE)), "", node.span)
        case "colsum":
            return algebra.multiply(scope, terms.Filled(Fraction(1), shape=(ONE, rows)), value, "", node.span)
    raise AssertionError(op)


BETAS = frozenset(("B", "\\mathrm{B}", "\\mathbf{B}", "\\mathrm{Beta}", "\\beta"))
DIGAMMAS = frozenset(("\\psi", "\\Psi", "\\digamma", "\\mathrm{digamma}"))
LARGEST = 170
"""Above this a factorial is no number in float64: it is kept as what it is."""


def _counted(name: str, args: list[Term], node: n.Apply, ctx: Context) -> Term:
    r"""``n!`` and ``\binom{n}{k}`` of scalars."""
    for arg in args:
        if not algebra.scalar(ctx.scope, arg):
            raise Refusal("not-a-scalar", arg.span, f"a factorial is of a number; this is {ctx.scope.show(arg.shape)}")
    if name == "factorial":
        return _factorial(args[0], node.span)
    above, below = args
    rest = terms.Add(((1, above), (-1, below)), span=node.span)
    numbers = [_literal(part) for part in (above, below)]
    if numbers[0] is not None and numbers[1] is not None and numbers[1] <= numbers[0]:
        rest_number = terms.Constant(Fraction(numbers[0] - numbers[1]))
        product = _product(_factorial(below, node.span), _factorial(rest_number, node.span))
    else:
        product = _product(_factorial(below, node.span), _factorial(rest, node.span))
    return terms.Divide(_factorial(above, node.span), product, span=node.span)


def called(head: n.Node, group: n.Group, ctx: Context) -> Term | None:
    r"""``\Gamma(a)``, ``\Gamma'(a)``, ``B(a, b)`` or ``\psi(a)``; None where the letter means something else."""
    base = head.base if isinstance(head, n.Scripted) and head.sub is None and head.sup is None else head
    if not isinstance(base, n.Name) or key_of(base) in ctx.scope.names or base.text in ctx.indices:
        return None
    primes = head.primes if isinstance(head, n.Scripted) else 0
    items = list(group.body.items) if isinstance(group.body, n.Tuple) else [group.body]
    span = head.span | group.span
    if base.text in ("\\Gamma", "\\mathrm{Gamma}") and len(items) == 1 and group.fence in "([":
        return _function("gamma", items[0], primes, span, ctx)
    if base.text in DIGAMMAS and len(items) == 1 and DIGAMMA.search(ctx.scope.text):
        return _function("digamma", items[0], primes, span, ctx)
    if base.text in BETAS and not primes and group.fence == "(":
        return _beta([ctx.term(item) for item in items], span, ctx)
    return None


def _function(name: str, item: n.Node, order: int, span: Span, ctx: Context) -> Term:
    argument = ctx.term(item)
    return terms.Elementary(name, argument, order, shape=argument.shape, span=span)


def _beta(args: list[Term], span: Span, ctx: Context) -> Term | None:
    """B(a, b) = Γ(a) Γ(b) / Γ(a + b), and for a column Π Γ(aᵢ) / Γ(Σ aᵢ)."""
    if len(args) == 2 and all(algebra.scalar(ctx.scope, arg) for arg in args):
        above = _product(terms.Elementary("gamma", args[0]), terms.Elementary("gamma", args[1]))
        return terms.Divide(above, terms.Elementary("gamma", terms.Add(((1, args[0]), (1, args[1])))), span=span)
    if len(args) == 1 and algebra.column(ctx.scope, args[0]):
        logs = terms.Unary("sumall", terms.Elementary("lgamma", args[0], shape=args[0].shape))
        total = terms.Elementary("lgamma", terms.Unary("sumall", args[0]))
        return terms.Elementary("exp", terms.Add(((1, logs), (-1, total))), span=span)
    return None


def _factorial(term: Term, span: Span) -> Term:
    number = _literal(term)
    if number is not None:
        return terms.Constant(Fraction(factorial(number)), span=span)
    one_more = terms.Add(((1, term), (1, terms.Constant(Fraction(1)))), span=term.span)
    return terms.Elementary("gamma", one_more, span=span)


def _literal(term: Term) -> int | None:
    """The whole number that was written, if it is one of which a factorial can be taken."""
    if isinstance(term, terms.Constant) and isinstance(term.value, Fraction) and term.value.denominator == 1:
        return int(term.value) if 0 <= term.value <= LARGEST else None
    return None


def _product(left: Term, right: Term) -> Term:
    return terms.Multiply("scale", left, right)
