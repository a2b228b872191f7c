"""What the words say: one table of patterns, and for every statement the typed cues in front of and behind it.

The window of a statement is its sentence: the words since the statement before it, and, where these say nothing, the
cue that governs that one. A cue has the span of its words in the source.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final, Protocol

from derivcheck.reading.items import Cue, Kind, Relation
from derivcheck.source import Span


class Said(str):
    """Words as the next stage wants them, with the span in which they stand."""

    __slots__ = ("span",)

    span: Span

    def __new__(cls, words: str, span: Span) -> Said:
        """The words, and where they stand."""
        made = super().__new__(cls, words)
        made.span = span
        return made


# A kind stands before another whose words it holds ("in each case" before "case"); in a row what is longer comes first.
LOOSE: Final = r"moreover|furthermore|in addition|additionally|finally|also(?!\s+[a-z])|now|similarly|likewise"
"""Words that go on with whatever came before, be it assumed or concluded."""
_ENGLISH: Final[dict[Kind, str]] = {
    "in each case": r"in (?:each|either|both|every|any|all|no)(?: of (?:the|these|both))?(?: two)? cases?",
    "in that case": r"in (?:this|that|which|such(?: a)?|these|the latter|the former)(?: special)? (?:cases?"
    r"|situations?)",
    "not": r"(?:it |this |that )?(?:is|does|do|need|are|was) (?:in general |generally |however |thus )?not"
    r"(?: (?:in general|generally|always|necessarily))? (?:true|follow|hold|imply|mean|say|the case)(?: that)?"
    r"|(?:it |which |this )?is (?:false|wrong|untrue|impossible|absurd)(?: that)?|a contradiction"
    r"|(?:one|you|we) might (?:think|expect|guess|have)(?: that)?|(?:we|one) (?:may|could) have"
    r"|(?:may|might|could) (?:be|happen|hold|be true)(?: that)?|it is possible that|sometimes|occasionally|why is"
    r"|(?:never|neither|nor)(?: (?:is|are|does|do we have))?|cannot (?:hold|be true)|fails(?: to hold)?"
    r"|(?:contrary to|instead of|rather than|as opposed to|unlike)"
    r"|(?:mistake|error|fallacy|misconception|tempting)(?: (?:is|would be))? (?:to [a-z]+(?: that)?|that)"
    r"|by mistake|(?:wrong|false|mistaken|incorrect|oft)(?:en|ly)(?: (?:write|think|believe|conclude|claim|assume)s?)?",
    "assume": r"(?:chosen|scaled|normali[sz]ed|constrained|restricted|required|drawn|taken|picked"
    r"|selected)(?: such| so)? that"
    r"|so chosen that|in such a way that|such that|so that we may assume|assum(?:e|es|ed|ing)(?: that)?"
    r"|suppos(?:e|es|ed|ing)(?: that)?|hypothes[ei]s(?: that)?|given(?: that)?|subject to|under (?:the |this )?"
    r"(?:constraints?|conditions?|assumptions?|hypothes[ei]s)(?: that)?|satisfying|obeying|fulfilling"
    r"|requir(?:e|ing) that"
    r"|restrict(?:ed|ing)?(?: ourselves)? to|consider(?:ing)?|tak(?:e|ing)|fix(?:ing)?|pick|choos(?:e|ing)"
    r"|without loss of generality|w\.?l\.?o\.?g\.?|s\.t\.",
    "let": r"let(?: us)?",
    "call": r"call(?:ed|s)?|denot(?:e|es|ed|ing)(?: by)?|defin(?:e|es|ed|ing)|nam(?:e|ed)|(?:we |let us )write|set|sets"
    r"|setting|put|putting|introduc(?:e|ing)|abbreviat(?:e|ing)|stands? for|short for",
    "otherwise": r"otherwise|else|elsewhere",
    "if": r"(?:in |for )?(?:the )?(?:[a-z]+ )?case (?:that|of|where|when|in which)"
    r"|(?:in )?(?:the |an? )?(?:[a-z]+ )?case|provided(?: that)?|as (?:long|soon) as|if(?:,)? and only if,?|iff"
    r"|(?:only|exactly|precisely) (?:if|when)|if|whenever|when|unless"
    r"|for (?:those|which)|(?:on|in) (?:the |a )?[a-z-]+ (?:where|on which|in which)",
    "example": r"(?:for|as an) (?:example|instance)|e\.g\.|say|at (?:the )?(?:start|beginning|first)|initially"
    r"|in the (?:picture|figure|plot|example)",
    "for": r"for|at",
    "where": r"where(?:in)?|with|here|having",
    "follows": r"(?:it|this|that|which|what) (?:then |thus |hence |now |therefore )?"
    r"(?:follows|gives?|yields?|implies|means|shows?|proves?|says|entails|leads? to|results? in|tells us"
    r"|makes)(?: us)?(?: that)?"
    r"|(?:it|this) (?:holds|is (?:clear|easy|obvious|evident|known|true|plain|immediate|a fact)[a-z ,]*?)(?: that)?"
    r"|(?:we|one|you|i) (?:now |then |thus |hence |therefore |also |can |may |must |will |could |have |'ve )*"
    r"(?:conclude|deduce|infer|derive|proved?|proven|shown?|see|seen|get|gets|obtain(?:ed|s)?|find|found|have"
    r"|know|note"
    r"|observe|notice|recall|claim|recover|arrive at|read off|are left with|established|verif(?:y|ied)"
    r"|checks?|checked|proves|shows|sees|finds|knows|notes|concludes|obtains|deduces)(?: that)?"
    r"|(?:note|notice|observe|recall|remember|conclude|deduce)(?: that)?|(?:check|verify|claim|prove|show|means?) that"
    r"|gives?|yields?|implies|imply|shows|proves|entails|leads? to|follows?|results? in|resulting in|giving|yielding"
    r"|implying|proving|showing|(?<!the\s)forces|ensures|guarantees|makes"
    r"|hence|thus|therefore|thereby|consequently|accordingly|whence|then|so(?: that)?(?! far)|clearly|obviously"
    r"|evidently"
    r"|plainly|certainly|surely|trivially|necessarily|indeed|in particular|in other words|that is|i\.e\.|q\.e\.d\."
    r"|of course|in fact|as a (?:consequence|result)|altogether|summing up|by symmetry|conversely"
    r"|by (?:the |this |our |an? )?(?:[a-z-]+ ){0,2}(?:lemmas?|theorems?|propositions?|corollary|inequality"
    r"|induction)"
    r"|it turns out"
    r"|from which|it must be|eventually|in total|overall|" + LOOSE,
    "since": r"since|because|using|owing to|thanks to|in view of",
}
_GERMAN: Final[dict[Kind, str]] = {
    "in each case": r"in jedem fall|in (?:beiden|allen) fällen",
    "in that case": r"in diesem fall",
    "not": r"(?:ist|gilt) (?:im allgemeinen )?nicht",
    "assume": r"angenommen|vorausgesetzt|unter der (?:nebenbedingung|annahme|bedingung)|sei(?:en)? gegeben"
    r"|wähle|nehmen wir an(?:, dass)?|wir nehmen an(?:, dass)?|es gelten?",
    "let": r"sei(?:en)?",
    "call": r"bezeichne[nt]?|definieren?|definiert|setzen?|nennen?",
    "otherwise": r"sonst|andernfalls",
    "if": r"falls|wenn|sofern|solange|im fall(?:e)?(?: dass)?",
    "example": r"zum beispiel|z\.\s?b\.",
    "for": r"für|bei",
    "where": r"wobei|mit|hier",
    "follows": r"daraus folgt|es folgt|folglich|somit|damit|deshalb|daher|demnach|mithin|(?:dann|also|es|stets"
    r"|offenbar) gilt"
    r"|dann|also|offenbar|offensichtlich|klar(?: ist)?|wir (?:erhalten|schließen|haben(?: gezeigt)?)"
    r"|ergibt sich|erhält man|gilt",
    "since": r"da|weil|denn",
}
_FRENCH: Final[dict[Kind, str]] = {
    "in each case": r"dans (?:tous les|les deux|chaque) cas",
    "in that case": r"dans ce cas",
    "not": r"n'est pas",
    "assume": r"on suppose(?: que)?|supposons(?: que)?|sous (?:la contrainte|l'hypothèse)|tels? que|telles? que"
    r"|étant donnée?s?|fixons",
    "let": r"soit|soient",
    "call": r"notons|posons|on (?:pose|note|définit|appelle)|notée?s?|définie?s?",
    "otherwise": r"sinon|autrement",
    "if": r"lorsqu(?:e|')|quand|pourvu que|dans le cas où|si",
    "example": r"par exemple",
    "for": r"pour",
    "where": r"où|avec",
    "follows": r"donc|ainsi|d'où|alors|par conséquent|on (?:a|obtient|en déduit|conclut|voit|trouve)(?: que)?"
    r"|il (?:s'ensuit|vient)(?: que)?|clairement|évidemment",
    "since": r"car|puisqu(?:e|')",
}
_CHINESE: Final[dict[Kind, str]] = {
    "in each case": r"无论如何",
    "in that case": r"此时|这时",
    "not": r"并非|不一定",
    "assume": r"假设|假定|给定|满足|约束|不妨",
    "let": r"设|令",
    "call": r"定义|记作|记|称",
    "otherwise": r"否则|其他",
    "if": r"如果|假如|若|当",
    "example": r"例如|比如",
    "for": r"对于?(?:任意|所有|每个)?",
    "where": r"其中|这里",
    "follows": r"因此|所以|于是|从而|故|则|那么|可得|得到|得出|显然|我们有|由此",
    "since": r"因为|由于",
}
_TOLD: Final = {
    "German": (
        _GERMAN,
        re.compile(
            r"(?<!\w)(?:und|ist|sei|seien|gilt|der|das|eine?|wir|für|daraus|wenn"
            r"|dann)(?!\w)"
        ),
    ),
    "French": (_FRENCH, re.compile(r"(?<!\w)(?:est|soit|soient|donc|une|les|nous|où|avec|alors|si|que)(?!\w)")),
}
"""Languages whose words are looked for where two or more of their small words stand in a document."""
_LATIN_WORD: Final = r"[a-zà-ÿ']"


@lru_cache(maxsize=16)
def _speaks(text: str, language: str) -> bool:
    return len(_TOLD[language][1].findall(text.lower())) > 1


@lru_cache(maxsize=8)
def _pattern(text: str) -> re.Pattern[str]:
    """One pattern of the cues in a document, a group a kind: whole words of letters; Chinese stands without spaces."""
    tables = [_ENGLISH, *(table for language, (table, _) in _TOLD.items() if _speaks(text, language))]
    rows = []
    for number, kind in enumerate(_ENGLISH):
        words = "|".join(table[kind] for table in tables).replace(" ", r"\s+")
        rows.append(rf"(?P<k{number}>(?<!{_LATIN_WORD})(?:{words})(?!{_LATIN_WORD})|{_CHINESE[kind]})")
    return re.compile("|".join(rows))


_FILLING: Final = re.compile(
    r"(?:[\s,:;.$()&*_\\\x00-]|that|we have|we get|we obtain|now|again|also|moreover|furthermore|additionally"
    r"|both|even|then"
    r"|the|some|any|all|each|every|in addition|fact|only|text|quad|qquad|dass|que|gilt|ist|sind|est|sont|有|时|在)*"
)
_LABEL: Final = re.compile(r"\\text[a-z]*\s*\{[^{}]*\w[^{}]*[:：]\s*\}")
_CLOSING: Final = re.compile(r"(?:\s|\$|\\[)\]]|\\end\{[a-z]+\*?\}|\\q?quad\b|\\[,;]|\}|&|\\text\s*\{|,)*")
_STOP: Final = re.compile(r"[.;!?](?=\s|\Z)|[。！？；]|\n\s*\n|\$|\\[(\[]|\\begin\b")
_MARKUP: Final = re.compile(r"(?s:<!--.*?-->)|(?<!\\)%[^\n]*|\\(?:begin|end)\{[a-z]+\*?\}|\\[a-zA-Z]+|[{}*_`$&|#>\\]")
_LOOSE: Final = re.compile(LOOSE)
_THAT: Final = re.compile(r"\b(?:that|dass|que)\W*\Z")
_WEAK: Final = re.compile(r"(?:we|one|you)\s+have|have|then|also|so|since|makes?")
_SPENT: Final = frozenset(("for", "if", "where"))
_GOVERNING: Final = frozenset(("let", "assume", "where"))
_STRONG: Final = frozenset(("assume", "let", "if"))
ONE_WAY: Final = re.compile(r"iff|(?:if,? and )?only (?:if|when).*|(?:exactly|precisely) (?:if|when)")
"""Words with which more is claimed than what follows from their condition."""
JOINING: Final = frozenset("and or be are is both , & und et 和 且 及 或 as well".split())  # noqa: SIM905


def cues_in(said: str, text: str) -> tuple[Cue, ...]:
    """The cues in a stretch of words, in their order."""
    span = said.span if isinstance(said, Said) else Span(0, 0)
    plain = _MARKUP.sub(lambda found: " " * len(found[0]), text[span.start : span.end]).lower()
    literal = len(plain) == span.end - span.start and said[:3] in plain
    if not literal:  # a sign that is spoken, or a letter that is longer in lower case
        plain = said.lower()
    found: list[Cue] = []
    for match in _pattern(text).finditer(plain):
        kind = next(kind for number, kind in enumerate(_ENGLISH) if match[f"k{number}"] is not None)
        near = _FILLING.fullmatch(plain, match.end()) is not None or (
            kind == "follows" and _THAT.search(plain) is not None
        )
        place = Span(span.start + match.start(), span.start + match.end()) if literal else span
        words = " ".join(match[0].split())
        loose = _LOOSE.fullmatch(match[0]) is not None and not (words == "also" and _speaks(text, "German"))
        found.append(Cue(kind, words, place, near, loose))
    if not found and _LABEL.match(text, span.start, span.end):
        found.append(Cue("label", str(said), span))
    return tuple(found)


def cue_behind(text: str, start: int, end: int) -> Cue | None:
    """The cue with which the words behind a statement begin, up to the next mathematics or the end of its sentence."""
    begin = _CLOSING.match(text, start, end)
    start = start if begin is None else begin.end()
    if text[start : start + 1] in ("?", "？"):
        return Cue("question", text[start], Span(start, start + 1))
    if text[start : start + 1].isupper():
        return None
    stop = _STOP.search(text, start, end)
    end = end if stop is None else stop.start()
    found = cues_in(Said(text[start:end], Span(start, end)), text)
    skipped = _FILLING.match(text, start)
    first = found[0] if found else None
    return first if first is not None and skipped is not None and first.span.start <= skipped.end() else None


def nearest(cues: Sequence[Cue]) -> Cue | None:
    """The cue that governs what stands behind the words: the last, and no filling behind what asks."""
    chosen: Cue | None = None
    for cue in cues:
        weak = _WEAK.fullmatch(cue.words) is not None
        if chosen is not None and chosen.kind in _STRONG and weak and cue.kind in ("follows", "since"):
            continue
        if cue.loose and chosen is not None:
            continue
        # "Since squares are positive, …": the reason is given in words, and what stands behind them follows.
        chosen = replace(cue, kind="follows", near=True) if cue.kind == "since" and not cue.near else cue
    return chosen


class Governable(Protocol):
    """A statement, as far as its words are concerned."""

    @property
    def cues(self) -> tuple[Cue, ...]: ...
    @property
    def relations(self) -> tuple[Relation, ...]: ...
    @property
    def sentence(self) -> int: ...
    @property
    def displayed(self) -> bool: ...
    @property
    def lead(self) -> str: ...
    @property
    def span(self) -> Span: ...


def governed(items: Sequence[Governable]) -> list[Cue | None]:
    """For every statement, in document order, the cue that tells what it is: its own, or one further in front.

    Where nothing but "and" or a comma parts it from the statement before, it is what that one is; behind an expression
    that stands by itself, the words before it go on ("let $x$ be a number, $x > 0$"), but its quantifier is spent.
    """
    found: list[Cue | None] = []
    before: Governable | None = None
    for position, item in enumerate(items):
        cue = nearest(item.cues)
        if cue is None and item.lead.split()[-1:] in (["that"], ["dass"], ["que"]) and " " in item.lead:
            cue = Cue("follows", item.lead, item.span)
        if before is not None and before.sentence != item.sentence:
            before = None
        if before is not None and found:
            last = found[-1]
            if cue is None and not before.relations:
                spent = [each for each in before.cues if each.kind not in _SPENT]
                cue = nearest(spent) or (last if last is not None and last.kind not in _SPENT else None)
            elif _goes_on(cue, said := set(item.lead.replace(",", " ").split())):
                # "If $x > 0$, $x^2 > 0$": what is behind the comma need not be a condition as well.
                goes_on = last is not None and (not _conditions(last) or bool(said))
                cue = last if goes_on else None
                # "For all $x \\in \\mathbb{R}$, $x^2 \\ge 0$.": what the sentence comes to is said of them all.
                quantified = not said and _ends(items, position) and before.lead.lower().split()[:1] == ["for"]
                if _declares(before) and not quantified and (cue is None or cue.kind == "follows"):
                    cue = Cue("let", "", before.span)
            elif cue is None and last is not None and last.kind in _GOVERNING and not item.displayed:
                cue = replace(last, near=False)
            elif cue is not None and cue.words == "so that" and last is not None and last.kind in ("assume", "let"):
                cue = last if not before.relations else cue
        found.append(cue)
        before = item
    return [_listed(items, found, place) for place in range(len(items))]


def _listed(items: Sequence[Governable], found: Sequence[Cue | None], position: int) -> Cue | None:
    """Of "if $x > 0$, $y > 0$, then" the second is a condition as well: what follows is said to follow."""
    cue, last = found[position], found[position - 1] if position else None
    if cue is not None or last is None or not _conditions(last) or items[position].lead.strip(" ,"):
        return cue
    behind = found[position + 1] if position + 1 < len(items) else None
    same = len({item.sentence for item in items[position - 1 : position + 2]}) == 1
    return last if same and behind is not None and behind.kind == "follows" else None


def _conditions(cue: Cue) -> bool:
    """Whether words make a condition of what stands right behind them and of no more: "if", "for", "given"."""
    return cue.kind in ("if", "for") or (cue.near and cue.words in ("given", "given that"))


def _ends(items: Sequence[Governable], position: int) -> bool:
    """Whether nothing is said behind a statement in its sentence."""
    return position + 1 == len(items) or items[position + 1].sentence != items[position].sentence


def _goes_on(cue: Cue | None, said: set[str]) -> bool:
    """Whether the words in front of a statement only join it to the one before."""
    return said <= JOINING if cue is None else cue.loose and said <= JOINING | set(cue.words.split())


def _declares(item: Governable) -> bool:
    return item.relations[0].sign in ("\\in", ":", "\\sim")
