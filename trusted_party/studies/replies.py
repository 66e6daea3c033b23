"""The supplier's side of a task: read the request, send the reply's chunks, commit the reply, or decline.

A supplier sees its own tasks only; to it, others' tasks do not exist. Chunks are kept in a scope of the
task, so that nobody learns from them what another supplier holds.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator

from syncline.clock import Clock
from syncline.durable.audit import AuditLog, FieldValue
from syncline.durable.crash_points import crash_point
from syncline.durable.database import Database
from syncline.errors import ProtocolError
from syncline.wire.messages import (
    CHUNK_BYTES,
    Chunk,
    ChunkRequest,
    Declined,
    PayloadRef,
    Reply,
    ReplyOutcome,
    StudyId,
    TaskId,
)
from syncline.wire.refusals import UnknownObject
from trusted_party.datastore import tasks
from trusted_party.datastore.event_log import log_event
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.studies import count_bytes
from trusted_party.datastore.tasks import Round, Task, TaskState, find_round, find_task
from trusted_party.studies.vault import Vault

MOVED_EVERY_CHUNKS = 16
"""How often moving chunks extend the deadline of their study."""


class Replies:
    """Serve the suppliers' tasks."""

    def __init__(self, database: Database, vault: Vault, audit: AuditLog, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._audit = audit
        self._clock = clock
        self._announced: dict[tuple[TaskId, str], int] = {}

    async def read_request(self, name: str, asked: ChunkRequest) -> AsyncIterator[tuple[int, bytes]]:
        """Yield the chunks of the task's request from one index on."""
        task = await self._own_task(name, asked.task_id)
        found = await self._database.read(
            lambda connection: find_round(connection, task.study_id, task.round)
        )
        if found is None or found.request_sha256 != asked.sha256:
            raise UnknownObject(f"task {task.id}: it names no such payload")
        store = self._vault.study(task.study_id)
        chunks = -(-found.request_size // CHUNK_BYTES)
        for index in range(asked.first_chunk, chunks):
            yield index, await asyncio.to_thread(store.read_chunk, bytes.fromhex(asked.sha256), index)
            if index % MOVED_EVERY_CHUNKS == 0:
                await self._moved(task)

    async def missing_chunks(self, name: str, task_id: TaskId, ref: PayloadRef) -> list[int]:
        """Return the chunks of a reply that are not here yet."""
        task = await self._own_task(name, task_id)
        if task.state is not TaskState.OPEN:
            return []
        self._announced[task.id, ref.sha256] = ref.size
        return await asyncio.to_thread(self._missing, task, ref)

    def _missing(self, task: Task, ref: PayloadRef) -> list[int]:
        with self._vault.reply(task.id).open_upload(bytes.fromhex(ref.sha256), ref.size) as upload:
            return upload.missing_chunks()

    async def write_chunks(self, name: str, chunks: AsyncIterator[Chunk]) -> int:
        """Store chunks of one reply; return how many came."""
        count, task = 0, None
        async for chunk in chunks:
            if task is None or task.id != chunk.task_id:
                task = await self._own_task(name, chunk.task_id)
            size = self._announced.get((task.id, chunk.sha256))
            if size is None:
                raise ProtocolError(f"task {task.id}: ask which chunks are missing before sending any")
            if task.state is TaskState.OPEN:
                await asyncio.to_thread(self._write, task, size, chunk)
            count += 1
            if count % MOVED_EVERY_CHUNKS == 0:
                await self._moved(task)
        if task is not None:
            await self._moved(task)
        return count

    def _write(self, task: Task, size: int, chunk: Chunk) -> None:
        with self._vault.reply(task.id).open_upload(bytes.fromhex(chunk.sha256), size) as upload:
            upload.write_chunk(chunk.index, chunk.data)

    async def submit(self, name: str, reply: Reply) -> tuple[StudyId, ReplyOutcome]:
        """Commit a reply: it is on the disk before this returns, and bound to its task for ever."""
        task = await self._own_task(name, reply.task_id)
        if task.state in (TaskState.OPEN, TaskState.DECLINED):
            await asyncio.to_thread(self._store, task, reply.reply)
            crash_point("reply:stored")
        now_us = to_us(self._clock.now())
        outcome = await self._database.write(
            lambda connection: self._bind(connection, task.id, reply, now_us)
        )
        self._announced.pop((task.id, reply.reply.sha256), None)
        crash_point("reply:before-answer")
        if outcome is ReplyOutcome.ACCEPTED:
            log_event(
                "reply_received", study=task.study_id, round=task.round, supplier=name, bytes=reply.reply.size
            )
        return task.study_id, outcome

    def _store(self, task: Task, ref: PayloadRef) -> None:
        scope = self._vault.reply(task.id)
        if ref.inline is not None:
            scope.put(ref.inline)
            return
        with scope.open_upload(bytes.fromhex(ref.sha256), ref.size) as upload:
            upload.finish()

    def _bind(
        self, connection: sqlite3.Connection, task_id: TaskId, reply: Reply, now_us: int
    ) -> ReplyOutcome:
        task, ref = find_task(connection, task_id), reply.reply
        assert task is not None
        if task.state is TaskState.CLOSED:
            return ReplyOutcome.NOT_NEEDED
        if task.state is TaskState.ANSWERED:
            if task.reply_sha256 != ref.sha256:
                raise ProtocolError(
                    f"task {task.id}: it was answered with other bytes; a round is answered once"
                )
            return ReplyOutcome.ALREADY_ACCEPTED
        if reply.attempt > task.attempt:
            raise ProtocolError(f"task {task.id}: there is no attempt {reply.attempt} yet")
        tasks.answer_task(connection, task, ref.sha256, ref.size)
        count_bytes(connection, task.study_id, ref.size, 0, now_us)
        self._record(connection, "reply_received", task, ref.sha256, ref.size)
        return ReplyOutcome.ACCEPTED

    async def decline(self, name: str, declined: Declined) -> StudyId:
        """Keep that a task will not be answered, and why."""
        task = await self._own_task(name, declined.task_id)

        def write(connection: sqlite3.Connection) -> None:
            current = find_task(connection, task.id)
            if current is not None and current.state is TaskState.OPEN:
                tasks.decline_task(connection, task.id, declined.reason)
                fields = {"task": task.id, "supplier": name, "kind": declined.kind.value}
                self._audit.append(connection, "task_declined", fields)

        await self._database.write(write)
        crash_point("decline:before-answer")
        log_event("task_declined", task=task.id, supplier=name, kind=declined.kind.value)
        return task.study_id

    async def offer(self, task: Task) -> PayloadRef:
        """Return the request to send with a task, inline where it is small, and record that it was sent."""
        found = await self._database.read(
            lambda connection: find_round(connection, task.study_id, task.round)
        )
        assert found is not None
        if not task.sent:
            await self._database.write(lambda connection: self._sent(connection, task, found))
        if found.request_size > CHUNK_BYTES:
            return PayloadRef(found.request_sha256, found.request_size)
        digest = bytes.fromhex(found.request_sha256)
        content = await asyncio.to_thread(self._vault.study(task.study_id).get, digest)
        return PayloadRef(found.request_sha256, found.request_size, content)

    def _sent(self, connection: sqlite3.Connection, task: Task, found: Round) -> None:
        tasks.mark_sent(connection, task.id)
        count_bytes(connection, task.study_id, 0, found.request_size, to_us(self._clock.now()))
        self._record(connection, "request_sent", task, found.request_sha256, found.request_size)

    def _record(self, connection: sqlite3.Connection, event: str, task: Task, sha256: str, size: int) -> None:
        fields: dict[str, FieldValue] = {"task": task.id, "supplier": task.supplier}
        fields |= {"sha256": sha256, "bytes": size}
        self._audit.append(connection, event, fields)

    async def _own_task(self, name: str, task_id: TaskId) -> Task:
        task = await self._database.read(lambda connection: find_task(connection, task_id))
        if task is None or task.supplier != name:
            raise UnknownObject(f"task {task_id}: no such task for {name}")
        return task

    async def _moved(self, task: Task) -> None:
        now_us = to_us(self._clock.now())
        await self._database.write(lambda connection: count_bytes(connection, task.study_id, 0, 0, now_us))
