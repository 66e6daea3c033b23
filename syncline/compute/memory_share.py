"""How much memory a computing child may take where nobody says: a share of what the service has."""

from __future__ import annotations

import os
from pathlib import Path

LEAST_BYTES = 512 << 20
"""A child that is given less could not do the work of a small study."""

_CONTROL_GROUPS = Path("/sys/fs/cgroup")


def memory_share(children: int) -> int:
    """Return the part of one child of ``children`` that may be at work together, in bytes.

    They share three quarters of what the machine, or the service's control group, has: the daemon needs some,
    and the group's own limit shall never be met, for it ends whatever process the kernel picks.
    """
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(LEAST_BYTES, min(machine, _group_limit(machine)) // 4 * 3 // children)


def _group_limit(otherwise: int) -> int:
    """Return the limit of this process's control group (version 2), if it has one."""
    try:
        own = Path("/proc/self/cgroup").read_text().strip().rpartition("::")[2]
        return int((_CONTROL_GROUPS / own.lstrip("/") / "memory.max").read_text())
    except (OSError, ValueError):  # no such file, or the word "max"
        return otherwise
