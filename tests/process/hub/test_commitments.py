"""What an approval commits a supplier to for the salt: signed, fixed at the start, and in the manifest."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from dataclasses import replace

import grpc
import pytest

from syncline.identity.signatures import Purpose, sign
from syncline.study.participation import AS_ASKED
from syncline.wire import supplier as convert
from syncline.wire.messages import Decision, SupplierDecision, decision_digest
from tests.process.hub.clients import eventually, running
from tests.process.hub.fake_child import DRAWN
from tests.process.hub.test_enrolment import refused
from tests.process.hub.test_faults import silent, team
from tests.process.hub.test_participation import proposal_to
from tests.unit.hub.small_study import specification

pytestmark = pytest.mark.network

CONDITION = grpc.StatusCode.FAILED_PRECONDITION


def test_the_manifest_holds_what_all_committed_to_and_where_the_salt_came_from(site, run):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            async with running(north, south):
                study_id = await site.submit(ada, specification("north", "south"))
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
        assert status.state == "released"
        path = site.home.releases_path / status.release_id / "manifest.json"
        said = json.loads(path.read_text())["holdout"]
        committed = {
            name: hashlib.sha512(f"{name} {study_id}".encode()).hexdigest() for name in ("north", "south")
        }
        assert said == {
            "share": DRAWN["holdout"],
            "salt_from": DRAWN["salt_from"],
            "salt_sha256": DRAWN["salt_sha256"],
            "commitments": {**committed, "(hub)": DRAWN["hub_commitment"]},
        }

    run(work())


def test_the_signature_covers_the_commitment_and_only_an_approval_has_one(site, run):
    async def work():
        async with site.running():
            ada, (north, _) = await team(site, "north", "south")
            await site.submit(ada, specification("north", "south"))
            async with north.member.supplier(site.port) as stub:
                proposal = await proposal_to(stub)
                signed = north.member.decision(proposal, Decision.APPROVE)
                for other in (None, "6" * 128):
                    forged = convert.decision_to_proto(replace(signed, commitment=other))
                    assert "signature" in await refused(stub.DecideStudy(forged, timeout=5))
                for decision, commitment in ((Decision.APPROVE, None), (Decision.REFUSE, "6" * 128)):
                    wrong = _signed(north.member, proposal, decision, commitment)
                    sentence = await refused(
                        stub.DecideStudy(convert.decision_to_proto(wrong), timeout=5), CONDITION
                    )
                    assert "an approval, and no refusal, commits the supplier" in sentence

    run(work())


def _signed(member, proposal, decision, commitment):
    of = proposal.study_id, proposal.specification_sha256, decision, ""
    digest = decision_digest(*of, AS_ASKED, commitment)
    return SupplierDecision(
        *of, sign(member.signing_key, Purpose.STUDY_DECISION, digest), AS_ASKED, commitment
    )


def test_a_commitment_is_fixed_once_the_study_has_started(site, run):
    """Else a supplier could commit to what suits it after it has seen what others opened."""

    async def work():
        async with site.running():
            ada, (north,) = await team(site, "north")
            north.answer = silent
            async with running(north), north.member.supplier(site.port) as stub:
                study_id = await site.submit(ada, specification("north"))
                await site.until(ada, study_id, lambda status: status.state == "running")
                proposal = next(event for event in north.events if hasattr(event, "specification"))
                again = north.member.decision(proposal, Decision.APPROVE, "again")
                same = convert.decision_to_proto(again)
                await stub.DecideStudy(same, timeout=5)
                other = convert.decision_to_proto(
                    _signed(north.member, proposal, Decision.APPROVE, "6" * 128)
                )
                assert "cannot be decided any more" in await refused(
                    stub.DecideStudy(other, timeout=5), CONDITION
                )

    run(work())


@pytest.mark.parametrize("again", [False, True], ids=["left", "approved again"])
def test_an_approval_of_an_earlier_version_ends_the_study_by_name_unless_it_is_given_again(site, run, again):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            south.decision = None
            async with running(north, south):
                study_id = await site.submit(ada, specification("north", "south"))
                await site.until(ada, study_id, lambda status: "approved" in states(status))
                with contextlib.closing(sqlite3.connect(site.home.root / "hub.sqlite")) as books, books:
                    books.execute("UPDATE parties SET commitment = ? WHERE name = 'north'", ("6" * 64,))
                await eventually(lambda: bool(south.events))
                proposal = next(event for event in south.events if hasattr(event, "specification"))
                if again:
                    await decide(site, north.member, proposal)
                await decide(site, south.member, proposal)
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
        words = "submit the study anew: north approved it under an earlier version, without a public key"
        assert (status.state, status.reason) == (("released", "") if again else ("failed", words))

    run(work())


def states(status):
    return [supplier.state for supplier in status.suppliers]


async def decide(site, member, proposal):
    async with member.supplier(site.port) as stub:
        decision = member.decision(proposal, Decision.APPROVE)
        await stub.DecideStudy(convert.decision_to_proto(decision), timeout=5)
