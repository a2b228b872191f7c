"""What was found out about a claim: outcomes, evidence, verdicts, findings.

These are values without behaviour. The oracles make evidence, ``judge`` makes
verdicts of it, the diagnosis adds findings, the renderers print them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from derivcheck.source import Place, Source, Span


class Outcome(StrEnum):
    """The four things that can be said of a claim. Only ``HOLDS`` is a pass."""

    HOLDS = "holds"
    WRONG = "wrong"
    UNDECIDED = "undecided"
    NOT_CHECKED = "not checked"


class Strength(StrEnum):
    """What a source's word rests on, strongest first.

    A proof speaks of every input (its ``bound`` is the chance that it errs); exact arithmetic of the inputs tried;
    so do enclosures of the values, which refute where they exclude what is claimed and agree to so many digits; what is
    measured agrees but for an error bar; a search tells what it did not find.
    """

    PROOF = "proof"
    EXACT = "exact"
    ENCLOSED = "enclosed"
    MEASURED = "measured"
    SEARCH = "search"


class Sees(StrEnum):
    """Which part of a claim a source looks at.

    WHOLE         both sides of it
    ROUTE         both sides, by one of several routes through the integrals in them
    DERIVATIVE    a derivative by the rules of differentiation; DIFFERENCES the same by differences; SUBGRADIENTS the
                  derivatives around a kink, where neither of those is one
    ROOT          a row at a root of the equation that it solves; EXTREMUM at an optimum of what was differentiated
    SLOPE         of an optimum, that the slope vanishes there; HEIGHT that nothing near or far is better
    PART          some other consequence of it
    """

    WHOLE = "whole"
    ROUTE = "route"
    DERIVATIVE = "derivative"
    DIFFERENCES = "differences"
    SUBGRADIENTS = "subgradients"
    ROOT = "root"
    EXTREMUM = "extremum"
    SLOPE = "slope"
    HEIGHT = "height"
    PART = "part"


class Doubt(StrEnum):
    """Why a source is not sure, or what of its word others may know better."""

    ROUNDING = "rounding"
    BETWEEN = "between"
    COARSE = "coarse"
    VACUOUS = "vacuous"
    NO_VALUE = "no value"
    SEVERAL = "several"
    UNSOLVED = "unsolved"
    TOUCH = "touch"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one oracle saw.

    oracle      its name in the table of oracles: ``autograd``, ``differences``, ``rational``, ``values``, ``kinks``,
                ``cells``, ``shapes``
    outcome     what this oracle alone would say
    error       largest discrepancy seen, absolute (a difference of entries); None if it gives no figure
    relative    the same, relative to the size of the values compared
    bar         the error bar of the comparison at that place: discrepancies below it mean nothing
    where       the entry where the discrepancy is largest, as ``b[2]`` or ``W[2,0]`` (from 0)
    claimed     the claimed value there; ``reference`` what the oracle has there instead
    detectable  the smallest relative error that this comparison could have seen
    sizes       the sizes tried, each as (("D", 2), …)
    failing     those of the sizes at which the discrepancy was seen
    points      at how many inputs
    detail      one short phrase more, lower case, or empty
    strength    what its word rests on
    sees        which part of the claim it looks at
    doubt       why it is not sure, if it is not
    bound       of a proof, how likely it errs: 0 for certainty
    every       of a proof, the arbitrary functions for all of which it stands
    all_sizes   whether a proof stands for every size, and not only for those tried
    seen        at how many inputs a discrepancy was seen
    """

    oracle: str
    outcome: Outcome
    error: float | None = None
    relative: float | None = None
    bar: float | None = None
    where: str | None = None
    claimed: float | None = None
    reference: float | None = None
    detectable: float | None = None
    sizes: tuple[tuple[tuple[str, int], ...], ...] = ()
    failing: tuple[tuple[tuple[str, int], ...], ...] = ()
    points: int = 0
    detail: str = ""
    strength: Strength = Strength.MEASURED
    sees: Sees = Sees.WHOLE
    doubt: Doubt | None = None
    bound: float = 0.0
    every: tuple[str, ...] = ()
    all_sizes: bool = False
    seen: int = 0


class Word(StrEnum):
    """How far a claim holds: shown for every input that is meant, or by evidence short of that."""

    PROVED = "proved"
    AGREES = "agrees"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome for one claim with all that supports it.

    ``strength`` is there where it holds, and ``said`` says the same in full: a proof with its scope and its bound, or
    which sources agree, at how many inputs, and how small an error they could have seen.
    ``reason`` says why, where the outcome is not ``HOLDS``; ``carried_from`` names the claim whose error this one
    only passes on (it is blamed there, once), ``defined_on`` the line of the definition that was found to be at fault.
    ``missing`` are the lines on which it rests and that were not read.
    """

    outcome: Outcome
    evidence: tuple[Evidence, ...] = ()
    said: str = ""
    reason: str = ""
    carried_from: str | None = None
    defined_on: Place | None = None
    missing: tuple[Span, ...] = ()
    strength: Word | None = None


class Severity(StrEnum):
    """How a finding weighs: an error fails the run, a warning fails a strict one, a note never does."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


INTERNAL_ERROR: Final = "internal-error"
"""The code of a finding that speaks of a bug in derivcheck, and not of the document."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement of the text of ``span`` that was checked to make the line hold; ``proved`` if it then is proved.

    One that goes ``far`` changes more than a slip does: what is likelier elsewhere comes before it.
    """

    span: Span
    replacement: str
    title: str
    proved: bool = False
    far: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One message with its place.

    code      kebab-case and stable: ``wrong-gradient``, ``shape-mismatch``, ``unreadable``, ``unknown-name``, …
    span      the smallest span that shows the problem; ``line_span`` is the statement it stands in
    label     what stands behind the caret; short
    facts     lines behind ``=``: what is claimed and what is true, at which sizes
    help      what to do; None if nothing was found that was checked to help
    replay    the command line that repeats just this check
    claim     the claim's name, if there is one
    trace     where an exception came from, for an ``internal-error``; no report shows it
    """

    code: str
    severity: Severity
    message: str
    span: Span
    line_span: Span | None = None
    label: str = ""
    facts: tuple[str, ...] = ()
    help: str | None = None
    replay: str | None = None
    claim: str | None = None
    edits: tuple[Edit, ...] = ()
    trace: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """One claim and its verdict, ready to be shown.

    ``title`` is the claim in plain text (``∂ℓ/∂V``); ``kind`` one of identity, gradient, jacobian, hessian,
    derivative, inequality, solution, unreadable; ``expected_wrong`` that the document marks it as a
    mistake on purpose. ``required`` that a homework needs it.
    """

    name: str
    title: str
    kind: str
    span: Span
    line: int
    verdict: Verdict
    expected_wrong: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """Values over steps 0, 1, 2, …, or their decimal logarithms, and what they are."""

    values: tuple[float, ...]
    about: str
    logarithmic: bool = False


@dataclass(frozen=True, slots=True)
class Extra:
    """What a homework command adds below the table: a titled block of lines, or rows under columns.

    ``outcome`` counts towards the exit code where it is not None. Of its ``curve`` the
    text is a picture.
    """

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    text: str = ""
    outcome: Outcome | None = None
    code: str = ""
    curve: Curve | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """How one line was read, for ``derivcheck list``.

    kind    "declaration", "definition", "claim: gradient", "assumption", "mention", "skipped", "not read"
    name    what it declares, defines or is called; may be empty
    text    the statement in plain unicode
    shapes  "D × D", or empty
    note    why it was skipped or not read, or what was taken for granted
    cell    the cell of a notebook in which the line is counted
    words   the words that tell what it is, each with what it tells
    """

    line: int
    kind: str
    name: str
    text: str
    shapes: str = ""
    note: str = ""
    cell: int | None = None
    words: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> Place:
        """The line with its cell."""
        return Place(self.cell or 0, self.line)


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found out about one document.

    ``ignored`` are claims that were wrong or not checked, and that the document says to leave; they count as skipped.
    An ``optional`` document may lack claims without failing the run.
    """

    source: Source
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    definitions: int
    seed: int
    trials: int
    seconds: float = 0.0
    title: str = ""
    extras: tuple[Extra, ...] = ()
    skipped: int = 0
    options: tuple[tuple[str, str], ...] = field(default=())
    ignored: tuple[Result, ...] = ()
    optional: bool = False

    def count(self, outcome: Outcome) -> int:
        """How many claims came out so, expected mistakes that were found counted as holding."""
        return sum(settled(result) is outcome for result in self.results)

    def held(self, word: Word) -> int:
        """How many claims hold so far; a mistake that was found as expected is neither proved nor agreed on."""
        return sum(strength_of(result) is word for result in self.results)


def strength_of(result: Result) -> Word | None:
    """How far a claim holds; None where it does not, or should not."""
    holds = result.verdict.outcome is Outcome.HOLDS and not result.expected_wrong
    return (result.verdict.strength or Word.AGREES) if holds else None


def settled(result: Result) -> Outcome:
    """The outcome with the document's own ``expect wrong`` taken into account.

    A line marked as a mistake counts as holding when it is wrong, and as wrong when it holds.
    """
    outcome = result.verdict.outcome
    if not result.expected_wrong:
        return outcome
    if outcome is Outcome.WRONG:
        return Outcome.HOLDS
    return Outcome.WRONG if outcome is Outcome.HOLDS else outcome


def exit_code(reports: tuple[Report, ...], *, strict: bool) -> int:
    """0 if at least one claim was checked and none is wrong, 2 after an error of our own, else 1 (DESIGN section 8)."""
    if any(finding.code == INTERNAL_ERROR for report in reports for finding in report.findings):
        return 2
    outcomes = [settled(result) for report in reports for result in report.results]
    outcomes += [extra.outcome for report in reports for extra in report.extras if extra.outcome is not None]
    errors = any(finding.severity is Severity.ERROR for report in reports for finding in report.findings)
    lacking = Outcome.HOLDS not in outcomes and not (not outcomes and all(report.optional for report in reports))
    if errors or Outcome.WRONG in outcomes or lacking:
        return 1
    if strict and (Outcome.UNDECIDED in outcomes or Outcome.NOT_CHECKED in outcomes):
        return 1
    return 0
