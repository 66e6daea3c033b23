"""Members who decide about releases, with the generated stubs and nothing of the commands."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from typing import Any

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

from syncline.identity.peer import PeerRole
from syncline.study.release_decision import ReleaseDecision, ReleaseSubject, ReleaseVerdict
from syncline.wire import releases, research
from syncline.wire.gen.syncline.v1 import research_pb2, supplier_pb2
from syncline.wire.messages import StudyStatus
from syncline.wire.release_messages import GivenDecision, ReleaseEntry
from tests.process.hub.clients import FakeAgent, Member, running
from tests.process.hub.conftest import Site
from tests.unit.hub.small_study import specification
from trusted_party.datastore import audit_log


def waiting(status: StudyStatus) -> bool:
    return status.state == "awaiting_release"


def ended(status: StudyStatus) -> bool:
    return status.ended_us > 0


class Office:
    """A running site with a supplier, a researcher and an approver, and a study of theirs."""

    def __init__(self, site: Site, north: Member, ada: Member, eva: Member) -> None:
        self.site, self.north, self.ada, self.eva = site, north, ada, eva
        self.study_id = ""

    async def study(self, release: str) -> StudyStatus:
        """Run a study until it waits for approvals or has ended."""
        spec = specification("north", release=release)
        async with running(FakeAgent(self.north, self.site.port)):
            self.study_id = await self.site.submit(self.ada, spec)
            return await self.until(lambda status: waiting(status) or ended(status))

    async def until(self, check: Any) -> StudyStatus:
        return await self.site.until(self.ada, self.study_id, check)

    async def releases(self, member: Member) -> list[ReleaseEntry]:
        async with member.research(self.site.port) as stub:
            answer = await stub.ListReleases(research_pb2.ListReleasesRequest(), timeout=5)
            return [releases.release_from_proto(one) for one in answer.releases]

    async def entry(self, member: Member | None = None) -> ReleaseEntry:
        (entry,) = await self.releases(member or self.eva)
        return entry

    async def decide(
        self,
        member: Member,
        decision: ReleaseVerdict = ReleaseVerdict.APPROVE,
        reason: str = "read it",
        subject: ReleaseSubject | None = None,
        forged: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Sign and send a decision; ``forged`` replaces parts of it after signing."""
        subject = subject or (await self.entry(self.eva)).subject
        assert subject is not None
        signed = ReleaseDecision(subject, decision, reason, member.name).signed(member.signing_key)
        fields = {"subject": subject, "decision": decision, "reason": reason, "signature": signed.signature}
        message = releases.decision_to_proto(GivenDecision(**{**fields, **forged}))
        async with member.research(self.site.port) as stub:
            await stub.DecideRelease(message, timeout=5)

    async def supplier_releases(self, member: Member) -> list[ReleaseEntry]:
        async with member.supplier(self.site.port) as stub:
            answer = await stub.ListSupplierReleases(supplier_pb2.ListSupplierReleasesRequest(), timeout=5)
            return [releases.release_from_proto(one) for one in answer.releases]

    async def refuse(
        self, member: Member, subject: ReleaseSubject, reason: str = "not with our data"
    ) -> None:
        """Send a supplier's refusal."""
        decision = ReleaseDecision(subject, ReleaseVerdict.REFUSE, reason, member.name)
        given = GivenDecision(
            subject, ReleaseVerdict.REFUSE, reason, decision.signed(member.signing_key).signature
        )
        async with member.supplier(self.site.port) as stub:
            await stub.RefuseRelease(releases.refusal_to_proto(given), timeout=5)

    async def fetch(
        self, member: Member, release_id: str, *, report_only: bool = False, secret: bytes = b""
    ) -> dict[str, bytes]:
        """Return the files that the hub sends."""
        message = research_pb2.FetchReleaseRequest(
            release_id=release_id, report_only=report_only, access_secret=secret
        )
        files: dict[str, bytes] = {}
        name = ""
        async with member.research(self.site.port) as stub:
            async for part in stub.FetchRelease(message):
                chunk = research.file_chunk_from_proto(part)
                name = chunk.name or name
                files[name] = files.get(name, b"") + chunk.data
        return files

    def manifest(self, release_id: str) -> dict[str, Any]:
        text = (self.site.home.releases_path / release_id / "manifest.json").read_text()
        return dict(json.loads(text))

    async def audited(self, kind: str) -> list[dict[str, Any]]:
        """Return the fields of the audit's entries of a kind."""

        def read() -> list[dict[str, Any]]:
            with self.site.home.open_database() as database:
                found = database.read_now(lambda connection: list(audit_log.entries(connection)))
            return [entry.fields for entry in found if entry.kind == kind]

        return await asyncio.to_thread(read)


@contextlib.asynccontextmanager
async def office(site: Site) -> AsyncIterator[Office]:
    """Run the site's hub with its people enrolled."""
    async with site.running():
        north, ada = await site.member("north"), await site.member("ada", PeerRole.RESEARCHER)
        yield Office(site, north, ada, await site.member("eva", PeerRole.APPROVER))
