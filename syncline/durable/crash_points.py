"""Points at which the fault harness may kill the process, to prove that nothing is lost there.

``SYNCLINE_CRASH_AT=NAME#K`` kills the process when the point NAME is reached for the K-th time, ``*#N`` at
the N-th point of any name; both count from 1. ``SYNCLINE_CRASH_LOG=PATH`` appends the name of each point
reached, one a line, so that a harness can first enumerate what it will then kill. Without these variables a
point costs one comparison.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from syncline.errors import UsageError

ANY_POINT = "*"


@dataclass(frozen=True, slots=True)
class CrashPlan:
    """Where to kill the process and where to note the points that it passes."""

    name: str | None = None
    count: int = 0
    log_path: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> CrashPlan | None:
        """Read the plan from environment variables; None where neither variable is set."""
        target = environment.get("SYNCLINE_CRASH_AT")
        log_path = environment.get("SYNCLINE_CRASH_LOG") or None
        if not target:
            return cls(log_path=log_path) if log_path else None
        name, mark, count = target.rpartition("#")
        if not (mark and name and count.isascii() and count.isdigit() and int(count) > 0):
            raise UsageError("SYNCLINE_CRASH_AT must read NAME#K or *#N with a number from 1")
        return cls(name, int(count), log_path)


@dataclass(slots=True)
class CrashCounter:
    """Count the points that were reached and say when the plan's moment has come."""

    plan: CrashPlan
    reached: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, name: str) -> None:
        """Count the point ``name``, note it, and kill this process where the plan says so."""
        with self.lock:
            self.reached[name] += 1
            self.reached[ANY_POINT] += 1
            self._note(name)
            if self.plan.name in (name, ANY_POINT) and self.reached[self.plan.name] == self.plan.count:
                os.kill(os.getpid(), signal.SIGKILL)

    def _note(self, name: str) -> None:
        if self.plan.log_path is None:
            return
        descriptor = os.open(self.plan.log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, f"{name}\n".encode())
        finally:
            os.close(descriptor)


_plan = CrashPlan.from_environment(os.environ)
_counter = None if _plan is None else CrashCounter(_plan)


def crash_point(name: str) -> None:
    """Mark a place that a kill must not harm, such as ``crash_point("outbox:before-send")``."""
    if _counter is not None:
        _counter.reach(name)
