"""Checking many documents: what a cache knows is not asked again, the others are checked one after the other or side by
side in processes; the answers come in the order of the documents either way.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from derivcheck.cache import Cache, Job
from derivcheck.config import UnknownClaim
from derivcheck.verdict import Report

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess


def run(
    jobs: Sequence[Job], tell: Callable[[str], None], *, cache: Cache | None = None, processes: int = 1
) -> list[Report | UnknownClaim]:
    """A report for each document; ``UnknownClaim`` for one that has no claim of the name that was asked for."""
    known = {job: report for job in range(len(jobs)) if cache and (report := cache.get(jobs[job])) is not None}
    left = [index for index in range(len(jobs)) if index not in known]
    answers: dict[int, Report | UnknownClaim] = dict(known)

    def keep(index: int, answer: Report | UnknownClaim) -> None:
        answers[index] = answer
        if cache is not None and not isinstance(answer, UnknownClaim):
            cache.put(jobs[index], answer)

    def told(index: int) -> None:
        at = f"{len(answers) + 1} of {len(jobs)}: " if len(jobs) > 1 else ""
        tell(f"checking {at}{jobs[index].source.path}")

    if processes > 1 and len(left) > 1:
        _side_by_side([(index, jobs[index]) for index in left], min(processes, len(left)), told, keep)
    else:
        for index in left:
            told(index)
            keep(index, answer(jobs[index]))
    return [answers[index] for index in range(len(jobs))]


def answer(job: Job) -> Report | UnknownClaim:
    """The check of one document."""
    from derivcheck.engine import check

    try:
        return check(job.source, job.settings)
    except UnknownClaim as error:
        return error


def _side_by_side(
    jobs: Sequence[tuple[int, Job]],
    processes: int,
    told: Callable[[int], None],
    keep: Callable[[int, Report | UnknownClaim], None],
) -> None:
    """Check in several processes, each with a pipe of its own; one that the system ends loses its document alone.

    (Pools share semaphores, which nobody clears away when Ctrl-C ends us at once.)
    """
    from multiprocessing.connection import Connection, wait

    # the longest first, so that none of them is left to run alone at the end
    left = sorted(jobs, key=lambda one: len(one[1].source.text))
    busy: dict[Connection, tuple[int, Job]] = {}
    with _one_thread_each():
        idle = [_started() for _ in range(processes)]
        while left or busy:
            while left and idle:
                pipe, (index, job) = idle.pop(), left.pop()
                told(index)
                pipe.send(job)
                busy[pipe] = index, job
            for ready in wait(list(busy)):
                assert isinstance(ready, Connection)
                index, job = busy.pop(ready)
                try:
                    said = ready.recv()
                except (EOFError, OSError):
                    keep(index, _lost(job))
                    idle += [_started()] if left else []
                    continue
                if isinstance(said, Exception) and not isinstance(said, UnknownClaim):
                    raise said
                keep(index, said)
                idle.append(ready)
    for pipe in idle:
        pipe.close()


def _started() -> Connection:
    """A process that waits for documents, by its pipe; it ends when the pipe is closed."""
    import multiprocessing

    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    spawn.Process(target=_work, args=(theirs, answer), daemon=True).start()
    theirs.close()
    return ours


def _work(pipe: Connection, answer: Callable[[Job], Report | UnknownClaim]) -> None:
    _begin()
    with suppress(EOFError, OSError):
        while True:
            job = pipe.recv()
            try:
                said: Report | Exception = answer(job)
            except Exception as error:
                said = error
            pipe.send(said)


def _lost(job: Job) -> Report:
    from derivcheck.isolation import internal_error
    from derivcheck.source import NOWHERE

    error = RuntimeError("the process that checked it was ended from outside; it may have asked for too much memory")
    bug = internal_error(error, NOWHERE)
    return Report(job.source, (), (bug,), 0, job.settings.seed, job.settings.trials)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """The processes of a pool read their environment when they start."""
    threads = {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    os.environ.update(dict.fromkeys(threads, "1"))
    try:
        yield
    finally:
        for name, value in threads.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _begin() -> None:
    """What a process of the pool does first: it ends without a word with whoever started it, and on Ctrl-C."""
    import multiprocessing
    import warnings

    warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(130)
