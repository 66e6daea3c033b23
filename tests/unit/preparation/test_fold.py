"""Fold and numbers of persons are the keyed hashes that the contract names, by an independent reckoning."""

from __future__ import annotations

import hashlib
import hmac
import struct
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import UsageError
from syncline.preparation.fold import Fold, KeyedPersons, canonical_rows

PERSONS = [f"person {number}".encode() for number in range(2000)]


def mac(salt: bytes, message: bytes) -> bytes:
    return hmac.new(salt, message, hashlib.sha256).digest()


def test_a_known_answer() -> None:
    fold = Fold(b"study", "0.2")
    assert fold.holds_out([b"7", b"8", b"9", b"10", b"11", b"12"]).tolist() == [
        struct.unpack(">Q", mac(b"study", person)[:8])[0] * 5 < 2**64
        for person in (b"7", b"8", b"9", b"10", b"11", b"12")
    ]
    key = mac(b"syncline/person-key-of-salt/1\x00", b"study")
    expected = [struct.unpack("<q", mac(key, b"person\x00" + person)[:8])[0] for person in PERSONS[:20]]
    assert fold.numbers(PERSONS[:20]).tolist() == expected
    keyed = Fold(b"study", "0.2", KeyedPersons(key))
    assert keyed.numbers(PERSONS[:20]).tolist() == expected


@pytest.mark.parametrize("fraction", [0.2, "0.2", Decimal("0.2"), Fraction(1, 5)])
def test_a_fraction_is_the_decimal_that_was_written(fraction: float | str | Decimal | Fraction) -> None:
    assert Fold(b"s", fraction).threshold == 2**64 // 5 == int(Decimal("0.2") * 2**64)


def test_none_and_all() -> None:
    assert not Fold(b"s", 0).holds_out(PERSONS).any()
    assert Fold(b"s", 1).holds_out(PERSONS).all()


@pytest.mark.parametrize("fraction", [-0.1, 1.01, "2"])
def test_a_fraction_out_of_bounds_is_refused(fraction: float | str) -> None:
    with pytest.raises(UsageError, match="holdout"):
        Fold(b"s", fraction)


def test_about_the_fraction_is_held_out() -> None:
    fold = Fold(b"s", 0.2)
    share = fold.holds_out(PERSONS).mean()
    assert abs(share - 0.2) < 5 * (0.16 / len(PERSONS)) ** 0.5  # five standard errors


def test_the_salt_decides() -> None:
    assert (Fold(b"s", 0.5).holds_out(PERSONS) != Fold(b"t", 0.5).holds_out(PERSONS)).any()
    assert b"secret" not in repr(Fold(b"secret", 0.5)).encode()


@given(
    st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(0, 3)), min_size=1, max_size=5),
    st.data(),
)
def test_rows_are_keys_then_statuses_by_name(cells: list[tuple[int, int]], data: st.DataObject) -> None:
    names = [f"v{number}" for number in range(len(cells))]
    expected = struct.pack(f"<{len(cells)}q", *(key for key, _ in cells)) + bytes(s for _, s in cells)
    order = data.draw(st.permutations(range(len(cells))))
    keys = [np.array([cells[place][0], 5], np.int64) for place in order]
    status = [np.array([cells[place][1], 0], np.uint8) for place in order]
    rows = canonical_rows([names[place] for place in order], keys, status)
    assert len(rows) == 2
    assert rows[0] == expected
