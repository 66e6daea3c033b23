"""SIGKILL at each kind of commit and send of the hub: the same release, and no round asked differently."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import grpc.aio
import pytest

from syncline.identity.peer import PeerRole
from syncline.wire import research
from syncline.wire.gen.syncline.v1 import research_pb2
from syncline.wire.messages import TaskOffer
from tests.faults.chains import chains, middles, strike_all
from tests.process.hub.clients import FakeAgent, Member
from tests.process.hub.conftest import Site
from tests.process.hub.test_commands import free_port
from tests.unit.hub.small_study import specification

pytestmark = [pytest.mark.network, pytest.mark.faults, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[3]


class Trial:
    """One copy of a home, a hub that may be killed, and members who keep trying.

    ``environments`` are those of the hub's first, second, ... start; later starts have none of their own.
    """

    def __init__(
        self,
        home: Path,
        environments: Sequence[Mapping[str, str]],
        move: Callable[[Path], Path] = lambda home: home,
    ) -> None:
        self.home, self.environments, self.move = home, environments, move
        self.port, self.enrol_port = free_port(), free_port()
        self.offered: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        self.starts = 0

    async def keep_running(self) -> None:
        """Start the hub, and start it again, where it was moved to, whenever it was killed."""
        while True:
            faults = self.environments[self.starts] if self.starts < len(self.environments) else {}
            self.starts += 1
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.faults.hub.hub_process", str(self.home)),
                *(f"localhost:{self.port}", f"localhost:{self.enrol_port}"),
                env={**os.environ, **faults},
                cwd=ROOT,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                await process.wait()
            finally:
                if process.returncode is None:
                    process.terminate()
                    await process.wait()
            self.home = self.move(self.home)

    @property
    def kills(self) -> int:
        """How often the hub was killed."""
        return self.starts - 1

    async def supply(self, member: Member) -> None:
        """Be an agent that answers each round with the same bytes, over any number of connections."""

        def answer(task: TaskOffer) -> bytes:
            self.offered[member.name, task.round].add(task.request.sha256)
            return b"%d" % (task.round + 1)

        while True:
            with contextlib.suppress(grpc.aio.AioRpcError):
                await FakeAgent(member, self.port, answer, beat_seconds=0.3).run()
            await asyncio.sleep(0.05)

    async def study(self, researcher: Member, content: bytes) -> str:
        """Submit until it is acknowledged, then ask until the study has ended; return its release."""
        message = research.submission_to_proto(content, researcher.signed(content))
        while True:
            with contextlib.suppress(grpc.aio.AioRpcError):
                async with researcher.research(self.port) as stub:
                    study_id = (await stub.SubmitStudy(message, timeout=5)).study_id
                    async for answer in stub.WatchStudy(research_pb2.WatchStudyRequest(study_id=study_id)):
                        status = research.status_from_proto(answer.status)
                        if status.ended_us:
                            assert status.state == "released", status.reason
                            assert [item.rounds_answered for item in status.suppliers] == [3, 3]
                            return status.release_id
            await asyncio.sleep(0.05)


async def attempt(
    home: Path,
    team: list[Member],
    environments: Sequence[Mapping[str, str]],
    move: Callable[[Path], Path] = lambda home: home,
) -> tuple[bytes, Trial]:
    """Run the study once; return the manifest's table and the trial."""
    ada, *suppliers = team
    trial = Trial(home, environments, move)
    works = [asyncio.create_task(trial.keep_running())]
    works += [asyncio.create_task(trial.supply(member)) for member in suppliers]
    try:
        async with asyncio.timeout(40 + 20 * len(environments)):
            release = await trial.study(ada, specification("north", "south"))
    finally:
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)
    assert all(len(requests) == 1 for requests in trial.offered.values()), "a round was asked differently"
    return (trial.home / "releases" / release / "synthetic.parquet").read_bytes(), trial


async def enrolled(site: Site) -> list[Member]:
    async with site.running():
        ada = await site.member("ada", PeerRole.RESEARCHER)
        return [ada, await site.member("north"), await site.member("south")]


def test_a_kill_at_any_point_changes_nothing(site, tmp_path):
    team = asyncio.run(enrolled(site))
    log = tmp_path / "points"

    def fresh(name: str) -> Path:
        return Path(shutil.copytree(site.home.root, tmp_path / name))

    expected, _ = asyncio.run(attempt(fresh("whole"), team, [{"SYNCLINE_CRASH_LOG": str(log)}]))
    points = log.read_text().split()

    def strike(crashes: list[Mapping[str, str]]) -> int:
        home = fresh("-".join(crash["SYNCLINE_CRASH_AT"].replace(":", "-") for crash in crashes[:2]))
        released, trial = asyncio.run(attempt(home, team, crashes))
        assert released == expected, crashes
        return trial.kills

    for aims in chains(middles(points)):
        assert strike_all(points, aims, strike) == []
