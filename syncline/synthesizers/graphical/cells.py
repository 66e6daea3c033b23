"""The cells of an answer that hold rows, table by table: tables of many columns are nearly empty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook
from syncline.questions.counts import Counts
from syncline.questions.marginals import Marginals, shape_of

Ints = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class HeldCells:
    """The cells of one table that hold rows.

    Attributes
    ----------
    shape : the levels of each axis
    place : flat place of each cell in the table (c,), increasing
    rows : rows of each cell (c,)
    masks : person buckets of each cell (c,), None where they are not told
    """

    shape: tuple[int, ...]
    place: Ints
    rows: Ints
    masks: Masks | None

    def levels(self) -> Ints:
        """Return the level of each cell on each axis (axes, c)."""
        return np.stack(np.unravel_index(self.place, self.shape)).astype(np.int64)


def cells_of(question: Marginals, counts: Counts, codebook: Codebook) -> Iterator[HeldCells]:
    """Yield the cells of each set of an answer, in the order of the sets."""
    shapes = [shape_of(axes, codebook) for axes in question.sets]
    ends = np.cumsum([prod(shape) for shape in shapes]).astype(np.int64)
    first = 0
    for shape, end, last in zip(shapes, ends.tolist(), np.searchsorted(counts.index, ends), strict=True):
        masks = counts.masks[first:last] if counts.masks is not None and counts.masked else None
        yield HeldCells(
            shape, counts.index[first:last] - (end - prod(shape)), counts.value[first:last], masks
        )
        first = int(last)
