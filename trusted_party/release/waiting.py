"""What a release that waits has and lacks: the decisions that count, and a sentence of what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.errors import IdentityError
from syncline.identity.peer import PeerRole
from syncline.study.approvals import distinct
from syncline.study.release_decision import ReleaseVerdict, SignedReleaseDecision, wanted
from syncline.wire.people_sentence import people_sentence
from trusted_party.datastore.drafts import ReleaseDraft
from trusted_party.datastore.members import MemberStanding, find_member
from trusted_party.datastore.release_decisions import DecisionRow, decisions_about
from trusted_party.datastore.store import Transaction

_NOUNS = {ReleaseVerdict.APPROVE: "approval", ReleaseVerdict.OVERRIDE: "override"}


@dataclass(frozen=True, slots=True)
class Tally:
    """The decisions that count now, with when they were taken; ``needed`` of them are wanted of one kind."""

    needed: int
    kind: ReleaseVerdict
    counted: tuple[tuple[SignedReleaseDecision, int], ...]

    @property
    def lacking(self) -> int:
        """How many decisions are missing."""
        return max(0, self.needed - len(self.counted))


def tally(transaction: Transaction, draft: ReleaseDraft, specification_sha256: str, hub_key: bytes) -> Tally:
    """Count the decisions about a draft: of the wanted kind, by people who may, each by the enrolled key."""
    needed, kind = wanted(draft.approvals, draft.gate_passed)
    subject = draft.subject(specification_sha256)
    valid: dict[int, SignedReleaseDecision] = {}
    rows = decisions_about(transaction, draft.study_id)
    for place, row in enumerate(rows):
        signed = row.signed(subject)
        if row.decision is kind and _counts(transaction, draft, row, signed, hub_key):
            valid[place] = signed
    different = distinct(list(valid.values()), hub_key)
    counted = tuple(
        (signed, rows[place].decided_us) for place, signed in valid.items() if signed in different
    )
    return Tally(needed, kind, counted)


def _counts(
    transaction: Transaction,
    draft: ReleaseDraft,
    row: DecisionRow,
    signed: SignedReleaseDecision,
    hub_key: bytes,
) -> bool:
    if row.role is PeerRole.OPERATOR:
        mine = row.public_key == hub_key and not draft.approvers
    else:
        mine = in_standing(transaction, row) and draft.may_approve(row.name)
    try:
        signed.verify()
    except IdentityError:
        return False
    return mine


def in_standing(transaction: Transaction, row: DecisionRow) -> bool:
    """Tell whether who decided is an approver still, with the key that signed; the operator always is."""
    if row.role is PeerRole.OPERATOR:
        return True
    member = find_member(transaction, row.name)
    if member is None or member.role is not PeerRole.APPROVER or member.standing is not MemberStanding.ACTIVE:
        return False
    return member.signing_key == row.public_key


def missing_words(draft: ReleaseDraft, found: Tally) -> str:
    """Say what a release waits for, and what to type."""
    ready = [f"{signed.statement.approver}" for signed, _ in found.counted]
    so_far = f" ({', '.join(ready)} gave one)" if ready else ""
    if not found.lacking:
        return f"release {draft.release_id} is approved{so_far}: the running hub signs it next"
    noun = _NOUNS[found.kind] + ("s" if found.lacking > 1 else "")
    options = " --override --reason TEXT" if found.kind is ReleaseVerdict.OVERRIDE else ""
    command = f"releases approve {draft.release_id}{options}"
    who = f" by {_either(draft.approvers)}" if draft.approvers else ""
    by_operator = "" if draft.approvers else f", or the hub's operator 'trusted-party {command}'"
    return people_sentence(
        f"release {draft.release_id} {_why(draft)}waits for {found.lacking} more {noun}{who}{so_far}:"
        f" an approver types 'syncline {command}'{by_operator}"
    )


def _why(draft: ReleaseDraft) -> str:
    if draft.gate is None:
        return ""
    if draft.gate.passed:
        return f"passed the disclosure gate ({' '.join(draft.gate.words)}) and " if draft.gate.words else ""
    first, *others = draft.gate.failures
    more = f"; and {len(others)} more" if others else ""
    return f"did not pass the disclosure gate ({first}{more}) and "


def _either(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
