"""How much memory the computing child may take where the operator does not say."""

from __future__ import annotations

import os
from pathlib import Path

LEAST_BYTES = 2 << 30
"""A child that is given less could not do the work of a small study."""

_CONTROL_GROUPS = Path("/sys/fs/cgroup")


def default_memory_bytes() -> int:
    """Return three quarters of what the machine, or the service's control group, has: the daemon needs some.

    The limit is one of address space, which a process has somewhat more of than memory.
    """
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(LEAST_BYTES, min(machine, _group_limit(machine)) // 4 * 3)


def _group_limit(otherwise: int) -> int:
    """Return the limit of this process's control group (version 2), if it has one."""
    try:
        own = Path("/proc/self/cgroup").read_text().strip().rpartition("::")[2]
        return int((_CONTROL_GROUPS / own.lstrip("/") / "memory.max").read_text())
    except (OSError, ValueError):  # no such file, or the word "max"
        return otherwise
