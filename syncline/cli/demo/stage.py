"""The processes of the demo: commands that end, and daemons that end with the demo."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from syncline.errors import StudyFailed

_LAUNCH = """\
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)  # PR_SET_PDEATHSIG: nothing outlives the demo
os.execv(sys.executable, [sys.executable, "-m", *sys.argv[1:]])
"""
"""Not a ``preexec_fn``: with that one the process forks, and where gRPC has threads the fork may abort."""

_PATIENCE_SECONDS = 20.0
_STOP_SECONDS = 5.0


class Stage:
    """Start processes and make sure that none outlives the demo, whatever ends it.

    Each is in a process group of its own, so that Ctrl-C at the terminal is for the demo alone.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._daemons: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._begun: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def command(self, module: str, *arguments: str) -> Any:  # Any: the JSON that the command prints
        """Run a command to its end and return the JSON that it prints, if any."""
        return self.collect(self.begin(module, *arguments))

    def begin(self, module: str, *arguments: str, given: str = "") -> subprocess.Popen[bytes]:
        """Begin a command whose output is collected later; it reads ``given`` from standard input."""
        process = subprocess.Popen(
            _line(module, arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,
        )
        self._begun.append(process)
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as pipe:  # it may have ended already
            pipe.write(given.encode())
        process.stdin = None
        return process

    def collect(self, process: subprocess.Popen[bytes]) -> Any:  # Any: the JSON that the command prints
        """Wait for a command; raise StudyFailed with its own words where it fails."""
        out, errors = process.communicate()
        self._begun.remove(process)
        if process.returncode:
            words = errors.decode(errors="replace").strip() or out.decode(errors="replace").strip()
            named = " ".join(map(str, process.args[len(_launcher()) :]))  # type: ignore[index]
            raise StudyFailed(f"'{named}' failed: {words}")
        text = out.decode()
        return json.loads(text) if text.strip().startswith(("{", "[")) else text

    def daemon(self, name: str, module: str, *arguments: str) -> None:
        """Start a daemon whose log goes to a file of its own."""
        with (self._logs / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                _line(module, arguments),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        self._daemons.append((name, process))

    def wait_for_port(self, port: int) -> None:
        """Wait until the newest daemon listens; raise StudyFailed where it ends instead."""
        name, process = self._daemons[-1]
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        raise StudyFailed(f"the {name} did not start: see {self._logs / f'{name}.log'}")

    def close(self) -> None:
        """End all commands and daemons, the last started first, and wait for them."""
        processes = [*(process for _, process in self._daemons), *self._begun]
        for process in reversed(processes):
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for process in processes:
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
        self._daemons.clear()
        self._begun.clear()


def free_ports() -> tuple[int, int]:
    """Return two neighbouring ports that are free now."""
    for _ in range(100):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port, port + 1
    raise StudyFailed("no two neighbouring ports are free on 127.0.0.1; try again")


def _line(module: str, arguments: Sequence[str]) -> list[str]:
    return [*_launcher(), module, *arguments]


def _launcher() -> list[str]:
    return [sys.executable, "-I", "-S", "-c", _LAUNCH]
