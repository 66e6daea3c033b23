"""A refusal before the start: the others are heard too, it may be taken back, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt

import grpc
import pytest

from syncline.cli.study_progress import untold_reasons
from syncline.study.flow import DataFlow
from syncline.study.participation import Participation
from syncline.wire import supplier as convert
from syncline.wire.messages import Decision, Proposal
from tests.process.hub.clients import eventually, running
from tests.process.hub.test_enrolment import refused
from tests.process.hub.test_faults import offers, silent, team
from tests.process.hub.test_mended import audited, decline
from tests.unit.hub.small_study import specification
from trusted_party.rounds import driver

pytestmark = pytest.mark.network

MANUAL = None
"""An agent that decides nothing by itself."""


async def proposed(agent) -> Proposal:
    await eventually(lambda: any(isinstance(event, Proposal) for event in agent.events))
    return next(event for event in agent.events if isinstance(event, Proposal))


async def say(agent, stub, decision, reason=""):
    signed = agent.member.decision(await proposed(agent), decision, reason, agent.participation)
    await stub.DecideStudy(convert.decision_to_proto(signed), timeout=5)


def test_every_supplier_is_heard_before_a_refused_study_ends(site, run):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            north.decision, south.decision = Decision.REFUSE, MANUAL
            async with running(north):
                study_id = await site.submit(ada, specification("north", "south"))
                status = await site.until(ada, study_id, lambda status: bool(status.reason))
                assert (status.state, status.ended_us) == ("awaiting_approval", 0)
                assert status.reason == (
                    "it cannot start as it stands; still to decide: south;"
                    " north refused the study: not our kind of study"
                )
                async with running(south), south.member.supplier(site.port) as stub:
                    await say(south, stub, Decision.REFUSE, "no such column")
                    status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
                    await eventually(lambda: bool(north.ended and south.ended))
        assert status.state == "failed"
        assert status.reason == (
            "north refused the study: not our kind of study; south refused the study: no such column"
        )
        assert [one.reason for one in status.suppliers] == ["not our kind of study", "no such column"]
        told = {agent.ended[0].reason for agent in (north, south)}
        assert told == {"north, south refused the study"}  # and no reason of somebody else

    run(work())


def test_a_refusal_that_is_taken_back_lets_the_study_start(site, run):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            north.decision = south.decision = MANUAL
            async with (
                running(north, south),
                north.member.supplier(site.port) as of_north,
                south.member.supplier(site.port) as of_south,
            ):
                study_id = await site.submit(ada, specification("north", "south"))
                await say(north, of_north, Decision.REFUSE, "min_cell is too small")
                await site.until(ada, study_id, lambda status: bool(status.reason))
                await say(north, of_north, Decision.APPROVE)
                status = await site.until(ada, study_id, lambda status: not status.reason)
                assert [one.state for one in status.suppliers] == ["approved", "waiting"]
                await say(south, of_south, Decision.APPROVE)
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
        assert status.state == "released"
        said = [fields["decision"] for fields in audited(site, "study_decided")]
        assert said == ["refuse", "approve", "approve"]

    run(work())


def test_the_deadline_ends_it_with_the_reasons_and_a_changed_mind_wins_no_time(site, run):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            north.decision = south.decision = MANUAL
            async with running(north, south), north.member.supplier(site.port) as stub:
                study_id = await site.submit(ada, specification("north", "south", deadline="1h"))
                await say(north, stub, Decision.REFUSE, "why")
                for minutes in (30, 50):
                    site.clock.shift = dt.timedelta(minutes=minutes)
                    await say(north, stub, Decision.APPROVE)
                    await say(north, stub, Decision.REFUSE, "why")
                assert (await site.status(ada, study_id)).ended_us == 0
                site.clock.shift = dt.timedelta(minutes=62)
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
        assert status.state == "failed"
        assert status.reason == "north refused the study: why; south did not decide within 1 h"

    run(work())


def test_an_ended_study_is_not_taken_back(site, run):
    async def work():
        async with site.running():
            ada, (north,) = await team(site, "north")
            north.decision = MANUAL
            async with running(north), north.member.supplier(site.port) as stub:
                study_id = await site.submit(ada, specification("north"))
                await say(north, stub, Decision.REFUSE, "why")
                await site.until(ada, study_id, lambda status: status.ended_us > 0)
                code = grpc.StatusCode.FAILED_PRECONDITION
                said = await refused(say(north, stub, Decision.APPROVE), code)
                assert "it is failed, so it cannot be decided any more" in said

    run(work())


def test_who_approves_again_while_the_study_begins_may_name_another_preparation(site, run):
    """A refusal that was taken back at the agent before the hub heard of either."""

    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            north.answer = silent
            async with running(north, south), north.member.supplier(site.port) as stub:
                await site.submit(ada, specification("north", "south"))
                await eventually(lambda: bool(offers(north)))
                north.participation = Participation(None, "5" * 64)
                await say(north, stub, Decision.APPROVE)
                assert len(audited(site, "approval_amended")) == 1
                north.participation = Participation(DataFlow.SYNTHESIZED, "5" * 64)
                code = grpc.StatusCode.FAILED_PRECONDITION
                assert await refused(say(north, stub, Decision.APPROVE), code)

    run(work())


@pytest.mark.parametrize("begun", [False, True])
def test_reasons_that_are_longer_than_a_sentence_are_news_once(site, run, monkeypatch, begun):
    """A reason is kept cut. Held against the uncut one it was new at every look, and written for ever."""
    changes = []
    monkeypatch.setattr(driver, "crash_point", changes.append)

    def long(agent):
        return f"{agent.member.name} says" + " word" * 150

    async def work():
        async with site.running():
            ada, agents = await team(site, "east", "north", "south")
            for agent in agents:
                agent.answer, agent.decision = silent, Decision.APPROVE if begun else MANUAL
            async with contextlib.AsyncExitStack() as stack:
                await stack.enter_async_context(running(*agents))
                study_id = await site.submit(ada, specification("east", "north", "south"))
                for agent in agents[:2]:
                    stub = await stack.enter_async_context(agent.member.supplier(site.port))
                    if begun:
                        await eventually(lambda agent=agent: bool(offers(agent)))
                        await decline(stub, offers(agent)[0].task_id, long(agent))
                    else:
                        await say(agent, stub, Decision.REFUSE, long(agent))
                status = await site.until(
                    ada, study_id, lambda status: all(one.reason for one in status.suppliers[:2])
                )
                await asyncio.sleep(0.5)  # ten looks
                status = await site.status(ada, study_id)
                assert status.reason.endswith(" ...")
                assert untold_reasons(status) == [f"north: {long(agents[1])}"]
        assert changes.count("study:changed") < 8

    run(work())
