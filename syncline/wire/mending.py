"""A declined task may be offered again: what stood against it at its supplier is mended."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.wire import strict
from syncline.wire.gen.syncline.v1 import supplier_pb2 as pb
from syncline.wire.messages import TaskId
from syncline.wire.supplier import MAX_ATTEMPTS, task_id


@dataclass(frozen=True, slots=True)
class Mended:
    """What stood against a declined task is mended: it may be offered again, after this attempt."""

    task_id: TaskId
    attempt: int


def mended_to_proto(value: Mended) -> pb.ReofferTaskRequest:
    """Render that a declined task may be offered again."""
    return pb.ReofferTaskRequest(task_id=value.task_id, attempt=value.attempt)


def mended_from_proto(message: pb.ReofferTaskRequest) -> Mended:
    """Read that a declined task may be offered again."""
    return Mended(
        task_id=task_id("task_id", message.task_id),
        attempt=strict.natural("attempt", message.attempt, MAX_ATTEMPTS),
    )
