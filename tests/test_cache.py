"""What is remembered of a document is what was found out about it, and about no other."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivcheck import cache as caching
from derivcheck.cache import Cache, Job, digest, opened
from derivcheck.config import Settings
from derivcheck.running import run
from derivcheck.source import Cell, Place, Source
from derivcheck.verdict import INTERNAL_ERROR, Doubt, Finding, Severity, Verdict
from tests.cli.running import RIGHT, ROOT, WRONG, a_report, environment, here, with_engine
from tests.report.fakes import REPORT

SOURCE = REPORT.source


@pytest.fixture
def memory(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", "this program")


def test_a_report_comes_back_as_it_was(memory: Cache):
    result = REPORT.results[0]
    odd = replace(
        result.verdict.evidence[0], error=float("inf"), bar=-0.0, doubt=Doubt.SEVERAL, points=10**20, every=("φ",)
    )
    verdict = replace(result.verdict, evidence=(odd,), defined_on=Place(1, 2), missing=(result.span,))
    report = replace(REPORT, results=(replace(result, verdict=verdict), *REPORT.results[1:]), ignored=REPORT.results)
    job = Job(SOURCE, Settings())
    assert memory.get(job) is None
    memory.put(job, report)
    assert memory.get(job) == report
    assert repr(memory.get(job)) == repr(report)


def test_every_field_of_what_is_kept_is_kept():
    """A field that is added later must come back too: the codec follows the types, and refuses what it does not know."""
    kept = caching._fields(type(REPORT))
    assert {name for name, _ in kept} == {field.name for field in dataclasses.fields(REPORT)} - {"source"}
    assert {name for name, _ in caching._fields(Verdict)} == {field.name for field in dataclasses.fields(Verdict)}


@given(
    st.sampled_from(
        [field.name for field in dataclasses.fields(Source)] + [f.name for f in dataclasses.fields(Settings)]
    ),
    st.integers(0, len(SOURCE.text) - 1),
)
@settings(max_examples=60)
def test_whatever_changes_in_text_or_settings_is_checked_anew(name: str, at: int):
    job = Job(SOURCE, Settings(sizes={"D": 4}))
    other = {
        "path": "b.md", "text": SOURCE.text[:at] + "~" + SOURCE.text[at + 1 :], "cells": (Cell(1, at),), "raw": "{}",
        "readings": (("softmax-axis", "rows"),), "insisted": (("primes", "name"),), "seed": 1, "trials": 5, "draws": 4, "sizes": {"D": 5},
        "functions": {"\\phi": "tanh"}, "values": {"x": 1.0}, "claim": "a", "strict": True, "require": "proved",
        "evidence": "exact", "extra": {"box": 1}, "config": "c.toml",
    }[name]  # fmt: skip
    changed = (
        replace(job, source=replace(job.source, **{name: other}))
        if hasattr(job.source, name)
        else replace(job, settings=replace(job.settings, **{name: other}))
    )
    assert digest("a", changed) != digest("a", job) == digest("a", replace(job)) != digest("b", job)


def test_the_program_is_its_files_and_what_it_counts_with(monkeypatch):
    before = caching.program()
    caching.program.cache_clear()
    monkeypatch.setattr(caching, "NEEDED", ("torch", "nosuch-package"))
    assert caching.program() != before
    caching.program.cache_clear()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-9],
        lambda data: data.replace(b"wrong", b"holds"),
        lambda data: b"",
        lambda data: b"\xff" + data,
    ],
)
def test_what_is_spoilt_is_not_taken(memory: Cache, spoil):
    job = Job(SOURCE, Settings())
    memory.put(job, REPORT)
    (entry,) = memory.folder.rglob("*.json")
    entry.write_bytes(spoil(entry.read_bytes()))
    assert memory.get(job) is None
    memory.put(job, REPORT)
    assert memory.get(job) == REPORT


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b"[1,2,3]", b'[[["a"]],[],0,0,0,0,"",[],0,[],[],false]'])
def test_a_whole_entry_of_another_form_is_not_taken(memory: Cache, body: bytes):
    import hashlib

    job = Job(SOURCE, Settings())
    memory.put(job, REPORT)
    (entry,) = memory.folder.rglob("*.json")
    entry.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    assert memory.get(job) is None


def test_an_error_of_derivcheck_itself_is_met_again(memory: Cache):
    bug = Finding(INTERNAL_ERROR, Severity.ERROR, "went wrong", REPORT.results[0].span)
    memory.put(Job(SOURCE, Settings()), replace(REPORT, findings=(bug,)))
    assert not list(memory.folder.rglob("*.json"))


def test_a_folder_that_cannot_be_written_to_or_is_full_changes_nothing(tmp_path: Path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    there = Cache(tmp_path / "file" / "below", "this program")
    there.put(Job(SOURCE, Settings()), REPORT)
    assert there.get(Job(SOURCE, Settings())) is None
    monkeypatch.setattr(caching, "FULLEST", 3)
    memory = Cache(tmp_path / "cache", "this program")
    for seed in range(1500):
        if (
            len(list(memory.folder.glob("00/*"))) == 3
            and digest("this program", Job(SOURCE, Settings(seed=seed)))[:2] != "00"
        ):
            continue
        memory.put(Job(SOURCE, Settings(seed=seed)), replace(REPORT, seed=seed))
        if seed > 150:
            break
    assert all(len(list(folder.iterdir())) <= 3 for folder in memory.folder.iterdir())


def test_the_folder_is_the_platforms_or_the_one_that_is_named(monkeypatch, tmp_path: Path):
    monkeypatch.delenv("DERIVCHECK_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert opened().folder == tmp_path / "derivcheck"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert opened().folder == Path.home() / ".cache" / "derivcheck"
    monkeypatch.setenv("DERIVCHECK_CACHE", str(tmp_path / "own"))
    assert opened().folder == tmp_path / "own"
    monkeypatch.setenv("DERIVCHECK_CACHE", "off")
    assert opened() is None


def test_an_unchanged_document_is_answered_alike_without_torch(tmp_path: Path, monkeypatch):
    for name, text in (("a.md", RIGHT), ("b.md", WRONG)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("DERIVCHECK_CACHE", str(tmp_path / "cache"))
    first = here("check", "a.md", "b.md", cwd=tmp_path)
    assert first.returncode == 1
    script = (
        "import sys\nfrom derivcheck.cli import run\ncode = run(['check', 'a.md', 'b.md'])\n"
        "heavy = {'torch', 'flint', 'derivcheck.engine', 'derivcheck.language.nodes'} & set(sys.modules)\n"
        "assert not heavy, heavy\nsys.exit(code)"
    )
    again = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (again.returncode, again.stdout, again.stderr) == (1, first.stdout, first.stderr)
    assert len(list((tmp_path / "cache").rglob("*.json"))) == 2


def test_no_cache_neither_reads_nor_writes(tmp_path: Path, monkeypatch):
    from derivcheck.verdict import Outcome

    (tmp_path / "a.md").write_text(RIGHT, encoding="utf-8")
    monkeypatch.setenv("DERIVCHECK_CACHE", str(tmp_path / "cache"))
    calls = []

    def check(source, settings):
        calls.append(source.path)
        return a_report(source, settings, Outcome.HOLDS)

    with_engine(monkeypatch, check)
    for arguments, expected in ((("--no-cache",), 1), ((), 2), ((), 2), (("--seed", "1"), 3), (("--no-cache",), 4)):
        here("check", "a.md", *arguments, cwd=tmp_path)
        assert len(calls) == expected


def test_two_writers_and_one_that_is_killed_leave_whole_entries(tmp_path: Path):
    script = (
        "import sys; from pathlib import Path; from derivcheck.cache import Cache; from derivcheck.cache import Job\n"
        "from derivcheck.config import Settings; from tests.report.fakes import REPORT\n"
        "cache = Cache(Path(sys.argv[1]), 'p'); print(flush=True)\n"
        "while True:\n  for seed in range(4): cache.put(Job(REPORT.source, Settings(seed=seed)), REPORT)"
    )
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "c")], cwd=ROOT, env=environment(), stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    memory, seen = Cache(tmp_path / "c", "p"), 0
    for writer in writers:
        writer.stdout.readline()
    while seen < 300:
        found = memory.get(Job(SOURCE, Settings(seed=seen % 4)))
        assert found in (None, REPORT)
        seen += found is not None
    for writer in writers:
        writer.kill()
        writer.wait()
        writer.stdout.close()
    assert all(memory.get(Job(SOURCE, Settings(seed=seed))) in (None, REPORT) for seed in range(4))


def _ends_itself(job: Job):
    if "dies" in job.source.text:
        os._exit(9)
    return a_report(job.source, job.settings)


def test_a_process_that_the_system_ends_loses_its_document_and_no_other(monkeypatch):
    monkeypatch.setattr("derivcheck.running.answer", _ends_itself)
    jobs = [Job(Source(f"{index}.md", text), Settings()) for index, text in enumerate(("a", "dies", "b"))]
    codes = [[finding.code for finding in report.findings] for report in run(jobs, print, processes=2)]
    assert codes == [[], [INTERNAL_ERROR], []]


def test_documents_side_by_side_are_answered_in_order_and_alike(tmp_path: Path):
    texts = [RIGHT, WRONG, "Let $x \\in \\mathbb{R}$.\n\n$$ x + x = 2 x $$"]
    jobs = [Job(Source(f"{index}.md", text), Settings(evidence="exact")) for index, text in enumerate(texts)]
    told: list[str] = []
    alone, together = run(jobs, told.append), run(jobs, told.append, processes=2)
    assert [replace(one, seconds=0) for one in alone] == [replace(one, seconds=0) for one in together]
    assert told[:3] == [f"checking {n} of 3: {n - 1}.md" for n in (1, 2, 3)]
    missing = run([replace(one, settings=replace(one.settings, claim="nosuch")) for one in jobs], told.append)
    assert all(isinstance(one, Exception) for one in missing)
