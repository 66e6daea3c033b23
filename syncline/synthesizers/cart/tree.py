"""One tree of the hub: its nodes so far and what the next level needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.synthesizers.nodes import Nodes

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]
Mask: TypeAlias = npt.NDArray[np.bool_]


def _none() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Pending:
    """Splits that were made and whose children are being counted.

    Attributes
    ----------
    node, predictor, left : the splits (s,), as they stand in the question
    rows_left, rows_right : rows of the children (s,)
    small_left : whether the left child is the smaller one and so the one that is counted (s,)
    counted : which splits have a child that is counted at all (s,)
    alive : predictors that had an admissible split in the node (s, p)
    cell, rows : the nodes' histograms, sparse: cells of ``[s, width, classes]`` and their counts (m,)
    """

    node: Ints = field(default_factory=_none)
    predictor: Ints = field(default_factory=_none)
    left: Bits = field(default_factory=lambda: np.zeros(0, np.uint64))
    rows_left: Ints = field(default_factory=_none)
    rows_right: Ints = field(default_factory=_none)
    small_left: Mask = field(default_factory=lambda: np.zeros(0, np.bool_))
    counted: Mask = field(default_factory=lambda: np.zeros(0, np.bool_))
    alive: Mask = field(default_factory=lambda: np.zeros((0, 0), np.bool_))
    cell: Ints = field(default_factory=_none)
    rows: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class GrowingTree:
    """A tree while it grows: finished once no split is pending.

    ``predictors`` are their places in the visit order (p,), None for all before the ``target``.
    """

    target: int
    nodes: Nodes
    pending: Pending
    root_impurity: float = 0.0
    predictors: Ints | None = None

    @property
    def places(self) -> Ints:
        """Places of the predictors in the visit order (p,), increasing."""
        return np.arange(self.target) if self.predictors is None else self.predictors

    @property
    def growing(self) -> bool:
        """Whether children are still to be counted."""
        return bool(self.pending.counted.any())
