"""A pinned key matches itself in every form in which it is passed on, and nothing else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import UsageError
from syncline.identity.fingerprint_words import fingerprint_words
from syncline.identity.key_pin import KeyPin

KEYS = st.binary(min_size=32, max_size=32)


def forms(key: bytes) -> list[str]:
    digest = hashlib.sha256(key).hexdigest()
    return [key.hex(), digest, digest.upper(), fingerprint_words(digest), f" {digest}\n"]


@given(KEYS, KEYS)
def test_every_form_matches_its_own_key_only(one: bytes, two: bytes) -> None:
    for form in forms(one):
        pin = KeyPin.parse(form, "--hub-key")
        assert pin.matches(one)
        assert pin.matches(two) == (one == two)


@pytest.mark.parametrize("text", ["", "ab" * 31, "ab" * 33, "zz" * 32, "lusab-babad", "lusab " * 6])
def test_anything_else_is_refused_with_the_argument_and_the_remedy(text: str) -> None:
    with pytest.raises(UsageError, match=r"--hub-key: expected a fingerprint.*'trusted-party init'"):
        KeyPin.parse(text, "--hub-key")
