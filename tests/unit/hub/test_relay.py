"""A stranger is sent away in time, and read at its rate, over a connection in memory and by the clock."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.unit.virtual_clock import VirtualClock
from trusted_party.api.relay import STRANGER_BYTES, STRANGER_RATE, Caller

SECONDS = 10.0


class Transport(asyncio.Transport):
    """A connection in memory: whether it is read, and whether it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.reads, self.closed = True, False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert data

    def is_closing(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = True


class House:
    """Sends strangers away whose time is over."""

    seconds = SECONDS

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.inside_now: set[Caller] = set()

    def inside(self, caller: Caller) -> Path:
        raise AssertionError("nothing dials")

    def arrive(self, caller: Caller) -> None:
        self.inside_now.add(caller)

    def leave(self, caller: Caller) -> None:
        self.inside_now.discard(caller)

    def expire(self, caller: Caller) -> None:
        caller.abort()


def arrived(house: House) -> tuple[Caller, Transport]:
    caller, transport = Caller(house, "192.0.2.1"), Transport()
    caller.connection_made(transport)
    return caller, transport


def test_a_stranger_is_sent_away_in_time_and_not_once_it_has_left() -> None:
    async def work() -> None:
        house = House()
        _, silent = arrived(house)
        gone, left = arrived(house)
        await house.clock.pass_time(SECONDS - 1)
        assert not silent.closed
        gone.connection_lost(None)
        await house.clock.pass_time(1)
        assert (silent.closed, left.closed) == (True, False)

    asyncio.run(work())


def test_a_stranger_is_read_at_its_rate_and_a_member_as_it_likes() -> None:
    async def work() -> None:
        house = House()
        caller, transport = arrived(house)
        caller.other, _ = arrived(House())  # the half on the way to gRPC is dialled already
        caller.data_received(bytes(STRANGER_BYTES + 2 * STRANGER_RATE))
        assert not transport.reads
        await house.clock.pass_time(1.9)
        assert not transport.reads
        await house.clock.pass_time(0.2)
        assert transport.reads
        caller.hurry()
        caller.data_received(bytes(4 * STRANGER_BYTES))
        assert transport.reads

    asyncio.run(work())
