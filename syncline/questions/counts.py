"""Counts: a sparse vector of non-negative integers, the answer to every question that counts rows.

The algebra: ``Counts.empty(size)`` is the identity, ``merge`` is commutative and associative, and the counts
of a table are the merged counts of its parts.

Where a person column is declared, the first ``masked`` cells also carry the set of *person buckets* seen in
them, 64 bits a cell, merged by OR. The number of set bits never exceeds the number of distinct persons,
however a person's rows are spread over batches and suppliers, so a small-count rule that reads it errs on
the safe side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.equality import equal_fields

Ints: TypeAlias = npt.NDArray[np.int64]
Masks: TypeAlias = npt.NDArray[np.uint64]

_BITS = np.uint64(1) << np.arange(64, dtype=np.uint64)
"""The bit of each person bucket."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Positive counts at strictly increasing cell indices of a space of ``size`` cells.

    Attributes
    ----------
    size : number of cells, zero counts included
    index : cells with a count (k,), strictly increasing, below ``size``
    value : their counts (k,), all positive
    masks : person buckets of the cells below ``masked`` (the first j of ``index``), or None without persons
    masked : number of leading cells that carry masks
    """

    size: int
    index: Ints
    value: Ints
    masks: Masks | None = None
    masked: int = 0

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def __post_init__(self) -> None:
        if self.index.shape != self.value.shape or self.index.ndim != 1:
            raise ValueError("counts: index and value differ in shape")
        if len(self.index):
            if int(self.index[0]) < 0 or int(self.index[-1]) >= self.size or (np.diff(self.index) <= 0).any():
                raise ValueError("counts: indices must increase strictly within the cell space")
            if int(self.value.min()) <= 0:
                raise ValueError("counts: every count that is present must be positive")
        leading = int(np.searchsorted(self.index, self.masked))
        if self.masks is not None and len(self.masks) != leading:
            raise ValueError("counts: one person mask is needed for each leading cell")

    @classmethod
    def empty(cls, size: int, *, persons: bool = False, masked: int = 0) -> Counts:
        """Return the identity of ``merge``: no counts in ``size`` cells."""
        none = np.zeros(0, np.int64)
        return cls(size, none, none, np.zeros(0, np.uint64) if persons else None, masked if persons else 0)

    @classmethod
    def of_dense(cls, dense: Ints) -> Counts:
        """Return the counts of a dense vector (size,) without persons."""
        index = np.flatnonzero(dense)
        return cls(len(dense), index, dense[index].astype(np.int64))

    def dense(self) -> Ints:
        """Return all cells as a vector (size,)."""
        out = np.zeros(self.size, np.int64)
        out[self.index] = self.value
        return out

    def dense_masks(self) -> Masks | None:
        """Return the person masks of the leading ``masked`` cells (masked,), or None without persons."""
        if self.masks is None:
            return None
        out = np.zeros(self.masked, np.uint64)
        out[self.index[: len(self.masks)]] = self.masks
        return out

    @property
    def total(self) -> int:
        """The sum over all cells."""
        return int(self.value.sum())

    def merge(self, other: Counts) -> Counts:
        """Return the counts of both tables together."""
        return merge_counts((self, other))


def merge_counts(parts: Iterable[Counts]) -> Counts:
    """Merge counts over the same cell space; their order does not matter."""
    items = list(parts)
    first = items[0]
    if any(
        (c.size, c.masked, c.masks is None) != (first.size, first.masked, first.masks is None) for c in items
    ):
        raise ValueError("counts over different cell spaces cannot be merged")
    if len(items) == 1:
        return first
    every = np.concatenate([c.index for c in items])
    index, place = np.unique(every, return_inverse=True)
    value = np.zeros(len(index), np.int64)
    np.add.at(value, place, np.concatenate([c.value for c in items]))
    if first.masks is None:
        return Counts(first.size, index, value)
    masks = np.zeros(int(np.searchsorted(index, first.masked)), np.uint64)
    start = 0
    for item in items:
        assert item.masks is not None
        np.bitwise_or.at(masks, place[start : start + len(item.masks)], item.masks)
        start += len(item.index)
    return Counts(first.size, index, value, masks, first.masked)


def count_cells(cells: Ints, size: int) -> Counts:
    """Count how often each cell (n,) occurs, by a dense or a sorting pass, whichever is cheaper."""
    if _is_dense(size, len(cells)):
        return Counts.of_dense(np.bincount(cells, minlength=size))
    index, value = np.unique(cells, return_counts=True)
    return Counts(size, index.astype(np.int64), value.astype(np.int64))


def with_masks(counts: Counts, cells: Ints, buckets: npt.NDArray[np.uint8], masked: int) -> Counts:
    """Add to ``counts`` the person buckets (n,) of the ``cells`` (n,) below ``masked``."""
    low = cells < masked
    own, bucket = (cells, buckets) if low.all() else (cells[low], buckets[low])
    occupied = np.zeros(int(np.searchsorted(counts.index, masked)), np.uint64)
    np.bitwise_or.at(occupied, _places(counts, own, len(cells)), _BITS[bucket])
    return Counts(counts.size, counts.index, counts.value, occupied, masked)


def _places(counts: Counts, cells: Ints, n_rows: int) -> npt.NDArray[np.intp]:
    """Return where each of ``cells`` stands among those that were counted of ``n_rows`` rows."""
    if not _is_dense(counts.size, n_rows):
        return np.searchsorted(counts.index, cells)
    place = np.empty(counts.size, np.intp)
    place[counts.index] = np.arange(len(counts.index))
    return place[cells]


def _is_dense(size: int, n_rows: int) -> bool:
    """Tell whether a pass over all cells costs less than one that sorts the rows."""
    return size <= 4 * n_rows + 4096


def concatenate(parts: Iterable[Counts], *, persons: bool) -> Counts:
    """Lay cell spaces side by side; only the masks of fully masked parts are kept, in front."""
    items = [Counts.empty(0, persons=persons), *parts]
    offsets = np.cumsum([0] + [c.size for c in items])
    masked = 0
    masks: list[Masks] = []
    for item, offset in zip(items, offsets, strict=False):
        if item.masks is not None and item.masked:
            if masked != int(offset):
                raise ValueError("counts: masked cells must come first")
            masked = int(offset) + item.masked
            masks.append(item.masks)
    index = np.concatenate([c.index + o for c, o in zip(items, offsets, strict=False)]).astype(np.int64)
    value = np.concatenate([c.value for c in items]).astype(np.int64)
    joined = np.concatenate(masks) if masks else np.zeros(0, np.uint64)
    return Counts(int(offsets[-1]), index, value, joined if persons else None, masked)
