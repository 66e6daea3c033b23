"""One caller's connection, and its other half on the way to gRPC: bytes pass, and nobody reads them.

Neither half is read faster than the other takes it, so a connection holds ``BUFFER_BYTES`` in each direction
and a read more. Where gRPC ends its half, the caller still gets what is under way. Where the caller ends, so
does the other half, at once: gRPC, whose answers nobody takes any more, may never read what is left.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import socket
from functools import partial
from pathlib import Path
from typing import Protocol, cast

from syncline.clock import Clock, Timer
from trusted_party.api.client_hello import Hello, judge_hello

BUFFER_BYTES = 256 * 1024
"""Bytes that may wait in one direction before the sender is not read any more."""

STRANGER_BYTES = 32 * 1024
"""Bytes of a stranger that are read at first: more than a handshake and the headers of a call."""

STRANGER_READ = 8 * 1024
"""Bytes of a stranger that are read at once."""

STRANGER_RATE = 16 * 1024
"""Bytes a second of a stranger that are read after these."""

_OTHER_IS_FULL, _DIALLING, _TOO_FAST = (
    "the other half is full",
    "gRPC is dialled",
    "a stranger sends too fast",
)
_NETWORK_BITS = 64  # of an IPv6 address: one host commonly has all addresses below them


class House(Protocol):
    """What a connection tells, and where it leads."""

    seconds: float
    clock: Clock

    def inside(self, caller: Caller) -> Path:
        """Return the socket of gRPC where a connection leads."""

    def arrive(self, caller: Caller) -> None:
        """Hear of a new connection."""

    def leave(self, caller: Caller) -> None:
        """Hear that a connection is closed."""

    def expire(self, caller: Caller) -> None:
        """Hear that a connection has lasted ``seconds``."""


class _Half(asyncio.BufferedProtocol):
    """One end of a relayed connection."""

    other: _Half | None = None
    transport: asyncio.Transport

    read_bytes = BUFFER_BYTES
    """Bytes that are read at once."""

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._read = bytearray()

    def hold(self, why: str) -> None:
        """Read no more until this, and every other reason, is gone."""
        self._held.add(why)
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def release(self, why: str) -> None:
        """Read on, unless there is another reason not to."""
        self._held.discard(why)
        if not self._held and not self.transport.is_closing():
            self.transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=BUFFER_BYTES)

    def get_buffer(self, sizehint: int) -> bytearray:
        if len(self._read) != self.read_bytes:
            self._read = bytearray(self.read_bytes)
        return self._read

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(memoryview(self._read)[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Pass bytes on."""
        if self.other is not None:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.hold(_OTHER_IS_FULL)

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.release(_OTHER_IS_FULL)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None:
            self.other.transport.close()


class Pace:
    """How fast one stranger's bytes are read, from the time ``now`` on."""

    def __init__(self, now: float) -> None:
        self._left, self._then = float(STRANGER_BYTES), now

    def rest(self, size: int, now: float) -> float:
        """Return for how many seconds nothing is read after ``size`` bytes that came ``now``."""
        earned = (now - self._then) * STRANGER_RATE
        self._left, self._then = min(self._left + earned, STRANGER_BYTES) - size, now
        return max(-self._left / STRANGER_RATE, 0.0)


class Caller(_Half):
    """A connection from outside.

    Attributes
    ----------
    name
        By this name gRPC knows the other half.
    address
        Who counts as one: an IPv4 address, or the network of an IPv6 address.
    member
        Whose it is, once a call has shown a certificate.
    """

    def __init__(self, house: House, address: str) -> None:
        super().__init__()
        self._house = house
        self._pace: Pace | None = None
        self.read_bytes = STRANGER_READ
        self._hello = bytearray()
        self._dialling: asyncio.Task[None] | None = None
        self._timer: Timer | None = None
        self.name = f"syncline-{secrets.token_hex(16)}"
        self.address = counted_address(address)
        self.member: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, and start the clock."""
        super().connection_made(transport)
        clock = self._house.clock
        self._pace = Pace(clock.monotonic())
        self._timer = clock.call_later(self._house.seconds, partial(self._house.expire, self))
        self._house.arrive(self)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on; the first ones wait until they are a whole ClientHello."""
        self._slow_down(len(data))
        if self.other is not None:
            self.other.transport.write(data)
            return
        self._hello += data
        match judge_hello(self._hello):
            case Hello.FOREIGN:
                self.abort()
            case Hello.WHOLE if self._dialling is None:
                self.hold(_DIALLING)
                self._dialling = asyncio.get_running_loop().create_task(self._dial())

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back, and end the other half."""
        if self._timer is not None:
            self._timer.cancel()
        if self._dialling is not None:
            self._dialling.cancel()
        self._house.leave(self)
        if self.other is not None:
            self.other.transport.abort()

    @property
    def is_paced(self) -> bool:
        """Whether no call has shown a certificate yet."""
        return self._pace is not None

    def hurry(self) -> None:
        """Read what a call has shown the certificate of as fast as it comes: calls have places and a rate."""
        self._pace, self.read_bytes = None, BUFFER_BYTES
        self.release(_TOO_FAST)

    def abort(self) -> None:
        """End both halves now."""
        self.transport.abort()
        if self.other is not None:
            self.other.transport.abort()

    async def _dial(self) -> None:
        """Connect to gRPC under the caller's name."""
        loop = asyncio.get_running_loop()
        inner = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            inner.setblocking(False)
            inner.bind(f"\0{self.name}")
            await loop.sock_connect(inner, str(self._house.inside(self)))
            _, half = await loop.create_unix_connection(_Half, sock=inner)
        except BaseException as fault:
            inner.close()
            self.abort()
            if not isinstance(fault, OSError):
                raise
            return
        half.other, self.other = self, half
        half.transport.write(bytes(self._hello))
        self._hello.clear()
        self.release(_DIALLING)

    def _slow_down(self, size: int) -> None:
        """Hold a stranger who sends more than it may; a member goes on as it likes."""
        if self._pace is None:
            return
        clock = self._house.clock
        seconds = self._pace.rest(size, clock.monotonic())
        if seconds and _TOO_FAST not in self._held:
            self.hold(_TOO_FAST)
            clock.call_later(seconds, partial(self.release, _TOO_FAST))


def counted_address(address: str) -> str:
    """Return what counts as one caller's address: of IPv6 its network of 64 bits."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), _NETWORK_BITS), strict=False))
