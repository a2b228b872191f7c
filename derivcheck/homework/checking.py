"""Running a homework: the engine's report with what is asked of this problem added to it.

The command that repeats one check of a homework, with everything that it was asked for.

Results that are asked for in a certain form: an answer in hidden units, and not only a true equation.

``min(x₁, x₂) = x₁ − relu(x₁ − x₂)`` is right, and no network without a skip connection computes it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from derivcheck import engine
from derivcheck.config import Settings
from derivcheck.homework.registry import HOMEWORKS, Homework, Requirement, document
from derivcheck.isolation import Isolation
from derivcheck.language.nodes import Add, Apply, Boxed, Fraction_, Group, Node, Number, Product
from derivcheck.model import checking
from derivcheck.problem.context import strip
from derivcheck.problem.problem import Claim
from derivcheck.reading.files import read_source
from derivcheck.source import NOWHERE, Source
from derivcheck.verdict import Extra, Finding, Outcome, Report, Severity


def in_units(node: Node, units: tuple[str, ...]) -> bool:
    r"""Whether an expression is a linear combination of units: numbers times ``relu(…)`` or ``\max(0, …)``."""
    match node:
        case Boxed(body=body) | Group(body=body):
            return in_units(body, units)
        case Add(terms=terms):
            return all(in_units(term, units) for _, term in terms)
        case Product(factors=factors):
            rest = [factor for factor in factors if not _is_number(factor)]
            return len(rest) == 1 and "/" not in node.operators and in_units(rest[0], units)
        case Fraction_(numerator=numerator, denominator=denominator):
            return _is_number(denominator) and in_units(numerator, units)
        case Apply(word=word, sub=None, sup=None, primes=0):
            return word.text in units or (word.text == "max" and "relu" in units and _of_zero(node))
        case _:
            return False


def missing_units(claims: Iterable[Claim], required: Iterable[tuple[Requirement, Node]]) -> list[Finding]:
    """A finding for every requirement of a form that no claim with its head meets; ``claims`` are those that hold.

    Where no claim has the head at all, the engine has said so already.
    """
    held = list(claims)
    findings = []
    for requirement, head in required:
        sides = [
            other
            for claim in held
            for side, other in ((claim.head_node, claim.claimed_node), (claim.claimed_node, claim.head_node))
            if strip(side) == head
        ]
        if requirement.units and sides and not any(in_units(side, requirement.units) for side in sides):
            findings.append(
                Finding(
                    code="missing-result",
                    severity=Severity.ERROR,
                    message=f"`{requirement.head}` is never written in hidden units alone",
                    span=NOWHERE,
                    facts=(f"required is {requirement.description}",),
                    help=f"add a line that says what `{requirement.head}` is as a sum of `{requirement.units[0]}(…)`",
                )
            )
    return findings


def _is_number(node: Node) -> bool:
    match node:
        case Number():
            return True
        case Group(body=body):
            return _is_number(body)
        case Add(terms=((_, term),)):
            return _is_number(term)
        case Fraction_(numerator=numerator, denominator=denominator):
            return _is_number(numerator) and _is_number(denominator)
        case _:
            return False


def _of_zero(node: Apply) -> bool:
    return len(node.args) == 2 and any(isinstance(arg, Number) and arg.value == 0 for arg in node.args)


def replayed(
    finding: Finding, homework: Homework, settings: Settings, derivation: Path | None, as_handed_in: bool
) -> Finding:
    """A finding about a claim as this homework's own command would give it again."""
    if finding.replay is None or finding.claim is None:
        return finding
    parts = ["derivcheck", homework.name]
    if derivation is not None:
        parts += ["--derivation", str(derivation)]
    if as_handed_in:
        parts.append("--as-handed-in")
    parts += ["--claim", finding.claim, "--seed", str(settings.seed)]
    own = {option.target for option in homework.options}
    for option in homework.options:
        given: dict[str, dict[str, object]] = {
            "sizes": {**settings.sizes}, "values": {**settings.values}, "functions": {**settings.functions}
        }  # fmt: skip
        if option.target in given[option.sets]:
            parts += [f"--{option.name}", str(given[option.sets][option.target])]
    for name, size in settings.sizes.items():
        if name not in own:
            parts += ["--sizes", f"{name}={size}"]
    return replace(finding, replay=shlex.join([*parts, *settings.repeated]))


# The sizes at which derivation and module are compared where none is fixed: small, and all different.
SIZES = (4, 5, 3, 6)


def run(name: str, settings: Settings, derivation: Path | None = None, as_handed_in: bool = False) -> Report:
    """Check the shipped derivation of a homework, the one as handed in, or the user's own, against its module.

    The report holds the engine's verdicts, a finding for every required result that is missing and for every quantity
    in which derivation and module differ, and the homework's picture, comparison and figures as extras. With
    ``settings.claim`` only that claim is checked and nothing is added. Raises KeyError for an unknown homework and
    ``UnreadableFile`` for a derivation that cannot be opened.
    """
    homework = HOMEWORKS[name]
    source = document(name, as_handed_in) if derivation is None else read_source(str(derivation))
    required = homework.required_as_handed_in if as_handed_in else homework.required
    if settings.claim is not None:
        report = engine.check(source, settings)
        findings = [replayed(found, homework, settings, derivation, as_handed_in) for found in report.findings]
        return replace(report, title=homework.title, findings=tuple(findings))
    # Settings that the homework does not take are refused by its picture, before anything is worked out.
    extras = [homework.picture(settings)]
    report = engine.check(source, settings, tuple(requirement.head for requirement in required))
    findings = [replayed(found, homework, settings, derivation, as_handed_in) for found in report.findings]
    if derivation is not None and report.results:
        findings = _other_letters(homework, findings, len(required), derivation)
    findings += _missing_forms(source, settings, report, required)
    isolation = Isolation()
    comparison = isolation.apart(NOWHERE, lambda: compared(homework, source, settings), None)
    if comparison is not None and not (as_handed_in and comparison[0].code == "not-compared"):
        # A solution that was handed in with numbers has no values for a module with vectors.
        extras.append(comparison[0])
        # A gradient that is called wrong differs from the module too: that is said once.
        wrong = [found.span for found in findings if found.code == "wrong-gradient"]
        findings += [one for one in comparison[1] if not any(one.span.overlaps(span) for span in wrong)]
    extras += isolation.apart(NOWHERE, lambda: homework.extras(settings), ())
    findings += isolation.others
    return replace(report, title=homework.title, findings=tuple(findings), extras=(*report.extras, *extras))


def _other_letters(homework: Homework, findings: list[Finding], required: int, derivation: Path) -> list[Finding]:
    """One finding in the place of many where no result at all is there under the name that it has here."""
    missing = [found for found in findings if found.code == "missing-result" and found.help is not None]
    if len(missing) < max(2, required):
        return findings
    heads = ", ".join(found.message.split("`")[1] for found in missing)
    told = replace(
        missing[0],
        message=f"none of the required results is stated under its name: {heads}",
        help=f"write them in the letters of `derivcheck {homework.name} --write FILE`; a derivation in letters of its "
        f"own is checked line by line with: derivcheck check {derivation}",
    )
    return [told, *(found for found in findings if found not in missing)]


def compared(homework: Homework, source: Source, settings: Settings) -> tuple[Extra, list[Finding]]:
    """The derivation held against the module, at sizes that are small and all different where none is fixed."""
    targets = [option.target for option in homework.options if option.sets == "sizes"]
    free = [target for target in targets if target not in settings.sizes]
    others = [size for size in SIZES if size not in settings.sizes.values()]
    return checking.compared(homework.model(), source, settings, dict(zip(free, others, strict=False)) | settings.sizes)


def _missing_forms(
    source: Source, settings: Settings, report: Report, required: tuple[Requirement, ...]
) -> list[Finding]:
    """The results that are there, but not in the form that was asked for."""
    if not any(requirement.units for requirement in required):
        return []
    holding = {result.name for result in report.results if result.verdict.outcome is Outcome.HOLDS}
    claims = [claim for claim in engine.claims(source, settings) if isinstance(claim, Claim) and claim.name in holding]
    return missing_units(claims, [(requirement, engine.expression(requirement.head)) for requirement in required])
