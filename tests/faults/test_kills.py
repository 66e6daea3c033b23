"""SIGKILL where hub and agent commit and send: the same table, and no round answered or charged twice.

``python -m tests.faults --all`` kills at every single point; here each name has its first, middle and last.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from syncline.wire.messages import StudyStatus
from tests.faults.commands import command
from tests.faults.daemons import kept_running
from tests.faults.kills import KILLED, Outcome, some_points
from tests.faults.small_study import CART, MARGINALS, ROWS, WIDE
from tests.faults.trial import STUDY_SECONDS, Trial

pytestmark = [pytest.mark.network, pytest.mark.faults]

HUB_POINTS = {
    "attach:before-send",
    "database:before-commit",
    "database:after-commit",
    "decision:before-answer",
    "draft:named",
    "draft:recorded",
    "payload:before-rename",
    "payload:after-rename",
    "release:files-written",
    "release:recorded",
    "release:renamed",
    "reply:before-answer",
    "reply:stored",
    "round:forgotten",
    "round:stored",
    "study:changed",
    "submission:before-answer",
}
AGENT_POINTS = {
    "database:before-commit",
    "database:after-commit",
    "decision:before-send",
    "decision:after-send",
    "payload:before-rename",
    "payload:after-rename",
    "reply:before-send",
    "reply:after-send",
}
ROW_POINTS = {"reply:stored", "round:stored", "round:forgotten", "release:renamed", "reply:before-send"}
TRANSFER_POINTS = {"transfer:before-write", "transfer:after-write"}


def test_a_killed_hub_and_a_killed_agent_lose_nothing(shooting):
    world = shooting.fresh()
    faults = {
        "hub": [{"SYNCLINE_CRASH_AT": "reply:stored#2"}],
        "north": [{"SYNCLINE_CRASH_AT": "reply:before-send#3"}],
    }
    trial = Trial(world, MARGINALS, faults)
    asyncio.run(trial.released(shooting.expected(MARGINALS)))
    assert {daemon.name: daemon.kills for daemon in trial.daemons} == {"hub": 1, "north": 1, "south": 0}


def test_a_hub_killed_with_rows_in_its_hands_deletes_them_and_says_so(shooting):
    faults = {"hub": [{"SYNCLINE_CRASH_AT": "reply:stored#1"}, {"SYNCLINE_CRASH_AT": "rows:deleted#1"}]}
    trial = Trial(shooting.fresh(), ROWS, faults)
    asyncio.run(trial.released(shooting.expected(ROWS)))
    assert trial.hub.kills == 2


def test_rows_are_gone_before_people_decide_and_what_they_approve_is_released(shooting):
    study = replace(ROWS, approvals=1)
    faults = {"hub": [{"SYNCLINE_CRASH_AT": "rows:deleted#1"}, {"SYNCLINE_CRASH_AT": "release:renamed#1"}]}
    trial = Trial(shooting.fresh(), study, faults)
    expected = shooting.expected(ROWS)

    async def work() -> StudyStatus:
        async with asyncio.timeout(STUDY_SECONDS), kept_running(*trial.daemons):
            study_id = await trial.submit()
            status = await trial.until(study_id, lambda status: status.state == "awaiting_release")
            await trial.until_forgotten()
            assert trial.hub.kills == 1
            home = str(trial.world.hub.root)
            release_id = status.reason.split()[1]
            line = ("trusted_party", "releases", "approve", release_id, "--yes", "--home", home)
            assert (await command(*line))[0] == 0
            status = await trial.until(study_id, lambda status: status.ended_us > 0)
            await trial.until_told()
            return status

    trial.check(asyncio.run(work()), expected)
    assert trial.hub.kills == 2


@pytest.mark.slow
def test_a_kill_at_the_first_middle_and_last_of_each_point_loses_nothing(shooting):
    async def work() -> list[Outcome]:
        kills = []
        for reached in await shooting.enumerate(CART):
            assert set(reached.points) == (HUB_POINTS if reached.daemon == KILLED[0] else AGENT_POINTS)
            kills += some_points(reached)
        for reached in await shooting.enumerate(WIDE):
            kills += some_points(reached, TRANSFER_POINTS)
        for reached in await shooting.enumerate(ROWS):
            kills += some_points(reached, ROW_POINTS)
        return [outcome async for outcome in shooting.strike_all(kills)]

    outcomes = asyncio.run(work())
    assert [outcome.error for outcome in outcomes if outcome.error] == []
    assert [outcome.kill for outcome in outcomes if not outcome.struck] == []
    struck = {(outcome.kill.daemon, name) for outcome in outcomes for name in outcome.struck}
    expected = {("hub", name) for name in HUB_POINTS}
    assert struck == expected | {("north", name) for name in AGENT_POINTS | TRANSFER_POINTS}
