"""The suppliers of a study share a key, the hub sees only what is sealed, and nobody is dealt another key."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import ProtocolError
from syncline.protocols.opening import HUB, Commitments, Occasion
from syncline.protocols.person_key import KEY_BYTES, SEALED_BYTES, KeyHolder
from syncline.protocols.transition import PartyId
from tests.commitments import commitment_of, private_key_of

OCCASION = Occasion("s1", "ab" * 32)
NAMES = ["east", "north", "south", "west"]


def holders(names: list[str], occasion: Occasion = OCCASION) -> list[KeyHolder]:
    named = {PartyId(name): commitment_of(occasion, name, bytes(16)) for name in [*names, HUB]}
    commitments = Commitments(occasion, named)
    return [KeyHolder(PartyId(name), private_key_of(name), commitments) for name in sorted(names)]


@given(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
def test_all_suppliers_have_one_key_and_only_the_first_deals(names: list[str]) -> None:
    dealer, *others = holders(names)
    sealed = dealer.dealt()
    assert set(sealed) == set(names)
    assert all(len(box) == SEALED_BYTES for box in sealed.values())
    assert not any(other.dealt() for other in others)
    keys = {holder.key(sealed) for holder in (dealer, *others)}
    assert len(keys) == 1
    (key,) = keys
    assert len(key) == KEY_BYTES
    assert all(key not in box for box in sealed.values())
    assert dealer.dealt() == sealed  # the same again after a start from nothing


def test_each_study_and_each_roster_has_a_key_of_its_own() -> None:
    dealers = [
        holders(NAMES)[0],
        holders(NAMES[:3])[0],
        holders(NAMES, Occasion("s2", "ab" * 32))[0],
        holders(NAMES, Occasion("s1", "cd" * 32))[0],
    ]
    assert len({dealer.key(dealer.dealt()) for dealer in dealers}) == len(dealers)


@pytest.mark.parametrize("place", [0, 20, SEALED_BYTES - 1])
def test_a_changed_seal_is_refused(place: int) -> None:
    dealer, north, *_ = holders(NAMES)
    sealed = dealer.dealt()
    box = bytearray(sealed[north.party])
    box[place] ^= 1
    with pytest.raises(ProtocolError, match="not sealed by supplier 'east', who deals it"):
        north.key({**sealed, north.party: bytes(box)})


def test_another_key_than_all_were_dealt_is_refused() -> None:
    """The dealer seals another for one, or who carries the digest changes it."""
    dealer, north, south, _ = holders(NAMES)
    sealed, other = dealer.dealt(), replace(dealer, private_key=bytes(range(32)))
    for digest in (bytes(48), other.dealt()[dealer.party]):
        for holder in (dealer, north, south):
            with pytest.raises(ProtocolError, match="'east' did not deal one key"):
                holder.key({**sealed, dealer.party: digest})
    box = dealer._box(south.party).encrypt(bytes(12), bytes(KEY_BYTES), None)
    unlike = {**sealed, south.party: box}
    assert north.key(unlike) == dealer.key(unlike)
    with pytest.raises(ProtocolError, match="'east' did not deal one key"):
        south.key(unlike)


def test_a_seal_opens_for_its_addressee_in_its_study_alone() -> None:
    dealer, north, south, _ = holders(NAMES)
    sealed = dealer.dealt()
    with pytest.raises(ProtocolError, match="not sealed by"):
        south.key({**sealed, south.party: sealed[north.party]})
    elsewhere = holders(NAMES, Occasion("s2", "ab" * 32))[1]
    with pytest.raises(ProtocolError, match="not sealed by"):
        elsewhere.key(sealed)
    hub = replace(north, private_key=bytes(range(32)))
    with pytest.raises(ProtocolError, match="not sealed by"):
        hub.key(sealed)


@pytest.mark.parametrize("change", ["nothing", "no digest", "one less", "one more"])
def test_seals_for_other_suppliers_than_the_studys_are_refused(change: str) -> None:
    dealer, north, *_ = holders(NAMES)
    sealed = dealer.dealt()
    given = {
        "nothing": {},
        "no digest": {name: box for name, box in sealed.items() if name != dealer.party},
        "one less": {name: box for name, box in sealed.items() if name != "west"},
        "one more": {**sealed, PartyId("up"): bytes(SEALED_BYTES)},
    }[change]
    for holder in (dealer, north):
        with pytest.raises(ProtocolError, match="was not dealt to the suppliers"):
            holder.key(given)


def test_a_public_key_that_is_none_is_refused() -> None:
    """An exchange with zero gives zero, whatever the own key is."""
    dealer = holders(NAMES)[0]
    named = {**dealer.commitments.by_party, PartyId("south"): bytes(64)}
    with pytest.raises(ProtocolError, match="'south' named no public key"):
        replace(dealer, commitments=Commitments(OCCASION, named)).dealt()


def test_what_is_secret_is_not_shown() -> None:
    assert "private_key" not in repr(holders(NAMES)[0])
