"""A granted release opens to a named researcher with the secret given last, in its time; to nobody else."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from syncline.errors import IdentityError, ProtocolError
from syncline.identity.access_token import AccessToken
from syncline.identity.keys import generate_signing_key
from syncline.identity.peer import PeerRole
from syncline.study.lifecycle import StudyState
from syncline.wire.messages import ReleaseId, StudyId
from syncline.wire.refusals import UnknownObject
from syncline.wire.release_messages import ReleaseRequest
from tests.unit.hub.shifted_clock import ShiftedClock
from trusted_party.datastore.audit_log import HubAudit, entries
from trusted_party.datastore.grants import Grant, find_grant
from trusted_party.datastore.members import put_member
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.releases import ReleaseRow, add_release, set_withdrawn
from trusted_party.datastore.sqlite_store import open_sqlite_store
from trusted_party.datastore.studies import NewStudy, add_study
from trusted_party.release import granting
from trusted_party.release.access import ReleaseAccess
from trusted_party.release.granting import AccessVerdict, judge

RELEASE, SECOND = ReleaseId("r1"), ReleaseId("r2")


class HubRecords:
    """A hub's database with two releases of ada's and three researchers, and no network."""

    def __init__(self, root: Path) -> None:
        self.database = open_sqlite_store(root / "hub.sqlite")
        self.clock = ShiftedClock()
        self.audit = HubAudit(generate_signing_key(), self.clock)
        self.access = ReleaseAccess(self.database, self.audit, self.clock, root)
        self.database.write_now(self._fill)
        for release_id in (RELEASE, SECOND):
            (root / release_id).mkdir()
            (root / release_id / "synthetic.csv").write_text(release_id)

    def _fill(self, connection) -> None:
        for number, release_id in enumerate((RELEASE, SECOND)):
            study_id = StudyId(f"s{number}")
            new = NewStudy(study_id, "heart", "ada", b"", b"", b"", "0" * 64, ())
            add_study(connection, new, StudyState.RELEASED, 1)
            add_release(connection, ReleaseRow(release_id, study_id, "0" * 64, 2, 1))
        for name, role in (
            ("ada", PeerRole.RESEARCHER),
            ("bob", PeerRole.RESEARCHER),
            ("carol", PeerRole.RESEARCHER),
        ):
            put_member(connection, name, role, name.encode().ljust(32), 1)

    def grant(self, name: str = "bob", release_id: ReleaseId = RELEASE, days: int = 1) -> AccessToken:
        until_us = granting.until(to_us(self.clock.now()), days)
        return self.database.write_now(
            lambda connection: granting.grant(connection, self.audit, release_id, name, until_us)
        ).token

    def fetch(
        self,
        name: str,
        secret: bytes = b"",
        release_id: ReleaseId = RELEASE,
        role: PeerRole = PeerRole.RESEARCHER,
        **changes,
    ) -> bytes:
        async def work() -> bytes:
            wanted = ReleaseRequest(release_id, access_secret=secret, **changes)
            return b"".join([chunk.data async for chunk in self.access.fetch(name, role, wanted)])

        return asyncio.run(work())

    def refused(self, error, *arguments, **changes) -> str:
        with pytest.raises(error) as caught:
            self.fetch(*arguments, **changes)
        return str(caught.value)

    def audited(self, kind: str) -> list[dict]:
        found = self.database.read_now(lambda connection: list(entries(connection)))
        return [entry.fields for entry in found if entry.kind == kind]


@pytest.fixture
def records(tmp_path):
    found = HubRecords(tmp_path)
    yield found
    found.database.close()


def changed(secret: bytes, place: int) -> bytes:
    return secret[:place] + bytes([secret[place] ^ 1]) + secret[place + 1 :]


def test_certificate_and_token_together_open_what_was_granted(records):
    token = records.grant()
    assert records.fetch("bob", token.secret) == b"r1"
    (fetched,) = records.audited("release_fetched")
    assert (fetched["by"], fetched["grant"]) == ("bob", token.secret_sha256.hex()[:8])


@pytest.mark.parametrize("place", [0, 15, 31])
def test_a_wrong_secret_opens_nothing_and_is_audited_without_being_told(records, place):
    token = records.grant()
    wrong = changed(token.secret, place)
    assert "not the access token that you were given last" in records.refused(IdentityError, "bob", wrong)
    (entry,) = records.audited("release_access_refused")
    assert (entry["release"], entry["by"], entry["why"]) == (RELEASE, "bob", "wrong")
    assert entry["token"] != token.secret_sha256.hex()[:8]
    assert wrong.hex() not in str(entry)
    assert records.audited("release_fetched") == []


def test_the_certificate_alone_opens_nothing(records):
    records.grant()
    for changes in ({}, {"report_only": True}, {"report_only": True, "for_decision": True}):
        assert "pass it with --token" in records.refused(IdentityError, "bob", **changes)
    assert records.audited("release_access_refused") == []


def test_the_token_alone_opens_nothing(records):
    """Another researcher hears what is said of no release at all; the audit says whose token it was."""
    token = records.grant()
    unknown = records.refused(UnknownObject, "carol", token.secret, ReleaseId("r9"))
    for secret in (token.secret, changed(token.secret, 0), b""):
        assert records.refused(UnknownObject, "carol", secret).replace("r1", "r9") == unknown
    stolen = [entry["token"] for entry in records.audited("release_access_refused")]
    assert stolen.count(token.secret_sha256.hex()[:8]) == 2
    assert {entry["why"] for entry in records.audited("release_access_refused")} == {"not_granted"}


@pytest.mark.parametrize("role", [PeerRole.APPROVER, PeerRole.SUPPLIER])
def test_a_grant_is_a_researchers(records, role):
    """A name that another role bears is not the one that was named."""
    token = records.grant()
    records.refused(UnknownObject, "bob", token.secret, role=role)


def test_one_researchers_token_is_not_anothers(records):
    first, second = records.grant("bob"), records.grant("carol")
    records.refused(IdentityError, "bob", second.secret)
    records.refused(IdentityError, "carol", first.secret)
    assert records.fetch("carol", second.secret) == b"r1"


def test_a_token_opens_its_own_release_alone(records):
    first, second = records.grant(), records.grant(release_id=SECOND)
    records.refused(IdentityError, "bob", first.secret, SECOND)
    assert records.fetch("bob", second.secret, SECOND) == b"r2"


def test_a_token_ends_by_the_clock(records):
    token = records.grant(days=2)
    records.clock.shift = dt.timedelta(days=2, seconds=-60)
    assert records.fetch("bob", token.secret) == b"r1"
    records.clock.shift = dt.timedelta(days=2)
    for secret in (token.secret, b""):
        sentence = records.refused(IdentityError, "bob", secret)
        assert "your access ended on 20" in sentence
        assert "ask the hub's operator for a new access token" in sentence
    assert [entry["why"] for entry in records.audited("release_access_refused")] == ["expired"]


def test_the_very_moment_of_the_end_is_over():
    token = AccessToken.make(RELEASE, "bob")
    grant = Grant(RELEASE, "bob", 1_000_000, token.secret_sha256)
    said = [judge(grant, token.secret, now_us) for now_us in (999_999, 1_000_000, 1_000_001)]
    assert said == [AccessVerdict.OPEN, AccessVerdict.EXPIRED, AccessVerdict.EXPIRED]


def test_a_revoked_token_opens_nothing(records):
    token = records.grant()
    records.database.write_now(lambda connection: granting.revoke(connection, records.audit, RELEASE, "bob"))
    assert records.refused(UnknownObject, "bob", token.secret) == "release r1: no such release"
    (revoked,) = records.audited("release_revoked")
    assert revoked["grant"] == token.secret_sha256.hex()[:8]


def test_a_withdrawn_release_is_closed_to_its_token(records):
    token = records.grant()
    records.database.write_now(lambda connection: set_withdrawn(connection, RELEASE, "operator", "a slip", 1))
    assert "it was withdrawn (a slip)" in records.refused(ProtocolError, "bob", token.secret)
    assert records.audited("release_fetched") == []


def test_a_second_grant_replaces_the_first_token(records):
    first, second = records.grant(days=30), records.grant(days=1)
    assert "given last" in records.refused(IdentityError, "bob", first.secret)
    assert records.fetch("bob", second.secret) == b"r1"
    granted = records.audited("release_granted")
    assert [entry["replaces"] for entry in granted] == [None, granted[0]["grant"]]
    assert records.audited("release_access_refused")[0]["token"] == granted[0]["grant"]


def test_the_owner_needs_no_token_and_a_wrong_one_does_no_harm(records):
    for secret in (b"", bytes(32)):
        assert records.fetch("ada", secret) == b"r1"
    assert [entry["grant"] for entry in records.audited("release_fetched")] == [None, None]
    assert records.audited("release_access_refused") == []


def test_a_list_says_until_when_and_only_to_whom_it_was_granted(records):
    records.grant(days=1)
    (entry,) = asyncio.run(records.access.releases("bob", PeerRole.RESEARCHER))
    kept = records.database.read_now(lambda connection: find_grant(connection, RELEASE, "bob"))
    assert (entry.release_id, entry.granted_until_us) == (RELEASE, kept.until_us)
    assert {
        one.granted_until_us for one in asyncio.run(records.access.releases("ada", PeerRole.RESEARCHER))
    } == {0}
    assert asyncio.run(records.access.releases("carol", PeerRole.RESEARCHER)) == []
    records.clock.shift = dt.timedelta(days=1)
    assert asyncio.run(records.access.releases("bob", PeerRole.RESEARCHER)) == []


def test_the_database_keeps_a_hash_and_no_secret(records, tmp_path):
    token = records.grant()
    records.fetch("bob", token.secret)
    records.database.close()
    for path in tmp_path.glob("hub.sqlite*"):
        assert token.secret not in path.read_bytes()
