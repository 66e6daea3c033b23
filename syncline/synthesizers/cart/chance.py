"""What the best cut of a predictor gains where the predictor tells nothing of the target.

A search over many cuts finds one that fits the rows at hand, and over more cuts a better one: trees would
split by the columns of most levels (Loh and Shih 1997; Hothorn, Hornik, Zeileis 2006,
doi:10.1198/106186006X133933), and their leaves would remember who was learnt. So a cut is worth what it gains
beyond chance. With ``V`` the impurity of one row of the node, the classes of ``g`` levels that were dealt out
by lot differ by ``(g - 1) V`` in the mean. Of this the best cut takes

- about 2/pi where levels are put in order by their own classes, as names are: the square of the mean of
  absolute normal deviates, which part at their mean;
- about 2 V where the order is fixed, as of numbers, however many cuts there are: for 8 to 63 bins it is 1.6
  to 2 V with eight classes, 2.1 to 2.8 V with twelve in order, 2.5 to 3.8 V with two (the largest of
  chi-squared values that hang together; Miller and Siegmund 1982, doi:10.2307/2529881).

The first holds for a target of two classes. With more of them the order that is best for one is not best for
another, and names gain less by chance; more is taken off them then, since they remember most.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.synthesizers.cart.layout import TreeLayout

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

SHARE = 2 / np.pi
"""Part of what levels differ by that their best cut takes, where they are in order of their classes."""
MOST_FIXED = 2.0
"""Impurities of one row that the best cut of a fixed order gains by chance, where it has levels enough."""


def gains_by_chance(spread: Floats, levels: Ints, layout: TreeLayout) -> Floats:
    """Return what each predictor's best cut gains by chance (n, p).

    ``spread`` is the impurity of one row in each node, ``levels`` how many levels of a predictor hold rows of
    it, both (n, p).
    """
    taken = SHARE * np.maximum(levels - 1, 0)
    rows = np.where(layout.named, taken, np.minimum(taken, MOST_FIXED))
    return np.asarray(rows * spread, np.float64)
