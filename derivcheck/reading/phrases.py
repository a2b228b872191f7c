r"""The phrases that rooms listen for, one table: what each tells, and the words that tell it.

``cues`` holds the words that govern a statement ("let", "if", "hence"); here are those that say something of what is
near it ("held fixed", "symmetric", "set this to zero"). No other room compiles a pattern over the text of a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

Window = Literal["near", "sentence", "paragraph", "document", ""]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in the forms that they take, and what they tell of the mathematics that is near.

    ``window`` is where rooms listen for it: near a statement, in its sentence (with ``<k>`` for the k-th statement), in
    its paragraph, anywhere in the document; or nowhere, where it only joins other words or speaks of what was not read.
    """

    tells: str
    pattern: re.Pattern[str]
    window: Window = "near"

    def search(self, words: str) -> re.Match[str] | None:
        """Where it is said first."""
        return self.pattern.search(words)

    def anywhere(self, text: str) -> bool:
        """Whether a whole document says it: each of its statements may ask."""
        return _anywhere(self.pattern, text)

    def match(self, words: str) -> re.Match[str] | None:
        """Whether the words begin with it."""
        return self.pattern.match(words)

    def fullmatch(self, words: str) -> re.Match[str] | None:
        """Whether the words say it and nothing more."""
        return self.pattern.fullmatch(words)

    def every(self, words: str) -> Iterator[re.Match[str]]:
        """Where it is said."""
        return self.pattern.finditer(words)


@lru_cache(maxsize=64)
def _anywhere(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(text) is not None


def _said(tells: str, pattern: str, window: Window = "near", *, any_case: bool = False) -> Phrase:
    return Phrase(tells, re.compile(pattern, re.IGNORECASE if any_case else 0), window)


# What is asked of inputs.
ASKING: Final = _said(
    "asked of the inputs",
    r"\b(satisf(y|ies|ying)|obey(s|ing)?|fulfil(l|s|ling)?|subject to|constraints?|conditions?|restrictions?"
    r"|(add|sum)(s|ming|ing)? (up )?to|normali[sz](ed|ation)"
    r"|laws? (of (\w+ ){1,3})?(says?|states?|requires?|relates?|reads?))\b",
)
PUT_UP: Final = _said("asked of the inputs", r"\b(let|suppose|assume)\b[^.]*$", window="")
CONDITIONS_JOINED: Final = _said(
    "joins two conditions",
    r"(\s|[$,]|\\[()\[\];,]|\\q?quad\b|\\(text|mathrm)\{\s*and\s*\}|\band\b|\bwith\b|&|\\\\"
    r"|\b(be|are|is|an?|both|probability|vectors?|distributions?|positive|entries)\b)*",
    window="",
)
CONDITION_BEFORE: Final = _said(
    "what is behind it is a condition", r"\b(given( that)?|if|for)[\s$(\\]*$", window="", any_case=True
)
PUT_FIRST: Final = _said(
    "leads from a condition to what is said under it",
    r"(\A|[.:;]\s|\n)\s*(with|by|using|under|given|since|for|from|as)\b[^.$]*[$(\\]*\Z",
    window="",
    any_case=True,
)
FRONT: Final = _said("begins with a condition", r"\W*(for|with|given|under|if)\b", window="", any_case=True)
TO_DISPLAY: Final = _said("leads to a display", r"[\s$)\\]*,\s*(\$\$|\\\[|\\begin)", window="")
SENTENCE_ENDS: Final = _said("the sentence ends", r"[\s$)\\\]]*(\.(\s|$|\$)|$)", window="")
DESCRIBED: Final = _said(
    "describes the name",
    r"[\s,]*(be|is|are|denotes?|for|as)? ?(the|its|their|that)\b",
    window="",
)
HARMLESS: Final = _said(
    "restricts no input",
    r"\W*(if|when|whenever|provided( that)?|as (long|soon) as|in case)\W+(we|one|you|i|they|and only if|it exists"
    r"|[a-z]+ing|necessary|needed|desired|possible|written|applied|viewed|seen|read|done|expanded|differentiated)\b",
    window="",
)
SOLVED: Final = _said(
    "names what meets an equation, so that nothing is claimed of the inputs in it",
    r"\b(?:consider|look|stud|solv)\w*\b[^.]*\b(?:equations?|inequality|system)\W*\Z"
    r"|\b(solves?|solving|satisf(?:y|ies)|obeys?|fulfil(?:s|ls?)?|(?:is|are) (?:the |an? )?(?:\w+ )?"
    r"(?:solutions?|roots?|fixed points?) (?:of|to))\W*\Z",
    "",
)
HAS_SOLUTIONS: Final = _said(
    "names what meets an equation, so that nothing is claimed of the inputs in it",
    r"\bequations?\W*<>\s*(?:has|have|admits?|(?:is|are|can be) solved)\b",
    "",
)
HANDY: Final = _said(
    "of use under a condition, and true without it",
    r"\b(is|are)( \w+)? (cheaper|faster|quicker|easier|simpler|shorter|handier|more (\w+ )?(stable|convenient|efficient"
    r"|practical|useful)|useful|handy|convenient|practical|preferable|preferred|popular|needed|used)( to \w+)?\s*\Z",
)
IN_DIMENSIONS: Final = _said(
    "a case that the declarations tell by their shapes",
    r"\W*(one-|two-|three-|multi-)?(dimensional|scalar|univariate|multivariate|vector|matrix) case",
)
_SYMMETRIC: Final = r"((\bsymmetri(c|sche?[nrs]?)|\bsymétriques?),? (and |und |et )?)?"
# What is said of a name, the more telling first: what one row takes is not read again.
ADJECTIVES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (r"\bone-?( |\n)?hot\b", ("onehot",)),
    (r"\bprobability vectors?\b|\b(be|are|is) ([a-z]+ )?probability (distribution|mass function)s?\b", ("simplex",)),
    (r"\b(orthogonal|symmetric) (projections?|projectors?)\b", ("idempotent", "symmetric")),
    (r"\bprojection matri\w+|\bprojectors?\b|\bidempotents?\b", ("idempotent",)),
    (rf"{_SYMMETRIC}\b(positive?[- ]semi-?|non-?negative[- ])definit|\bsemi-?définies? positive|\bpsd\b", ("psd",)),
    (rf"{_SYMMETRIC}\b(positive?[- ]definit|définies? positive)|\bspd\b", ("spd",)),
    (r"\b(skew|anti|schief)-?(symmetri(c|sch)|symétrique)", ("skew",)),
    (r"\bsymmetri(c|sch)|\bsymétrique", ("symmetric",)),
    (r"\brotation( matri\w+)?\b", ("rotation", "orthogonal")),
    (r"\borthonormal columns\b", ("columns",)),
    (r"\borthonormal rows\b", ("rows",)),
    (r"\borthonormal\b( vectors)?", ("orthogonal", "orthonormal")),
    (r"\borthogonal\b|\bperpendicular\b", ("orthogonal", "across")),
    (r"\blower[- ]triangular", ("lower",)),
    (r"\bupper[- ]triangular", ("upper",)),
    (r"\bpositive (diagonal( entries)?|entries on (the|its) diagonal)\b", ("positive diagonal",)),
    (r"\bdiagonal", ("diagonal",)),
    (r"\bunit (vector|length|norm)", ("unit",)),
    (r"\bone[- ]hot\b", ("onehot",)),
    (r"\binvolut(ory|ive|ions?)\b", ("involutory",)),
    (r"\bnilpotent\b", ("nilpotent",)),
    (r"(?<!non)(?<!non[- ])\bsingular\b(?! (value|vector|valued))", ("singular",)),
    (r"\b(?<!non-)(?<!not )invertible\b|\bnon-?singular\b|\bfull rank\b", ("invertible",)),
    (r"(?<!nicht )\b(invertierbar|regulär)|(?<!non )\binversible", ("invertible",)),
    (r"\bfull column rank\b", ("full columns",)),
    (r"\bfull row rank\b", ("full rows",)),
    (r"\btrace(-| )?(less|free|zero)\b|\b(zero|vanishing) trace\b", ("traceless",)),
    (r"\bunit trace\b|\btrace one\b", ("unit trace",)),
    (r"\b(unit determinant|determinant one|unimodular)\b", ("rotation",)),
    (r"\bcommut(e|ing)\b", ("commutes",)),
    (r"\bpositive\b", ("positive",)),
    (r"\bnon-?negative\b", ("nonnegative",)),
    (r"\bnon-?zero\b", ("nonzero",)),
)
PROPERTIES: Final = tuple((re.compile(told), facts) for told, facts in ADJECTIVES)
_ADJECTIVE: Final = f"({'|'.join(told for told, _ in ADJECTIVES)})"
ADJECTIVE: Final = _said("a property of the name", _ADJECTIVE)
ADJECTIVE_NEXT: Final = _said("a property of the name", rf"[\s,]*{_ADJECTIVE}", window="")
ADJECTIVE_BEHIND: Final = _said(
    "a property of the name", rf"\s*(,|and|is|are|be|being|has|have|both|all|a|an|\s)*{_ADJECTIVE}", window=""
)
ADJECTIVE_BEFORE: Final = _said("a property of the name", rf"{_ADJECTIVE}[a-z -]*$", window="")
CONCLUDING: Final = _said(
    "makes a claim of what follows",
    r"\b(hence|thus|then|so|therefore|clearly|obviously|consequently|accordingly|whence|follows|conclude|implies|yields"
    r"|gives|shown|proved|proves|shows|means|get|obtain|see|evidently|plainly|trivially)\b",
    window="",
)
NEUTRAL: Final = _said(
    "nothing of a name, or nothing that is not read",
    r"an?|the|of|in|and|or|with|where|let|be|is|are|has|have|for|all|any|each|every|both|we|it|that|this|such|also|real"
    r"|numbers?|vectors?|matrix|matrices|scalars?|columns?|square|by|from|which|hence|thus|then|so|therefore|clearly"
    r"|obviously|consequently|accordingly|whence|follows|conclude|implies|yields|gives|shown|proved|proves|shows|means"
    r"|get|obtain|see|evidently|plainly|trivially|indeed|now|again|positive|negative|symmetric|definite|semidefinite"
    r"|orthogonal|diagonal|triangular|lower|upper|invertible",
    window="",
)
LONE_CASE: Final = _said("a case for what follows", r"\bcase( that| where| when| of| in which)?\W*\Z", window="")
PARITY: Final = _said(
    "whether a number is even", r"\b(odd|even)\b(?! (if|though|when|the|a|an|more|in|for)\b)", window=""
)
PARITY_BEHIND: Final = _said(
    "whether a number is even", r"[\s,]*((is|are|be|being|both|all|an?)\s+)*(even|odd)\b", window=""
)
_WHOLE: Final = r"(?P<many>(strictly )?positive |non-?negative |(?=natural))?(integers?|(natural|whole) numbers?)\b"
WHOLE_BEHIND: Final = _said(
    "whole numbers",
    rf"[\s,]*((be|is|are|being|both|all|an?|any|some|fixed|given|non-?zero)\s+)*{_WHOLE}(?!-)",
    window="",
)
WHOLE_BEFORE: Final = _said(
    "whole numbers", rf"\b(?<!even )(?<!odd )(?<!prime )(?<!square ){_WHOLE}[\s$]*([\w\\]+,\s*)*\Z", window=""
)
NAMES_JOINED: Final = _said("joins names", r"(?:[\s$,&{}]|\\[()\[\]]|\\q?quad\b|\\text|\band\b)*", window="")
MENTIONS_JOINED: Final = _said("joins names", r"[\s$,]*(and)?[\s$]*", window="")
MATHS_BETWEEN: Final = _said("parts two stretches of mathematics", r"[$(\[]", window="")
SAID_OF_ALL: Final = _said(
    "said of all names in the list",
    r"[\s,]*(both |all )?(be|are|being|have|having)( both| all| each)? (?!an? )",
    window="",
)
OF_ALL: Final = _said("said of all names in the list", r"\s*,?\s*(are|be|both|all)\b", window="")
_ANOTHER: Final = r"(?:\band\b|,|\bwith\b)\s+(?:let\s+)?(?:an?|the|any|some|every)\b"
ANOTHER: Final = _said("begins to speak of the next name", _ANOTHER, "", any_case=True)
NEXT_ONE: Final = _said("begins to speak of the next name", rf"{_ANOTHER}(?=[^,]*$)", "", any_case=True)
LEADS_TO_DISPLAY: Final = _said("leads to a display", r"(is|are|reads?)[:\s]+(\$\$|\\\[|\\begin)", "")
JOINT: Final = _said("joins names", r"\band\b|,", "")
JOINT_LAST: Final = _said("joins names", r"(,|\band\b|\bwith\b)\s*(let\s*)?$", "")
SAID_OF_ONE_BEFORE: Final = _said(
    "speaks of the name before",
    rf"{SAID_OF_ALL.pattern.pattern}|[\s,]*((is|has|are|have|be)\s+)?{_ADJECTIVE}",
    "",
    any_case=True,
)
CONDITION_WITHIN: Final = _said(
    "a condition between a name and what is said of it",
    r"\A\s*,?\s*(?:with|where|for)\s+\$(?:(?!\\in(?![a-z]))[^$])*(?:[<>]|\\[lg](?:eq?|eqslant|t)?(?![a-z]))[^$]*\$",
    "",
)
NOT_TAKEN: Final = _said("denies a property", r"\bnot\b|\bneed not\b|\bnon[- ]?sym|\bno\b|\bnicht\b|\bkeine?\b|\bpas\b")
# What nothing is drawn to meet: a claim that fails may hold of what words mean.
_RESTRICTS: Final = (
    r"stochastic|hurwitz|schur|stable|circulant|toeplitz|hankel|hadamard|householder|vandermonde|permutations?|adjacency"
    r"|laplacian|incidence|companion|metzler|unipotent|unitary|hermitian|irreducible|primitive|normali[sz]ed|whitened"
    r"|cent(er|re)d|standardi[sz]ed|zero[- ](mean|sum)|sorted|ordered|distinct|primes?|coprime|rational"
    r"|irrational|roots?"
    r"|solutions?|minimi[sz]ers?|maximi[sz]ers?|optim(al|um|a)|stationary|critical|fixed points?|sparse|banded"
    r"|tridiagonal"
    r"|rank|degenerate|contracti(on|ve)|isometr\w+|reflections?|conjugate|collinear|parallel|linearly"
    r"|disjoint|bounded|normal(?=( matri\w+)?\W*\Z)|eigen(value|vector)s?(?= \w)"
    r"|of (index|rank|degree|period)"
)
_RESTRICTS_FUNCTION: Final = (
    r"convex|concave|monoton\w*|(non-?)?(in|de)creasing|even|odd|periodic|lipschitz|harmonic|analytic|entire|homogeneous"
    r"|(?<!non-)linear|affine|quadratic|cubic|polynomials?|additive|multiplicative|submodular|(sub|super)-?additive"
    r"|radial|coercive|symmetric|(non-?)?(posi|nega)tive|constant|invertible|(bi|in|sur)jecti\w+|density|probability|norm"
    r"|metric|distance|kernel|self-?adjoint|involution|idempotent|vanish\w*|non-?zero"
)
_RESTRICTING: Final = re.compile(rf"\b({_RESTRICTS})\b")
_RESTRICTING_FUNCTION: Final = re.compile(rf"\b({_RESTRICTS}|{_RESTRICTS_FUNCTION})\b")
_ROLE: Final = re.compile(
    r"given|fixed|(un)?known|any|some|arbitrary|real\S*|scalar|as|in|of|at|for|from|the|an?|its|their|our|this|that|such"
    r"|defined|denoted|called|computed|obtained|(un)?observed|latent|hidden|learn(ed|able|t)|train(ed|able)|shared|used"
    r"|seen|stored|passed|sampled|drawn|chosen|assumed|taken|treated|held|kept|set|initiali[sz]ed|independent(ly)?|iid|i"
    r"|random|generic|general|smooth|(continuous|infinite)(ly)?|differentiable|twice|once|sufficiently|deterministic|free"
    r"|normal|gaussian|poisson|bernoulli|uniform|exponential|binomial|multinomial|categorical|distributed"
    r"|one|two|three|four|both|all|column|row|vector|matrix|square|also|then|now|here|what|where|when|integer|constant"
    r"|(element|entry|point)-?wise|non-?linear|and|or|by|on|with|to|data|weight|input|output|design"
    r"|\w{3,}(?<!ou)(?<!les)s"
)
# "where $m$ is mass" names what it is, "let $A$ be stable" says how it is.
_ADJECTIVAL: Final = re.compile(
    r"(?!(signal|interval|residual|integral|potential|differential|total|goal|trial|initial|terminal|statistic|metric"
    r"|objective|derivative|primitive|speed|seed|feed|variable|observable|table|boundary|vocabulary)\b)"
    r"\w+([ai]ble|ive|al|ic|ous|ful|less|ed|ary|ular|ite)"
)
_TO_BE: Final = re.compile(
    r"[\s,)]*\b((?P<be>be|being)|(?P<is>is|are)|has|have|having|with)\b( (both|all|also|each|real|assumed|said"
    r"|to be))*\s*"
)
_NEED_NOT: Final = re.compile(r"\bnot\s+(necessarily|always|assumed|required|restricted)\b|\bneed\s+not\b|\bor\s+not\b")
_OF: Final = re.compile(r"\b(an?|the|of|for|that|which|where|whose|from|in|on|to|by|used|with|let|and|we)\b")


def restricts(before: str, behind: str, *, function: bool, told: bool) -> bool:
    """Whether words say of an input what nothing is drawn to meet, in lower case: "be stable", "a convex function".

    Of what a sentence ``told`` for the inputs, every word behind "is" counts that names no role.
    """
    verb = _TO_BE.match(behind)
    said = behind[verb.end() :] if verb else ""
    place, nouns = _first_restricting(said, function), _OF.search(said, 4)
    if place is not None and (nouns is None or place <= nouns.start()):
        return True
    if _first_restricting(_OF.split(before)[-1], function) is not None:
        return True
    if ADJECTIVE.search(behind) and NOT_TAKEN.search(behind) and not _NEED_NOT.search(behind):
        return True
    first = re.match(r"[a-z-]+(?=\W*(\Z|[.,;]|and\b|with\b|of\b))", said)
    if verb is None or first is None or not (verb["be"] or (verb["is"] and told)):
        return False
    return (
        bool(_ADJECTIVAL.fullmatch(first[0]))
        and not _ROLE.fullmatch(first[0])
        and not (ADJECTIVE_NEXT.match(said) or PARITY.match(said))
    )


def _first_restricting(words: str, function: bool) -> int | None:
    """Where the first word stands that no draw meets; of a function none is met, of a value those that are read."""
    for told, _ in () if function else PROPERTIES:
        words = told.sub(lambda known: " " * len(known[0]), words)
    found = (_RESTRICTING_FUNCTION if function else _RESTRICTING).search(words)
    return None if found is None else found.start()


MATRIX: Final = _said("a matrix", r"\s*(\w+ )*matri", window="")
OF_SPACE: Final = _said("the set of a name", r"\b(in|of)$", window="")

# What a line that was not read may constrain.
LETS: Final = _said(
    "sets, assumes or describes",
    r"\b(let|assum\w+|suppos\w+|where|with|given|tak(e|ing)|such that|denote\w*|subject to|satisf\w+|constrain\w*|under"
    r"|set(ting)?|choose|pick|defin\w+|call|put|consider|satisfies|obey\w*|require\w*|condition\w*)\b",
    window="",
)
IFS: Final = _said(
    "a condition",
    r"\b(if|when|whenever|provided|for|case|unless|on|as|whether|otherwise|at|only|time|limit)\W*\Z",
    window="",
)
KINDS: Final = _said(
    "a property of a name",
    r"\b(probability|symmetric|skew|positive|negative|orthogonal|orthonormal|diagonal|definite|spd|unit|non-?zero"
    r"|one-hot|invertible|independent|random|constant|fixed|scalar|vector|matrix|square|integer|binary|normali[sz]ed|stochastic)\b",
    window="",
)

# From a derivative to where it is zero. ``@`` stands for an expression.
_ZERO: Final = r"(zero\b|0(?![\w.])|nought\b)"
_OWNERS: Final = r"gradients?|derivatives?|partials?|slopes?|scores?|this|these|those|it|they|both|that|which"
LEADS: Final = _said(
    "leads from the equation above",
    r"\b(so|hence|thus|therefore|then|whence|consequently|accordingly|equivalently|namely|that is|i\.e\.|or"
    r"|giv(es?|ing)|yield(s|ing)?|obtain(s|ed|ing)?|gets?|getting|finds?|finding|have|becomes?|means|follows?|impl(y|ies|ying)"
    r"|leads?|leading|rearrang\w+|solv\w+|since|because|as|using|plugging|substitut\w+|insert\w+|summing|multiplying"
    r"|constraint)\b",
)
SET_TO_ZERO: Final = _said(
    "sets what is above to zero",
    r"\b(set(s|ting)?|equat(e|es|ing)|put(s|ting)?|let(s|ting)?|mak(e|es|ing)|forc(e|es|ing)|requir(e|es|ing)"
    rf"|demand(s|ing)?|impos(e|es|ing))\b(?P<what>[^.;]{{0,160}}?){_ZERO}",
)
VANISHES: Final = _said(
    "says that what is above is zero",
    rf"\b(?P<what>{_OWNERS})\b[^.;]{{0,80}}?"
    rf"\b(vanish(es|ing)?\b|(is|are|be|being|becomes?|equals?)( identically)?( equal to)? {_ZERO})",
)
THINGS: Final = _said(
    "speaks of what is above",
    rf"\b({_OWNERS}|them|each|all|results?|expressions?|equations?|sides?|differential|above|latter|former)\b",
    window="",
)
SEVERAL: Final = _said(
    "speaks of several things above",
    r"\b(gradients|derivatives|partials|scores|these|those|they|both|them|each|all|expressions|results)\b",
    window="",
)
LISTED: Final = _said("goes on with a list", r"[\s,;\\]*(q?quad)?[\s,;]*(and)?[\s,;\\]*(q?quad)?[\s,;]*", window="")
NOTHING: Final = _said("names nothing", r"[\s,=]*(identically )?(equal )?(to)?\s*", window="")

# Expectation-maximisation, and what stays where it is.
EM: Final = _said(
    "speaks of EM",
    r"\bEM\b|\b[EM][- ]steps?\b|xpectation[-\u2013 ]+[Mm]aximi[sz]ation"
    r"|(posterior|expectations?|moments?|responsibilit\w+|\bq\b\$?)[^.]{0,40}\b(held|kept|fixed|constants?)\b",
    window="document",
)
STEP: Final = _said(
    "begins a step of EM", r"\b([EM])[- ]steps?\b|\b(Expectation|Maximi[sz]ation)[- ]steps?\b", window="document"
)
RESPONSIBLE: Final = _said("calls it a responsibility, which an M-step does not move", r"responsibilit", any_case=True)
FIXED: Final = _said("holds it fixed", r"\bfixed\b|\b(held|kept|keep|keeping|treat\w*|regard\w*)\b.*\bconstants?\b")

# Constants, multipliers, densities.
CONSTANT: Final = _said("a constant", r"(\\mathrm\{)?(const|constant|cst|Const|Constant)\.?\}?\Z", window="")
CONSTANT_SAID: Final = _said("a constant or a factor is left open", r"const|cst\b|\\propto|\\approx|\\simeq", "")
FREE_OF: Final = _said(
    "of what the constant is free",
    r"(?:terms?|const\w*|depend\w*|independent|respect|w\.?r\.?t\.?|involv\w*|contain\w*|without|function|free)"
    r"(?:\s|\w|,|-)*?\s*\$([^$]+)\$",
    window="paragraph",
)
AS_FUNCTION: Final = _said(
    "of what both sides are functions", r"as (?:a )?functions? of\s+\$([^$]+)\$", window="paragraph"
)
MULTIPLIER: Final = _said("a multiplier", r"[Mm]ultiplier", window="document")
CHANCE: Final = _said(
    "speaks of chance",
    r"densit|distribut|probabilit|random|likelihood|posterior|prior\b|\bKL\b|\\sim|\\mathcal\{N\}",
    window="document",
)
DIGAMMA: Final = _said("speaks of the digamma function", "digamma", any_case=True, window="document")
IID: Final = _said("independent and alike", r"\bi\s*\.?\s*i\s*\.?\s*d\b\.?", window="")
WORDS: Final = _said("words", r"[a-z]+", window="")

UP_TO: Final = _said(
    "leaves something open of the line that follows",
    r"\bup to (\w+[ -])*?(terms?|constants?|signs?|factors?|scal\w+|orders?|normali\w+|rounding)\b",
    "sentence",
    any_case=True,
)
ASIDE: Final = _said(
    "says something further of what is written, and no less",
    r"(?<=>)[ ,]*which (?!(\w+ )?(hold|is (true|valid|correct)|are (true|valid|correct)))[^<]*",
    "sentence",
    any_case=True,
)
LOOSENS: Final = _said(
    "claims less than what is written",
    r"\b(dropp|ignor|omitt|neglect|discard|suppress|absorb)(ing|ed)\b"
    r"|\bto (first|second|leading|lowest) order\b|\b(approximate|rough|asymptotic|near|essential|informal)ly\b"
    r"|\b(almost|usually|typically|modulo)\b|\beither (?!sides?|way|cases?|of)|\bat least one of\b"
    r"|\bwith (high )?probability\b|\bin the limit\b"
    r"|\b(for|at) (sufficiently |very )?(large|small)\b|\bfor (some|suitable|at least one|a (certain|suitable))\b"
    r"|\bthere (is|are|exists?) (an?|some|no|at least)\b[^.]*\b(such that|so that|with|for which)\b|> ?,? or <",
    "sentence",
    any_case=True,
)

# Rounding.
NUMERALS: Final = tuple("one two three four five six seven eight nine ten eleven twelve".split())  # noqa: SIM905
ACCURACY: Final = _said(
    "rounded so",
    rf"\bto (?:within )?(\d{{1,3}}|{'|'.join(NUMERALS)})[ -](?P<kind>significant|decimal|place|digit|figure)",
)

DECIMAL: Final = _said("a decimal number", r"-?\s*\d*\.(\d{2,})", window="")

# Eigenvalues. ``<k>`` stands for the k-th statement of a sentence.
RANKS: Final = {
    "first": r"largest|greatest|biggest|maximal|maximum|max|top|leading|dominant|principal|first",
    "last": r"smallest|least|minimal|minimum|min|last",
    "second": r"second[- ]largest|second",
}
_RANK: Final = "|".join(f"(?P<{name}>{words})" for name, words in RANKS.items())
_STATEMENT: Final = r"<(\d+)>"
_IS: Final = r"(?:[ ,:]|is|are|be|as|for|denotes?|being|stands for|an?|the|its|their|some|any)*"
_LIKE: Final = (
    r"(?:(?:unit(?:[- ](?:norm|length))?|normali[sz]ed|orthonormal|corresponding|associated|real|and|or|,|\s|"
    + "|".join(RANKS.values())
    + r")[ -]*)*"
)
EIGEN: Final = _said("speaks of eigenvalues", "eigenv", window="document")
EIGENVALUE: Final = _said(
    "an eigenvalue", rf"{_STATEMENT}{_IS}{_LIKE}eigenvalues?\b|eigenvalues? {_STATEMENT}", window="sentence"
)
EIGENVECTOR: Final = _said(
    "an eigenvector", rf"{_STATEMENT}{_IS}{_LIKE}eigenvectors?\b|eigenvectors? {_STATEMENT}", window="sentence"
)
EIGEN_RANK: Final = _said("which eigenvalue", rf"\b(?:{_RANK})\b[a-z -]*eigenv", window="sentence")
EIGEN_OF: Final = _said(
    "of what it is an eigenvalue", rf"eigenv\w+ (?:<\d+> )?of [a-z ]*{_STATEMENT}", window="sentence"
)
STATEMENT: Final = _said("a statement", _STATEMENT, window="")
# Random names of which no more is said than a mean and a variance.
_GENERIC: Final = (
    r"(?:[ ,:-]|\b(?:is|are|be|being|an?|the|all|both|each|pair|real|scalar|integrable|square|valued|random|variables?"
    r"|vectors?|quantit(?:y|ies)|independent(?:ly)?|mutually|pairwise|identically|distributed|iid|uncorrelated|noises?"
    r"|errors?|observations?|samples?|draws?|measurements?|disturbances?|that|which|and|with|whose|has|have|of|common"
    r"|known|unknown|finite|second|moments?|same|given|its|their|positive|nonnegative)\b|i\.i\.d\.)*"
)
SPOKEN_NAMES: Final = _said("random names", rf"(?P<names><\d+>(?:(?: ?, ?| ?and ?| )<\d+>)*)(?P<said>{_GENERIC})", "")
BY_CHANCE: Final = _said(
    "speaks of random names", r"random (variable|vector|quantit)|independent|iid|i\.i\.d|uncorrelated|noise", ""
)
BARELY: Final = _said("calls a name random", r"random (variable|vector|quantit)", "")
ENDS: Final = _said("says no more of a random name", r"[ ,]*(and )?(let\b|then\b|<|\Z|[.;:])", "")
INDEPENDENT: Final = _said("says that random names are independent", r"independent|iid|i\.i\.d|uncorrelated", "")
SPOKEN_MOMENT: Final = _said(
    "a mean or a variance of random names",
    rf"{_GENERIC}(?:(?P<what>mean|expectation|variance|covariance|standard deviation)"
    r"(?P<several>s?)(?: value| vector| matrix)?"
    rf"{_GENERIC}(?:<(?P<value>\d+)>|(?P<number>zero|one)\b)"
    r"|(?P<given>zero|unit)[- ](?P<of>mean|variance|covariance))",
    "",
)
LENGTH: Final = _said(
    "how long an eigenvector is", r"\bunit\b|normali[sz]ed|orthonormal|of length|of norm", window="sentence"
)

# Rows and columns.
_FILLED: Final = (
    r"(?:\s*(?:the|are|is|of|form|given|by|being|equal|to|i-th|-?th|each|of|all|vectors?|samples?|data|points?"
    r"|inputs?|features?|feature|training|observations?|examples?|transposed|=|:|,))*\s*"
)
_M: Final = r"<(?P<whole>\d+)>"
_V: Final = r"<(?P<part>\d+)>"
_NTH: Final = r"(?:<\d+> ?-?th )?"
_SIDE: Final = r"\b(?P<side>row|column)s?\b"
_HAS: Final = r"\b(?:with|whose|having|has|have|its|stack\w*|contains|of) (?:\w+ ){0,2}?"
MADE_OF: Final = tuple(
    _said("of what the rows or columns of a matrix are made", pattern, "sentence")
    for pattern in (
        rf"{_M}[^<.]*{_HAS}{_NTH}{_SIDE}{_FILLED}{_V}",
        rf"{_V}(?:,? ?<\d+>)*[^<.]*?{_NTH}{_SIDE} (?:vectors? )?(?:of|in|into)\b(?: [a-z-]+){{0,5}} {_M}",
        rf"{_SIDE} (?:vectors? )?of(?: [a-z-]+){{0,4}} {_M},? (?:are|is|be|as|by|being|denoted){_FILLED}{_V}",
        rf"\bmatrix {_M}[^<.]*{_NTH}{_SIDE}{_FILLED}{_V}",
    )
)
OPTIMISED: Final = tuple(
    _said("says where something is least or greatest", pattern, "sentence")
    for pattern in (
        r"\b(?P<kind>minimi[sz]er|maximi[sz]er) of (?:the [a-z -]+ )?<(?P<what>\d+)>"
        r"(?:[a-z, ]*\b(?:over|in|with respect to) (?:all )?<(?P<by>\d+)>)?[a-z, ]*\b(?:is|equals)\b"
        r"[a-z, ]*<(?P<where>\d+)>",
        r"<(?P<what>\d+)> (?:is|becomes) (?P<kind>minimi[sz]ed|maximi[sz]ed)"
        r"(?: (?:over|in|with respect to) (?:all )?<(?P<by>\d+)>)? (?:at|by|for|when)\b[a-z, ]*<(?P<where>\d+)>",
        # Of the function above.
        r"\b[Ii]ts (?:gradient|derivative|slope) and (?:its )?(?P<kind>minimi[sz]er|maximi[sz]er) are <\d+>[a-z,. ]*"
        r"<(?P<where>\d+)>",
        r"\b[Ii]ts (?P<kind>minimi[sz]er|maximi[sz]er) (?:is|equals)\b[a-z, ]*<(?P<where>\d+)>",
        r"\b[Ii]t is (?P<kind>minimi[sz]ed|maximi[sz]ed|least|smallest|greatest|largest) (?:at|by|for|when)\b[a-z, ]*"
        r"<(?P<where>\d+)>",
    )
)
LEAST: Final = ("minimi", "least", "smallest")
OPTIMISED_UNDER: Final = _said(
    "constrains what is optimised",
    r"subject to|under the constraint|s\. ?t\.|with the constraint|constrained (to|by)",
    any_case=True,
    window="",
)
OF_ROWS: Final = _said(
    "speaks of rows or columns", r"\b(row|column)s?\b(?![- ]?(wise|sum|vector|space|rank))", window="sentence"
)
DECOMPOSES: Final = _said(
    "names a decomposition, whose factors are of a kind",
    r"\b(cholesky|qr|lu|ldl|svd|evd|schur|polar|jordan|singular[- ]value|eigen(value|vector)?|eigen|spectral|rank|thin)"
    r"[- ]?((value|factor)s? )?(decomposition|factori[sz]ation|form|root)s?\b"
    r"|\b(svd|evd|cholesky (factor|root)|matrix square root|eigendecomposition)s?\b|\bdiagonali[sz](es?|ed|ation)\b",
    any_case=True,
    window="paragraph",
)
DECOMPOSITIONS: Final = {
    kind: _said("names a decomposition", words, any_case=True, window="paragraph")
    for kind, words in (
        ("eigen", r"\b(eigen|spectral|evd|diagonali[sz])"), ("cholesky", r"\bcholesky\b"), ("qr", r"\bqr\b"),
        ("svd", r"\b(svds?|singular[- ]value)\b"), ("polar", r"\bpolar\b"), ("lu", r"\blu\b"),
    )
}  # fmt: skip

# Conventions.
ADJOINT: Final = _said(
    "names stand for derivatives of the loss",
    r"gradient|adjoint|cotangent|backward|back-?prop|upstream|reverse[- ]mode",
    any_case=True,
    window="document",
)
SUMMATION: Final = _said(
    "an index that stands twice is summed over",
    r"\A(?![\s\S]*\bno (?:implied )?sum)[\s\S]*?(?:tensor(?:ial)? notation|index notation|summation convention|Einstein"
    r"|(?:repeated|dummy|double) ind(?:ex|ices))",
    any_case=True,
    window="document",
)
DIFFERENTIAL: Final = _said(
    "d stands for a differential",
    r"\bdifferentials?\b(?! equation)|total derivative",
    any_case=True,
    window="document",
)
SOFTMAX: Final = _said("softmax", "softmax", any_case=True, window="")
BY_ROWS: Final = _said(
    "by rows",
    r"(row[- ]?wise|(over|to|of|in|along|for) (each|every|the) rows?|each row|by rows?|per row)\b",
    any_case=True,
    window="document",
)
BY_COLUMNS: Final = _said(
    "by columns",
    r"(column[- ]?wise|(over|to|of|in|along|for) (each|every|the) columns?|each column|by columns?|per column)\b",
    any_case=True,
    window="document",
)
BROADCASTS: Final = _said(
    "adds a number or a column to what is larger",
    r"broadcast|(layer|batch|group|instance|rms)[- ]?norm|normali[sz]ation|standardi[sz]|rowsum|row sum"
    r"|element-?wise|entry-?wise|cent(er|re)(d|ing)",
    any_case=True,
    window="document",
)
EVERY_ENTRY: Final = _said(
    "powers and functions are taken entry by entry",
    r"\b(squares?|powers?|squaring|(all|other|every) (operations?|functions?))\b[^.$]{0,60}"
    r"\b((element|entry|component|coordinate)-?wise|(entry|element|component) by (entry|element|component))",
    "document",
    any_case=True,
)

# What is said of a name that nothing declares.
SIGMOID: Final = _said("the logistic sigmoid", r"\b(sigmoid|logistic)\b", any_case=True, window="document")
SYMMETRIC: Final = _said(
    "matrices that are symmetric without a word at the line",
    r"symmetric|covariance|hessian|kernel|gram\b|precision|laplacian|definite|symmetrisch|symétrique|对称|协方差|正定|核函数",
    any_case=True, window="document",
)  # fmt: skip
DEFINES: Final = _said(
    "explains the name", r"(is|are|be|being|denotes?|stands? for|means|:|,? the (?!loss))\b", any_case=True, window=""
)
IN_WHICH: Final = _said(
    "names the variable of what is spoken of",
    r"\b(in|over|by|with respect to|w\.?r\.?t\.?)\s*\Z",
    any_case=True,
    window="",
)
PLAIN: Final = _said(
    "says no more than a shape",
    r"(is|are|be|being|denotes?)? ?(an?|the|some|any|our)? ?"
    r"((scalar|real|positive|small|large|fixed|given|known|unknown|constant|learnable|trainable|scale|step|learning"
    r"|weight|bias|shift|model|free|regulari[sz]ation|penalty|logistic|input|output|target|loss|mean|gain|column|row"
    r"|square|data|design|arbitrary|smooth|differentiable|element-?wise|non-?linear|activation)[- ]?)*"
    r"(numbers?|scalars?|constants?|vectors?|matri\w+|parameters?|weights?|bias(es)?|rate|size|input|target|functions?|loss|sigmoid|penalty"
    r"|non-?linearit(y|ies)|activations?)\b"
    r"(?! (with|whose|that|which|such|for which)| of (?!(the |all )?(\w+ )?(logits|scores|weights|parameters|features"
    r"|inputs|outputs|targets|coefficients|pre-?activations|observations|measurements|biases)\b))",
    any_case=True,
    window="",
)
DESCRIBED_PLAINLY: Final = _said(
    "says a property and nothing more",
    rf"(is|are|be|being) (an? |the |all )?{_ADJECTIVE}\w*((,| and|, and)? {_ADJECTIVE}\w*)*"
    r"( (vectors?|labels?|matri\w+|targets?|numbers?))?\s*([.,;]|\Z|and )",
    "",
    any_case=True,
)


def called(phrase: str, name: str, text: str) -> bool:
    """Whether words call a name so right in front of it or behind it, ``phrase`` being a noun: "multiplier"."""
    noun = rf"[{phrase[0].upper()}{phrase[0]}]{phrase[1:]}s?"
    return (
        re.search(rf"{noun}[^.$\\]{{0,30}}[$(\s\\]*{re.escape(name)}(?![A-Za-z])", text) is not None
        or re.search(rf"{re.escape(name)}\s*(\$|\\\))?[^.$]{{0,20}} {phrase}s?\b", text) is not None
    )


def depends_on(name: str, text: str) -> bool:
    """Whether words say that something, such as the loss, depends on a name, as it is written."""
    written = re.escape(name).replace(r"\ ", r"\s*")
    return (
        re.search(rf"(depends? on|function of|loss of|cost of|on top of)\s*(the \w+ )?\${written}\$", text) is not None
    )


TABLE: Final = tuple(one for one in globals().copy().values() if isinstance(one, Phrase)) + MADE_OF + OPTIMISED
_COPULA: Final = r"\W*((is|be|are|as|denotes?|stands for|for|means)\b\W*)?(the |an? )?(\w+[- ]){0,2}?"
_SAYS_WHICH: Final = "says which function a letter is"
ITS_OWN: Final[dict[str, Phrase]] = {
    kind: _said(_SAYS_WHICH, (_COPULA + words).replace(" ", r"\s"), any_case=True)
    for kind, words in (
        ("normal density", r"(its|the corresponding) (probability )?(density|pdf)"),
        ("normal distribution", r"(its|the corresponding) (cumulative distribution|distribution function|cdf)"),
    )
}
FUNCTIONS_IN_WORDS: Final[dict[str, Phrase]] = {
    kind: _said(_SAYS_WHICH, (_COPULA + words).replace(" ", r"\s"), any_case=True)
    for kind, words in (
        ("sigmoid", r"(sigmoid|logistic)"),
        (
            "normal density",
            r"((standard |unit )(normal|gaussian)('s)? (probability )?(density|pdf)"
            r"|(probability )?(density|pdf)( function)? of (the|a) (standard|unit) (normal|gaussian))",
        ),
        (
            "normal distribution",
            r"((standard |unit )(normal|gaussian)('s)? (cumulative )?(distribution( function)?|cdf)"
            r"|(cumulative )?(distribution( function)?|cdf) of (the|a) (standard|unit) (normal|gaussian))",
        ),
        ("rectifier", r"(relu|rectifier|rectified linear)"),
        ("softplus", r"softplus"),
    )
}
SAYS_MORE_OF_DENSITIES: Final = _said(
    "says more of a density than its name",
    r"independen|markov|i\.i\.d|mean[- ]field|factori[sz]|\\sim(?![^{}]*\})|\\mathcal\{?\s*N",
    "document",
    any_case=True,
)
SPEAKS_OF_DENSITIES: Final = _said(
    "letters before brackets are densities",
    r"densit|distribut|probabilit|random|likelihood|evidence|entropy|information",
    "document",
    any_case=True,
)
