"""Who may see and fetch a release; each download is written into the audit before its first byte is sent."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from enum import Enum
from itertools import islice
from pathlib import Path

from syncline.clock import Clock
from syncline.durable.audit import AuditLog, FieldValue
from syncline.durable.crash_points import crash_point
from syncline.durable.database import Database
from syncline.errors import ProtocolError, UsageError
from syncline.identity.peer import Role
from syncline.study.approvals import REPORT_NAME
from syncline.wire.messages import CHUNK_BYTES, FileChunk, ReleaseId
from syncline.wire.refusals import UnknownObject
from syncline.wire.release_messages import ReleaseEntry, ReleaseState
from trusted_party.datastore.drafts import draft_of_release
from trusted_party.datastore.event_log import log_event
from trusted_party.datastore.grants import Grant, drop_grant, has_grant, put_grant
from trusted_party.datastore.members import Standing, find_member
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.studies import find_party, find_study
from trusted_party.release.draft_files import ReleaseFiles
from trusted_party.release.entries import MOST_LISTED, entries, entry_of
from trusted_party.release.naming import require_release, require_standing_release

_DAY_US = 86_400 * 1_000_000


class FileSet(Enum):
    """What somebody fetches: all files, the report to read it, or report.json for a command that signs."""

    ALL = "all"
    REPORT = "report"
    SIGNED_REPORT = "signed_report"

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


class Shelf:
    """Show and send releases to researchers, approvers and operators, and reports to suppliers."""

    def __init__(self, database: Database, audit: AuditLog, clock: Clock, directory: Path) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._directory = directory

    async def releases(self, name: str, role: Role, *, ended: bool = False) -> list[ReleaseEntry]:
        """Return what a member may know of, the newest first; with ``ended`` also what never came out."""
        now_us = to_us(self._clock.now())

        def read(connection: sqlite3.Connection) -> list[ReleaseEntry]:
            seen = (
                one
                for one in entries(connection, ended=ended)
                if _may_see(connection, one, name, role, now_us)
            )
            return list(islice(seen, MOST_LISTED))

        return await self._database.read(read)

    async def fetch(
        self, name: str, role: Role, release_id: ReleaseId, parts: FileSet
    ) -> AsyncIterator[FileChunk]:
        """Yield the files of a release one after another; the first piece of each names it."""
        now_us = to_us(self._clock.now())

        def admit(connection: sqlite3.Connection) -> ReleaseEntry:
            entry = entry_of(connection, release_id)
            if entry is None or not _may_see(connection, entry, name, role, now_us):
                raise UnknownObject(f"release {release_id}: no such release")
            _require_open(entry, role, parts)
            self._note(connection, entry, name, role, parts)
            return entry

        entry = await self._database.write(admit)
        crash_point("fetch:recorded")
        log_event(parts.event, release=release_id, by=name, report_only=parts.report_only)
        files = ReleaseFiles(self._directory, release_id)
        place = files.draft if entry.state is ReleaseState.WAITING else files.final
        for path in await asyncio.to_thread(_paths, place, parts):
            async for chunk in _chunks(path):
                yield chunk

    def _note(
        self, connection: sqlite3.Connection, entry: ReleaseEntry, name: str, role: Role, parts: FileSet
    ) -> None:
        fields: dict[str, FieldValue] = {
            "study": entry.study_id,
            "release": entry.release_id,
            "by": name,
            "role": role.value,
            "report_only": parts.report_only,
            "manifest_sha256": entry.manifest_sha256 or None,
            "report_sha256": None if entry.subject is None else entry.subject.report_sha256,
        }
        self._audit.append(connection, parts.event, fields)


def _may_see(connection: sqlite3.Connection, entry: ReleaseEntry, name: str, role: Role, now_us: int) -> bool:
    if role is Role.OPERATOR:
        return True
    if role is Role.APPROVER:
        draft = draft_of_release(connection, entry.release_id)
        return draft is not None and draft.may_approve(name)
    if role is Role.SUPPLIER:
        party = find_party(connection, entry.study_id, name)
        return party is not None and party.in_roster
    study = find_study(connection, entry.study_id)
    owned = study is not None and study.researcher == name
    return owned or has_grant(connection, entry.release_id, name, now_us)


def _require_open(entry: ReleaseEntry, role: Role, parts: FileSet) -> None:
    """Refuse what is not out, or not out any more; approvers and suppliers read reports, before and after."""
    reads_report = parts.report_only and role in (Role.APPROVER, Role.OPERATOR, Role.SUPPLIER)
    if role is Role.APPROVER and not parts.report_only:
        raise ProtocolError(f"release {entry.release_id}: an approver reads its report: give --report-only")
    if role is Role.SUPPLIER and not parts.report_only:
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


async def _chunks(path: Path) -> AsyncIterator[FileChunk]:
    name, size = path.name, path.stat().st_size
    with path.open("rb") as file:
        while block := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield FileChunk(name, size if name else 0, block)
            name = ""
        if name:
            yield FileChunk(name, 0, b"")


def grant(connection: sqlite3.Connection, audit: AuditLog, given: Grant) -> None:
    """Let a researcher fetch a release until a moment; a second grant replaces the first."""
    require_standing_release(connection, given.release_id)
    member = find_member(connection, given.researcher)
    if member is None or member.role is not Role.RESEARCHER or member.standing is not Standing.ACTIVE:
        raise UsageError(
            f"{given.researcher}: no researcher of this name is enrolled; 'trusted-party suppliers list'"
            " shows all members"
        )
    put_grant(connection, given)
    fields: dict[str, FieldValue] = {"release": given.release_id, "researcher": given.researcher}
    audit.append(connection, "release_granted", fields | {"until_us": given.until_us})


def revoke(connection: sqlite3.Connection, audit: AuditLog, release_id: ReleaseId, researcher: str) -> bool:
    """Take a researcher's access away; False where there was none."""
    require_release(connection, release_id)
    gone = drop_grant(connection, release_id, researcher)
    if gone:
        audit.append(connection, "release_revoked", {"release": release_id, "researcher": researcher})
    return gone


def until(now_us: int, days: int) -> int:
    """Return the moment so many days from now."""
    return now_us + days * _DAY_US
