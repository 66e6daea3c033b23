"""What the hub keeps of a study between two steps, put together and taken apart.

Where it stands is kept round by round. What it makes once stands beside that, under names of its own, so that
a model is not written again in every round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from syncline.data.record_codec import RecordCodec
from syncline.errors import StudyFailed, WireError
from syncline.protocols.asking import Memory
from syncline.study.fit_result import pack_result, unpack_result
from syncline.study.fitting import settings_of
from syncline.study.spec import StudySpec
from syncline.study.whole_study import Progress, at_codec
from syncline.synthesizers.fitted import Fitted
from syncline.wire.exchange import DrawCodec, MemoryCodec

STATE, REQUEST = "state", "request"
"""The names of what is kept of a round: where the study stands, and what all are asked."""

DRAW, RESULT, SEED, ASSESSMENT = "draw", "result", "seed", "assessment"
"""The names of what a study makes once: what the salt was drawn from, the model and its seed, and what the
comparison said."""


@dataclass(frozen=True, slots=True)
class KeptRound:
    """Where a study stands, and what the parties whose rows are here remember."""

    at: bytes
    memory: bytes


ROUND = RecordCodec(KeptRound, "kept round", 1)


def pack_progress(spec: StudySpec, progress: Progress, memory: Memory) -> bytes:
    """Return where a study stands; what it has made stands beside it."""
    remembered = MemoryCodec().encode(memory.without_table())
    return ROUND.encode(KeptRound(at_codec(spec).encode(progress.at), remembered))


def unpack_progress(
    spec: StudySpec, kept: Mapping[str, bytes], learnt: Fitted | None
) -> tuple[Progress, Memory]:
    """Return where a study stands by all that was kept of it; ``learnt`` is its model, once there is one."""
    with own_bytes():
        found = ROUND.decode(kept[STATE])
        drawn = DrawCodec().decode(kept[DRAW]) if DRAW in kept else None
        return Progress(at_codec(spec).decode(found.at), drawn, learnt), MemoryCodec().decode(found.memory)


def pack_learnt(spec: StudySpec, fitted: Fitted) -> bytes:
    """Return a study's model as bytes."""
    return pack_result(fitted, settings_of(spec))


def unpack_learnt(spec: StudySpec, data: bytes) -> Fitted:
    """Return the model that :func:`pack_learnt` put together."""
    with own_bytes():
        return unpack_result(data, settings_of(spec))


@contextmanager
def own_bytes() -> Iterator[None]:
    """Read what the hub itself kept: its digest was checked, so an earlier version wrote what does not."""
    try:
        yield
    except WireError as error:
        raise StudyFailed("it began under an earlier version of the hub: submit the study anew") from error
