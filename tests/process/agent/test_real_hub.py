"""Agents and a researcher as real processes against a real hub, over loopback."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import json
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from syncline.identity.peer import PeerRole
from tests.process.agent.harness import rows
from tests.process.hub.conftest import SETTINGS, Site
from tests.unit.agent.small_study import POLICY, specification
from tests.unit.hub.shifted_clock import ShiftedClock
from trusted_party.cli.home import HubHome

pytestmark = pytest.mark.network

STUDY = """\
syncline: 1
study: {name}
schema:
  variables:
    - {{name: age, kind: integer, range: [0, 120]}}
suppliers: [{{name: north}}, {{name: south}}]
quorum: {{min_suppliers: 2, deadline: 1h, then: pause}}
synthesizer: {{method: marginals}}
validation: none
release: {{gate: none, approvals: 0}}
"""
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.getcwd(), "COLUMNS": "100"}


@pytest.fixture
def site(tmp_path):
    clock = ShiftedClock()
    home = HubHome(tmp_path / "hub")
    home.create("test-hub", ("localhost", "127.0.0.1"), clock)
    return Site(home, clock, SETTINGS)


async def command(module, *arguments, status=0):
    """Run a command to its end; return what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *map(str, arguments)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=ENVIRONMENT,
    )
    try:
        out, error = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == status, error.decode() + out.decode()
    return out.decode() + error.decode()


@contextlib.asynccontextmanager
async def agent_process(home, log, **environment):
    """Run an agent until the block ends, then stop it like systemd does."""
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.process.agent.agent_process", str(home)),
            env={**ENVIRONMENT, **environment},
            stderr=file,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 10)


async def enrolled_agent(site, root, name):
    """Enrol an agent by its command and give it a data set and a policy."""
    home, data = root / name, root / f"{name}.csv"
    data.write_text("age\n40\n50\n")
    token = await asyncio.to_thread(site.invite, name)
    hub = ["--hub", f"localhost:{site.port}", "--enrolment", f"localhost:{site.enrol_port}"]
    await command("supplier_agent", "enrol", token, *hub, "--home", home)
    await command("supplier_agent", "datasets", "add", "heart", data, "--home", home)
    researcher = json.loads((root / "ada-key").read_text())
    digests = [hashlib.sha256(specification(STUDY.format(name=f"heart-{n}"))).hexdigest() for n in range(20)]
    specs = f"specs: [{', '.join(digests)}]"  # they ask alike, and each shall need no person
    policy = POLICY + f"approval: {{mode: automatic, researchers: [{researcher}], {specs}}}\n"
    (home / "policy.yaml").write_text(policy)
    return home


async def logged_in(site, root):
    """Log a researcher in by the command; keep the fingerprint of the key for policies."""
    from syncline.identity.keys import public_signing_key
    from syncline.study.manifest import key_fingerprint
    from syncline.wire.membership import load_membership

    token = await asyncio.to_thread(site.invite, "ada", PeerRole.RESEARCHER)
    hub = ["--hub", f"localhost:{site.port}", "--enrolment", f"localhost:{site.enrol_port}"]
    await command("syncline.cli", "login", token, *hub, "--home", root / "ada")
    key = load_membership(root / "ada" / "identity", "").signing_key()
    (root / "ada-key").write_text(json.dumps(key_fingerprint(public_signing_key(key))))
    return root / "ada"


def submit(root, ada, name):
    study = root / f"{name}.yaml"
    study.write_text(STUDY.format(name=name))
    return command("syncline.cli", "studies", "submit", study, "--wait", "--json", "--home", ada)


def run(work):
    asyncio.run(work)


def test_check_compares_the_clock_with_the_hubs(site, tmp_path):
    async def work():
        async with site.running():
            await logged_in(site, tmp_path)
            north = await enrolled_agent(site, tmp_path, "north")
            site.clock.shift = dt.timedelta(minutes=3)
            checks = json.loads(await command("supplier_agent", "check", "--json", "--home", north, status=1))
            failed = [item for item in checks["checks"] if not item["passed"]]
            assert [item["check"] for item in failed] == ["clock"]
            assert "behind the hub's: set it by NTP" in failed[0]["text"]
            site.clock.shift = dt.timedelta()
            checks = json.loads(await command("supplier_agent", "check", "--json", "--home", north))
            assert checks["checks"][-1]["check"] == "clock"

    run(work())


def test_a_study_from_two_commands_to_a_verified_release(site, tmp_path):
    async def work():
        async with site.running():
            ada = await logged_in(site, tmp_path)
            north = await enrolled_agent(site, tmp_path, "north")
            south = await enrolled_agent(site, tmp_path, "south")
            south.joinpath("policy.yaml").write_text(POLICY)
            async with (
                agent_process(north, tmp_path / "north.log"),
                agent_process(south, tmp_path / "south.log"),
            ):
                (tmp_path / "one.yaml").write_text(STUDY.format(name="heart-1"))
                await command("syncline.cli", "studies", "submit", tmp_path / "one.yaml", "--home", ada)
                await person_approves(south)
                waited = await command("syncline.cli", "studies", "wait", "heart-1", "--home", ada)
                assert "released" in waited
                checks = await command("supplier_agent", "check", "--home", north)
                assert "FAILED" not in checks
                status = json.loads(await command("supplier_agent", "status", "--json", "--home", south))
                assert status["connection"] == "connected"
                assert status["replies_not_delivered"] == 0
            await look_around(tmp_path, ada, north)

    run(work())


async def person_approves(home):
    async with asyncio.timeout(15):
        while "waiting" not in await command("supplier_agent", "studies", "list", "--home", home):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    shown = await command("supplier_agent", "studies", "show", "heart-1", "--home", home)
    assert "additive summaries, never a row" in shown
    assert "min_cell 11" in shown
    await command("supplier_agent", "studies", "approve", "heart-1", "--home", home)


async def look_around(root, ada, home):
    out = root / "release"
    fetched = await command("syncline.cli", "releases", "fetch", "heart-1", "--out", out, "--home", ada)
    assert "verified against the hub's signature" in fetched
    assert (out / "synthetic.parquet").read_bytes() == b"12"
    listed = json.loads(await command("syncline.cli", "studies", "list", "--json", "--home", ada))
    assert [study["state"] for study in listed] == ["released"]
    verified = await command("supplier_agent", "audit", "verify", "--home", home)
    assert "unbroken" in verified
    await command("supplier_agent", "audit", "export", "--out", root / "audit.jsonl", "--home", home)
    await command("supplier_agent", "audit", "verify", root / "audit.jsonl", "--home", home)
    (root / "audit.jsonl").write_text((root / "audit.jsonl").read_text().replace("approve", "refuse"))
    broken = await command(
        "supplier_agent", "audit", "verify", root / "audit.jsonl", "--home", home, status=1
    )
    assert "was changed" in broken


def test_a_refusing_policy_ends_the_study_with_its_reason(site, tmp_path):
    async def work():
        async with site.running():
            ada = await logged_in(site, tmp_path)
            north = await enrolled_agent(site, tmp_path, "north")
            south = await enrolled_agent(site, tmp_path, "south")
            south.joinpath("policy.yaml").write_text(POLICY.replace("min_cell: 11", "min_cell: 20"))
            study = tmp_path / "study.yaml"
            study.write_text(STUDY.format(name="heart-2"))
            tried = await command("supplier_agent", "policy", "test", study, "--home", south, status=1)
            assert "min_cell: the study builds on counts from 11, permitted from 20" in tried
            await command("supplier_agent", "policy", "test", study, "--home", north)
            async with (
                agent_process(north, tmp_path / "north.log"),
                agent_process(south, tmp_path / "south.log"),
            ):
                said = await command(
                    *("syncline.cli", "studies", "submit", study, "--wait", "--home", ada), status=1
                )
            assert "error: study heart-2 is failed" in said
            assert "min_cell: the study builds on counts from 11" in said

    run(work())


POINTS = [
    "database:before-commit#1",
    "database:after-commit#2",
    "database:before-commit#4",
    "database:after-commit#5",
    "payload:before-rename#2",
    "payload:after-rename#3",
    "decision:before-send#1",
    "decision:after-send#1",
    "reply:before-send#1",
    "reply:after-send#1",
    "reply:before-send#2",
    "reply:after-send#3",
    "transfer:before-write#1",
    "transfer:after-write#1",
    "transfer:chunk-stored#2",
]


@pytest.mark.faults
@pytest.mark.slow
def test_a_killed_agent_answers_each_round_once(site, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_CHILD_BIG_REQUESTS", "1")

    async def work():
        async with site.running():
            ada = await logged_in(site, tmp_path)
            north = await enrolled_agent(site, tmp_path, "north")
            south = await enrolled_agent(site, tmp_path, "south")
            async with agent_process(south, tmp_path / "south.log"):
                for number, point in enumerate(POINTS):
                    await killed_and_restarted(tmp_path, ada, north, f"heart-{number}", point)
            await command("supplier_agent", "audit", "verify", "--home", north)

    run(work())


async def killed_and_restarted(root, ada, north, name, point):
    """Kill the agent at ``point`` while it takes part in the study ``name``, start it again, and compare."""
    log = root / "north.log"
    large = {"FAKE_CHILD_REPLY_BYTES": "2500000"}
    async with agent_process(north, log, SYNCLINE_CRASH_AT=point, **large) as first:
        waiting = asyncio.create_task(submit(root, ada, name))
        await asyncio.wait_for(first.wait(), 30)
        assert first.returncode == -signal.SIGKILL, point
        async with agent_process(north, log, **large):
            status = json.loads(await waiting)
    assert (status["state"], status["rounds_done"]) == ("released", 3), point
    answered = rows(
        north,
        "SELECT round, count(DISTINCT reply_sha256) FROM round JOIN study USING (study_id)"
        f" WHERE study.name = '{name}' AND round.state = 'answered' GROUP BY round",
    )
    assert answered == [(0, 1), (1, 1), (2, 1)], point
    entries = rows(north, "SELECT fields FROM audit WHERE kind = 'round-answered'")
    charged = [json.loads(fields)["round"] for (fields,) in entries if status["study_id"] in fields]
    assert charged == [0, 1, 2], point


@pytest.mark.faults
@pytest.mark.slow
def test_a_hub_that_restarts_in_the_middle_loses_nothing(site, tmp_path):
    async def work():
        async with site.running():
            ada = await logged_in(site, tmp_path)
            homes = [await enrolled_agent(site, tmp_path, name) for name in ("north", "south")]
            ports = {"listen": f"localhost:{site.port}", "enrol_listen": f"localhost:{site.enrol_port}"}
        slow = {"FAKE_CHILD_SECONDS": "1"}
        async with (
            agent_process(homes[0], tmp_path / "north.log", **slow),
            agent_process(homes[1], tmp_path / "south.log", **slow),
        ):
            async with site.running(**ports):
                waiting = asyncio.create_task(submit(tmp_path, ada, "heart-3"))
                await until_row(homes[0], "SELECT 1 FROM round WHERE round = 1")
            await asyncio.sleep(0.5)
            async with site.running(**ports):
                status = json.loads(await asyncio.wait_for(waiting, 45))
        assert (status["state"], status["rounds_done"]) == ("released", 3)
        charged = rows(homes[0], "SELECT count(*) FROM audit WHERE kind = 'round-answered'")
        assert charged == [(3,)]

    run(work())


async def until_row(home, query):
    async with asyncio.timeout(20):
        while not rows(home, query):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def test_a_stopped_agent_ends_quickly_and_leaves_no_child(site, tmp_path):
    async def work():
        async with site.running():
            ada = await logged_in(site, tmp_path)
            homes = [await enrolled_agent(site, tmp_path, name) for name in ("north", "south")]
            slow = {"FAKE_CHILD_SECONDS": "60"}
            async with (
                agent_process(homes[0], tmp_path / "north.log", **slow) as north,
                agent_process(homes[1], tmp_path / "south.log", **slow) as south,
            ):
                waiting = asyncio.create_task(submit(tmp_path, ada, "heart-4"))
                children = [await computing_child(process.pid) for process in (north, south)]
                for process, number in ((north, signal.SIGTERM), (south, signal.SIGINT)):
                    process.send_signal(number)
                    await asyncio.wait_for(process.wait(), 3)
                    assert process.returncode == 0
                assert not any(child.is_running() for child in children)
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
        assert "agent stopped" in (tmp_path / "north.log").read_text()

    run(work())


async def computing_child(pid):
    async with asyncio.timeout(20):
        while not (children := psutil.Process(pid).children()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return children[0]


def test_a_second_agent_on_one_home_is_refused(site, tmp_path):
    async def work():
        async with site.running():
            await logged_in(site, tmp_path)
            home = await enrolled_agent(site, tmp_path, "north")
            async with agent_process(home, tmp_path / "north.log"):
                await until_row(home, "SELECT 1 FROM dataset")
                await connected(home)
                said = await command("supplier_agent", "run", "--home", home, status=2)
        assert "in use by process" in said

    run(work())


async def connected(home: Path) -> None:
    async with asyncio.timeout(20):
        while True:
            found = home / "contact.json"
            if found.exists() and json.loads(found.read_text())["state"] == "connected":
                return
            await asyncio.sleep(0.05)
