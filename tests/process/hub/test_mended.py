"""A declined task is offered again at its supplier's word: how often, to whom, and until when."""

from __future__ import annotations

import json
from dataclasses import replace

import grpc
import pytest

from syncline.identity.peer import PeerRole
from syncline.study.flow import DataFlow
from syncline.study.participation import Participation
from syncline.study.spec import StudySpec
from syncline.wire import supplier as convert
from syncline.wire.mending import Mended, mended_to_proto
from syncline.wire.messages import (
    Decision,
    Declined,
    DeclineKind,
    Proposal,
    StudyHazards,
)
from tests.process.hub.clients import FakeAgent, eventually, running
from tests.process.hub.test_enrolment import refused
from tests.process.hub.test_faults import offers, silent, team
from tests.unit.hub.small_study import specification
from trusted_party.datastore.audit_log import entries

pytestmark = pytest.mark.network


async def decline(stub, task, reason="no such column"):
    declined = Declined(task, DeclineKind.DATA, reason)
    await stub.DeclineTask(convert.declined_to_proto(declined), timeout=5)


async def reoffer(stub, task, attempt):
    await stub.ReofferTask(mended_to_proto(Mended(task, attempt)), timeout=5)


def audited(site, kind):
    with site.home.open_database() as database:
        kept = database.read_now(lambda transaction: list(entries(transaction)))
    return [entry.fields for entry in kept if entry.kind == kind]


def test_a_mended_decline_goes_on_without_operator_or_approval(site, run):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            north.answer = south.answer = silent
            async with (
                running(north, south),
                north.member.supplier(site.port) as of_north,
                south.member.supplier(site.port) as of_south,
            ):
                study_id = await site.submit(ada, specification("north", "south"))
                await eventually(lambda: bool(offers(north) and offers(south)))
                await decline(of_north, offers(north)[0].task_id, "column a")
                await decline(of_south, offers(south)[0].task_id, "column b")
                status = await site.until(ada, study_id, lambda status: "column b" in status.reason)
                assert (
                    status.reason == "north declined to answer: column a; south declined to answer: column b"
                )
                north.answer = south.answer = lambda task: b"%d" % (task.round + 1)
                first = offers(north)[0]
                for _ in range(2):  # a word that comes twice opens it once
                    await reoffer(of_north, first.task_id, first.attempt)
                await eventually(lambda: len(offers(north)) == 2)
                status = await site.until(ada, study_id, lambda status: status.state == "paused")
                assert status.reason == "south declined to answer: column b"
                await reoffer(of_south, offers(south)[0].task_id, 1)
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
                assert status.state == "released"
                await reoffer(of_south, offers(south)[0].task_id, 1)  # nothing is left to be opened
        assert [fields["supplier"] for fields in audited(site, "task_reoffered")] == ["north", "south"]
        assert len(audited(site, "study_decided")) == 2

    run(work())


def amended(agent: FakeAgent, proposal: Proposal, participation: Participation, **changes):
    """Return the agent's approval as it is signed again."""
    return replace(agent.member.decision(proposal, Decision.APPROVE, "", participation), **changes)


def test_an_approval_is_amended_before_anything_is_answered_and_by_another_preparation_alone(site, run):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            north.answer, north.participation = silent, Participation(DataFlow.SUMMARIES)
            async with running(north, south), north.member.supplier(site.port) as stub:
                study_id = await site.submit(ada, specification("north, flow: raw", "south"))
                await eventually(lambda: bool(offers(north)))
                (proposal,) = [event for event in north.events if isinstance(event, Proposal)]
                again = amended(north, proposal, Participation(DataFlow.SUMMARIES, "5" * 64))

                async def send(decision):
                    await stub.DecideStudy(convert.decision_to_proto(decision), timeout=5)

                code = grpc.StatusCode.FAILED_PRECONDITION
                await decline(stub, offers(north)[0].task_id)
                await send(again)
                await send(again)  # the same one again changes nothing
                assert len(audited(site, "approval_amended")) == 1
                wider = amended(north, proposal, Participation(None, "5" * 64))
                assert "cannot be decided any more" in await refused(send(wider), code)
                north.answer = lambda task: b"%d" % (task.round + 1)
                await reoffer(stub, offers(north)[0].task_id, 1)
                await eventually(lambda: north.answered)
                late = amended(north, proposal, Participation(DataFlow.SUMMARIES, "6" * 64))
                assert "cannot be decided any more" in await refused(send(late), code)
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
                assert status.state == "released"
            path = site.home.releases_path / status.release_id / "manifest.json"
            roster = {entry["name"]: entry for entry in json.loads(path.read_text())["roster"]}
            assert roster["north"]["preparation_sha256"] == "5" * 64

    run(work())


def test_each_supplier_hears_of_its_own_hazards_before_the_end(site, run, monkeypatch):
    monkeypatch.setenv("FAKE_CHILD_HAZARDS", "1")

    async def work():
        async with site.running():
            north, south = [FakeAgent(await site.member(name), site.port) for name in ("north", "south")]
            ada = await site.member("ada", PeerRole.RESEARCHER)
            spec = json.loads(specification("north", "south"))
            content = StudySpec.model_validate({**spec, "hazards": {"severe": "report"}}).canonical()
            async with running(north, south):
                study_id = await site.submit(ada, content)
                await site.until(ada, study_id, lambda status: status.ended_us > 0)
                await eventually(lambda: bool(north.ended and south.ended))
            told = [event for event in north.events if isinstance(event, StudyHazards)]
            assert told[-1] == StudyHazards(study_id, ("column c0 differs", "column c1 differs"))
            assert north.events.index(told[0]) < north.events.index(north.ended[0])
            assert not any(isinstance(event, StudyHazards) for event in south.events)
            late = FakeAgent(north.member, site.port)
            async with running(late):  # who was away hears of them afterwards
                await eventually(lambda: bool(late.ended))
            assert told[-1] in late.events

    run(work())
