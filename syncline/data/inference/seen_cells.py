"""What a column holds: its distinct labels, the rows of each, and how they follow each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from syncline.data.cell_text import distinct_text

Rows: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SeenCells:
    """The cells of a column that are not empty.

    Attributes
    ----------
    labels : the distinct texts (k,), as cells are compared, in the order of their first appearance
    rows : how many cells hold each (k,)
    places : the label of each cell (n_rows,), -1 where the cell is empty
    has_empty : whether a cell is written and empty (a null is not written)
    """

    labels: tuple[str, ...]
    rows: Rows
    places: Rows
    has_empty: bool = False

    @classmethod
    def of(cls, column: pa.ChunkedArray, where: str) -> SeenCells:
        """Read the cells of ``column``, typed ones as the text that they would have in a file."""
        found: dict[str, int] = {}
        places = [_places(chunk, where, found) for chunk in column.chunks]
        joined = np.concatenate([np.zeros(0, np.int64), *places])
        rows = np.bincount(joined[joined >= 0], minlength=len(found))
        seen = cls(tuple(found), rows, joined)
        return seen.only(np.array([bool(label) for label in found], np.bool_) & (rows > 0))

    @property
    def held(self) -> int:
        """How many cells are not empty."""
        return int(self.rows.sum())

    @property
    def runs(self) -> int:
        """How many runs of equal cells follow each other, empty ones passed over."""
        held = self.places[self.places >= 0]
        return int(np.count_nonzero(np.diff(held))) + bool(len(held))

    def without(self, labels: Collection[str]) -> SeenCells:
        """Return the cells with ``labels`` counted as empty."""
        return self.only(np.array([label not in labels for label in self.labels], np.bool_))

    def only(self, kept: Mask) -> SeenCells:
        """Return the cells with all labels counted as empty but those chosen (k,)."""
        if kept.all():
            return self
        new = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)
        labels = tuple(label for label, is_kept in zip(self.labels, kept.tolist(), strict=True) if is_kept)
        dropped = "" in self.labels and "" not in labels
        return SeenCells(labels, self.rows[kept], new[self.places], self.has_empty or dropped)

    def count(self, labels: Collection[str]) -> int:
        """Return how many cells hold one of ``labels``."""
        wanted = set(labels)
        return sum(int(n) for label, n in zip(self.labels, self.rows, strict=True) if label in wanted)

    def sorted_labels(self) -> list[str]:
        """Return the labels in the order of their characters."""
        return sorted(self.labels)


def _places(chunk: pa.Array, where: str, found: dict[str, int]) -> Rows:
    texts, places = distinct_text(chunk, where)
    known = [-1 if text is None else found.setdefault(text, len(found)) for text in texts.to_pylist()]
    return np.array([*known, -1], np.int64)[places]


def sample(labels: Sequence[str], most: int = 3) -> str:
    """Return a few labels as people read them in a note."""
    listed = ", ".join(repr(_short(label)) for label in labels[:most])
    return listed if len(labels) <= most else f"{listed} and {len(labels) - most} more"


def _short(label: str) -> str:
    return label if len(label) <= 24 else label[:21] + "..."
