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
from pathlib import Path
from typing import Protocol, cast

from trusted_party.api.client_hello import Hello, judge_hello

BUFFER_BYTES = 256 * 1024
"""Bytes that may wait in one direction before the sender is not read any more."""

_NETWORK_BITS = 64  # of an IPv6 address: one host commonly has all addresses below them


class House(Protocol):
    """What a connection tells, and where it leads."""

    seconds: float

    def inside(self, caller: Caller) -> Path:
        """Return the socket of gRPC where a connection leads."""

    def arrive(self, caller: Caller) -> None:
        """Hear of a new connection."""

    def leave(self, caller: Caller) -> None:
        """Hear that a connection is closed."""

    def expire(self, caller: Caller) -> None:
        """Hear that a connection has lasted ``seconds``."""


class _Half(asyncio.Protocol):
    """One end of a relayed connection."""

    other: _Half | None = None
    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=BUFFER_BYTES)

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        if self.other is not None and not self.other.transport.is_closing():
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and not self.other.transport.is_closing():
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None:
            self.other.transport.close()


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
        self._house = house
        self._hello = bytearray()
        self._dialling: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.name = f"syncline-{secrets.token_hex(16)}"
        self.address = counted_address(address)
        self.member: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, and start the clock."""
        super().connection_made(transport)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._house.seconds, self._house.expire, self)
        self._house.arrive(self)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on; the first ones wait until they are a whole ClientHello."""
        if self.other is not None:
            self.other.transport.write(data)
            return
        self._hello += data
        match judge_hello(self._hello):
            case Hello.FOREIGN:
                self.abort()
            case Hello.WHOLE if self._dialling is None:
                self.transport.pause_reading()
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
        self.transport.resume_reading()


def counted_address(address: str) -> str:
    """Return what counts as one caller's address: of IPv6 its network of 64 bits."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), _NETWORK_BITS), strict=False))
