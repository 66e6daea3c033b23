"""A supplier's signed yes or no to one specification."""

from __future__ import annotations

from syncline.clock import Clock
from syncline.durable.crash_points import crash_point
from syncline.errors import ProtocolError
from syncline.identity.signatures import Purpose, verify
from syncline.study.flow import NARROWER
from syncline.study.lifecycle import StudyState
from syncline.study.participation import AS_ASKED
from syncline.wire.messages import Decision, SupplierDecision
from syncline.wire.refusals import UnknownObject
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.event_log import log_event
from trusted_party.datastore.members import find_member
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.parties import PartyRow, PartyState, find_party, set_decision, set_party
from trusted_party.datastore.store import Store, Transaction
from trusted_party.datastore.studies import StudyRow, count_bytes, find_study
from trusted_party.datastore.tasks import TaskState, tasks_of_round

_STATES = {Decision.APPROVE: PartyState.APPROVED, Decision.REFUSE: PartyState.REFUSED}


def decide(
    transaction: Transaction, audit: HubAudit, name: str, decision: SupplierDecision, now_us: int
) -> PartyRow:
    """Write a decision; the same one again changes nothing, a changed mind counts until the study starts.

    It returns the supplier's part in the study as it was before. Only a first decision extends the deadline:
    who changes its mind for ever would win time for ever.
    """
    study, party = (
        find_study(transaction, decision.study_id),
        find_party(transaction, decision.study_id, name),
    )
    member = find_member(transaction, name)
    if study is None or party is None or member is None:
        raise UnknownObject(f"study {decision.study_id}: no such study for {name}")
    if decision.specification_sha256 != study.specification_sha256:
        raise ProtocolError(f"study {study.id}: the decision is about another specification than the study's")
    verify(member.signing_key, Purpose.STUDY_DECISION, decision.digest, decision.signature)
    _check_participation(party, decision)
    _check_commitment(decision)
    state = _STATES[decision.decision]
    known = party.state, party.participation, party.commitment
    if known == (state, decision.participation, decision.commitment):
        return party
    amends = _amends(transaction, study, party, decision)
    if not amends:
        _check_open(study)
        if party.state is PartyState.WAITING:
            count_bytes(transaction, study.id, 0, 0, now_us)
    set_party(transaction, study.id, name, state, decision.reason)
    set_decision(transaction, name, member.signing_key, decision)
    audit.append(
        transaction,
        "approval_amended" if amends else "study_decided",
        {
            "study": study.id,
            "supplier": name,
            "decision": decision.decision.value,
            "specification_sha256": study.specification_sha256,
            "flow": decision.participation.flow,
            "preparation_sha256": decision.participation.preparation_sha256,
            "commitment": decision.commitment,
            "signature": decision.signature.hex(),
        },
    )
    return party


def _amends(transaction: Transaction, study: StudyRow, party: PartyRow, decision: SupplierDecision) -> bool:
    """Tell whether an approval only names another preparation, before the supplier has answered anything.

    Its data did not fit, so it has declined the opening round and mended its preparation, or it withdrew and
    approved again while the study began. Its approval stands: specification, flow and commitment are the
    same, and so are the approvals of all others.
    """
    known = party.state, party.participation.flow, party.commitment
    given = _STATES[decision.decision], decision.participation.flow, decision.commitment
    begun = study.state in (StudyState.RUNNING, StudyState.PAUSED) and study.draw_sha256 is None
    return (
        begun
        and known == given
        and any(
            task.supplier == party.name and task.state in (TaskState.OPEN, TaskState.DECLINED)
            for task in tasks_of_round(transaction, study.id, study.round)
        )
    )


def _check_open(study: StudyRow) -> None:
    if study.state is not StudyState.AWAITING_APPROVAL:
        raise ProtocolError(f"study {study.id}: it is {study.state}, so it cannot be decided any more")


def _check_participation(party: PartyRow, decision: SupplierDecision) -> None:
    """Refuse a flow that is not narrower than the one asked for, and a participation with a refusal."""
    agreed, asked = decision.participation, party.flow_asked
    if agreed == AS_ASKED:
        return
    if decision.decision is not Decision.APPROVE:
        raise ProtocolError(f"study {party.study_id}: only an approval says how a supplier takes part")
    if agreed.flow is not None and (asked is None or agreed.flow not in NARROWER[asked]):
        raise ProtocolError(
            f"study {party.study_id}: the flow {agreed.flow} is not narrower than the one that is asked for"
        )


def _check_commitment(decision: SupplierDecision) -> None:
    """Refuse an approval that leaves the salt to others, and a refusal that would have a part in it."""
    if (decision.decision is Decision.APPROVE) is (decision.commitment is None):
        raise ProtocolError(
            f"study {decision.study_id}: an approval, and no refusal, commits the supplier to its part in the"
            " salt"
        )


class Decisions:
    """Take decisions from agents."""

    def __init__(self, database: Store, audit: HubAudit, clock: Clock) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    async def decide(self, name: str, decision: SupplierDecision) -> None:
        """Keep one supplier's decision."""
        now_us = to_us(self._clock.now())
        party = await self._database.write(
            lambda transaction: decide(transaction, self._audit, name, decision, now_us)
        )
        crash_point("decision:before-answer")
        log_event(
            "study_decided",
            study=decision.study_id,
            supplier=name,
            decision=decision.decision.value,
            flow_asked=party.flow_asked,
            flow=decision.participation.flow or party.flow_asked,
        )
