from __future__ import annotations

import base64
import datetime as dt
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import IdentityError
from syncline.identity.peer import PeerRole
from syncline.identity.tokens import EnrolmentTicket, EnrolmentToken, invite
from tests.unit.identity.party import NOW

ROOT = bytes(range(32))
names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._@-]{0,61}[A-Za-z0-9])?", fullmatch=True)
tokens = st.builds(
    EnrolmentToken,
    name=names,
    role=st.sampled_from(PeerRole),
    secret=st.binary(min_size=32, max_size=32),
    root_sha256=st.binary(min_size=32, max_size=32),
)
SAMPLE = EnrolmentToken("cleveland", PeerRole.SUPPLIER, bytes(32), ROOT)


@given(tokens)
def test_a_token_comes_back_from_its_text(token: EnrolmentToken) -> None:
    assert EnrolmentToken.parse(token.text()) == token
    assert EnrolmentToken.parse(f"  {token.text()[:40]}\n {token.text()[40:]}\n") == token


@given(token=tokens, data=st.data())
def test_a_shortened_token_is_refused(token: EnrolmentToken, data: st.DataObject) -> None:
    text = token.text()
    with pytest.raises(IdentityError, match=r"token: .*: copy"):
        EnrolmentToken.parse(text[: data.draw(st.integers(0, len(text) - 1))])


@given(token=tokens, place=st.integers(10, 500), letter=st.sampled_from("ABCxyz019-_"))
def test_a_mistyped_token_is_refused_or_the_same(token: EnrolmentToken, place: int, letter: str) -> None:
    text = token.text()
    place = 10 + place % (len(text) - 10)
    mistyped = text[:place] + letter + text[place + 1 :]
    try:
        parsed = EnrolmentToken.parse(mistyped)
    except IdentityError:
        return
    assert parsed == token  # only the unused bits of the last letter differ


@given(
    st.text(max_size=200)
    | st.binary(max_size=90).map(lambda b: "syncline1-" + base64.urlsafe_b64encode(b).decode())
)
def test_any_text_is_a_token_or_an_error(text: str) -> None:
    with pytest.raises(IdentityError, match="token"):
        EnrolmentToken.parse(text)


def with_checksum(body: bytes) -> str:
    """Make a text that passes the checksum, as a forger can."""
    data = body + hashlib.sha256(b"syncline1-" + body).digest()[:4]
    return "syncline1-" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_the_forger_in_these_tests_makes_valid_texts() -> None:
    assert EnrolmentToken.parse(with_checksum(b"\x01\x01a" + bytes(32) + ROOT)).name == "a"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x01",
        b"\x09\x01a" + bytes(64),
        b"\x01\x02a" + bytes(64),
        b"\x01\x00" + bytes(64),
        b"\x01\x01/" + bytes(64),
        b"\x01\x01\xff" + bytes(64),
        b"\x01\xff" + b"a" * 255 + bytes(64),
    ],
)
def test_malformed_content_is_refused_despite_a_good_checksum(body: bytes) -> None:
    with pytest.raises(IdentityError):
        EnrolmentToken.parse(with_checksum(body))


def test_oversized_text_is_refused() -> None:
    with pytest.raises(IdentityError, match="over 512"):
        EnrolmentToken.parse("syncline1-" + "A" * 1_000_000)


def test_a_ticket_is_redeemed_by_its_secret_for_ten_minutes() -> None:
    token, ticket = invite("cleveland", PeerRole.SUPPLIER, ROOT, NOW)
    assert (ticket.name, ticket.role, token.root_sha256) == ("cleveland", PeerRole.SUPPLIER, ROOT)
    ticket.check(token.secret, NOW)
    ticket.check(token.secret, NOW + dt.timedelta(minutes=10))
    with pytest.raises(IdentityError, match="expired"):
        ticket.check(token.secret, NOW + dt.timedelta(minutes=10, seconds=1))


def test_a_forged_secret_is_refused() -> None:
    token, ticket = invite("cleveland", PeerRole.SUPPLIER, ROOT, NOW)
    other, _ = invite("cleveland", PeerRole.SUPPLIER, ROOT, NOW)
    for secret in (other.secret, b"", token.secret[:31], token.secret + b"\0"):
        with pytest.raises(IdentityError, match="not one of this hub's"):
            ticket.check(secret, NOW)


def test_a_used_ticket_is_refused() -> None:
    token, ticket = invite("cleveland", PeerRole.SUPPLIER, ROOT, NOW)
    used = EnrolmentTicket(ticket.name, ticket.role, ticket.secret_sha256, ticket.expires_at, used=True)
    with pytest.raises(IdentityError, match="used before"):
        used.check(token.secret, NOW)


def test_secrets_stand_nowhere_but_in_the_text() -> None:
    token, ticket = invite("cleveland", PeerRole.SUPPLIER, ROOT, NOW)
    for shown in (repr(token), repr(ticket)):
        assert token.secret.hex() not in shown
        assert repr(token.secret) not in shown


def test_the_text_stays_as_it_is_across_versions() -> None:
    """Tokens of this version must be readable for ever: this text must never change."""
    assert SAMPLE.text() == (
        "syncline1-AQljbGV2ZWxhbmQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhsc"
        "HR4f3ELGoA"
    )
