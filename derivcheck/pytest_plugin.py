"""derivcheck for pytest: with ``--derivcheck`` a document is collected like a file of tests, and a claim is a test.

A claim that holds passes, one that is wrong fails with the whole diagnostic, and what is undecided or not checked is
skipped with the reason, or fails where the project's configuration is strict. What is found beside the claims and fails
a run is a test of its own, ``document``. Nothing is imported before the option is given.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from derivcheck.cache import Job
    from derivcheck.project import Project
    from derivcheck.verdict import Finding, Report

DOCUMENT = "document"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that turns this on."""
    parser.getgroup("derivcheck").addoption(
        "--derivcheck", action="store_true", help="check the derivations in documents (.md, .tex, .ipynb, …) as tests"
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Derivation | None:
    """A document, if it was asked for."""
    if not parent.config.getoption("derivcheck"):
        return None
    from derivcheck.patterns import is_document

    if not is_document(file_path.name):
        return None
    project = _project(parent.config)
    named = str(file_path) in {str(Path(one.partition("::")[0]).absolute()) for one in parent.config.args}
    if not named and project.excludes(file_path):
        return None
    found: Derivation = Derivation.from_parent(parent, path=file_path)
    return found


_PROJECT = pytest.StashKey["Project"]()


def _project(config: pytest.Config) -> Project:
    """The configuration of the project that is tested, read once."""
    from derivcheck.config import SettingsError
    from derivcheck.project import project

    if _PROJECT not in config.stash:
        try:
            config.stash[_PROJECT] = project(folder=config.rootpath)
        except SettingsError as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[_PROJECT]


class Failed(Exception):
    """A claim that is wrong, or not known to be right: the text to be shown."""


class Derivation(pytest.File):
    """A document."""

    checked: Report | None = None

    def job(self) -> Job:
        """The document with the settings that apply to it."""
        from dataclasses import replace

        from derivcheck.cache import Job
        from derivcheck.config import Settings
        from derivcheck.reading.files import UnreadableFile, read_source

        project = _project(self.config)
        try:
            source = read_source(str(self.path))
        except UnreadableFile as error:
            raise self.CollectError(str(error)) from None
        shown = (
            self.path.relative_to(self.config.rootpath) if self.path.is_relative_to(self.config.rootpath) else self.path
        )
        source = replace(source, path=str(shown), readings=project.readings(str(self.path)))
        return Job(source, project.settings(Settings(), str(self.path)))

    def collect(self) -> Iterator[Claim]:
        """An item for each claim, and one for the rest; of a document without mathematics none."""
        from derivcheck.engine import claims, problem_of
        from derivcheck.parts import parts_of

        job = self.job()
        names = [claim.name for claim in claims(job.source, job.settings)]
        if names or any(problem_of(part.source).findings for part in parts_of(job.source)):
            for name in (*names, DOCUMENT):
                yield Claim.from_parent(self, name=name)

    def report(self) -> Report:
        """What was found out about the document, once for all its claims."""
        if self.checked is None:
            from derivcheck.cache import opened
            from derivcheck.running import run

            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
                (found,) = run([self.job()], lambda told: None, cache=opened())
            if isinstance(found, Exception):
                raise found
            self.checked = found
        return self.checked


class Claim(pytest.Item):
    """A claim, or the rest of a document."""

    def runtest(self) -> None:
        """Pass, fail with what was found, or skip what was not decided."""
        from derivcheck.verdict import Outcome, Severity, settled

        assert isinstance(self.parent, Derivation)
        report = self.parent.report()
        strict = self.parent.job().settings.strict
        result = next((one for one in report.results if one.name == self.name), None)
        if result is None:
            claims = {one.name for one in report.results}
            errors = [f for f in report.findings if f.severity is Severity.ERROR and f.claim not in claims]
            if self.name == DOCUMENT and errors:
                raise Failed(_shown(report, errors))
            if self.name != DOCUMENT:
                pytest.skip("the document says to ignore it")
            return
        said = [finding for finding in report.findings if finding.claim == result.name]
        outcome = settled(result)
        errors = [finding for finding in said if finding.severity is Severity.ERROR]
        reason = result.verdict.reason or outcome.value
        if outcome is Outcome.WRONG or errors or (strict and outcome is not Outcome.HOLDS):
            raise Failed(_shown(report, said) if said else f"{result.title}: {outcome.value}: {reason}")
        if outcome is not Outcome.HOLDS:
            pytest.skip(f"{outcome.value}: {reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *arguments: Any) -> Any:  # noqa: ANN401
        """The diagnostic, and no traceback into derivcheck."""
        if isinstance(excinfo.value, Failed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *arguments)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The place that pytest shows."""
        return self.path, None, f"{self.path.name}: {self.name}"


def _shown(report: Report, findings: list[Finding]) -> str:
    from derivcheck.report.console import Look, draw
    from derivcheck.report.full import full
    from derivcheck.report.words import ordered

    look = Look()
    return draw([full(report.source, finding, look.width) for finding in ordered(findings)], look).rstrip("\n")
