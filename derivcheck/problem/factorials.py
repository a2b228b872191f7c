r"""Factorials and what belongs to them: ``n!``, ``\binom{n}{k}``, ``\Gamma(a)``, ``B(a, b)``, the digamma function.

n! = Γ(n + 1), and log Γ is what logarithms of products are taken apart into. ``\Gamma``, ``B`` and ``\psi`` are these
functions only where the document gives the letters no other meaning, and ``\psi`` where it speaks of the digamma.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial

from derivcheck.language import nodes as n
from derivcheck.problem import algebra
from derivcheck.problem import terms as t
from derivcheck.problem.context import Context, key_of
from derivcheck.problem.scope import Refusal
from derivcheck.problem.terms import Term
from derivcheck.reading.phrases import DIGAMMA
from derivcheck.source import Span

BETAS = frozenset(("B", "\\mathrm{B}", "\\mathbf{B}", "\\mathrm{Beta}", "\\beta"))
DIGAMMAS = frozenset(("\\psi", "\\Psi", "\\digamma", "\\mathrm{digamma}"))
LARGEST = 170
"""Above this a factorial is no number in float64: it is kept as what it is."""
ONE = t.Constant(Fraction(1))


def word(name: str, args: list[Term], node: n.Apply, ctx: Context) -> Term:
    r"""``n!`` and ``\binom{n}{k}`` of scalars."""
    for arg in args:
        if not algebra.scalar(ctx.scope, arg):
            raise Refusal("not-a-scalar", arg.span, f"a factorial is of a number; this is {ctx.scope.show(arg.shape)}")
    if name == "factorial":
        return _factorial(args[0], node.span)
    above, below = args
    rest = t.Add(((1, above), (-1, below)), span=node.span)
    numbers = [_literal(part) for part in (above, below)]
    if numbers[0] is not None and numbers[1] is not None and numbers[1] <= numbers[0]:
        rest_number = t.Constant(Fraction(numbers[0] - numbers[1]))
        product = _product(_factorial(below, node.span), _factorial(rest_number, node.span))
    else:
        product = _product(_factorial(below, node.span), _factorial(rest, node.span))
    return t.Divide(_factorial(above, node.span), product, span=node.span)


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
    return t.Elementary(name, argument, order, shape=argument.shape, span=span)


def _beta(args: list[Term], span: Span, ctx: Context) -> Term | None:
    """B(a, b) = Γ(a) Γ(b) / Γ(a + b), and for a column Π Γ(aᵢ) / Γ(Σ aᵢ)."""
    if len(args) == 2 and all(algebra.scalar(ctx.scope, arg) for arg in args):
        above = _product(t.Elementary("gamma", args[0]), t.Elementary("gamma", args[1]))
        return t.Divide(above, t.Elementary("gamma", t.Add(((1, args[0]), (1, args[1])))), span=span)
    if len(args) == 1 and algebra.column(ctx.scope, args[0]):
        logs = t.Unary("sumall", t.Elementary("lgamma", args[0], shape=args[0].shape))
        total = t.Elementary("lgamma", t.Unary("sumall", args[0]))
        return t.Elementary("exp", t.Add(((1, logs), (-1, total))), span=span)
    return None


def _factorial(term: Term, span: Span) -> Term:
    number = _literal(term)
    if number is not None:
        return t.Constant(Fraction(factorial(number)), span=span)
    return t.Elementary("gamma", t.Add(((1, term), (1, ONE)), span=term.span), span=span)


def _literal(term: Term) -> int | None:
    """The whole number that was written, if it is one of which a factorial can be taken."""
    if isinstance(term, t.Constant) and isinstance(term.value, Fraction) and term.value.denominator == 1:
        return int(term.value) if 0 <= term.value <= LARGEST else None
    return None


def _product(left: Term, right: Term) -> Term:
    return t.Multiply("scale", left, right)
