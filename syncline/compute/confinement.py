"""Keep this process within the limits of its work, by means that hold whatever the work does.

Memory is limited by address space (RLIMIT_AS), which needs no privilege and fails the allocation that goes
too far, in this process alone. Libraries reserve address space that they do not use, so what is reserved
before the work begins comes on top. Processor time is limited by RLIMIT_CPU, whose soft limit is moved on for
each call; the kernel's SIGXCPU then ends the process also where it never comes back to Python.
"""

from __future__ import annotations

import errno
import math
import os
import resource
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from syncline.compute.work_limits import Limit, WorkLimits
from syncline.errors import SynclineError

LIMITS_VARIABLE = "SYNCLINE_WORK_LIMITS"
"""Names the limits, as JSON, in the environment of a child."""

OUT_OF_MEMORY = 77
"""With this status a child ends that had not even the memory to say so."""

ENVIRONMENT: Mapping[str, str] = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Allocators that reserve far more address space than they use would make the limit mean little."""

_LATER_BYTES = 192 << 20
"""For what is mapped later without being memory: libraries (scipy: 140 MiB) and stacks of threads."""

_PHRASES = (
    "start new thread",
    "allocate memory",
    "failed to map segment",
    "out of memory",
    "alloc failed",
    "bad_alloc",
)
"""What the interpreter, loaders of libraries and databases say who get no memory, but not by MemoryError."""


def confine(limits: WorkLimits) -> None:
    """Limit this process's memory from here on, and let it leave no core file, which would hold rows."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_AS, _address_space(limits))


@contextmanager
def confined(limits: WorkLimits) -> Iterator[None]:
    """Limit this process's memory for one piece of work, as a command does that reads a table itself."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_within(before[1], _address_space(limits)), before[1]))
    try:
        yield
    except Exception as error:
        if wants_memory(error):
            raise limits.reached(Limit.MEMORY) from None
        raise
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def begin_call(limits: WorkLimits) -> None:
    """Give this process the processor time of one call."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    until = math.ceil(time.process_time() + limits.cpu_seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (_within(hard, until), hard))


def limit_of_death(status: int | None) -> Limit | None:
    """Tell which limit ended a child, by its exit status; None where it was none.

    Libraries written in C++ abort where one of their threads gets no memory.
    """
    deaths = {-signal.SIGXCPU: Limit.CPU, OUT_OF_MEMORY: Limit.MEMORY, -signal.SIGABRT: Limit.MEMORY}
    return deaths.get(status or 0)


def wants_memory(error: BaseException) -> bool:
    """Tell whether ``error`` came about for want of memory, also where a reader took it for damaged bytes."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        if _is_of_memory(found):
            return True
        seen.add(id(found))
        found = found.__cause__ or found.__context__
    return False


def _is_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    return not isinstance(error, SynclineError) and any(phrase in str(error) for phrase in _PHRASES)


def _address_space(limits: WorkLimits) -> int:
    """Return how much address space this process may have: what it has reserved by now comes on top."""
    size, resident = (int(pages) for pages in Path("/proc/self/statm").read_text().split()[:2])
    reserved = (size - resident) * os.sysconf("SC_PAGE_SIZE")
    return reserved + _LATER_BYTES + limits.memory_bytes


def _lower(kind: int, most: int) -> None:
    """Lower a limit of this process to ``most``, for good."""
    allowed = _within(resource.getrlimit(kind)[1], most)
    resource.setrlimit(kind, (allowed, allowed))


def _within(hard: int, most: int) -> int:
    """Return ``most``, or a limit that was inherited and is lower."""
    return most if hard == resource.RLIM_INFINITY else min(most, hard)
