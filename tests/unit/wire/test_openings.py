"""Commitments and openings as bytes: round trips, and refusal of whatever is not each party once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import ProtocolError, WireError
from syncline.protocols.asking import Memory, Opening, Reply, Request
from syncline.protocols.opening import HUB, Commitments, Occasion, Openings, SaltDraw
from syncline.wire.exchange import DrawCodec, MemoryCodec, ReplyCodec, RequestCodec
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb
from tests.commitments import commitment_of

OCCASION = Occasion("s1", "ab" * 32)
names = st.sets(st.sampled_from(["east", "north", "south", "west-2"]), min_size=1).map(sorted)
contributions = st.binary(min_size=16, max_size=16)


@st.composite
def draws(draw: st.DrawFn) -> SaltDraw:
    values = {party: draw(contributions) for party in [*draw(names), HUB]}
    named = {party: commitment_of(OCCASION, party, value) for party, value in values.items()}
    sealed = draw(st.dictionaries(st.sampled_from([*values][:-1]), st.binary(min_size=48, max_size=48)))
    openings = Openings(values, draw(st.sampled_from([0, 20, 50])), sealed)
    return SaltDraw(Commitments(OCCASION, named), openings)


@given(draws(), st.integers(0, 2**40))
def test_what_was_drawn_comes_back(drawn: SaltDraw, people: int) -> None:
    for request in (
        Request(0, (), commitments=drawn.commitments),
        Request(1, (), openings=drawn.openings),
    ):
        assert RequestCodec().decode(RequestCodec().encode(request)) == request
    memory = Memory(1, commitments=drawn.commitments, openings=drawn.openings, people=people)
    assert MemoryCodec().decode(MemoryCodec().encode(memory)) == memory
    assert DrawCodec().decode(DrawCodec().encode(drawn)) == drawn


@given(contributions, st.none() | st.integers(0, 2**48))
def test_an_opening_comes_back(contribution: bytes, people: int | None) -> None:
    reply = Reply(0, (), Opening(contribution, people, {"south": bytes(range(48))} if people else {}))
    assert ReplyCodec().decode(ReplyCodec().encode(reply)) == reply


def request(change: Callable[[pb.Commitments], object]) -> bytes:
    value = {"north": bytes(64), "south": bytes(64), HUB: bytes(32)}
    data = RequestCodec().encode(Request(0, (), commitments=Commitments(OCCASION, value)))
    message = pb.Request.FromString(data)
    change(message.commitments)
    return message.SerializeToString()


BAD = {
    "a party twice": lambda c: c.by_party.append(c.by_party[-1]),
    "parties out of order": lambda c: c.by_party.reverse(),
    "a short hash": lambda c: setattr(c.by_party[1], "value", bytes(32)),
    "a public key of the hub": lambda c: setattr(c.by_party[0], "value", bytes(64)),
    "a name that no supplier has": lambda c: setattr(c.by_party[1], "party", "a b"),
    "no hub": lambda c: c.by_party.pop(0),
    "nobody": lambda c: c.ClearField("by_party"),
    "no study": lambda c: c.ClearField("study_id"),
    "no specification": lambda c: c.ClearField("specification_sha256"),
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD.keys())
def test_a_list_that_is_none_is_refused(change: Callable[[pb.Commitments], object]) -> None:
    with pytest.raises(WireError, match="commitments"):
        RequestCodec().decode(request(change))


def test_openings_of_another_length_or_share_are_refused() -> None:
    for openings in (
        pb.Openings(by_party=[pb.PartyBytes(party="north", value=bytes(15))]),
        pb.Openings(holdout_percent=101),
        pb.Openings(sealed=[pb.PartyBytes(party="north", value=bytes(47))]),
        pb.Openings(sealed=[pb.PartyBytes(party=HUB, value=bytes(48))]),
    ):
        with pytest.raises(WireError, match="openings"):
            RequestCodec().decode(pb.Request(round=1, openings=openings).SerializeToString())
    with pytest.raises(WireError, match="contribution"):
        ReplyCodec().decode(pb.Reply(opening=pb.Opening(contribution=bytes(17))).SerializeToString())


def test_a_draw_that_was_changed_is_not_read() -> None:
    values = {"north": bytes(16), HUB: bytes(16)}
    named = {party: commitment_of(OCCASION, party, value) for party, value in values.items()}
    drawn = SaltDraw(Commitments(OCCASION, named), Openings(values))
    message = pb.Draw.FromString(DrawCodec().encode(drawn))
    message.openings.by_party[1].value = bytes(15) + b"\x01"
    with pytest.raises(ProtocolError, match="'north' opened another"):
        DrawCodec().decode(message.SerializeToString())


def test_what_is_secret_is_not_shown() -> None:
    secret = b"a secret of 16 b"
    values = {"north": secret, HUB: secret}
    shown = repr((Openings(values), Opening(secret), Request(1, (), openings=Openings(values))))
    assert "secret of" not in shown
