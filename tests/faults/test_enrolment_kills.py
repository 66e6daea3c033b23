"""SIGKILL around enrolment and renewal: the same command, or the next start, goes on with what is there."""

from __future__ import annotations

import asyncio
import signal

import pytest

from supplier_agent.home import AgentHome
from supplier_agent.uplink.hub_reach import reach_hub
from syncline.cli.demo.stage import free_ports
from syncline.wire.membership import load_membership
from tests.faults.commands import command, patient_command
from tests.faults.daemons import hub_daemon, kept_running
from tests.faults.small_study import MARGINALS
from tests.faults.trial import STUDY_SECONDS, Trial
from tests.faults.world import HOST, Shifted, World, found

pytestmark = [pytest.mark.network, pytest.mark.faults, pytest.mark.slow]

AGENT_POINTS = ["enrol:keys-written", "enrol:before-send", "enrol:answered", "enrol:saved"]
JOURNAL_POINTS = ["database:before-commit", "database:after-commit"]
HUB_POINTS = ["database:before-commit#2", "database:after-commit#2", "enrolment:before-answer#1"]
"""The hub's first commit is its recovery, the second one the enrolment."""


async def enrol_and_reach(world: World, port: int, name: str, *crashes: str) -> None:
    """Enrol a new supplier over any number of kills of the command; call the hub with its certificate."""
    home = AgentHome(world.root / name)
    line = [
        "supplier_agent",
        "enrol",
        world.invite(name),
        "--hub",
        f"{HOST}:{port}",
        "--home",
        str(home.root),
    ]
    for crash in crashes:
        status, errors = await command(*line, faults={"SYNCLINE_CRASH_AT": f"{crash}#1"})
        assert status == -signal.SIGKILL, (crash, errors)
    assert await patient_command(*line) == (0, "")
    await reach_hub(load_membership(home.identity, ""))


def test_an_enrolment_that_was_killed_anywhere_goes_on_with_the_same_token(world):
    async def work() -> None:
        port, _ = free_ports()
        async with kept_running(hub := hub_daemon(world, port)):
            while "hub_listening" not in hub.said():  # noqa: ASYNC110 - a log sets no event
                await asyncio.sleep(0.05)
            await enrol_and_reach(world, port, "east", *AGENT_POINTS, *JOURNAL_POINTS)

    asyncio.run(work())


@pytest.mark.parametrize("point", HUB_POINTS)
def test_a_hub_that_is_killed_while_it_enrols_gives_the_certificate_later(world, point):
    async def work() -> None:
        port, _ = free_ports()
        hub = hub_daemon(world, port, [{"SYNCLINE_CRASH_AT": point}])
        async with kept_running(hub):
            home = AgentHome(world.root / "east")
            hub_is = ["--hub", f"{HOST}:{port}", "--home", str(home.root)]
            assert await patient_command("supplier_agent", "enrol", world.invite("east"), *hub_is) == (0, "")
            await reach_hub(load_membership(home.identity, ""))
        assert hub.kills == 1

    asyncio.run(work())


RENEWALS = [
    {"north": [{"SYNCLINE_CRASH_AT": "renew:before-send#1"}, {"SYNCLINE_CRASH_AT": "renew:saved#1"}]},
    {"hub": [{"SYNCLINE_CRASH_AT": "renewal:before-answer#1"}]},
]


@pytest.mark.parametrize("faults", RENEWALS, ids=["agent", "hub"])
def test_a_kill_around_a_renewal_costs_neither_certificate_nor_study(shooting, tmp_path, faults):
    async def work() -> None:
        world = await found(tmp_path / "world", Shifted(hours=-16 * 24))  # past half of 30 days
        before = world.membership("north").certificate.fingerprint
        trial = Trial(world, MARGINALS, faults)
        async with asyncio.timeout(STUDY_SECONDS), kept_running(*trial.daemons):
            status = await trial.until_ended()
            await trial.until_told()
            while world.membership("north").certificate.fingerprint == before:
                trial.agents["north"].send(signal.SIGKILL)  # it renews when it starts, else after a minute
                await asyncio.sleep(2)
        trial.check(status, shooting.expected(MARGINALS))
        for name, plans in faults.items():
            assert next(daemon.kills for daemon in trial.daemons if daemon.name == name) >= len(plans)

    asyncio.run(work())
