"""Rules wait by the clock, whose hours tests pass at once; who waits by the machine's own time is listed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.repository import ROOT, source_files

TIMERS = {
    *(f"asyncio.{name}" for name in ("sleep", "timeout", "timeout_at", "wait_for")),
    *(f"time.{name}" for name in ("sleep", "monotonic", "perf_counter", "time")),
}
METHODS = {"call_later", "call_at"}
"""Of an event loop; the clock's own ``call_later`` is none."""

REAL = {
    "syncline/clock.py": "the machine's clock itself",
    "syncline/cli/demo/play.py": "a command that tells how long it took",
    "syncline/cli/demo/stage.py": "a command that waits for processes",
    "syncline/cli/progress_line.py": "what a person watches is drawn",
    "syncline/cli/study_progress.py": "what a person watches is drawn, and a hub is asked again",
    "syncline/compute/child.py": "the limit of a process's work",
    "syncline/durable/store.py": "another process's commits are looked for",
    "syncline/sources/read_ahead.py": "a thread of Arrow's is waited for",
    "trusted_party/datastore/postgres_connection.py": "a database server is waited for, in a thread",
    "trusted_party/datastore/postgres_writing.py": "a database server is waited for, in a thread",
    "trusted_party/api/servers.py": "gRPC's last connections are waited for",
    "trusted_party/api/porch.py": "the last bytes of closing connections are waited for",
}
"""What waits by the machine's time: for the operating system, another process or a person, by no rule."""


def timers(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield where a module waits by the machine's time, or reads it; a turn of the loop is no wait."""
    turns = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_turn(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "asyncio.wait":
            yield from (given.value for given in node.keywords if given.arg == "timeout")
        if isinstance(node, ast.Attribute) and id(node) not in turns:
            name = ast.unparse(node)
            if name in TIMERS or (node.attr in METHODS and "loop" in name) or name.endswith("loop().time"):
                yield node


def _is_turn(call: ast.Call) -> bool:
    """Tell whether a call is ``asyncio.sleep(0)``, a turn of the loop."""
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0


def test_only_those_wait_by_the_machines_time_who_wait_for_it() -> None:
    found = {
        str(path.relative_to(ROOT)) for path in source_files() if any(timers(ast.parse(path.read_text())))
    }
    assert found == set(REAL)


def test_a_timer_would_be_seen() -> None:
    for line in (
        "await asyncio.sleep(1)",
        "loop.call_later(1, f)",
        "asyncio.wait(a, timeout=1)",
        "get_running_loop().time()",
    ):
        assert list(timers(ast.parse(f"async def f(): {line}")))
    for line in ("await asyncio.sleep(0)", "self._clock.call_later(1, f)", "await self._clock.sleep(1)"):
        assert not list(timers(ast.parse(f"async def f(): {line}")))
