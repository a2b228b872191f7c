"""Statements that define: names, families of names, functions."""

from __future__ import annotations

from dataclasses import replace

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, SCALAR, Dim, Domain, Shape, is_scalar
from derivcheck.problem import terms
from derivcheck.problem.calls import root_of
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.declarations import family_pattern
from derivcheck.problem.facts import behind
from derivcheck.problem.freezing import note_posterior
from derivcheck.problem.indices import index_parts, is_word, new_index, run_of
from derivcheck.problem.recursions import finished, steps_of, unrolled
from derivcheck.problem.scope import (
    Declaration,
    Definition,
    FamilyAxis,
    FunctionDefinition,
    IndexInfo,
    Refusal,
    Scope,
    SizeSymbol,
    Unknown,
    is_open,
)
from derivcheck.source import Span


def define(node: n.Node, value: n.Node, ctx: Context, span: Span) -> Definition | FunctionDefinition:
    """``z = …`` with ``z`` new, ``z_i = …``, ``z^{(i)} = …``, ``f(x) = …``."""
    match node:
        case n.Product(factors=(head, n.Group() as group), operators=("",)):
            return _define_function(head, group, value, ctx, span)
        case n.Apply(word=word, args=args):
            group = n.Group(n.Tuple(args, (",",) * (len(args) - 1)) if len(args) > 1 else args[0], span=node.span)
            return _define_function(word, group, value, ctx, span)
        case n.Scripted() if (steps := steps_of(node, value, ctx.scope)) is not None:
            return unrolled(steps, ctx, lambda one, step: _one_of(one, step, ctx, span))
        case n.Scripted() if _index_letters(node, ctx):
            _refuse_size_as_index(node, value, ctx)
            made = _define_family(node, value, ctx, span)
            if made is not None:
                return made
    term = ctx.term(value)
    key = key_of(node)
    return enter(Definition(key, plain(node), term, ctx.scope.resolve_shape(term.shape), span), key, ctx)


def _refuse_size_as_index(node: n.Scripted, value: n.Node, ctx: Context) -> None:
    r"""``S_{ik} = \sum_p X_{ip} W_{pk} + b_k`` where k is a size: the last column alone, or every one?"""
    subs = [part.sub for part in walk(value) if isinstance(part, n.Scripted) and part.sub is not None]
    letters = {part for sub in subs for part in index_parts(sub)}
    for part in index_parts(node.sub) if node.sub is not None else ():
        if isinstance(part, n.Name) and part in letters and isinstance(ctx.scope.names.get(part.text), SizeSymbol):
            reason = f"`{part.text}` is a size, and an index here"
            raise Refusal("index", part.span, reason, "use another letter for one of the two")


def _one_of(node: n.Scripted, value: n.Node, ctx: Context, span: Span) -> Definition:
    made = _define_family(node, value, ctx, span)
    if made is None or not made.family:
        raise Refusal("not-checked", node.span, f"over what the index of `{plain(node)}` runs is not known")
    return made


def enter(definition: Definition, visible: str, ctx: Context) -> Definition:
    scope = ctx.scope
    if definition.key in scope.definitions or definition.key in scope.declarations:
        old = scope.names.get(visible)
        if isinstance(old, Declaration):
            if not scope.unify_shapes(old.shape, definition.shape):
                raise Refusal(
                    "shape-mismatch",
                    definition.span,
                    f"`{definition.text}` is declared {scope.show(old.shape)}, "
                    f"its definition is {scope.show(definition.shape)}",
                    wrong=not any(
                        s.startswith("?") for dim in scope.resolve_shape(definition.shape) for s in dim.symbols
                    ),
                )
            del scope.declarations[definition.key]
        else:
            definition = replace(definition, key=scope.fresh(definition.key))
    scope.definitions[definition.key] = definition
    scope.names[visible] = definition
    scope.headings[visible] = scope.heading
    note_posterior(definition.key, definition.term, scope)
    return definition


def _index_letters(node: n.Scripted, ctx: Context) -> list[tuple[n.Name, str]]:
    """The letters on the left of a definition that are indices: ``z_i``, ``z^{(i)}``, ``r_{ik}``."""
    found: list[tuple[n.Name, str]] = []
    if (
        isinstance(node.sup, n.Group)
        and isinstance(node.sup.body, n.Name)
        and node.sup.body.text not in ctx.scope.names
    ):
        found.append((node.sup.body, "sup"))
    if node.sub is not None and not is_word(node.sub, ctx.scope, ctx.indices):
        for part in index_parts(node.sub):
            if not isinstance(part, n.Name) or part.text in ctx.scope.names or part.text.startswith("\\mathrm"):
                return found if found else []
            found.append((part, "sub"))
    return found


def _define_family(node: n.Scripted, value: n.Node, ctx: Context, span: Span) -> Definition | None:
    """All members at once; None if the letters are no indices but part of a name, as the ``t`` of ``h_t``."""
    scope = ctx.scope
    letters = _index_letters(node, ctx)
    infos: list[IndexInfo] = []
    inner = ctx
    for letter, _ in letters:
        info = new_index(letter, scope)
        infos.append(info)
        inner = inner.within(info)
    refused: Refusal | None = None
    term: terms.Term | None = None
    try:
        term = replace(inner, free=None).term(value)
    except Refusal as refusal:
        refused = refusal
    if any(not info.used and info.letter not in scope.ranges for info in infos):
        return None
    if term is None:
        assert refused is not None
        raise refused
    for info in infos:
        if info.letter in scope.ranges:
            horizon = scope.resolve(scope.ranges[info.letter][1])
            if any(symbol.startswith("?") for symbol in horizon.symbols):
                scope.unify(horizon, info.size)
        size = scope.resolve(info.size)
        if any(symbol.startswith("?") for symbol in size.symbols) and not _searched(size, scope):
            known = scope.index_fallbacks.get("?" + info.name)
            if known is None or not scope.unify(info.size, known):
                reason = f"over what `{info.letter}` runs is not said"
                raise Refusal("index-range", info.span, reason, "write its range, as in: for $i = 1, \\dots, n$")
    shape = scope.resolve_shape(term.shape)
    subscripts = all(place == "sub" for _, place in letters)
    base_key = key_of(node.base)
    rests = behind((term,), scope.definitions) & scope.begun.keys()
    runs = [run_of(info, scope) for info in infos]
    alone = subscripts and is_scalar(shape) and len(infos) <= 2 and node.sup is None and not rests
    alone = alone and all(lower == 1 for lower, _ in runs)
    if (
        alone
        and getattr(scope.names.get(family_pattern(node, letters)), "key", "") not in scope.begun
        and _free_base(base_key, ctx)
    ):
        sizes = [scope.resolve(size) for _, size in runs]
        whole = (sizes[0], sizes[1] if len(sizes) == 2 else ONE)
        gathered = terms.Gather(tuple(info.name for info in infos), term, shape=whole, span=term.span)
        return enter(Definition(base_key, plain(node.base), gathered, whole, span), base_key, ctx)
    key = family_pattern(node, letters)
    axes = tuple(
        (info.name, FamilyAxis(scope.resolve(size), lower)) for info, (lower, size) in zip(infos, runs, strict=True)
    )
    made = finished(Definition(key, plain(node), term, shape, span, axes), key, scope)
    return enter(made, key, ctx)


def _free_base(key: str, ctx: Context) -> bool:
    """Whether the name without its indices can stand for the whole."""
    old = ctx.scope.names.get(key)
    if old is None:
        return True
    return isinstance(old, Declaration) and not old.family and old.key not in ctx.scope.used


def _define_function(head: n.Node, group: n.Group, value: n.Node, ctx: Context, span: Span) -> FunctionDefinition:
    try:
        return _function_of(head, group, value, ctx, span, columns=False)
    except Refusal as refusal:
        if refusal.code not in ("shape-mismatch", "not-a-scalar"):
            raise
        try:
            # What is no function of numbers may be one of columns: ``f(w) = w^\\top A w``.
            return _function_of(head, group, value, ctx, span, columns=True)
        except Refusal:
            raise refusal from None


def _function_of(
    head: n.Node, group: n.Group, value: n.Node, ctx: Context, span: Span, *, columns: bool
) -> FunctionDefinition:
    """The function, each argument that nothing declares a number, or a column of the size that its use tells."""
    scope = ctx.scope
    names = dict(scope.names)
    parameters: list[tuple[str, Shape]] = []
    local: dict[str, Declaration] = {}
    squared: list[str] = []
    written: list[n.Node] = []
    for item in group.body.items if isinstance(group.body, n.Tuple) else (group.body,):
        node = strip(item)
        if not isinstance(node, n.Name | n.Scripted):
            raise Refusal(
                "definition", item.span, "the arguments in a definition are names", "give the value a name first"
            )
        visible = key_of(node)
        root = root_of(node, ctx)
        if isinstance(root, terms.Variable) and not root.indices:
            parameters.append((root.key, root.shape))
            squared.append(root.key)
            continue
        found = scope.names.get(visible)
        if isinstance(found, Declaration | Definition) and not found.family:
            parameters.append((found.key, found.shape))
            continue
        key = scope.fresh(visible)
        shape = (scope.unknown("?x"), ONE) if columns else SCALAR
        # Of a letter with a range entries may be taken: ``\\pi(a) = \\theta_a``.
        domain = Domain("integer") if visible in scope.ranges and not columns else Domain()
        local[visible] = Declaration(key, plain(node), shape, domain, node.span)
        written.append(node)
        parameters.append((key, shape))
    scope.names.update(local)
    try:
        body = replace(ctx, free=None).term(value)
    except Refusal as error:
        # Its arguments were taken for numbers, of which nothing was said.
        if error.unknown is None and local:
            error.unknown = Unknown(written[0], called=False, argument=True)
        raise
    finally:
        for visible in local:
            if visible in names:
                scope.names[visible] = names[visible]
            else:
                del scope.names[visible]
    key = key_of(head)
    parameters = [(name, scope.resolve_shape(shape)) for name, shape in parameters]
    made = FunctionDefinition(key, plain(head), tuple(parameters), body, span, tuple(squared))
    scope.names[key] = made
    return made


def _searched(size: Dim, scope: Scope) -> bool:
    """Whether a search over shapes leaves a size open for now: it has a letter in the end."""
    open_sizes = (name for name in (*scope.solution, *size.symbols) if is_open(name))
    return any(scope.resolve(Dim.of(name)) == size for name in open_sizes)
