"""From statements in document order to a Problem: declarations first come, claims held against their heads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import is_scalar
from derivcheck.language.traversal import children, walk
from derivcheck.problem import declarations, directives, terms
from derivcheck.problem.claims import ClaimMaker, Head
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.calls import ELEMENTARY, comparisons
from derivcheck.problem.expressions import elaborate
from derivcheck.problem.names import SLOT, index_parts, pattern, size_dim
from derivcheck.problem.problem import IndexRange, Line, Problem
from derivcheck.problem.scope import (
    Declaration,
    Definition,
    FunctionDeclaration,
    FunctionDefinition,
    IndexInfo,
    Refusal,
    Scope,
    SizeSymbol,
)
from derivcheck.reading.items import Directive, Heading, Item, Notice, Statement, Unreadable
from derivcheck.source import Source, Span
from derivcheck.verdict import Finding, Severity

ORDER = frozenset(("<", ">", "\\le", "\\ge"))
EQUAL = frozenset(("=", ":=", "\\equiv"))
GLOBAL_LEADS = ("let", "assume", "suppose", "where", "with", "given", "take", "assuming", "such that", "denote")
MAY_BE_EXPLAINED = frozenset(("unknown-name", "function-without-argument", "chain-without-head", "index-range"))
CONSTRAINING = ("satisfying", "such that", "subject to", "under the constraint", "assume", "suppose")
NAMING_LEADS = frozenset(("let", "call", "denote", "define", "put", "set", "write", "name"))
OWN_WORDS = frozenset(("relu", "gelu", "softplus", "silu", "softmax", "sigmoid"))
FIXED_WORDS = frozenset(("max", "min", "tr", "trace", "det", "diag", "vec", "logdet", "rank"))
STATIONARY_LEADS = (
    "set",
    "setting",
    "optimum",
    "equate",
    "equating",
    "stationar",
    "optimal",
    "solve",
    "solving",
    "vanish",
    "minimum",
    "maximum",
    "minimiser",
    "minimizer",
)


@dataclass
class Builder:
    """What grows while a document is read from top to bottom."""

    source: Source
    scope: Scope
    marks: directives.Marks
    makers: ClaimMaker
    findings: list[Finding] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    head: Head | None = None
    conditions: list[terms.Comparison] = field(default_factory=list)
    condition_sentence: int = -1
    skipped: int = 0
    waiting: list[tuple[Statement, tuple[terms.Comparison, ...]]] = field(default_factory=list)
    unexplained: list[tuple[Statement, tuple[terms.Comparison, ...]]] = field(default_factory=list)
    retrying: bool = False
    final: bool = False
    undeclared: list[tuple[n.Node, tuple[int, str]]] = field(default_factory=list)
    definitions: int = 0

    def context(self, free: dict[str, IndexInfo] | None = None) -> Context:
        """A context at the present place of the document."""
        layout = "numerator" if self.marks.layout == "numerator" else "shape"
        return Context(self.scope, elaborate, free=free, layout=layout)  # type: ignore[arg-type]

    def line(self, span: Span, kind: str, name: str = "", shapes: str = "", note: str = "") -> None:
        """Record how a statement was read."""
        self.lines.append(Line(span, kind, name, self.scope.quote(span), shapes, note))


def build(source: Source, items: tuple[Item, ...]) -> Problem:
    """The meaning of a document that was read."""
    scope = Scope(text=source.text)
    marks = directives.gather(items)
    builder = Builder(source, scope, marks, ClaimMaker(source, scope, marks))
    builder.findings.extend(marks.findings)
    _ranges_first(items, builder)
    statements = [item for item in items if isinstance(item, Statement)]
    sentence = -1
    for item in _declarations_first(items):
        if isinstance(item, Statement) and item.sentence != sentence:
            _take_up_again(builder, statements, final=False)
            sentence = item.sentence
        match item:
            case Statement():
                _statement(item, statements, builder)
            case Unreadable():
                _unreadable(item, builder)
            case Heading():
                scope.heading += 1
                builder.head = None
            case Notice(message=message, span=span):
                builder.findings.append(Finding("notice", Severity.NOTE, message, span))
            case Directive():
                pass
    _take_up_again(builder, statements, final=False)
    _take_up_again(builder, statements, final=True)
    builder.makers.in_document_order()
    builder.lines.sort(key=lambda line: line.span.start)
    builder.makers.finish_solutions()
    return _problem(builder)


def _take_up_again(builder: Builder, statements: list[Statement], *, final: bool) -> None:
    """Statements that spoke of a name before it was explained ("…, where c = 2"): tried again at the sentence's end.

    What is still not explained then waits for the end of the document.
    """
    waiting, builder.waiting = builder.waiting, []
    if final:
        waiting, builder.unexplained = builder.unexplained, []
    kept = (builder.head, builder.conditions, builder.condition_sentence)
    builder.retrying, builder.final = True, final
    for item, conditions in waiting:
        builder.conditions, builder.condition_sentence = list(conditions), item.sentence
        _statement(item, statements, builder)
    builder.retrying, builder.final = False, False
    if waiting:
        builder.head, builder.conditions, builder.condition_sentence = kept


def _declarations_first(items: tuple[Item, ...]) -> list[Item]:
    """Within a sentence what declares comes first: "h(s) = s^2 for $s \\in \\mathbb{R}$" says of s afterwards what it is."""
    order: dict[int, int] = {}
    for position, item in enumerate(items):
        if isinstance(item, Statement):
            order.setdefault(item.sentence, position)
    keyed: list[tuple[int, int, int, Item]] = []
    last = 0
    for position, item in enumerate(items):
        if isinstance(item, Statement):
            start = max(order[item.sentence], last)
            keyed.append((start, 0 if _declares(item) else 1, position, item))
        else:
            last = position
            keyed.append((position, 1, position, item))
    return [item for *_, item in sorted(keyed, key=lambda entry: entry[:3])]


def _declares(item: Statement) -> bool:
    if item.continues or len(item.relations) not in (1, 2):
        return False
    return item.relations[0].sign in ("\\in", ":")


def _ranges_first(items: Iterable[Item], builder: Builder) -> None:
    """The ranges of index letters are known throughout, since they are often said behind their first use."""
    for item in items:
        if not isinstance(item, Statement) or len(item.members) != 2 or item.continues:
            continue
        if item.relations[0].sign not in ("=", "\\in"):
            continue
        for letter in declarations.members_of(item.members[0]):
            if isinstance(letter, n.Name):
                found = declarations.index_range(letter, item.members[1], builder.context())
                if found is not None and (item.relations[0].sign == "=" or _runs(item, items)):
                    builder.scope.ranges.setdefault(found[0], (found[1], found[2]))


def _runs(item: Statement, items: Iterable[Item]) -> bool:
    """``i \\in \\{1, …, N\\}`` behind "for" is a range; alone it declares a label."""
    return item.lead.rstrip(" ,:").endswith(
        ("for", "for all", "for each", "for every", "all", "each", "every", "indices")
    )


def _problem(builder: Builder) -> Problem:
    scope = builder.scope
    for unknown, dim in scope.index_fallbacks.items():
        if any(symbol.startswith("?") for symbol in scope.resolve(dim.of(unknown)).symbols):
            scope.unify(dim.of(unknown), dim)
    infos = builder.makers.indices
    return Problem(
        source=builder.source,
        declarations=dict(scope.declarations),
        functions=dict(scope.functions),
        definitions=dict(scope.definitions),
        function_definitions={k: v for k, v in scope.names.items() if isinstance(v, FunctionDefinition)},
        names={visible: meaning.key for visible, meaning in scope.names.items()},
        claims=tuple(builder.makers.claims),
        assumptions=tuple(scope.assumptions),
        indices={name: IndexRange(info.size, info.lower) for name, info in infos.items()},
        solution=dict(scope.solution),
        size_bounds=dict(scope.size_bounds),
        sizes=dict(builder.marks.sizes),
        findings=tuple([*builder.findings, *builder.makers.findings, *_notices(scope)]),
        lines=tuple(builder.lines),
        skipped=builder.skipped,
        scope=scope,
        size_names={m.key: m.text for m in scope.names.values() if isinstance(m, SizeSymbol)},
    )


def _notices(scope: Scope) -> list[Finding]:
    return [Finding("redeclared", Severity.NOTE, message, span) for span, message in scope.notices]


def _unreadable(item: Unreadable, builder: Builder) -> None:
    if builder.marks.skipped(item.span):
        builder.skipped += 1
        builder.line(item.span, "skipped")
        return
    builder.line(item.span, "not read", note=item.message)
    # What stands behind an unreadable line and goes on with a relation would be held against the wrong head.
    builder.head = None
    builder.makers.refuse(
        Refusal("unreadable", item.at, item.message, item.help),
        item.span,
        item.span,
        "unreadable",
        "",
        builder.makers.fresh_chain(),
    )


def _statement(item: Statement, statements: list[Statement], builder: Builder) -> None:
    if builder.marks.skipped(item.span):
        builder.skipped += 1
        builder.line(item.span, "skipped")
        builder.head = None
        return
    if item.sentence != builder.condition_sentence:
        builder.conditions = []
        builder.condition_sentence = item.sentence
    try:
        _classify(item, statements, builder)
    except Refusal as refusal:
        if not item.relations:
            builder.line(item.span, "mention", note=refusal.message)
            return
        builder.head = None
        if refusal.code in MAY_BE_EXPLAINED and not builder.final:
            pool = builder.unexplained if builder.retrying else builder.waiting
            pool.append((item, tuple(builder.conditions)))
            return
        builder.line(item.span, "not read", note=refusal.message)
        chain = builder.makers.fresh_chain()
        title = plain(item.members[0])
        builder.makers.refuse(refusal, item.span, item.span, "statement", title, chain)


def _classify(item: Statement, statements: list[Statement], builder: Builder) -> None:
    """Decide by the relation and by what is known whether this declares, assumes, defines or claims."""
    if not item.relations:
        _mention(item, builder)
        return
    signs = [relation.sign for relation in item.relations]
    if item.continues:
        _continue_chain(item, builder)
        return
    first = signs[0]
    if first == ":" and len(signs) == 2 and signs[1] == "\\to":
        name, domain, codomain = item.members[:3]
        shapes = declarations.declare_function(name, domain, codomain, builder.context())
        builder.line(item.span, "declaration", plain(item.members[0]), shapes)
        return
    if first == "\\in" and len(signs) == 1:
        _membership(item, builder)
        return
    if (
        len(signs) == 1
        and first == "="
        and declarations.index_range(item.members[0], item.members[1], builder.context())
    ):
        builder.line(item.span, "declaration", plain(item.members[0]), note="the range of an index")
        return
    if all(sign in EQUAL for sign in signs):
        _equality(item, builder)
        return
    if all(sign in ORDER | EQUAL | {"\\succ", "\\succeq", "\\prec", "\\preceq", "\\ne"} for sign in signs):
        _order(item, statements, builder)
        return
    reasons = {
        "\\sim": "probability models are not checked yet",
        "\\approx": "an approximation is not checked: it holds to no stated accuracy",
        "\\propto": "a proportionality is not checked yet",
        "\\leftarrow": "an update is not checked yet",
        "\\to": "this arrow is not understood here",
        "\\mapsto": "this arrow is not understood here",
        "\\in": "this membership is not understood",
    }
    bad = next(relation for relation in item.relations if relation.sign not in EQUAL)
    raise Refusal("not-checked", bad.span, reasons.get(bad.sign, f"`{bad.sign}` is not checked"))


def _mention(item: Statement, builder: Builder) -> None:
    """An expression without a relation: it may tell at which argument a function is meant."""
    builder.line(item.span, "mention")
    describe_mention(item, builder)
    free: dict[str, IndexInfo] = {}
    try:
        term = builder.context(free).term(item.members[0])
    except Refusal:
        if item.displayed:
            builder.head = None
        return
    note_calls(term, builder.scope)
    if item.displayed:
        # "$$ f(x) $$" and then "$$ = … $$": what is displayed alone is what the next block goes on with.
        builder.head = builder.makers.head(item.members[0], builder.context({}), item, ())


def describe_mention(item: Statement, builder: Builder) -> None:
    """``$P, Q$ symmetric positive definite``, ``symmetric $A$``; and ``$A$ … $n \\times n$ matrix``, ``$x$ … in $\\mathbb{R}^n$``."""
    if item.displayed:
        return
    node = strip(item.members[0])
    text = builder.source.text
    behind = re.sub(r"^[^$]*\$+", "", text[item.span.end : item.span.end + 160], count=1)
    behind = re.split(r"[$.;:]|\n\s*\n", behind, maxsplit=1)[0].lower()
    ctx = builder.context()
    if isinstance(node, n.Name | n.Scripted) and not _names_a_set(node):
        if key_of(node) not in builder.scope.names and not _would_be_known(node, builder):
            builder.undeclared = [(name, lead) for name, lead in builder.undeclared if lead[0] == item.sentence]
            builder.undeclared.append((node, (item.sentence, item.lead)))
            return
        if MENTION_BEHIND.match(behind):
            declarations.describe(node, behind, ctx)
        elif MENTION_BEFORE.search(item.lead):
            declarations.describe(node, item.lead, ctx)
        return
    waiting = [(name, lead) for name, (sentence, lead) in builder.undeclared if sentence == item.sentence]
    if not waiting:
        return
    shape: n.Node | None = None
    if isinstance(node, n.Product) and set(node.operators) == {"\\times"} and re.match(r"\s*(\w+ )*matri", behind):
        shape = n.Scripted(n.Name("\\mathbb{R}"), None, node, span=node.span)
    elif re.search(r"\b(in|of)$", item.lead.strip()):
        shape = node
    if shape is None:
        return
    try:
        for name, lead in waiting:
            declarations.declare(name, shape, ctx)
            declarations.describe(name, f"{lead} {item.lead} {behind}", ctx)
    except Refusal:
        return
    builder.undeclared = []


def _names_a_set(node: n.Name | n.Scripted) -> bool:
    base = node.base if isinstance(node, n.Scripted) else node
    return isinstance(base, n.Name) and base.text in declarations.REALS


def _would_be_known(node: n.Name | n.Scripted, builder: Builder) -> bool:
    """Whether an undeclared name means something all the same: e, I, an entry."""
    try:
        builder.context({}).term(node)
    except Refusal:
        return False
    return True


def note_calls(term: terms.Term, scope: Scope) -> None:
    """Remember the arguments at which functions of vectors were written."""
    for part in terms.walk(term):
        if isinstance(part, terms.Arbitrary) and not part.order and not part.entrywise:
            scope.mentions.setdefault(part.key, []).append(part)


def _membership(item: Statement, builder: Builder) -> None:
    left, right = item.members
    ctx = builder.context()
    if declarations.index_range(left, right, ctx) is not None and _runs(item, ()):
        builder.line(item.span, "declaration", plain(left), note="the range of an index")
        return
    shapes = declarations.declare(left, right, ctx)
    declarations.describe(left, _words_around(item, builder), ctx)
    builder.line(item.span, "declaration", plain(left), shapes)


_KINDS = r"(symmetric|skew|positive|orthogonal|orthonormal|diagonal|spd|unit|non-?zero)"
MENTION_BEHIND = re.compile(rf"\s*(,|and|is|are|be|being|both|all|a|an|\s)*{_KINDS}")
MENTION_BEFORE = re.compile(rf"{_KINDS}[a-z -]*$")


def _words_around(item: Statement, builder: Builder) -> str:
    """The prose in front of a declaration, and behind it up to the next mathematics or the end of the sentence."""
    text = builder.source.text
    behind = re.split(
        r"[$.;:]|\\[(\[]|\n\s*\n", text[item.span.end : item.span.end + 120].lstrip("$ )\\]"), maxsplit=1
    )[0]
    return f"{item.lead} {behind}".lower()


def _continue_chain(item: Statement, builder: Builder) -> None:
    if builder.head is None:
        relation = item.relations[0]
        raise Refusal(
            "chain-without-head",
            relation.span,
            "this line goes on with a relation, but there is no line before it that it could continue",
        )
    builder.makers.members(builder.head, item.members, item.relations, item, tuple(builder.conditions))
    builder.line(item.span, "claim: continued", builder.head.title)


def _is_new(node: n.Node, builder: Builder) -> bool:
    """Whether the left side is a name that this statement may bring into being."""
    scope = builder.scope
    match node:
        case n.Product(factors=(n.Name() | n.Scripted() | n.Word() as head, n.Group() as group), operators=("",)):
            return _is_new_function(head, group, scope)
        case n.Apply(word=word, bracketed=True, sub=None, sup=None, primes=0):
            return _is_new_word(word, node.args, scope)
        case n.Name() | n.Scripted():
            pass
        case _:
            return False
    found = scope.names.get(key_of(node))
    if isinstance(found, Declaration):
        return found.key not in scope.used
    if found is not None:
        return False
    if isinstance(node, n.Name):
        return True
    return _new_scripted(node, scope)


def _is_new_word(word: n.Word, args: tuple[n.Node, ...], scope: Scope) -> bool:
    """``relu(t) = …`` defines; what everybody means by the same word (tanh, exp) is held against what it is."""
    if key_of(word) in scope.names or not all(isinstance(strip(arg), n.Name) for arg in args):
        return False
    return word.text in OWN_WORDS or (word.text not in ELEMENTARY and word.text not in FIXED_WORDS)


def _new_scripted(node: n.Scripted, scope: Scope) -> bool:
    """``z_1`` is new unless ``z`` is a known vector; ``x^2`` and ``A^\\top`` are no names."""
    if node.primes or not isinstance(node.base, n.Name):
        return False
    match node.sup:
        case n.Symbol(text="\\top") | n.Number() | n.Add():
            return False
        case n.Name(text="T") if "T" not in scope.names:
            return False
        case n.Symbol() | n.Text():
            return True
    base = scope.names.get(key_of(node.base))
    built_in = base is None and node.base.text in ("e", "\\pi", "I", "\\mathbf{I}", "\\mathbf{1}", "\\mathbb{1}")
    if node.sup is not None and not isinstance(node.sup, n.Group) and (base is not None or built_in):
        # A power: ``c^n``, ``e^{ab}``. Only brackets, stars and words make a name of a superscript.
        return False
    if isinstance(base, Declaration):
        scalar = is_scalar(scope.resolve_shape(base.shape))
        letters = node.sub is not None and node.sup is None and base.key not in scope.used
        by_letter = letters and not scalar and not isinstance(node.sub, n.Number)
        return by_letter or scalar or _family_base(node, scope)
    if isinstance(base, Definition):
        return is_scalar(scope.resolve_shape(base.shape)) or isinstance(node.sup, (n.Group, n.Text))
    if isinstance(base, FunctionDeclaration | FunctionDefinition) and node.sub is not None:
        return False
    stem = (
        scope.names.get(key_of(n.Scripted(node.base, node.sub, None)))
        if node.sub is not None and node.sup is not None
        else None
    )
    if stem is not None and not isinstance(node.sup, n.Group | n.Text | n.Symbol):
        return False
    return not _family_member(node, scope)


def _family_base(node: n.Scripted, scope: Scope) -> bool:
    return isinstance(node.sup, n.Group) and not _family_member(node, scope)


def _family_member(node: n.Scripted, scope: Scope) -> bool:
    """``x^{(i)}`` and ``x_i`` of a family that is there already."""
    patterns = []
    if isinstance(node.sup, n.Group):
        patterns.append(pattern(node.base, node.sub, n.Group(SLOT)))
    if node.sub is not None and node.sup is None:
        parts = index_parts(node.sub)
        slots: n.Node = SLOT if len(parts) == 1 else n.Tuple((SLOT,) * len(parts), (",",) * (len(parts) - 1))
        patterns.append(pattern(node.base, slots, None))
    for text in patterns:
        found = scope.names.get(text)
        if isinstance(found, Definition) or (isinstance(found, Declaration) and found.key in scope.used):
            return True
    return False


def _is_new_function(head: n.Node, group: n.Group, scope: Scope) -> bool:
    items = group.body.items if isinstance(group.body, n.Tuple) else (group.body,)
    if not all(isinstance(strip(item), n.Name | n.Scripted) for item in items):
        return False
    if isinstance(head, n.Scripted) and (head.primes or isinstance(head.sup, n.Group | n.Number)):
        return False
    found = scope.names.get(key_of(head))
    if found is None:
        return not (isinstance(head, n.Name) and head.text in ("p", "q", "P", "\\mathbb{E}"))
    return isinstance(found, FunctionDeclaration) and found.key not in scope.used


def _mentions_itself(node: n.Node, value: n.Node, scope: Scope) -> bool:
    """Whether the name stands in the value; the ``x`` of a declared ``x_1`` does not count."""
    match node:
        case n.Product(factors=(head, *_)) | n.Apply(word=head):
            node = head
    key = key_of(node)
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, n.Apply) and key_of(part.word) == key:
            return True
        if isinstance(part, n.Name | n.Scripted):
            known = key_of(part)
            if known == key:
                return True
            if isinstance(part, n.Scripted) and known in scope.names:
                continue
        stack.extend(children(part))
    return False


def _equality(item: Statement, builder: Builder) -> None:
    """``A = B = C``: a definition if the left side is new, then claims held against the head."""
    left = strip(item.members[0])
    conditional = _conditional(item)
    if _assumed_equation(item, builder):
        return
    if (
        not item.implied
        and not conditional
        and _is_new(left, builder)
        and not _mentions_itself(left, item.members[1], builder.scope)
    ):
        _definition(item, left, builder)
        return
    last = strip(item.members[-1])
    if len(item.members) == 2 and isinstance(last, n.Name | n.Scripted) and _is_naming(item):
        if key_of(last) not in builder.scope.names and _is_new(last, builder):
            swapped = replace(item, members=(item.members[1], item.members[0]))
            _definition(swapped, last, builder)
            return
    if conditional and _condition(item, builder):
        return
    if _constrains(item, builder) and not item.implied:
        reason = "this condition on the inputs is not understood, so that nothing is drawn to meet it"
        raise Refusal("not-checked", item.span, reason, "substitute it: write one name in terms of the others")
    free: dict[str, IndexInfo] = {}
    head = builder.makers.head(item.members[0], builder.context(free), item, tuple(builder.conditions))
    builder.head = head
    builder.line(item.span, f"claim: {head.kind}", head.title, builder.scope.show(head.term.shape) if head.term else "")
    builder.makers.members(head, item.members[1:], item.relations, item, tuple(builder.conditions))


def _constrains(item: Statement, builder: Builder) -> bool:
    """ "such that …", "let $t$ satisfy …": what follows is asked of the inputs; "$H$ satisfies …" is a claim."""
    if any(word in item.lead for word in CONSTRAINING):
        return True
    before = builder.source.text[max(0, item.span.start - 200) : item.span.start].lower()
    return "satisfy" in item.lead.split() and re.search(r"\b(let|suppose|assume)\b[^.]*$", before) is not None


def _is_naming(item: Statement) -> bool:
    """Whether the words in front give a name to what stands on the left: "call", "let", "denote"."""
    return any(word in NAMING_LEADS for word in item.lead.split())


def _conditional(item: Statement) -> bool:
    words = item.lead.rstrip(" ,:").split()
    return bool(words) and words[-1] in ("if", "when", "whenever", "provided", "case", "on")


def _assumed_equation(item: Statement, builder: Builder) -> bool:
    """``let A = A^\\top``, ``Q^\\top Q = I`` with a word such as "assume" in front."""
    if len(item.members) != 2 or item.relations[0].sign != "=":
        return False
    words = item.lead
    symmetric = _is_symmetry(item)
    if not symmetric and not any(lead in words.split() or lead in words for lead in GLOBAL_LEADS):
        return False
    left = strip(item.members[0])
    if (
        isinstance(left, n.Name | n.Scripted)
        and _is_new(left, builder)
        and not _mentions_itself(left, item.members[1], builder.scope)
    ):
        return False
    if declarations.assume(item.members[0], "=", item.members[1], builder.context(), item.span):
        builder.line(item.span, "assumption")
        return True
    return False


def _is_symmetry(item: Statement) -> bool:
    left, right = (strip(member) for member in item.members)
    return isinstance(left, n.Name) and isinstance(right, n.Scripted) and right.base == left and right.sub is None


def _definition(item: Statement, left: n.Node, builder: Builder) -> None:
    second = strip(item.members[1])
    if len(item.members) > 2 and isinstance(second, n.Name | n.Scripted) and _is_new(second, builder):
        # ``a = b = …`` with both names new: the inner one first.
        if not _would_be_known(second, builder):
            _definition(replace(item, members=item.members[1:], relations=item.relations[1:]), second, builder)
            item = replace(item, members=item.members[:2], relations=item.relations[:1])
    made = declarations.define(left, item.members[1], builder.context(), item.span)
    term = made.term if isinstance(made, Definition) else made.body
    note_calls(term, builder.scope)
    builder.definitions += 1
    shape = builder.scope.show(made.shape) if isinstance(made, Definition) else builder.scope.show(made.body.shape)
    builder.line(item.span, "definition", plain(left), shape)
    free: dict[str, IndexInfo] = {}
    try:
        builder.head = builder.makers.head(left, builder.context(free), item, (), defining=item.members[1])
    except Refusal:
        builder.head = None
    _estimate(item, left, builder)
    if len(item.members) > 2:
        if builder.head is None:
            raise Refusal("chain-without-head", item.members[2].span, "what this is held against is not understood")
        builder.makers.members(builder.head, item.members[2:], item.relations[1:], item, tuple(builder.conditions))


def _estimate(item: Statement, left: n.Node, builder: Builder) -> None:
    """``\\hat w = …`` behind an equation in ``w``: the definition also claims to solve it."""
    base = left
    if isinstance(base, n.Scripted) and isinstance(base.sup, n.Symbol | n.Text) and base.sub is None:
        base = base.base
    if isinstance(base, n.Name):
        accent = re.fullmatch(r"\\(?:hat|tilde|bar)\{(.*)\}", base.text)
        base = n.Name(accent.group(1), span=base.span) if accent else base
    if base == left or not isinstance(base, n.Name | n.Scripted):
        return
    found = builder.scope.names.get(key_of(base))
    if not isinstance(found, Declaration) or found.family:
        return
    if builder.makers.equation_for(found.key, len(builder.makers.claims), item.sentence) is None:
        return
    head = builder.makers.head(base, builder.context({}), item, ())
    builder.makers.members(replace(head, title=plain(left)), item.members[1:2], item.relations[:1], item, ())


def _order(item: Statement, statements: list[Statement], builder: Builder) -> None:
    """``A \\ge B``: a condition, an assumption on a declared name, or a claim."""
    signs = [relation.sign for relation in item.relations]
    if len(signs) == 1 and _declares_by_sign(item, builder):
        builder.line(item.span, "declaration", plain(item.members[0]), "a scalar")
        return
    if _conditional(item) and _condition(item, builder):
        return
    if _about_sizes(item, builder) or _is_assumption_in_words(item):
        assumed = all(
            declarations.assume(left, relation.sign, right, builder.context(), item.span)
            for left, relation, right in zip(item.members, item.relations, item.members[1:], strict=False)
        )
        if assumed:
            builder.line(item.span, "assumption")
            return
    if _simple_condition(item, builder):
        local = _conditional(item) or _claims_follow(item, statements)
        if local and _condition(item, builder):
            return
        assumed = True
        for left, relation, right in zip(item.members, item.relations, item.members[1:], strict=False):
            assumed = declarations.assume(left, relation.sign, right, builder.context(), item.span) and assumed
        if assumed:
            builder.line(item.span, "assumption")
            return
    if any(sign in ("\\succ", "\\succeq", "\\prec", "\\preceq") for sign in signs):
        raise Refusal("not-checked", item.relations[0].span, "a claim that a matrix is definite is not checked yet")
    free: dict[str, IndexInfo] = {}
    head = builder.makers.head(item.members[0], builder.context(free), item, tuple(builder.conditions))
    builder.head = None
    builder.line(item.span, "claim: inequality", head.title)
    builder.makers.ordered(head, item, tuple(builder.conditions))


def _declares_by_sign(item: Statement, builder: Builder) -> bool:
    """``\\lambda > 0`` of names that nothing has declared: positive scalars."""
    names = [strip(part) for part in declarations.members_of(item.members[0])]
    scope = builder.scope
    if not all(isinstance(name, n.Name | n.Scripted) and key_of(name) not in scope.names for name in names):
        return False
    ctx = builder.context()
    return all(declarations.domain_condition(name, item.relations[0].sign, item.members[1], ctx) for name in names)


def _about_sizes(item: Statement, builder: Builder) -> bool:
    """``n > k + l``: a condition on sizes alone."""
    ctx = builder.context()
    sides = [size_dim(strip(member), ctx) for member in item.members]
    return all(side is not None for side in sides) and any(side.number is None for side in sides if side is not None)


def _is_assumption_in_words(item: Statement) -> bool:
    return any(word in item.lead.split() for word in ("assume", "suppose", "assuming")) and not item.displayed


def _is_number(node: n.Node) -> bool:
    """Whether only literal numbers stand in it: 0, 10^{300}, 1/2."""
    return all(
        isinstance(part, n.Number | n.Add | n.Fraction_ | n.Product | n.Scripted | n.Group) for part in walk(node)
    )


def _simple_condition(item: Statement, builder: Builder) -> bool:
    """Whether every side is a bare declared name, a size or a number: a condition on inputs and no claim."""
    bare = 0
    if any(strip(a) == strip(b) for a, b in pairwise(item.members)):
        return False
    for member in item.members:
        for part in declarations.members_of(member):
            node = strip(part)
            if isinstance(node, n.Add) and len(node.terms) == 1:
                node = node.terms[0][1]
            if _is_number(node) or (isinstance(node, n.Name) and node.text in ("\\mathbf{0}", "0")):
                continue
            if not isinstance(node.base if isinstance(node, n.Scripted) else node, n.Name):
                return False
            assert isinstance(node, n.Name | n.Scripted)
            found = builder.scope.names.get(key_of(node))
            if isinstance(found, Definition | FunctionDefinition):
                return False
            if found is None and isinstance(node, n.Scripted) and (node.sup is not None or node.primes):
                return False
            if found is None and isinstance(node, n.Scripted):
                base = builder.scope.names.get(key_of(node.base))
                if not isinstance(base, Declaration) and base is not None:
                    return False
            bare += 1
    return bare > 0


def _claims_follow(item: Statement, statements: list[Statement]) -> bool:
    """Whether the same sentence goes on with a claim: then the condition is for that claim alone."""
    if any(word in GLOBAL_LEADS for word in item.lead.split()):
        return False
    for other in statements:
        if other.sentence == item.sentence and other.span.start > item.span.start:
            if other.implied or any(relation.sign in EQUAL for relation in other.relations):
                return True
    return False


def _condition(item: Statement, builder: Builder) -> bool:
    """Take the statement as a condition for what follows in its sentence, and for the claim just before it."""
    free: dict[str, IndexInfo] = {}
    ctx = builder.context(free)
    found: list[terms.Comparison] = []
    for left, relation, right in zip(item.members, item.relations, item.members[1:], strict=False):
        if relation.sign not in ("=", "\\ne", "<", ">", "\\le", "\\ge"):
            return False
        for name in declarations.members_of(left):
            node = n.Compare((name, right), (relation.sign,), span=item.span)
            found.extend(comparisons(node, ctx))
    builder.makers.indices.update({info.name: info for info in free.values()})
    builder.line(item.span, "condition")
    behind = builder.makers.condition_behind(item, tuple(found))
    if not behind and _conditional(item):
        # "if x > 0 then …; if x < 0 then …": the second takes the place of the first.
        builder.conditions = found
    elif not behind:
        builder.conditions.extend(found)
    return True


__all__ = ["Builder", "build"]
