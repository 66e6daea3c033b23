"""Suppliers that freeze, and suppliers that never come back: named in time, and judged by the quorum."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from syncline.wire.messages import StudyStatus
from tests.faults.daemons import kept_running
from tests.faults.small_study import CART, MARGINALS, Quorum
from tests.faults.trial import STUDY_SECONDS, Trial

pytestmark = [pytest.mark.network, pytest.mark.faults, pytest.mark.slow]

DEADLINE = "45 s"
"""Long enough for five studies that start side by side on a busy machine; waiting costs nothing."""


def test_a_frozen_agent_is_named_within_15_s_and_goes_on_where_it_stopped(shooting):
    async def work() -> None:
        trial = Trial(shooting.fresh(), CART)
        north = trial.agents["north"]
        async with asyncio.timeout(STUDY_SECONDS), kept_running(*trial.daemons):
            study_id = await trial.submit()
            await trial.until(study_id, lambda status: status.rounds_done >= 2)
            north.send(signal.SIGSTOP)
            frozen_at = time.monotonic()
            status = await trial.until(study_id, lambda status: status.state == "paused")
            assert time.monotonic() - frozen_at <= 15
            assert status.reason == "north is not connected; the study goes on when it is back"
            north.send(signal.SIGCONT)
            status = await trial.until(study_id, lambda status: status.ended_us > 0)
            await trial.until_told()
        trial.check(status, shooting.expected(CART))

    asyncio.run(work())


async def without_north(trial: Trial, quorum: Quorum, dies_at: str) -> list[StudyStatus]:
    """Run a study in which north is killed for good; return the pause, if any, and the end."""
    trial.agents["north"].faults = [{"SYNCLINE_CRASH_AT": dies_at}]
    trial.agents["north"].comes_back = False
    seen: list[StudyStatus] = []

    def ended(status: StudyStatus) -> bool:
        if status.state == "paused":
            seen[:] = [status]
        return status.ended_us > 0

    async with asyncio.timeout(STUDY_SECONDS), kept_running(*trial.daemons):
        study_id = await trial.submit(quorum)
        end = await trial.until(study_id, ended)
    return [*seen, end]


def test_a_supplier_that_never_comes_back_is_judged_by_the_quorum(shooting):
    async def work() -> None:
        def trial() -> Trial:
            return Trial(shooting.fresh(), MARGINALS)

        trials = [trial() for _ in range(5)]
        plans = [
            (Quorum(2, "45s", "fail"), "reply:before-send#2"),
            (Quorum(2, "45s", "pause"), "reply:before-send#2"),
            (Quorum(1, "45s", "proceed"), "reply:before-send#2"),
            (Quorum(1, "45s", "proceed"), "reply:before-send#1"),
            (Quorum(1, "45s", "proceed"), "decision:before-send#1"),
        ]
        ends = await asyncio.gather(
            *(without_north(one, *plan) for one, plan in zip(trials, plans, strict=True))
        )
        for *_, end in ends[:4]:
            assert (end.state, end.reason) == (
                "failed",
                f"north did not answer within {DEADLINE}",
            )
        assert [status.reason for status in ends[1][:-1]] == [
            "north is not connected; the study goes on when it is back"
        ]
        *_, proceeded = ends[4]
        trials[4].check_hub(proceeded, shooting.expected(MARGINALS, ["south"]))
        trials[4].check_agent("south", proceeded.rounds_done)

    asyncio.run(work())
