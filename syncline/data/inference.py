"""Propose a schema from a table: a draft for a person to read, correct and publish.

What is inferred is *observed*: categories are the ones that occur, ranges are the extremes that occur. Such a
schema says something about single rows, so it is for the supplier's own use until a person has replaced
observed bounds by declared ones. Persons, keys and sensitive columns cannot be seen in data and are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from syncline.data.grid import Grid
from syncline.data.kinds import Kind
from syncline.data.scalars import KEY_LIMIT, Scalar, read_scalar
from syncline.data.schema import Schema
from syncline.data.section import shown
from syncline.data.variable import (
    MAX_CATEGORIES,
    MAX_LABEL,
    MAX_NAME,
    Variable,
    is_printable_line,
    normal_label,
)
from syncline.errors import DataError

MISSING_CODES = frozenset({"", "NA", "N/A", "?", "NaN", "nan", "null"})
"""Texts that mean missing wherever they fill a whole cell; no other code is guessed."""

MAX_INFERRED_DECIMALS = 9
"""The finest decimal grid that is looked for; finer numbers keep all bits of their floats."""

FREE_TEXT_DISTINCT = 100
"""Text with more distinct values than this, each in fewer than three rows on average, is free text."""

IDENTIFIER_ROWS = 50
"""From this many rows up, text that differs in every row is an identifier."""

_PADDED = re.compile(r"[-+]?0[0-9]")


def infer_schema(table: pa.Table) -> Schema:
    """Propose the schema of ``table``, whose columns may be text (as from CSV) or typed."""
    if table.num_columns == 0:
        raise DataError("the table has no columns")
    return Schema(variables=tuple(_variable(name, table.column(name)) for name in _checked_names(table)))


def _checked_names(table: pa.Table) -> list[str]:
    for position, name in enumerate(table.column_names, start=1):
        if not normal_label(name):
            raise DataError(f"column {position} has no name; give it one in the header")
        if not is_printable_line(name) or len(name) > MAX_NAME:
            raise DataError(
                f"column {position} is called {shown(name)!r}: a name has at most {MAX_NAME} characters, no"
                " control and no format characters; rename it"
            )
        if table.column_names.count(name) > 1:
            raise DataError(f"column {shown(name)!r} stands twice in the table; rename one")
    return list(table.column_names)


def _variable(name: str, column: pa.ChunkedArray) -> Variable:
    type_ = column.type
    if pa.types.is_dictionary(type_) and _is_text(type_.value_type):
        return _labelled(name, column)
    if pa.types.is_dictionary(type_):
        column = column.cast(type_.value_type)
        type_ = column.type
    if _is_text(type_):
        return _from_text(name, column)
    if pa.types.is_boolean(type_):
        return Variable(name=name, kind=Kind.BOOLEAN)
    if pa.types.is_null(type_):
        return Variable(name=name, kind=Kind.CONTINUOUS)
    if pa.types.is_integer(type_):
        return _from_integers(name, column)
    if pa.types.is_floating(type_) or pa.types.is_decimal(type_):
        return _from_floats(name, _finite(column))
    return _from_moments(name, column)


def _is_text(type_: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_)
    )


def _labelled(name: str, column: pa.ChunkedArray) -> Variable:
    """Describe a column that its owner declared to be categories, in their order where it has one."""
    declared = column.unify_dictionaries().chunk(0).dictionary.to_pylist() if column.num_chunks else []
    labels = [label for label in dict.fromkeys(map(normal_label, filter(None, declared))) if label]
    used = {normal_label(text) for text in column.cast(pa.string()).drop_null().unique().to_pylist()}
    if not used.intersection(labels):
        return Variable(name=name, kind=Kind.CONTINUOUS)
    if column.type.ordered:
        return Variable(name=name, kind=Kind.ORDINAL, categories=tuple(labels))
    return Variable(name=name, kind=Kind.CATEGORICAL, categories=tuple(sorted(used.intersection(labels))))


def _from_integers(name: str, column: pa.ChunkedArray) -> Variable:
    extremes = pc.min_max(column).as_py()
    low, high = extremes["min"], extremes["max"]
    if low is None:
        return Variable(name=name, kind=Kind.INTEGER)
    if max(-low, high) >= KEY_LIMIT:
        return Variable(name=name, kind=Kind.IDENTIFIER)
    return Variable(name=name, kind=Kind.INTEGER, range=(low, high))


def _finite(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    distinct = column.drop_null().cast(pa.float64(), safe=False).unique()
    values: npt.NDArray[np.float64] = distinct.to_numpy(zero_copy_only=False)
    return values[np.isfinite(values)]


def _from_floats(name: str, values: npt.NDArray[np.float64], missing: tuple[str, ...] = ()) -> Variable:
    """Describe numbers by the coarsest grid that holds them all."""
    if len(values) == 0:
        return Variable(name=name, kind=Kind.CONTINUOUS, missing=missing)
    low, high = float(values.min()), float(values.max())
    decimals = _decimals(values)
    if decimals == 0:
        return Variable(name=name, kind=Kind.INTEGER, range=(int(low), int(high)), missing=missing)
    return Variable(name=name, kind=Kind.CONTINUOUS, decimals=decimals, range=(low, high), missing=missing)


def _decimals(values: npt.NDArray[np.float64]) -> int | None:
    for decimals in range(MAX_INFERRED_DECIMALS + 1):
        if Grid(Kind.CONTINUOUS, decimals).holds(values).all():
            return decimals
    return None


def _from_moments(name: str, column: pa.ChunkedArray) -> Variable:
    """Describe a column of an Arrow type of dates or times, or refuse the type."""
    type_ = column.type
    kind, cast, zone = _moment_kind(type_)
    if kind is None or cast is None:
        raise DataError(f"column {shown(name)!r}: type {type_} cannot be synthesized; leave the column out")
    low, high = _extremes(column.cast(cast, safe=False))
    return Variable(name=name, kind=kind, zone=zone, range=None if low is None else (low, high))


def _extremes(column: pa.ChunkedArray) -> tuple[Any, Any]:  # Any: whatever Arrow's type is in Python
    """Return the least and greatest value; Arrow compares the integers within where a type has no order."""
    integers = pa.int64() if column.type.bit_width == 64 else pa.int32()
    extremes = pc.min_max(column.cast(integers))
    return tuple(extremes[end].cast(column.type).as_py() for end in ("min", "max"))


def _moment_kind(type_: pa.DataType) -> tuple[Kind | None, pa.DataType | None, str | None]:
    if pa.types.is_date(type_):
        return Kind.DATE, pa.date32(), None
    if pa.types.is_timestamp(type_):
        zone = type_.tz if type_.tz is None or "/" in type_.tz else "UTC"  # an offset names no zone
        return Kind.DATETIME, pa.timestamp("us", zone), zone
    if pa.types.is_time(type_):
        return Kind.TIME, pa.time64("us"), None
    if pa.types.is_duration(type_):
        return Kind.DURATION, pa.duration("us"), None
    return None, None, None


def _from_text(name: str, column: pa.ChunkedArray) -> Variable:
    """Describe text by the narrowest kind into which every value that is not missing can be read."""
    rows = _rows_of_texts(column)
    missing = tuple(sorted(rows.keys() & MISSING_CODES))
    distinct = sorted(rows.keys() - MISSING_CODES)
    if not distinct:
        return Variable(name=name, kind=Kind.CONTINUOUS, missing=missing)
    if {text.lower() for text in distinct} <= {"true", "false"}:
        return Variable(name=name, kind=Kind.BOOLEAN, missing=missing)
    numbers = _numbers(distinct)
    if numbers is not None:
        return _from_floats(name, numbers, missing)
    return _from_written_moments(name, distinct, missing) or _from_words(name, rows, distinct, missing)


def _rows_of_texts(column: pa.ChunkedArray) -> Counter[str]:
    """Count the rows of each text that is not null, as cells are compared."""
    rows: Counter[str] = Counter()
    for entry in column.drop_null().value_counts().to_pylist():
        rows[normal_label(entry["values"])] += entry["counts"]
    return rows


def _numbers(distinct: Sequence[str]) -> npt.NDArray[np.float64] | None:
    """Read numbers; text like 00123 is a code, and so are whole numbers beyond a float's exact ones."""
    if any(is_padded_code(text) for text in distinct):
        return None
    numbers = _all_read(distinct, Kind.CONTINUOUS, None)
    if numbers is None:
        return None
    values = np.array(numbers, dtype=np.float64)
    is_code = np.abs(values).max() >= 2**53 and _all_read(distinct, Kind.INTEGER, None) is not None
    return None if is_code else values


def _from_written_moments(name: str, distinct: Sequence[str], missing: tuple[str, ...]) -> Variable | None:
    for kind, zone in ((Kind.DATE, None), (Kind.DATETIME, None), (Kind.TIME, None), (Kind.DATETIME, "UTC")):
        values = _all_read(distinct, kind, zone)
        if values is not None:
            low, high = min(values), max(values)
            return Variable(name=name, kind=kind, zone=zone, range=(low, high), missing=missing)
    return None


def is_padded_code(text: str) -> bool:
    """Tell whether a number is written like a code, as 00123 is."""
    return _PADDED.match(text) is not None


def _all_read(texts: Sequence[str], kind: Kind, zone: str | None) -> list[Scalar] | None:
    try:
        return [read_scalar(text, kind, zone) for text in texts]
    except ValueError:
        return None


def _from_words(
    name: str, rows: Mapping[str, int], distinct: Sequence[str], missing: tuple[str, ...]
) -> Variable:
    held = sum(rows[text] for text in distinct)
    if len(distinct) == held >= IDENTIFIER_ROWS:
        return Variable(name=name, kind=Kind.IDENTIFIER, missing=missing)
    is_free = len(distinct) > FREE_TEXT_DISTINCT and 3 * len(distinct) > held
    is_label = all(len(text) <= MAX_LABEL and is_printable_line(text) for text in distinct)
    if is_free or not is_label or len(distinct) > MAX_CATEGORIES:
        return Variable(name=name, kind=Kind.TEXT, missing=missing)
    return Variable(name=name, kind=Kind.CATEGORICAL, categories=tuple(distinct), missing=missing)
