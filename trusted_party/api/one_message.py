"""Take the one message of a call in time, or give the call's place to another.

gRPC reads the message of a unary call before it asks us, and waits for it as long as the caller likes. So
such a method is served as one that takes a stream, which looks the same to its callers, and the first message
of that stream is waited for here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import grpc

from trusted_party.api.gate import Context

MESSAGE_SECONDS = 5.0

Q = TypeVar("Q")
R = TypeVar("R")


def one_message(
    serve: Callable[[Q, Context], Awaitable[R]],
) -> Callable[[AsyncIterator[Q], Context], Awaitable[R]]:
    """Return ``serve`` for the first message of a stream, which must come within some seconds."""

    async def served(messages: AsyncIterator[Q], context: Context) -> R:
        try:
            async with asyncio.timeout(MESSAGE_SECONDS):
                message = await anext(aiter(messages))
        except (TimeoutError, StopAsyncIteration):
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the call's message did not come in time")
        return await serve(message, context)

    return served
