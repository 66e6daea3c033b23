"""A call waits in time for its one message, and a member in time for a place of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any

import pytest

from syncline.wire.gen.syncline.v1 import research_pb2 as pb
from tests.unit.virtual_clock import VirtualClock
from trusted_party.api.served_calls import Patience, served_calls

SERVICE = pb.DESCRIPTOR.services_by_name["ResearchService"]
SECONDS = 5.0


class Aborted(Exception):
    """What gRPC raises where a call is ended."""


class Context:
    """What gRPC hands to a call."""

    async def abort(self, code: object, told: str) -> None:
        raise Aborted(told)


class Servicer:
    """Answers one call; the others are there."""

    def __getattr__(self, name: str) -> Any:
        return self.answer

    async def answer(self, message: object, context: Context) -> str:
        return f"answered {type(message).__name__}"


class Details:
    method = "/syncline.v1.ResearchService/ListStudies"
    invocation_metadata = ()


@pytest.mark.parametrize(
    ("after", "told"), [(SECONDS - 1, "answered"), (SECONDS + 1, "did not come in time")]
)
def test_a_message_that_does_not_come_in_time_ends_the_call(after: float, told: str) -> None:
    clock = VirtualClock()

    async def messages() -> AsyncIterator[object]:
        await clock.sleep(after)
        yield pb.ListStudiesRequest()

    async def work() -> str:
        patience = Patience(lambda _: nullcontext(), SECONDS, clock)  # type: ignore[arg-type,return-value]
        handler: Any = served_calls(SERVICE, Servicer(), patience).service(Details())  # type: ignore[arg-type]
        calling = asyncio.create_task(handler.stream_unary(messages(), Context()))
        await clock.pass_time(SECONDS + 2)
        try:
            return str(calling.result())
        except Aborted as aborted:
            return str(aborted)

    assert told in asyncio.run(work())
