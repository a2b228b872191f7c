from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from derivcheck import writing
from derivcheck.writing import replace_file, write_new
from tests.cli.running import environment


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole_with_its_mode_and_behind_its_link(tmp_path: Path):
    file, link = tmp_path / "a.md", tmp_path / "link.md"
    file.write_bytes(b"old")
    file.chmod(0o640)
    link.symlink_to("a.md")
    replace_file(link, b"new\r\n")
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"new\r\n", 0o640)
    assert link.is_symlink()
    assert names(tmp_path) == ["a.md", "link.md"]


def test_a_new_file_never_takes_the_place_of_one_that_is_there(tmp_path: Path):
    file = tmp_path / "a.md"
    write_new(file, b"mine")
    with pytest.raises(FileExistsError):
        write_new(file, b"other")
    assert file.read_bytes() == b"mine"
    assert names(tmp_path) == ["a.md"]


def test_a_pipe_is_written_to_as_it_is():
    read, write = os.pipe()
    replace_file(Path(f"/dev/fd/{write}"), b"told")
    assert os.read(read, 10) == b"told"


@pytest.mark.parametrize("named", [False, True], ids=["without a name", "with a name"])
@pytest.mark.parametrize("write", [write_new, replace_file])
def test_a_full_disk_loses_nothing_and_leaves_nothing_behind(tmp_path: Path, write, named, monkeypatch):
    if named:
        monkeypatch.delattr(writing.os, "O_TMPFILE", raising=False)
    (tmp_path / "a.md").write_bytes(b"old")
    before, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write(tmp_path / ("a.md" if write is replace_file else "b.md"), b"x" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert names(tmp_path) == ["a.md"]
    assert (tmp_path / "a.md").read_bytes() == b"old"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_in_the_middle_of_writing_leaves_the_old_file_alone(tmp_path: Path, number):
    (tmp_path / "a.md").write_bytes(b"old")
    script = (
        "import os, sys, time; from pathlib import Path; from derivcheck.writing import replace_file\n"
        "os.fsync = lambda handle: (print('half', flush=True), time.sleep(600))\n"
        "replace_file(Path(sys.argv[1]), b'new')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "a.md")], stdout=subprocess.PIPE, env=environment()
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGKILL if number == signal.SIGKILL else number)
    if number == signal.SIGTERM:
        assert process.poll() is None  # it waits until the file has its name
        process.kill()
    process.wait()
    process.stdout.close()
    assert (tmp_path / "a.md").read_bytes() == b"old"
    if hasattr(os, "O_TMPFILE"):
        assert names(tmp_path) == ["a.md"]
