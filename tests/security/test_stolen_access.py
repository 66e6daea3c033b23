"""A thief of an access token or of a certificate: each alone opens no release."""

from __future__ import annotations

import pytest

from syncline.errors import IdentityError
from syncline.wire.refusals import UnknownObject
from tests.unit.hub.test_granting import SECOND, changed, records  # noqa: F401  (a fixture)
from trusted_party.datastore.grants import Grant
from trusted_party.release import granting
from trusted_party.release.granting import AccessVerdict


def open_to(monkeypatch, *, certificates: bool) -> None:
    """Take out what asks for the token, or what asks for the certificate of the one whom it names."""

    def judged(granted: Grant | None, secret: bytes, now_us: int) -> AccessVerdict:
        return AccessVerdict.OPEN if certificates or secret else AccessVerdict.MISSING

    monkeypatch.setattr(granting, "judge", judged)


def test_a_certificate_without_its_token_fetches_nothing(records, monkeypatch):  # noqa: F811
    records.grant("bob")
    assert "pass it with --token" in records.refused(IdentityError, "bob")
    open_to(monkeypatch, certificates=True)
    assert records.fetch("bob") == b"r1"


@pytest.mark.parametrize("place", [0, 31])
def test_a_token_that_is_not_the_last_one_fetches_nothing(records, monkeypatch, place):  # noqa: F811
    token = records.grant("bob")
    records.refused(IdentityError, "bob", changed(token.secret, place))
    open_to(monkeypatch, certificates=False)
    assert records.fetch("bob", changed(token.secret, place)) == b"r1"


def test_a_token_in_anothers_hands_says_not_even_that_there_is_a_release(records, monkeypatch):  # noqa: F811
    token = records.grant("bob")
    records.grant("carol", SECOND)
    assert "no such release" in records.refused(UnknownObject, "carol", token.secret)
    bobs = granting._grant_of
    monkeypatch.setattr(granting, "_grant_of", lambda db, release, _, role: bobs(db, release, "bob", role))
    assert records.fetch("carol", token.secret) == b"r1"
