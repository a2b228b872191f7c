"""LaTeX commands as Unicode characters, and raised and lowered text."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "varkappa": "ϰ", "lambda": "λ", "mu": "μ",
    "nu": "ν", "xi": "ξ", "omicron": "ο", "pi": "π", "varpi": "ϖ", "rho": "ρ", "varrho": "ϱ", "sigma": "σ",
    "varsigma": "ς", "tau": "τ", "upsilon": "υ", "phi": "φ", "varphi": "ϕ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
    "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_SIGNS = {
    "ell": "ℓ", "partial": "∂", "nabla": "∇", "infty": "∞", "hbar": "ℏ", "imath": "ı", "jmath": "ȷ",
    "top": "⊤", "intercal": "⊤", "star": "⋆", "ast": "∗", "dagger": "†", "ddagger": "‡", "prime": "′", "bullet": "•",
    "dots": "…", "ldots": "…", "cdots": "⋯", "vdots": "⋮", "ddots": "⋱", "perp": "⊥", "emptyset": "∅",
    "cdot": "·", "times": "×", "otimes": "⊗", "odot": "⊙", "circ": "∘", "oslash": "⊘", "oplus": "⊕", "pm": "±",
    "ne": "≠", "le": "≤", "ge": "≥", "in": "∈", "sim": "∼", "to": "→", "mapsto": "↦", "leftarrow": "←",
    "approx": "≈", "propto": "∝", "succ": "≻", "succeq": "⪰", "prec": "≺", "preceq": "⪯", "equiv": "≡",
    "subset": "⊂", "mid": "|", "forall": "∀", "exists": "∃", "_": "_", "{": "{", "}": "}", "%": "%", "#": "#",
}  # fmt: skip
_COMMANDS = GREEK | _SIGNS
_ACCENTS = {"bar": "\u0304", "hat": "\u0302", "tilde": "\u0303", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308"}
_ACCENTS |= {"check": "\u030c", "breve": "\u0306", "acute": "\u0301", "grave": "\u0300", "underline": "\u0332"}
_DOUBLE = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "Q": "ℚ", "C": "ℂ", "E": "𝔼", "P": "ℙ", "1": "𝟙", "S": "𝕊", "V": "𝕍", "I": "𝕀"}
_SCRIPT = {"L": "ℒ", "N": "𝒩", "H": "ℋ", "E": "ℰ", "F": "ℱ", "B": "ℬ", "I": "ℐ", "M": "ℳ", "R": "ℛ", "e": "ℯ"}

_COMMAND = re.compile(r"\\([A-Za-z]+)\*?|\\(.)", re.DOTALL)
_BELOW = re.compile(r"(?<=.)_\{([^{}]*)\}$")
_WRAPPED = re.compile(r"\\([A-Za-z]+)\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}\Z")

_RAISED = dict(
    zip(
        "0123456789+−-=()nijabcdefghklmoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ⊤′∗*",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱʲᵃᵇᶜᵈᵉᶠᵍʰᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡᵀ′**",
        strict=True,
    )
)
_LOWERED = dict(
    zip(
        "0123456789+−-=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
)


@cache
def shown(text: str) -> str:
    r"""A name or a sign as Unicode: ``\sigma`` is ``σ``, ``\mathbf{x}`` is ``x``, ``\bar{y}`` is ``ȳ``."""
    wrapped = _WRAPPED.match(text)
    if not wrapped:
        text = _BELOW.sub(lambda match: lowered(shown(match[1])), text)
        return _COMMAND.sub(lambda match: _COMMANDS.get(match[1] or match[2], match[1] or match[2]), text)
    command, inside = wrapped[1], shown(wrapped[2].strip())
    if command in _ACCENTS:
        return unicodedata.normalize("NFC", inside[:1] + _ACCENTS[command] + inside[1:])
    if command in ("mathbb", "mathds"):
        return _DOUBLE.get(inside, inside)
    if command in ("mathcal", "mathscr"):
        return _SCRIPT.get(inside, inside)
    return inside


def raised(text: str) -> str:
    """As a superscript: with raised characters if there is one for each, else behind ``^``."""
    if text and all(character in _RAISED for character in text):
        return "".join(_RAISED[character] for character in text)
    return "^" + _braced(text)


def lowered(text: str) -> str:
    """As a subscript: with lowered characters if there is one for each, else behind ``_``."""
    if text and all(character in _LOWERED for character in text):
        return "".join(_LOWERED[character] for character in text)
    return "_" + _braced(text)


def _braced(text: str) -> str:
    return text if len(text) == 1 or text.isalnum() else "{" + text + "}"
