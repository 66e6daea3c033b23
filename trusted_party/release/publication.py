"""Make a release: the child writes the files, the hub signs the manifest, one rename makes it appear.

After a kill the release is made again from the same result and seed, byte for byte; a directory without
its row in the database is nobody's release and is made anew.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from syncline.clock import Clock
from syncline.compute.frames import Json
from syncline.durable.audit import AuditLog
from syncline.durable.crash_points import crash_point
from syncline.durable.database import Database
from syncline.durable.storage_fault import storage_error_from_os
from syncline.errors import StudyFailed
from syncline.study.lifecycle import StudyState
from syncline.study.manifest import ReleaseFacts, verify_release, write_manifest
from syncline.study.spec import StudySpec
from syncline.wire.messages import ReleaseEntry, ReleaseId
from trusted_party.datastore.event_log import log_event
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.releases import add_release
from trusted_party.datastore.studies import StudyRow, set_released
from trusted_party.release.provenance import gather_facts, provenance
from trusted_party.studies.changes import ANY_STUDY, Changes, about_study, about_supplier
from trusted_party.studies.endings import Endings
from trusted_party.studies.vault import Vault
from trusted_party.synthesis.computation import Computation

_MAKING = ".making-"


@dataclass(frozen=True, slots=True)
class Publisher:
    """Turn the result of a study into a signed release under ``directory``."""

    directory: Path
    signing_key: Ed25519PrivateKey
    database: Database
    vault: Vault
    audit: AuditLog
    clock: Clock
    changes: Changes
    computation: Computation
    endings: Endings
    most_rows: int

    async def publish(self, study: StudyRow, spec: StudySpec) -> None:
        """Write, sign, verify and name the release of a study that has its result."""
        release_id = ReleaseId(f"r{study.id[1:]}")
        facts = await self.database.read(lambda connection: gather_facts(connection, study, spec))
        draft = self.directory / f"{_MAKING}{release_id}"
        await asyncio.to_thread(_make_empty, draft)
        try:
            content = await self._write_files(study, facts, draft)
        except BaseException:  # it failed, or the study was cancelled: nothing works on the draft any more
            await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)
            raise
        crash_point("release:files-written")
        facts = replace(facts, content_sha256=content)
        entry = await asyncio.to_thread(self._sign_and_name, study, facts, draft, release_id)
        crash_point("release:renamed")
        await self.database.write(lambda connection: self._record(connection, study, entry))
        crash_point("release:recorded")
        self.changes.notify(
            about_study(study.id), ANY_STUDY, *(about_supplier(party.name) for party in facts.roster)
        )
        log_event("released", study=study.id, release=release_id, bytes=entry.size)

    async def _write_files(self, study: StudyRow, facts: ReleaseFacts, draft: Path) -> dict[str, str]:
        model = self.vault.model(study.id)
        result = await asyncio.to_thread(model.get, bytes.fromhex(study.result_sha256 or ""))
        seed = await asyncio.to_thread(model.get, bytes.fromhex(study.seed_sha256 or ""))
        header: dict[str, Json] = {
            "op": "release",
            "out": str(draft),
            "provenance": provenance(facts),
            "roster": [entry.to_json() for entry in facts.roster],
            "most_rows": self.most_rows,
        }
        blobs = [study.specification, result, seed]
        if study.assessment_sha256 is not None:
            blobs.append(await asyncio.to_thread(model.get, bytes.fromhex(study.assessment_sha256)))
        answer, _ = await self.computation.call(study.id, header, blobs)
        files, content = answer.get("files"), answer.get("content_sha256", {})
        written = {path.name for path in draft.iterdir()}
        if not isinstance(files, list) or {str(name) for name in files} != written:
            raise StudyFailed("the hub's computing process wrote other files than it named")
        assert isinstance(content, dict)
        return {str(name): str(digest) for name, digest in content.items()}

    def _sign_and_name(
        self, study: StudyRow, facts: ReleaseFacts, draft: Path, release_id: ReleaseId
    ) -> ReleaseEntry:
        manifest_sha256 = write_manifest(draft, facts, self.signing_key)
        if not verify_release(draft).passed:
            raise StudyFailed("the release does not verify: see the hub's disk")
        final = self.directory / release_id
        try:
            for path in draft.iterdir():
                _sync(path)
            _sync(draft)
            if final.exists():
                shutil.rmtree(final)
            os.rename(draft, final)
            _sync(self.directory)
        except OSError as fault:
            raise storage_error_from_os(final, fault) from fault
        size = sum(path.stat().st_size for path in final.iterdir())
        now_us = to_us(self.clock.now())
        return ReleaseEntry(release_id, study.id, study.name, manifest_sha256, size, now_us)

    def _record(self, connection: sqlite3.Connection, study: StudyRow, entry: ReleaseEntry) -> None:
        self.endings.end(connection, study, StudyState.RELEASED, "")
        set_released(connection, study.id, entry.release_id)
        add_release(connection, entry)
        fields = {"study": study.id, "release": entry.release_id, "manifest_sha256": entry.manifest_sha256}
        self.audit.append(connection, "released", fields)


def remove_drafts(directory: Path) -> None:
    """Remove what a killed hub left half made."""
    for path in directory.glob(f"{_MAKING}*"):
        shutil.rmtree(path)


def _make_empty(draft: Path) -> None:
    try:
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(parents=True, mode=0o700)
    except OSError as fault:
        raise storage_error_from_os(draft, fault) from fault


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
