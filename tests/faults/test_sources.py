"""A source that is missing or changed between two rounds: told, waited for, and never mixed."""

from __future__ import annotations

import asyncio
import signal

import pytest

from syncline.clock import SystemClock
from tests.faults.daemons import kept_running
from tests.faults.small_study import CART
from tests.faults.trial import STUDY_SECONDS, Trial
from trusted_party.cli.home import HubHome
from trusted_party.studies import operation
from trusted_party.studies.endings import Endings

pytestmark = [pytest.mark.network, pytest.mark.faults, pytest.mark.slow]

FAULTS = {
    "hub": [{"SYNCLINE_CRASH_AT": "decline:before-answer#1"}],
    "north": [{}, {"SYNCLINE_CRASH_AT": "decline:before-send#1"}],
}
"""Both sides are killed around the refusal, too."""


def start_again(home: HubHome, study_id: str) -> None:
    """Do what ``trusted-party studies start`` does."""
    with home.open_database() as database:
        endings = Endings(home.open_audit(SystemClock()), SystemClock())
        database.write_now(lambda connection: operation.resume_study(connection, endings, study_id))


@pytest.mark.parametrize(
    ("mischief", "sentence"),
    [
        (lambda path: path.unlink(), "cannot be read or does not fit the study"),
        (
            lambda path: path.write_text(path.read_text() + "50,f,60.0,true\n"),
            "changed since this study began",
        ),
    ],
    ids=["missing", "changed"],
)
def test_a_source_that_is_not_what_it_was_pauses_the_study_until_it_is(shooting, mischief, sentence):
    async def work() -> None:
        trial = Trial(shooting.fresh(), CART, FAULTS)
        path, north = trial.world.table(CART, "north"), trial.agents["north"]
        content = path.read_bytes()
        async with asyncio.timeout(STUDY_SECONDS), kept_running(*trial.daemons):
            study_id = await trial.submit()
            await trial.until(study_id, lambda status: status.rounds_done >= 2)
            mischief(path)
            north.send(signal.SIGKILL)
            status = await trial.until(study_id, lambda status: "declined" in status.reason)
            assert status.state == "paused"
            assert sentence in status.reason
            path.write_bytes(content)
            await asyncio.to_thread(start_again, trial.world.hub, study_id)
            status = await trial.until(study_id, lambda status: status.ended_us > 0)
            await trial.until_told()
        trial.check(status, shooting.expected(CART))
        assert {daemon.name: daemon.kills for daemon in trial.daemons} == {"hub": 1, "north": 2, "south": 0}

    asyncio.run(work())
