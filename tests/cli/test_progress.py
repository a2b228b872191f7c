from __future__ import annotations

import io
import sys
import threading

import pytest

from derivcheck.commands import output
from derivcheck.commands.output import progress


class Terminal(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.said = threading.Event()

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        self.said.set()


def fail_slowly(terminal: Terminal) -> None:
    with progress("checking"):
        terminal.said.wait()
        raise ValueError("no")


def on_terminal(monkeypatch) -> Terminal:
    # set in the test itself: pytest puts its own stderr back between set-up and call
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    return stream


def test_what_is_quick_says_nothing(monkeypatch):
    terminal = on_terminal(monkeypatch)
    monkeypatch.setattr(output, "_PATIENCE", 3600)
    with progress("checking"):
        pass
    assert terminal.getvalue() == ""


def test_what_takes_longer_is_told_and_the_line_is_gone_at_the_end(monkeypatch):
    terminal = on_terminal(monkeypatch)
    monkeypatch.setattr(output, "_PATIENCE", 0.01)
    with progress("reading") as tell:
        terminal.said.wait()
        terminal.said.clear()
        tell("checking block.md")
        terminal.said.wait()
    assert "reading …" in terminal.getvalue()
    assert "checking block.md …" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_off_a_terminal_nothing_is_said(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(output, "_PATIENCE", 0.01)
    threads = threading.active_count()
    with progress("checking"):
        assert threading.active_count() == threads
    assert stream.getvalue() == ""


def test_the_line_is_gone_when_the_work_fails(monkeypatch):
    terminal = on_terminal(monkeypatch)
    monkeypatch.setattr(output, "_PATIENCE", 0.01)
    with pytest.raises(ValueError, match="no"):
        fail_slowly(terminal)
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_path_that_steers_the_terminal_does_not_do_so_in_the_progress_line(monkeypatch):
    terminal = on_terminal(monkeypatch)
    monkeypatch.setattr(output, "_PATIENCE", 0.01)
    with progress("checking evil\x1b[2J.md"):
        terminal.said.wait()
    assert "\x1b[2J" not in terminal.getvalue()
