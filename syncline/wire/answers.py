"""Answers as messages: sparse counts and sums of integers."""

from __future__ import annotations

import numpy as np

from syncline.errors import WireError
from syncline.questions.counts import Counts, Ints
from syncline.questions.question import Answer
from syncline.questions.sums import Sums
from syncline.wire import strict
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb
from syncline.wire.varint import decode_varints, encode_varints

MAX_CELLS = 1 << 40
MAX_FILLED_CELLS = 1 << 26
MAX_COUNT = 1 << 48
"""Rows of a cell at most, so that no sum over suppliers and cells comes near 64 bits."""
_SUM_BYTES = 32
_MAX_SUMS = 1 << 20


def answer_to_proto(answer: Answer) -> pb.Answer:
    """Return the message of an answer."""
    if isinstance(answer, Sums):
        values = b"".join(v.to_bytes(_SUM_BYTES, "little", signed=True) for v in answer.values)
        return pb.Answer(sums=pb.Sums(values=values))
    gaps = np.diff(answer.index, prepend=np.int64(-1)) - 1
    masks = b"" if answer.masks is None else answer.masks.astype("<u8").tobytes()
    return pb.Answer(
        counts=pb.Counts(
            size=answer.size,
            gaps=encode_varints(gaps),
            values=encode_varints(answer.value - 1),
            persons=answer.masks is not None,
            masked=answer.masked,
            masks=masks,
        )
    )


def answer_from_proto(message: pb.Answer) -> Answer:
    """Return the answer of a message; raise WireError naming the field that does not read."""
    match message.WhichOneof("kind"):
        case "counts":
            return _counts(message.counts)
        case "sums":
            return _sums(message.sums)
        case _:
            raise WireError("answer.kind: expected counts or sums")


def _counts(message: pb.Counts) -> Counts:
    size = strict.natural("counts.size", message.size, MAX_CELLS)
    masked = strict.natural("counts.masked", message.masked, size)
    gaps = decode_varints("counts.gaps", message.gaps, min(size, MAX_FILLED_CELLS))
    values = decode_varints("counts.values", message.values, min(size, MAX_FILLED_CELLS))
    if len(gaps) != len(values):
        raise WireError(f"counts.values: expected {len(gaps)} counts, got {len(values)}")
    if len(values) and int(values.max()) >= MAX_COUNT:
        raise WireError(f"counts.values: a count is above {MAX_COUNT}")
    index = _cells(gaps, size)
    masks = None
    if message.persons:
        leading = int(np.searchsorted(index, masked))
        if len(message.masks) != 8 * leading:
            raise WireError(f"counts.masks: expected {8 * leading} bytes, got {len(message.masks)}")
        masks = np.frombuffer(message.masks, "<u8").astype(np.uint64)
    elif message.masks or masked:
        raise WireError("counts.masks: person buckets without a person column")
    return Counts(size, index, values + 1, masks, masked)


def _cells(gaps: Ints, size: int) -> Ints:
    """Return the cells that the gaps lead to; no partial sum is taken before it is known to fit."""
    if len(gaps) and (int(gaps.max()) >= size or float(gaps.astype(np.float64).sum()) > 2 * MAX_CELLS):
        raise WireError(f"counts.gaps: a cell lies beyond the {size} cells of the answer")
    index = np.cumsum(gaps + 1) - 1
    if len(index) and int(index[-1]) >= size:
        raise WireError(f"counts.gaps: a cell lies beyond the {size} cells of the answer")
    return np.asarray(index, np.int64)


def _sums(message: pb.Sums) -> Sums:
    data = message.values
    if len(data) % _SUM_BYTES or len(data) > _MAX_SUMS * _SUM_BYTES:
        raise WireError(f"sums.values: expected integers of {_SUM_BYTES} bytes, at most {_MAX_SUMS}")
    parts = range(0, len(data), _SUM_BYTES)
    return Sums(tuple(int.from_bytes(data[i : i + _SUM_BYTES], "little", signed=True) for i in parts))
