"""The hub and the agents as processes that are killed, frozen and started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.world import HOST, World

ROOT = Path(__file__).resolve().parents[2]
_LAUNCH = """\
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG: no daemon outlives the tests
os.execv(sys.executable, [sys.executable, "-m", *sys.argv[1:]])
"""
"""Not a ``preexec_fn``: with that one a process in which gRPC has threads forks, and may abort."""
_STOP_SECONDS = 10.0

Environment = Mapping[str, str]


class DaemonEnded(AssertionError):
    """A daemon ended although nobody killed it."""


@dataclass(slots=True)
class Daemon:
    """One daemon that is started again whenever it was killed.

    Parameters
    ----------
    faults
        Environments of the first, second, ... start; later starts have none of their own.
    comes_back
        Whether it is started again once it was killed.
    """

    name: str
    line: Sequence[str]
    log: Path
    faults: Sequence[Environment] = ()
    comes_back: bool = True
    kills: int = 0
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    async def keep_running(self) -> None:
        """Start the process, and again after each SIGKILL; raise where it ends otherwise."""
        while True:
            faults = self.faults[self.kills] if self.kills < len(self.faults) else {}
            with self.log.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-I", "-S", "-c", _LAUNCH, *self.line),
                    cwd=ROOT,
                    env={**os.environ, **faults},
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            status = await self.process.wait()
            if status != -signal.SIGKILL:
                raise DaemonEnded(f"{self.name} ended with status {status}: {self.said()[-600:]}")
            self.kills += 1
            if not self.comes_back:
                return

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        assert self.process is not None
        self.process.send_signal(number)

    def said(self) -> str:
        """Return the daemon's log."""
        if not self.log.exists():
            return ""
        return self.log.read_text(encoding="utf-8", errors="replace")

    async def stop(self) -> None:
        """End the process as systemd does; kill it where it does not obey."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise AssertionError(
                f"{self.name} did not stop within {_STOP_SECONDS:.0f} s of SIGTERM"
            ) from None


def hub_daemon(world: World, port: int, faults: Sequence[Environment] = ()) -> Daemon:
    """Return the hub of a world, to listen at ``port`` and the one after it."""
    line = ["trusted_party", "serve", "--home", str(world.hub.root), "--listen", f"{HOST}:{port}", "--json"]
    return Daemon("hub", line, world.root / "hub.log", faults)


def agent_daemon(world: World, name: str, faults: Sequence[Environment] = ()) -> Daemon:
    """Return one supplier's agent."""
    line = ["supplier_agent", "run", "--home", str(world.agent(name).root), "--json"]
    return Daemon(name, line, world.root / f"{name}.log", faults)


@contextlib.asynccontextmanager
async def kept_running(*daemons: Daemon) -> AsyncIterator[None]:
    """Keep daemons running during the block; one that ends by itself ends the block with its error."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(daemon.keep_running()) for daemon in daemons]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    finally:
        await asyncio.gather(*(daemon.stop() for daemon in daemons))
