"""Products: calls, gradients, chains of linked partials, then left to right what the shapes say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.shapes import SCALAR
from derivcheck.problem import algebra, calls, derivatives, spectrum, terms, words
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.facts import depends
from derivcheck.problem.indices import indicator, superscript
from derivcheck.problem.probability.operators import operator as operator_of_chance
from derivcheck.problem.probability.operators import says_chance, says_mean
from derivcheck.problem.recursions import SHIFT
from derivcheck.problem.scope import Refusal
from derivcheck.problem.substitution import rewrite
from derivcheck.problem.terms import Term

JOINING = frozenset(("", "\\cdot", "\\times", "*"))


@dataclass(frozen=True, slots=True)
class Piece:
    """One factor with the operator in front of it; ``node`` is kept where it may be a link of a chain."""

    operator: str
    nodes: tuple[n.Node, ...]
    term: Term | None = None


def product(node: n.Product, ctx: Context) -> Term:
    """The value of a product."""
    pieces = _pieces(node, ctx)
    _refuse_open_slash(pieces, ctx)
    return _fold(_linked(pieces, ctx), ctx)


def _pieces(node: n.Product, ctx: Context) -> list[Piece]:
    """The factors with calls and gradients taken together."""
    operators = ("", *node.operators)
    factors = node.factors
    pieces: list[Piece] = []
    position = 0
    while position < len(factors):
        factor, operator = factors[position], operators[position]
        if isinstance(factor, n.Nabla):
            turned = _turned_gradient(factors, operators, position, ctx)
            if turned is not None:
                pieces.append(Piece(operator, factors[position : position + turned[1]], turned[0]))
                position += turned[1]
                continue
            rest = (
                n.Product(factors[position + 1 :], operators[position + 2 :]) if position + 2 < len(factors) else None
            )
            behind = _pieces(rest, ctx) if rest else [Piece("", (f,)) for f in factors[position + 1 :]]
            term, taken = derivatives.nabla(factor, [(piece.operator, _value(piece, ctx)) for piece in behind], ctx)
            pieces.append(Piece(operator, (factor,), term))
            pieces.extend(behind[taken:])
            break
        taken_as_call = _call(factors, operators, position, ctx)
        if taken_as_call is not None:
            pieces.append(Piece(operator, factors[position : position + 2], taken_as_call))
            position += 2
            continue
        if (reached := _without_brackets(factors, operators, position)) is not None:
            group = n.Group(reached, fence="[", span=reached.span)
            chance_of = operator_of_chance(factor, group, ctx)
            if chance_of is not None:
                pieces.append(Piece(operator, (factor,), chance_of))
                position += 1 + (len(reached.factors) if isinstance(reached, n.Product) else 1)
                continue
        pieces.append(Piece(operator, (factor,)))
        position += 1
    return pieces


def _without_brackets(factors: tuple[n.Node, ...], operators: tuple[str, ...], position: int) -> n.Node | None:
    r"""What ``\mathbb{E}\|x\|^2`` and ``\operatorname{Var} X`` are of: the rest of the product, or one factor."""
    head, end = factors[position], len(factors)
    if not says_chance(head) or position + 1 == end or operators[position + 1] != "":
        return None
    end = next((k for k in range(position + 1, end) if says_chance(factors[k])), end)
    rest = factors[position + 1 : end]
    if not rest or isinstance(rest[0], n.Group) or (len(rest) > 1 and not says_mean(head)):
        return None
    return rest[0] if len(rest) == 1 else n.Product(
        rest, operators[position + 2 : end], span=rest[0].span | rest[-1].span
    )  # fmt: skip


def _turned_gradient(
    factors: tuple[n.Node, ...], operators: tuple[str, ...], position: int, ctx: Context
) -> tuple[Term, int] | None:
    """``∇f(x)^⊤`` and ``∇f^⊤``: the gradient transposed (a scalar has none worth writing); factors taken."""
    behind = factors[position + 1 : position + 3]
    if len(behind) == 2 and operators[position + 2] == "" and isinstance(behind[1], n.Scripted):
        last = behind[1]
        plain: tuple[n.Node, ...] = (behind[0], last.base)
        if not isinstance(last.base, n.Group) or calls.function_named(behind[0], ctx) is None:
            return None
    elif behind and isinstance(behind[0], n.Scripted) and isinstance(behind[0].base, n.Name) and behind[0].sub is None:
        last = behind[0]
        plain = (last.base,)
        if key_of(last.base) not in ctx.scope.names:
            return None
    else:
        return None
    turning = isinstance(last.sup, n.Symbol) and last.sup.text == "\\top"
    turning = turning or (isinstance(last.sup, n.Name) and last.sup.text == "T" and "T" not in ctx.scope.names)
    if not turning or last.primes:
        return None
    node = n.Product(plain, ("",), span=behind[0].span | last.span) if len(plain) == 2 else plain[0]
    value = ctx.term(node)
    if not algebra.scalar(ctx.scope, value):
        return None
    nabla = factors[position]
    assert isinstance(nabla, n.Nabla)
    gradient, _ = derivatives.nabla(nabla, [("", value)], ctx)
    return algebra.transpose(ctx.scope, gradient, nabla.span | last.span), 1 + len(plain)


def _value(piece: Piece, ctx: Context) -> Term:
    return piece.term if piece.term is not None else ctx.term(piece.nodes[0])


def _call(factors: tuple[n.Node, ...], operators: tuple[str, ...], position: int, ctx: Context) -> Term | None:
    """``f(x)`` where ``f`` is a function here, or None; ``f(x)^2`` is the value squared."""
    if position + 1 >= len(factors) or operators[position + 1] != "":
        return None
    head, behind = factors[position], factors[position + 1]
    group = behind.base if isinstance(behind, n.Scripted) else behind
    if isinstance(group, n.Group) and isinstance(group.body, n.Compare) and _says_indicator(head):
        value = indicator(group.body, head.span | group.span, ctx)
        if isinstance(behind, n.Scripted) and behind.sup is not None:
            value = superscript(value, behind.sup, ctx, head.span | behind.span)
        return value
    if not isinstance(group, n.Group) or not isinstance(head, n.Name | n.Scripted | n.Word):
        return None
    span = head.span | group.span
    found = calls.function_named(head, ctx)
    if found is not None:
        function, primes, sup = found
        value = calls.call(function, [ctx.term(arg) for arg in calls.arguments(group)], primes, span, ctx)
        if sup is not None:
            value = _power_of_value(value, sup, ctx)
    elif isinstance(head, n.Name | n.Scripted) and (chance := operator_of_chance(head, group, ctx)) is not None:
        value = chance
    elif (known := words.called(head, group, ctx) or spectrum.called(head, group, ctx)) is not None:
        value = known
    elif calls.evaluated_name(head, group, ctx):
        value = ctx.term(head)
    elif _is_unknown(head, ctx):
        raise calls.unknown_call(head, ctx)
    else:
        return None
    if isinstance(behind, n.Scripted):
        if behind.sub is not None or behind.primes:
            value = derivatives.scripted_value(value, behind, ctx)
        if behind.sup is not None:
            value = superscript(value, behind.sup, ctx, span | behind.span)
    return value


def _says_indicator(head: n.Node) -> bool:
    """The ones and identities that stand for an indicator in front of a condition: 𝟙[x > 0], 1{y = k}, 𝕀(i = j)."""
    match head:
        case n.Name(text=text):
            return text in ("\\mathbf{1}", "\\mathbb{1}", "\\mathbb{I}", "\\mathbf{I}", "I", "\\mathcal{I}")
        case n.Number(value=value):
            return value == 1
    return False


def _power_of_value(value: Term, sup: n.Node, ctx: Context) -> Term:
    exponent = ctx.term(sup)
    if isinstance(exponent, terms.Constant) and exponent.value == -1:
        raise Refusal("ambiguous-inverse", value.span, "the power −1 of a function is read in two ways")
    return terms.Power(
        value, exponent, entrywise=not algebra.scalar(ctx.scope, value), shape=value.shape, span=value.span
    )


def _is_unknown(head: n.Node, ctx: Context) -> bool:
    if isinstance(head, n.Name):
        built_in = head.text in (
            "e", "\\pi", "I", "\\mathbf{I}", "\\mathbf{1}", "\\mathbb{1}", "\\mathbb{I}", "\\mathbf{0}",
        )  # fmt: skip
        in_force = head.text in ctx.indices or (ctx.free is not None and head.text in ctx.free)
        squared = key_of(n.Scripted(head, None, n.Number(value=_TWO, text="2"))) in ctx.scope.names
        return not (built_in or in_force or squared or key_of(head) in ctx.scope.names)
    return False


_TWO = Fraction(2)


def _refuse_open_slash(pieces: list[Piece], ctx: Context) -> None:
    """``a / b c`` is read as ``(a/b) c`` and as ``a/(b c)``: refused, unless two literal numbers make the quotient."""
    for position, piece in enumerate(pieces):
        if piece.operator != "/" or position + 1 >= len(pieces) or pieces[position + 1].operator != "":
            continue
        over, under = pieces[position - 1].nodes[-1], piece.nodes[-1]
        follower = pieces[position + 1].nodes[0]
        quotient = isinstance(over, n.Number) and isinstance(under, n.Number)
        apart = follower.span.start > under.span.end or isinstance(follower, n.Group | n.Bars | n.Big)
        if isinstance(follower, n.Big) or (quotient and apart):
            continue
        text = ctx.scope.quote(over.span | pieces[position + 1].nodes[-1].span)
        reason = f"`{text}` is read in two ways: what follows the slash may be below it or behind the fraction"
        raise Refusal("ambiguous-slash", over.span | follower.span, reason, "write \\frac{…}{…}, or brackets")


def _linked(pieces: list[Piece], ctx: Context) -> list[Piece]:
    """Runs of partials that link (∂ℓ/∂y · ∂y/∂r · …) become one piece each."""
    made: list[Piece] = []
    position = 0
    while position < len(pieces):
        end = position + 1
        while (
            end < len(pieces)
            and pieces[end].operator in JOINING
            and _is_partial(pieces[end])
            and _starts(pieces[position], ctx)
        ):
            end += 1
        run = pieces[position:end]
        if len(run) > 1:
            links = [strip(piece.nodes[0]) for piece in run]
            chained = derivatives.chain(links, ctx)
            if chained is not None:
                made.append(Piece(pieces[position].operator, tuple(p.nodes[0] for p in run), chained))
                position = end
                continue
        made.append(pieces[position])
        position += 1
    return made


def _is_partial(piece: Piece) -> bool:
    node = strip(piece.nodes[0])
    return piece.term is None and isinstance(node, n.Derivative) and len(node.variables) == 1


def over_paths(made: list[tuple[int, Term]], ctx: Context) -> list[tuple[int, Term]]:
    """The summands of ∂f/∂w + ∂f/∂h · ∂h/∂w: by w alone is the first, along every path that leads to h the last.

    Where further paths are written out, ∂f/∂h · ∂h/∂k · ∂k/∂w, the ∂h/∂w beside them is that by w alone.
    """
    found = [part for _, term in made for part in terms.walk(term) if isinstance(part, terms.Derivative)]
    settled: dict[Term, Term] = {}
    for part in found if len(made) > 1 and ctx.linked == "direct" else ():
        near = derivatives.immediate(part.target, ctx)
        others = {each.key.removeprefix(SHIFT) for each in found if _differentiated(each) == _differentiated(part)}
        own = others & near & ctx.scope.definitions.keys()
        through = {name for name in own if depends(ctx.scope.definitions[name].term, part.key, ctx.scope)}
        if part.key in near and through:
            settled[part] = replace(part, direct=True)
            for last in found:
                if last.key == part.key and (name := _differentiated(last)) in through:
                    goes_on = any(each.key != last.key and _differentiated(each) == name for each in found)
                    settled[last] = replace(last, direct=goes_on)
    return [(sign, rewrite(term, settled.get)) for sign, term in made] if settled else made


def _differentiated(partial: terms.Derivative) -> Term | str | None:
    """The name or function of which it is the partial, whatever its member or arguments."""
    match partial.target:
        case terms.Variable(key=key) | terms.Arbitrary(key=key) | terms.Let(function=str(key)):
            return key
    return partial.target


def _starts(piece: Piece, ctx: Context) -> bool:
    """A chain begins with a partial, or with a name that was defined as one."""
    return _is_partial(piece) or (
        piece.term is None and derivatives.defined_partial(strip(piece.nodes[0]), ctx) is not None
    )


def _fold(pieces: list[Piece], ctx: Context) -> Term:
    value = _value(pieces[0], ctx)
    for piece in pieces[1:]:
        right = _value(piece, ctx)
        span = value.span | right.span
        match piece.operator:
            case "/":
                value = algebra.divide(ctx.scope, value, right, span)
            case "\\otimes":
                if algebra.column(ctx.scope, value) and algebra.column(ctx.scope, right):
                    reason = "`\\otimes` of two columns is read as the outer product and as Kronecker's"
                    raise Refusal("ambiguous-product", span, reason, "write `a b^\\top` for the outer product")
                rows, columns = value.shape[0] * right.shape[0], value.shape[1] * right.shape[1]
                value = terms.Multiply("kron", value, right, shape=(rows, columns), span=span)
            case "*" if algebra.shape_of(ctx.scope, value) == algebra.shape_of(ctx.scope, right) != SCALAR:
                reason = "`*` between two values of one shape is read entry by entry and as a convolution"
                raise Refusal("ambiguous-product", span, reason, "write `\\odot` for the product entry by entry")
            case operator if operator in JOINING:
                value = algebra.multiply(ctx.scope, value, right, operator, span)
            case operator:
                raise Refusal("not-understood", span, f"the operator `{operator}` is not understood")
    return replace(value, span=pieces[0].nodes[0].span | value.span)
