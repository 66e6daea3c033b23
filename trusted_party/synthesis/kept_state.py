"""What the hub keeps of a round in its payload store, put together and taken apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import cast

from syncline.compute.frames import Json
from syncline.data.record_codec import RecordCodec
from syncline.errors import StudyFailed, WireError
from syncline.protocols.asking import Memory
from syncline.protocols.transition import PartyId
from syncline.questions.known import Known, Sizes
from syncline.validation.federated.comparison import State
from syncline.wire.exchange import MemoryCodec


@dataclass(frozen=True, slots=True)
class KeptFit:
    """What is kept of a round of a fit: its state, and what the parties whose rows are here remember."""

    state: bytes
    memory: bytes


@dataclass(frozen=True, slots=True)
class KeptComparison:
    """The same of a comparison. What was said of the candidate stands in the memory alone."""

    state: State
    memory: bytes


@dataclass(frozen=True, slots=True)
class KeptOpening:
    """What is kept of the opening round: its request, and the hub's own contribution to the salt."""

    request: bytes
    contribution: bytes


FIT = RecordCodec(KeptFit, "round of a fit", 1)
COMPARISON = RecordCodec(KeptComparison, "round of a comparison", 1)
OPENING = RecordCodec(KeptOpening, "opening round", 1)


@contextmanager
def own_bytes() -> Iterator[None]:
    """Read what the hub itself kept: its digest was checked, so an earlier version wrote what does not."""
    try:
        yield
    except WireError as error:
        raise StudyFailed("it began under an earlier version of the hub: submit the study anew") from error


def pack_comparison(state: State, memory: Memory) -> bytes:
    """Put together what the hub keeps of a round of a comparison: the candidate is drawn anew."""
    kept = MemoryCodec().encode(memory.without_table())
    return COMPARISON.encode(KeptComparison(replace(state, memory=None), kept))


def unpack_comparison(packed: bytes) -> tuple[State, Memory]:
    """Return what :func:`pack_comparison` put together."""
    with own_bytes():
        kept = COMPARISON.decode(packed)
        memory = MemoryCodec().decode(kept.memory)
    return replace(kept.state, memory=memory.asked.candidate), memory


def told_sizes(known: Mapping[PartyId, Known]) -> Json:
    """Return rows and person buckets of each party whose rows were counted and are compared too."""
    return {
        party: [
            own.sizes.train,
            own.sizes.holdout,
            None if own.sizes.buckets is None else list(own.sizes.buckets),
        ]
        for party, own in known.items()
        if own.sizes is not None
    }


def sizes_known(told: Json) -> dict[PartyId, Known]:
    """Return what :func:`told_sizes` told, as what is known when a comparison begins."""
    found = {}
    for party, (train, holdout, buckets) in cast(
        "dict[str, tuple[int, int, list[int] | None]]", told or {}
    ).items():
        sizes = Sizes(train, holdout, None if buckets is None else (buckets[0], buckets[1]))
        found[PartyId(party)] = Known(sizes=sizes)
    return found
