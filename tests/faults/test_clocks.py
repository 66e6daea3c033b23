"""A hub whose clock is an hour off: certificates hold, the study ends, and the difference is told."""

from __future__ import annotations

import asyncio

import pytest

from syncline.cli.demo.stage import free_ports
from tests.faults.daemons import kept_running
from tests.faults.small_study import MARGINALS
from tests.faults.trial import STUDY_SECONDS, Trial
from tests.faults.world import HOST, Shifted, found
from trusted_party.cli.hub import HubSettings, running_hub

pytestmark = [pytest.mark.network, pytest.mark.faults, pytest.mark.slow]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_hub_whose_clock_is_an_hour_off_still_works_and_is_told(shooting, tmp_path, hours):
    async def work() -> None:
        world = await found(tmp_path / "world", Shifted(hours))
        ports = free_ports()
        trial = Trial(world, MARGINALS, port=ports[0])
        settings = HubSettings(*(f"{HOST}:{port}" for port in ports), stop_seconds=0.1)
        async with (
            asyncio.timeout(STUDY_SECONDS),
            running_hub(world.hub, settings, Shifted(hours)),
            kept_running(*trial.agents.values()),
        ):
            status = await trial.until_ended()
            await trial.until_told()
        trial.check(status, shooting.expected(MARGINALS))
        for agent in trial.agents.values():
            assert (
                f'"clock differs from the hub\'s: set it by NTP", "seconds": {-hours * 3600}' in agent.said()
            )

    asyncio.run(work())
