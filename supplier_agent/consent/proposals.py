"""Receive a proposed study: verify who asks, look at the policy, and decide where the policy says how.

What the policy does not permit is refused at once, so that the researcher reads why. What it permits is
approved at once where the policy says ``approval: automatic`` and the data here fits, else it waits for a
person. While the policy cannot be read nothing is decided: the study waits, and is judged once the file is
mended.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from supplier_agent.consent.decision import BY_POLICY, Seal, UnsignedDecision, decide
from supplier_agent.consent.earlier_studies import earlier_studies, why_a_person
from supplier_agent.consent.likeness import AskedColumns
from supplier_agent.consent.study_record import (
    UNJUDGED,
    ConsentState,
    StudyRecord,
    find_study,
    insert_study,
    mark_ended,
    mark_undelivered,
    name_clash,
    set_reason,
)
from syncline.identity.signatures import Purpose, verify
from syncline.study.participation import AS_ASKED, Participation
from syncline.wire.messages import Decision, Proposal, StudyEnded
from syncline.wire.people_sentence import people_sentence

_UNREADABLE = "(unreadable)"


@dataclass(frozen=True, slots=True)
class PolicyJudgement:
    """What the policy says to a specification: its study's name, the refusals, and whether people decide.

    ``participation`` is how this supplier would take part now; ``is_pending`` where the policy cannot be
    read, so that it says nothing yet. ``listed`` where the policy lists the very digest of the specification.
    ``misfit`` is why the data here does not fit the study, where that was asked because no person would.
    """

    name: str
    refusals: tuple[str, ...]
    automatic: bool
    participation: Participation = AS_ASKED
    is_pending: bool = False
    listed: bool = False
    misfit: str = ""


def verify_researcher(proposal: Proposal) -> None:
    """Raise unless the key that is shown signed this very specification."""
    verify(
        proposal.researcher_key,
        Purpose.STUDY_SPECIFICATION,
        bytes.fromhex(proposal.specification_sha256),
        proposal.researcher_signature,
    )


def unreadable(reason: str) -> PolicyJudgement:
    """Judge a proposal that is forged or cannot be read: it is refused like one that is not permitted."""
    return PolicyJudgement(_UNREADABLE, (reason,), automatic=False)


def receive_proposal(
    connection: sqlite3.Connection, seal: Seal, proposal: Proposal, judgement: PolicyJudgement, now_us: int
) -> ConsentState:
    """Store a proposal with what follows from the policy; one that is known is only answered again."""
    known = find_study(connection, proposal.study_id)
    if known is not None and not (
        known.is_unjudged and known.specification_sha256 == proposal.specification_sha256
    ):
        return _known_again(connection, seal, known, proposal)
    person = why_a_person(
        connection,
        proposal.specification,
        proposal.specification_sha256,
        earlier_studies(connection, proposal.study_id),
        listed=judgement.listed,
    )
    if judgement.misfit and not person:
        person = f"the data here does not fit it: {judgement.misfit}: a person decides"
    if name_clash(connection, proposal.study_id, judgement.name):
        judgement = unreadable("the study's id is another study's name, or the other way round")
    study = known or _inserted(connection, seal, _record(proposal, judgement, now_us))
    if judgement.is_pending:
        set_reason(connection, study.study_id, UNJUDGED)
        return ConsentState.WAITING
    set_reason(connection, study.study_id, "")
    return _judged(connection, seal, study, judgement, person, now_us)


def _inserted(connection: sqlite3.Connection, seal: Seal, study: StudyRecord) -> StudyRecord:
    insert_study(connection, study)
    seal.audit.append(
        connection,
        "study-proposed",
        {
            "study": study.study_id,
            "name": study.name,
            "specification_sha256": study.specification_sha256,
            "researcher": study.researcher,
            "researcher_key": study.researcher_key.hex(),
        },
    )
    return study


def _judged(
    connection: sqlite3.Connection,
    seal: Seal,
    study: StudyRecord,
    judgement: PolicyJudgement,
    person: str,
    now_us: int,
) -> ConsentState:
    """Decide as the policy says; ``person`` is why a person decides nonetheless, if there is a reason."""
    if judgement.refusals:
        reason = "; ".join(judgement.refusals)
        decide(connection, seal, study, UnsignedDecision(Decision.REFUSE, reason, BY_POLICY), now_us)
        return ConsentState.REFUSED
    if judgement.automatic and not person:
        reason = "permitted by the supplier's policy, without a person"
        verdict = UnsignedDecision(Decision.APPROVE, reason, BY_POLICY, judgement.participation)
        decide(connection, seal, study, verdict, now_us)
        return ConsentState.APPROVED
    if judgement.automatic:
        set_reason(connection, study.study_id, person)
    return ConsentState.WAITING


def end_study(connection: sqlite3.Connection, seal: Seal, ended: StudyEnded, now_us: int) -> bool:
    """Close a study; False where it was closed before or never known."""
    reason = people_sentence(
        f"{ended.outcome.value}: {ended.reason}" if ended.reason else ended.outcome.value
    )
    if not mark_ended(connection, ended.study_id, ended.outcome, reason, now_us):
        return False
    seal.audit.append(connection, "study-ended", {"study": ended.study_id, "outcome": ended.outcome.value})
    return True


def _known_again(
    connection: sqlite3.Connection, seal: Seal, known: StudyRecord, proposal: Proposal
) -> ConsentState:
    if known.specification_sha256 == proposal.specification_sha256:
        mark_undelivered(connection, known.study_id)
    else:
        seal.audit.append(
            connection,
            "changed-proposal-ignored",
            {"study": known.study_id, "specification_sha256": proposal.specification_sha256},
        )
    return known.state


def _record(proposal: Proposal, judgement: PolicyJudgement, now_us: int) -> StudyRecord:
    asked = AskedColumns.of(proposal.specification)
    return StudyRecord(
        study_id=proposal.study_id,
        name=judgement.name,
        specification=proposal.specification,
        specification_sha256=proposal.specification_sha256,
        researcher=proposal.researcher,
        researcher_key=proposal.researcher_key,
        researcher_signature=proposal.researcher_signature,
        state=ConsentState.WAITING,
        reason="",
        decided_by=None,
        signature=None,
        decision_delivered=False,
        received_us=now_us,
        decided_us=None,
        ended_us=None,
        asks=None if asked is None else asked.to_text(),
    )
