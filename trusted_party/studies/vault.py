"""Where the payloads of studies rest: requests and states, replies, and the model with its seed."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from syncline.durable.payloads import PayloadStore
from syncline.study.spec import StudySpec
from syncline.wire.messages import StudyId, TaskId

SEED_BYTES = 32


class Vault:
    """The scopes of one payload store; all calls block on the disk, so use them in a thread."""

    def __init__(self, payloads: PayloadStore) -> None:
        self._payloads = payloads

    def study(self, study_id: StudyId) -> PayloadStore:
        """Return the store of a study's requests and states."""
        return self._payloads.scope(_study(study_id))

    def reply(self, task_id: TaskId) -> PayloadStore:
        """Return the store of one task's reply, which no other supplier can ask about."""
        return self._payloads.scope(_reply(task_id))

    def model(self, study_id: StudyId) -> PayloadStore:
        """Return the store of a study's result and its seed, which stay."""
        return self._payloads.scope(_model(study_id))

    def forget_study(self, study_id: StudyId, tasks: Iterable[TaskId]) -> None:
        """Delete what only a living study needs; model and seed stay."""
        for task_id in tasks:
            self.reply(task_id).clear()
        self.study(study_id).clear()

    def keep_only(self, known: Iterable[StudyId], living: Iterable[StudyId], tasks: Iterable[TaskId]) -> int:
        """Delete what a kill left of studies that have ended, but for models and seeds; return how many."""
        names = {*map(_model, known), *map(_study, living), *map(_reply, tasks)}
        return self._payloads.keep_scopes(names)


def new_seed(spec: StudySpec) -> bytes:
    """Return the specification's seed, or 256 secret bits."""
    given = spec.synthesizer.seed
    return secrets.token_bytes(SEED_BYTES) if given is None else given.to_bytes(8, "big")


def _study(study_id: StudyId) -> str:
    return f"study/{study_id}"


def _reply(task_id: TaskId) -> str:
    return f"reply/{task_id}"


def _model(study_id: StudyId) -> str:
    return f"model/{study_id}"
