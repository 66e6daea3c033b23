"""What an approval says beside its yes reaches tasks, researcher and manifest; nothing wider does."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import grpc
import pytest

from syncline.study.flow import DataFlow
from syncline.study.participation import AS_ASKED, Participation
from syncline.wire import supplier as convert
from syncline.wire.messages import Decision, Proposal, TaskOffer, decision_digest
from tests.process.hub.clients import attachment, eventually, running
from tests.process.hub.test_enrolment import refused
from tests.process.hub.test_faults import silent, team
from tests.unit.hub.small_study import specification

pytestmark = pytest.mark.network

NARROWED = Participation(DataFlow.SUMMARIES, "5" * 64)


def asking(flow: str) -> bytes:
    return specification(f"north, flow: {flow}", "south")


def test_a_narrower_flow_and_a_preparation_reach_status_tasks_and_manifest(site, run):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            north.participation = NARROWED
            async with running(north, south):
                study_id = await site.submit(ada, asking("raw"))
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
        assert status.state == "released"
        assert [(s.flow_asked, s.flow) for s in status.suppliers] == [
            ("raw", "summaries"),
            ("summaries",) * 2,
        ]
        assert {event.flow for event in north.events if isinstance(event, TaskOffer)} == {DataFlow.SUMMARIES}
        assert {event.flow for event in south.events if isinstance(event, TaskOffer)} == {None}
        path = site.home.releases_path / status.release_id / "manifest.json"
        roster = json.loads(path.read_text())["roster"]
        assert [(entry["flow_asked"], entry["flow"], entry["preparation_sha256"]) for entry in roster] == [
            ("raw", "summaries", "5" * 64),
            ("summaries", "summaries", None),
        ]

    run(work())


def test_before_its_approval_nobody_says_which_flow_a_supplier_answers(site, run):
    async def work():
        async with site.running():
            ada, _ = await team(site, "north", "south")
            study_id = await site.submit(ada, asking("raw"))
            status = await site.status(ada, study_id)
        assert [(s.flow_asked, s.flow) for s in status.suppliers] == [("raw", ""), ("summaries", "")]

    run(work())


@pytest.mark.parametrize(
    ("asked", "flow"),
    [
        ("summaries", DataFlow.PREPARED),
        ("summaries", DataFlow.SUMMARIES),
        ("prepared", DataFlow.RAW),
        ("raw", DataFlow.SYNTHESIZED),
        ("synthesized", DataFlow.SUMMARIES),
    ],
)
def test_a_flow_that_is_not_narrower_is_refused(site, run, asked, flow):
    async def work():
        async with site.running():
            ada, (north, _) = await team(site, "north", "south")
            north.participation = Participation(flow)
            study_id = await site.submit(ada, asking(asked))
            sentence = await refused(asyncio.create_task(north.run()), grpc.StatusCode.FAILED_PRECONDITION)
            assert f"the flow {flow} is not narrower" in sentence
            assert (await site.status(ada, study_id)).suppliers[0].state == "waiting"

    run(work())


def test_a_refusal_says_nothing_of_a_flow(site, run):
    async def work():
        async with site.running():
            ada, (north, _) = await team(site, "north", "south")
            north.participation, north.decision = NARROWED, Decision.REFUSE
            await site.submit(ada, asking("raw"))
            sentence = await refused(asyncio.create_task(north.run()), grpc.StatusCode.FAILED_PRECONDITION)
            assert "only an approval says how a supplier takes part" in sentence

    run(work())


async def proposal_to(stub) -> Proposal:
    """Attach and return the first proposal."""
    call = stub.Attach(attachment())
    while True:
        event = convert.event_from_proto(await call.read())
        if isinstance(event, Proposal):
            return event


def test_the_signature_covers_flow_and_preparation(site, run):
    async def work():
        async with site.running():
            ada, (north, _) = await team(site, "north", "south")
            study_id = await site.submit(ada, asking("raw"))
            async with north.member.supplier(site.port) as stub:
                proposal = await proposal_to(stub)
                signed = north.member.decision(proposal, Decision.APPROVE, "", NARROWED)
                for other in (
                    AS_ASKED,
                    replace(NARROWED, flow=DataFlow.PREPARED),
                    replace(NARROWED, preparation_sha256="6" * 64),
                ):
                    forged = convert.decision_to_proto(replace(signed, participation=other))
                    assert "signature" in await refused(stub.DecideStudy(forged, timeout=5))
                await stub.DecideStudy(convert.decision_to_proto(signed), timeout=5)
            assert (await site.status(ada, study_id)).suppliers[0].flow == "summaries"

    run(work())


def test_an_approval_cannot_change_its_flow_once_the_study_runs(site, run):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            north.answer, north.participation = silent, NARROWED
            async with running(north, south):
                await site.submit(ada, asking("raw"))
                await eventually(lambda: any(isinstance(event, TaskOffer) for event in north.events))
                proposal = next(event for event in north.events if isinstance(event, Proposal))
                async with north.member.supplier(site.port) as stub:
                    again = north.member.decision(proposal, Decision.APPROVE, "again", NARROWED)
                    await stub.DecideStudy(convert.decision_to_proto(again), timeout=5)
                    other = convert.decision_to_proto(north.member.decision(proposal, Decision.APPROVE))
                    sentence = await refused(
                        stub.DecideStudy(other, timeout=5), grpc.StatusCode.FAILED_PRECONDITION
                    )
                    assert "it cannot be decided any more" in sentence

    run(work())


def test_an_approval_as_asked_without_preparation_is_signed_as_it_ever_was():
    found = decision_digest("s1", "a" * 64, Decision.APPROVE, "fine").hex()  # type: ignore[arg-type]
    assert found == "da1d9c549d2faa4a87b5a8d39350be2b23677afdc5e7b04dd38036e59bf978df"
