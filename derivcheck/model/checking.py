"""Holding a document against code: what ``--model`` and the homework commands add to a report.

A comparison as part of a report: its rows, and a finding that names the odd one out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import torch

from derivcheck.config import Settings
from derivcheck.engine import defined_at, problem_of
from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.language.printing import plain
from derivcheck.model import derivation
from derivcheck.model.compare import BackwardFailed, Comparison, Difference, Model, Party, compare
from derivcheck.model.derivation import Derivation, bound, quantities
from derivcheck.model.results import any_functions
from derivcheck.model.subject import functions_of, model_of, sizes_of, subject_of, with_results
from derivcheck.model.target import HERE, ModelError, Target, load
from derivcheck.parts import Part, parts_of
from derivcheck.reading.documents import kind_of
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.python import pieces
from derivcheck.source import NOWHERE, Source, Span
from derivcheck.verdict import Extra, Finding, Outcome, Report, Severity


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


SAME: Final = 1e-3
"""Sums in another order may differ by this, and no more, between two calls with the same inputs."""


def compared(
    model: Model, source: Source, settings: Settings, sizes: Mapping[str, int], code: str = "module", about: str = ""
) -> tuple[Extra, list[Finding]]:
    """The derivation's named quantities and gradients against the model's: rows, and a finding where they differ."""
    settings = replace(settings, functions={**dict(model.functions), **settings.functions})
    try:
        here = bound(source, settings, sizes)
        values = quantities(here, model.names)
        outputs = [one.name for one in model.quantities if one.name in values]
        slopes = derivation.slopes(here, model.leaves, outputs, settings.seed) if _all_there(model, values) else ()
    except NotExact as error:
        # An integral may not settle, or an optimum not be found, at a number that was asked for.
        return not_evaluated(error.what), []
    try:
        found = compare(model, settings, Derivation(values, slopes))
    except BackwardFailed as error:
        return failed_backward(code, str(error))
    spans = {name: one.span for slope in slopes for name, one in slope.claimed.items()}
    extra = comparison_extra(model, found, code)
    if found.rough > 1e-10:
        about += f"; its values are rough to {found.rough:.0e} of themselves, and no more is asked of them"
    return replace(extra, text=about), findings(source, found, code, spans)


def _all_there(model: Model, values: Mapping[str, object]) -> bool:
    return all(leaf in values for leaf in model.leaves)


def with_code(report: Report, code: object, name: str, settings: Settings, source: Source | None = None) -> Report:
    """A report with the comparison of its document (or of ``source``, a part of it) to a function, an nn.Module or an
    autograd.Function. Raises ModelError."""
    source = source or report.source
    problem = problem_of(source)
    drawn = bound(source, settings).world.sizes
    subject = subject_of(code, name, problem, drawn)
    sizes = sizes_of(subject, problem)
    settings = replace(settings, functions={**functions_of(subject, settings), **settings.functions})
    here = bound(source, settings, sizes)
    subject = replace(subject, sizes=here.world.sizes)
    needed = [key for key in problem.names.values() if key in here.world.leaves or key in here.world.definitions]
    values = quantities(here, needed)
    point = {key: value[0] for key, value in values.items()}
    lacking = [leaf for leaf in subject.leaves if leaf not in point]
    if lacking:
        raise ModelError(f"{name}: no value is found for {', '.join(f'`{one}`' for one in lacking)}")
    subject = with_results(subject, problem, point, settings)
    if not any(given for _, given in subject.results):
        came = ", ".join(f"`{one}`" for one, _ in subject.results if one) or "something without a name"
        raise ModelError(
            f"{name} returns {came}, which is no name of the document; map it with a line "
            "`derivcheck: let $\\mathrm{out} = …$` and return a variable of that name"
        )
    for given in (given for _, given in subject.results if given):
        for function in any_functions(problem, [given]) - settings.functions.keys():
            # it has as many values as there are functions, and the code has one of them
            raise ModelError(
                f"{name}: `{given}` rests on `{function}`, which stands for any function; say which one the code has: "
                f"functions = {{ '{function}' = \"tanh\" }} in derivcheck.toml"
            )
    model = model_of(subject, problem, point, settings)
    once, again = (model.evaluate({leaf: point[leaf] for leaf in model.leaves}, settings) for _ in range(2))
    for given in (one.key for one in model.quantities):
        if not torch.allclose(once[given].detach(), again[given].detach(), rtol=SAME, atol=0, equal_nan=True):
            raise ModelError(f"{name}: called twice with the same inputs it gives other values; let nothing be random")
    extra, found = compared(model, source, settings, sizes, name, subject.said())
    return replace(report, extras=(*report.extras, extra), findings=(*report.findings, *found))


def imported(target: Target) -> object | None:
    """What a target names, if that is to be had without a document. Raises ModelError."""
    return None if target.module == HERE else load(target, target.name, "")


def with_model(report: Report, target: Target, code: object | None, settings: Settings) -> Report:
    """A report with the comparison of its document to what ``--model`` names. Raises ModelError.

    With a target of no name, each derivation in a Python file is held against the function that it stands on.
    """
    path = report.source.path
    parts = parts_of(report.source)
    if target.module == HERE and kind_of(path) != "python":
        raise ModelError(f"{path} is no Python file: name the module, as in --model PACKAGE.MODULE:NAME")
    if not target.name:
        return _each_with_its_own(report, parts, target, settings)
    part = next((one for one in parts if one.owner == target.name), None)
    if part is None and len(parts) > 1:
        there = ", ".join(one.owner for one in parts if one.owner)
        raise ModelError(f"{path}: no derivation stands on `{target.name}`; some do on {there}")
    code = load(target, target.name, path) if target.module == HERE else code
    return with_code(report, code, target.text.removeprefix(".:"), settings, part.source if part else None)


def _each_with_its_own(report: Report, parts: Sequence[Part], target: Target, settings: Settings) -> Report:
    """Each derivation against the function or class on which it stands; of several, what fits none is said."""
    path, reasons, done = report.source.path, dict[str, str](), 0
    owned = [(one.owner, one.source) for one in parts if one.owner]
    owned = owned or [(one.owner, report.source) for one in pieces(report.source.text) if one.owner]
    for owner, source in owned:
        code = load(target, owner, path)
        try:
            report = with_code(report, code, owner, settings, source)
            done += 1
        except ModelError as error:
            reasons[owner] = str(error)
    if not done:
        why = "; ".join(reasons.values()) or "no derivation stands on a function or a class"
        raise ModelError(f"{path}: {why}")
    extras = (_not_compared(owner, why) for owner, why in reasons.items())
    return replace(report, extras=(*report.extras, *extras))


def _not_compared(owner: str, why: str) -> Extra:
    text = f"not compared: {why}"
    return Extra(f"derivation and {owner}", text=text, outcome=Outcome.NOT_CHECKED, code="not-compared")
