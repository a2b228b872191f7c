"""Which documents of a folder are meant, held against git's own word."""

from __future__ import annotations

import subprocess
from pathlib import Path

from derivcheck.patterns import documents_below, patterns

LINES = [
    "# a comment", "", "build/", "*.tmp.md", "/top.md", "docs/*.md", "**/deep/", "a/**/z.md", "end/**", "!docs/keep.md",
    "x?.md", "[ab]c.md", "[!q]r.md", "\\!odd.md", "\\#hash.md", "sp\\ ace.md", "trailing.md   ", "nest/in/", "*.log", "!sub/",
]  # fmt: skip
FILES = [
    "build/a.md", "src/build/a.md", "one.tmp.md", "top.md", "sub/top.md", "docs/a.md", "docs/keep.md", "docs/b/c.md",
    "p/deep/q.md", "deep/q.md", "a/z.md", "a/b/c/z.md", "end/x.md", "end/y/x.md", "xy.md", "xyz.md", "ac.md", "cc.md",
    "pr.md", "qr.md", "!odd.md", "#hash.md", "sp ace.md", "trailing.md", "nest/in/a.md", "nest/inn/a.md", "free.md",
]  # fmt: skip


def made(folder: Path, files: list[str]) -> None:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x", encoding="utf-8")


def test_a_folder_is_searched_as_git_would_add_it(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q", "."], check=True)
    made(tmp_path, FILES)
    Path(".gitignore").write_text("\n".join(LINES), encoding="utf-8")
    Path("src/.gitignore").write_text("!build/\n", encoding="utf-8")
    told = subprocess.run(["git", "ls-files", "-o", "--exclude-standard", "-z"], capture_output=True, check=True).stdout
    wanted = sorted(name for name in told.decode().split("\0") if name.endswith(".md"))
    assert 8 < len(wanted) < len(FILES) - 8
    assert sorted(documents_below(".")) == wanted
    # from inside, what is above counts as well; a folder that is named is searched though it is ignored itself
    assert list(documents_below("docs")) == ["docs/b/c.md", "docs/keep.md"]
    assert list(documents_below("build")) == ["build/a.md"]


def test_what_nobody_here_wrote_is_passed_over_without_a_gitignore(tmp_path: Path):
    made(tmp_path, ["a.md", "node_modules/p/README.md", ".venv/x.md", "venv/x.md", "sub/__pycache__/x.md", "sub/b.tex"])
    assert [Path(one).name for one in documents_below(str(tmp_path))] == ["a.md", "b.tex"]


def test_include_and_exclude_choose_among_the_documents(tmp_path: Path):
    made(tmp_path, ["notes/a.md", "notes/old/b.md", "c.md", "d.txt"])
    include, exclude = patterns(["notes/", "*.txt"], str(tmp_path)), patterns(["old/"], str(tmp_path))
    assert [Path(one).name for one in documents_below(str(tmp_path), include, exclude)] == ["d.txt", "a.md"]
