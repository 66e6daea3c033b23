"""Two agents with one identity, another's certificate, another authority, spent tokens, a taken port."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from supplier_agent.home import AgentHome
from supplier_agent.uplink.contact import read_contact
from syncline.cli.demo.stage import free_ports
from syncline.clock import SystemClock
from syncline.identity.authority import CertificateAuthority
from syncline.identity.tokens import EnrolmentToken
from tests.faults.commands import command, patient_command
from tests.faults.daemons import Daemon, hub_daemon, kept_running
from tests.faults.small_study import MARGINALS
from tests.faults.trial import STUDY_SECONDS, Trial
from tests.faults.world import HOST, Shifted
from trusted_party.cli.home import HubHome

pytestmark = [pytest.mark.network, pytest.mark.faults, pytest.mark.slow]


async def until_said(home: AgentHome, words: str) -> None:
    """Wait until an agent's contact file says why it is not connected."""
    while not (home.contact.exists() and words in read_contact(home.contact).message):  # noqa: ASYNC110
        await asyncio.sleep(0.1)


def test_a_copied_home_is_named_and_disturbs_nothing(shooting):
    async def work() -> None:
        world = shooting.fresh()
        trial = Trial(world, MARGINALS)
        twin = AgentHome(Path(shutil.copytree(world.agent("north").root, world.root / "twin")))
        line = ["supplier_agent", "run", "--home", str(twin.root), "--json"]
        second = Daemon("twin", line, world.root / "twin.log")
        async with asyncio.timeout(STUDY_SECONDS), kept_running(*trial.daemons):
            await trial.until_attached()
            async with kept_running(second):
                status = await trial.until_ended()
                await trial.until_told()
                await until_said(twin, "another agent is attached as north: stop it")
        trial.check(status, shooting.expected(MARGINALS))
        assert trial.rows("twin", "SELECT count(*) FROM study") == [(0,)]

    asyncio.run(work())


def test_the_certificate_of_another_supplier_is_refused_before_it_is_shown(world):
    shutil.copy(world.agent("south").identity / "tls.pem", world.agent("north").identity / "tls.pem")
    status, errors = asyncio.run(command("supplier_agent", "run", "--home", str(world.agent("north").root)))
    assert status == 1
    assert errors == "error: certificate: the hub issued it for supplier south, not for supplier north\n"


def test_a_hub_of_another_authority_is_not_spoken_to(world):
    async def work() -> None:
        trial = Trial(world, MARGINALS)
        shutil.rmtree(world.hub.root)
        HubHome(world.hub.root).create("another-hub", (HOST,), SystemClock())
        async with asyncio.timeout(60), kept_running(trial.hub, trial.agents["north"]):
            await until_said(world.agent("north"), "another authority")
        assert json.loads(trial.agents["north"].said().splitlines()[-2])["event"] == "not connected"

    asyncio.run(work())


def test_a_root_that_did_not_issue_the_certificate_is_refused(world):
    other = CertificateAuthority.create("other", SystemClock().now())
    (world.agent("north").identity / "authority.pem").write_bytes(other.root_pem)
    status, errors = asyncio.run(command("supplier_agent", "run", "--home", str(world.agent("north").root)))
    assert status == 1
    assert errors.startswith("error: certificate: ")


def test_tokens_that_are_spent_expired_or_forged_buy_nothing(world, tmp_path):
    def enrol(token: str, home: str, port: int) -> Sequence[str]:
        return "supplier_agent", "enrol", token, "--hub", f"{HOST}:{port}", "--home", str(tmp_path / home)

    async def work() -> None:
        port, _ = free_ports()
        async with kept_running(hub_daemon(world, port)):
            good, expired = world.invite("east"), world.invite("west", clock=Shifted(hours=-0.2))
            forged = replace(EnrolmentToken.parse(good), secret=bytes(32)).text()
            assert await patient_command(*enrol(good, "east", port)) == (0, "")
            for token, home, words in (
                (good, "elsewhere", "was used before"),
                (expired, "west", "has expired"),
                (forged, "forged", "not one of this hub's"),
            ):
                status, errors = await command(*enrol(token, home, port))
                assert (status, words in errors, errors.count("\n")) == (1, True, 1), errors

    asyncio.run(work())


@pytest.mark.parametrize("taken", [0, 1], ids=["for members", "for enrolment"])
def test_a_port_in_use_is_named(world, taken):
    async def work() -> None:
        ports = free_ports()
        server = await asyncio.start_server(lambda reader, writer: writer.close(), HOST, ports[taken])
        async with server:
            line = ["serve", "--home", str(world.hub.root), "--listen", f"{HOST}:{ports[0]}", "--json"]
            status, errors = await command("trusted_party", *line)
        assert status == 2
        assert (
            f"address {HOST}:{ports[taken]}: it cannot be listened on, because the port is in use" in errors
        )

    asyncio.run(work())
