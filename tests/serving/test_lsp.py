r"""A language server driven by a real client: diagnostics while writing, quick fixes, hover."""

from __future__ import annotations

import asyncio
import sys

import pytest

pytest.importorskip("pygls")

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from derivcheck.serving.editing import ruler

URI = "file:///nowhere/notes.md"
RIGHT = "Let $A, B \\in \\mathbb{R}^{n \\times n}$ 𝔸.\n\n𝔸 $(A B)^\\top = B^\\top A^\\top$\n"
WRONG = RIGHT.replace("B^\\top A^\\top", "A^\\top B^\\top")


def test_a_mistake_is_shown_while_it_is_written_and_its_correction_offered() -> None:
    async def write() -> None:
        client = LanguageClient("test", "1")
        shown: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            shown.put_nowait(params)

        await client.start_io(sys.executable, "-m", "derivcheck", "lsp")
        await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
        client.initialized(types.InitializedParams())

        client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(URI, "markdown", 1, RIGHT))
        )
        assert not (await shown.get()).diagnostics

        whole = types.TextDocumentContentChangeWholeDocument(WRONG)
        client.text_document_did_change(
            types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(uri=URI, version=2), [whole])
        )
        after = await shown.get()
        assert after.version == 2
        (diagnostic,) = after.diagnostics
        assert diagnostic.code == "wrong-identity"
        assert diagnostic.severity == types.DiagnosticSeverity.Error
        # the column counts the character before it as two, as UTF-16 does
        line = WRONG.split("\n")[2]
        assert diagnostic.range.start.line == 2
        assert diagnostic.range.start.character > line.index("=")

        document = types.TextDocumentIdentifier(URI)
        context = types.CodeActionContext([diagnostic])
        asked = types.CodeActionParams(document, diagnostic.range, context)
        action = (await client.text_document_code_action_async(asked))[0]
        (edit,) = action.edit.changes[URI]
        measure = ruler(WRONG)
        start, end = (measure.offset(at.line, at.character) for at in (edit.range.start, edit.range.end))
        mended = WRONG[:start] + edit.new_text + WRONG[end:]
        client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(uri=URI, version=3),
                [types.TextDocumentContentChangeWholeDocument(mended)],
            )
        )
        assert not (await shown.get()).diagnostics

        place = types.Position(2, line.index("A B") + 1)
        hover = await client.text_document_hover_async(types.HoverParams(document, place))
        assert "proved" in hover.contents.value
        over = await client.text_document_hover_async(types.HoverParams(document, types.Position(0, 6)))
        assert "n × n" in over.contents.value

        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()

    asyncio.run(write())


@pytest.mark.parametrize("units", ["utf-8", "utf-16", "utf-32"])
def test_places_of_editors_lead_back_to_their_characters(units: str) -> None:
    text = "a𝔸é\n\n$x̂$\r\nend"
    measure = ruler(text, units)  # type: ignore[arg-type]
    assert [measure.offset(*measure.at(at)) for at in range(len(text) + 1)] == [*range(len(text) + 1)]
    assert measure.offset(99, 0) == len(text)
