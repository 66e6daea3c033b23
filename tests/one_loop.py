"""One event loop for all tests of a process, as a daemon has one.

gRPC binds its poller to the loops of its process and outlives a closed one badly: events that come for a loop
of an earlier test then reach memory that is gone. So ``asyncio.run`` keeps its promises to tests (other tasks
are cancelled) on a loop that stays.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_plain_run = asyncio.run
_loop: asyncio.AbstractEventLoop | None = None


def run(work: Coroutine[Any, Any, T], *, debug: bool | None = None) -> T:
    """Run ``work`` to its end on this process's loop; on another thread, on a loop of its own."""
    global _loop
    if threading.current_thread() is not threading.main_thread():
        return _plain_run(work, debug=debug)
    if _loop is None:
        _loop = asyncio.new_event_loop()
    asyncio.set_event_loop(_loop)
    try:
        return _loop.run_until_complete(work)
    finally:
        _loop.run_until_complete(_tidy())


async def _tidy() -> None:
    """Cancel what was left running."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def close() -> None:
    """Close the loop at the end of the process."""
    if _loop is not None and not _loop.is_closed():
        _loop.run_until_complete(_loop.shutdown_asyncgens())
        _loop.run_until_complete(_loop.shutdown_default_executor())
        _loop.close()
