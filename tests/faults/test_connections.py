"""Connections that are cut, half closed, delayed or stalled: the study ends with the same table."""

from __future__ import annotations

import asyncio
import time

import pytest

from syncline.cli.demo.stage import free_ports
from tests.faults.daemons import kept_running
from tests.faults.proxy import Ending, Proxy, Wounds
from tests.faults.small_study import CART, MARGINALS, WIDE, SmallStudy
from tests.faults.trial import STUDY_SECONDS, Trial

pytestmark = [pytest.mark.network, pytest.mark.faults, pytest.mark.slow]


async def through(shooting, study: SmallStudy, wounds: Wounds) -> Proxy:
    """Run a study whose agents reach the hub through a proxy; return the proxy when all is well."""
    (port, _), (seen_at, _) = free_ports(), free_ports()
    trial, proxy = Trial(shooting.fresh(), study, port=port, seen_at=seen_at), Proxy(port, wounds)
    async with proxy.running(seen_at):
        await trial.released(shooting.expected(study))
    return proxy


TO_HUB, TO_AGENTS = Ending.HALF_TO_HUB, Ending.HALF_TO_AGENT
WOUNDS = [
    pytest.param(CART, Wounds(seed=1, endings=10), id="cut anywhere"),
    pytest.param(WIDE, Wounds(seed=2, endings=8, least=50_000, most=1_500_000), id="cut in chunks"),
    pytest.param(CART, Wounds(seed=3, endings=4, ending=TO_HUB, most=9_000), id="half closed to the hub"),
    pytest.param(CART, Wounds(seed=4, endings=4, ending=TO_AGENTS, most=9_000), id="half closed to agents"),
    pytest.param(MARGINALS, Wounds(seed=5, most_delay=0.4), id="delayed"),
]


@pytest.mark.parametrize(("study", "wounds"), WOUNDS)
def test_a_wounded_connection_changes_nothing(shooting, study, wounds):
    asked = wounds.endings
    proxy = asyncio.run(through(shooting, study, wounds))
    assert proxy.ended >= asked / 2, "the study ended before the connections were wounded"


@pytest.mark.parametrize("ways", [(), (TO_AGENTS,)], ids=["both ways", "towards the agents"])
def test_a_stalled_connection_is_noticed_named_and_survived(shooting, ways):
    async def work() -> None:
        (port, _), (seen_at, _) = free_ports(), free_ports()
        trial, proxy = Trial(shooting.fresh(), CART, port=port, seen_at=seen_at), Proxy(port, Wounds(seed=6))
        async with asyncio.timeout(STUDY_SECONDS), proxy.running(seen_at), kept_running(*trial.daemons):
            study_id = await trial.submit()
            await trial.until(study_id, lambda status: status.rounds_done >= 2)
            proxy.stall(*ways)
            stalled_at = time.monotonic()
            status = await trial.until(study_id, lambda status: status.state == "paused")
            assert time.monotonic() - stalled_at <= 15
            assert "not connected" in status.reason
            proxy.heal()
            status = await trial.until(study_id, lambda status: status.ended_us > 0)
            await trial.until_told()
        trial.check(status, shooting.expected(CART))

    asyncio.run(work())
