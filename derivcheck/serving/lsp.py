"""A language server, on standard input and output, by pygls: what is wrong while it is written.

A document is checked when it is opened and whenever it changes, one at a time; what has changed again before its turn
comes is left. No file is read and nothing of a document is run.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlparse

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from derivcheck import __version__
from derivcheck.config import Settings, SettingsError
from derivcheck.project import project
from derivcheck.serving.editing import Ruler, known, offers, ruler, told
from derivcheck.source import Source, Span
from derivcheck.verdict import Edit, Report, Severity

SEVERITIES: Final = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
UNITS: Final = {
    types.PositionEncodingKind.Utf8: "utf-8",
    types.PositionEncodingKind.Utf16: "utf-16",
    types.PositionEncodingKind.Utf32: "utf-32",
}
TAKEN: Final = {"markdown": ".md", "latex": ".tex", "tex": ".tex", "quarto": ".qmd", "python": ".py"}
"""Languages of editors, and the ending of a file of theirs that has no telling name."""


@dataclass(slots=True)
class _Open:
    """A document in an editor: its last version, and the last of its texts that was checked."""

    source: Source
    version: int
    report: Report | None = None
    checked: Source | None = None


@dataclass(slots=True)
class _Desk:
    """All open documents, and the one worker that checks them."""

    open: dict[str, _Open] = field(default_factory=dict)
    worker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))


def server() -> LanguageServer:
    """A server with nothing open."""
    made = LanguageServer("derivcheck", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
    desk = _Desk()

    async def changed(uri: str, version: int, text: str, language: str = "") -> None:
        before = desk.open.get(uri)
        path = _path(uri, language) if before is None else before.source.path
        now = _Open(Source(path, text), version, *((before.report, before.checked) if before else (None, None)))
        desk.open[uri] = now
        loop = asyncio.get_running_loop()
        report = await loop.run_in_executor(desk.worker, _checked, desk, uri, version)
        if report is None or desk.open.get(uri) is not now:
            return
        now.report, now.checked = report, report.source
        shown = types.PublishDiagnosticsParams(uri, _diagnostics(report, _ruler(made, text)), version)
        made.text_document_publish_diagnostics(shown)

    @made.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        one = params.text_document
        await changed(one.uri, one.version, one.text, one.language_id)

    @made.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def edited(params: types.DidChangeTextDocumentParams) -> None:
        one = params.text_document
        await changed(one.uri, one.version, made.workspace.get_text_document(one.uri).source)

    @made.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        desk.open.pop(params.text_document.uri, None)
        made.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))

    @made.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        one = desk.open.get(params.text_document.uri)
        if one is None:
            return None
        measure = _ruler(made, one.source.text)
        offset = measure.offset(params.position.line, params.position.character)
        report = one.report if one.checked == one.source else None
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(desk.worker, known, one.source, report, offset)
        if found is None:
            return None
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, found[0]), _range(measure, found[1]))

    @made.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    def fixes(params: types.CodeActionParams) -> list[types.CodeAction]:
        one = desk.open.get(params.text_document.uri)
        if one is None or one.report is None or one.checked != one.source:
            return []
        measure = _ruler(made, one.source.text)
        asked = (measure.offset(place.line, place.character) for place in (params.range.start, params.range.end))
        return [
            _fix(params.text_document.uri, measure, edit, finding.code)
            for finding, edit in offers(one.report, Span(*asked))
        ]

    return made


def _checked(desk: _Desk, uri: str, version: int) -> Report | None:
    """The report of a version, unless it has changed meanwhile."""
    from derivcheck.engine import check

    one = desk.open.get(uri)
    if one is None or one.version != version:
        return None
    settings, source = Settings(), one.source
    try:
        found = project(folder=Path(source.path).parent)
        settings = found.settings(settings, source.path)
        source = replace(source, readings=found.readings(source.path))
    except (SettingsError, OSError):
        # the command line says what is wrong with it
        pass
    return replace(check(source, settings), source=one.source)


def _path(uri: str, language: str) -> str:
    path = unquote(urlparse(uri).path) or "<text>"
    return path if Path(path).suffix else path + TAKEN.get(language, ".md")


def _ruler(made: LanguageServer, text: str) -> Ruler:
    units = UNITS.get(made.workspace.position_encoding or types.PositionEncodingKind.Utf16, "utf-16")  # type: ignore[call-overload]
    return ruler(text, units)


def _range(measure: Ruler, span: Span) -> types.Range:
    start, end = measure.at(span.start), measure.at(span.end)
    return types.Range(types.Position(*start), types.Position(*end))


def _diagnostics(report: Report, measure: Ruler) -> list[types.Diagnostic]:
    return [
        types.Diagnostic(
            range=_range(measure, one.span), message=told(one), severity=SEVERITIES[one.severity], code=one.code,
            source="derivcheck",
        )
        for one in report.findings
    ]  # fmt: skip


def _fix(uri: str, measure: Ruler, edit: Edit, code: str) -> types.CodeAction:
    change = types.TextEdit(_range(measure, edit.span), edit.replacement)
    proved = "proved" if edit.proved else "numbers agree"
    return types.CodeAction(
        title=f"{edit.title} ({proved})", kind=types.CodeActionKind.QuickFix,
        edit=types.WorkspaceEdit(changes={uri: [change]}), is_preferred=edit.proved, data=code,
    )  # fmt: skip


def serve() -> None:
    """Answer on standard input and output until the editor leaves."""
    server().start_io()
