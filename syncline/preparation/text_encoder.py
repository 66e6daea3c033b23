"""Columns of text as places in the list of the distinct texts that they have held so far.

Most columns hold few distinct texts, however long they are. Then whatever is done to a cell is done once for
each text and not for each cell, and the list is the same from batch to batch, so that even that is remembered
(:mod:`~syncline.preparation.dictionary_memo`). A column whose list would grow too long is left as it is.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

MAX_TEXTS = 32_768
"""Distinct texts of one column that are kept: half as many as a batch has rows."""

MAX_TEXT_BYTES = 2 * 1024 * 1024
"""What they may take together."""

_NO_TEXTS = pa.array([None], pa.string())


class TextEncoder:
    """Encode one column in the course of one pass; the first entry of its dictionary stands for null.

    So no index is null, and what becomes of a missing cell is said in the dictionary alone.
    """

    def __init__(self) -> None:
        self._known = _NO_TEXTS
        self._texts = _NO_TEXTS
        self._is_long = False

    def encode(self, column: pa.Array) -> pa.Array:
        """Return the texts of ``column`` (n,) with null for empty ones: a dictionary array, or text."""
        places = None if self._is_long else self._places(column)
        if places is None:
            return without_empty(column)
        return pa.DictionaryArray.from_arrays(places, self._texts, safe=False)

    def _places(self, column: pa.Array) -> pa.Array | None:
        """Return the place of each cell among the known texts, None where these become too many."""
        places = pc.index_in(column, value_set=self._known)
        if places.null_count:
            self._learn(column.filter(places.is_null()).unique())
            places = None if self._is_long else pc.index_in(column, value_set=self._known)
        return places

    def _learn(self, texts: pa.Array) -> None:
        known = pa.concat_arrays([self._known, texts])
        self._is_long = len(known) > MAX_TEXTS or known.nbytes > MAX_TEXT_BYTES
        self._known = _NO_TEXTS if self._is_long else known
        self._texts = without_empty(self._known)


def without_empty(column: pa.Array) -> pa.Array:
    """Return ``column`` (n,) of text with null in the place of empty texts."""
    empty = pc.equal(pc.binary_length(column), 0)
    return pc.if_else(empty, pa.scalar(None, pa.string()), column) if pc.any(empty).as_py() else column


def decoded(column: pa.Array) -> pa.Array:
    """Return a column of text (n,) with its texts at length."""
    return column.dictionary.take(column.indices) if is_encoded(column) else column


def is_encoded(column: pa.Array) -> bool:
    """Tell whether a column is held as places in a dictionary."""
    return bool(pa.types.is_dictionary(column.type))
