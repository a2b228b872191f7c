"""The words around mathematics: what leads in to a statement, adjectives, expressions that are only mentioned."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, SCALAR, Domain
from derivcheck.problem import terms as t
from derivcheck.problem.builder import Builder, Statements
from derivcheck.problem.constructions import DOMAINS, say, unit_columns
from derivcheck.problem.context import Context, key_of, members_of, strip
from derivcheck.problem.declarations import declaration_of, declare, declare_one, family_pattern, ranging_letters
from derivcheck.problem.domains import REALS
from derivcheck.problem.equations import across, commute, orthonormal
from derivcheck.problem.newness import would_resolve
from derivcheck.problem.scope import Assumption, Declaration, Definition, FunctionDeclaration, Refusal, Scope
from derivcheck.reading import phrases
from derivcheck.reading.items import Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.unread import Unread, names_in_text, sentence_at
from derivcheck.reading.windows import before, behind, behind_maths

ASKED = frozenset(("let", "assume", "where", "call"))
CONCLUDED = frozenset(("follows", "since", "in each case", "in that case"))
CONSTRAINING = ("satisfying", "such that", "subject to", "under the constraint", "assume", "suppose")
NAMING_LEADS = frozenset(("let", "call", "denote", "define", "put", "set", "write", "name"))
SQUARE = frozenset(
    (
        *("spd", "psd", "skew", "symmetric", "orthogonal", "diagonal", "lower", "upper", "idempotent", "involutory"),
        *("nilpotent", "singular", "traceless", "unit trace", "rotation", "positive diagonal"),
    )
)
"""What is said of square matrices."""
UNDRAWN_OTHERWISE = {"onehot"} | SQUARE
"""Words that nothing else reads: where a name cannot be drawn so, what rests on it is not checked."""


def is_naming(item: Statement) -> bool:
    """Whether the words in front give a name to what stands on the left: "call", "let", "denote"."""
    return any(word in NAMING_LEADS for word in item.lead.split())


def is_conditional(item: Statement) -> bool:
    """Whether the words in front make a condition of the statement: "if", "when", "provided"."""
    if item.cue is None or item.cue.kind not in ("if", "for") or not item.cue.near:
        return not item.displayed and item.lead.split()[-1:] == ["on"]
    equality = item.relations[0].sign in ("=", ":=", "\\equiv")
    return item.cue.kind == "if" or not equality


def is_asked(item: Statement, *, near: bool = False) -> bool:
    """Whether the words in front assume the statement: "let", "suppose that", "where"; right in front, if ``near``."""
    asks = item.cue is not None and item.cue.kind in ASKED and (item.cue.near or not near)
    return asks and not item.implied


def is_concluded(item: Statement, *, near: bool = False) -> bool:
    """Whether the words in front state it as a conclusion: "hence", "it follows that", "the maximum gives"."""
    return item.implied or (item.cue is not None and item.cue.kind in CONCLUDED and (item.cue.near or not near))


def constrains(item: Statement, text: str) -> bool:
    """ "such that …", "let $t$ satisfy …": what follows is asked of the inputs; "$H$ satisfies …" is a claim."""
    if any(word in item.lead for word in CONSTRAINING):
        return True
    before = text[max(0, item.span.start - 200) : item.span.start].lower()
    return "satisfy" in item.lead.split() and phrases.PUT_UP.search(before) is not None


def assumed_in_words(item: Statement) -> bool:
    """Whether the words in front say that this is assumed."""
    return any(word in item.lead.split() for word in ("assume", "suppose", "assuming")) and not item.displayed


def runs(item: Statement, before: Statement | None) -> bool:
    r"""``i \in \{1, …, N\}`` behind "for", or what has this letter below, is a range; alone it declares a label."""
    lead = item.lead.rstrip(" ,:")
    if before is not None and before.sentence == item.sentence and lead.strip(" ,") in ("", "with", "where"):
        parts = [part for member in before.members for part in walk(member)]
        return any(isinstance(part, n.Scripted) and part.sub == item.members[0] for part in parts)
    return lead.endswith(("for", "for all", "for each", "for every", "all", "each", "every", "indices"))


def listed_before(item: Statement, statements: Statements, text: str) -> list[Statement]:
    """The declarations before this one in the same list, of which the words behind it are said as well.

    All of "$S \\in …$, $U \\in …$ and $V \\in …$ be symmetric". Where no verb leads to the word, as in "$S \\in …$
    and $V \\in …$ symmetric", those that "and" alone joins or that stand in the same mathematics, if it is a word
    for square matrices.
    """
    words = behind(item, text)
    told = facts_in(words)
    if not told:
        return []
    of_all = phrases.SAID_OF_ALL.match(words) is not None
    if not of_all and (told[0] not in SQUARE or phrases.ADJECTIVE_NEXT.match(words) is None):
        return []
    earlier = [one for one in statements.of_sentence(item) if one.span.end <= item.span.start]
    found: list[Statement] = []
    last = item
    for other in reversed(earlier):
        between = text[other.span.end : last.span.start]
        beside = not phrases.MATHS_BETWEEN.search(between) or ("and" in between and "," not in between)
        joins = phrases.NAMES_JOINED.fullmatch(between) is not None and (of_all or beside)
        if not joins or [relation.sign for relation in other.relations] != ["\\in"]:
            break
        found.append(other)
        last = other
    return found


def facts_in(words: str) -> list[str]:
    """What words say of a name, each part of them read once."""
    found: list[str] = []
    for told, facts in phrases.PROPERTIES:
        if told.search(words):
            found.extend(facts)
            words = told.sub(" ", words)
    return found


def describe(names: n.Node, words: str, ctx: Context) -> None:
    """Take "symmetric", "positive definite", "idempotent" in the prose around a declaration as part of it."""
    if phrases.NOT_TAKEN.search(words):
        return
    facts = facts_in(words)
    if (odd := parity_in(words)) is not None:
        ctx.scope.parities.update({key_of(strip(name)): odd for name in members_of(names)})
    together = [_declared_as(name, ctx)[1] for name in members_of(names)]
    if _of_several(facts, [found for found in together if found is not None], ctx.scope):
        return
    for name in members_of(names):
        visible, found = _declared_as(name, ctx)
        for fact in facts:
            if found is None:
                continue
            if not _fits(fact, found, ctx):
                if fact == "onehot":
                    ctx.scope.undrawn.append((frozenset((found.key,)), name.span))
                continue
            if found.family:
                if found.domain.kind == "real" and frozenset((fact,)) in DOMAINS:
                    ctx.scope.enter(visible, replace(found, domain=Domain(fact)))  # type: ignore[arg-type]
                    break
            elif not said(fact, found, ctx.scope) and fact in UNDRAWN_OTHERWISE:
                ctx.scope.undrawn.append((frozenset((found.key,)), name.span))


def _of_several(facts: list[str], found: list[Declaration], scope: Scope) -> bool:
    """What is said of several names together: that they commute, that they are at right angles."""
    keys = [declared.key for declared in found if not declared.family]
    if len(keys) < 2 or len(keys) != len(found):
        return False
    columns = all(scope.resolve(declared.shape[1]) == ONE for declared in found)
    variables = [t.Variable(declared.key, shape=declared.shape) for declared in found]
    if "orthonormal" in facts and columns:
        return all(say(scope, key, "unit") for key in keys) and unit_columns(scope, *keys)
    if "across" in facts and columns and len(keys) == 2:
        if "unit" in facts:
            return all(say(scope, key, "unit") for key in keys) and unit_columns(scope, *keys)
        return across(variables[0], variables[1], scope)
    if "commutes" in facts and len(keys) == 2:
        for fact in facts:
            if fact in SQUARE:
                said(fact, found[0], scope)
                said(fact, found[1], scope)
        return commute(keys[0], keys[1], scope)
    return False


def said(fact: str, found: Declaration, scope: Scope) -> bool:
    """Take what one word says of one name."""
    match fact:
        case "onehot" if found.domain in (Domain("finite", (0, 1)), Domain("nonnegative")):
            scope.enter(found.key, replace(found, domain=Domain("onehot")))
            return True
        case "invertible" | "full columns" | "full rows":
            scope.guards.append(_not_singular(found, scope, fact))
            long, short = found.shape if fact != "full rows" else found.shape[::-1]
            if fact != "invertible":
                fits = t.Comparison("\\ge", t.Size(long), t.Size(short), span=found.span)
                scope.assumptions.append(Assumption((fits,), found.span))
            return True
        case "columns" | "rows":
            return orthonormal(found.key, scope, found.span, columns=fact == "columns")
        case "traceless" | "unit trace" | "rotation":
            number = t.Constant(Fraction(0 if fact == "traceless" else 1))
            return say(scope, found.key, "det" if fact == "rotation" else "trace", number)
        case "across" | "orthonormal" | "commutes":
            return True
    return say(scope, found.key, fact)


def _not_singular(found: Declaration, scope: Scope, fact: str) -> t.Comparison:
    """det A ≠ 0, of a tall matrix det(AᵀA) ≠ 0, of a wide one det(AAᵀ) ≠ 0."""
    shape = scope.resolve_shape(found.shape)
    made: t.Term = t.Variable(found.key, shape=shape, span=found.span)
    turned = t.Unary("transpose", made, shape=shape[::-1], span=found.span)
    if fact != "invertible":
        one, other = (turned, made) if fact == "full columns" else (made, turned)
        made = t.Multiply("matmul", one, other, shape=(one.shape[0], other.shape[1]), span=found.span)
    return t.Comparison("\\ne", t.Unary("det", made, span=found.span), t.Constant(Fraction(0)), span=found.span)


def note_restricted(statements: Statements, builder: Builder) -> None:
    """Keep what words say of inputs that nothing is drawn to meet: what holds without it holds, and no more."""
    text, names = builder.source.text, builder.scope.names
    for item in statements:
        cue, sign = item.cue, item.relations[0].sign if item.relations else ""
        stated = cue is not None and cue.kind not in (*ASKED, "since")
        if item.displayed or stated or sign not in ("", ":", "\\in", "<", ">", "\\le", "\\ge", "\\ne"):
            continue
        told = bool(sign) or cue is not None
        words = before(item, text).lower(), behind(item, text)
        for name in map(strip, members_of(item.members[0])):
            known = names.get(key_of(name)) or (names.get(key_of(name.base)) if isinstance(name, n.Scripted) else None)
            function = isinstance(known, FunctionDeclaration)
            made = isinstance(known, Definition) and known.key in builder.scope.facts
            if (function or made or isinstance(known, Declaration)) and phrases.restricts(
                *words, function=function, told=told
            ):
                why = f"says of `{plain(name)}` what nothing is drawn to meet"
                builder.unread.append(Unread(tuple(names_in_text(key_of(name))), item.span, narrows=True, why=why))


def parity_in(words: str) -> bool | None:
    """Whether words say of a number that it is odd; None where they say neither."""
    found = phrases.PARITY.search(words)
    return None if found is None else found[1] == "odd"


def _declared_as(name: n.Node, ctx: Context) -> tuple[str, Declaration | None]:
    r"""Under what a name is declared, by itself or as a member of its family: ``\Sigma_k``."""
    node = strip(name)
    visible = key_of(node)
    found = declaration_of(node, ctx)
    letters = ranging_letters(node, ctx) if isinstance(node, n.Scripted) and found is None else None
    if letters is not None and isinstance(node, n.Scripted):
        visible = family_pattern(node, letters)
        whole = ctx.scope.names.get(visible)
        found = whole if isinstance(whole, Declaration) else None
    return visible, found


def _fits(kind: str, found: Declaration, ctx: Context) -> bool:
    """Whether a word can be said of something of this shape."""
    rows, columns = ctx.scope.resolve_shape(found.shape)
    if kind in ("positive", "nonnegative", "nonzero"):
        return found.domain.kind in ("real", "symmetric", "diagonal", "nonnegative")
    if kind in ("unit", "simplex", "onehot"):
        return columns == ONE and rows != ONE
    if kind in ("orthogonal", "columns", "rows", "full columns", "full rows"):
        return columns != ONE
    return rows == columns and rows != ONE


def mention(item: Statement, builder: Builder) -> None:
    """An expression without a relation: it may tell at which argument a function is meant."""
    builder.line(item.span, "mention")
    describe_mention(item, builder)
    try:
        term = builder.context({}).term(item.members[0])
    except Refusal:
        if item.displayed:
            builder.head = None
        return
    note_calls(term, builder.scope)
    if item.displayed:
        # "$$ f(x) $$" and then "$$ = … $$": what is displayed alone is what the next block goes on with.
        builder.head = builder.makers.head(item.members[0], builder.context({}))


def describe_mention(item: Statement, builder: Builder) -> None:
    """``$P, Q$ symmetric positive definite``, ``symmetric $A$``; and what tells a shape behind the name.

    That is ``$A$ … $n \\times n$ matrix`` and ``$x$ … in $\\mathbb{R}^n$``.
    """
    if item.displayed:
        return
    node = strip(item.members[0])
    behind = behind_maths(item.span, builder.source.text)
    ctx = builder.context()
    known = key_of(node) in builder.scope.names
    _note_parity(item, node, behind, builder)
    if _declare_whole(item, node, behind, builder):
        return
    if isinstance(node, n.Name | n.Scripted) and (known or not _names_a_set(node)):
        if not known and not would_resolve(node, ctx):
            builder.undeclared = [(name, lead) for name, lead in builder.undeclared if lead[0] == item.sentence]
            builder.undeclared.append((node, (item.sentence, item.lead)))
            return
        if phrases.ADJECTIVE_BEHIND.match(behind):
            describe(node, behind, ctx)
            for other in _listed_before(item, builder, behind):
                describe(other, behind, ctx)
        elif phrases.ADJECTIVE_BEFORE.search(item.lead):
            describe(node, item.lead, ctx)
        return
    waiting = [(name, lead) for name, (sentence, lead) in builder.undeclared if sentence == item.sentence]
    if not waiting:
        return
    shape: n.Node | None = None
    if isinstance(node, n.Product) and set(node.operators) == {"\\times"} and phrases.MATRIX.match(behind):
        shape = n.Scripted(n.Name("\\mathbb{R}"), None, node, span=node.span)
    elif phrases.OF_SPACE.search(item.lead.strip()):
        shape = node
    if shape is None:
        return
    try:
        for name, lead in waiting:
            declare(name, shape, ctx)
            describe(name, f"{lead} {item.lead} {behind}", ctx)
    except Refusal:
        return
    builder.undeclared = []


def whole(item: Statement, text: str) -> str:
    """Of what words call an integer: "many" of one that counts, "integer" of any; "" of every other name."""
    lead = text[max(0, item.span.start - 60) : item.span.start].lower()
    found = phrases.WHOLE_BEHIND.match(behind(item, text)) or phrases.WHOLE_BEFORE.search(lead)
    return "" if found is None else "integer" if found["many"] is None else "many"


def _declare_whole(item: Statement, node: n.Node, behind: str, builder: Builder) -> bool:
    """``let $m$ be an integer``, ``for positive integers $j, k$``: numbers that nothing else declares."""
    kind, scope = whole(item, builder.source.text), builder.scope
    names = [strip(part) for part in members_of(node)] if kind else []
    names += _listed_before(item, builder, behind) if kind else []
    ctx = builder.context()
    if not all(isinstance(name, n.Name) and key_of(name) not in scope.names.keys() | scope.counting for name in names):
        return False
    for name in names:
        declare_one(name, SCALAR, Domain("natural" if kind == "many" else "integer"), ctx)
    return bool(names)


def _note_parity(item: Statement, node: n.Node, behind: str, builder: Builder) -> None:
    """``let $n$ be even``, ``where $n$ is odd``; "for odd $n$" and "if $n$ is even" are for their sentence alone."""
    odd = parity_in(behind) if phrases.PARITY_BEHIND.match(behind) else parity_in(" ".join(item.lead.split()[-2:]))
    if odd is None or not isinstance(node, n.Name):
        return
    if item.cue is None or item.cue.kind in ("let", "assume", "where"):
        builder.scope.parities[node.text] = odd
    else:
        around = sentence_at(builder.source.text, item.span)
        builder.unread.append(Unread((), item.span, around, narrows=True))


def _listed_before(item: Statement, builder: Builder, behind: str) -> list[n.Node]:
    """The names mentioned before in a list of which "are" or "be" says something: "where $P$, $Q$ and $R$ are …"."""
    if phrases.OF_ALL.match(behind) is None:
        return []
    text, found, start = builder.source.text, [], item.span.start
    earlier = [line for line in builder.lines if line.span.end <= item.span.start]
    for line in sorted(earlier, key=lambda line: -line.span.end):
        if line.kind != "mention" or phrases.MENTIONS_JOINED.fullmatch(text[line.span.end : start]) is None:
            break
        found.append(parse_expression(text[line.span.start : line.span.end]))
        start = line.span.start
    return found


def _names_a_set(node: n.Name | n.Scripted) -> bool:
    base = node.base if isinstance(node, n.Scripted) else node
    return isinstance(base, n.Name) and base.text in REALS


def note_calls(term: t.Term, scope: Scope) -> None:
    """Remember the arguments at which functions of vectors were written.

    A call at an entry whose index is bound there, as in ``h_i = φ(z_i)``, has no value outside.
    """
    for part in t.walk(term):
        whole = isinstance(part, t.Arbitrary) and not part.order and not part.entrywise
        if isinstance(part, t.Arbitrary) and whole and not any(isinstance(each, t.Index) for each in t.walk(part)):
            scope.mentions.setdefault(part.key, []).append(part)
