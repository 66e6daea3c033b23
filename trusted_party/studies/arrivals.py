"""Replies on their way in: one payload a task at a time, in one open file while its chunks come.

A supplier may be broken or hostile, so that what it can make the hub hold is one payload for each of its open
tasks: another digest is refused until the first was abandoned, and deletes what came of it. Whether the task
is still open is looked at when the file is opened, and a file that is open is never made anew: chunks that
come after the end of a study fill nothing.

Calls about one task take turns (:meth:`Arrivals.turn`), from the look at its state until what follows from it
is on the disk. So nothing is announced between the storing of a reply and its binding to the task, and a
payload that was forgotten is never touched again, not even by a thread whose call was cancelled: a reply that
was accepted cannot be deleted by another one that is announced at the same time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from weakref import WeakValueDictionary

from syncline.clock import Clock, Timer
from syncline.durable.payloads import PayloadStore
from syncline.durable.upload import Upload
from syncline.errors import ProtocolError
from syncline.wire.messages import Chunk, PayloadRef, TaskId
from trusted_party.datastore.tasks import Task, TaskState
from trusted_party.studies.vault import Vault

ABANDONED_SECONDS = 60.0
"""After so long without a chunk or a question, a payload gives way to another digest."""

IDLE_SECONDS = 10.0
"""A file stays open for so long after its last use: opening it reads and checks all that is there."""

T = TypeVar("T")


@dataclass(slots=True)
class _Arrival:
    """What a task is sent: the announced payload, and its file while it is open."""

    ref: PayloadRef
    supplier: str
    attempt: int
    store: PayloadStore
    used: float
    holding: threading.Lock = field(default_factory=threading.Lock)
    upload: Upload | None = None
    closing: Timer | None = None
    is_over: bool = False

    @property
    def digest(self) -> bytes:
        return bytes.fromhex(self.ref.sha256)

    def work(self, do: Callable[[Upload], T]) -> T | None:
        """Use the file, alone: a call that was cancelled may still be at it in its thread.

        None where the payload was forgotten before the thread came to it: then nothing is touched.
        """
        with self.holding:
            if self.is_over:
                return None
            if self.upload is None:
                self.store.keep_only(self.digest)
                self.upload = self.store.open_upload(self.digest, self.ref.size)
            return do(self.upload)

    def close(self) -> None:
        with self.holding:
            if self.upload is not None:
                self.upload.close()
                self.upload = None


class Arrivals:
    """Take chunks for open tasks.

    Parameters
    ----------
    vault
        Where replies rest.
    look
        Returns a task as it stands now.
    clock
        Tells how long a payload was abandoned, and its file idle.
    """

    def __init__(self, vault: Vault, look: Callable[[TaskId], Awaitable[Task | None]], clock: Clock) -> None:
        self._vault = vault
        self._look = look
        self._clock = clock
        self._arriving: dict[TaskId, _Arrival] = {}
        self._turns: WeakValueDictionary[TaskId, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, task_id: TaskId) -> AsyncIterator[None]:
        """Let nobody else announce, write or store anything for a task during the block."""
        async with self._turns.setdefault(task_id, asyncio.Lock()):
            yield

    async def missing(self, task_id: TaskId, ref: PayloadRef) -> list[int]:
        """Announce a payload; return the chunks of it that are not here yet, none where it is not needed."""
        async with self.turn(task_id):
            task = await self._look(task_id)
            if task is None or task.state is not TaskState.OPEN:
                return []
            return await self._use(task, await self._announce(task, ref), Upload.missing_chunks) or []

    async def write(self, task: Task, chunk: Chunk) -> bool:
        """Store a chunk of the payload that was announced; False where it is not needed any more."""
        arrival = self._arriving.get(task.id)
        if arrival is None or arrival.ref.sha256 != chunk.sha256:
            raise ProtocolError(f"task {task.id}: ask which chunks are missing before sending any")

        def store(upload: Upload) -> bool:
            upload.write_chunk(chunk.index, chunk.data)
            return True

        async with self.turn(task.id):
            return await self._use(task, arrival, store) or False

    async def finish(self, task: Task, ref: PayloadRef) -> bool:
        """Make a payload readable that is here in full; one that came inline is stored at once.

        False where the task ended meanwhile, so that nothing is here. The caller has the task's turn, and
        keeps it until the payload is bound to the task.
        """
        if ref.inline is not None:
            await self.forget(task.id)
            await asyncio.to_thread(self._vault.reply(task.id).put, ref.inline)
            return True

        def finish(upload: Upload) -> bool:
            upload.finish()
            return True

        try:
            return await self._use(task, await self._announce(task, ref), finish) or False
        finally:
            await self.forget(task.id)  # what does not match its digest was deleted, and is announced anew

    async def forget(self, task_id: TaskId) -> None:
        """Close what is open of a task that was answered or is over; the caller has the task's turn."""
        arrival = self._arriving.get(task_id)
        if arrival is not None:
            arrival.is_over = True  # before anything is waited for: this call may be cancelled
            _keep_open(arrival)
            await asyncio.to_thread(arrival.close)
            self._arriving.pop(task_id, None)

    async def forget_ended(self, supplier: str, still_open: Iterable[TaskId]) -> None:
        """Forget what a supplier announced for tasks that are not open any more."""
        own = {task_id for task_id, arrival in self._arriving.items() if arrival.supplier == supplier}
        for task_id in own.difference(still_open):
            async with self.turn(task_id):
                await self.forget(task_id)

    async def _announce(self, task: Task, ref: PayloadRef) -> _Arrival:
        now = self._clock.monotonic()
        known = self._arriving.get(task.id)
        if known is not None and known.is_over:
            known = None
        if known is not None and (known.ref.sha256, known.ref.size) == (ref.sha256, ref.size):
            return known
        if known is not None and known.attempt >= task.attempt and now - known.used < ABANDONED_SECONDS:
            raise ProtocolError(
                f"task {task.id}: another payload is on its way for it: send that one, or ask again"
                f" {ABANDONED_SECONDS:.0f} s after its last chunk"
            )
        await self.forget(task.id)
        arrival = _Arrival(ref, task.supplier, task.attempt, self._vault.reply(task.id), now)
        self._arriving[task.id] = arrival
        return arrival

    async def _use(self, task: Task, arrival: _Arrival, do: Callable[[Upload], T]) -> T | None:
        """Use an arrival's file, in the task's turn; None where the task ended meanwhile."""
        _keep_open(arrival)
        arrival.used = self._clock.monotonic()
        try:
            fresh = arrival.upload is None
            done = await asyncio.to_thread(arrival.work, do)
            if not fresh or await self._still_open(task):
                return done
        finally:
            self._close_later(arrival)
        await self.forget(task.id)
        return None

    async def _still_open(self, task: Task) -> bool:
        """Look at a task whose file was just opened; leave nothing of one that is not needed any more."""
        now = await self._look(task.id)
        if now is None or now.state is TaskState.CLOSED:
            await self.forget(task.id)
            await asyncio.to_thread(self._vault.reply(task.id).clear)
        return now is not None and now.state in (TaskState.OPEN, TaskState.DECLINED)

    def _close_later(self, arrival: _Arrival) -> None:
        _keep_open(arrival)
        if not arrival.is_over:
            arrival.closing = self._clock.call_later(IDLE_SECONDS, partial(self._close, arrival))

    def _close(self, arrival: _Arrival) -> None:
        """Close a file that nobody uses, without waiting for one who does."""
        if arrival.holding.locked():
            self._close_later(arrival)
        else:
            arrival.close()


def _keep_open(arrival: _Arrival) -> None:
    if arrival.closing is not None:
        arrival.closing.cancel()
        arrival.closing = None
