"""The supplier's side of a task: read the request, send the reply's chunks, commit the reply, or decline.

A supplier sees its own tasks only; to it, others' tasks do not exist. Chunks are kept in a scope of the
task, so that nobody learns from them what another supplier holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from syncline.clock import Clock
from syncline.durable.audit import FieldValue
from syncline.durable.crash_points import crash_point
from syncline.errors import ProtocolError
from syncline.wire.mending import Mended
from syncline.wire.messages import (
    CHUNK_BYTES,
    Chunk,
    ChunkRequest,
    Declined,
    PayloadRef,
    ReplyOutcome,
    StudyId,
    TaskId,
    TaskReply,
)
from syncline.wire.refusals import UnknownObject
from syncline.wire.traffic import told_bytes
from trusted_party.datastore import tasks
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.event_log import log_event
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.own_requests import RequestRef, request_of
from trusted_party.datastore.store import Store, Transaction
from trusted_party.datastore.studies import count_bytes
from trusted_party.datastore.tasks import Task, TaskState, find_task
from trusted_party.studies.arrivals import Arrivals
from trusted_party.studies.vault import Vault

MOVED_EVERY_CHUNKS = 16
"""How often moving chunks extend the deadline of their study."""

MOST_REOFFERS = 20
"""How often a supplier can have one task offered again: each time a request is sent, and time is won."""


class Replies:
    """Serve the suppliers' tasks."""

    def __init__(self, database: Store, vault: Vault, audit: HubAudit, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._audit = audit
        self._clock = clock
        self._arrivals = Arrivals(vault, self._look, clock)
        self._takings: set[asyncio.Task[ReplyOutcome]] = set()

    async def read_request(self, name: str, asked: ChunkRequest) -> AsyncIterator[tuple[int, bytes]]:
        """Yield the chunks of the task's request from one index on."""
        task = await self._own_task(name, asked.task_id)
        found = await self._database.read(lambda transaction: request_of(transaction, task))
        if found is None or found.sha256 != asked.sha256:
            raise UnknownObject(f"task {task.id}: it names no such payload")
        store = self._vault.study(task.study_id)
        chunks = -(-found.size // CHUNK_BYTES)
        for index in range(asked.first_chunk, chunks):
            yield index, await asyncio.to_thread(store.read_chunk, bytes.fromhex(asked.sha256), index)
            if index % MOVED_EVERY_CHUNKS == 0:
                await self._moved(task)

    async def missing_chunks(self, name: str, task_id: TaskId, ref: PayloadRef) -> list[int]:
        """Return the chunks of a reply that are not here yet."""
        task = await self._own_task(name, task_id)
        still_open = await self._database.read(lambda transaction: tasks.open_tasks_of(transaction, name))
        await self._arrivals.forget_ended(name, [one.id for one in still_open])
        return await self._arrivals.missing(task.id, ref)

    async def write_chunks(self, name: str, chunks: AsyncIterator[Chunk]) -> int:
        """Store chunks of one reply while its task is open; return how many were stored."""
        count, task = 0, None
        async for chunk in chunks:
            if task is None or task.id != chunk.task_id or count % MOVED_EVERY_CHUNKS == 0:
                task = await self._own_task(name, chunk.task_id)
                await self._moved(task)
            if task.state is not TaskState.OPEN or not await self._arrivals.write(task, chunk):
                await self._forget(task.id)
                return count
            count += 1
        if task is not None:
            await self._moved(task)
        return count

    async def submit(self, name: str, reply: TaskReply) -> tuple[StudyId, ReplyOutcome]:
        """Commit a reply: it is on the disk before this returns, and bound to its task for ever."""
        task = await self._own_task(name, reply.task_id)
        taking = asyncio.create_task(self._take(task.id, reply))
        self._takings.add(taking)  # a call that is cancelled must not end between the payload and its task
        taking.add_done_callback(self._taken)
        outcome = await asyncio.shield(taking)
        crash_point("reply:before-answer")
        if outcome is ReplyOutcome.ACCEPTED:
            size = told_bytes(reply.reply.size)
            log_event("reply_received", study=task.study_id, round=task.round, supplier=name, bytes=size)
        return task.study_id, outcome

    async def _take(self, task_id: TaskId, reply: TaskReply) -> ReplyOutcome:
        """Store a reply and bind it to its task, in one turn of the task."""
        async with self._arrivals.turn(task_id):
            task = await self._look(task_id)
            assert task is not None
            _check_attempt(task, reply)
            if task.state in (TaskState.OPEN, TaskState.DECLINED):
                if not await self._arrivals.finish(task, reply.reply):
                    return ReplyOutcome.NOT_NEEDED
                crash_point("reply:stored")
            now_us = to_us(self._clock.now())
            outcome = await self._database.write(
                lambda transaction: self._bind(transaction, task_id, reply, now_us)
            )
            await self._arrivals.forget(task_id)
            if outcome is ReplyOutcome.NOT_NEEDED:
                await asyncio.to_thread(self._vault.reply(task_id).clear)
            return outcome

    def _bind(self, transaction: Transaction, task_id: TaskId, reply: TaskReply, now_us: int) -> ReplyOutcome:
        task, ref = find_task(transaction, task_id), reply.reply
        assert task is not None
        if task.state is TaskState.CLOSED:
            return ReplyOutcome.NOT_NEEDED
        if task.state is TaskState.ANSWERED:
            if task.reply_sha256 != ref.sha256:
                raise ProtocolError(
                    f"task {task.id}: it was answered with other bytes; a round is answered once"
                )
            return ReplyOutcome.ALREADY_ACCEPTED
        _check_attempt(task, reply)
        tasks.answer_task(transaction, task, ref.sha256, ref.size)
        count_bytes(transaction, task.study_id, ref.size, 0, now_us)
        self._record(transaction, "reply_received", task, ref.sha256, ref.size)
        return ReplyOutcome.ACCEPTED

    async def decline(self, name: str, declined: Declined) -> StudyId:
        """Keep that a task will not be answered, and why."""
        task = await self._own_task(name, declined.task_id)

        def write(transaction: Transaction) -> None:
            current = find_task(transaction, task.id)
            if current is not None and current.state is TaskState.OPEN:
                tasks.decline_task(transaction, task.id, declined.reason)
                fields = {"task": task.id, "supplier": name, "kind": declined.kind.value}
                self._audit.append(transaction, "task_declined", fields)

        await self._database.write(write)
        await self._forget(task.id)
        crash_point("decline:before-answer")
        log_event("task_declined", task=task.id, supplier=name, kind=declined.kind.value)
        return task.study_id

    async def reoffer(self, name: str, mended: Mended) -> StudyId:
        """Open a declined task again; one that was opened after that attempt, or needs no reply, stays."""
        task = await self._own_task(name, mended.task_id)

        def write(transaction: Transaction) -> None:
            current = find_task(transaction, task.id)
            if current is None or (current.state, current.attempt) != (TaskState.DECLINED, mended.attempt):
                return
            _check_reoffers(current)
            tasks.reoffer_task(transaction, task.id)
            fields: dict[str, FieldValue] = {"task": task.id, "supplier": name, "attempt": mended.attempt}
            self._audit.append(transaction, "task_reoffered", fields)

        await self._database.write(write)
        crash_point("reoffer:before-answer")
        log_event("task_reoffered", task=task.id, supplier=name)
        return task.study_id

    async def _forget(self, task_id: TaskId) -> None:
        async with self._arrivals.turn(task_id):
            await self._arrivals.forget(task_id)

    def _taken(self, taking: asyncio.Task[ReplyOutcome]) -> None:
        """Let go of a reply that was taken; who waited for it, if still there, has its fault."""
        self._takings.discard(taking)
        if not taking.cancelled():
            taking.exception()

    async def offer(self, task: Task) -> PayloadRef:
        """Return the request to send with a task, inline where it is small, and record that it was sent."""
        found = await self._database.read(lambda transaction: request_of(transaction, task))
        assert found is not None
        if not task.sent:
            await self._database.write(lambda transaction: self._sent(transaction, task, found))
        if found.size > CHUNK_BYTES:
            return PayloadRef(found.sha256, found.size)
        digest = bytes.fromhex(found.sha256)
        content = await asyncio.to_thread(self._vault.study(task.study_id).get, digest)
        return PayloadRef(found.sha256, found.size, content)

    def _sent(self, transaction: Transaction, task: Task, found: RequestRef) -> None:
        tasks.mark_sent(transaction, task.id)
        count_bytes(transaction, task.study_id, 0, found.size, to_us(self._clock.now()))
        self._record(transaction, "request_sent", task, found.sha256, found.size)

    def _record(self, transaction: Transaction, event: str, task: Task, sha256: str, size: int) -> None:
        fields: dict[str, FieldValue] = {"task": task.id, "supplier": task.supplier}
        fields |= {"sha256": sha256, "bytes": size}
        self._audit.append(transaction, event, fields)

    async def _look(self, task_id: TaskId) -> Task | None:
        return await self._database.read(lambda transaction: find_task(transaction, task_id))

    async def _own_task(self, name: str, task_id: TaskId) -> Task:
        task = await self._look(task_id)
        if task is None or task.supplier != name:
            raise UnknownObject(f"task {task_id}: no such task for {name}")
        return task

    async def _moved(self, task: Task) -> None:
        """Extend the study's deadline because bytes move, but not for who has declined to answer."""
        if task.state is not TaskState.OPEN:
            return
        now_us = to_us(self._clock.now())
        await self._database.write(lambda transaction: count_bytes(transaction, task.study_id, 0, 0, now_us))


def _check_reoffers(task: Task) -> None:
    """Refuse to offer a task again without end."""
    if task.reoffers >= MOST_REOFFERS:
        raise ProtocolError(
            f"task {task.id}: it was offered again {MOST_REOFFERS} times, the most that a supplier can ask"
            " for: the hub's operator lets the study go on, with 'trusted-party studies start'"
        )


def _check_attempt(task: Task, reply: TaskReply) -> None:
    """Refuse a reply to an attempt that was never offered, before anything of it is stored."""
    if reply.attempt > task.attempt and task.state is not TaskState.CLOSED:
        raise ProtocolError(f"task {task.id}: there is no attempt {reply.attempt} yet")
