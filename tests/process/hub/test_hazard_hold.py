"""A study whose suppliers' codings disagree stands until the operator lets it go on, and says why."""

from __future__ import annotations

import asyncio
import datetime as dt
import json

import pytest

from syncline.identity.peer import PeerRole
from syncline.study.spec import StudySpec
from tests.process.hub.clients import FakeAgent, running
from tests.unit.hub.small_study import specification
from trusted_party.studies import operation
from trusted_party.studies.endings import Endings

pytestmark = pytest.mark.network


@pytest.fixture(autouse=True)
def hazards(monkeypatch):
    monkeypatch.setenv("FAKE_CHILD_HAZARDS", "1")


def with_rule(rule):
    spec = json.loads(specification("north"))
    return StudySpec.model_validate({**spec, "hazards": {"severe": rule}}).canonical()


def let_go_on(site, study_id):
    """Do what ``trusted-party studies start`` does."""
    with site.home.open_database() as database:
        endings = Endings(site.home.open_audit(site.clock), site.clock)
        return database.write_now(lambda connection: operation.resume_study(connection, endings, study_id))


def test_it_stands_at_each_new_hazard_and_goes_on_by_a_person_s_word(site, run):
    async def work():
        async with site.running():
            agent = FakeAgent(await site.member("north"), site.port)
            ada = await site.member("ada", PeerRole.RESEARCHER)
            async with running(agent):
                study_id = await site.submit(ada, with_rule("pause"))
                status = await site.until(ada, study_id, lambda status: status.state == "paused")
                assert f"'trusted-party studies start {study_id}'" in status.reason
                assert [(h.words, h.severe, h.accepted) for h in status.hazards] == [
                    ("column c0 differs", True, False)
                ]
                assert operation.needs_a_person(status)
                await asyncio.sleep(0.5)
                assert len(agent.answered) == 2  # it opened and answered once, and nothing more is asked
                await asyncio.to_thread(let_go_on, site, study_id)
                status = await site.until(
                    ada, study_id, lambda status: status.state == "paused" and len(status.hazards) == 2
                )
                assert [hazard.accepted for hazard in status.hazards] == [True, False]
                await asyncio.to_thread(let_go_on, site, study_id)
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
            assert (status.state, status.rounds_done) == ("released", 3)
            assert all(hazard.accepted for hazard in status.hazards)
            assert not operation.needs_a_person(status)

    run(work())


def test_it_only_reports_where_the_study_says_so(site, run):
    async def work():
        async with site.running():
            agent = FakeAgent(await site.member("north"), site.port)
            ada = await site.member("ada", PeerRole.RESEARCHER)
            async with running(agent):
                study_id = await site.submit(ada, with_rule("report"))
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
            assert status.state == "released"
            assert len(status.hazards) == 2

    run(work())


def test_a_hub_that_starts_again_still_waits(site, run):
    async def work():
        ada = None
        async with site.running():
            north = await site.member("north")
            ada = await site.member("ada", PeerRole.RESEARCHER)
            async with running(FakeAgent(north, site.port)):
                study_id = await site.submit(ada, with_rule("pause"))
                await site.until(ada, study_id, lambda status: status.state == "paused")
        async with site.running():
            agent = FakeAgent(north, site.port)
            async with running(agent):
                await asyncio.sleep(0.5)
                assert (await site.status(ada, study_id)).state == "paused"
                assert agent.answered == []

    run(work())


def test_nobody_s_word_ends_it_at_the_deadline(site, run):
    async def work():
        async with site.running():
            ada = await site.member("ada", PeerRole.RESEARCHER)
            async with running(FakeAgent(await site.member("north"), site.port)):
                study_id = await site.submit(ada, with_rule("pause"))
                await site.until(ada, study_id, lambda status: status.state == "paused")
                site.clock.shift += dt.timedelta(hours=25)
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
            assert status.state == "failed"
            assert "nobody let the study go on" in status.reason
            assert "column c0 differs" in status.reason

    run(work())
