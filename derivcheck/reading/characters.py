"""Unicode in mathematics: which LaTeX each letter and sign stands for."""

from __future__ import annotations

import unicodedata
from functools import cache

from derivcheck.language.glyphs import GREEK

_GREEK = {glyph: name for name, glyph in GREEK.items()} | {"µ": "mu", "∆": "Delta", "ℓ": "ell", "ℏ": "hbar"}

_SIGNS = {
    "−": "-", "–": "-", "﹣": "-", "＋": "+", "＝": "=", "·": "\\cdot", "⋅": "\\cdot", "∙": "\\cdot", "×": "\\times",
    "÷": "\\div", "∗": "*", "⁄": "/", "∕": "/", "⊗": "\\otimes", "⊙": "\\odot", "∘": "\\circ", "◦": "\\circ",
    "⊘": "\\oslash", "⊕": "\\oplus", "±": "\\pm", "∓": "\\mp", "≤": "\\le", "⩽": "\\le", "≦": "\\le", "≥": "\\ge",
    "⩾": "\\ge", "≧": "\\ge", "≠": "\\ne", "≈": "\\approx", "≃": "\\approx", "≅": "\\cong", "∼": "\\sim",
    "≡": "\\equiv", "∝": "\\propto", "≜": "\\triangleq", "≔": "\\coloneqq", "∈": "\\in", "∉": "\\notin",
    "⊂": "\\subset", "⊆": "\\subseteq", "→": "\\to",
    "⟶": "\\to", "↦": "\\mapsto", "←": "\\leftarrow", "⇒": "\\Rightarrow",
    "⟹": "\\Rightarrow", "⇔": "\\Leftrightarrow", "⟺": "\\Leftrightarrow", "∴": "\\therefore", "∵": "\\because",
    "≻": "\\succ", "⪰": "\\succeq", "≽": "\\succeq", "≺": "\\prec", "⪯": "\\preceq", "≼": "\\preceq", "⊥": "\\perp",
    "∂": "\\partial", "𝜕": "\\partial", "∇": "\\nabla", "𝛁": "\\nabla", "∞": "\\infty", "√": "\\sqrt", "∑": "\\sum",
    "∏": "\\prod", "∫": "\\int", "⊤": "\\top", "†": "\\dagger", "⋆": "\\star", "…": "\\dots", "⋯": "\\dots",
    "⋮": "\\vdots", "⋱": "\\ddots", "∀": "\\forall", "∃": "\\exists", "∅": "\\emptyset", "∣": "\\mid", "∥": "\\|",
    "‖": "\\|", "⟨": "\\langle", "⟩": "\\rangle", "〈": "\\langle", "〉": "\\rangle", "′": "'", "’": "'", "ʹ": "'",
    "∧": "\\wedge", "∨": "\\vee", "∪": "\\cup", "∩": "\\cap", "¬": "\\neg", "⌊": "\\lfloor", "⌈": "\\lceil",
}  # fmt: skip

_SPECIAL = {
    "ı": "\\imath", "ȷ": "\\jmath", "ℒ": "\\mathcal L", "ℋ": "\\mathcal H", "ℰ": "\\mathcal E", "ℱ": "\\mathcal F",
    "ℬ": "\\mathcal B", "ℐ": "\\mathcal I", "ℳ": "\\mathcal M", "ℛ": "\\mathcal R", "ℝ": "\\mathbb R",
    "ℕ": "\\mathbb N", "ℤ": "\\mathbb Z", "ℚ": "\\mathbb Q",
    "ℂ": "\\mathbb C", "ℙ": "\\mathbb P", "ℍ": "\\mathbb H", "ℎ": "h",
    "ℯ": "\\mathcal e", "″": "''", "‴": "'''", "½": "\\frac 1 2", "¼": "\\frac 1 4", "¾": "\\frac 3 4",
}  # fmt: skip

RAISED = dict(
    zip(
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱʲᵃᵇᶜᵈᵉᶠᵍʰᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻ",
        "0123456789+-=()nijabcdefghklmoprstuvwxyz",
        strict=True,
    )
) | {"ᵀ": "\\top "}

LOWERED = dict(
    zip(
        "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ",
        "0123456789+-=()aehijklmnoprstuvx",
        strict=True,
    )
)

ACCENTS = {
    "\u0302": "\\hat", "\u0304": "\\bar", "\u0305": "\\bar", "\u0303": "\\tilde", "\u20d7": "\\vec", "\u0307": "\\dot",
    "\u0308": "\\ddot", "\u030c": "\\check", "\u0306": "\\breve", "\u0301": "\\acute", "\u0300": "\\grave",
    "\u0332": "\\underline",
}  # fmt: skip
"""Combining characters that are accents on the letter before them."""

_STYLES = (
    ("DOUBLE-STRUCK", "\\mathbb "), ("FRAKTUR", "\\mathfrak "), ("SCRIPT", "\\mathcal "), ("MONOSPACE", "\\mathtt "),
    ("SANS-SERIF", "\\mathsf "), ("BOLD", "\\mathbf "),
)  # fmt: skip


@cache
def latex_of(character: str) -> str | None:
    r"""The LaTeX that a character beyond ASCII stands for: ``≤`` is ``\le``, ``𝐱`` is ``\mathbf x``."""
    if character in _GREEK:
        return "\\" + _GREEK[character]
    for table in (_SIGNS, _SPECIAL):
        if character in table:
            return table[character]
    name = unicodedata.name(character, "")
    if name.startswith("MATHEMATICAL "):
        plain = unicodedata.normalize("NFKC", character)
        letter = plain if plain.isascii() else latex_of(plain)
        if letter is None:
            return None
        return next((command + letter for mark, command in _STYLES if mark in name), letter)
    base, *marks = tuple(unicodedata.normalize("NFD", character))
    if base.isascii() and base.isalpha() and len(marks) == 1 and marks[0] in ACCENTS:
        return f"{ACCENTS[marks[0]]} {base}"
    return None
