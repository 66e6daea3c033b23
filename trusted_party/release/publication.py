"""Make a release: the child writes a draft, people decide, the hub signs the manifest, one rename names it.

After a kill the draft is taken up where it is whole, and else made again from the same result and seed, byte
for byte: digests that people signed stay true. A directory without its row in the database is nobody's
release.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from syncline.clock import Clock
from syncline.compute.frames import Json
from syncline.durable.audit import FieldValue
from syncline.durable.crash_points import crash_point
from syncline.errors import StudyFailed
from syncline.identity.keys import public_signing_key
from syncline.study.approvals import ApprovalRecord, GateRecord
from syncline.study.lifecycle import StudyState
from syncline.study.manifest import ReleaseFacts, file_digests, verify_release, write_manifest
from syncline.study.provenance import provenance_of
from syncline.study.spec import StudySpec
from syncline.wire.messages import ReleaseId, StudyId
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.drafts import GateOutcome, ReleaseDraft, add_draft, find_draft
from trusted_party.datastore.event_log import log_event
from trusted_party.datastore.moments import from_us, to_us
from trusted_party.datastore.releases import ReleaseRow, add_release
from trusted_party.datastore.store import Store, Transaction
from trusted_party.datastore.studies import (
    StudyMoved,
    StudyRow,
    change_state,
    find_study,
    set_reason,
    set_released,
)
from trusted_party.release.draft_files import ReleaseFiles
from trusted_party.release.gate_answer import read_gate
from trusted_party.release.provenance import gather_facts
from trusted_party.release.waiting import Tally, missing_words, tally
from trusted_party.studies.changes import ANY_STUDY, Changes, about_study, about_supplier
from trusted_party.studies.endings import Endings
from trusted_party.studies.vault import Vault
from trusted_party.synthesis.computation import Computation


def release_of(study_id: StudyId) -> ReleaseId:
    """Return the id of a study's release."""
    return ReleaseId(f"r{study_id[1:]}")


@dataclass(frozen=True, slots=True)
class _Written:
    """What the child said of the files that it wrote."""

    content_sha256: dict[str, str]
    gate: GateOutcome | None


@dataclass(frozen=True, slots=True)
class Publisher:
    """Turn the result of a study into a signed release under ``directory``."""

    directory: Path
    signing_key: Ed25519PrivateKey
    database: Store
    vault: Vault
    audit: HubAudit
    clock: Clock
    changes: Changes
    computation: Computation
    endings: Endings
    most_rows: int

    async def advance(self, study: StudyRow, spec: StudySpec) -> bool:
        """Take the next step of a study that has its result; False where it waits for people."""

        def read(transaction: Transaction) -> tuple[ReleaseDraft | None, Tally | None]:
            draft = find_draft(transaction, study.id)
            if draft is None:
                return None, None
            hub_key = public_signing_key(self.signing_key)
            return draft, tally(transaction, draft, study.specification_sha256, hub_key)

        draft, found = await self.database.read(read)
        if draft is None or found is None:
            await self._draft(study, spec)
        elif found.lacking:
            return await self._wait(study, draft, found)
        else:
            await self._publish(study, spec, draft, found)
        return True

    def discard(self, study: StudyRow) -> None:
        """Remove what was written for a study that has ended, but for its release."""
        released = study.state is StudyState.RELEASED
        ReleaseFiles(self.directory, release_of(study.id)).discard(released=released)

    async def _draft(self, study: StudyRow, spec: StudySpec) -> None:
        files = ReleaseFiles(self.directory, release_of(study.id))
        written = await self._write_files(study, spec, files)
        draft = ReleaseDraft(
            study.id,
            files.release_id,
            await asyncio.to_thread(file_digests, files.draft),
            written.content_sha256,
            written.gate,
            spec.release.approvals,
            spec.release.approvers,
            await asyncio.to_thread(files.size),
            to_us(self.clock.now()),
        )
        await self.database.write(lambda transaction: _keep_draft(transaction, study, draft))
        crash_point("draft:recorded")
        log_event("draft_written", study=study.id, release=draft.release_id, gate_passed=draft.gate_passed)

    async def _write_files(self, study: StudyRow, spec: StudySpec, files: ReleaseFiles) -> _Written:
        facts = await self.database.read(lambda transaction: gather_facts(transaction, study, spec))
        await asyncio.to_thread(files.begin)
        try:
            written = await self._compute(study, spec, facts, files.making)
        except BaseException:  # it failed, or the study was cancelled: nothing works on the draft any more
            await asyncio.to_thread(shutil.rmtree, files.making, ignore_errors=True)
            raise
        crash_point("release:files-written")
        await asyncio.to_thread(files.keep_draft)
        crash_point("draft:named")
        return written

    async def _compute(self, study: StudyRow, spec: StudySpec, facts: ReleaseFacts, out: Path) -> _Written:
        model = self.vault.model(study.id)
        result = await asyncio.to_thread(model.get, bytes.fromhex(study.result_sha256 or ""))
        seed = await asyncio.to_thread(model.get, bytes.fromhex(study.seed_sha256 or ""))
        header: dict[str, Json] = {
            "op": "release",
            "out": str(out),
            "provenance": provenance_of(facts),
            "roster": [entry.to_json() for entry in facts.roster],
            "most_rows": self.most_rows,
        }
        if study.draw_sha256 is None:
            raise StudyFailed("it began under an earlier version of the hub: submit the study anew")
        draw = await asyncio.to_thread(model.get, bytes.fromhex(study.draw_sha256))
        kept = {"draw": draw, "result": result, "seed": seed}
        if study.assessment_sha256 is not None:
            kept["assessment"] = await asyncio.to_thread(model.get, bytes.fromhex(study.assessment_sha256))
        blobs = [study.specification, *kept.values()]
        answer, _ = await self.computation.call(study.id, {**header, "kept": list(kept)}, blobs)
        files, content = answer.get("files"), answer.get("content_sha256", {})
        written = {path.name for path in out.iterdir()}
        if not isinstance(files, list) or {str(name) for name in files} != written:
            raise StudyFailed("the hub's computing process wrote other files than it named")
        assert isinstance(content, dict)
        digests = {str(name): str(digest) for name, digest in content.items()}
        return _Written(digests, read_gate(spec, answer.get("gate")))

    async def _wait(self, study: StudyRow, draft: ReleaseDraft, found: Tally) -> bool:
        words = missing_words(draft, found)
        if (study.state, study.reason) == (StudyState.AWAITING_RELEASE, words):
            return False

        def write(transaction: Transaction) -> None:
            if study.state is StudyState.AWAITING_RELEASE:
                _require_unmoved(transaction, study)  # somebody may have refused it in this moment
                set_reason(transaction, study.id, words)
                return
            change_state(transaction, study, StudyState.AWAITING_RELEASE, words)
            fields: dict[str, FieldValue] = {"study": study.id, "release": draft.release_id}
            fields |= {"needed": found.needed, "decision": found.kind.value}
            self.audit.append(transaction, "release_waits", fields)

        await self.database.write(write)
        crash_point("release:waits")
        self.changes.notify(about_study(study.id), ANY_STUDY)
        log_event("release_waits", study=study.id, release=draft.release_id, reason=words)
        return True

    async def _publish(self, study: StudyRow, spec: StudySpec, draft: ReleaseDraft, found: Tally) -> None:
        files = ReleaseFiles(self.directory, draft.release_id)
        if not await asyncio.to_thread(files.holds, draft.files):
            await self._make_again(study, spec, draft, files)
        facts = await self.database.read(lambda transaction: gather_facts(transaction, study, spec))
        facts = _with_decisions(facts, spec, draft, found)
        row = await asyncio.to_thread(self._sign_and_name, facts, files)
        crash_point("release:renamed")
        try:
            await self.database.write(lambda transaction: self._record(transaction, study, row, facts))
        except StudyMoved:  # it was refused or cancelled in this moment
            await asyncio.to_thread(files.discard, released=False)
            raise
        crash_point("release:recorded")
        self.changes.notify(
            about_study(study.id), ANY_STUDY, *(about_supplier(party.name) for party in facts.roster)
        )
        log_event("released", study=study.id, release=row.release_id, bytes=row.size)

    async def _make_again(
        self, study: StudyRow, spec: StudySpec, draft: ReleaseDraft, files: ReleaseFiles
    ) -> None:
        """Make a draft again that is gone or damaged; what people decided about must come out."""
        written = await self._write_files(study, spec, files)
        same = written.gate == draft.gate and await asyncio.to_thread(files.holds, draft.files)
        if not same:
            raise StudyFailed(
                "the draft of the release was lost and cannot be made again as it was: submit the study anew"
            )

    def _sign_and_name(self, facts: ReleaseFacts, files: ReleaseFiles) -> ReleaseRow:
        manifest_sha256 = write_manifest(files.draft, facts, self.signing_key)
        found = verify_release(files.draft)
        if not found.passed:
            raise StudyFailed("the release does not verify: see the hub's disk")
        size = files.size()
        files.publish()
        now_us = to_us(self.clock.now())
        return ReleaseRow(files.release_id, StudyId(facts.study_id), manifest_sha256, size, now_us)

    def _record(
        self, transaction: Transaction, study: StudyRow, row: ReleaseRow, facts: ReleaseFacts
    ) -> None:
        self.endings.end(transaction, study, StudyState.RELEASED, "")
        set_released(transaction, study.id, row.release_id)
        add_release(transaction, row)
        self.audit.append(
            transaction,
            "released",
            {
                "study": study.id,
                "release": row.release_id,
                "manifest_sha256": row.manifest_sha256,
                "approvals": [f"{one.approver}: {one.decision}" for one in facts.approvals],
            },
        )


def _keep_draft(transaction: Transaction, study: StudyRow, draft: ReleaseDraft) -> None:
    _require_unmoved(transaction, study)
    add_draft(transaction, draft)


def _require_unmoved(transaction: Transaction, study: StudyRow) -> None:
    current = find_study(transaction, study.id)
    if current is None or current.state is not study.state:
        raise StudyMoved(f"study {study.id}: it is not {study.state} any more")


def _with_decisions(facts: ReleaseFacts, spec: StudySpec, draft: ReleaseDraft, found: Tally) -> ReleaseFacts:
    """Add to the manifest what was decided: the gate with its thresholds, and who approved."""
    said = draft.gate
    gate = None if said is None else GateRecord.of(spec.release.gate, said.passed, said.failures)
    return replace(
        facts,
        content_sha256=draft.content_sha256,
        release_id=draft.release_id,
        gate=gate,
        approvals=tuple(ApprovalRecord.of(signed, _moment(at_us)) for signed, at_us in found.counted),
    )


def _moment(at_us: int) -> str:
    moment: dt.datetime = from_us(at_us)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
