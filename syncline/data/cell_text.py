"""The text of cells: what a typed value would look like in a CSV file, so that both are read alike.

A column whose type is not the natural one of its variable (numbers that stand for categories, timestamps in
a column of dates) is read as its text. The text form of each Arrow type is the one that ``pandas`` and Arrow
write; spans of time are in ISO 8601.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from syncline.data.labels import normal_label
from syncline.data.scalars import write_scalar
from syncline.errors import DataError

_UNSEEN = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]"


def distinct_text(column: pa.Array, where: str) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """Return the distinct texts of ``column``, trimmed and in NFC, and each cell's position among them.

    Positions are -1 where a cell is null. Texts may repeat where they differed only in white space or normal
    form. ``where`` names file and column in messages.
    """
    encoded = _encoded(column, where)
    texts = _to_text(encoded.dictionary)
    return normal_text(texts), positions(encoded.indices)


def normal_text(texts: pa.Array) -> pa.Array:
    """Return ``texts`` (n,) as labels are compared: trimmed, in NFC, without characters that nobody sees."""
    trimmed = pc.utf8_trim_whitespace(texts)
    if pc.all(pc.string_is_ascii(trimmed)).as_py() is False:
        trimmed = pc.utf8_normalize(trimmed, form="NFC")
    unseen = pc.match_substring_regex(trimmed, _UNSEEN).fill_null(False)
    if not pc.any(unseen).as_py():
        return trimmed
    cells = [normal_label(text) for text in trimmed.filter(unseen).to_pylist()]
    return pc.replace_with_mask(trimmed, unseen, pa.array(cells, pa.string()))


def unseen_cells(column: pa.Array) -> int:
    """Return how many cells of text lose characters that nobody sees, or a break of the line, as labels."""
    if pa.types.is_dictionary(column.type) and pa.types.is_string(column.type.value_type):
        column = column.cast(pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return 0
    trimmed = pc.utf8_normalize(pc.utf8_trim_whitespace(column), form="NFC")
    found = trimmed.filter(pc.match_substring_regex(trimmed, _UNSEEN).fill_null(False)).value_counts()
    changed = (cell["counts"] for cell in found.to_pylist() if normal_label(cell["values"]) != cell["values"])
    return sum(changed)


def is_text_dictionary(column: pa.Array) -> bool:
    """Tell whether ``column`` is a dictionary array whose dictionary holds text."""
    return pa.types.is_dictionary(column.type) and bool(pa.types.is_string(column.type.value_type))


def plain_text(column: pa.Array, where: str) -> pa.Array:
    """Return the text of each cell of ``column`` (n,) as it stands, neither trimmed nor normalized."""
    if pa.types.is_string(column.type):
        return column
    encoded = _encoded(column, where)
    return _to_text(encoded.dictionary).take(encoded.indices)


def positions(indices: pa.Array) -> npt.NDArray[np.int64]:
    """Return the indices of a dictionary array as int64, with -1 for null."""
    filled = indices.cast(pa.int64()).fill_null(-1)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.int64)


def _encoded(column: pa.Array, where: str) -> pa.DictionaryArray:
    """Return ``column`` as a dictionary array, or refuse a type that has no text."""
    is_encoded = pa.types.is_dictionary(column.type)
    kind = column.type.value_type if is_encoded else column.type
    if not _has_text(kind):
        raise DataError(f"{where}: values of type {kind} cannot be read; store them as text or numbers")
    return column if is_encoded else _encodable(_without_nan(column)).dictionary_encode()


def _encodable(column: pa.Array) -> pa.Array:
    """Return ``column`` in a type that Arrow encodes; narrow decimals are none, and fit into wider ones."""
    kind = column.type
    if pa.types.is_decimal32(kind) or pa.types.is_decimal64(kind):
        return column.cast(pa.decimal128(kind.precision, kind.scale))
    return column


def _without_nan(column: pa.Array) -> pa.Array:
    """Return ``column`` with its NaN as nulls: floating-point columns have no other word for missing."""
    if not pa.types.is_floating(column.type):
        return column
    return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)


def _to_text(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_float16(kind):  # Arrow writes all bits of it, NumPy the shortest decimal that has them
        return pa.array(
            [None if value is None else str(np.float16(value)) for value in values.to_pylist()], pa.string()
        )
    if pa.types.is_float64(kind):
        return pa.array([None if value is None else repr(value) for value in values.to_pylist()], pa.string())
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return values.cast(pa.timestamp(kind.unit, "UTC")).cast(pa.string())
    if pa.types.is_duration(kind):
        spans = values.cast(pa.duration("us"), safe=False).to_pylist()
        return pa.array([None if span is None else write_scalar(span) for span in spans], pa.string())
    return values.cast(pa.string())


def _has_text(kind: pa.DataType) -> bool:
    tests = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_string_view,
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_boolean,
        pa.types.is_decimal,
        pa.types.is_date,
        pa.types.is_timestamp,
        pa.types.is_time,
        pa.types.is_duration,
        pa.types.is_null,
    )
    return any(test(kind) for test in tests)
