"""The words around mathematics: what leads in to a statement, and adjectives such as "symmetric"."""

from __future__ import annotations

import re
from dataclasses import replace

from derivcheck.language import nodes as n
from derivcheck.language.domain import Domain
from derivcheck.language.shapes import ONE
from derivcheck.problem.context import Context, key_of, members_of, strip
from derivcheck.problem.declarations import declaration_of
from derivcheck.problem.families import family_pattern, ranging_letters
from derivcheck.problem.scope import Declaration
from derivcheck.reading.items import Statement

ASKED = frozenset(("let", "assume", "where", "call"))
CONCLUDED = frozenset(("follows", "since", "in each case", "in that case"))
CONSTRAINING = ("satisfying", "such that", "subject to", "under the constraint", "assume", "suppose")
NAMING_LEADS = frozenset(("let", "call", "denote", "define", "put", "set", "write", "name"))
# What words say that a declared name is, the more telling first.
ADJECTIVES = (
    (r"\bprobability vectors?\b|\b(be|are|is) ([a-z]+ )?probability (distribution|mass function)s?\b", "simplex"),
    (r"\bsymmetric,? (and )?positive[- ](semi-?)?definite|\bspd\b|\bpositive[- ](semi-?)?definite", "spd"),
    (r"\b(skew|anti)-?symmetric", "skew"),
    (r"\bsymmetric", "symmetric"),
    (r"\borthogonal|\borthonormal", "orthogonal"),
    (r"\bdiagonal", "diagonal"),
    (r"\bunit (vector|length|norm)", "unit"),
    (r"\bpositive\b", "positive"),
    (r"\bnon-?zero\b", "nonzero"),
)
ADJECTIVES_ALONE = "|".join(told for told, _ in ADJECTIVES)
SQUARE_KINDS = frozenset(("spd", "skew", "symmetric", "orthogonal", "diagonal"))
JOINED = re.compile(r"(?:[\s$,&{}]|\\[()\[\]]|\\q?quad\b|\\text|\band\b)*")
"""What may stand between the names of one list: "let $S \\in …$ and $V \\in …$ be symmetric"."""
SAID_OF_ALL = re.compile(r"[\s,]*(both |all )?(be|are|being|have|having)( both| all| each)? (?!an? )")
NOT_TAKEN = re.compile(r"\bnot\b|\bneed not\b|\bnon-?symmetric|\bno\b")


def is_naming(item: Statement) -> bool:
    """Whether the words in front give a name to what stands on the left: "call", "let", "denote"."""
    return any(word in NAMING_LEADS for word in item.lead.split())


def is_conditional(item: Statement) -> bool:
    """Whether the words in front make a condition of the statement: "if", "when", "provided"."""
    if item.cue is None or item.cue.kind != "if" or not item.cue.near:
        return not item.displayed and item.lead.split()[-1:] == ["on"]
    return item.cue.words != "unless"


def is_asked(item: Statement, *, near: bool = False) -> bool:
    """Whether the words in front assume the statement: "let", "suppose that", "where"; right in front, if ``near``."""
    return item.cue is not None and item.cue.kind in ASKED and (item.cue.near or not near)


def is_concluded(item: Statement) -> bool:
    """Whether the words in front state it as a conclusion: "hence", "it follows that", "the maximum gives"."""
    return item.implied or (item.cue is not None and item.cue.kind in CONCLUDED)


def constrains(item: Statement, text: str) -> bool:
    """ "such that …", "let $t$ satisfy …": what follows is asked of the inputs; "$H$ satisfies …" is a claim."""
    if any(word in item.lead for word in CONSTRAINING):
        return True
    before = text[max(0, item.span.start - 200) : item.span.start].lower()
    return "satisfy" in item.lead.split() and re.search(r"\b(let|suppose|assume)\b[^.]*$", before) is not None


def assumed_in_words(item: Statement) -> bool:
    """Whether the words in front say that this is assumed."""
    return any(word in item.lead.split() for word in ("assume", "suppose", "assuming")) and not item.displayed


def runs(item: Statement) -> bool:
    """``i \\in \\{1, …, N\\}`` behind "for" is a range; alone it declares a label."""
    return item.lead.rstrip(" ,:").endswith(
        ("for", "for all", "for each", "for every", "all", "each", "every", "indices")
    )


def words_around(item: Statement, text: str) -> str:
    """The prose in front of a declaration, and behind it up to the next mathematics or the end of the sentence."""
    return f"{item.lead} {words_behind(item, text)}".lower()


def words_behind(item: Statement, text: str) -> str:
    """The prose behind a declaration, up to the next mathematics or the end of the sentence."""
    behind = text[item.span.end : item.span.end + 120].lstrip("$ )\\]")
    return re.split(r"[$.;:]|\\[(\[]|\n\s*\n", behind, maxsplit=1)[0].lower()


def listed_before(item: Statement, statements: list[Statement], text: str) -> list[Statement]:
    """The declarations before this one in the same list, of which the words behind it are said as well.

    All of "$S \\in …$, $U \\in …$ and $V \\in …$ be symmetric". Where no verb leads to the word, as in "$S \\in …$
    and $V \\in …$ symmetric", those that "and" alone joins or that stand in the same mathematics, if it is a word
    for square matrices.
    """
    words = words_behind(item, text)
    kind = next((kind for told, kind in ADJECTIVES if re.search(told, words)), None)
    if kind is None:
        return []
    of_all = SAID_OF_ALL.match(words) is not None
    if not of_all and (kind not in SQUARE_KINDS or re.match(rf"[\s,]*({ADJECTIVES_ALONE})", words) is None):
        return []
    earlier = [one for one in statements if one.sentence == item.sentence and one.span.end <= item.span.start]
    found: list[Statement] = []
    last = item
    for other in reversed(earlier):
        between = text[other.span.end : last.span.start]
        beside = not re.search(r"[$(\[]", between) or ("and" in between and "," not in between)
        joins = JOINED.fullmatch(between) is not None and (of_all or beside)
        if not joins or [relation.sign for relation in other.relations] != ["\\in"]:
            break
        found.append(other)
        last = other
    return found


def describe(names: n.Node, words: str, ctx: Context) -> None:
    """Take "symmetric", "positive definite", "orthogonal" in the prose around a declaration as part of it."""
    if NOT_TAKEN.search(words):
        return
    for pattern_text, kind in ADJECTIVES:
        if not re.search(pattern_text, words):
            continue
        for name in members_of(names):
            visible, found = _declared_as(name, ctx)
            if found is None or found.domain.kind != "real" or not _fits(kind, found, ctx):
                continue
            ctx.scope.enter(visible, replace(found, domain=Domain(kind)))  # type: ignore[arg-type]
        return


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
    if kind in ("positive", "nonzero"):
        return True
    if kind in ("unit", "simplex"):
        return columns == ONE and rows != ONE
    if kind == "orthogonal":
        return columns != ONE
    return rows == columns and rows != ONE
