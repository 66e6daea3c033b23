"""Who may see and fetch a release; each download is written into the audit before its first byte is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Self

from syncline.clock import Clock
from syncline.durable.audit import FieldValue
from syncline.durable.crash_points import crash_point
from syncline.errors import ProtocolError, SynclineError
from syncline.identity.peer import PeerRole
from syncline.study.approvals import REPORT_NAME, SPECIFICATION_NAME
from syncline.wire.messages import CHUNK_BYTES, FileChunk
from syncline.wire.release_messages import ReleaseEntry, ReleaseRequest, ReleaseState
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.drafts import draft_of_release
from trusted_party.datastore.event_log import log_event
from trusted_party.datastore.grants import Grant
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.parties import find_party
from trusted_party.datastore.store import Store, Transaction
from trusted_party.datastore.studies import find_study
from trusted_party.release.draft_files import ReleaseFiles
from trusted_party.release.entries import MOST_LISTED, entries, entry_of
from trusted_party.release.granting import AccessVerdict, living_grant, note_refusal, opened_grant, refusal


class FileSet(Enum):
    """What somebody fetches: all files, the report to read it, or report.json for a command that signs."""

    ALL = "all"
    REPORT = "report"
    SIGNED_REPORT = "signed_report"

    @classmethod
    def of(cls, wanted: ReleaseRequest) -> Self:
        """Return the files that a request is about."""
        if wanted.for_decision:
            return cls.SIGNED_REPORT
        return cls.REPORT if wanted.report_only else cls.ALL

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names of the files; None for all."""
        known = {FileSet.REPORT: ("report.html", REPORT_NAME), FileSet.SIGNED_REPORT: (REPORT_NAME,)}
        return known.get(self)

    @property
    def report_only(self) -> bool:
        """Whether it is the report alone, which approvers may fetch."""
        return self is not FileSet.ALL

    @property
    def event(self) -> str:
        """The audit's word: who looks a report up to sign it has fetched nothing to read."""
        return "release_looked_up" if self is FileSet.SIGNED_REPORT else "release_fetched"


@dataclass(frozen=True, slots=True)
class _Admitted:
    """A release that its caller may fetch, and by which grant, None where they need none."""

    entry: ReleaseEntry
    granted: Grant | None = None


class ReleaseAccess:
    """Show and send releases to researchers, approvers and operators, and reports to suppliers."""

    def __init__(self, database: Store, audit: HubAudit, clock: Clock, directory: Path) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._directory = directory

    async def releases(self, name: str, role: PeerRole, *, ended: bool = False) -> list[ReleaseEntry]:
        """Return what a member may know of, the newest first; with ``ended`` also what never came out."""
        now_us = to_us(self._clock.now())

        def read(transaction: Transaction) -> list[ReleaseEntry]:
            shown = (
                _shown(transaction, one, name, role, now_us) for one in entries(transaction, ended=ended)
            )
            return list(islice((one for one in shown if one is not None), MOST_LISTED))

        return await self._database.read(read)

    async def fetch(self, name: str, role: PeerRole, wanted: ReleaseRequest) -> AsyncIterator[FileChunk]:
        """Yield the files of a release one after another; the first piece of each names it."""
        now_us, parts = to_us(self._clock.now()), FileSet.of(wanted)

        def admit(transaction: Transaction) -> _Admitted | SynclineError:
            found = self._admit(transaction, name, role, wanted, now_us)
            if isinstance(found, _Admitted):
                _require_open(found.entry, role, parts)
                self._note(transaction, found, name, role, parts)
            return found

        found = await self._database.write(admit)
        if not isinstance(found, _Admitted):
            raise found  # now that the audit holds the refusal
        crash_point("fetch:recorded")
        log_event(parts.event, release=wanted.release_id, by=name, report_only=parts.report_only)
        files = ReleaseFiles(self._directory, wanted.release_id)
        place = files.draft if found.entry.state is ReleaseState.WAITING else files.final
        for path in await asyncio.to_thread(_paths, place, parts):
            async for chunk in _chunks(path):
                yield chunk
        if parts is FileSet.REPORT and role in (PeerRole.APPROVER, PeerRole.OPERATOR):
            for chunk in _pieces(SPECIFICATION_NAME, await self._specification(found.entry)):
                yield chunk

    async def _specification(self, entry: ReleaseEntry) -> bytes:
        """Return what the study asked for, as its suppliers approved it, for people who read its report."""
        study = await self._database.read(lambda transaction: find_study(transaction, entry.study_id))
        return b"" if study is None else study.specification

    def _admit(
        self, transaction: Transaction, name: str, role: PeerRole, wanted: ReleaseRequest, now_us: int
    ) -> _Admitted | SynclineError:
        """Let in who may see a release by what they are, or by a grant and its secret; or say why not."""
        entry = entry_of(transaction, wanted.release_id)
        if entry is not None and _may_see(transaction, entry, name, role):
            return _Admitted(entry)
        verdict, granted = opened_grant(transaction, name, role, wanted, now_us)
        if verdict is AccessVerdict.OPEN:
            assert entry is not None  # only what is out can be granted
            return _Admitted(entry, granted)
        if wanted.access_secret:
            note_refusal(transaction, self._audit, name, role, wanted, verdict)
        return refusal(verdict, wanted.release_id, granted)

    def _note(
        self, transaction: Transaction, found: _Admitted, name: str, role: PeerRole, parts: FileSet
    ) -> None:
        entry = found.entry
        fields: dict[str, FieldValue] = {
            "study": entry.study_id,
            "release": entry.release_id,
            "by": name,
            "role": role.value,
            "report_only": parts.report_only,
            "manifest_sha256": entry.manifest_sha256 or None,
            "report_sha256": None if entry.subject is None else entry.subject.report_sha256,
            "grant": None if found.granted is None else found.granted.short_id,
        }
        self._audit.append(transaction, parts.event, fields)


def _shown(
    transaction: Transaction, entry: ReleaseEntry, name: str, role: PeerRole, now_us: int
) -> ReleaseEntry | None:
    """Return a release as a member's list has it, None where they may not know of it."""
    if _may_see(transaction, entry, name, role):
        return entry
    granted = living_grant(transaction, entry.release_id, name, role, now_us)
    return None if granted is None else replace(entry, granted_until_us=granted.until_us)


def _may_see(transaction: Transaction, entry: ReleaseEntry, name: str, role: PeerRole) -> bool:
    """Tell whether a member may know of a release by what they are, without a grant."""
    if role is PeerRole.OPERATOR:
        return True
    if role is PeerRole.APPROVER:
        draft = draft_of_release(transaction, entry.release_id)
        return draft is not None and draft.may_approve(name)
    if role is PeerRole.SUPPLIER:
        party = find_party(transaction, entry.study_id, name)
        return party is not None and party.in_roster
    study = find_study(transaction, entry.study_id)
    return study is not None and study.researcher == name


def _require_open(entry: ReleaseEntry, role: PeerRole, parts: FileSet) -> None:
    """Refuse what is not out, or not out any more; approvers and suppliers read reports, before and after."""
    reads_report = parts.report_only and role in (PeerRole.APPROVER, PeerRole.OPERATOR, PeerRole.SUPPLIER)
    if role is PeerRole.APPROVER and not parts.report_only:
        raise ProtocolError(f"release {entry.release_id}: an approver reads its report: give --report-only")
    if role is PeerRole.SUPPLIER and not parts.report_only:
        raise ProtocolError(
            f"release {entry.release_id}: a supplier reads its report alone: 'supplier-agent releases report'"
        )
    if entry.state is ReleaseState.WITHDRAWN:
        raise ProtocolError(f"release {entry.release_id}: it was withdrawn ({entry.note})")
    if entry.state is ReleaseState.WAITING and not reads_report:
        raise ProtocolError(f"release {entry.release_id}: it is not released yet: {entry.note}")


def _paths(place: Path, parts: FileSet) -> Sequence[Path]:
    try:
        found = sorted(place.iterdir())
    except FileNotFoundError:
        raise ProtocolError(
            f"release {place.name.removeprefix('.draft-')}: its files are made again just now: try it later"
        ) from None
    return [path for path in found if parts.names is None or path.name in parts.names]


def _pieces(name: str, content: bytes) -> Iterator[FileChunk]:
    for start in range(0, len(content), CHUNK_BYTES):
        piece = content[start : start + CHUNK_BYTES]
        yield FileChunk("", 0, piece) if start else FileChunk(name, len(content), piece)


async def _chunks(path: Path) -> AsyncIterator[FileChunk]:
    name, size = path.name, path.stat().st_size
    with path.open("rb") as file:
        while block := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield FileChunk(name, size if name else 0, block)
            name = ""
        if name:
            yield FileChunk(name, 0, b"")
