"""Pairs of columns in a model: the classes of a column are drawn more or less often beside another's groups.

A tree sees the column that it predicts in leaves, each a conjunction of a few splits. What two columns have
in common beyond that is in a table of factors, by which a leaf's shares are multiplied, row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FACTOR_BITS = 16
"""Binary places of a factor."""
MOST_FACTOR = 64
"""A factor, or one divided by it, at most."""
MOST_FACTORS = 24
"""Columns beside which a column has factors, at most: so their product stays within a float's range."""


@dataclass(frozen=True, slots=True)
class PairFactors:
    """Factors of the classes of a column beside the groups of one that is drawn before it.

    Attributes
    ----------
    place : place of the other column in the visit order
    group : group of each of its bins (bins,)
    factor : in units of ``2**-FACTOR_BITS`` (groups, classes)
    """

    place: int
    group: npt.NDArray[np.uint8]
    factor: npt.NDArray[np.uint32]

    def of(self, bins: npt.NDArray[np.uint8]) -> Floats:
        """Return the factors (n, classes) of rows with these bins in all columns (n, columns)."""
        factors = np.asarray(self.factor * 2.0**-FACTOR_BITS, np.float64)
        return np.take(factors, self.group.astype(np.intp)[bins[:, self.place]], axis=0)


def raked(weights: Floats, factors: Sequence[PairFactors], bins: npt.NDArray[np.uint8]) -> Floats:
    """Return weights (n, classes) times all factors of each row."""
    product = weights.copy()
    for one in factors:
        product *= one.of(bins)
    return product
