"""How the bins of a tree's predictors lie side by side in its histograms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook, Coding

Ints: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TreeLayout:
    """The predictors of one tree and the classes of its target.

    Attributes
    ----------
    start, size : first bin and number of bins of each predictor (p,)
    named : which predictors are categories without an order (p,)
    classes : classes of the target, missing included
    ordered : whether the target's classes have an order
    missing_class : whether the last class means missing
    """

    start: Ints
    size: Ints
    named: npt.NDArray[np.bool_]
    classes: int
    ordered: bool
    missing_class: bool

    @classmethod
    def of(cls, codebook: Codebook, order: tuple[str, ...], target: int, places: Ints) -> TreeLayout:
        """Return the layout of the tree of the column at ``target`` of the order, by those at ``places``."""
        predictors = [codebook.column(order[place]) for place in places.tolist()]
        size = np.array([column.levels(Coding.BINS) for column in predictors], np.int64)
        start = np.concatenate([[0], np.cumsum(size)])[:-1].astype(np.int64) if len(size) else size
        own = codebook.column(order[target])
        named = np.array([not column.numeric for column in predictors], np.bool_)
        return cls(start, size, named, own.levels(Coding.CLASSES), own.numeric, own.keeps_missing)

    @property
    def width(self) -> int:
        """Bins of all predictors together."""
        return int(self.size.sum())

    def owner(self) -> Ints:
        """Return the predictor of each bin (width,)."""
        return np.repeat(np.arange(len(self.size)), self.size)
