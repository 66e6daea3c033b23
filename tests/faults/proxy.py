"""A TCP proxy between agents and hub that cuts, delays, stalls and half-closes connections on purpose.

It knows nothing of what it carries: TLS passes through it, so all that a wound can do is lose bytes, hold
them back, or end one side of a connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from tests.faults.world import HOST

_PIECE = 16 << 10


class Ending(Enum):
    """How a connection is ended once its bytes are used up."""

    CUT = "cut"
    HALF_TO_HUB = "half-close towards the hub"
    HALF_TO_AGENT = "half-close towards the agent"


@dataclass(slots=True)
class Wounds:
    """What the proxy does to connections, drawn from a seeded generator.

    Parameters
    ----------
    endings
        How many connections are ended; later ones are left in peace.
    least, most
        The bytes, both directions together, after which a connection is ended.
    most_delay
        Seconds up to which each piece is held back.
    """

    seed: int
    endings: int = 0
    ending: Ending = Ending.CUT
    least: int = 500
    most: int = 16_000
    most_delay: float = 0.0
    generator: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.generator = np.random.default_rng(self.seed)

    def allowance(self) -> int | None:
        """Return the bytes that the next connection may carry; None where it is left in peace."""
        if self.endings == 0:
            return None
        self.endings -= 1
        return int(self.generator.integers(self.least, self.most))

    def delay(self) -> float:
        """Return the seconds to hold the next piece back."""
        return float(self.generator.uniform(0, self.most_delay))


class Proxy:
    """Carry bytes between ``port`` and the hub."""

    def __init__(self, hub_port: int, wounds: Wounds) -> None:
        self._hub_port = hub_port
        self._wounds = wounds
        self._flowing = {half: asyncio.Event() for half in (Ending.HALF_TO_HUB, Ending.HALF_TO_AGENT)}
        self.heal()
        self._carried_by: set[asyncio.Task[None]] = set()
        self.ended = 0
        self.carried = 0

    def stall(self, *ways: Ending) -> None:
        """Hold back all bytes in these directions, or in both: a silent blackhole."""
        for way in ways or self._flowing:
            self._flowing[way].clear()

    def heal(self) -> None:
        """Pass on what was held back, and what comes."""
        for flowing in self._flowing.values():
            flowing.set()

    @contextlib.asynccontextmanager
    async def running(self, port: int) -> AsyncIterator[None]:
        """Listen at ``port`` during the block."""
        server = await asyncio.start_server(self._accept, HOST, port)
        try:
            async with server:
                yield
        finally:
            self.heal()
            for task in self._carried_by:
                task.cancel()
            await asyncio.gather(*self._carried_by, return_exceptions=True)
            await asyncio.sleep(0)  # transports that were aborted close their sockets in the loop's next turn

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection, and know of it as long as it lasts."""
        task = asyncio.current_task()
        assert task is not None
        self._carried_by.add(task)
        try:
            await self._carry(reader, writer)
        finally:
            writer.transport.abort()
            self._carried_by.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            hub_reader, hub_writer = await asyncio.open_connection(HOST, self._hub_port)
            link = _Link(self._wounds.allowance())
            try:
                ways = (
                    self._pump(reader, hub_writer, link, Ending.HALF_TO_HUB),
                    self._pump(hub_reader, writer, link, Ending.HALF_TO_AGENT),
                )
                await _first_fault(*ways)
            finally:
                hub_writer.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: _Link, half: Ending
    ) -> None:
        """Carry one direction until its end; return where only this half of the connection ends."""
        while piece := await reader.read(_PIECE):
            await asyncio.sleep(self._wounds.delay())
            await self._flowing[half].wait()
            allowed = link.take(len(piece))
            writer.write(piece[:allowed])
            await writer.drain()
            self.carried += allowed
            if allowed < len(piece):
                self.ended += 1
                if self._wounds.ending is not half:
                    raise ConnectionAbortedError
                break
        with contextlib.suppress(OSError):
            writer.write_eof()


@dataclass(slots=True)
class _Link:
    """The bytes that one connection may still carry."""

    left: int | None

    def take(self, wanted: int) -> int:
        if self.left is None:
            return wanted
        given = min(wanted, self.left)
        self.left -= given
        return given


async def _first_fault(*ways: Coroutine[None, None, None]) -> None:
    """Wait for both directions; an error in one ends the other."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
