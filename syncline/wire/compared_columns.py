"""The columns of a comparison as messages."""

from __future__ import annotations

from typing import Any

from syncline.errors import WireError
from syncline.questions.growth import ComparedColumns
from syncline.wire import strict
from syncline.wire.codebooks import MAX_COLUMNS
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb

MAX_CATEGORIES = 1 << 20


def columns_to_proto(compared: ComparedColumns) -> list[pb.ComparedColumn]:
    """Return the messages of compared columns."""
    pairs = zip(compared.names, compared.merged, strict=True)
    return [pb.ComparedColumn(name=name, merged=merged) for name, merged in pairs]


def compared(messages: Any) -> ComparedColumns:  # Any: a repeated field
    """Return the compared columns of messages."""
    strict.few("comparison.columns", len(messages), MAX_COLUMNS)
    found = names("comparison.columns", [message.name for message in messages])
    for message in messages:
        strict.few("comparison.merged", len(message.merged), MAX_CATEGORIES)
    return ComparedColumns(found, tuple(tuple(message.merged) for message in messages))


def names(field: str, given: Any) -> tuple[str, ...]:  # Any: a repeated field
    """Return names of columns, each of which stands once."""
    listed = tuple(given)
    strict.few(field, len(listed), MAX_COLUMNS)
    if len(set(listed)) != len(listed):
        raise WireError(f"{field}: a column is named twice")
    return tuple(strict.sentence(field, name, 128) for name in listed)
