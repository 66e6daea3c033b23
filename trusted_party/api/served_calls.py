"""The calls of a service, each of which takes a place before its message is read, and waits for that in time.

gRPC reads the message of a unary call before it asks us, as long as the caller likes, and keeps what has come
of it: so many half messages fill a machine. So every method is served as one that takes a stream, which looks
the same to its callers, and nothing of a message is read before the call has a place.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from syncline.clock import Clock
from trusted_party.api.gate import CallContext

Messages = AsyncIterator[Message]


@dataclass(frozen=True, slots=True)
class Patience:
    """Where a call gets its place, and how many seconds of the clock its one message may take."""

    place: Callable[[CallContext], AbstractAsyncContextManager[None]]
    message_seconds: float
    clock: Clock


def served_calls(
    service: ServiceDescriptor, servicer: object, patience: Patience
) -> grpc.GenericRpcHandler[Any, Any]:
    """Return the handlers of every method of ``service``, which ``servicer`` implements."""
    calls = {
        method.name: _handler(method, getattr(servicer, method.name), patience) for method in service.methods
    }
    return grpc.method_handlers_generic_handler(service.full_name, calls)


def _handler(
    method: MethodDescriptor, serve: Callable[[Any, CallContext], Any], patience: Patience
) -> grpc.RpcMethodHandler[Any, Any]:
    read = GetMessageClass(method.input_type).FromString
    write = GetMessageClass(method.output_type).SerializeToString
    if method.server_streaming:
        return grpc.stream_stream_rpc_method_handler(_stream(serve, patience), read, write)
    take = _whole if method.client_streaming else _one
    return grpc.stream_unary_rpc_method_handler(_unary(serve, take, patience), read, write)


def _unary(
    serve: Callable[[Any, CallContext], Awaitable[Message]],
    take: Callable[[Messages, CallContext, Patience], Awaitable[object]],
    patience: Patience,
) -> Callable[[Messages, CallContext], Awaitable[Message]]:
    async def served(messages: Messages, context: CallContext) -> Message:
        async with patience.place(context):
            return await serve(await take(messages, context, patience), context)

    return served


def _stream(
    serve: Callable[[Any, CallContext], Messages], patience: Patience
) -> Callable[[Messages, CallContext], Messages]:
    async def served(messages: Messages, context: CallContext) -> Messages:
        async with patience.place(context):
            message = await _one(messages, context, patience)
            async for answer in serve(message, context):
                yield answer

    return served


async def _one(messages: Messages, context: CallContext, patience: Patience) -> Message:
    """Return the first message."""
    try:
        async with patience.clock.deadline(patience.message_seconds):
            return await anext(aiter(messages))
    except (TimeoutError, StopAsyncIteration):
        await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the call's message did not come in time")


async def _whole(messages: Messages, context: CallContext, patience: Patience) -> Messages:
    """Return the stream itself, which a method reads message by message."""
    return messages
