"""A real hub in this process, with real TLS over loopback, and members who enrolled at it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

from syncline.identity.peer import PeerRole
from syncline.wire import research
from syncline.wire.gen.syncline.v1 import research_pb2
from syncline.wire.messages import StudyId, StudyStatus
from tests.process.hub.clients import Member, enrol
from tests.unit.hub.shifted_clock import ShiftedClock
from trusted_party.cli.home import HubHome
from trusted_party.cli.hub import HubSettings, RunningHub, running_hub
from trusted_party.rounds.engine import EnginePace
from trusted_party.studies.enrolment import Enrolments

SETTINGS = HubSettings(
    listen="localhost:0",
    enrol_listen="localhost:0",
    lease_seconds=1.0,
    lease_check_seconds=0.05,
    pace=EnginePace(look_seconds=0.05, retry_seconds=0.1),
    child_module="tests.process.hub.fake_child",
    stop_seconds=0.1,
)


@dataclass
class Site:
    """A home and what a test needs to act on it."""

    home: HubHome
    clock: ShiftedClock
    settings: HubSettings = SETTINGS
    hub: RunningHub | None = None

    @property
    def port(self) -> int:
        assert self.hub is not None
        return self.hub.members.port

    @property
    def enrol_port(self) -> int:
        assert self.hub is not None
        return self.hub.enrolment.port

    @property
    def authority(self) -> bytes:
        return self.home.load_authority().root_pem

    def invite(self, name: str, role: PeerRole = PeerRole.SUPPLIER) -> str:
        """Make a token as the command does: in another connection to the database."""
        with self.home.open_database() as database:
            audit = self.home.open_audit(self.clock)
            return Enrolments(database, self.home.load_authority(), audit, self.clock).invite(name, role)[0]

    async def member(self, name: str, role: PeerRole = PeerRole.SUPPLIER) -> Member:
        token = await asyncio.to_thread(self.invite, name, role)
        return await enrol(self.enrol_port, self.authority, token)

    @contextlib.asynccontextmanager
    async def running(self, **changes: Any) -> AsyncIterator[None]:
        async with running_hub(self.home, replace(self.settings, **changes), self.clock) as self.hub:
            yield

    async def submit(self, researcher: Member, specification: bytes) -> StudyId:
        async with researcher.research(self.port) as stub:
            message = research.submission_to_proto(specification, researcher.signed(specification))
            return StudyId((await stub.SubmitStudy(message, timeout=10)).study_id)

    async def status(self, member: Member, study_id: StudyId) -> StudyStatus:
        async with member.research(self.port) as stub:
            answer = await stub.GetStudy(research_pb2.GetStudyRequest(study_id=study_id), timeout=10)
            return research.status_from_proto(answer.status)

    async def until(
        self, member: Member, study_id: StudyId, check: Callable[[StudyStatus], bool], seconds: float = 60
    ) -> StudyStatus:
        """Watch a study until ``check`` holds."""
        async with asyncio.timeout(seconds), member.research(self.port) as stub:
            async for message in stub.WatchStudy(research_pb2.WatchStudyRequest(study_id=study_id)):
                status = research.status_from_proto(message.status)
                if check(status):
                    return status
        raise AssertionError(f"the study ended first: {status}")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    clock = ShiftedClock()
    home = HubHome(tmp_path / "hub")
    home.create("test-hub", ("localhost", "127.0.0.1"), clock)
    return Site(home, clock)


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, None]], None]:
    """Run a coroutine, with a limit of time."""

    def runner(work: Coroutine[Any, Any, None]) -> None:
        async def limited() -> None:
            async with asyncio.timeout(60):
                await work

        asyncio.run(limited())

    return runner
