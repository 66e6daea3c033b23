"""A disk that is full in the middle of a study: told in the log, waited out, and nothing is lost."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.daemons import kept_running
from tests.faults.small_disk import small_disk
from tests.faults.small_study import MARGINALS
from tests.faults.trial import STUDY_SECONDS, Trial

pytestmark = [pytest.mark.network, pytest.mark.faults, pytest.mark.slow]

FULL_SECONDS = 12.0
"""How long the disk stays full: longer than a lease, so that every part stumbles over it."""


@pytest.mark.parametrize(
    ("place", "when"),
    [
        ("hub/payloads", "in the middle"),
        ("hub", "in the middle"),
        ("hub/releases", "in the middle"),
        ("north/payloads", "in the middle"),
        ("north", "before the study"),
    ],
)
def test_a_full_disk_is_told_and_waited_out(shooting, place, when):
    async def work() -> None:
        trial = Trial(shooting.fresh(), MARGINALS)
        daemon = next(daemon for daemon in trial.daemons if place.startswith(daemon.name))
        with small_disk(trial.world.root / place, megabytes=16) as disk:
            async with asyncio.timeout(STUDY_SECONDS), kept_running(*trial.daemons):
                if when == "in the middle":
                    study_id = await trial.submit()
                    await trial.until(study_id, lambda status: status.rounds_done >= 1)
                else:
                    await trial.until_attached()
                disk.fill()
                submitting = asyncio.create_task(trial.submit())
                await asyncio.sleep(FULL_SECONDS)
                said = daemon.said()
                disk.free()
                assert "the disk is full" in said
                study_id = await submitting
                status = await trial.until(study_id, lambda status: status.ended_us > 0)
                await trial.until_told()
        trial.check(status, shooting.expected(MARGINALS))

    asyncio.run(work())
