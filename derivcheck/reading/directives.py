r"""What a comment tells derivcheck: ``<!-- derivcheck: word argument -->`` or ``% derivcheck: word argument``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from derivcheck.reading.items import Directive, Unreadable
from derivcheck.reading.maths import maths_in
from derivcheck.reading.page import Maths
from derivcheck.source import Span

_OPENING = re.compile(r"\s*derivcheck:\s*([A-Za-z][\w-]*)?", re.IGNORECASE)


def is_directive(text: str, body: Span) -> bool:
    """Whether a comment speaks to derivcheck."""
    return _OPENING.match(text, body.start, body.end) is not None


def directive(text: str, comment: Span, body: Span) -> Sequence[Directive | Maths | Unreadable]:
    """What a comment says: nothing, a directive, or the maths of a ``let``.

    ``comment`` is the whole comment, ``body`` what stands inside its delimiters. A ``let`` without maths stays
    a directive, so that a later stage can complain about it.
    """
    opening = _OPENING.match(text, body.start, body.end)
    if opening is None:
        return []
    word = (opening[1] or "").lower()
    if word == "let" and (stretches := maths_in(text, Span(opening.end(), body.end))):
        return stretches
    return [Directive(word, " ".join(text[opening.end() : body.end].split()), comment)]
