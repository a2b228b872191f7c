r"""The tools for agents, asked by a real client of the protocol: answers with their strength, and what is declined."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

pytest.importorskip("mcp")

from mcp import Client, StdioServerParameters

from derivcheck.serving.tools import LARGEST, Declined, Desk

WRONG = r"""Let $A, B \in \mathbb{R}^{n \times n}$.

$$ (A + B)^\top = A^\top + B^\top $$
$$ (A B)^\top = A^\top B^\top $$
"""


def test_a_client_checks_lists_declares_explains_and_fixes(tmp_path: Path) -> None:
    root = tmp_path / "notes"
    root.mkdir()
    (root / "wrong.md").write_text(WRONG, encoding="utf-8")
    (tmp_path / "outside.md").write_text(WRONG, encoding="utf-8")
    (root / "link.md").symlink_to(tmp_path / "outside.md")

    async def ask() -> None:
        server = StdioServerParameters(command=sys.executable, args=["-m", "derivcheck", "mcp", "--root", str(root)])
        async with Client(server) as client:
            named = {tool.name for tool in (await client.list_tools()).tools}
            assert named == {"check", "list", "declare", "fix", "explain"}

            said = (await client.call_tool("check", {"path": "wrong.md"})).structured_content
            claims = {one["title"]: one for one in said["claims"]}
            assert [one["verdict"]["outcome"] for one in claims.values()] == ["holds", "wrong"]
            assert next(iter(claims.values()))["verdict"]["strength"] == "proved"
            (finding,) = [one for one in said["findings"] if one["severity"] == "error"]
            assert finding["span"]["line"] == 4
            assert finding["edits"]

            listed = (await client.call_tool("list", {"text": "$1 + 1 = 2$"})).structured_content
            assert [one["kind"] for one in listed["lines"]] == ["claim: identity"]
            declared = await client.call_tool("declare", {"text": "$$ \\frac{d}{d x} a x^2 = 2 a x $$"})
            assert {one["name"] for one in declared.structured_content["declarations"]} == {"a", "x"}
            told = (await client.call_tool("explain", {"code": finding["code"]})).structured_content
            assert told["sentence"]

            fixed = (await client.call_tool("fix", {"path": "wrong.md", "write": True})).structured_content
            assert fixed["written"]
            assert fixed["after"]["wrong"] == 0
            assert "A^\\top B^" not in (root / "wrong.md").read_text(encoding="utf-8")

            for path in ("../outside.md", "link.md", str(tmp_path / "outside.md"), "no.md", ".", "a\0b"):
                declined = await client.call_tool("check", {"path": path})
                assert declined.is_error, path
                assert WRONG.splitlines()[0] not in declined.content[0].text
            both = await client.call_tool("check", {"path": "wrong.md", "text": "x"})
            assert both.is_error

    asyncio.run(ask())


def test_what_is_too_large_is_declined(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with pytest.raises(Declined, match="give a part"):
        desk.source("x" * (LARGEST + 1), None, "markdown")
    from derivcheck.config import Settings

    with pytest.raises(Declined, match="give a part"):
        desk.check(desk.source("$1 + 1 = 2$\n\n" * 301, None, "markdown"), Settings())
