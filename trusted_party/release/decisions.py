"""Take signed decisions about releases: an approver's, the operator's, a supplier's.

Each is verified against the key that its giver enrolled with before it is kept, and counted only while that
key is in good standing. A refusal before the release ends the study; a supplier's after it withdraws it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from syncline.clock import Clock
from syncline.durable.crash_points import crash_point
from syncline.errors import IdentityError, ProtocolError, UsageError
from syncline.identity.peer import PeerRole
from syncline.study.lifecycle import StudyState
from syncline.study.release_decision import ReleaseDecision, ReleaseVerdict, SignedReleaseDecision, wanted
from syncline.wire.messages import ReleaseId, StudyId
from syncline.wire.refusals import UnknownObject
from syncline.wire.release_messages import GivenDecision, ReleaseEntry
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.drafts import ReleaseDraft, draft_of_release
from trusted_party.datastore.event_log import log_event
from trusted_party.datastore.members import Member, find_member, list_members
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.parties import find_party
from trusted_party.datastore.release_decisions import DecisionRow, decisions_about, put_decision
from trusted_party.datastore.releases import find_release
from trusted_party.datastore.store import Store, Transaction
from trusted_party.datastore.studies import StudyRow, find_study, set_reason
from trusted_party.release.entries import entries_of_supplier
from trusted_party.release.naming import require_release
from trusted_party.release.waiting import missing_words, tally
from trusted_party.release.withdrawal import withdraw
from trusted_party.studies.endings import Endings

OPERATOR = "operator"
_OPEN = (StudyState.RELEASING, StudyState.AWAITING_RELEASE)
_Write = Callable[[Transaction], StudyId]


@dataclass(frozen=True, slots=True)
class ReleaseCase:
    """A draft with its study."""

    study: StudyRow
    draft: ReleaseDraft


@dataclass(frozen=True, slots=True)
class DecisionService:
    """What takes decisions: the audit, the endings, the clock and the hub's public signing key."""

    audit: HubAudit
    endings: Endings
    clock: Clock
    hub_key: bytes

    def take(
        self, transaction: Transaction, case: ReleaseCase, signed: SignedReleaseDecision, role: PeerRole
    ) -> None:
        """Keep a decision and do what follows; the same one again changes nothing."""
        signed.verify()
        said = signed.statement
        if said.subject != case.draft.subject(case.study.specification_sha256):
            raise ProtocolError(
                f"release {case.draft.release_id}: the decision is about other bytes than the draft's: read"
                " its report again"
            )
        row = DecisionRow(
            case.study.id,
            said.approver,
            role,
            said.decision,
            said.reason,
            signed.public_key,
            signed.signature,
            to_us(self.clock.now()),
        )
        if self._is_known(transaction, case, row):
            return
        self._check_open(transaction, case, row)
        put_decision(transaction, row)
        self._note(transaction, case, row)
        if row.decision is ReleaseVerdict.REFUSE:
            self._refuse(transaction, case, row)
        elif case.study.state is StudyState.AWAITING_RELEASE:
            found = tally(transaction, case.draft, case.study.specification_sha256, self.hub_key)
            set_reason(transaction, case.study.id, missing_words(case.draft, found))

    def _is_known(self, transaction: Transaction, case: ReleaseCase, row: DecisionRow) -> bool:
        """Tell whether the same person said the same before, by the same key; the first reason stays."""
        return any(
            (known.name, known.decision, known.public_key) == (row.name, row.decision, row.public_key)
            for known in decisions_about(transaction, case.study.id)
        )

    def _check_open(self, transaction: Transaction, case: ReleaseCase, row: DecisionRow) -> None:
        """Refuse a decision that comes too late, or is not of the kind that is wanted."""
        study, draft = case.study, case.draft
        if row.decision is ReleaseVerdict.REFUSE and row.role is PeerRole.SUPPLIER:
            late = study.state not in (*_OPEN, StudyState.RELEASED)
        else:
            late = study.state not in _OPEN
        if late:
            raise ProtocolError(_too_late(transaction, study, draft.release_id))
        if row.decision is ReleaseVerdict.REFUSE:
            return
        _, kind = wanted(draft.approvals, draft.gate_passed)
        if row.decision is kind:
            return
        if kind is ReleaseVerdict.OVERRIDE:
            raise ProtocolError(
                f"release {draft.release_id}: it failed the disclosure gate, so that an approval needs"
                " --override and --reason"
            )
        raise ProtocolError(
            f"release {draft.release_id}: it did not fail a disclosure gate, so that there is nothing to"
            " override: approve it without --override"
        )

    def _note(self, transaction: Transaction, case: ReleaseCase, row: DecisionRow) -> None:
        subject = case.draft.subject(case.study.specification_sha256)
        fields = {
            "study": case.study.id,
            "release": case.draft.release_id,
            "by": row.name,
            "role": row.role.value,
            "decision": row.decision.value,
            "reason": row.reason,
            "report_sha256": subject.report_sha256,
            "public_key": row.public_key.hex(),
            "signature": row.signature.hex(),
        }
        self.audit.append(transaction, "release_decided", fields)

    def _refuse(self, transaction: Transaction, case: ReleaseCase, row: DecisionRow) -> None:
        reason = f"refused by {row.name}: {row.reason}"
        if case.study.state is StudyState.RELEASED:
            known = require_release(transaction, case.draft.release_id)
            withdraw(transaction, self.audit, known, row.name, reason, row.decided_us)
            return
        told = f"{row.name} refused the release"
        self.endings.end(transaction, case.study, StudyState.FAILED, reason, row.name, told)


def require_case(transaction: Transaction, release_id: ReleaseId) -> ReleaseCase:
    """Return the draft that is to become, or became, a release."""
    draft = draft_of_release(transaction, release_id)
    study = None if draft is None else find_study(transaction, draft.study_id)
    if draft is None or study is None:
        raise UnknownObject(f"release {release_id}: no such release")
    return ReleaseCase(study, draft)


def approver_case(transaction: Transaction, name: str, release_id: ReleaseId) -> ReleaseCase:
    """Return the case, where the study leaves it to this approver; others' do not exist for them."""
    case = require_case(transaction, release_id)
    if not case.draft.may_approve(name):
        raise UnknownObject(f"release {release_id}: no such release")
    return case


def supplier_case(transaction: Transaction, name: str, release_id: ReleaseId) -> ReleaseCase:
    """Return the case, where the supplier's data is in it."""
    case = require_case(transaction, release_id)
    party = find_party(transaction, case.study.id, name)
    if party is None or not party.in_roster:
        raise UnknownObject(f"release {release_id}: no such release")
    return case


def check_person(transaction: Transaction, case: ReleaseCase, decision: ReleaseDecision) -> None:
    """Refuse the operator's word where it is not theirs to give, or is given in an enrolled member's name."""
    name, release_id = decision.approver, case.draft.release_id
    member = _namesake(transaction, name)
    if member is not None:
        raise UsageError(
            f"--by {name}: enrolled here as {member.role}; a member signs with a key of their own, so name"
            " the person who decides at the hub"
        )
    if decision.decision is not ReleaseVerdict.REFUSE and case.draft.approvers:
        raise UsageError(
            f"release {release_id}: its study names who approves it: {', '.join(case.draft.approvers)};"
            " they do it by 'syncline releases approve'"
        )


def _namesake(transaction: Transaction, name: str) -> Member | None:
    return next((one for one in list_members(transaction) if one.name.casefold() == name.casefold()), None)


def _too_late(transaction: Transaction, study: StudyRow, release_id: ReleaseId) -> str:
    released = find_release(transaction, release_id)
    if released is not None and released.withdrawn_us:
        return f"release {release_id}: it was withdrawn ({released.withdrawn_reason}), and stays so"
    if study.state is StudyState.RELEASED:
        return (
            f"release {release_id}: it is released already; 'trusted-party releases withdraw' takes it back"
        )
    return f"release {release_id}: its study is {study.state} ({study.reason}), and stays so"


class ReleaseDecisions:
    """Take decisions from members of the hub."""

    def __init__(self, database: Store, decisions: DecisionService) -> None:
        self._database = database
        self._decisions = decisions

    async def decide(self, name: str, given: GivenDecision) -> StudyId:
        """Keep an approver's decision; return the study that it is about."""

        def write(transaction: Transaction) -> StudyId:
            case = approver_case(transaction, name, ReleaseId(given.subject.release_id))
            self._decisions.take(transaction, case, _signed(transaction, name, given), PeerRole.APPROVER)
            return case.study.id

        return await self._commit(write, name, given)

    async def releases(self, supplier: str, *, ended: bool = False) -> list[ReleaseEntry]:
        """Return the releases and waiting drafts that a supplier's data is in, or was to be in."""
        return await self._database.read(
            lambda transaction: entries_of_supplier(transaction, supplier, ended=ended)
        )

    async def refuse(self, name: str, given: GivenDecision) -> StudyId:
        """Keep a supplier's refusal; return the study that it is about."""

        def write(transaction: Transaction) -> StudyId:
            case = supplier_case(transaction, name, ReleaseId(given.subject.release_id))
            self._decisions.take(transaction, case, _signed(transaction, name, given), PeerRole.SUPPLIER)
            return case.study.id

        return await self._commit(write, name, given)

    async def _commit(self, write: _Write, name: str, given: GivenDecision) -> StudyId:
        study_id = await self._database.write(write)
        crash_point("release:decided")
        said = given.decision.value
        log_event("release_decided", release=given.subject.release_id, by=name, decision=said)
        return study_id


def _signed(transaction: Transaction, name: str, given: GivenDecision) -> SignedReleaseDecision:
    """Return the decision under the key with which its giver enrolled."""
    member = find_member(transaction, name)
    if member is None:
        raise IdentityError(f"{name}: no member of this name is enrolled")
    statement = ReleaseDecision(given.subject, given.decision, given.reason, name)
    return SignedReleaseDecision(statement, member.signing_key, given.signature)
