"""Run a protocol in one process, with every hop pushed through its codec, as the network would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from syncline.protocols.transition import Finish, HubSide, PartyId, SupplierSide

Value = TypeVar("Value")
State = TypeVar("State")
Request = TypeVar("Request")
Reply = TypeVar("Reply")
Memory = TypeVar("Memory")
Table = TypeVar("Table")
Result = TypeVar("Result")


class Codec(Protocol[Value]):
    """Turn values into bytes and back."""

    def encode(self, value: Value) -> bytes:
        """Return the bytes of a value."""
        ...

    def decode(self, data: bytes) -> Value:
        """Return the value of the bytes; raise WireError where they are not one."""
        ...


@dataclass(frozen=True, slots=True)
class Hops(Generic[State, Request, Reply, Memory]):
    """The codecs of everything that a driver would keep or send."""

    state: Codec[State]
    request: Codec[Request]
    reply: Codec[Reply]
    memory: Codec[Memory]


@dataclass(frozen=True, slots=True)
class Traffic:
    """One round as a listener sees it: bytes to each party and bytes from all of them."""

    stage: str
    sent: int
    received: int


def simulate(
    hub: HubSide[State, Request, Reply, Result],
    supplier: SupplierSide[Request, Reply, Memory, Table],
    tables: Mapping[PartyId, Table],
    hops: Hops[State, Request, Reply, Memory],
    empty_memory: Memory,
    listen: Callable[[Traffic], None] | None = None,
) -> Result:
    """Run all rounds over ``tables`` and return the result; no party is ever missing.

    Parties answer and merge in sorted order; states, requests, replies and memories are encoded and decoded
    at every hop, so what cannot be encoded cannot be relied on.
    """
    parties = tuple(sorted(tables))
    memories = dict.fromkeys(parties, hops.memory.encode(empty_memory))
    transition = hub.start(parties)
    while not isinstance(transition, Finish):
        state = hops.state.encode(transition.state)
        request = hops.request.encode(transition.request)
        replies = {}
        for party in parties:
            reply, memory = supplier.respond(
                hops.request.decode(request), tables[party], hops.memory.decode(memories[party])
            )
            memories[party] = hops.memory.encode(memory)
            replies[party] = hops.reply.encode(reply)
        if listen is not None:
            listen(Traffic(transition.stage, len(request), sum(map(len, replies.values()))))
        decoded = {party: hops.reply.decode(data) for party, data in replies.items()}
        transition = hub.step(hops.state.decode(state), decoded, frozenset())
    return transition.result
