"""Run a protocol in one process: the driver of notebooks, commands, simulated studies and pooled tables.

The other driver, which is durable and speaks over the network, is the hub's and the agents'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar

from syncline.protocols.transition import Finish, HubSide, PartyId, unheard

Value = TypeVar("Value")
State = TypeVar("State")
Request = TypeVar("Request")
Reply = TypeVar("Reply")
Memory = TypeVar("Memory")
Result = TypeVar("Result")

Respond: TypeAlias = Callable[[Request, Memory], tuple[Reply, Memory]]
"""A party with its table: the reply to a request, and what it remembers after it."""


class Codec(Protocol[Value]):
    """Turn values into bytes and back."""

    def encode(self, value: Value) -> bytes:
        """Return the bytes of a value."""
        ...

    def decode(self, data: bytes) -> Value:
        """Return the value of the bytes; raise WireError where they are not one."""
        ...


@dataclass(frozen=True, slots=True)
class Hops(Generic[Request, Reply, Memory]):
    """The codecs of everything that crosses the network, or that a supplier keeps between rounds."""

    request: Codec[Request]
    reply: Codec[Reply]
    memory: Codec[Memory]


@dataclass(frozen=True, slots=True)
class Traffic:
    """One round as a listener sees it: bytes to each party, the most to any, and bytes from all.

    Both are 0 where nothing is encoded.
    """

    stage: str
    sent: int
    received: int


def run(
    hub: HubSide[State, Request, Reply, Result],
    parties: Mapping[PartyId, Respond[Request, Memory, Reply]],
    memory: Memory,
    *,
    hops: Hops[Request, Reply, Memory] | None = None,
    state: Codec[State] | None = None,
    announce: Callable[[str], None] = unheard,
    listen: Callable[[Traffic], None] | None = None,
) -> Result:
    """Run all rounds and return the result; no party is ever missing.

    Parties answer and merge in sorted order, each beginning with ``memory``. With ``hops`` requests, replies
    and memories are encoded and decoded on their way, and states with the codec ``state``, so that what
    cannot be encoded cannot be relied on. ``announce`` hears of the stage of a round before it is answered,
    ``listen`` what it took after it.
    """
    roster = tuple(sorted(parties))
    memories = dict.fromkeys(roster, memory)
    transition = hub.start(roster)
    while not isinstance(transition, Finish):
        announce(transition.stage)
        kept, _ = _passed(state, transition.state)
        request, sent = _passed(hops.request if hops else None, transition.request)
        replies, received = {}, 0
        for party in roster:
            asked = request
            if party in transition.own:
                asked, size = _passed(hops.request if hops else None, transition.own[party])
                sent = max(sent, size)
            reply, after = parties[party](asked, memories[party])
            memories[party], _ = _passed(hops.memory if hops else None, after)
            replies[party], size = _passed(hops.reply if hops else None, reply)
            received += size
        if listen is not None:
            listen(Traffic(transition.stage, sent, received))
        transition = hub.step(kept, replies, frozenset())
    return transition.result


def _passed(codec: Codec[Value] | None, value: Value) -> tuple[Value, int]:
    """Return a value as it arrives, and how many bytes it took on the way."""
    if codec is None:
        return value, 0
    data = codec.encode(value)
    return codec.decode(data), len(data)
