"""A call of a member with too many waits in time for one of them to end."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from syncline.identity.peer import PeerIdentity
from tests.unit.identity.party import leaf
from tests.unit.virtual_clock import VirtualClock
from trusted_party.api.gate import CALLS_OF_ONE, PLACE_SECONDS, Gate

OWN = PeerIdentity.from_pem(leaf())


class Aborted(Exception):
    """What gRPC raises where a call is ended."""


class Context:
    """A call of a member."""

    def auth_context(self) -> dict[str, list[bytes]]:
        return {"ssl_tls_version": [b"TLSv1.3"], "x509_pem_cert": [leaf()]}

    def invocation_metadata(self) -> tuple[()]:
        return ()

    def peer(self) -> str:
        return "unix-abstract:a"

    async def abort(self, code: object, told: str, **more: object) -> None:
        raise Aborted(told)


class Porch:
    """Hears of callers."""

    def hear(self, peer: str) -> None:
        return None

    def turn_away(self, peer: str, why: str) -> None:
        raise AssertionError(why)


@pytest.mark.parametrize(("freed_after", "served"), [(PLACE_SECONDS - 1, True), (PLACE_SECONDS + 1, False)])
def test_a_call_gets_the_place_of_one_that_ends_in_time(freed_after: float, served: bool) -> None:
    clock: Any = VirtualClock(OWN.not_before)
    gate = Gate(None, Porch(), clock)  # type: ignore[arg-type]

    async def call() -> str:
        try:
            async with gate.place(Context()):  # type: ignore[arg-type]
                return "served"
        except Aborted as aborted:
            return str(aborted)

    async def work() -> None:
        async with AsyncExitStack() as first, AsyncExitStack() as others:
            await first.enter_async_context(gate.place(Context()))  # type: ignore[arg-type]
            for _ in range(CALLS_OF_ONE - 1):
                await others.enter_async_context(gate.place(Context()))  # type: ignore[arg-type]
            calling = asyncio.create_task(call())
            await clock.pass_time(freed_after)
            await first.aclose()
            await clock.pass_time(1)
            assert (calling.result() == "served") == served
            assert served or "calls of this member are running already" in calling.result()

    asyncio.run(work())
