"""A release waits for people: approvals, overrides and refusals, restarts between them, and what follows."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import shutil

import grpc
import pytest
from sqlalchemy import update

from syncline.identity.access_token import AccessToken
from syncline.identity.key_pin import KeyPin
from syncline.identity.keys import public_signing_key
from syncline.identity.peer import PeerRole
from syncline.study.manifest import verify_release
from syncline.study.release_decision import ReleaseVerdict
from syncline.wire.release_messages import ReleaseState
from tests.process.hub.clients import eventually
from tests.process.hub.release_clients import Office, ended, office, waiting
from tests.process.hub.test_commands import command
from tests.process.hub.test_enrolment import dismiss, refused
from tests.unit.hub.small_study import specification
from trusted_party.datastore.tables import grants
from trusted_party.studies.dismissal import ban

pytestmark = pytest.mark.network

ONE = "{gate: none, approvals: 1}"
GATED = "{approvals: 0}"
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
ABSENT = grpc.StatusCode.NOT_FOUND


async def call(site, *arguments, status=0):
    done = await asyncio.to_thread(command, *arguments, "--json", home=site.home.root)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout) if status == 0 else done.stderr


def verified(site, release_id):
    key = KeyPin.of_key(public_signing_key(site.home.load_signing_key()))
    found = verify_release(site.home.releases_path / release_id, key)
    assert found.failures == ()
    return found.approvals


def test_a_release_waits_for_its_approver(site, run):
    async def work():
        async with office(site) as at:
            status = await at.study(ONE)
            assert status.state == "awaiting_release"
            entry = await at.entry()
            assert entry.state is ReleaseState.WAITING
            assert (
                f"or the hub's operator 'trusted-party releases approve {entry.release_id}'" in status.reason
            )
            assert entry.note == status.reason
            assert (await at.entry(at.ada)).state is ReleaseState.WAITING
            sentence = await refused(at.fetch(at.ada, entry.release_id), PRECONDITION)
            assert "it is not released yet: release" in sentence
            await refused(at.fetch(at.ada, entry.release_id, report_only=True), PRECONDITION)
            assert set(await at.fetch(at.eva, entry.release_id, report_only=True)) == {
                "report.json",
                "specification.json",
            }
            assert "give --report-only" in await refused(at.fetch(at.eva, entry.release_id), PRECONDITION)
            await at.decide(at.eva)
            status = await at.until(ended)
            assert (status.state, status.release_id) == ("released", entry.release_id)
            assert verified(site, entry.release_id) == (("eva", "approve"),)
            (record,) = at.manifest(entry.release_id)["approvals"]
            assert (record["approver"], record["reason"]) == ("eva", "read it")
            assert record["public_key"] == public_signing_key(at.eva.signing_key).hex()
            assert at.manifest(entry.release_id)["gate"] is None
            assert "manifest.sig" in await at.fetch(at.ada, entry.release_id)
            await at.decide(at.eva, subject=entry.subject)  # the same again changes nothing
            fetched = await at.audited("release_fetched")
            assert [(one["by"], one["report_only"]) for one in fetched] == [("eva", True), ("ada", False)]
            assert fetched[1]["manifest_sha256"] == (await at.entry(at.ada)).manifest_sha256
            assert len(await at.audited("release_decided")) == 1

    run(work())


def test_no_approval_is_needed_where_none_is_asked_and_the_gate_passes(site, run, monkeypatch):
    monkeypatch.setenv("FAKE_CHILD_GATE", "passed")

    async def work():
        async with office(site) as at:
            status = await at.study("{gate: {alpha: 0.05}, approvals: 0}")
            assert status.state == "released"
            gate = at.manifest(status.release_id)["gate"]
            assert gate == {"alpha": 0.05, "tolerated": 0.0025, "passed": True, "failures": []}
            assert verified(site, status.release_id) == ()

    run(work())


@pytest.mark.parametrize("gate", ["failed", None])
def test_a_gate_that_failed_or_was_not_run_is_let_pass_by_overrides_alone(site, run, monkeypatch, gate):
    if gate:
        monkeypatch.setenv("FAKE_CHILD_GATE", gate)

    async def work():
        async with office(site) as at:
            status = await at.study(GATED)
            assert "did not pass the disclosure gate" in status.reason
            assert "1 more override" in status.reason
            assert "--override --reason TEXT" in status.reason
            entry = await at.entry()
            why = "xgap: 50 persons" if gate else "the disclosure gate was not run"
            assert why in entry.gate_failures[0]
            assert entry.subject.gate_passed is False
            sentence = await refused(at.decide(at.eva), PRECONDITION)
            assert "failed the disclosure gate, so that an approval needs --override" in sentence
            await at.decide(at.eva, ReleaseVerdict.OVERRIDE, "public data")
            status = await at.until(ended)
            assert status.state == "released"
            assert status.reason == "released by override of eva"
            assert verified(site, entry.release_id) == (("eva", "override"),)
            record = at.manifest(status.release_id)["gate"]
            assert (record["passed"], record["alpha"], record["tolerated"]) == (False, 0.01, 0.0025)
            assert record["failures"] == list(entry.gate_failures)

    run(work())


def test_a_gate_that_passed_cannot_be_overridden(site, run):
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            sentence = await refused(at.decide(at.eva, ReleaseVerdict.OVERRIDE), PRECONDITION)
            assert "nothing to override" in sentence

    run(work())


def test_two_people_are_two_names_and_the_operator_may_be_one(site, run):
    async def work():
        async with office(site) as at:
            await at.study("{gate: none, approvals: 3}")
            release_id = (await at.entry()).release_id
            await at.decide(at.eva)
            status = await at.until(lambda status: "2 more approvals (eva gave one)" in status.reason)
            taken = await call(site, "releases", "approve", release_id, "--by", "olga", "--yes")
            assert (taken["state"], [one["approver"] for one in taken["approvals"]]) == (
                "waiting",
                ["eva", "olga"],
            )
            await call(site, "releases", "approve", release_id, "--by", "Olga", "--yes")
            status = await at.until(lambda status: "1 more approval (" in status.reason)
            assert waiting(status)
            for name in ("eva", "EVA", "ada", "north"):
                error = await call(site, "releases", "approve", release_id, "--by", name, "--yes", status=2)
                assert "signs with a key of their own" in error
            await call(site, "releases", "approve", release_id, "--yes")
            assert (await at.until(ended)).state == "released"
            names = [name for name, _ in verified(site, release_id)]
            assert names == ["eva", "olga", "operator"]

    run(work())


def test_named_approvers_are_the_only_ones(site, run):
    async def work():
        async with office(site) as at:
            max_ = await site.member("max", PeerRole.APPROVER)
            await at.study("{gate: none, approvals: 1, approvers: [max]}")
            entry = await at.entry(max_)
            assert "1 more approval by max: an approver types" in entry.note
            assert "operator" not in entry.note
            assert await at.releases(at.eva) == []
            sentence = await refused(at.decide(at.eva, subject=entry.subject), ABSENT)
            assert "no such release" in sentence
            await refused(at.fetch(at.eva, entry.release_id, report_only=True), ABSENT)
            error = await call(site, "releases", "approve", entry.release_id, "--yes", status=2)
            assert "its study names who approves it: max" in error
            await at.decide(max_, subject=entry.subject)
            assert (await at.until(ended)).state == "released"
            assert verified(site, entry.release_id) == (("max", "approve"),)

    run(work())


def test_a_study_that_names_a_stranger_as_approver_is_refused(site, run):
    async def work():
        async with office(site) as at:
            study = at.study("{gate: none, approvals: 1, approvers: [evan]}")
            sentence = await refused(study, grpc.StatusCode.INVALID_ARGUMENT)
            assert (
                "release.approvers: evan is not an enrolled approver; the nearest enrolled name is eva"
                in (sentence)
            )

    run(work())


async def refuse_by_approver(at: Office, entry) -> str:
    await at.decide(at.eva, ReleaseVerdict.REFUSE, "too close to the records")
    return "refused by eva: too close to the records"


async def refuse_by_operator(at: Office, entry) -> str:
    await call(at.site, "releases", "refuse", entry.release_id, "--reason", "no contract")
    return "refused by operator: no contract"


async def refuse_by_supplier(at: Office, entry) -> str:
    (own,) = await at.supplier_releases(at.north)
    assert own.subject == entry.subject
    await at.refuse(at.north, own.subject)
    return "refused by north: not with our data"


@pytest.mark.parametrize("refuse", [refuse_by_approver, refuse_by_operator, refuse_by_supplier])
def test_one_refusal_ends_the_study_and_nothing_is_left_of_the_draft(site, run, refuse):
    async def work():
        async with office(site) as at:
            await at.study("{gate: none, approvals: 2}")
            entry = await at.entry()
            await at.decide(at.eva)
            reason = await refuse(at, entry)
            status = await at.until(ended)
            assert (status.state, status.reason) == ("failed", reason)
            await eventually(lambda: not any(site.home.releases_path.iterdir()))
            assert await at.releases(at.ada) == []
            await refused(at.fetch(at.ada, entry.release_id), ABSENT)
            sentence = (
                await refused(at.decide(at.eva, subject=entry.subject, reason="late"), PRECONDITION)
                if (refuse is refuse_by_approver)
                else None
            )
            assert sentence is None or f"its study is failed ({reason})" in sentence
            decided = await at.audited("release_decided")
            assert [one["decision"] for one in decided] == ["approve", "refuse"]

    run(work())


def test_a_study_that_waits_can_be_cancelled(site, run):
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            done = await call(site, "studies", "cancel", at.study_id)
            assert done["state"] == "cancelled"
            await at.until(ended)
            await eventually(lambda: not any(site.home.releases_path.iterdir()))

    run(work())


def draft_of(site, release_id):
    return site.home.releases_path / f".draft-{release_id}"


def nothing(path):
    """Leave the draft as it is."""


def damage(path):
    (path / "synthetic.parquet").write_bytes(b"13")


def add(path):
    (path / "more.csv").write_bytes(b"13")


@pytest.mark.parametrize("harm", [nothing, shutil.rmtree, damage, add])
def test_a_restarted_hub_releases_the_very_bytes_that_were_approved(site, run, harm):
    async def work():
        async with office(site) as at:
            await at.study("{gate: none, approvals: 2}")
            entry = await at.entry()
            await at.decide(at.eva)
        (site.home.releases_path / ".making-r1").mkdir()
        (site.home.releases_path / ".draft-r1").mkdir()
        harm(draft_of(site, entry.release_id))
        async with site.running():
            assert not (site.home.releases_path / ".making-r1").exists()
            assert not (site.home.releases_path / ".draft-r1").exists()
            assert (await at.entry()).subject == entry.subject
            await call(site, "releases", "approve", entry.release_id, "--yes")
            assert (await at.until(ended)).state == "released"
            assert len(verified(site, entry.release_id)) == 2
            manifest = at.manifest(entry.release_id)
            assert manifest["content_sha256"] == dict(entry.subject.content_sha256)
            assert manifest["files"]["report.json"]["file_sha256"] == entry.subject.report_sha256

    run(work())


def test_approvals_while_the_hub_is_down_count_when_it_starts(site, run):
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            release_id = (await at.entry()).release_id
        await call(site, "releases", "approve", release_id, "--yes")
        (listed,) = await call(site, "releases", "list")
        assert "is approved (operator gave one): the running hub signs it next" in listed["note"]
        async with site.running():
            assert (await at.until(ended)).state == "released"

    run(work())


def test_a_draft_that_comes_out_otherwise_is_not_released(site, run, monkeypatch):
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            entry = await at.entry()
        shutil.rmtree(draft_of(site, entry.release_id))
        monkeypatch.setenv("FAKE_CHILD_REPORTS", "otherwise")
        async with site.running():
            await at.decide(at.eva, subject=entry.subject)
            status = await at.until(ended)
            assert status.state == "failed"
            assert "cannot be made again as it was" in status.reason
            await eventually(lambda: not any(site.home.releases_path.iterdir()))

    run(work())


def test_a_banned_approvers_word_does_not_count(site, run):
    async def work():
        async with office(site) as at:
            max_ = await site.member("max", PeerRole.APPROVER)
            await at.study("{gate: none, approvals: 2}")
            await at.decide(at.eva)
            await at.until(lambda status: "1 more approval (eva gave one)" in status.reason)
            await asyncio.to_thread(dismiss, site, ban, "eva", "left")
            await at.until(lambda status: "2 more approvals:" in status.reason)
            assert (await at.entry(max_)).approvals == ()
            await at.decide(max_, subject=(await at.entry(max_)).subject)
            status = await at.until(lambda status: "1 more approval (max gave one)" in status.reason)
            assert waiting(status)

    run(work())


def test_a_supplier_withdraws_what_is_released(site, run, caplog):
    async def work():
        async with office(site) as at:
            status = await at.study("{gate: none, approvals: 0}")
            (entry,) = await at.supplier_releases(at.north)
            assert entry.state is ReleaseState.RELEASED
            for _ in range(2):
                await at.refuse(at.north, entry.subject)
            (listed,) = await at.releases(at.ada)
            assert (listed.state, listed.note) == (
                ReleaseState.WITHDRAWN,
                "refused by north: not with our data",
            )
            sentence = await refused(at.fetch(at.ada, status.release_id), PRECONDITION)
            assert "it was withdrawn (refused by north: not with our data)" in sentence
            assert len(await at.audited("release_withdrawn")) == 1
            await eventually(lambda: warned(caplog, "release_withdrawn"))
            assert (await at.until(ended)).state == "released"

    run(work())


async def said(site, *arguments, status=0):
    """Run a command for a person; return what it printed."""
    done = await asyncio.to_thread(command, *arguments, home=site.home.root)
    assert done.returncode == status, done.stderr
    assert status or not done.stderr
    return done.stdout + done.stderr


def warned(caplog, name):
    return [record.fields for record in caplog.records if record.getMessage() == name]


def test_the_operator_withdraws_and_says_why(site, run, caplog):
    async def work():
        async with office(site) as at:
            release_id = (await at.study("{gate: none, approvals: 0}")).release_id
            assert "say why with --reason" in await call(site, "releases", "withdraw", release_id, status=2)
            printed = await said(site, "releases", "withdraw", release_id, "--reason", "consent withdrawn")
            assert f"release {release_id} of study heart is withdrawn: nobody fetches it" in printed
            await eventually(lambda: warned(caplog, "release_withdrawn"))
            again = await said(site, "releases", "withdraw", "heart", "--reason", "x", status=2)
            assert "it was withdrawn already, by operator on 20" in again
            assert "(consent withdrawn), and stays so" in again
            sentence = await refused(at.fetch(at.ada, release_id), PRECONDITION)
            assert "it was withdrawn (consent withdrawn)" in sentence
            error = await call(site, "releases", "approve", release_id, "--yes", status=1)
            assert "it was withdrawn (consent withdrawn), and stays so" in error
            assert "no such release" in await call(
                site, "releases", "withdraw", "r0", "--reason", "x", status=2
            )
            assert len(await at.audited("release_withdrawn")) == 1
            status = await at.until(ended)
            assert (status.state, status.reason) == ("released", "withdrawn: consent withdrawn")
            assert "state      withdrawn: consent withdrawn" in await said(site, "studies", "show", "heart")
            assert f"{at.study_id} withdrawn: consent" in await said(site, "studies", "list")
            (fields,) = warned(caplog, "release_withdrawn")
            assert fields == {"release": release_id, "by": "operator", "reason": "consent withdrawn"}

    run(work())


def test_grants_are_given_by_name_listed_and_end_with_the_release(site, run):
    async def work():
        async with office(site) as at:
            await site.member("bob", PeerRole.RESEARCHER)
            await at.study(ONE)
            error = await said(site, "releases", "grant", "heart", "bob", status=2)
            assert "it is not released: its study is awaiting_release (release " in error
            release_id = (await at.entry()).release_id
            await said(site, "releases", "approve", "heart", "--yes")
            await at.until(ended)
            arguments = ("releases", "grant", "heart", "bob", "--days", "1")
            printed = await asyncio.to_thread(command, *arguments, home=site.home.root)
            assert f"bob may fetch release {release_id} for 1 day, until 20" in printed.stderr
            token = AccessToken.parse(printed.stdout)
            assert (token.release_id, token.researcher) == (release_id, "bob")
            for shown in (("releases", "list"), ("releases", "show", "heart")):
                assert f"{release_id} granted: bob may fetch it until 20" in await said(site, *shown)
            (grant,) = (await call(site, "releases", "show", at.study_id))["grants"]
            assert (grant["researcher"], grant["grant"]) == ("bob", token.secret_sha256.hex()[:8])
            with site.home.open_database() as database:
                database.write_now(lambda transaction: transaction.run(update(grants).values(until_us=1)))
            listed = await said(site, "releases", "list")
            assert f"1970-01-01 00:00:00 UTC, which is over, by access token {grant['grant']}" in listed
            assert "revoked: the access to release" in await said(site, "releases", "revoke", "heart", "bob")
            assert "nothing to revoke: bob was" in await said(site, "releases", "revoke", "heart", "bob")
            assert "granted" not in await said(site, "releases", "list")
            await said(site, "releases", "withdraw", "heart", "--reason", "consent withdrawn")
            error = await said(site, "releases", "grant", "heart", "bob", status=2)
            assert "it was withdrawn already, by operator" in error
            assert len(await at.audited("release_granted")) == 1

    run(work())


def test_a_release_that_never_came_out_is_named_with_the_reason(site, run):
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            release_id = (await at.entry()).release_id
            printed = await said(site, "releases", "refuse", "heart", "--reason", "no contract")
            assert "the release is refused, and its study has ended" in printed
            await at.until(ended)
            for name in ("heart", at.study_id, release_id):
                error = await said(site, "releases", "approve", name, "--yes", status=1)
                assert "its study is failed (refused by operator: no contract)" in error
                error = await said(site, "releases", "grant", name, "ada", status=2)
                assert "it is not released: its study is failed (refused by operator: no contract)" in error
            assert f"{release_id} ended: refused by operator" in await said(site, "releases", "show", "heart")
            assert await at.releases(at.eva) == []

    run(work())


def test_a_study_of_which_nothing_is_written_has_no_release(site, run):
    async def work():
        async with office(site) as at:
            await site.submit(at.ada, specification("north", release=ONE))
            error = await said(site, "releases", "approve", "heart", "--yes", status=2)
            assert "release heart: its study is awaiting_approval" in error
            assert "and has no release" in error

    run(work())


@pytest.mark.parametrize("release", ["{gate: none, approvals: 1}", "{gate: none, approvals: 0}"])
def test_a_supplier_reads_the_report_of_its_studies_and_nothing_else(site, run, release):
    async def work():
        async with office(site) as at:
            south = await site.member("south")
            await at.study(release)
            (entry,) = await at.supplier_releases(at.north)
            files = await at.fetch(at.north, entry.release_id, report_only=True)
            assert set(files) <= {"report.json", "report.html"}
            assert hashlib.sha256(files["report.json"]).hexdigest() == entry.subject.report_sha256
            sentence = await refused(at.fetch(at.north, entry.release_id), PRECONDITION)
            assert "a supplier reads its report alone" in sentence
            for alone in (True, False):
                await refused(at.fetch(south, entry.release_id, report_only=alone), ABSENT)
            await refused(at.releases(at.north), grpc.StatusCode.PERMISSION_DENIED)
            (fetched,) = await at.audited("release_fetched")
            assert (fetched["by"], fetched["role"], fetched["report_only"]) == ("north", "supplier", True)

    run(work())


def test_named_researchers_fetch_with_certificate_and_token_until_their_time_is_over(site, run):
    async def work():
        async with office(site) as at:
            bob, carol = (
                await site.member("bob", PeerRole.RESEARCHER),
                await site.member("carol", PeerRole.RESEARCHER),
            )
            release_id = (await at.study("{gate: none, approvals: 0}")).release_id
            await refused(at.fetch(bob, release_id), ABSENT)
            assert await at.releases(bob) == []
            error = await call(site, "releases", "grant", release_id, "eva", status=2)
            assert "no researcher of this name is enrolled" in error
            assert "no such release" in await call(site, "releases", "grant", "r0", "bob", status=2)
            granted = await call(site, "releases", "grant", release_id, "bob", "--days", "2")
            assert (granted["researcher"], granted["replaces"]) == ("bob", None)
            secret = AccessToken.parse(granted["token"]).secret
            assert "pass it with --token" in await refused(at.fetch(bob, release_id))
            assert "not the access token that you were given last" in await refused(
                at.fetch(bob, release_id, secret=bytes(32))
            )
            strangers = [
                await refused(at.fetch(carol, release_id, secret=shown), ABSENT)
                for shown in (secret, b"", bytes(32))
            ]
            absent = await refused(at.fetch(carol, "r0", secret=secret), ABSENT)
            assert {sentence.replace(release_id, "r0") for sentence in strangers} == {absent}
            assert "manifest.json" in await at.fetch(bob, release_id, secret=secret)
            (listed,) = await at.releases(bob)
            assert (listed.release_id, listed.granted_until_us) == (release_id, granted["until_us"])
            assert [one.granted_until_us for one in await at.releases(at.ada)] == [0]
            site.clock.shift = dt.timedelta(days=3)
            assert "your access ended on 20" in await refused(at.fetch(bob, release_id, secret=secret))
            assert await at.releases(bob) == []
            assert "manifest.json" in await at.fetch(at.ada, release_id)
            site.clock.shift = dt.timedelta()
            again = await call(site, "releases", "grant", release_id, "bob")
            assert again["replaces"] == granted["grant"]
            assert "given last" in await refused(at.fetch(bob, release_id, secret=secret))
            assert (await call(site, "releases", "revoke", release_id, "bob"))["revoked"] is True
            assert (await call(site, "releases", "revoke", release_id, "bob"))["revoked"] is False
            await refused(at.fetch(bob, release_id, secret=AccessToken.parse(again["token"]).secret), ABSENT)
            fetched = [(one["by"], one["grant"]) for one in await at.audited("release_fetched")]
            assert fetched == [("bob", granted["grant"]), ("ada", None)]
            why = [(one["by"], one["why"]) for one in await at.audited("release_access_refused")]
            assert why == [
                ("bob", "wrong"),
                ("carol", "not_granted"),
                ("carol", "not_granted"),
                ("carol", "not_granted"),
                ("bob", "expired"),
                ("bob", "wrong"),
                ("bob", "not_granted"),
            ]
            known = (await at.audited("release_access_refused"))[1]
            assert (known["release"], known["token"]) == (release_id, granted["grant"])
            assert len(await at.audited("release_granted")) == 2
            assert len(await at.audited("release_revoked")) == 1
            await secrets_are_nowhere(site, AccessToken.parse(granted["token"]))

    run(work())


async def secrets_are_nowhere(site, token):
    """Look for a token's secret, as bytes and as text, in every file of the hub's home."""
    forms = (token.secret, token.secret.hex().encode(), token.text()[-40:].encode())
    for path in site.home.root.rglob("*"):
        content = await asyncio.to_thread(path.read_bytes) if path.is_file() else b""
        assert not any(form in content for form in forms), path


def test_wait_ends_where_a_person_must_decide(site, run):
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            done = await asyncio.to_thread(command, "studies", "wait", at.study_id, home=site.home.root)
            assert done.returncode == 1
            assert "is awaiting_release: release" in done.stderr
            shown = await asyncio.to_thread(command, "studies", "list", home=site.home.root)
            assert "trusted-party releases approve" in shown.stdout
            shown = await asyncio.to_thread(command, "releases", "list", home=site.home.root)
            assert "trusted-party releases approve" in shown.stdout

    run(work())
