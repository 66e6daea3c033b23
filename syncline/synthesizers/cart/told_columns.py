"""The columns whose moments serve, side by side, so that each further one is compared with all at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from syncline.synthesizers.cart.measured import Measured, MomentParts, mean_products
from syncline.synthesizers.second_moments import SecondMoments

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_BLOCK = 64
"""Columns whose deviations lie in one array."""


class ToldColumns:
    """Columns in the order in which they were added, and what each is compared by in arrays.

    A table of a thousand columns has half a million pairs, so nothing is gathered pair by pair.
    """

    def __init__(self, spread: SecondMoments) -> None:
        self._spread = spread
        self._columns = list[Measured]()
        self._parts = MomentParts.of((), spread)
        self._blocks = list[Floats]()
        self.deviation: Floats = np.zeros(0)
        """The standard deviation of each column in the model's rows (k,)."""
        self.numbers: Ints = np.zeros(0, np.int64)
        """The places of the columns that are no logarithms, increasing."""

    def __len__(self) -> int:
        return len(self._columns)

    def __getitem__(self, place: int) -> Measured:
        return self._columns[place]

    def add(self, column: Measured) -> None:
        """Add a column whose terms are all counted."""
        place = len(self) % _BLOCK
        if place == 0:
            self._blocks.append(np.zeros((_BLOCK, len(column.whole))))
        whole = self._blocks[-1][place]
        whole[:] = column.whole
        if not column.scale.log:
            self.numbers = np.append(self.numbers, len(self))
        self._columns.append(replace(column, whole=whole))
        self._parts = self._parts.followed_by(MomentParts.of([column], self._spread))
        self.deviation = np.append(self.deviation, column.deviation)

    def drawn(self, own: Measured) -> Floats:
        """Return each column's mean product of deviations with ``own`` in the model's rows (k,)."""
        found = [mean_products(block, own.whole) for block in self._blocks]
        return np.concatenate([np.zeros(0), *found])[: len(self)]

    def counted(self, own: Measured) -> Floats:
        """Return the covariance of each column with ``own`` in real rows (k,)."""
        return self._parts.covariances(MomentParts.of([own], self._spread), self._spread)[:, 0]
