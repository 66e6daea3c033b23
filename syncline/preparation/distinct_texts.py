"""The distinct texts of columns, up to a limit: what a draft or a code list is made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from syncline.preparation.prepared_source import BATCH_ROWS
from syncline.preparation.prepared_view import as_text
from syncline.sources.source import Source

MAX_TEXTS = 10_000
"""Distinct texts that are kept of one column."""


@dataclass(slots=True)
class TextCount:
    """How many cells hold a text, and the first row that does, from 1."""

    cells: int
    row: int


@dataclass(slots=True)
class DistinctTexts:
    """Hold the distinct texts of a column in the order in which they came, and what was not kept.

    Attributes
    ----------
    missing : empty cells
    beyond : cells whose texts there was no room for
    """

    texts: dict[str, TextCount] = field(default_factory=dict, repr=False)
    missing: int = 0
    beyond: int = 0

    @property
    def is_cut(self) -> bool:
        """Whether there were more texts than are kept."""
        return self.beyond > 0

    @property
    def are_padded(self) -> bool:
        """Whether white space stands around some text."""
        return any(text != text.strip() for text in self.texts)

    def cells(self, texts: Iterable[str]) -> int:
        """Return how many cells hold one of ``texts``."""
        return sum(self.texts[text].cells for text in texts)

    def rows(self, texts: Iterable[str], most: int) -> list[int]:
        """Return the first rows of ``texts``, the least first, at most ``most``."""
        return sorted(self.texts[text].row for text in texts)[:most]

    def add(self, column: pa.Array, first_row: int) -> None:
        """Take the cells (n,) of further rows, as long as there is room for their texts."""
        encoded = column.dictionary_encode()
        places = encoded.indices.to_numpy(zero_copy_only=False)
        self.missing += column.null_count
        rows = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
        _, first, cells = np.unique(places[rows].astype(np.int64), return_index=True, return_counts=True)
        for text, place, count in zip(
            encoded.dictionary.to_pylist(), first.tolist(), cells.tolist(), strict=True
        ):
            if text in self.texts:
                self.texts[text].cells += count
            elif len(self.texts) < MAX_TEXTS:
                self.texts[text] = TextCount(count, first_row + int(rows[place]))
            else:
                self.beyond += count


def distinct_texts(source: Source, columns: Sequence[str]) -> dict[str, DistinctTexts]:
    """Read a source from end to end and return the distinct texts of ``columns``."""
    found = {name: DistinctTexts() for name in columns}
    rows = 0
    for batch in source.batches(None, BATCH_ROWS):
        text = as_text(batch, source)
        for name, texts in found.items():
            texts.add(text.column(name), rows + 1)
        rows += batch.num_rows
    return found
