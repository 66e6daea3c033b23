"""The law of unit tests: each way out of the process is refused in a sentence, also where it is swallowed."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

import grpc.aio
import pytest

from tests.unit.guard import LONGEST_PAUSE, Guard


def bound() -> None:
    with socket.socket() as one:
        one.bind(("localhost", 0))


def connected() -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.connect("/nowhere")


async def child() -> None:
    await asyncio.create_subprocess_exec("true")


BREACHES: dict[str, tuple[str, Callable[[], object]]] = {
    "run": ("starts no process", lambda: subprocess.run(["true"], check=True)),
    "asyncio's process": ("starts no process", lambda: asyncio.run(child())),
    "fork": ("starts no process", lambda: os.fork() or os._exit(0)),
    "multiprocessing": ("starts no process", lambda: multiprocessing.Process(target=print).start()),
    "bind": ("opens no socket", bound),
    "connect": ("opens no socket", connected),
    "server of gRPC": ("opens no socket", lambda: grpc.aio.server()),
    "channel of gRPC": ("opens no socket", lambda: grpc.insecure_channel("localhost:1")),
    "sleep": ("does not sleep", lambda: time.sleep(2 * LONGEST_PAUSE)),
    "asyncio's sleep": ("does not sleep", lambda: asyncio.run(asyncio.sleep(1))),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_refused_in_a_sentence(name: str, guard: Guard) -> None:
    law, breach = BREACHES[name]
    with pytest.raises(pytest.fail.Exception, match=f"^a unit test {law}: move the test to tests/process"):
        breach()
    assert guard.refused
    guard.refused.clear()


def test_what_is_swallowed_is_remembered(guard: Guard) -> None:
    with contextlib.suppress(BaseException):
        time.sleep(1)
    assert len(guard.refused) == 1
    guard.refused.clear()


def test_who_waits_for_nothing_is_let_through(guard: Guard) -> None:
    time.sleep(0)
    asyncio.run(asyncio.sleep(0))
    assert guard.refused == []
    assert "grpc" in sys.modules
