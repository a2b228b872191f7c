"""A comparison as part of a report: its rows, and a finding that names the odd one out."""

from __future__ import annotations

from collections.abc import Sequence

from derivcheck.engine import defined_at
from derivcheck.language.printing import plain
from derivcheck.model.compare import Comparison, Difference, Model, Party
from derivcheck.reading.parser import parse_expression
from derivcheck.source import NOWHERE, Source, Span
from derivcheck.verdict import Extra, Finding, Outcome, Severity


def comparison_extra(model: Model, found: Comparison, about: str = "") -> Extra:
    """The comparison as rows; a name of the model's that the derivation does not have is said to be missing."""
    if not found.rows:
        missing = ", ".join(model.leaves)
        return Extra(
            "derivation and module",
            text=f"not compared: the module needs values for {missing}, and the derivation does not name them all",
            outcome=Outcome.NOT_CHECKED,
            code="not-compared",
        )
    there = {row.name for row in found.rows if not row.gradient}
    rows = [_row(row) for row in found.rows]
    rows += [
        (quantity.name, "", "", "no value in the derivation")
        for quantity in model.quantities
        if quantity.name not in there
    ]
    return Extra(
        f"derivation and {about or 'module'} at the same inputs",
        columns=("quantity", "entries", "relative difference", "verdict"),
        rows=tuple(rows),
        outcome=Outcome.HOLDS if found.holds else Outcome.WRONG,
        code="differs-from-module",
    )


def not_evaluated(what: str) -> Extra:
    """No comparison, since a value of the derivation's was not found: ``what`` says what is in the way."""
    text = f"not compared, since the derivation's own values are not found: {what}"
    return Extra("derivation and module", text=text, outcome=Outcome.UNDECIDED, code="not-compared")


def shown_name(difference: Difference) -> str:
    """``∂ℓ/∂W`` for a gradient, the name itself for a quantity, in plain text."""
    name = plain(parse_expression(difference.name))
    return f"∂{difference.of}/∂{name}" if difference.gradient else name


def _row(difference: Difference) -> tuple[str, ...]:
    verdict = str(Outcome.HOLDS) if difference.agrees else str(Outcome.WRONG)
    relative = difference.note or f"{difference.relative:.1e}"
    return shown_name(difference), str(difference.entries), relative, verdict


def findings(
    source: Source, found: Comparison, code: str = "module", spans: dict[str, Span] | None = None
) -> list[Finding]:
    """One finding for the first quantity that differs: whatever comes after it only passes the difference on.

    ``code`` is what the model is called; ``spans`` are the lines that claim a gradient, by name.
    """
    differing = [difference for difference in found.rows if not difference.agrees]
    if not differing:
        return []
    first, *rest = differing
    one, other = first.between
    facts = [first.note or f"relative difference {first.relative:.1e} at the same inputs ({one} and {other})"]
    if rest:
        facts.append(f"so do {', '.join(map(shown_name, rest))}, which may follow from it")
    facts.append(_said_of_odd(found))
    span = (spans or {}).get(first.name) if first.gradient else None
    return [
        Finding(
            code="differs-from-module",
            severity=Severity.ERROR,
            message=_message(found, first, code),
            span=span or defined_at(source, first.name) or NOWHERE,
            label="" if first.gradient else "not what the module computes",
            facts=tuple(fact for fact in facts if fact),
        )
    ]


def _message(found: Comparison, first: Difference, code: str) -> str:
    shown = shown_name(first)
    match found.odd:
        case Party.MATHS:
            return (
                f"the maths is the odd one out: `{shown}` is not what the forward and the backward pass of {code} give"
            )
        case Party.FORWARD:
            return f"the forward pass of {code} is the odd one out: `{shown}` is not what it computes"
        case Party.BACKWARD:
            return f"the backward pass of {code} is the odd one out: `{shown}` is not what it gives"
    whose = "the module's" if code == "module" else f"that of {code}"
    return f"`{shown}` of the derivation differs from {whose}"


def _said_of_odd(found: Comparison) -> str:
    """Which parties agree, in words."""
    if not found.by_hand and found.odd is None:
        return ""
    agree: Sequence[frozenset[Party]] = [pair for pair, same in found.agree.items() if same]
    if not agree:
        return "no two of maths, forward and backward agree in everything"
    told = "; ".join(" and ".join(party for party in Party if party in pair) + " agree" for pair in agree)
    return told + ("" if found.odd else ": which of them is at fault cannot be told from these numbers")


def failed_backward(code: str, error: str) -> tuple[Extra, list[Finding]]:
    """A backward pass that ends in an exception is wrong whatever the maths says."""
    message = f"the backward pass of {code} fails: {error}"
    finding = Finding("differs-from-module", Severity.ERROR, message, NOWHERE)
    text = f"the backward pass fails: {error}"
    return Extra(f"derivation and {code}", text=text, outcome=Outcome.WRONG, code="differs-from-module"), [finding]
