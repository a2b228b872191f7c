"""What the peers said, as the tables of ``docs/peers.md``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.peers import block
from tests.peers.documents import DOCUMENTS, READERS
from tests.peers.tools import TOOLS

PAGE = Path(__file__).parents[2] / "docs" / "peers.md"
BEGIN, END = "<!-- bench -->\n", "<!-- /bench -->"
Said = dict[str, dict[str, Any]]


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


def _cell(said: str, wrong: bool, right: str = "") -> str:
    if wrong and said == right == "alarm":
        return "alarm on the right one too"
    word = {"alarm": "found" if wrong else "**alarm**", "holds": "**missed**" if wrong else "holds"}.get(said)
    return word or ("–" if said.startswith("cannot be asked") else said)


def _cases(found: Said, cases: list[block.Case], wrong: bool) -> str:
    asked = [tool for tool in TOOLS if tool.name in found]

    def cell(tool: str, case: block.Case) -> str:
        said = found[tool]["cases"]
        like = "at a kink" if case.kink else "float32" if case.single else f"d = {case.d}"
        return _cell(said[case.name]["said"], wrong, said.get(like, {}).get("said", ""))

    rows = [[case.name, *(cell(tool.name, case) for tool in asked)] for case in cases]
    return _table(["", *(tool.name for tool in asked)], rows)


def _times(found: Said) -> str:
    asked = [tool for tool in TOOLS if tool.name in found]

    def cell(tool: str, case: str) -> str:
        one, floor = (found.get(name, {}).get("cases", {}).get(case, {}) for name in (tool, "torch gradcheck, fast"))
        if one.get("said") not in ("alarm", "holds"):
            return _cell(one.get("said", "–"), False)
        ratio = one["seconds"] / floor["seconds"] if floor.get("seconds") else 0.0
        return f"{ratio:.2g}" if ratio < 100 else f"{ratio:.0f}"

    rows = [[case.name, *(cell(tool.name, case.name) for tool in asked)] for case in block.RIGHT]
    return _table(["", *(tool.name for tool in asked)], rows)


def _readers(found: Said) -> str:
    rows = []
    for name, _, _ in READERS:
        if name not in found:
            rows.append([name, "not installed", "", "", "", ""])
            continue
        lines = found[name]["lines"]
        read = [one for one in lines if not str(one["said"]).startswith("not read")]
        right = sum(one["true"] and one["said"] is True for one in lines)
        blamed = sum(not one["true"] and one["said"] is False for one in lines)
        false = sum(one["said"] is (not one["true"]) for one in lines)
        rows.append([name, found[name]["version"], f"{len(read)} of {len(lines)}", str(right), str(blamed), str(false)])
    many = len(DOCUMENTS)
    head = ["reader", "version", "lines read", f"of {many} right lines held", f"of {many} wrong lines refuted", "false"]
    return _table(head, rows)


def told(found: Said) -> str:
    """The tables, of tools that are not installed that they are not."""
    tools = [
        [tool.name, found.get(tool.name, {}).get("version", "not installed"), tool.how, tool.where] for tool in TOOLS
    ]
    return "".join(
        (
            _table(["tool", "version", "how it was asked", "what it says of where"], tools),
            "## Planted mistakes\n\n", _cases(found, block.PLANTED, wrong=True),
            "## Right formulas\n\n", _cases(found, block.RIGHT + block.SOUND, wrong=False),
            "## Time\n\nProcessor time on the right formula, without imports, in multiples of torch's fast gradcheck at ",
            "the same size.\n\n", _times(found),
            "## Documents\n\n", _readers(found),
        )
    )  # fmt: skip


def write(found: Said) -> None:
    """Put the tables into the page, in the place of those that are there."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(before + BEGIN + "\n" + told(found) + END + rest.partition(END)[2], encoding="utf-8")
