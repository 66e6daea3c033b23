"""A hub whose records are in PostgreSQL: made, killed at any point, moved to another host."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shutil
import subprocess
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from pathlib import Path

import grpc.aio
import pytest

from syncline.errors import UsageError
from syncline.identity.peer import PeerRole
from syncline.wire.messages import StudyStatus, TaskOffer
from tests.conformance.datastore.places import new_database
from tests.conformance.datastore.places import run as run_statement
from tests.faults.chains import chains, middles, strike_all
from tests.faults.hub.test_kills import attempt, enrolled
from tests.postgresql_server import restart
from tests.process.hub.clients import FakeAgent, enrol, running
from tests.process.hub.conftest import SETTINGS, Site
from tests.process.hub.test_commands import command
from tests.unit.hub.shifted_clock import ShiftedClock
from tests.unit.hub.small_study import specification
from trusted_party.cli.home import HubHome
from trusted_party.cli.hub import running_hub

pytestmark = pytest.mark.network

SECRET = "hunter2hunter2"


@pytest.fixture
def postgres_site(tmp_path: Path, postgresql_url: str) -> Site:
    clock = ShiftedClock()
    home = HubHome(tmp_path / "hub")
    home.create("test-hub", ("localhost", "127.0.0.1"), clock, new_database(postgresql_url))
    return Site(home, clock)


def copied(home: Path, target: Path, server: str) -> Path:
    """Copy a home and its database, as a backup would."""
    shutil.copytree(home, target)
    url = HubHome(home).database_url()
    assert url is not None
    name = re.search(r"/(hub_\w+)", url.written)
    assert name is not None
    copy = new_database(server, f"TEMPLATE {name[1]}")
    HubHome(target).database_url_path.write_text(copy.written)
    return target


def test_init_shows_no_password_and_keeps_it_from_others(tmp_path: Path, postgresql_url: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    url = new_database(postgresql_url).written
    home = tmp_path / "hub"
    for password in (SECRET, f"${{file:{secret}}}"):
        made = command("init", "--host", "localhost", "--database", f"{url}&password={password}", home=home)
        if password == SECRET:
            assert made.returncode == 0, made.stderr
            assert "database   postgresql:///hub_" in made.stdout
            assert "password=***" in made.stdout
        else:
            assert made.returncode == 2
            assert "holds a hub already" in made.stderr
        assert SECRET not in made.stdout + made.stderr
    assert not (home / "hub.sqlite").exists()
    assert (home / "database-url").stat().st_mode & 0o777 == 0o600
    token = command("invite", "north", "--json", home=home)
    assert json.loads(token.stdout)["name"] == "north"


def test_a_database_of_another_hub_is_refused(postgres_site: Site, tmp_path: Path) -> None:
    url = postgres_site.home.database_url()
    assert url is not None
    made = command("init", "--host", "localhost", "--database", url.written, home=tmp_path / "other")
    assert made.returncode == 2
    assert "holds the records of a hub: copy the home of that hub to this host" in made.stderr
    other = HubHome(tmp_path / "third")
    other.create("test-hub", ("localhost",), postgres_site.clock)
    other.database_url_path.write_text(url.written)
    other.database_url_path.chmod(0o600)
    with pytest.raises(UsageError, match="holds the records of another hub: use the home of that hub"):
        other.open_database()


def test_a_study_runs_and_commands_are_heard(postgres_site: Site, run) -> None:
    site = postgres_site

    async def work() -> None:
        async with site.running():
            token = json.loads(
                (await asyncio.to_thread(command, "invite", "north", "--json", home=site.home.root)).stdout
            )["token"]
            north = await enrol(site.enrol_port, site.authority, token)
            ada = await site.member("ada", PeerRole.RESEARCHER)
            async with running(FakeAgent(north, site.port)):
                study_id = await site.submit(ada, specification("north"))
                status = await site.until(ada, study_id, lambda seen: bool(seen.ended_us))
                assert status.state == "released", status.reason
                waited = await asyncio.to_thread(command, "studies", "wait", study_id, home=site.home.root)
                assert waited.returncode == 0, waited.stderr
            audit = await asyncio.to_thread(command, "audit", "verify", "--json", home=site.home.root)
            assert json.loads(audit.stdout)["first_bad"] is None

    run(work())


def test_a_second_hub_on_the_database_is_refused_wherever_its_home_is(
    postgres_site: Site, tmp_path: Path, run
) -> None:
    async def work() -> None:
        async with postgres_site.running():
            copy = HubHome(Path(shutil.copytree(postgres_site.home.root, tmp_path / "copy")))
            with pytest.raises(UsageError, match="is in use by another hub"):
                async with running_hub(copy, SETTINGS, postgres_site.clock):
                    pass

    run(work())


def moved(home: Path, server: str) -> Path:
    """Move a home with its payloads and keys; the database stays where it is."""
    return Path(shutil.move(home, home.with_name(f"{home.name}-moved")))


def restored(home: Path, server: str) -> Path:
    """Move a home, dump its database as docs/operations.md says and restore the dump into an empty one."""
    target = moved(home, server)
    url = HubHome(target).database_url()
    assert url is not None
    dump = target.with_name(f"{target.name}.dump")
    run_program(["pg_dump", "--format", "custom", "--file", str(dump), url.written])
    empty = new_database(server)
    run_program(["pg_restore", "--no-owner", "--exit-on-error", "--dbname", empty.written, str(dump)])
    HubHome(target).database_url_path.write_text(empty.written)
    return target


def run_program(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.parametrize("carried", [moved, restored])
def test_a_hub_killed_at_any_point_and_moved_to_another_host_finishes_the_study(
    postgres_site: Site, tmp_path: Path, postgresql_url: str, carried: Callable[[Path, str], Path]
) -> None:
    team = asyncio.run(enrolled(postgres_site))
    log = tmp_path / "points"
    whole = copied(postgres_site.home.root, tmp_path / "whole", postgresql_url)
    expected, _ = asyncio.run(attempt(whole, team, [{"SYNCLINE_CRASH_LOG": str(log)}]))
    points = log.read_text().split()
    assert {"database:before-commit", "database:after-commit"} <= set(points)
    hosts = count()

    def move(home: Path) -> Path:
        return carried(home, postgresql_url)

    def strike(crashes: list[Mapping[str, str]]) -> int:
        home = copied(postgres_site.home.root, tmp_path / f"host{next(hosts)}", postgresql_url)
        released, trial = asyncio.run(attempt(home, team, crashes, move))
        assert released == expected, crashes
        assert trial.home.name == home.name + "-moved" * trial.kills, crashes
        return trial.kills

    for aims in chains(middles(points)):
        assert strike_all(points, aims, strike) == []


@pytest.mark.faults
def test_a_server_that_crashes_in_mid_study_and_starts_again_harms_nothing(
    postgres_site: Site, postgresql_url: str, run
) -> None:
    site = postgres_site
    crash = threading.Thread(target=restart, args=(postgresql_url,))
    offered: defaultdict[int, set[str]] = defaultdict(set)

    def answer(task: TaskOffer) -> bytes:
        offered[task.round].add(task.request.sha256)
        if task.round == 1 and crash.ident is None:
            crash.start()
        return b"%d" % (task.round + 1)

    async def persist(call: Callable[[], Awaitable[StudyStatus | None]]) -> StudyStatus:
        while True:
            with contextlib.suppress(grpc.aio.AioRpcError):
                if (status := await call()) is not None:
                    return status
            await asyncio.sleep(0.05)

    async def work() -> None:
        async with site.running():
            ada, north = await site.member("ada", PeerRole.RESEARCHER), await site.member("north")
            agent = asyncio.create_task(persist(lambda: FakeAgent(north, site.port, answer).run()))
            study_id = await site.submit(ada, specification("north"))
            status = await persist(lambda: site.until(ada, study_id, lambda seen: bool(seen.ended_us), 40))
            agent.cancel()
            assert status.state == "released", status.reason

    run(work())
    crash.join()
    assert {number: len(requests) for number, requests in offered.items()} == {0: 1, 1: 1, 2: 1}


@pytest.mark.faults
def test_a_server_that_goes_away_in_mid_study_harms_nothing(
    postgres_site: Site, postgresql_url: str, run
) -> None:
    """Each round the server ends all connections of the hub, which makes them anew and goes on."""
    site = postgres_site
    cuts: list[int] = []

    def answer(task: TaskOffer) -> bytes:
        where = "datname LIKE 'hub_%' AND pid <> pg_backend_pid()"
        run_statement(postgresql_url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {where}")
        cuts.append(task.round)
        return b"%d" % (task.round + 1)

    async def work() -> None:
        async with site.running():
            ada, north = await site.member("ada", PeerRole.RESEARCHER), await site.member("north")
            async with running(FakeAgent(north, site.port, answer)):
                study_id = await site.submit(ada, specification("north"))
                status = await site.until(ada, study_id, lambda seen: bool(seen.ended_us), 40)
                assert status.state == "released", status.reason

    run(work())
    assert len(cuts) >= 3
