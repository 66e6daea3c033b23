"""A forger of decisions about releases: what forgers, strangers and the hasty may try at a real hub."""

from __future__ import annotations

import asyncio
import dataclasses

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

import grpc
import pytest

from syncline.clock import SystemClock
from syncline.identity.keys import generate_signing_key
from syncline.identity.peer import PeerRole
from syncline.study.release_decision import ReleaseDecision, ReleaseVerdict
from syncline.wire import releases
from syncline.wire.gen.syncline.v1 import research_pb2, supplier_pb2
from syncline.wire.release_messages import GivenDecision
from tests.process.hub.clients import enrol
from tests.process.hub.conftest import Site, run, site  # noqa: F401  (fixtures)
from tests.process.hub.release_clients import ended, office, waiting
from tests.process.hub.test_enrolment import dismiss, refused
from tests.process.hub.test_release_governance import ONE, call
from trusted_party.cli.home import HubHome
from trusted_party.studies.dismissal import evict

pytestmark = [pytest.mark.network]

DENIED = grpc.StatusCode.PERMISSION_DENIED
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
INVALID = grpc.StatusCode.INVALID_ARGUMENT
ABSENT = grpc.StatusCode.NOT_FOUND


async def still_waits(at):
    status = await at.site.status(at.ada, at.study_id)
    assert waiting(status)
    assert (await at.entry()).approvals == ()
    assert await at.audited("release_decided") == []


def test_forged_signatures_are_refused(site, run):  # noqa: F811
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            subject = (await at.entry()).subject
            other = generate_signing_key()
            by_other = ReleaseDecision(subject, ReleaseVerdict.APPROVE, "read it", "eva").signed(other)
            by_name = ReleaseDecision(subject, ReleaseVerdict.APPROVE, "read it", "max").signed(
                at.eva.signing_key
            )
            for forged in (
                {"signature": bytes(64)},
                {"signature": by_other.signature},
                {"signature": by_name.signature},
                {"reason": "read it twice"},
                {"decision": ReleaseVerdict.OVERRIDE},
                {"decision": ReleaseVerdict.REFUSE},
            ):
                sentence = await refused(at.decide(at.eva, forged=forged), DENIED)
                assert "it does not match the release decision and the signer's key" in sentence
            await still_waits(at)

    run(work())


@pytest.mark.parametrize(
    "change",
    [
        {"content_sha256": {"synthetic.parquet": "cd" * 32}},
        {"content_sha256": {}},
        {"report_sha256": "cd" * 32},
        {"specification_sha256": "cd" * 32},
        {"gate_passed": True},
        {"study_id": "s0"},
    ],
)
def test_an_approval_of_other_bytes_is_refused(site, run, change):  # noqa: F811
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            other = dataclasses.replace((await at.entry()).subject, **change)
            sentence = await refused(at.decide(at.eva, subject=other), PRECONDITION)
            assert "the decision is about other bytes than the draft's" in sentence
            gone = dataclasses.replace(other, release_id="r0")
            await refused(at.decide(at.eva, subject=gone), ABSENT)
            await still_waits(at)

    run(work())


def test_nobody_but_approvers_approves_and_nobody_but_suppliers_refuses_for_one(site, run):  # noqa: F811
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            subject = (await at.entry()).subject
            south = await site.member("south")
            sentence = await refused(at.decide(at.ada, subject=subject), DENIED)
            assert "ada: the role researcher may not make this call" in sentence
            for member in (at.north, south):
                await refused(at.decide(member, subject=subject), DENIED)
            sentence = await refused(at.refuse(south, subject), ABSENT)  # its data is not in it
            assert "no such release" in sentence
            assert await at.supplier_releases(south) == []
            await refused(at.refuse(at.eva, subject), DENIED)
            await refused(at.refuse(at.ada, subject), DENIED)
            await refused(at.supplier_releases(at.eva), DENIED)
            await refused(at.fetch(south, subject.release_id, report_only=True), ABSENT)
            assert "report.json" in await at.fetch(at.north, subject.release_id, report_only=True)
            await refused(at.fetch(at.north, subject.release_id), grpc.StatusCode.FAILED_PRECONDITION)
            await still_waits(at)

    run(work())


def test_an_approver_of_another_hub_is_a_stranger(site, run, tmp_path):  # noqa: F811
    """Neither its certificate nor, by a member of this hub, its signature counts."""
    other = Site(HubHome(tmp_path / "other"), site.clock)
    other.home.create("other-hub", ("localhost", "127.0.0.1"), SystemClock())

    async def work():
        async with other.running():
            stranger = await other.member("eva", PeerRole.APPROVER)
        async with office(site) as at:
            await at.study(ONE)
            subject = (await at.entry()).subject
            signed = ReleaseDecision(subject, ReleaseVerdict.APPROVE, "read it", "eva").signed(
                stranger.signing_key
            )
            await refused(at.decide(at.eva, forged={"signature": signed.signature}), DENIED)
            trusting = dataclasses.replace(stranger.enrolment, authority=site.authority)
            stranger = dataclasses.replace(stranger, enrolment=trusting)
            await refused(at.decide(stranger, subject=subject), grpc.StatusCode.UNAVAILABLE)
            await still_waits(at)

    run(work())


def test_an_evicted_approvers_signature_does_not_outlive_a_new_key(site, run):  # noqa: F811
    async def work():
        async with office(site) as at:
            await at.study("{gate: none, approvals: 2}")
            entry = await at.entry()
            await at.decide(at.eva)
            await asyncio.to_thread(dismiss, site, evict, "eva")
            token = await asyncio.to_thread(site.invite, "eva", PeerRole.APPROVER)
            again = await enrol(site.enrol_port, site.authority, token)
            status = await at.until(lambda status: "2 more approvals" in status.reason)
            assert waiting(status)
            await at.decide(again, subject=entry.subject)
            status = await at.until(lambda status: "1 more approval (eva gave one)" in status.reason)
            assert waiting(status)

    run(work())


def test_nothing_is_replayed_after_a_withdrawal_or_into_another_study(site, run):  # noqa: F811
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            entry = await at.entry()
            signed = ReleaseDecision(entry.subject, ReleaseVerdict.APPROVE, "read it", "eva").signed(
                at.eva.signing_key
            )
            await at.decide(at.eva)
            await at.until(ended)
            await call(site, "releases", "withdraw", entry.release_id, "--reason", "consent withdrawn")
            await at.decide(at.eva, subject=entry.subject)  # the very same: it changes nothing
            (listed,) = await at.releases(at.ada)
            assert (listed.state, listed.note) == ("withdrawn", "consent withdrawn")
            late = at.decide(at.eva, ReleaseVerdict.REFUSE, subject=entry.subject)
            assert "it was withdrawn (consent withdrawn), and stays so" in await refused(late, PRECONDITION)
            await at.study("{gate: none, approvals: 1, intended_use: another}")
            (second,) = [one for one in await at.releases(at.eva) if one.state == "waiting"]
            moved = at.decide(at.eva, subject=second.subject, forged={"signature": signed.signature})
            await refused(moved, DENIED)
            assert waiting(await site.status(at.ada, at.study_id))

    run(work())


def test_a_refused_draft_stays_refused(site, run):  # noqa: F811
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            subject = (await at.entry()).subject
            await at.decide(at.eva, ReleaseVerdict.REFUSE, "no")
            await at.until(ended)
            sentence = await refused(at.decide(at.eva, subject=subject), PRECONDITION)
            assert "its study is failed (refused by eva: no), and stays so" in sentence
            for member in (at.ada, at.eva):
                assert await at.releases(member) == []

    run(work())


def test_malformed_decisions_do_not_get_in(site, run):  # noqa: F811
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            subject = (await at.entry()).subject
            good = releases.decision_to_proto(GivenDecision(subject, ReleaseVerdict.APPROVE, "", bytes(64)))
            for field, value in (("signature", b"x"), ("decision", 0), ("decision", 9), ("reason", "a\nb")):
                message = research_pb2.DecideReleaseRequest.FromString(good.SerializeToString())
                setattr(message, field, value)
                async with at.eva.research(site.port) as stub:
                    assert field in await refused(stub.DecideRelease(message, timeout=5), INVALID)
            async with at.eva.research(site.port) as stub:
                await refused(stub.DecideRelease(research_pb2.DecideReleaseRequest(), timeout=5), INVALID)
                fetch = research_pb2.FetchReleaseRequest(release_id="../hub.sqlite", report_only=True)
                await refused(stub.FetchRelease(fetch).read(), INVALID)
            async with at.north.supplier(site.port) as stub:
                await refused(stub.RefuseRelease(supplier_pb2.RefuseReleaseRequest(), timeout=5), INVALID)
            await still_waits(at)

    run(work())
