"""SIGKILL at each commit and send around a release that waits: the same bytes, each word counted once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

import grpc.aio
import pytest

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

from syncline.durable import audit
from syncline.identity.keys import public_signing_key
from syncline.identity.peer import PeerRole
from syncline.study.manifest import verify_release
from syncline.study.release_decision import ReleaseDecision, ReleaseVerdict
from syncline.wire import releases, research
from syncline.wire.gen.syncline.v1 import research_pb2
from syncline.wire.release_messages import GivenDecision
from tests.faults.chains import strike_all
from tests.faults.hub.test_kills import ROOT, Trial
from tests.process.hub.clients import Member
from tests.process.hub.conftest import Site, run, site  # noqa: F401  (fixtures)
from tests.process.hub.release_clients import office
from tests.process.hub.test_release_governance import ONE
from tests.unit.hub.small_study import specification
from trusted_party.datastore import audit_log

pytestmark = [pytest.mark.network, pytest.mark.faults]

POINTS = {
    "draft:named",
    "draft:recorded",
    "fetch:recorded",
    "release:decided",
    "release:files-written",
    "release:recorded",
    "release:renamed",
    "release:waits",
}
"""What the hub passes from a study's result to the fetching of its release, beside the database's own."""


async def approve(trial: Trial, eva: Member) -> None:
    """Read the report of whatever waits and sign it, over any number of connections."""
    while True:
        with contextlib.suppress(grpc.aio.AioRpcError):
            async with eva.research(trial.port) as stub:
                listed = await stub.ListReleases(research_pb2.ListReleasesRequest(), timeout=5)
                for entry in map(releases.release_from_proto, listed.releases):
                    fetch = research_pb2.FetchReleaseRequest(release_id=entry.release_id, report_only=True)
                    async for _ in stub.FetchRelease(fetch):
                        pass
                    said = ReleaseDecision(entry.subject, ReleaseVerdict.APPROVE, "read it", eva.name)
                    signature = said.signed(eva.signing_key).signature
                    given = GivenDecision(entry.subject, ReleaseVerdict.APPROVE, "read it", signature)
                    await stub.DecideRelease(releases.decision_to_proto(given), timeout=5)
                    return
        await asyncio.sleep(0.05)


async def until_released(trial: Trial, ada: Member) -> str:
    """Submit and follow the study to its release, then fetch it."""
    content = specification("north", release=ONE)
    message = research.submission_to_proto(content, ada.signed(content))
    while True:
        with contextlib.suppress(grpc.aio.AioRpcError):
            async with ada.research(trial.port) as stub:
                study_id = (await stub.SubmitStudy(message, timeout=5)).study_id
                async for answer in stub.WatchStudy(research_pb2.WatchStudyRequest(study_id=study_id)):
                    status = research.status_from_proto(answer.status)
                    assert not status.ended_us or status.state == "released", status.reason
                fetch = research_pb2.FetchReleaseRequest(release_id=status.release_id)
                names = [part.file_name async for part in stub.FetchRelease(fetch)]
                assert "manifest.json" in names
                return status.release_id
        await asyncio.sleep(0.05)


async def attempt(
    home: Path, team: list[Member], environments: Sequence[Mapping[str, str]]
) -> tuple[str, Trial]:
    """Run the study once; return the digest of its table and the trial."""
    ada, north, eva = team
    trial = Trial(home, environments)
    works = [trial.keep_running(), trial.supply(north), approve(trial, eva)]
    tasks = [asyncio.create_task(work) for work in works]
    try:
        async with asyncio.timeout(40 + 20 * len(environments)):
            release_id = await until_released(trial, ada)
            await tasks[2]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return check(home, release_id), trial


def check(home: Path, release_id: str) -> str:
    """Check that the release verifies and that its approval was counted and written down once."""
    from trusted_party.cli.home import HubHome

    found = verify_release(home / "releases" / release_id)
    assert found.failures == ()
    assert found.approvals == (("eva", "approve"),)
    hub = HubHome(home)
    with hub.open_database() as database:
        chain = database.read_now(lambda connection: list(audit_log.entries(connection)))
    key = hub.load_signing_key().public_key()
    assert audit.verify(chain, key).first_bad is None
    kinds = Counter(entry.kind for entry in chain)
    assert (kinds["release_decided"], kinds["release_waits"], kinds["released"]) == (1, 1, 1)
    assert [path.name for path in (home / "releases").iterdir()] == [release_id]
    manifest = json.loads((home / "releases" / release_id / "manifest.json").read_text())
    return manifest["files"]["synthetic.parquet"]["file_sha256"]  # the report names the secret seed's digest


async def enrolled(place: Site) -> list[Member]:
    async with place.running():
        ada, north = await place.member("ada", PeerRole.RESEARCHER), await place.member("north")
        return [ada, north, await place.member("eva", PeerRole.APPROVER)]


@pytest.mark.slow
def test_a_kill_at_any_point_of_a_release_changes_nothing(site, tmp_path):  # noqa: F811
    team = asyncio.run(enrolled(site))
    log = tmp_path / "points"

    def fresh(name: str) -> Path:
        return Path(shutil.copytree(site.home.root, tmp_path / name))

    expected, _ = asyncio.run(attempt(fresh("whole"), team, [{"SYNCLINE_CRASH_LOG": str(log)}]))
    reached = log.read_text().split()
    assert set(reached) >= POINTS
    runs = count()

    def strike(crashes: list[Mapping[str, str]]) -> int:
        released, trial = asyncio.run(attempt(fresh(str(next(runs))), team, crashes))
        assert released == expected, crashes
        return trial.kills

    assert strike_all(reached, sorted(map(reached.index, POINTS)), strike) == []
    begun = reached.index("draft:named")
    for place in range(begun, len(reached)):
        if reached[place].startswith("database:"):  # the last commits differ from run to run
            strike([{"SYNCLINE_CRASH_AT": f"*#{place + 1}"}])


def killed_command(line: list[str], fault: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """Run a command that may be killed on its way."""
    return subprocess.run(line, env={**os.environ, **fault}, cwd=ROOT, capture_output=True, check=False)


@pytest.mark.parametrize("point", ["database:before-commit", "database:after-commit"])
def test_an_operators_command_that_is_killed_can_be_typed_again(site, run, point):  # noqa: F811
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            release_id = (await at.entry()).release_id
        line = [sys.executable, "-m", "trusted_party", "releases", "approve", release_id, "--yes"]
        line += ["--home", str(site.home.root)]
        for fault, status in (({"SYNCLINE_CRASH_AT": f"{point}#1"}, -9), ({}, 0), ({}, 0)):
            done = await asyncio.to_thread(killed_command, line, fault)
            assert done.returncode == status, done.stderr
        assert len(await at.audited("release_decided")) == 1
        async with site.running():
            status = await at.until(lambda status: status.ended_us > 0)
        (record,) = at.manifest(status.release_id)["approvals"]
        key = public_signing_key(site.home.load_signing_key())
        assert (record["approver"], record["public_key"]) == ("operator", key.hex())

    run(work())
