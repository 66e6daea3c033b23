"""Count cells as they stream by, a batch at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from syncline.questions.counts import Counts, Ints, count_cells, merge_counts, with_masks

_MOST_PARTS = 4
"""Counts of batches that are held before they are merged."""


class CellTally:
    """Sum the counts of ``size`` cells; with ``persons`` the leading ``masked`` ones carry person buckets."""

    def __init__(self, size: int, masked: int, *, persons: bool) -> None:
        self._size = size
        self._masked = masked
        self._persons = persons
        self._parts: list[Counts] = []

    def add(self, cells: Ints, buckets: npt.NDArray[np.uint8] | None) -> None:
        """Add the ``cells`` (n,) of some rows, and with persons the bucket (n,) of each row's person."""
        counts = count_cells(cells, self._size)
        if self._persons:
            assert buckets is not None
            counts = with_masks(counts, cells, buckets, self._masked)
        self._parts.append(counts)
        if len(self._parts) > _MOST_PARTS:
            self._parts = [merge_counts(self._parts)]

    def total(self) -> Counts:
        """Return the counts of all that was added."""
        if not self._parts:
            return Counts.empty(self._size, persons=self._persons, masked=self._masked)
        return merge_counts(self._parts)
