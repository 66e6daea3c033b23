"""Drafts of releases as rows: what was written, by digest, and what the study asked of its approvers.

The files stand in the home's directory ``releases`` under a name that begins with a dot. A draft's row stays
when it is released: decisions about a release go by it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import RowMapping, bindparam, insert, select

from syncline.errors import StudyFailed
from syncline.study.approvals import REPORT_NAME
from syncline.study.release_decision import ReleaseSubject
from syncline.wire.messages import ReleaseId, StudyId
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.tables import drafts


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """What the disclosure gate said of a draft; ``words`` say what it could see."""

    passed: bool
    failures: tuple[str, ...]
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseDraft:
    """A draft with the SHA-256 of each file; ``gate`` is None where the study runs none.

    ``approvals`` is how many the study asks for, ``approvers`` whose, empty for any approver of the hub.
    """

    study_id: StudyId
    release_id: ReleaseId
    files: Mapping[str, str]
    content_sha256: Mapping[str, str]
    gate: GateOutcome | None
    approvals: int
    approvers: tuple[str, ...]
    size: int
    written_us: int

    def __post_init__(self) -> None:
        if REPORT_NAME not in self.files:
            raise StudyFailed(f"the hub's computing process wrote no {REPORT_NAME}")

    @property
    def gate_passed(self) -> bool | None:
        """Whether the gate passed; None where none was run."""
        return None if self.gate is None else self.gate.passed

    def subject(self, specification_sha256: str) -> ReleaseSubject:
        """Return what a decision about this draft signs."""
        return ReleaseSubject(
            self.study_id,
            self.release_id,
            specification_sha256,
            self.content_sha256,
            self.files[REPORT_NAME],
            self.gate_passed,
        )

    def may_approve(self, name: str) -> bool:
        """Tell whether the study leaves its release to this approver."""
        return not self.approvers or name.casefold() in [known.casefold() for known in self.approvers]


_ADD: Final = insert(drafts)
_OF_STUDY: Final = select(drafts).where(drafts.c.study_id == bindparam("study"))
_OF_RELEASE: Final = select(drafts).where(drafts.c.release_id == bindparam("release"))


def add_draft(transaction: Transaction, draft: ReleaseDraft) -> None:
    """Keep a draft; a study has one."""
    gate = draft.gate and {
        "passed": draft.gate.passed,
        "failures": list(draft.gate.failures),
        "words": list(draft.gate.words),
    }
    transaction.run(
        _ADD,
        {
            "study_id": draft.study_id,
            "release_id": draft.release_id,
            "files": json.dumps(dict(draft.files)),
            "content_sha256": json.dumps(dict(draft.content_sha256)),
            "gate": json.dumps(gate),
            "approvals": draft.approvals,
            "approvers": json.dumps(draft.approvers),
            "size": draft.size,
            "written_us": draft.written_us,
        },
    )


def find_draft(transaction: Transaction, study_id: StudyId) -> ReleaseDraft | None:
    """Return the draft of a study."""
    row = transaction.first(_OF_STUDY, {"study": study_id})
    return None if row is None else _draft(row)


def draft_of_release(transaction: Transaction, release_id: ReleaseId) -> ReleaseDraft | None:
    """Return the draft that is to become, or became, this release."""
    row = transaction.first(_OF_RELEASE, {"release": release_id})
    return None if row is None else _draft(row)


def _draft(row: RowMapping) -> ReleaseDraft:
    gate = json.loads(row["gate"])
    return ReleaseDraft(
        study_id=StudyId(row["study_id"]),
        release_id=ReleaseId(row["release_id"]),
        files=json.loads(row["files"]),
        content_sha256=json.loads(row["content_sha256"]),
        gate=None if gate is None else _gate(gate),
        approvals=row["approvals"],
        approvers=tuple(json.loads(row["approvers"])),
        size=row["size"],
        written_us=row["written_us"],
    )


def _gate(kept: Mapping[str, Any]) -> GateOutcome:
    """Read what was kept of a gate; older rows say nothing of what it could see."""
    return GateOutcome(kept["passed"], tuple(kept["failures"]), tuple(kept.get("words", ())))
