"""Messages that come twice, late, early, out of order or for an old attempt: the same table."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.daemons import kept_running
from tests.faults.rude_agent import SILENT_IN_ROUND, RudeAgent
from tests.faults.small_study import MARGINALS, WIDE
from tests.faults.trial import STUDY_SECONDS, Trial

pytestmark = [pytest.mark.network, pytest.mark.faults, pytest.mark.slow]


@pytest.mark.parametrize("study", [MARGINALS, WIDE], ids=["inline", "in chunks"])
def test_a_rude_agent_changes_nothing(shooting, study):
    async def work() -> None:
        trial = Trial(shooting.fresh(), study)
        rude = RudeAgent(trial.world, study, "north")
        async with asyncio.timeout(STUDY_SECONDS), kept_running(trial.hub, trial.agents["south"]):
            _, status = await asyncio.gather(rude.run(), trial.until_ended())
        trial.check_hub(status, shooting.expected(study))
        rounds = status.rounds_done
        trial.check_agent("south", rounds)
        assert rude.attempts == dict.fromkeys(range(rounds), 1) | {SILENT_IN_ROUND: 2}
        assert rude.outcomes == {
            "in time: accepted": rounds,
            "in time: already accepted": 2 * rounds,
            "late: already accepted": rounds * (rounds - 1) // 2,
            "after the end: already accepted": 1,
            **({"large": 1, "refused": 2} if study is WIDE else {}),
        }

    asyncio.run(work())
