"""The driver in one process: parties are asked in order, all passes its codec, errors come through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.errors import Contradiction, DataError, ProtocolError, StudyFailed, WireError
from syncline.protocols.fake import (
    FAKE_HOPS,
    FAKE_STATE,
    Fake,
    FakeDeed,
    FakeMemory,
    FakeReply,
    FakeRequest,
    FakeSupplier,
)
from syncline.protocols.in_process import Hops, Traffic, run
from syncline.protocols.transition import PartyId

NORTH, SOUTH = PartyId("north"), PartyId("south")
Respond = Callable[[FakeRequest, FakeMemory], tuple[FakeReply, FakeMemory]]


def parties(numbers: Mapping[str, int], **sides: FakeSupplier) -> dict[PartyId, Respond]:
    """Return suppliers with a number each; some have another half than the others."""

    def with_number(name: str, number: int) -> Respond:
        side = sides.get(name, FakeSupplier())
        return lambda request, memory: side.respond(request, number, memory)

    return {PartyId(name): with_number(name, number) for name, number in numbers.items()}


@settings(max_examples=20)
@given(
    rounds=st.integers(0, 6),
    numbers=st.dictionaries(st.sampled_from("dcba"), st.integers(-9, 9), min_size=1),
    sizes=st.tuples(st.integers(0, 300), st.integers(0, 300)),
)
def test_all_rounds_are_run_with_and_without_hops(
    rounds: int, numbers: dict[str, int], sizes: tuple[int, int]
) -> None:
    sent, received = sizes
    hub = Fake(rounds, sent)
    sides = {name: FakeSupplier(received) for name in numbers}
    heard: list[Traffic] = []
    announced: list[str] = []
    total = run(
        hub, parties(numbers, **sides), FakeMemory(),
        hops=FAKE_HOPS, state=FAKE_STATE, announce=announced.append, listen=heard.append,
    )  # fmt: skip
    assert total == sum(number + place for number in numbers.values() for place in range(rounds))
    assert run(hub, parties(numbers, **sides), FakeMemory()) == total
    assert announced == [round_.stage for round_ in heard] == ["open", *["fit"] * (rounds - 1)][:rounds]
    assert all(round_.sent > sent and round_.received > received * len(numbers) for round_ in heard)


def test_parties_answer_and_merge_in_sorted_order() -> None:
    asked: list[str] = []

    def noting(name: str) -> Respond:
        def respond(request: FakeRequest, memory: FakeMemory) -> tuple[FakeReply, FakeMemory]:
            asked.append(name)
            return FakeSupplier().respond(request, 1, memory)

        return respond

    run(Fake(2), {PartyId(name): noting(name) for name in "cab"}, FakeMemory())
    assert asked == [*"abc", *"abc"]


def test_a_party_is_asked_what_is_for_it_alone() -> None:
    heard: dict[str, list[bytes]] = {"north": [], "south": []}

    def noting(name: str) -> Respond:
        def respond(request: FakeRequest, memory: FakeMemory) -> tuple[FakeReply, FakeMemory]:
            heard[name].append(request.filler)
            return FakeSupplier().respond(request, 1, memory)

        return respond

    hub = Fake(2, size=3, told={SOUTH: b"a share of a key"})
    assert run(hub, {PartyId(name): noting(name) for name in heard}, FakeMemory(), hops=FAKE_HOPS) == 6
    assert heard == {"north": [bytes(3)] * 2, "south": [b"a share of a key"] * 2}


@pytest.mark.parametrize(
    ("side", "error"),
    [
        (FakeSupplier(deeds={1: FakeDeed.LIE}), Contradiction),
        (FakeSupplier(deeds={1: FakeDeed.FAIL}), StudyFailed),
        (FakeSupplier(raises={2: DataError("the data is gone")}), DataError),
    ],
)
def test_an_error_of_either_half_ends_the_run(side: FakeSupplier, error: type[Exception]) -> None:
    with pytest.raises(error):
        run(Fake(3), parties({"north": 1, "south": 2}, south=side), FakeMemory(), hops=FAKE_HOPS)
    assert run(Fake(1), parties({"north": 1, "south": 2}, south=side), FakeMemory()) == 3


def test_what_does_not_pass_its_codec_cannot_be_relied_on() -> None:
    """A half that keeps something beside what is encoded is found out by the driver."""

    class Forgetful(type(FAKE_HOPS.memory)):  # type: ignore[misc]
        def decode(self, data: bytes) -> Any:
            return FakeMemory()

    lossy = Hops(FAKE_HOPS.request, FAKE_HOPS.reply, Forgetful(FakeMemory, "fake memory", 1))
    with pytest.raises(ProtocolError, match="round 0 comes next, not 1"):
        run(Fake(2), parties({"north": 1}), FakeMemory(), hops=lossy)
    assert run(Fake(2), parties({"north": 1}), FakeMemory(), hops=FAKE_HOPS) == 3
    with pytest.raises(WireError):
        FAKE_STATE.decode(FAKE_HOPS.memory.encode(FakeMemory()))
