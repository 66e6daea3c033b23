"""Work on columns of text by their distinct values, and on rows across columns.

Columns come as text or, where they hold few distinct texts, as places in a dictionary that only grows in the
course of a pass. A function of a cell's text is reckoned once for each text of a dictionary, and for other
columns once for each distinct text of a batch that its *shortcut*, a rule for whole columns, leaves over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from syncline.preparation.dictionary_memo import DictionaryMemo
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.text_encoder import decoded, is_encoded

CellText = str | None
Mask: TypeAlias = npt.NDArray[np.bool_]
Change: TypeAlias = Callable[[str], CellText]
Shortcut: TypeAlias = Callable[[pa.Array], tuple[pa.Array, Mask | None]]
"""Change a column of text (n,) as far as a rule reaches; tell what is left over, None for nothing."""


class TextMap:
    """Change the cells of one column; null stays null, or becomes ``filling``."""

    def __init__(self, change: Change, shortcut: Shortcut | None = None, filling: CellText = None) -> None:
        self._change = change
        self._shortcut = shortcut
        self._filling = filling
        self._memo: DictionaryMemo[pa.Array] = DictionaryMemo(
            self._changed, lambda one, two: pa.concat_arrays([one, two])
        )

    def of(self, column: pa.Array) -> pa.Array:
        """Return ``column`` (n,) changed, and the very same where nothing in it changes."""
        if is_encoded(column):
            before = column.dictionary
            after = self._memo.of(before)
            if after.equals(before):
                return column
            return pa.DictionaryArray.from_arrays(column.indices, after, safe=False)
        if self._shortcut is None or self._filling is not None:
            return self._by_distinct(column)
        changed, left = self._shortcut(column)
        if left is None or not left.any():
            return changed
        mask = pa.array(left)
        return pc.replace_with_mask(changed, mask, self._by_distinct(column.filter(mask)))

    def _by_distinct(self, column: pa.Array) -> pa.Array:
        encoded = column.dictionary_encode(null_encoding="encode")
        return self._changed(encoded.dictionary).take(encoded.indices)

    def _changed(self, texts: pa.Array) -> pa.Array:
        cells = texts.to_pylist()
        changed = [self._filling if text is None else self._change(text) or None for text in cells]
        return pa.array(changed, pa.string())


class TextTest:
    """Tell for the cells of one column whether something holds; ``missing`` is the answer for null."""

    def __init__(self, test: Callable[[str], bool], missing: bool) -> None:
        self._test = test
        self._missing = missing
        self._memo: DictionaryMemo[Mask] = DictionaryMemo(
            self._answers, lambda one, two: np.concatenate([one, two])
        )

    def of(self, column: pa.Array) -> Mask:
        """Return the answers (n,)."""
        if is_encoded(column):
            answers = self._memo.of(column.dictionary)
        else:
            column = column.dictionary_encode(null_encoding="encode")
            answers = self._answers(column.dictionary)
        if not answers.any():
            return np.zeros(len(column), np.bool_)
        places: npt.NDArray[np.int32] = column.indices.to_numpy()
        return answers[places]

    def _answers(self, texts: pa.Array) -> Mask:
        cells = texts.to_pylist()
        return np.array([self._missing if text is None else self._test(text) for text in cells], np.bool_)


def maps_of(names: Sequence[str], change: Change, shortcut: Shortcut | None = None) -> dict[str, TextMap]:
    """Return the same change for each of some columns."""
    return {name: TextMap(change, shortcut) for name in names}


def combined(columns: Sequence[pa.Array], change: Callable[..., CellText]) -> pa.Array:
    """Return ``change`` of each row's cells (n,), reckoned once for equal cells."""
    known: dict[tuple[CellText, ...], CellText] = {}
    result = []
    for cells in zip(*(decoded(column).to_pylist() for column in columns), strict=True):
        if cells not in known:
            known[cells] = change(*cells) or None
        result.append(known[cells])
    return pa.array(result, pa.string())


def missing_cells(column: pa.Array) -> Mask:
    """Tell for each cell (n,) whether it is missing."""
    if not is_encoded(column):
        return np.asarray(column.is_null().to_numpy(zero_copy_only=False), np.bool_)
    missing = column.dictionary.is_null().to_numpy(zero_copy_only=False)
    return np.asarray(missing[column.indices.to_numpy()], np.bool_)


def with_column(rows: pa.RecordBatch, name: str, column: pa.Array) -> pa.RecordBatch:
    """Return ``rows`` with ``column`` in the place of its namesake, or behind all others."""
    place = rows.schema.get_field_index(name)
    if place < 0:
        return rows.append_column(pa.field(name, column.type), column)
    return rows.set_column(place, pa.field(name, column.type), column)


def with_changes(rows: pa.RecordBatch, maps: Mapping[str, TextMap]) -> pa.RecordBatch:
    """Return ``rows`` with the columns that ``maps`` names changed."""
    columns = dict(zip(rows.schema.names, rows.columns, strict=True))
    for name, change in maps.items():
        columns[name] = change.of(columns[name])
    return pa.record_batch(columns)


def arranged(rows: pa.RecordBatch, made: dict[str, pa.Array], after: ColumnLayout) -> pa.RecordBatch:
    """Return ``rows`` with the columns ``made`` at the places that ``after`` gives them."""
    columns = {**dict(zip(rows.schema.names, rows.columns, strict=True)), **made}
    return pa.record_batch({name: columns[name] for name in after.carried})
