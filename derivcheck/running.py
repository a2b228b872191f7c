"""Checking many documents: what a cache knows is not asked again, the others are checked one after the other or side by
side in processes; the answers come in the order of the documents either way."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from derivcheck.config import Settings, UnknownClaim

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from derivcheck.cache import Cache
    from derivcheck.source import Source
    from derivcheck.verdict import Report


@dataclass(frozen=True, slots=True)
class Job:
    """A document, and the settings that apply to it."""

    source: Source
    settings: Settings


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
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed

    spawn = multiprocessing.get_context("spawn")
    # the processes of a pool read their environment when they start
    threads = {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    os.environ.update(dict.fromkeys(threads, "1"))
    try:
        with ProcessPoolExecutor(processes, mp_context=spawn, initializer=_begin) as pool:
            # the longest first, so that none of them is left to run alone at the end
            ordered = sorted(jobs, key=lambda one: -len(one[1].source.text))
            futures: dict[Future[Report | UnknownClaim], int] = {
                pool.submit(answer, job): index for index, job in ordered
            }
            told(ordered[0][0])
            for future in as_completed(futures):
                keep(futures[future], future.result())
                if waiting := [index for other, index in futures.items() if not other.done()]:
                    told(waiting[0])
    finally:
        for name, value in threads.items():
            if value is None:
                os.environ.pop(name, None)
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
