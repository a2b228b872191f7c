r"""From a path to a source, and what is said when that fails."""

from __future__ import annotations

import io
import json
import sys

import pytest

from derivcheck.reading.documents import kind_of, scan
from derivcheck.reading.files import LARGEST, UnreadableFile, read_source
from derivcheck.reading.items import Segment, Unreadable
from derivcheck.source import Position


def notebook(*cells):
    return json.dumps({"cells": [{"cell_type": kind, "source": source} for kind, source in cells], "nbformat": 4})


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.md", "markdown"),
        ("a/b.QMD", "markdown"),
        ("a.markdown", "markdown"),
        ("a.ipynb", "markdown"),
        ("a.tex", "tex"),
        ("-", "markdown"),
        ("notes", "markdown"),
    ],
)
def test_the_name_tells_the_language(path, kind):
    assert kind_of(path) == kind


def test_without_a_telling_name_the_text_does():
    assert kind_of("<stdin>", "\\documentclass{article}") == "tex"
    assert kind_of("a.md", "\\documentclass{article}") == "markdown"


def test_a_byte_order_mark_is_dropped_and_line_ends_are_kept(tmp_path):
    file = tmp_path / "a.md"
    file.write_bytes(b"\xef\xbb\xbfa\r\n$x$\r\n")
    source = read_source(str(file))
    assert source.text == "a\r\n$x$\r\n"
    assert source.position(source.text.index("x")) == Position(2, 2)


def test_a_dash_is_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("é $x$".encode())))
    source = read_source("-")
    assert (source.path, source.text) == ("<stdin>", "é $x$")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.md", b"a\0b", "not a text file"),
        ("a.md", b"ok\n\xff\xfe", ":2: not UTF-8"),
        ("a.md", b"x" * (LARGEST + 1), "larger than 5 MB"),
        ("a.ipynb", b'{\n"cells": [', "not JSON at line 2"),
        ("a.ipynb", b"[1]", "not a notebook"),
        ("a.ipynb", b"[" * 200_000, "broken notebook"),
        ("a.ipynb", b'{"cells": [{"cell_type": "markdown", "source": [1]}]}', "cell 1"),
    ],
)
def test_a_bad_file_gives_one_clear_message(tmp_path, name, data, message):
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(UnreadableFile) as caught:
        read_source(str(file))
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_a_missing_file_a_directory_and_a_name_that_cannot_be_are_said(tmp_path):
    for path, message in (
        (tmp_path / "no.md", "no such file"),
        (tmp_path, "is a directory"),
        ("a\0b", "cannot be read"),
    ):
        with pytest.raises(UnreadableFile, match=message):
            read_source(str(path))


def test_a_notebook_is_the_text_of_its_markdown_cells(tmp_path):
    file = tmp_path / "a.ipynb"
    cells = [("markdown", ["# T\n", "let $x$"]), ("code", "y = '$q$'"), ("raw", "$r$"), ("markdown", "a\n\nso $z$")]
    file.write_text(notebook(*cells), encoding="utf-8")
    source = read_source(str(file))
    segments = [item for item in scan(source, kind_of(source.path)).items if isinstance(item, Segment)]
    assert [source.slice(segment.span) for segment in segments] == ["x", "z"]
    assert source.position(segments[0].span.start) == Position(2, 6, 1)
    assert source.position(segments[1].span.start) == Position(3, 5, 4)


@pytest.mark.parametrize("left_open", ["```\ncode", "$$ a = b", "```math\na = b", "<!-- oops"])
def test_what_one_cell_leaves_open_ends_with_it(tmp_path, left_open):
    file = tmp_path / "a.ipynb"
    file.write_text(notebook(("markdown", left_open), ("markdown", "so $z$")), encoding="utf-8")
    source = read_source(str(file))
    items = scan(source, "markdown").items
    (segment,) = [item for item in items if isinstance(item, Segment)]
    assert source.slice(segment.span) == "z"
    assert all(source.position(item.span.end).line <= 4 for item in items if isinstance(item, Unreadable))


def test_a_sentence_does_not_run_from_cell_to_cell(tmp_path):
    file = tmp_path / "a.ipynb"
    file.write_text(notebook(("markdown", "$$ x $$"), ("markdown", "where $z$")), encoding="utf-8")
    one, two = scan(read_source(str(file)), "markdown").items
    assert one.sentence != two.sentence


def test_the_reading_room_imports_nothing_heavy():
    import subprocess

    code = "import sys, derivcheck.reading.documents; print([m for m in ('torch', 'numpy', 'rich', 'click') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
