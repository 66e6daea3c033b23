"""Real children of the daemons under limits, called from a test as if they were objects in its process."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from syncline.compute.child import ChildProcess
from syncline.compute.work_limits import MIB, WorkLimits

AGENT, HUB, READER = (
    "supplier_agent.tasks.child",
    "trusted_party.synthesis.child",
    "supplier_agent.datasets.reader_child",
)
UNGUARDED = "tests.security.unguarded"
"""Run as ``python -m tests.security.unguarded CHILD NAME...``: the child without these guards."""


class Confined:
    """A child process; ``handle`` is what its own ``handle`` would be."""

    def __init__(self, loop: asyncio.AbstractEventLoop, child: ChildProcess) -> None:
        self._loop = loop
        self._child = child

    def handle(
        self, header: dict[str, Any], blobs: Sequence[bytes] = ()
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Call the child and wait for its answer."""
        return asyncio.run_coroutine_threadsafe(self._child.call(header, blobs), self._loop).result()

    @property
    def alive(self) -> bool:
        """Whether it can take another call."""
        return self._child.alive

    @property
    def peak_bytes(self) -> int:
        """The most memory that it has had at once."""
        status = Path(f"/proc/{self._child.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024


@contextlib.contextmanager
def confined(module: str, limits: WorkLimits, without: Sequence[str] = ()) -> Iterator[Confined]:
    """Start a child, ``without`` some of its guards; end it with the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    name, args = (UNGUARDED, [module, *without]) if without else (module, [])
    child = asyncio.run_coroutine_threadsafe(ChildProcess.start(name, args, limits=limits), loop).result()
    try:
        yield Confined(loop, child)
    finally:
        asyncio.run_coroutine_threadsafe(child.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def small(mib: int, **changes: Any) -> WorkLimits:
    """Return limits of so much memory."""
    return WorkLimits(memory_bytes=mib * MIB, **changes)
