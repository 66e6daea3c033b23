"""What the hub keeps of a round in its payload store, put together and taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np

from syncline.compute.frames import Json
from syncline.data.blob import Array, pack, unpack
from syncline.protocols.asking import Memory
from syncline.protocols.transition import PartyId
from syncline.questions.known import Known, Sizes
from syncline.synthesizers.known_packing import put_known, take_known
from syncline.validation.federated.comparison import State, Step
from syncline.wire.exchange import MemoryCodec


def pack_fit(fit_state: bytes, memory: bytes) -> bytes:
    """Put together what the hub keeps of a round: the fit's state, and what its local parties remember."""
    return pack({}, {"fit": np.frombuffer(fit_state, np.uint8), "memory": np.frombuffer(memory, np.uint8)})


def unpack_fit(state: bytes) -> tuple[bytes, bytes]:
    """Return what :func:`pack_fit` put together."""
    _, arrays = unpack(state)
    return arrays["fit"].tobytes(), arrays["memory"].tobytes()


def pack_comparison(state: State, memory: Memory) -> bytes:
    """Put together what the hub keeps of a round of a comparison: the candidate is drawn anew."""
    kept = MemoryCodec().encode(memory.without_table())
    arrays: dict[str, Array] = {"memory": np.frombuffer(kept, np.uint8)}
    for number, step in enumerate(state.sums.values()):
        arrays[f"at{number}"], arrays[f"sums{number}"] = step.coefficients, step.sums
    known = put_known(state.known, arrays)
    return pack({"round": state.round, "models": list(state.sums), "known": known}, arrays)


def unpack_comparison(packed: bytes) -> tuple[State, Memory]:
    """Return what :func:`pack_comparison` put together."""
    head, arrays = unpack(packed)
    models = enumerate(cast("list[str]", head["models"]))
    steps = {text: Step(arrays[f"at{n}"], arrays[f"sums{n}"]) for n, text in models}  # type: ignore[arg-type]
    memory = MemoryCodec().decode(arrays["memory"].tobytes())
    known = take_known(head["known"], arrays)
    state = State(cast("int", head["round"]), memory.asked.candidate, steps, known)
    return state, memory


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
