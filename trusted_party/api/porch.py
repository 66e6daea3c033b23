"""The porch before the servers of gRPC, where strangers wait: few of them, from few addresses, not for long.

gRPC for Python takes every connection, and has no say in who holds how many. So the hub listens here, and
passes bytes, which stay encrypted, to gRPC on a socket that nobody else can reach. A connection is a
stranger's until a call over it has shown the certificate of a member in good standing (``welcome``); on the
enrolment server it stays one. Strangers have a limit for each address and in all, and a limit of time.
Before a whole ClientHello of TLS has come, nothing but this porch knows of a connection.

gRPC queues the calls of all connections of a server in the order in which they come, without a limit for
each: refused ones stand there as well. So there are several servers, which are asked in turn, and each
address belongs to one of them: a flood from one address makes those wait who share its server.

The porch has a thread and an event loop of its own, so that a hub that is busy still passes bytes on. Other
threads call only ``hear``, ``welcome``, ``turn_away`` and ``address_of``.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import socket
import threading
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from syncline.clock import Clock
from trusted_party.api.guests import Guests, Places
from trusted_party.api.relay import Caller
from trusted_party.datastore.event_log import SparseWarning

DRAIN_SECONDS = 1.0
"""How long the last bytes of closing connections may take when the porch closes."""

UNSENT_MS = 20_000
"""How long bytes may stay unacknowledged before the operating system gives a connection up."""

_BREATH_SECONDS = 0.05
_PEER = "unix-abstract:"


@dataclass(frozen=True, slots=True)
class PorchLimits:
    """Places of strangers by address, places of members by name, and the seconds of a stranger."""

    strangers: Places
    members: Places
    seconds: float


class Porch:
    """Listen, count, and pass bytes between callers and servers of gRPC that serve the same."""

    def __init__(self, limits: PorchLimits, clock: Clock) -> None:
        self.seconds = limits.seconds
        self.clock = clock
        self._inside: Sequence[Path] = ()
        self._dealt_by = secrets.token_bytes(16)
        self._strangers: Guests[Caller] = Guests(limits.strangers)
        self._members: Guests[Caller] = Guests(limits.members)
        self._callers: dict[str, Caller] = {}
        self._dismissed = SparseWarning("connection_dismissed", clock)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._listening: Sequence[socket.socket] = ()
        self._doors: list[asyncio.Task[None]] = []
        self._empty = asyncio.Event()

    async def open(self, listening: Sequence[socket.socket], inside: Sequence[Path]) -> None:
        """Serve these bound sockets; ``inside`` are the sockets of gRPC."""
        self._inside = inside
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="porch", daemon=True)
        self._thread.start()
        await self._run(self._listen(listening))

    async def shut(self) -> None:
        """Take no new connections."""
        await self._run(self._shut())

    async def close(self) -> None:
        """Pass on what was sent already, and close every connection; gRPC has stopped before."""
        if self._loop is None or self._thread is None:
            return
        await self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()

    def welcome(self, peer: str, member: str) -> None:
        """Note that the caller that gRPC names ``peer`` is a member in good standing."""
        caller = self._callers.get(peer.removeprefix(_PEER))
        if caller is not None and caller.member is None and self._loop is not None:
            caller.member = member
            self._loop.call_soon_threadsafe(self._seat, caller, member)

    def hear(self, peer: str) -> None:
        """Note that a call over the connection that gRPC names ``peer`` has shown a certificate."""
        caller = self._callers.get(peer.removeprefix(_PEER))
        if caller is not None and caller.is_paced and self._loop is not None:
            self._loop.call_soon_threadsafe(caller.hurry)

    def turn_away(self, peer: str, why: str) -> None:
        """Close the connection of the caller that gRPC names ``peer``."""
        caller = self._callers.get(peer.removeprefix(_PEER))
        if caller is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._dismiss, caller, why)

    def address_of(self, peer: str) -> str:
        """Return the address of the caller that gRPC names ``peer``; empty once it is gone."""
        caller = self._callers.get(peer.removeprefix(_PEER))
        return "" if caller is None else caller.address

    def inside(self, caller: Caller) -> Path:
        """Return the socket of the server that a caller's address belongs to."""
        dealt = hashlib.blake2b(caller.address.encode(), key=self._dealt_by, digest_size=8).digest()
        return self._inside[int.from_bytes(dealt) % len(self._inside)]

    def arrive(self, caller: Caller) -> None:
        """Give a stranger a place; this, ``inside`` and the following run on the porch's own loop."""
        self._callers[caller.name] = caller
        self._dismiss(self._strangers.add(caller, caller.address), "too many connections without a call")

    def leave(self, caller: Caller) -> None:
        """Forget a closed connection."""
        self._callers.pop(caller.name, None)
        self._strangers.remove(caller)
        self._members.remove(caller)
        if not self._members:
            self._empty.set()

    def expire(self, caller: Caller) -> None:
        """Send a caller away who is a stranger still."""
        if caller in self._strangers:
            self._dismiss(caller, f"no call of a member within {self.seconds:g} s")

    def _seat(self, caller: Caller, member: str) -> None:
        if caller in self._strangers:
            self._strangers.remove(caller)
            self._dismiss(self._members.add(caller, member), "too many connections of members")

    def _dismiss(self, caller: Caller | None, why: str) -> None:
        if caller is not None:
            self._dismissed.note(address=caller.address, reason=why)
            caller.abort()
            self.leave(caller)

    async def _listen(self, listening: Sequence[socket.socket]) -> None:
        self._listening = listening
        self._doors = [asyncio.create_task(self._let_in(one)) for one in listening]

    async def _let_in(self, listener: socket.socket) -> None:
        """Take callers one by one, so that who leaves for another has left before the next one comes."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                outside, address = await loop.sock_accept(listener)
            except OSError as fault:  # most likely no more files may be opened
                self._dismiss(self._strangers.oldest(), os.strerror(fault.errno or 0))
                await self.clock.sleep(_BREATH_SECONDS)
                continue
            with suppress(OSError):  # it is gone already
                outside.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNSENT_MS)
                await loop.connect_accepted_socket(partial(Caller, self, address[0]), outside)

    async def _shut(self) -> None:
        for door in self._doors:
            door.cancel()
        await asyncio.gather(*self._doors, return_exceptions=True)
        for listener in self._listening:
            listener.close()

    async def _end(self) -> None:
        await self._shut()
        self._empty.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS if self._members else 0):
                await self._empty.wait()
        for caller in list(self._callers.values()):
            caller.abort()
        await asyncio.sleep(0)  # the loop tells each connection that it is closed

    async def _run(self, work: Coroutine[None, None, None]) -> None:
        assert self._loop is not None, "the porch was not opened"
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))
