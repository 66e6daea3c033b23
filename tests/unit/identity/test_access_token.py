"""Access tokens: what a person pastes comes back whole, or is refused with the reason."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import IdentityError
from syncline.identity.access_token import AccessToken, hash_access_secret
from syncline.identity.peer import PeerRole
from syncline.identity.tokens import EnrolmentToken, hash_secret

PREFIX = "syncline-access1-"
names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._@-]{0,61}[A-Za-z0-9])?", fullmatch=True)
releases = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
tokens = st.builds(
    AccessToken, release_id=releases, researcher=names, secret=st.binary(min_size=32, max_size=32)
)
SAMPLE = AccessToken("r0123456789abcde", "bob", bytes(range(32)))
ENROLMENT = EnrolmentToken("bob", PeerRole.RESEARCHER, bytes(32), bytes(32))


@given(tokens)
def test_a_token_comes_back_from_its_text(token: AccessToken) -> None:
    assert AccessToken.parse(token.text()) == token
    assert AccessToken.parse(f"  {token.text()[:40]}\n {token.text()[40:]}\n") == token


@given(token=tokens, data=st.data())
def test_a_shortened_token_is_refused(token: AccessToken, data: st.DataObject) -> None:
    text = token.text()
    with pytest.raises(IdentityError, match=r"access token: .*: copy the whole line"):
        AccessToken.parse(text[: data.draw(st.integers(0, len(text) - 1))])


@given(token=tokens, place=st.integers(0, 500), letter=st.sampled_from("ABCxyz019-_"))
def test_a_mistyped_token_is_refused_or_the_same(token: AccessToken, place: int, letter: str) -> None:
    text = token.text()
    place = place % len(text)
    try:
        parsed = AccessToken.parse(text[:place] + letter + text[place + 1 :])
    except IdentityError:
        return
    assert parsed == token  # only the unused bits of the last letter differ


@given(
    st.text(max_size=200)
    | st.binary(max_size=90).map(lambda b: PREFIX + base64.urlsafe_b64encode(b).decode())
)
def test_any_text_is_a_token_or_an_error(text: str) -> None:
    with pytest.raises(IdentityError, match="access token"):
        AccessToken.parse(text)


def test_an_enrolment_token_is_called_one_and_the_reverse() -> None:
    with pytest.raises(IdentityError, match=r"access token: this is a one-time token to enrol with: copy"):
        AccessToken.parse(ENROLMENT.text())
    with pytest.raises(IdentityError, match=r"token: this is an access token for a release, which 'syncline"):
        EnrolmentToken.parse(SAMPLE.text())


def test_the_body_of_one_kind_behind_the_prefix_of_the_other_is_refused() -> None:
    with pytest.raises(IdentityError, match="cut off or mistyped"):
        AccessToken.parse(PREFIX + ENROLMENT.text().removeprefix("syncline1-"))
    with pytest.raises(IdentityError, match="cut off or mistyped"):
        EnrolmentToken.parse("syncline1-" + SAMPLE.text().removeprefix(PREFIX))


def with_checksum(body: bytes) -> str:
    """Make a text that passes the checksum, as a forger can."""
    data = body + hashlib.sha256(PREFIX.encode() + body).digest()[:4]
    return PREFIX + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_the_forger_in_these_tests_makes_valid_texts() -> None:
    assert AccessToken.parse(with_checksum(b"\x02r1\x01a" + bytes(32))) == AccessToken("r1", "a", bytes(32))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"\x02r1",
        b"\x02r1\x01",
        b"\x02r1\x01a",
        b"\x02r1\x01a" + bytes(31),
        b"\x02r1\x01a" + bytes(33),
        b"\x00\x01a" + bytes(32),
        b"\x02r1\x00" + bytes(32),
        b"\x03../\x01a" + bytes(32),
        b"\x02r1\x01/" + bytes(32),
        b"\x02r\xff\x01a" + bytes(32),
        b"\x41" + b"r" * 65 + b"\x01a" + bytes(32),
        b"\xff" + b"r" * 40,
    ],
)
def test_malformed_content_is_refused_despite_a_good_checksum(body: bytes) -> None:
    with pytest.raises(IdentityError, match="access token: its content is malformed"):
        AccessToken.parse(with_checksum(body))


def test_oversized_text_is_refused() -> None:
    with pytest.raises(IdentityError, match="over 512"):
        AccessToken.parse(PREFIX + "A" * 1_000_000)


def test_the_secret_stands_nowhere_but_in_the_text() -> None:
    token = AccessToken.make("r1", "bob")
    assert token.secret.hex() not in repr(token)
    assert repr(token.secret) not in repr(token)
    assert token.secret != AccessToken.make("r1", "bob").secret


def test_hashes_of_the_two_kinds_are_parted() -> None:
    secret = bytes(range(32))
    known = hashlib.sha256(b"syncline/v1/access-secret\x00" + secret).digest()
    assert SAMPLE.secret_sha256 == hash_access_secret(secret) == known
    assert hash_secret(secret) != known


def test_the_text_stays_as_it_is_across_versions() -> None:
    """Tokens of this version must be readable while they last: this text must never change."""
    assert (
        SAMPLE.text()
        == "syncline-access1-EHIwMTIzNDU2Nzg5YWJjZGUDYm9iAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh_rR9x8"
    )
