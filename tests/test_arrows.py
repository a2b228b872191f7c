"""Each room of the package knows only those before it."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "derivcheck"
FLOORS = (
    {"__version__", "config", "diagnostics", "functions", "patterns", "source", "writing"},
    {"language", "verdict", "revisions"},
    {"reading", "weigh"},
    {"isolation", "correcting", "ignoring", "parts"},
    {"problem"},
    {"meaning", "evaluation", "ground", "remembered"},
    {"project", "oracles"},
    {"judge"},
    {"diagnosis"},
    {"engine"},
    {"model", "cache"},
    {"api", "running", "power", "homework"},
    {"report"},
    {"serving"},
    {"commands", "pytest_plugin"},
    {"cli"},
    {"__main__"},
)
"""The floors of the house, from the ground up; rooms of one floor do not know each other."""


def rooms_named(path: Path) -> set[str]:
    """The rooms that a file imports from, those for its annotations alone left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    unseen = {inner for node in typing for inner in ast.walk(node)}
    found = set()
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and node not in unseen
            and (node.module or "").split(".")[0] == "derivcheck"
        ):
            parts = node.module.split(".")[1:2]
            found |= set(parts) or {alias.name for alias in node.names}
    return found & {name for floor in FLOORS for name in floor}


def test_a_room_knows_only_rooms_on_floors_below_its_own():
    for number, floor in enumerate(FLOORS):
        below = {name for rooms in FLOORS[:number] for name in rooms}
        for room in sorted(floor):
            files = (
                [PACKAGE / f"{room}.py"]
                if (PACKAGE / f"{room}.py").exists()
                else sorted((PACKAGE / room).rglob("*.py"))
            )
            known = {name for path in files for name in rooms_named(path)} - below - {room}
            assert not known, room


def test_every_room_stands_on_a_floor():
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert rooms - {name for floor in FLOORS for name in floor} == {"__init__"}
