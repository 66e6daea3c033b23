"""Who has a place on the porch, what is taken for a ClientHello, and whose address counts as whose."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import UsageError
from trusted_party.api.client_hello import Hello, judge_hello
from trusted_party.api.guests import Guests, Places
from trusted_party.api.relay import counted_address

ARRIVALS = st.lists(st.sampled_from("abcdef") | st.none(), max_size=200)
"""Holders in the order in which guests come; None where the oldest leaves by itself."""


@given(in_all=st.integers(1, 12), of_one=st.integers(1, 12), arrivals=ARRIVALS)
def test_a_newcomer_always_has_a_place_and_who_holds_most_loses_the_oldest(in_all, of_one, arrivals):
    of_one = min(in_all, of_one)
    guests: Guests[int] = Guests(Places(in_all, of_one))
    known: dict[int, str] = {}
    for number, holder in enumerate(arrivals):
        if holder is None:
            for one in list(known)[:1]:
                guests.remove(one)
                del known[one]
            continue
        counts = {name: sum(held == name for held in known.values()) for name in set(known.values())}
        leaving = guests.add(number, holder)
        if leaving is not None:
            loser = known.pop(leaving)
            assert all(one > leaving for one, held in known.items() if held == loser)
            assert counts[loser] == max(counts.values()) or loser == holder
        known[number] = holder
        assert number in guests
        full = sum(counts.values()) >= in_all or counts.get(holder, 0) >= of_one
        assert (leaving is not None) == full
        assert len(guests) == len(known) <= in_all
        assert all(guests.of(name) <= of_one for name in known.values())


def test_places_that_nobody_could_have_are_refused():
    for in_all, of_one in ((0, 0), (3, 4), (3, 0)):
        with pytest.raises(UsageError, match="places"):
            Places(in_all, of_one)


def hello() -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="hub").do_handshake()
    return outgoing.read()


def test_a_client_hello_is_whole_with_its_last_byte():
    said = hello()
    for count in range(len(said)):
        assert judge_hello(said[:count]) is Hello.INCOMPLETE
    assert judge_hello(said) is Hello.WHOLE
    assert judge_hello(said + b"more") is Hello.WHOLE


@pytest.mark.parametrize(
    "said",
    [
        *(b"G", b"GET / ", b"\x16\x02", b"\x15\x03\x03\x00\x02"),
        *(b"\x16\x03\x01\x40\x01\x01", b"\x16\x03\x01\x00\x00\x01", b"\x16\x03\x01\x00\x05\x02"),
    ],
)
def test_what_is_no_client_hello_is_foreign(said):
    assert judge_hello(said) is Hello.FOREIGN


@given(st.binary(max_size=40))
def test_any_bytes_are_judged(said):
    assert judge_hello(said) in Hello


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
    ],
)
def test_an_ipv6_network_counts_as_one(address, counted):
    assert counted_address(address) == counted
