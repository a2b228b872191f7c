"""What a statement does: it declares, assumes, defines, or claims."""

from __future__ import annotations

from dataclasses import replace

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.printing import plain
from derivcheck.problem import conditions, prose, stated
from derivcheck.problem.assumptions import assume, assume_all
from derivcheck.problem.builder import Builder, Statements
from derivcheck.problem.calls import is_optimum
from derivcheck.problem.claims import DEFINITE
from derivcheck.problem.context import key_of, strip
from derivcheck.problem.declarations import declare, declare_function, index_range
from derivcheck.problem.decompositions import taken_apart
from derivcheck.problem.definitions import define
from derivcheck.problem.domains import DOTS, read_set
from derivcheck.problem.eigenwords import explain, is_order
from derivcheck.problem.indices import capitals
from derivcheck.problem.newness import estimated, estimated_key, is_new, mentions_itself, named_by, would_resolve
from derivcheck.problem.probability.model import parameters_of_model
from derivcheck.problem.probability.noise import adds_noise
from derivcheck.problem.probability.operators import says_what_angles_mean
from derivcheck.problem.probability.statements import declared_key, drawn_from, names_density, states_density
from derivcheck.problem.recursions import counts_from, steps_of
from derivcheck.problem.scope import Definition, IndexInfo, Refusal
from derivcheck.problem.solutions import equation_for
from derivcheck.problem.upto import accuracy
from derivcheck.problem.zeroing import take_words
from derivcheck.reading.items import Relation, Statement
from derivcheck.reading.unread import Unread, names_in_text, stands_alone
from derivcheck.reading.windows import around, behind
from derivcheck.verdict import Finding, Severity

COMPARED = conditions.EQUAL | DEFINITE | {"<", ">", "\\le", "\\ge", "\\ne"}
NOT_CHECKED = {
    "\\sim": "this is not understood as a line of a model",
    "\\approx": "an approximation is not checked: it holds to no stated accuracy",
    "\\leftarrow": "this update is not understood",
    "\\to": "this arrow is not understood here",
    "\\mapsto": "this arrow is not understood here",
    "\\in": "this membership is not understood",
}


def classify(item: Statement, statements: Statements, builder: Builder) -> None:
    """Decide by the relation and by what is known whether this declares, assumes, defines or claims."""
    if not item.relations:
        prose.mention(item, builder)
        return
    if item.continues:
        _continue_chain(item, builder)
        return
    take_words(item, statements, builder)
    stated.refuse_unsaid(item, builder)
    if taken_apart(item, builder):
        return
    signs = [relation.sign for relation in item.relations]
    if signs == ["=", "\\sim"] and isinstance(given := strip(item.members[0]), n.Given):
        # ``x \mid z = k \sim D``: the first sign belongs to what is given.
        pinned = n.Compare((given.right, item.members[1]), ("=",), span=given.right.span | item.members[1].span)
        whole = n.Given(given.left, pinned, span=given.span | pinned.span)
        item, signs = replace(item.part(1), members=(whole, item.members[2])), ["\\sim"]
    first = item.members[0]
    match signs:
        case ["\\approx"] if accuracy(item, builder.source.text) and not is_new(strip(first), builder.scope):
            # To a stated accuracy it is a claim.
            _claims(replace(item, relations=(replace(item.relations[0], sign="="),)), builder)
        case [":", "\\to"]:
            shapes = declare_function(first, item.members[1], item.members[2], builder.context())
            builder.line(item.span, "declaration", plain(first), shapes)
        case ["\\in"]:
            _membership(item, statements, builder)
        case ["="] if (counted := _counted(first, item.members[1], builder)) is not None:
            _membership(replace(item, members=(first, counted)), statements, builder)
        case [*before, "\\in"] if before and conditions.EQUAL.issuperset(before):
            _equality(item.part(0, -1), statements, builder)
            _fits(item, builder)
        case ["="] | [":="] if _is_set(item.members[1]) and is_new(strip(first), builder.scope):
            builder.line(item.span, "declaration", plain(first), note="a set")
            builder.taint(item.span)
        case ["="] if index_range(first, item.members[1], builder.context()):
            builder.line(item.span, "declaration", plain(first), note="the range of an index")
        case ["\\sim"]:
            if not drawn_from(item, builder):
                _claim_of_distribution(item, builder)
        case ["\\leftarrow", *rest] if conditions.EQUAL.issuperset(rest):
            _update(item, builder)
        case _ if "\\propto" in signs and (conditions.EQUAL | {"\\propto"}).issuperset(signs):
            _proportion(item, builder)
        case _ if conditions.EQUAL.issuperset(signs):
            _equality(item, statements, builder)
        case [sign, *_] if (
            COMPARED.issuperset(signs) and sign in conditions.EQUAL and is_new(strip(first), builder.scope)
        ):
            # ``K = a - b \ge 0``: what K is, then what is said of it.
            stop = next(place for place, sign in enumerate(signs) if sign not in conditions.EQUAL)
            _equality(item.part(0, stop + 1), statements, builder)
            _order(item.part(stop), statements, builder)
        case _ if COMPARED.issuperset(signs):
            _order(item, statements, builder)
        case _:
            _up_to_the_unread(item, signs, statements, builder)


def _counted(left: n.Node, right: n.Node, builder: Builder) -> n.Node | None:
    r"""The set that ``k = 0, 1, 2, \dots`` says a new k to lie in; a letter below a name counts what is below."""
    if not isinstance(left, n.Name) or not isinstance(right, n.Tuple) or left in builder.scope.counters:
        return None
    *numbers, last = right.items
    text, places = builder.source.text, [f"_{opening}{left.text}" for opening in ("", "{")]
    below = any(text.count(place) > sum(text.count(big + place) for big in ("\\sum", "\\prod")) for place in places)
    listed = all(isinstance(item, n.Number) for item in numbers) and isinstance(last, n.Symbol) and last.text in DOTS
    return n.Group(right, "{", span=right.span) if listed and not below and is_new(left, builder.scope) else None


def _is_set(node: n.Node) -> bool:
    r"""Whether it lists the members of a set, or says what they meet: ``\{(x_1, y_1), \dots, (x_n, y_n)\}``."""
    group = node.base if isinstance(node, n.Scripted) else node
    return isinstance(group, n.Group) and group.fence == "{" and isinstance(group.body, n.Tuple | n.Given | n.Compare)


def _up_to_the_unread(item: Statement, signs: list[str], statements: Statements, builder: Builder) -> None:
    """Check what stands before an approximation; of all that stands behind nothing is checked."""
    place = next(k for k, sign in enumerate(signs) if sign not in conditions.EQUAL)
    bad = item.relations[place]
    if bad.sign != "\\approx" or not place:
        raise Refusal("not-checked", bad.span, NOT_CHECKED.get(bad.sign, f"`{bad.sign}` is not checked"))
    _equality(item.part(0, place + 1), statements, builder)
    _leave_approximation(item, bad, builder)


def _claim_of_distribution(item: Statement, builder: Builder) -> None:
    r"""``z \mid x \sim \mathcal{N}(m, C)`` of a z that is in the model already: its density is claimed."""
    left = strip(item.members[0])
    if not (isinstance(left, n.Product) and isinstance(left.factors[-1], n.Group)):
        # A letter that the document has given to a size or a vector is no density in it.
        letter = next(name for name in ("p", "P", "\\mathbb{P}") if name not in builder.scope.names)
        left = n.Product((n.Name(letter, span=left.span), n.Group(left, span=left.span)), ("",), span=left.span)
    _claims(replace(item, members=(left, item.members[1])), builder)


def _update(item: Statement, builder: Builder) -> None:
    r"""``u \leftarrow \arg\max_u Q = …``: what stands right of the arrow is the new value of the name."""
    left = strip(item.members[0])
    if isinstance(strip(item.members[1]), n.Big) and is_new(left, builder.scope):
        _equality(item, Statements([item]), builder)
        return
    if isinstance(strip(item.members[1]), n.Big):
        _optimum_of(item, left, builder)
        return
    known = builder.scope.optima.get(_bare(left))
    if known is None:
        reason = "an update is held against the objective that it maximises, and none was stated before it"
        raise Refusal("not-checked", item.span, reason, "state it: `u^{new} = \\arg\\max_u Q(u)`")
    head = builder.makers.head_of(item.members[0], known, builder.context({}))
    builder.head = head
    builder.line(item.span, "claim: optimum", head.title, builder.scope.show(head.term.shape))
    builder.makers.members(head, item.members[1:], item.relations, item, tuple(builder.conditions))


def _bare(node: n.Node) -> str:
    """The name that an update gives a new value: ``u`` of ``u``, ``u^{new}``, ``u_{t+1}``."""
    if isinstance(node, n.Scripted) and isinstance(node.sup, n.Text | n.Group | n.Symbol) and node.sub is None:
        return key_of(node.base)
    return key_of(node)


def _optimum_of(item: Statement, left: n.Node, builder: Builder) -> None:
    """``u = \\arg\\max_u Q = …`` of a declared u: the members behind are held against the optimum."""
    rest = item.part(1)
    if len(rest.members) < 2:
        builder.head = builder.makers.head(rest.members[0], builder.context({}))
        builder.scope.optima[_bare(left)] = builder.head.term
        builder.line(item.span, "definition", plain(left), builder.scope.show(builder.head.term.shape))
        return
    _claims(rest, builder)
    if builder.head is not None:
        builder.scope.optima[_bare(left)] = builder.head.term


def _membership(item: Statement, statements: Statements, builder: Builder) -> None:
    left, right = item.members
    ctx = builder.context()
    earlier = [other for other in statements.of_sentence(item) if other.span.end <= item.span.start]
    if index_range(left, right, ctx) is not None and prose.runs(item, earlier[-1] if earlier else None):
        builder.line(item.span, "declaration", plain(left), note="the range of an index")
        return
    try:
        shapes = declare(left, right, ctx)
    except Refusal as refusal:
        named = right.base if isinstance(right, n.Scripted) else right
        if refusal.code != "unknown-set" or not isinstance(named, n.Name) or named.text.startswith("\\mathbb"):
            raise
        # A set that the document names: of what is in it this tells no shape.
        builder.line(item.span, "declaration", plain(left), note=refusal.message)
        builder.taint(item.span)
        return
    text = builder.source.text
    prose.describe(left, around(item, text), ctx)
    for other in prose.listed_before(item, statements, text):
        prose.describe(other.members[0], behind(item, text), ctx)
    builder.line(item.span, "declaration", plain(left), shapes)


def _fits(item: Statement, builder: Builder) -> None:
    r"""``W = Q K^\top \in \mathbb{R}^{n \times n}``: the set at the end tells the shape again."""
    ctx = builder.context({})
    try:
        told, found = read_set(item.members[-1], ctx), ctx.term(item.members[0])
    except Refusal as refusal:
        # The equation is read already: it is not tried again for the sake of its set.
        raise Refusal("membership", item.members[-1].span, refusal.message) from refusal
    if told.domain.kind != "real" or not builder.scope.unify_shapes(found.shape, told.shape):
        reason = f"this is {builder.scope.show(found.shape)}, and the set at the end does not tell that"
        raise Refusal("membership", item.members[-1].span, reason)


def _continue_chain(item: Statement, builder: Builder) -> None:
    if builder.head is None:
        relation = item.relations[0]
        reason = "this line goes on with a relation, but there is no line before it that it could continue"
        raise Refusal("chain-without-head", relation.span, reason)
    rough = next((place for place, relation in enumerate(item.relations) if relation.sign == "\\approx"), None)
    members, relations = item.members[:rough], item.relations[:rough]
    builder.line(item.span, "claim: continued", builder.head.title)
    if members:
        builder.makers.members(builder.head, members, relations, item, tuple(builder.conditions))
    if rough is not None:
        _leave_approximation(item, item.relations[rough], builder)


def _leave_approximation(item: Statement, relation: Relation, builder: Builder) -> None:
    r"""``\approx 0.157`` at the end of a chain is not checked, and no line goes on from it."""
    head, builder.head = builder.head, None
    kind, title = ("statement", plain(item.members[0])) if head is None else (head.kind, head.title)
    chain = builder.makers.fresh_chain() if head is None else head.chain
    refusal = Refusal("not-checked", relation.span, NOT_CHECKED[relation.sign])
    span = relation.span | item.members[-1].span
    builder.makers.refuse(refusal, span, item.span, kind, title, chain, implied=item.implied)


def _equality(item: Statement, statements: Statements, builder: Builder) -> None:
    """``A = B = C``: a definition if the left side is new, then claims held against the head."""
    left, scope = strip(item.members[0]), builder.scope
    conditional = prose.is_conditional(item)
    if (given := says_what_angles_mean(left, item.members[1])) is not None and scope.angled is None:
        scope.angled = given
        builder.line(item.span, "definition", plain(left))
        _claims_behind(item, left, builder)
        return
    if states_density(item, builder):
        _claims_behind(item, item.members[0], builder)
        return
    side = stated.side_of(item, statements)
    if conditions.asked_of_indices(item, builder.makers.has_claimed(side), builder):
        return
    conditions.refuse_on_letters(item, side, builder)
    if stated.is_special_value(item, builder):
        _special_value(item, statements, builder)
        return
    recursion = len(item.members) == 2 and steps_of(left, item.members[1], scope) is not None
    if (
        stated.told_anew(item, left, builder)
        or names_density(item, builder)
        or conditions.assumed_equation(item, builder)
        or (not item.implied and not conditional and not recursion and adds_noise(item, left, statements, builder))
    ):
        return
    if stated.another_function(item, left, statements, builder):
        _definition(item, left, builder)
        return
    valued = stated.is_stated_value(item, builder)
    if stated.by_cases(item, statements) and is_new(left, scope):
        reason = "this is said for one case, and the words that tell which it is are not understood"
        help = "write `\\begin{cases} … \\end{cases}` with conditions in symbols"
        raise Refusal("not-checked", item.span, reason, help)
    second = strip(item.members[1])
    optimal = isinstance(second, n.Big) and second.operator in ("argmax", "argmin")
    if optimal and not is_new(left, scope) and isinstance(left, n.Name | n.Scripted):
        _optimum_of(item, left, builder)
    elif not conditional and not valued and _names_a_value(item, left, statements, builder):
        _definition(item, left, builder)
    elif (
        not conditional
        and (named := named_by(left, item.members[1], builder.context())) is not None
        and (not item.implied or _solves(item, left, builder))
    ):
        _definition(item, named[0], builder, named[1])
    elif (last := _named_on_the_right(item, builder)) is not None:
        _definition(replace(item, members=item.members[::-1]), last, builder)
    elif not (conditional and conditions.take_condition(item, builder)) and not stated.begins_anew(item, left, builder):
        if prose.constrains(item, builder.source.text) and not item.implied:
            reason = "this condition on the inputs is not understood, so that nothing is drawn to meet it"
            raise Refusal("condition", item.span, reason, "substitute it: write one name in terms of the others")
        _claims(item, builder)
        stated.note_solved(item, builder)


def _names_a_value(item: Statement, left: n.Node, statements: Statements, builder: Builder) -> bool:
    return (
        is_new(left, builder.scope)
        and stated.defines_by_name(item, left, statements, builder)
        and not mentions_itself(left, item.members[1], builder.scope)
        and (not item.implied or estimated(left) is not None or _solves(item, left, builder))
    )


def _named_on_the_right(item: Statement, builder: Builder) -> n.Node | None:
    """The new name on the right to which words give the value on the left: "we call $x^\\top x = r$"."""
    last = strip(item.members[-1])
    named = len(item.members) == 2 and isinstance(last, n.Name | n.Scripted) and prose.is_naming(item)
    return last if named and key_of(last) not in builder.scope.names and is_new(last, builder.scope) else None


def _claims_behind(item: Statement, head: n.Node, builder: Builder) -> None:
    """Hold what stands behind the second member, which says what the head is, against the head."""
    if len(item.members) > 2:
        _claims(replace(item.part(1), members=(head, *item.members[2:])), builder)


def _special_value(item: Statement, statements: Statements, builder: Builder) -> None:
    """A condition of its sentence, read or not; where it may be meant from here on, nothing of the name is wrong."""
    if not stated.is_literal(item.members[1]) and (item.cue is None or item.cue.words != "with"):
        names = tuple(names_in_text(builder.source.slice(item.members[0].span)))
        builder.unread.append(Unread(names, item.span, narrows=True))
    try:
        if conditions.take_condition(item, builder):
            return
    except Refusal:
        pass
    builder.line(item.span, "condition", note="a value for this sentence alone")
    builder.unread.append(Unread((), item.span, statements.around[item.sentence], narrows=True))


def _claims(item: Statement, builder: Builder) -> None:
    """Hold every member behind the first against it."""
    item = _nought_last(item, builder)
    head = builder.makers.head(item.members[0], builder.context({}))
    builder.head = head
    builder.line(item.span, f"claim: {head.kind}", head.title, builder.scope.show(head.term.shape) if head.term else "")
    builder.makers.members(head, item.members[1:], item.relations, item, tuple(builder.conditions))


def _nought_last(item: Statement, builder: Builder) -> Statement:
    """``0 = a_k - b_k`` as ``a_k - b_k = 0``: the letters for which it is claimed stand on the right alone."""
    if len(item.members) != 2 or not (isinstance(nought := strip(item.members[0]), n.Number) and nought.value == 0):
        return item
    free: dict[str, IndexInfo] = {}
    try:
        builder.context(free).term(item.members[1])
    except Refusal:
        return item
    return replace(item, members=(item.members[1], item.members[0])) if free else item


def _proportion(item: Statement, builder: Builder) -> None:
    r"""``p(\theta \mid x) \propto …``: nothing is defined by its proportions alone."""
    left = strip(item.members[0])
    if is_new(left, builder.scope):
        reason = f"`{plain(left)}` is not known, and a proportionality does not say what it is"
        raise Refusal("not-checked", left.span, reason, "define it with `=` before this line")
    _claims(item, builder)


def _definition(item: Statement, name: n.Node, builder: Builder, meaning: n.Node | None = None) -> None:
    """Bring a name into being; ``meaning`` is its value where the left side is not the name alone: ``S^{-1} = …``."""
    left = strip(item.members[0]) if meaning is not None else name
    stated.refuse_second(item, left, builder)
    second = strip(item.members[1])
    second_is_new = isinstance(second, n.Name | n.Scripted) and is_new(second, builder.scope)
    if len(item.members) > 2 and second_is_new and not would_resolve(second, builder.context()):
        # ``a = b = …`` with both names new: the inner one first.
        _definition(item.part(1), second, builder)
        item = item.part(0, 2)
    try:
        made = define(name, meaning or item.members[1], builder.context(), item.span)
    except Refusal as refusal:
        if refusal.code != "unbound-index":
            raise
        _defined_for_all(item, left, refusal, builder)
        return
    term = made.term if isinstance(made, Definition) else made.body
    prose.note_calls(term, builder.scope)
    shape = made.shape if isinstance(made, Definition) else made.body.shape
    builder.line(item.span, "definition", plain(left), builder.scope.show(shape))
    if is_optimum(term):
        builder.scope.optima[key_of(left)] = builder.scope.optima[_bare(left)] = term
    try:
        builder.head = builder.makers.head(left, builder.context({}), defining=item.members[1])
    except Refusal:
        builder.head = None
    if not is_optimum(term):
        _estimate(item, left, builder)
    if len(item.members) > 2:
        if builder.head is None:
            raise Refusal("chain-without-head", item.members[2].span, "what this is held against is not understood")
        builder.makers.members(builder.head, item.members[2:], item.relations[1:], item, tuple(builder.conditions))


def _defined_for_all(item: Statement, left: n.Node, refusal: Refusal, builder: Builder) -> None:
    r"""``C = \operatorname{Var}[z_i \mid x_i] = c``: C is what has no index; the rest is claimed for every i."""
    for place, node in enumerate(item.members[2:], 2):
        try:
            builder.context().term(node)
        except Refusal:
            continue
        others = (*item.members[1:place], *item.members[place + 1 :])
        plain_item = replace(item, members=(left, node), relations=item.relations[:1])
        _definition(plain_item, left, builder)
        _claims(replace(item, members=(*others[:1], node, *others[1:]), relations=item.relations[1:]), builder)
        return
    letter = builder.scope.quote(refusal.span)
    above = builder.source.text[: refusal.span.start].endswith("(")
    script = f"^{{({letter})}}" if above else f"_{letter}"
    raise Refusal(
        "unbound-index",
        refusal.span,
        f"`{plain(left)}` has no index, and what it is set to is another for every `{letter}`",
        f"write `{key_of(left)}{script}`, or behind it what it is without `{letter}`",
        wrong=not (builder.conditions or stands_alone(builder.source.text, refusal.span) or _has_letter(left, letter)),
    ) from refusal


def _has_letter(left: n.Node, letter: str) -> bool:
    """Whether the letter stands on the left all the same: then over what it runs is what is not known."""
    return any(isinstance(part, n.Name) and part.text == letter for part in walk(left))


def _estimate(item: Statement, left: n.Node, builder: Builder) -> None:
    r"""``\hat w = …`` behind an equation in ``w``: the definition also claims to solve it."""
    base = estimated(left)
    if base is None:
        return
    if not _solves(item, left, builder):
        _note_unclaimed(item, left, base, builder)
        return
    head = builder.makers.head(base, builder.context({}))
    builder.makers.members(replace(head, title=plain(left)), item.members[1:2], item.relations[:1], item, ())


def _note_unclaimed(item: Statement, left: n.Node, base: n.Node, builder: Builder) -> None:
    r"""An estimate with nothing before it that says why: it looks like a claim, and nothing of it is checked.

    It is one of a parameter of the model, as ``u^{new} = …``, one that words lead to ("hence ``\hat\pi_k = …``"), or
    called an estimate: ``u_{ML} = …``.
    """
    known = estimated_key(base, builder) or declared_key(base, builder)
    led = item.span in builder.makers.joined and known in builder.scope.declarations
    led = led or (isinstance(left, n.Scripted) and bool(capitals(left.sub)) and bool(known))
    if led or known in parameters_of_model(builder.scope):
        message = (
            f"`{plain(left)}` is read as a definition, so nothing of it is checked; say what it maximises, "
            f"as in `{key_of(left)} = \\arg\\max_{{{key_of(base)}}} Q = …`"
        )
        builder.findings.append(Finding("notice", Severity.NOTE, message, item.span))


def _solves(item: Statement, left: n.Node, builder: Builder) -> bool:
    """Whether the new name is an estimate of a declared one in which an equation stands before it."""
    base = estimated(left)
    key = None if base is None else estimated_key(base, builder)
    claims = builder.makers.claims
    return key is not None and equation_for(claims, builder.scope, key, len(claims), item.sentence) is not None


def _order(item: Statement, statements: Statements, builder: Builder) -> None:
    """``A \\ge B``: a condition, an assumption on a declared name, or a claim."""
    explain(item, statements, builder)
    conditions.refuse_on_letters(item, stated.side_of(item, statements), builder)
    if is_order(item, builder):
        builder.line(item.span, "assumption")
        return
    if stated.is_stated(item, statements, builder):
        stated.doubt(item, builder)
    elif _assumed(item, statements, builder):
        return
    if DEFINITE.intersection(one.sign for one in item.relations) and not prose.is_concluded(item):
        names = all(isinstance(strip(one), n.Name | n.Scripted | n.Number) for one in item.members)
        if names or prose.is_asked(item) or prose.is_conditional(item):
            for member in item.members:
                builder.context({}).term(member)
            why = "nothing is drawn to meet this sign of a matrix"
            raise Refusal("not-checked", item.relations[0].span, why)
    head = builder.makers.head(item.members[0], builder.context({}))
    builder.head = None
    builder.line(item.span, "claim: inequality", head.title)
    builder.makers.ordered(head, item, tuple(builder.conditions))


def _assumed(item: Statement, statements: Statements, builder: Builder) -> bool:
    """Whether a comparison declares, assumes, or is a condition for a sentence."""
    signs = [relation.sign for relation in item.relations]
    bound = counts_from(item, builder.scope)
    if bound is not None and bound[0] in builder.scope.ranges and bound[0] not in builder.scope.names:
        builder.line(item.span, "declaration", bound[0], note="the range of an index")
        return True
    if len(signs) == 1 and conditions.declared_by_sign(item, builder):
        builder.line(item.span, "declaration", plain(item.members[0]), "a scalar")
        return True
    if item.cue is not None and item.cue.kind == "label" and conditions.simple_condition(item, builder):
        builder.line(item.span, "condition", note="a case by its label")
        return True
    follows = conditions.claims_follow(item, statements)
    if prose.is_conditional(item) and conditions.take_condition(item, builder, follows=follows):
        return True
    if (conditions.about_sizes(item, builder) or prose.assumed_in_words(item)) and assume_all(item, builder):
        return True
    if conditions.simple_condition(item, builder):
        beside = builder.makers.has_claimed(stated.side_of(item, statements))
        local = beside or prose.is_conditional(item) or follows
        if local and conditions.take_condition(item, builder, beside=beside, follows=follows):
            return True
        taken = [assume(left, sign, right, builder.context(), item.span) for left, sign, right in item.steps]
        if all(taken):
            builder.line(item.span, "assumption")
            return True
    if any(sign in DEFINITE for sign in signs):
        return False
    return conditions.narrows(item, statements, builder) or conditions.asked_of_inputs(item, builder)
