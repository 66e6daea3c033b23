"""Deliver what is committed: decisions, replies and refusals, again and again until the hub confirms them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from supplier_agent.consent import release_refusal, study_record
from supplier_agent.consent.decision import decision_of
from supplier_agent.consent.release_refusal import ReleaseRefusal
from supplier_agent.consent.study_record import StudyRecord
from supplier_agent.event_log import EventLog
from supplier_agent.tasks import round_record
from supplier_agent.tasks.responder import study_payloads
from supplier_agent.tasks.round_record import AnsweredRound, RoundState
from supplier_agent.uplink.connection import Connection
from supplier_agent.uplink.transfer import payload_ref, send_payload
from syncline.clock import Clock
from syncline.durable.crash_points import crash_point
from syncline.durable.database import Database
from syncline.durable.payloads import PayloadStore
from syncline.errors import ProtocolError, SynclineError
from syncline.wire.mending import Mended
from syncline.wire.messages import Declined, DeclineKind, ReplyOutcome, TaskId, TaskReply
from syncline.wire.refusals import PeerUnreachable, UnknownObject
from syncline.wire.traffic import told_bytes

AGAIN_SECONDS = 5.0


class Outbox:
    """Empty the journal's outbox whenever there is a connection."""

    def __init__(
        self,
        connection: Connection,
        database: Database,
        payloads: PayloadStore,
        clock: Clock,
        log: EventLog,
    ) -> None:
        self._connection = connection
        self._database = database
        self._payloads = payloads
        self._clock = clock
        self._log = log
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look at the outbox now: something was committed, or the hub asked again."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver; never returns by itself."""
        while True:
            await self._connection.wait_until_attached()
            self._wake.clear()
            done = await self.deliver()
            try:
                async with self._clock.deadline(None if done else AGAIN_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def deliver(self) -> bool:
        """Try to send all that is not confirmed; True where nothing is left."""
        decisions = await self._database.read(study_record.undelivered_decisions)
        rounds = await self._database.read(round_record.undelivered_rounds)
        refusals = await self._database.read(release_refusal.undelivered_refusals)
        sent = await asyncio.gather(
            *(self._guard(self._send_decision(study), study.study_id) for study in decisions),
            *(self._guard(self._send_round(record), record.study_id) for record in rounds),
            *(self._guard(self._send_refusal(refusal), refusal.study_id) for refusal in refusals),
        )
        mended = await self._database.read(round_record.rounds_to_ask_again)
        asked = await asyncio.gather(
            *(self._guard(self._ask_again(record), record.study_id) for record in mended)
        )
        return all(sent) and all(asked)

    async def _guard(self, sending: Awaitable[None], study_id: str) -> bool:
        try:
            await sending
        except PeerUnreachable:
            return False
        except SynclineError as error:
            self._log.error("not delivered", study=study_id, reason=str(error))
            return False
        return True

    async def _send_decision(self, study: StudyRecord) -> None:
        decision = decision_of(study, self._connection.membership.name)
        crash_point("decision:before-send")
        try:
            await self._connection.client.decide(decision)
        except (ProtocolError, UnknownObject) as error:
            self._log.warning("decision not taken", study=study.study_id, reason=str(error))
        crash_point("decision:after-send")
        await self._database.write(
            lambda connection: study_record.mark_delivered(connection, study.study_id, decision.signature)
        )
        self._log.info("decision sent", study=study.study_id, decision=decision.decision.value)

    async def _ask_again(self, record: AnsweredRound) -> None:
        """Ask the hub to offer a round again that was mended; it knows by now that it was declined."""
        crash_point("mended:before-send")
        try:
            await self._connection.client.reoffer(Mended(TaskId(record.task_id), record.attempt))
        except (ProtocolError, UnknownObject) as error:
            self._log.warning("not offered again", study=record.study_id, reason=str(error))
        crash_point("mended:after-send")
        await self._database.write(lambda connection: round_record.mark_asked_again(connection, record))
        self._log.info("asked to offer again", study=record.study_id, round=record.round)

    async def _send_refusal(self, refusal: ReleaseRefusal) -> None:
        crash_point("refusal:before-send")
        outcome = ""
        try:
            await self._connection.client.refuse_release(refusal.given)
        except (ProtocolError, UnknownObject) as error:
            outcome = str(error)
            self._log.warning("release refusal not taken", study=refusal.study_id, reason=outcome)
        crash_point("refusal:after-send")
        await self._database.write(
            lambda connection: release_refusal.mark_refusal_delivered(connection, refusal.release_id, outcome)
        )
        self._log.info("release refusal sent", study=refusal.study_id, release=refusal.release_id)

    async def _send_round(self, record: AnsweredRound) -> None:
        try:
            outcome = await self._send_outcome(record)
        except UnknownObject as error:
            outcome = f"not needed: {error}"
        crash_point("reply:after-send")
        await self._database.write(lambda connection: round_record.mark_delivered(connection, record))
        self._log.info(
            "reply sent" if record.state is RoundState.ANSWERED else "task declined",
            study=record.study_id,
            round=record.round,
            bytes=told_bytes(record.reply_size or 0),
            outcome=outcome,
            reason=record.decline_reason,
        )

    async def _send_outcome(self, record: AnsweredRound) -> str:
        task, client = TaskId(record.task_id), self._connection.client
        if record.state is RoundState.DECLINED:
            kind = DeclineKind(record.decline_kind)
            crash_point("decline:before-send")
            await client.decline(Declined(task, kind, record.decline_reason or ""))
            return kind.value
        store = study_payloads(self._payloads, record.study_id)
        ref = await payload_ref(store, record.reply_sha256 or "", record.reply_size or 0)
        if ref.inline is None:
            await send_payload(client, task, ref, store)
        crash_point("reply:before-send")
        outcome: ReplyOutcome = await client.submit(TaskReply(task, record.attempt, ref))
        return outcome.value
