from __future__ import annotations

import io

import pytest
from rich.text import Text

from derivcheck.report.console import Look, draw, look_of, wants_color
from derivcheck.report.screen import screen
from tests.report.fakes import REPORT


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "environ", "terminal", "wanted"),
    [
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": "", "TERM": "xterm"}, True, True),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ("auto", {"FORCE_COLOR": "0", "TERM": "xterm"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"TERM": "xterm"}, True, True),
        ("auto", {"TERM": "xterm"}, False, False),
    ],
)
def test_colour_is_decided_by_the_flag_then_no_color_then_force_color_then_the_terminal(
    choice, environ, terminal, wanted
):
    assert wants_color(choice, environ, terminal=terminal) is wanted


def test_off_a_terminal_the_width_is_80_unless_columns_says_another():
    assert look_of("auto", io.StringIO(), {}).width == 80
    assert look_of("auto", io.StringIO(), {"COLUMNS": "132"}).width == 132


@pytest.mark.parametrize("columns", ["", "0", "-5", "wide", "²"])
def test_a_useless_columns_is_passed_over(columns):
    assert look_of("auto", Terminal(), {"COLUMNS": columns}).width == 80


def test_without_colour_there_is_no_escape_and_with_it_the_words_are_the_same():
    plain = draw(screen([REPORT], 80), Look(80, color=False))
    colored = draw(screen([REPORT], 80), Look(80, color=True))
    assert "\x1b" not in plain
    assert "\x1b[1;31m" in colored
    assert [line.rstrip() for line in Text.from_ansi(colored).plain.splitlines()] == plain.splitlines()


def test_the_environment_does_not_reach_the_drawing(monkeypatch):
    before = draw(screen([REPORT], 80), Look(80, color=True))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "33")
    assert draw(screen([REPORT], 80), Look(80, color=True)) == before


def test_a_line_longer_than_the_width_is_not_wrapped_when_it_is_text():
    assert draw([Text("word " * 40)], Look(40)) == ("word " * 40).rstrip() + "\n"


def test_what_looks_like_markup_or_an_emoji_is_shown_as_it_is():
    assert "[bold]y[/bold]" in draw(screen([REPORT], 120), Look(120))
    assert draw([Text(":smile: [/]")], Look()) == ":smile: [/]\n"
