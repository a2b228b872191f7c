"""Running a homework: the engine's report with what is asked of this problem added to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from derivcheck import engine
from derivcheck.config import Settings
from derivcheck.homework.registry import HOMEWORKS, Homework, Requirement, document
from derivcheck.homework.replay import replayed
from derivcheck.homework.required import missing_units
from derivcheck.isolation import Isolation
from derivcheck.model import checking
from derivcheck.problem.problem import Claim
from derivcheck.reading.files import read_source
from derivcheck.source import NOWHERE, Source
from derivcheck.verdict import Extra, Finding, Outcome, Report

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
