"""What two columns tell of each other given others, from exact counts and in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.logarithm import log2
from syncline.synthesizers.graphical.cells import HeldCells

Ints = npt.NDArray[np.int64]

BITS = 16
"""Binary places of what is told, in bits: with them that of 2**40 rows is a whole number of 63 bits."""
NAT = 94_548
"""A natural unit, 1 / ln 2 bits, in units of ``2**-BITS``."""


@dataclass(frozen=True, slots=True)
class Tie:
    """What rows tell of two columns given others.

    Attributes
    ----------
    told : the rows times the conditional mutual information, in units of ``2**-BITS`` bits
    free : the free numbers that this takes
    """

    told: int
    free: int

    @classmethod
    def of(cls, cells: HeldCells) -> Tie:
        """Return the tie of the last two axes of a table given the others.

        Told is ``sum n log(n n_S / (n_aS n_bS))``, half of the likelihood ratio statistic (Kullback 1959,
        Information Theory and Statistics, chapter 8). Free are the cells that hold rows, of each margin, with
        the same signs: a cell that nothing falls into takes no number (Bishop, Fienberg and Holland 1975,
        Discrete Multivariate Analysis, section 5.4).
        """
        first, second = cells.shape[-2:]
        given = cells.place // (first * second)
        beside_second = given * second + cells.place % second
        told, free = 0, 0
        margins = (1, cells.place), (-1, cells.place // second), (-1, beside_second), (1, given)
        for sign, margin in margins:
            _, place = np.unique(margin, return_inverse=True)
            held = np.bincount(place, cells.rows).astype(np.float64)
            told += sign * int(weighted(held).sum())
            free += sign * len(held)
        return cls(max(told, 0), max(free, 1))

    def gain(self, penalty: int) -> int:
        """Return ten times what is told beyond ``penalty`` tenths of a natural unit for each free number."""
        return 10 * self.told - penalty * NAT * self.free


def weighted(rows: npt.NDArray[np.float64]) -> Ints:
    """Return ``n log2 n`` of whole numbers, in units of ``2**-BITS``: rounded, so that sums have no order."""
    return np.rint(np.ldexp(rows * log2(rows), BITS)).astype(np.int64)
