"""What the hub's events set in motion: proposals to judge, tasks to answer, studies to close."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from supplier_agent.consent.decision import Seal
from supplier_agent.consent.proposals import (
    PolicyJudgement,
    end_study,
    receive_proposal,
    unreadable,
    verify_researcher,
)
from supplier_agent.consent.study_record import set_hazards
from supplier_agent.datasets.catalogue import list_datasets
from supplier_agent.datasets.fitting import unread
from supplier_agent.event_log import EventLog
from supplier_agent.tasks import round_record
from supplier_agent.tasks.child_pool import ChildPool
from supplier_agent.tasks.fit_client import FitClient
from supplier_agent.tasks.journal import microseconds
from supplier_agent.tasks.policy_client import PolicyClient
from supplier_agent.tasks.public_reason import public_reason
from supplier_agent.tasks.responder import POLICY_PAUSE_SECONDS, POLICY_WAITS, Responder
from supplier_agent.tasks.retention import Retention
from supplier_agent.uplink.connection import Connection
from supplier_agent.uplink.outbox import Outbox
from supplier_agent.uplink.transfer import fetch_payload
from syncline.clock import Clock
from syncline.compute.child import ChildDied
from syncline.compute.serve import locate
from syncline.durable.database import Database
from syncline.durable.payloads import PayloadStore
from syncline.errors import PolicyUnreadable, StorageError, SynclineError, WorkLimitReached
from syncline.wire.messages import (
    Declined,
    Event,
    Proposal,
    StudyEnded,
    StudyHazards,
    TaskId,
    TaskOffer,
    Welcome,
)
from syncline.wire.refusals import HubFault, PeerUnreachable

PAUSE_SECONDS = 10.0
MOST_DEATHS = 6
"""So often a proposal that ends the judging process is tried before it is refused."""

FETCH_PAUSE_SECONDS = 1.0
FAULT_PAUSE_SECONDS = 5.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EventContext:
    """The parts of the agent that the handler of an event may need."""

    connection: Connection
    database: Database
    seal: Seal
    policy: PolicyClient
    fitting: FitClient
    responder: Responder
    children: ChildPool
    retention: Retention
    outbox: Outbox
    clock: Clock
    log: EventLog


HandledEvent = TaskOffer | Proposal | StudyEnded | StudyHazards
"""An event that sets something in motion."""


class EventHandlers:
    """Handle the hub's events side by side; none of them can end the agent."""

    def __init__(self, context: EventContext) -> None:
        self._context = context
        self._running: dict[asyncio.Task[None], HandledEvent] = {}

    async def datasets(self) -> tuple[str, ...]:
        """Return the names of the agent's data sets."""
        found = await self._context.database.read(list_datasets)
        return tuple(dataset.name for dataset in found)

    async def busy(self) -> tuple[TaskId, ...]:
        """Return the tasks that are being answered or whose reply is on its way."""
        waiting = await self._context.database.read(round_record.undelivered_rounds)
        at_work = {event.task_id for event in self._running.values() if isinstance(event, TaskOffer)}
        return tuple(sorted(at_work | {TaskId(record.task_id) for record in waiting}))

    async def handle(self, event: Event) -> None:
        """Take an event from the stream; what lasts longer goes on by itself."""
        match event:
            case Welcome():
                self._context.outbox.wake()
            case Proposal() if event not in self._running.values():
                self._begin(event, partial(self._propose, event))
            case TaskOffer():
                self._begin(event, partial(self._answer, event))
            case StudyEnded():
                self._begin(event, partial(self._end, event))
            case StudyHazards():
                self._begin(event, partial(self._note_hazards, event))

    async def close(self) -> None:
        """Stop the handlers that run; the journal knows how far they came."""
        await self._stop(list(self._running))

    def _begin(self, event: HandledEvent, work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.create_task(self._guard(work, event.study_id))
        self._running[task] = event
        task.add_done_callback(self._running.pop)

    async def _propose(self, proposal: Proposal) -> None:
        """Judge a proposal; while the policy cannot be read it is known here, and nothing is decided."""
        said = ""
        while True:
            try:
                judgement = await self._with_fit(proposal, await self._judge(proposal))
                break
            except PolicyUnreadable as error:
                if not said:
                    await self._record(proposal, await self._pending(proposal))
                if str(error) != said:
                    said = str(error)
                    self._context.log.warning(POLICY_WAITS, study=proposal.study_id, reason=said)
            await self._context.clock.sleep(POLICY_PAUSE_SECONDS)
        await self._record(proposal, judgement)
        self._context.outbox.wake()

    async def _record(self, proposal: Proposal, judgement: PolicyJudgement) -> None:
        context, now_us = self._context, microseconds(self._context.clock)
        state = await context.database.write(
            lambda connection: receive_proposal(connection, context.seal, proposal, judgement, now_us)
        )
        context.log.info(
            "study proposed",
            study=proposal.study_id,
            name=judgement.name,
            state=state.value,
            flow=judgement.participation.flow,
            reason="; ".join(judgement.refusals) or None,
        )

    async def _pending(self, proposal: Proposal) -> PolicyJudgement:
        try:
            name = await self._patiently(proposal, lambda: self._context.policy.name(proposal.specification))
        except SynclineError as error:
            return unreadable(public_reason(error))
        return PolicyJudgement(name, (), automatic=False, is_pending=True)

    async def _judge(self, proposal: Proposal) -> PolicyJudgement:
        """Judge a proposal; one that is forged or does not read is refused."""
        policy, datasets = self._context.policy, await self._context.database.read(list_datasets)
        try:
            verify_researcher(proposal)
            return await self._patiently(
                proposal,
                lambda: policy.judge(proposal.specification, proposal.researcher_key, datasets),
            )
        except PolicyUnreadable:
            raise
        except SynclineError as error:
            self._context.log.warning("proposal not judged", study=proposal.study_id, reason=str(error))
            return unreadable(public_reason(error))

    async def _with_fit(self, proposal: Proposal, judgement: PolicyJudgement) -> PolicyJudgement:
        """Ask whether the data fits a study that no person would look at, as a person is told before a yes.

        The words of a misfit are about few rows: they stay in the journal, and the log has the public ones.
        """
        if not judgement.automatic or judgement.refusals:
            return judgement
        context, specification = self._context, proposal.specification
        datasets = await context.database.read(list_datasets)
        reading = await context.policy.reading(specification, proposal.researcher_key, datasets)
        if reading is None:
            return judgement
        try:
            fit = await self._patiently(proposal, lambda: context.fitting.fit(specification, reading))
        except WorkLimitReached as error:
            fit = unread(error)
        if not fit.faults:
            return judgement
        context.log.warning("the data here does not fit", study=proposal.study_id, reason=fit.public)
        return replace(judgement, misfit="; ".join(fit.faults))

    async def _patiently(self, proposal: Proposal, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask the judging process again where it is killed, but not for ever."""
        for _ in range(MOST_DEATHS):
            try:
                return await ask()
            except ChildDied as error:
                self._context.log.error("proposal waits", study=proposal.study_id, reason=str(error))
                await self._context.clock.sleep(PAUSE_SECONDS)
        raise WorkLimitReached(
            "the process that judges studies was killed at every attempt, perhaps for want of memory"
        )

    async def _answer(self, offer: TaskOffer) -> None:
        """Answer an offer, with patience for a lost connection and for a hub that fails just now."""
        fetch = partial(self._fetch, offer)
        while True:
            try:
                refusal = await self._context.responder.take(offer, fetch)
                break
            except PeerUnreachable:
                await self._context.clock.sleep(FETCH_PAUSE_SECONDS)
            except HubFault as error:
                self._context.log.error(
                    "request not fetched yet", study=offer.study_id, round=offer.round, reason=str(error)
                )
                await self._context.clock.sleep(FAULT_PAUSE_SECONDS)
            await self._context.connection.wait_until_attached()
        if refusal is None:
            self._context.outbox.wake()
            return
        self._context.log.warning(
            "task refused", study=offer.study_id, round=offer.round, reason=refusal.reason
        )
        await self._context.connection.client.decline(Declined(offer.task_id, refusal.kind, refusal.reason))

    async def _fetch(self, offer: TaskOffer, store: PayloadStore) -> None:
        await fetch_payload(self._context.connection.client, offer.task_id, offer.request, store)

    async def _end(self, ended: StudyEnded) -> None:
        context = self._context
        now_us = microseconds(context.clock)
        is_news = await context.database.write(
            lambda connection: end_study(connection, context.seal, ended, now_us)
        )
        await self._stop(
            [
                task
                for task, event in self._running.items()
                if event.study_id == ended.study_id and task is not asyncio.current_task()
            ]
        )
        await context.children.close_study(ended.study_id)
        await context.retention.study_ended(ended.study_id)
        if is_news:
            context.log.info("study ended", study=ended.study_id, outcome=ended.outcome.value)

    async def _note_hazards(self, told: StudyHazards) -> None:
        """Keep what the answers here show beside those of others, for the people of this supplier."""
        await self._context.database.write(
            lambda connection: set_hazards(connection, told.study_id, told.words)
        )
        for words in told.words:
            self._context.log.warning("hazard in the data here", study=told.study_id, reason=words)

    async def _stop(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _guard(self, work: Callable[[], Awaitable[None]], study_id: str) -> None:
        """Handle an event to its end; a fault of the disk is waited out, any other error is logged."""
        try:
            while True:
                try:
                    return await work()
                except StorageError as error:
                    self._context.log.error("storage fault: work waits", study=study_id, reason=str(error))
                    await self._context.clock.sleep(PAUSE_SECONDS)
        except SynclineError as error:
            self._context.log.error("an event was not handled", study=study_id, reason=str(error))
        except Exception as error:
            # The text of an unforeseen error may hold anything, so only its class and place are logged.
            kind = type(error).__name__
            self._context.log.error(
                "an event was not handled", study=study_id, reason=f"{kind} {locate(error)}"
            )
