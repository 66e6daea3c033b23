"""Codebooks as messages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook, ColumnCodes
from syncline.data.gap import Gap
from syncline.data.variable import MAX_NAME
from syncline.errors import WireError
from syncline.wire import strict
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb

MAX_COLUMNS = 4096
MAX_CODES = 65_535
MAX_SEGMENTS = 1 << 18
MAX_BINS = 64
MAX_CLASSES = 64
MAX_CODED_NAME = 3 * MAX_NAME
"""The longest name of what is coded, in characters: that of a gap names two columns."""


def codebook_to_proto(codebook: Codebook) -> pb.Codebook:
    """Return the message of a codebook."""
    return pb.Codebook(
        columns=[
            pb.ColumnCodes(
                name=column.name,
                numeric=column.numeric,
                n_codes=column.n_codes,
                missing=column.missing,
                keeps_missing=column.keeps_missing,
                segment_low=column.segment_low.tolist(),
                segment_code=column.segment_code.tolist(),
                bins=column.bins.tolist(),
                classes=column.classes.tolist(),
                cells=column.cells.tolist(),
                gap=gap_to_proto(column.gap),
            )
            for column in codebook.columns
        ]
    )


def codebook_from_proto(message: pb.Codebook) -> Codebook:
    """Return the codebook of a message; raise WireError naming the column that does not read."""
    strict.few("codebook.columns", len(message.columns), MAX_COLUMNS)
    try:
        return Codebook(tuple(_column(column) for column in message.columns))
    except ValueError as error:
        raise WireError(str(error)) from None


def _column(message: pb.ColumnCodes) -> ColumnCodes:
    name = strict.sentence("codebook.name", message.name, MAX_CODED_NAME)
    where = f"codebook.{name}"
    n_codes = strict.natural(f"{where}.n_codes", message.n_codes, MAX_CODES)
    strict.few(f"{where}.segment_low", len(message.segment_low), MAX_SEGMENTS)
    return ColumnCodes(
        name,
        message.numeric,
        np.array(message.segment_low, np.int64),
        _lookup(f"{where}.segment_code", message.segment_code, MAX_CODES),
        n_codes,
        message.missing,
        message.keeps_missing,
        _lookup(f"{where}.bins", message.bins, MAX_BINS),
        _lookup(f"{where}.classes", message.classes, MAX_CLASSES),
        _lookup(f"{where}.cells", message.cells, MAX_CODES),
        gap_from_proto(name, message.gap) if message.HasField("gap") else None,
    )


def gap_to_proto(gap: Gap | None) -> pb.Gap | None:
    """Return the message of a gap; its name is that of what holds it."""
    return None if gap is None else pb.Gap(of=gap.of, base=gap.base, below=not gap.above)


def gap_from_proto(name: str, message: pb.Gap) -> Gap:
    """Return the gap of a message that is coded as ``name``; raise WireError where it does not read."""
    of = strict.sentence("gap.of", message.of, MAX_NAME)
    return Gap(name, of, strict.sentence("gap.base", message.base, MAX_NAME), not message.below)


def _lookup(field: str, values: Sequence[int], below: int) -> npt.NDArray[np.uint16]:
    strict.few(field, len(values), MAX_SEGMENTS)
    array = np.array(values, np.int64)
    if len(array) and int(array.max()) >= below:
        raise WireError(f"{field}: a code is not below {below}")
    return array.astype(np.uint16)
