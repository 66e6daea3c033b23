"""What a protocol is: ``start`` and ``step`` at the hub, ``respond`` at each supplier, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, NewType, Protocol, TypeVar

PartyId = NewType("PartyId", str)
"""The name of a supplier within a study."""

State = TypeVar("State")
Other = TypeVar("Other")
Request = TypeVar("Request")
Memory = TypeVar("Memory")
Result = TypeVar("Result")
Table_contra = TypeVar("Table_contra", contravariant=True)
Request_contra = TypeVar("Request_contra", contravariant=True)
Reply_co = TypeVar("Reply_co", covariant=True)
Reply_contra = TypeVar("Reply_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Continue(Generic[State, Request]):
    """The study goes on: keep ``state``, and send requests to every party of the roster.

    ``request`` is what all are asked, but for those that ``own`` names: what one party alone may read, such
    as its share of a key, stands in a request of its own.
    """

    state: State
    request: Request
    stage: str
    own: Mapping[PartyId, Request] = field(default_factory=dict)

    def with_state(self, state: Other) -> Continue[Other, Request]:
        """Return the same round with another state, as of a protocol of which this one is a part."""
        return Continue(state, self.request, self.stage, self.own)


@dataclass(frozen=True, slots=True)
class Finish(Generic[Result]):
    """The rounds are over."""

    result: Result


def unheard(stage: str) -> None:
    """Listen to a round of a stage, and tell nobody."""


class HubSide(Protocol[State, Request, Reply_contra, Result]):
    """The hub's half of a protocol."""

    def start(self, parties: tuple[PartyId, ...]) -> Continue[State, Request] | Finish[Result]:
        """Return the first requests to the roster ``parties``, which is sorted by name."""
        ...

    def step(
        self, state: State, replies: Mapping[PartyId, Reply_contra], missing: frozenset[PartyId]
    ) -> Continue[State, Request] | Finish[Result]:
        """Return what follows once every party has replied or counts as ``missing``."""
        ...


class SupplierSide(Protocol[Request_contra, Reply_co, Memory, Table_contra]):
    """The supplier's half of a protocol."""

    def respond(
        self, request: Request_contra, table: Table_contra, memory: Memory, entropy: Callable[[int], bytes]
    ) -> tuple[Reply_co, Memory]:
        """Answer one request from ``table``; the new memory is kept before the reply is sent.

        ``entropy`` returns so many random bytes: drivers pass the operating system's secure source.
        """
        ...
