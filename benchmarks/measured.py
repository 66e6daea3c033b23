"""Run a piece of work in a process of its own and measure it: wall seconds, CPU seconds, peak memory."""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True)
class Measured:
    """What a run cost and what it returned."""

    wall: float
    cpu: float
    rss_mb: float
    result: Any

    def row(self) -> str:
        """Return the costs as columns of a table."""
        return f"{self.wall:8.2f} {self.cpu:8.2f} {self.rss_mb:8.0f}"


HEADER = f"{'wall s':>8} {'CPU s':>8} {'RSS MB':>8}"


def measured(work: Callable[..., Any], *arguments: Any) -> Measured:
    """Run ``work`` in a fresh process, imports not counted, and measure it."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_run, args=(there, work, arguments))
    process.start()
    wall, cpu, rss, result = here.recv()
    process.join()
    return Measured(wall, cpu, rss, result)


def _run(pipe: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    began, used = time.perf_counter(), time.process_time()
    result = work(*arguments)
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    pipe.send((wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, result))
