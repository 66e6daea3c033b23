"""What to do with a task that the hub offers, decided and recorded in one transaction.

Nothing is computed for a study that was not approved here, for another specification or flow than the
approved one, for a round that was asked with other bytes before, or for a round behind the last one answered.
A round that was declined is worked out anew where the hub offers it again, but not for ever.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from supplier_agent.consent.study_record import ConsentState, find_study
from supplier_agent.tasks.round_record import (
    MOST_DECLINES,
    AnsweredRound,
    RoundState,
    find_round,
    insert_round,
    last_answered,
    move,
    retarget_round,
)
from syncline.durable.audit_table import AuditLog
from syncline.wire.messages import DeclineKind, TaskOffer


@dataclass(frozen=True, slots=True)
class ComputeAnswer:
    """Compute the answer now."""


@dataclass(frozen=True, slots=True)
class Resend:
    """Send again what was answered or declined before: the same bytes."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Decline the task; nothing is computed."""

    kind: DeclineKind
    reason: str


OfferVerdict = ComputeAnswer | Resend | Refuse


def receive_offer(
    connection: sqlite3.Connection, audit: AuditLog, offer: TaskOffer, now_us: int
) -> OfferVerdict:
    """Judge an offer and record it; a refusal of the offer itself is audited."""
    refusal = _refusal(connection, offer)
    if refusal is not None:
        audit.append(
            connection,
            "task-refused",
            {
                "study": offer.study_id,
                "round": offer.round,
                "request_sha256": offer.request.sha256,
                "specification_sha256": offer.specification_sha256,
                "kind": refusal.kind.value,
                "reason": refusal.reason,
            },
        )
        return refusal
    known = find_round(connection, offer.study_id, offer.round)
    if known is None:
        insert_round(connection, _received(offer, now_us))
        return ComputeAnswer()
    retarget_round(connection, offer.study_id, offer.round, offer.task_id, offer.attempt)
    if known.state is RoundState.ANSWERED:
        return Resend()
    worn_out = known.declines >= MOST_DECLINES
    if known.state is RoundState.DECLINED and (offer.attempt <= known.attempt or worn_out):
        return Resend()
    if known.state is RoundState.DECLINED:
        move(connection, offer.study_id, offer.round, RoundState.RECEIVED)
    return ComputeAnswer()


def _refusal(connection: sqlite3.Connection, offer: TaskOffer) -> Refuse | None:
    study = find_study(connection, offer.study_id)
    if study is None or study.state is not ConsentState.APPROVED:
        state = "was never proposed" if study is None else f"is {study.state.value}"
        return Refuse(DeclineKind.POLICY, f"the study {state} at this supplier, which approves it first")
    if study.specification_sha256 != offer.specification_sha256:
        return Refuse(DeclineKind.POLICY, "the task belongs to another specification than the one approved")
    if offer.flow is not study.flow:
        asked, approved = (flow or "that the study asks for" for flow in (offer.flow, study.flow))
        return Refuse(
            DeclineKind.POLICY,
            f"the task is for the flow {asked}, and this supplier approved the one {approved}",
        )
    known = find_round(connection, offer.study_id, offer.round)
    if known is not None and known.request_sha256 != offer.request.sha256:
        return Refuse(DeclineKind.PROTOCOL, f"round {offer.round} was asked with another request before")
    last = last_answered(connection, offer.study_id)
    if last is not None and offer.round < last and (known is None or known.reply_sha256 is None):
        return Refuse(
            DeclineKind.PROTOCOL, f"round {offer.round} comes after round {last}, which was answered"
        )
    return None


def _received(offer: TaskOffer, now_us: int) -> AnsweredRound:
    return AnsweredRound(
        study_id=offer.study_id,
        round=offer.round,
        task_id=offer.task_id,
        attempt=offer.attempt,
        request_sha256=offer.request.sha256,
        request_size=offer.request.size,
        state=RoundState.RECEIVED,
        reply_sha256=None,
        reply_size=None,
        decline_kind=None,
        decline_reason=None,
        delivered=False,
        received_us=now_us,
        finished_us=None,
    )
