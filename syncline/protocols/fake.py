"""A protocol without data, to try drivers with: suppliers answer whole numbers, and the result is their sum.

How many rounds there are, how large requests and replies are, and who fails, lies or refuses in which round
are parameters. It keeps the port exactly, so that a driver which runs it as asked runs any protocol: what a
driver does with errors, sizes and kills is tried with this one, as those of Prio and Janus are with theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from syncline.data.record_codec import RecordCodec
from syncline.errors import Contradiction, ProtocolError, StudyFailed
from syncline.protocols.in_process import Hops
from syncline.protocols.transition import Continue, Finish, PartyId


class FakeDeed(StrEnum):
    """What a reply makes the hub's half do besides adding its number."""

    NOTHING = "nothing"
    LIE = "lie"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class FakeState:
    """The round that is out, and the sum of the rounds before it."""

    round: int
    total: int = 0


@dataclass(frozen=True, slots=True)
class FakeRequest:
    """A round, with bytes that nobody reads."""

    round: int
    filler: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class FakeReply:
    """A number, with bytes that nobody reads."""

    round: int
    number: int = 0
    deed: FakeDeed = FakeDeed.NOTHING
    filler: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class FakeMemory:
    """The rounds that were answered, in order."""

    rounds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Fake:
    """The hub's half: ``rounds`` rounds, each request with ``size`` bytes beside its number.

    ``told`` is what single parties are told in requests of their own, in place of these bytes.
    """

    rounds: int = 3
    size: int = 0
    told: Mapping[PartyId, bytes] = field(default_factory=dict)

    def start(self, parties: tuple[PartyId, ...]) -> Continue[FakeState, FakeRequest] | Finish[int]:
        """Return the first request, or the sum of nothing where there is no round."""
        if not parties:
            raise ProtocolError("a round needs at least one supplier")
        return self._after(FakeState(0))

    def step(
        self, state: FakeState, replies: Mapping[PartyId, FakeReply], missing: frozenset[PartyId]
    ) -> Continue[FakeState, FakeRequest] | Finish[int]:
        """Add the numbers of all who answered; what lies or fails ends the study as a real reply does."""
        for party, reply in sorted(replies.items()):
            if reply.deed is FakeDeed.LIE:
                what = f"contradicted itself in round {state.round} (tree_level): a test said so"
                raise Contradiction(
                    f"supplier {party!r} {what}", public=f"the answers of supplier {party!r} cannot be used"
                )
            if reply.deed is FakeDeed.FAIL:
                raise StudyFailed("the study cannot go on: a test said so")
            if reply.round != state.round:
                raise ProtocolError(f"supplier {party!r} answered round {reply.round}, not {state.round}")
        total = state.total + sum(reply.number for reply in replies.values())
        return self._after(FakeState(state.round + 1, total))

    def _after(self, state: FakeState) -> Continue[FakeState, FakeRequest] | Finish[int]:
        if state.round == self.rounds:
            return Finish(state.total)
        request = FakeRequest(state.round, bytes(self.size))
        own = {party: FakeRequest(state.round, content) for party, content in self.told.items()}
        return Continue(state, request, "open" if state.round == 0 else "fit", own)


@dataclass(frozen=True, slots=True)
class FakeSupplier:
    """A supplier's half: it adds the round's number to its own.

    ``deeds`` says in which round its reply lies or fails, ``raises`` in which round it refuses to answer, and
    with what; ``size`` is how many bytes a reply carries beside its number.
    """

    size: int = 0
    deeds: Mapping[int, FakeDeed] = field(default_factory=dict)
    raises: Mapping[int, Exception] = field(default_factory=dict)

    def respond(
        self, request: FakeRequest, table: int, memory: FakeMemory, entropy: Callable[[int], bytes] = bytes
    ) -> tuple[FakeReply, FakeMemory]:
        """Answer a round once; ``table`` is the supplier's number."""
        if request.round in self.raises:
            raise self.raises[request.round]
        if request.round != len(memory.rounds):
            raise ProtocolError(f"round {len(memory.rounds)} comes next, not {request.round}")
        deed = self.deeds.get(request.round, FakeDeed.NOTHING)
        reply = FakeReply(request.round, table + request.round, deed, entropy(self.size))
        return reply, FakeMemory((*memory.rounds, request.round))


FAKE_STATE = RecordCodec(FakeState, "fake state", 1)
FAKE_HOPS: Hops[FakeRequest, FakeReply, FakeMemory] = Hops(
    RecordCodec(FakeRequest, "fake request", 1),
    RecordCodec(FakeReply, "fake reply", 1),
    RecordCodec(FakeMemory, "fake memory", 1),
)
"""The codecs of all that a driver keeps and sends."""
