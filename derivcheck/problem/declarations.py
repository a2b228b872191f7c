"""Statements that declare: names of a set, members of a family, functions, ranges of indices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, Dim, Domain, Shape, is_scalar
from derivcheck.problem import terms
from derivcheck.problem.context import SLOT, Context, key_of, members_of, pattern, strip
from derivcheck.problem.domains import DOTS, declare_sizes, read_set
from derivcheck.problem.indices import index_parts, size_dim
from derivcheck.problem.scope import Declaration, Definition, FamilyAxis, FunctionDeclaration, Refusal, SizeSymbol
from derivcheck.reading.unread import has_letter_below, is_sum_of_members


def declare(left: n.Node, right: n.Node, ctx: Context) -> str:
    r"""``x, b \in \mathbb{R}^n``; the shape in words is returned for the listing."""
    found = read_set(right, ctx)
    for names in _counted(runs_of(members_of(left)), ctx.scope.text):
        if not run_of_members(names, found.shape, found.domain, ctx):
            for name in names:
                declare_one(name, found.shape, found.domain, ctx)
    return ctx.scope.show(found.shape)


def _counted(found: list[list[n.Node]], text: str) -> list[list[n.Node]]:
    r"""With ``r_0, r_1, r_2`` as one run, where the document writes ``r_t`` of them."""
    names = [strip(run[0]) for run in found]
    places = [name.sub.value for name in names if isinstance(name, n.Scripted) and isinstance(name.sub, n.Number)]
    bases = {name.base for name in names if isinstance(name, n.Scripted) and name.sup is None and not name.primes}
    whole = len(places) == len(found) > 1 == len(bases) and all(len(run) == 1 for run in found)
    if not whole or places != [places[0] + step for step in range(len(places))]:
        return found
    return [[found[0][0], found[-1][0]]] if has_letter_below(key_of(bases.pop()), text) else found


def runs_of(names: Sequence[n.Node]) -> list[list[n.Node]]:
    r"""A list as single names and runs, of which the ends are kept: (x₁, xₙ) and μ of ``x_1, x_2, \dots, x_n, \mu``."""
    found: list[list[n.Node]] = []
    goes_on = False
    for name in names:
        if isinstance(name, n.Symbol) and name.text in DOTS:
            goes_on = bool(found)
        elif goes_on:
            while len(found) > 1 and all(_member_like(name, run) for run in found[-2:]):
                found.pop()
            found[-1].append(name)
            goes_on = False
        else:
            found.append([name])
    return found


def _member_like(name: n.Node, run: list[n.Node]) -> bool:
    """Whether a run is a single name so far that differs from this one by its scripts alone."""
    first, last = strip(run[0]), strip(name)
    both = isinstance(first, n.Scripted) and isinstance(last, n.Scripted)
    return both and len(run) == 1 and first.base == last.base  # type: ignore[union-attr]


def run_of_members(names: list[n.Node], shape: Shape, domain: Domain, ctx: Context) -> bool:
    """The first and the last of ``x_1, \\dots, x_N``: the members of a family; False if it is of another form."""
    if len(names) != 2:
        return False
    first, last = strip(names[0]), strip(names[-1])
    if not (isinstance(first, n.Scripted) and isinstance(last, n.Scripted) and first.base == last.base):
        return False
    script = first.sup if isinstance(first.sup, n.Group) else first.sub
    end = last.sup if isinstance(last.sup, n.Group) else last.sub
    begin = script.body if isinstance(script, n.Group) else script
    end = end.body if isinstance(end, n.Group) else end
    if not isinstance(begin, n.Number) or end is None:
        return False
    declare_sizes(end, ctx.scope)
    upper = size_dim(end, ctx)
    if upper is None:
        return False
    letter = n.Name("\\iota", span=first.span)
    ctx.scope.ranges[letter.text] = (int(begin.value), upper - Dim.of(int(begin.value)) + ONE)
    member = replace(first, sup=n.Group(letter)) if isinstance(first.sup, n.Group) else replace(first, sub=letter)
    declare_one(member, shape, domain, ctx)
    del ctx.scope.ranges[letter.text]
    return True


def declare_one(name: n.Node, shape: Shape, domain: Domain, ctx: Context) -> None:
    """One name comes into being (or a known one is checked against what is said of it again)."""
    scope = ctx.scope
    node = strip(name)
    if isinstance(node, n.Word):
        node = n.Name(node.text, span=node.span)
    if not isinstance(node, n.Name | n.Scripted):
        if domain.kind == "real" and scope.unify_shapes(ctx.term(node).shape, shape):
            return  # ``\\partial L / \\partial W \\in R^{m x n}`` reminds of a shape.
        raise Refusal("declaration", name.span, f"`{plain(name)}` is no name", "declare one name at a time")
    key = key_of(node)
    if key in ("\\mathbf{1}", "\\mathbb{1}", "\\mathbf{0}") and not is_scalar(shape):
        _constant(key, node, shape, ctx)
        return
    family = ranging_letters(node, ctx)
    if domain.kind == "natural" and is_scalar(shape) and family is None:
        scope.names.setdefault(key, SizeSymbol(key, plain(node), node.span))
        return
    if family is not None:
        declare_family(node, family, shape, domain, ctx)
        return
    old = scope.names.get(key)
    stays = isinstance(old, Declaration) or scope.headings.get(key, 0) == scope.heading
    if isinstance(old, Declaration | Definition) and stays and scope.unify_shapes(old.shape, shape):
        if isinstance(old, Declaration) and domain.kind != "real":
            scope.enter(key, replace(old, domain=domain))
        return
    if isinstance(old, SizeSymbol) and is_scalar(shape):
        return
    if old is not None:
        # What was said of the old one keeps its meaning.
        scope.enter(key, Declaration(scope.fresh(key), plain(node), shape, domain, node.span))
        scope.anew(node)
        return
    own = scope.fresh(key) if key in scope.declarations or key in scope.definitions else key
    scope.enter(key, Declaration(own, plain(node), shape, domain, node.span))


def _constant(key: str, node: n.Node, shape: Shape, ctx: Context) -> None:
    """``\\mathbf{1} \\in \\mathbb{R}^n`` is the vector of ones, ``\\mathbf{0}`` that of zeros."""
    value = Fraction(0 if "0" in key else 1)
    term = terms.Filled(value, shape=shape, span=node.span)
    definition = Definition(key, plain(node), term, shape, node.span)
    ctx.scope.names[key] = definition
    ctx.scope.definitions[key] = definition


def declare_function(name: n.Node, domain: n.Node, codomain: n.Node, ctx: Context) -> str:
    r"""``\phi : \mathbb{R} \to \mathbb{R}``, ``\ell : \mathbb{R}^n \times \mathbb{R}^n \to \mathbb{R}``."""
    scope = ctx.scope
    taken = [read_set(part, ctx) for part in _factors_of_domain(domain)]
    arguments, domains = tuple(each.shape for each in taken), tuple(each.domain for each in taken)
    result = read_set(codomain, ctx)
    for item in members_of(name):
        node = strip(item)
        key = key_of(node)
        old = scope.names.get(key)
        new = old is None or isinstance(old, FunctionDeclaration)
        if not new:
            scope.anew(node)
        own = key if new and (old is not None or key not in scope.functions) else scope.fresh(key)
        declared = FunctionDeclaration(own, plain(node), arguments, result.shape, result.domain, item.span, domains)
        scope.names[key] = declared
        scope.functions[declared.key] = declared
    shown = ", ".join(scope.show(shape) for shape in arguments)
    return f"{shown} → {scope.show(result.shape)}"


def _factors_of_domain(node: n.Node) -> list[n.Node]:
    match node:
        case n.Product(factors=factors, operators=operators) if all(operator == "\\times" for operator in operators):
            return list(factors)
        case n.Group(body=body):
            return _factors_of_domain(body)
    return [node]


def index_range(left: n.Node, right: n.Node, ctx: Context) -> tuple[str, int, Dim] | None:
    r"""``i = 1, \dots, N`` or ``i \in \{1, \dots, N\}`` as (letter, lower, size), or None."""
    body = right.body if isinstance(right, n.Group) and right.fence in "{[(" else right
    if not isinstance(left, n.Name) or not isinstance(body, n.Tuple):
        return None
    listed = [item.value for item in body.items if isinstance(item, n.Number)]
    if (
        (body is right or (isinstance(right, n.Group) and right.fence == "{"))
        and listed
        and listed == [listed[0] + step for step in range(len(body.items))]
    ):
        return left.text, int(listed[0]), Dim.of(len(listed))
    if len(body.items) < 3:
        return None
    first, last = body.items[0], body.items[-1]
    if not any(isinstance(item, n.Symbol) and item.text in DOTS for item in body.items[1:-1]):
        return None
    if not isinstance(first, n.Number) or first == last:
        return None
    declare_sizes(last, ctx.scope)
    upper = size_dim(last, ctx)
    if upper is None:
        return None
    lower = int(first.value)
    return left.text, lower, upper - Dim.of(lower) + ONE


def declaration_of(node: n.Node, ctx: Context) -> Declaration | None:
    inner = strip(node)
    found = ctx.scope.names.get(key_of(inner)) if isinstance(inner, n.Name | n.Scripted) else None
    return found if isinstance(found, Declaration) else None


def ranging_letters(node: n.Name | n.Scripted, ctx: Context) -> list[tuple[n.Node, str]] | None:
    """The index letters of ``x^{(i)}`` or ``x_i`` where they have a range, else None: ``x_1`` is a name."""
    if not isinstance(node, n.Scripted):
        return None
    found: list[tuple[n.Node, str]] = []
    if isinstance(node.sup, n.Group):
        body = node.sup.body
        if isinstance(body, n.Name) and body.text in ctx.scope.ranges:
            found.append((body, "sup"))
    if node.sub is not None and (node.sup is None or found):
        parts = index_parts(node.sub)
        if all(isinstance(part, n.Name) and part.text in ctx.scope.ranges for part in parts):
            found.extend((part, "sub") for part in parts)
    return found or None


def declare_family(
    node: n.Name | n.Scripted, family: list[tuple[n.Node, str]], shape: Shape, domain: Domain, ctx: Context
) -> None:
    """Every member at once; scalars with subscripts alone are the entries of a column or matrix."""
    assert isinstance(node, n.Scripted)
    scope = ctx.scope
    ranges = [scope.ranges[key_of(letter)] for letter, _ in family]
    only_subscripts = all(place == "sub" for _, place in family)
    base_key = key_of(node.base)
    entries = only_subscripts and is_scalar(shape) and len(family) <= 2
    apart = entries and is_sum_of_members(base_key, scope.text)
    if entries and not apart and base_key not in scope.names and all(lower == 1 for lower, _ in ranges):
        sizes = [size for _, size in ranges]
        whole: Shape = (sizes[0], sizes[1] if len(sizes) == 2 else ONE)
        own = scope.fresh(base_key) if base_key in scope.declarations else base_key
        scope.enter(base_key, Declaration(own, plain(node.base), whole, domain, node.span))
        return
    key = family_pattern(node, family)
    axes = tuple(FamilyAxis(size, lower) for lower, size in ranges)
    old = scope.declarations.get(key)
    # What was said of the members before keeps its meaning.
    other = old is not None and (key not in scope.names or not scope.unify_shapes(old.shape, shape))
    own = scope.fresh(key) if other else key
    scope.enter(key, Declaration(own, plain(node), shape, domain, node.span, axes))


def family_pattern(node: n.Scripted, family: Sequence[tuple[n.Node, str]]) -> str:
    """The key of the family of which a node is a member: dots in place of its letters."""
    letters = [place for _, place in family]
    sup: n.Node | None = n.Group(SLOT) if "sup" in letters else node.sup
    count = letters.count("sub")
    sub: n.Node | None = node.sub
    if count == 1:
        sub = SLOT
    elif count > 1:
        sub = n.Tuple((SLOT,) * count, (",",) * (count - 1))
    return pattern(node.base, sub, sup)
