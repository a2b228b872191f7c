"""The words around mathematics: what leads in to a statement, and adjectives such as "symmetric"."""

from __future__ import annotations

import re
from dataclasses import replace

from derivcheck.language import nodes as n
from derivcheck.language.domain import Domain
from derivcheck.language.shapes import ONE
from derivcheck.problem.context import Context, key_of, members_of, strip
from derivcheck.problem.declarations import declaration_of
from derivcheck.problem.scope import Declaration
from derivcheck.reading.items import Statement

GLOBAL_LEADS = ("let", "assume", "suppose", "where", "with", "given", "take", "assuming", "such that", "denote")
CONSTRAINING = ("satisfying", "such that", "subject to", "under the constraint", "assume", "suppose")
NAMING_LEADS = frozenset(("let", "call", "denote", "define", "put", "set", "write", "name"))
# What words say that a declared name is, the more telling first.
ADJECTIVES = (
    (r"\bsymmetric,? (and )?positive[- ](semi-?)?definite|\bspd\b|\bpositive[- ](semi-?)?definite", "spd"),
    (r"\b(skew|anti)-?symmetric", "skew"),
    (r"\bsymmetric", "symmetric"),
    (r"\borthogonal|\borthonormal", "orthogonal"),
    (r"\bdiagonal", "diagonal"),
    (r"\bunit (vector|length|norm)", "unit"),
    (r"\bpositive\b", "positive"),
    (r"\bnon-?zero\b", "nonzero"),
)
NOT_TAKEN = re.compile(r"\bnot\b|\bneed not\b|\bnon-?symmetric|\bno\b")


def is_naming(item: Statement) -> bool:
    """Whether the words in front give a name to what stands on the left: "call", "let", "denote"."""
    return any(word in NAMING_LEADS for word in item.lead.split())


def is_conditional(item: Statement) -> bool:
    """Whether the words in front make a condition of the statement: "if", "when", "provided"."""
    words = item.lead.rstrip(" ,:").split()
    return bool(words) and words[-1] in ("if", "when", "whenever", "provided", "case", "on")


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
    behind = re.split(
        r"[$.;:]|\\[(\[]|\n\s*\n", text[item.span.end : item.span.end + 120].lstrip("$ )\\]"), maxsplit=1
    )[0]
    return f"{item.lead} {behind}".lower()


def describe(names: n.Node, words: str, ctx: Context) -> None:
    """Take "symmetric", "positive definite", "orthogonal" in the prose around a declaration as part of it."""
    if NOT_TAKEN.search(words):
        return
    for pattern_text, kind in ADJECTIVES:
        if not re.search(pattern_text, words):
            continue
        for name in members_of(names):
            found = declaration_of(name, ctx)
            if found is None or found.domain.kind != "real" or not _fits(kind, found, ctx):
                continue
            ctx.scope.enter(key_of(strip(name)), replace(found, domain=Domain(kind)))  # type: ignore[arg-type]
        return


def _fits(kind: str, found: Declaration, ctx: Context) -> bool:
    """Whether a word can be said of something of this shape."""
    rows, columns = ctx.scope.resolve_shape(found.shape)
    if kind in ("positive", "nonzero"):
        return True
    if kind == "unit":
        return columns == ONE and rows != ONE
    if kind == "orthogonal":
        return columns != ONE
    return rows == columns and rows != ONE
