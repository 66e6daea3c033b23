"""An agent's stream: a welcome, what is open for it now, and then every change.

The stream holds no queue. Whenever something may have changed it reads what is open from the database and
sends what this stream has not sent yet, so that a restart of either side, or a lost message, needs no
special case.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from syncline.clock import Clock
from syncline.durable.crash_points import crash_point
from syncline.errors import StorageError
from syncline.study.flow import DataFlow
from syncline.study.lifecycle import StudyState
from syncline.version import ALGORITHM_VERSION, __version__
from syncline.wire.messages import (
    Attachment,
    CandidateSeal,
    Event,
    Heartbeat,
    Outcome,
    Proposal,
    StudyEnded,
    StudyHazards,
    StudyId,
    TaskId,
    TaskOffer,
    Welcome,
)
from syncline.wire.people_sentence import people_sentence
from syncline.wire.refusals import AlreadyAttached, VersionMismatch
from trusted_party.datastore.event_log import log_event, log_warning
from trusted_party.datastore.members import set_connected, set_datasets
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.parties import PartyState, find_party
from trusted_party.datastore.store import Store, Transaction
from trusted_party.datastore.studies import StudyRow, find_study, studies_of_supplier
from trusted_party.datastore.tasks import Task, open_tasks_of, start_new_attempts
from trusted_party.studies.changes import ANY_STUDY, Changes, about_supplier
from trusted_party.studies.hazard_hold import told_to
from trusted_party.studies.presence import Presence
from trusted_party.studies.replies import Replies

_OUTCOMES = {
    StudyState.RELEASED: Outcome.RELEASED,
    StudyState.FAILED: Outcome.FAILED,
    StudyState.CANCELLED: Outcome.CANCELLED,
}
_AT_WORK = (StudyState.RUNNING, StudyState.PAUSED, StudyState.RELEASING, StudyState.AWAITING_RELEASE)
_TOLD_FOR_US = 30 * 86_400 * 1_000_000
"""How long after its end a study is still told to agents that attach."""
_FAULT_SECONDS = 2.0


@dataclass(slots=True)
class _Sent:
    """What one stream has sent."""

    proposals: set[StudyId] = field(default_factory=set)
    tasks: set[tuple[TaskId, int]] = field(default_factory=set)
    ended: set[StudyId] = field(default_factory=set)
    hazards: set[StudyHazards] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Open:
    """What there is to send to a supplier now; with each task the narrower flow that it approved, if any."""

    proposals: list[StudyRow]
    tasks: list[tuple[Task, StudyRow, DataFlow | None]]
    ended: list[StudyRow]
    hazards: list[StudyHazards]


class Attachments:
    """Serve the agents' streams and heartbeats."""

    def __init__(
        self, database: Store, presence: Presence, changes: Changes, replies: Replies, clock: Clock
    ) -> None:
        self._database = database
        self._presence = presence
        self._changes = changes
        self._replies = replies
        self._clock = clock

    async def events(self, name: str, attachment: Attachment) -> AsyncIterator[Event]:
        """Attach an agent and yield its events until the stream ends or the lease is lost."""
        if attachment.algorithm_version != ALGORITHM_VERSION:
            raise VersionMismatch(
                f"{name}: the agent's algorithm version is {attachment.algorithm_version} and the hub's is"
                f" {ALGORITHM_VERSION}: install the same release on both sides"
            )
        self._presence.attach(name, attachment.instance)
        try:
            await self._mark(name, attachment)
            yield Welcome(__version__, ALGORITHM_VERSION, to_us(self._clock.now()))
            async for event in self._open_events(name, attachment.instance):
                yield event
        finally:
            self._presence.detach(name, attachment.instance)
            log_event("agent_detached", supplier=name)

    async def _mark(self, name: str, attachment: Attachment) -> None:
        now_us = to_us(self._clock.now())

        def write(transaction: Transaction) -> None:
            set_connected(transaction, name, True, now_us)
            set_datasets(transaction, name, attachment.datasets)

        await self._database.write(write)
        self._changes.notify(ANY_STUDY)
        log_event("agent_attached", supplier=name, version=attachment.software_version)

    async def _open_events(self, name: str, instance: str) -> AsyncIterator[Event]:
        sent = _Sent()
        with self._changes.watch(about_supplier(name)) as changed:
            while True:
                changed.clear()
                if not self._presence.holds(name, instance):
                    raise AlreadyAttached(f"{name}: the lease of this stream ran out: attach again")
                found = await self._look(name)
                async for event in self._unsent(found, sent):
                    crash_point("attach:before-send")
                    yield event
                await changed.wait()

    async def _look(self, name: str) -> _Open:
        now_us = to_us(self._clock.now())
        return await self._database.read(lambda transaction: _read_open(transaction, name, now_us))

    async def _unsent(self, found: _Open, sent: _Sent) -> AsyncIterator[Event]:
        for hazards in found.hazards:  # before the end: an agent takes nothing about a study after that
            if hazards not in sent.hazards:
                sent.hazards.add(hazards)
                yield hazards
        for study in found.ended:
            if study.id not in sent.ended:
                sent.ended.add(study.id)
                yield StudyEnded(study.id, _OUTCOMES[study.state], people_sentence(study.told))
        for study in found.proposals:
            if study.id not in sent.proposals:
                sent.proposals.add(study.id)
                yield _proposal(study)
        for task, study, flow in found.tasks:
            if (task.id, task.attempt) not in sent.tasks:
                sent.tasks.add((task.id, task.attempt))
                request = await self._replies.offer(task)
                yield TaskOffer(
                    task.id,
                    study.id,
                    task.round,
                    task.attempt,
                    request,
                    study.specification_sha256,
                    flow,
                    _seal(study),
                )

    def beat(self, name: str, heartbeat: Heartbeat) -> int:
        """Prolong the lease; return the hub's time in microseconds."""
        self._presence.beat(name, heartbeat.instance)
        return to_us(self._clock.now())

    async def watch_leases(self, every_seconds: float) -> None:
        """Mark agents as gone when their leases run out; runs until it is cancelled."""
        while True:
            await self._clock.sleep(every_seconds)
            for name in self._presence.expired():
                try:
                    await self._lose(name)
                except StorageError as fault:  # the lease stays expired, so the next look tries again
                    log_warning("storage_fault", supplier=name, reason=str(fault))
                    await self._clock.sleep(_FAULT_SECONDS)

    async def _lose(self, name: str) -> None:
        now_us = to_us(self._clock.now())

        def write(transaction: Transaction) -> None:
            set_connected(transaction, name, False, now_us)
            start_new_attempts(transaction, name)

        await self._database.write(write)
        if not self._presence.forget(name):  # it came back while we wrote
            await self._database.write(lambda transaction: set_connected(transaction, name, True, now_us))
            return
        log_warning("agent_lost", supplier=name)
        self._changes.notify(ANY_STUDY, about_supplier(name))


def _read_open(transaction: Transaction, name: str, now_us: int) -> _Open:
    proposals = []
    for study in studies_of_supplier(transaction, name, [StudyState.AWAITING_APPROVAL]):
        party = find_party(transaction, study.id, name)
        if party is not None and party.state is PartyState.WAITING:
            proposals.append(study)
    tasks = []
    for task in open_tasks_of(transaction, name):
        of, party = find_study(transaction, task.study_id), find_party(transaction, task.study_id, name)
        if of is not None and party is not None:
            tasks.append((task, of, party.participation.flow))
    ended = [
        study
        for study in studies_of_supplier(transaction, name, list(_OUTCOMES))
        if study.ended_us > now_us - _TOLD_FOR_US
    ]
    told = [*studies_of_supplier(transaction, name, _AT_WORK), *ended]
    hazards = [StudyHazards(study.id, words) for study in told if (words := told_to(study, name))]
    return _Open(proposals, tasks, ended, hazards)


def _seal(study: StudyRow) -> CandidateSeal | None:
    if study.candidate_sha256 is None or study.candidate_signature is None:
        return None
    return CandidateSeal(study.candidate_sha256, study.candidate_signature)


def _proposal(study: StudyRow) -> Proposal:
    return Proposal(study.id, study.specification, study.researcher, study.researcher_key, study.signature)
