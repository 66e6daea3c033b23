"""What a unit test may not reach: sockets, other processes, and time that passes.

Refused at the call, whoever makes it, in one sentence with the remedy; and once more at the end of the test,
should the product or a thread have swallowed the first.
"""

from __future__ import annotations

import asyncio
import multiprocessing.process
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

LONGEST_PAUSE = 0.01
"""Seconds. The product looks each millisecond whether a thread of Arrow has gone: nobody waits for that."""

REMEDY = "move the test to tests/process, or give it what it waits for (docs/contributing.md)"
PROCESSES = [
    (subprocess.Popen, "__init__"),
    (multiprocessing.process.BaseProcess, "start"),
    (os, "fork"),
    (os, "posix_spawn"),
    (os, "system"),
]
SOCKETS = [(socket.socket, "connect"), (socket.socket, "connect_ex"), (socket.socket, "bind")]
GRPC = ["server", "insecure_channel", "secure_channel"]
SLEEPS = {"time": time.sleep, "asyncio": asyncio.sleep}
"""As they were before any test."""


class Guard:
    """What was refused within one test."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self.refused: list[str] = []

    def raise_(self) -> None:
        """Refuse from now on; fail where an earlier test left something of it behind."""
        if (time.sleep, asyncio.sleep) != tuple(SLEEPS.values()):
            pytest.fail("an earlier test left its own sleep behind: patch it by the fixture monkeypatch")
        for owner, name in PROCESSES:
            self._patch.setattr(owner, name, self._refusing("starts no process"))
        for owner, name in SOCKETS:
            self._patch.setattr(owner, name, self._refusing("opens no socket"))
        for module in filter(None, map(sys.modules.get, ("grpc", "grpc.aio"))):
            for name in GRPC:
                self._patch.setattr(module, name, self._refusing("opens no socket"))
        self._patch.setattr(time, "sleep", self._brief(time.sleep))
        self._patch.setattr(asyncio, "sleep", self._brief(asyncio.sleep))

    def _refuse(self, law: str) -> NoReturn:
        self.refused.append(f"a unit test {law}: {REMEDY}")
        pytest.fail(self.refused[-1])

    def _refusing(self, law: str) -> Callable[..., NoReturn]:
        return lambda *_, **__: self._refuse(law)

    def _brief(self, sleep: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``sleep`` for pauses that nobody notices, a refusal for others."""

        def brief(seconds: float, *rest: Any) -> Any:
            if seconds > LONGEST_PAUSE:
                self._refuse("does not sleep")
            return sleep(seconds, *rest)

        return brief
