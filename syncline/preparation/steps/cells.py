"""Work on columns of text by their distinct values, and on rows across columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from syncline.preparation.steps.layout import Layout

Cell = str | None


def mapped(column: pa.Array, change: Callable[[str], Cell]) -> pa.Array:
    """Return ``column`` (n,) with ``change`` applied to each distinct text; null stays null."""
    encoded = column.dictionary_encode()
    texts = [change(text) or None for text in encoded.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(encoded.indices)


def combined(columns: Sequence[pa.Array], change: Callable[..., Cell]) -> pa.Array:
    """Return ``change`` of each row's cells (n,), reckoned once for equal cells."""
    known: dict[tuple[Cell, ...], Cell] = {}
    result = []
    for cells in zip(*(column.to_pylist() for column in columns), strict=True):
        if cells not in known:
            known[cells] = change(*cells) or None
        result.append(known[cells])
    return pa.array(result, pa.string())


def chosen_rows(column: pa.Array, test: Callable[[str], bool], missing: bool) -> npt.NDArray[np.bool_]:
    """Tell for each cell (n,) whether ``test`` holds; ``missing`` is the answer for null."""
    encoded = column.dictionary_encode()
    answers = np.array([test(text) for text in encoded.dictionary.to_pylist()] + [missing], np.bool_)
    places = encoded.indices.cast(pa.int64()).fill_null(len(answers) - 1)
    return np.asarray(answers[places.to_numpy(zero_copy_only=False)], dtype=np.bool_)


def with_column(rows: pa.RecordBatch, name: str, column: pa.Array) -> pa.RecordBatch:
    """Return ``rows`` with ``column`` in the place of its namesake, or behind all others."""
    place = rows.schema.get_field_index(name)
    if place < 0:
        return rows.append_column(pa.field(name, pa.string()), column)
    return rows.set_column(place, pa.field(name, pa.string()), column)


def with_changes(rows: pa.RecordBatch, names: Sequence[str], change: Callable[[str], Cell]) -> pa.RecordBatch:
    """Return ``rows`` with ``change`` applied to each distinct text of the columns ``names``."""
    for name in names:
        rows = with_column(rows, name, mapped(rows.column(name), change))
    return rows


def arranged(rows: pa.RecordBatch, made: dict[str, pa.Array], after: Layout) -> pa.RecordBatch:
    """Return ``rows`` with the columns ``made`` at the places that ``after`` gives them."""
    columns = {**dict(zip(rows.schema.names, rows.columns, strict=True)), **made}
    return pa.record_batch({name: columns[name] for name in after.carried})
