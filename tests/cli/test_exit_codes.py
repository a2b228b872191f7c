"""The exit codes of DESIGN section 8: each once by the real command in a process of its own, the other ways to it here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import NO_CLAIM, RIGHT, UNREAD, WRONG, command, derivcheck, environment, here


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("right", RIGHT), ("wrong", WRONG), ("unread", UNREAD), ("prose", NO_CLAIM)):
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    (tmp_path / "binary.md").write_bytes(bytes(range(256)))
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", "right.md"], 0),
        (["check", "wrong.md"], 1),
        (["check", "right.md", "wrong.md"], 1),
        (["check", "unread.md"], 0),
        (["check", "unread.md", "--strict"], 1),
        (["check", "prose.md"], 1),
        (["check", "prose.md", "right.md"], 0),
        (["list", "right.md"], 0),
        (["list", "wrong.md"], 0),
        (["--help"], 0),
        (["--version"], 0),
        (["check", "--help"], 0),
    ],
)
def test_what_was_found_is_the_exit_code(folder, arguments, code):
    done = here(*arguments, cwd=folder)
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code"), [(["check", "right.md"], 0), (["check", "wrong.md"], 1), (["check", "missing.md"], 2)]
)
def test_the_exit_code_is_that_of_the_process(folder, arguments, code):
    assert derivcheck(*arguments, cwd=folder).returncode == code


@pytest.mark.parametrize("form", ["table", "concise", "json"])
def test_the_format_does_not_change_the_exit_code(folder, form):
    assert here("check", "wrong.md", "--format", form, cwd=folder).returncode == 1
    assert here("check", "right.md", "--format", form, cwd=folder).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "missing.md"], ["missing.md"]),
        (["list", "missing.md"], ["missing.md"]),
        (["check", "binary.md"], ["binary.md", "text"]),
        (["check", "empty"], ["empty", "no document", ".md"]),
        (["check"], ["FILE"]),
        (["chek", "right.md"], ["chek", "did you mean `check`"]),
        (["right.md"], ["derivcheck check right.md"]),
        (["check", "right.md", "--sed", "3"], ["--sed", "did you mean `--seed`"]),
        (["check", "right.md", "--seed", "nan"], ["--seed", "nan"]),
        (["check", "right.md", "--seed", "-1"], ["--seed", "-1"]),
        (["check", "right.md", "--trials", "1"], ["--trials", "2 to 1000"]),
        (["check", "right.md", "--sizes", "D=-3"], ["`D`", "1 to 4096", "-3"]),
        (["check", "right.md", "--sizes", "D=1000000000"], ["`D`", "4096"]),
        (["check", "right.md", "--sizes", "D=inf"], ["`D`", "inf"]),
        (["check", "right.md", "--sizes", "D"], ["NAME=NUMBER"]),
        (["check", "right.md", "--format", "tabel"], ["tabel", "table"]),
        (["check", "right.md", "-q", "-v"], ["-q and -v"]),
        (["check", "right.md", "--claim", "no-such-claim"], ["no-such-claim"]),
        (["check", "right.md", "--config", "missing.toml"], ["missing.toml"]),
        (["resblock", "--dim", "0"], ["--dim", "1 to 4096"]),
        (["resblock", "--dim", "3", "--sizes", "D=4"], ["--dim", "--sizes"]),
        (["resblock", "--phi", "tan"], ["tan", "tanh"]),
        (["resblock", "--write", "right.md"], ["right.md", "there already"]),
        (["resblock", "--write", "no/such/folder.md"], ["folder.md"]),
        (["resblock", "--derivation", "missing.md"], ["missing.md"]),
        (["resblock", "--derivation", "right.md", "--as-handed-in"], ["--derivation", "--as-handed-in"]),
        (["mlp", "--dim", "3"], ["--dim"]),
        (["ppca", "--sigma", "nan"], ["--sigma", "finite", "nan"]),
        (["ppca", "--sigma", "1e99"], ["--sigma", "at most"]),
        (["ppca", "--sigma", "half"], ["--sigma", "half"]),
        (["ppca", "--sigma", "-0.5"], ["standard deviation", "positive", "-0.5"]),
        (["ppca", "--samples", "0"], ["--samples", "1 to 4096"]),
    ],
)
def test_bad_usage_and_unreadable_files_exit_2_with_one_message_on_stderr(folder, arguments, says):
    done = here(*arguments, cwd=folder)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("derivcheck: error: ")
    assert done.stderr.count("derivcheck: error: ") == 1
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
    for word in says:
        assert word in done.stderr


def test_no_command_at_all_is_bad_usage_and_shows_the_help_on_stderr(folder):
    done = derivcheck(cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: derivcheck" in done.stderr


def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_being_checked(folder):
    done = here("check", "missing.md", "wrong.md", cwd=folder)
    assert done.returncode == 2
    assert "wrong.md:3" in done.stdout
    assert "missing.md" in done.stderr


INTERRUPTED = """
import os, signal, sys
from derivcheck.__main__ import main

class Moment:
    def __init__(self, module):
        self.module = module
    def find_spec(self, name, path=None, target=None):
        if name == self.module:
            os.kill(os.getpid(), signal.SIGINT)
    def read(self, size=-1):
        os.kill(os.getpid(), signal.SIGINT)
        return b""

# What starts the tests may have turned the signal off, and a child inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Moment(sys.argv.pop(1)))
if sys.argv[-1] == "-":
    sys.stdin = type("Input", (), {"buffer": Moment("")})
sys.exit(main())
"""
"""The command, in which Ctrl-C arrives when it begins to import a module, or waits for its standard input."""


@pytest.mark.parametrize(
    ("moment", "document"),
    [
        ("derivcheck.cli", "wrong.md"),
        ("derivcheck.engine", "wrong.md"),
        ("torch", "wrong.md"),
        ("torch.nn", "wrong.md"),
        ("derivcheck.diagnosis.looking", "wrong.md"),
        ("derivcheck.report.screen", "wrong.md"),
        ("", "-"),
    ],
)
def test_ctrl_c_exits_130_without_a_traceback_whenever_it_arrives(folder, moment, document):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, moment, "check", document],
        capture_output=True,
        cwd=folder,
        env=environment(),
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")


@pytest.mark.parametrize("arguments", [["--help"], ["check", "wrong.md", "-v"]])
def test_a_reader_that_goes_away_is_no_error(folder, arguments):
    running = subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment(),
        encoding="utf-8",
    )
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    with running:
        said = running.stderr.read()
        assert running.wait(timeout=120) == 141
    assert said == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full disk to write to")
def test_a_full_disk_is_told_and_exits_2(folder):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("check", "right.md"),
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environment(),
            encoding="utf-8",
        )
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_terminal_that_knows_ascii_only_gets_escapes_and_no_exception(folder):
    done = derivcheck("check", "wrong.md", cwd=folder, PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert done.stdout.isascii()


def test_the_command_can_be_started_as_an_installed_script(folder):
    script = (
        "import sys; sys.argv = ['derivcheck', '--version']; from derivcheck.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", env=environment(), cwd=folder
    )
    assert done.returncode == 0
    assert done.stdout.startswith("derivcheck ")


def test_the_homework_commands_pass_on_what_ships_with_them(folder):
    for name in ("mlp", "resblock"):
        done = here(name, "--format", "concise", cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_left_behind_in_the_folder(folder):
    before = sorted(folder.iterdir())
    here("check", ".", cwd=folder)
    here("resblock", "--write", "right.md", cwd=folder)
    assert sorted(folder.iterdir()) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full disk to write to")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "--help"]])
def test_help_on_a_full_disk_is_told_and_is_no_bug(folder, arguments):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command(*arguments), stdout=full, stderr=subprocess.PIPE, cwd=folder, env=environment(), encoding="utf-8"
        )
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "bug" not in done.stderr


def test_a_file_name_cannot_steer_the_terminal_it_is_complained_of_on(folder):
    done = here("check", "a\x1b[31mb.md", cwd=folder)
    assert done.returncode == 2
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("name", ["", "a" * 5000 + ".md"])
def test_a_name_that_no_file_can_have_is_bad_usage(folder, name):
    done = here("check", name, cwd=folder)
    assert done.returncode == 2
    assert done.stderr.startswith("derivcheck: error: ")
    assert "bug" not in done.stderr


def test_closed_standard_input_is_told(folder):
    script = "import sys; sys.stdin = None; from derivcheck.cli import run; sys.exit(run(['check', '-']))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", env=environment(), cwd=folder
    )
    assert done.returncode == 2
    assert "standard input is closed" in done.stderr


def test_write_with_a_dash_sends_the_document_to_standard_output(folder):
    done = derivcheck("resblock", "--write", "-", cwd=folder)
    assert done.returncode == 0
    assert done.stdout.startswith("# ")
    assert not (folder / "-").exists()
