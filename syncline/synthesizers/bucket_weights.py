"""What rows weigh as evidence where persons have several: no bucket of persons more than enough others do.

A piece of a line knows its rows and the buckets that its persons fall into, not whose rows they are. They are
split evenly among its buckets, and the bucket that weighs most counts for no more than the ``min_cell``-th
heaviest: whoever has 400 rows weighs about as much as others. What fewer than ``min_cell`` people could have
made must besides be seen where the buckets that show it most are left out.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.buckets import PERSON_BUCKETS

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]
Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

_UNIT = 1024.0
"""Weights are whole numbers of this part of a row, so that their sums are exact in any order."""


def weights_by_bucket(masks: Bits, rows: Ints, min_cell: int) -> Floats:
    """Return what the rows (p,) of pieces weigh in each bucket of persons (buckets, p)."""
    places = np.arange(PERSON_BUCKETS, dtype=np.uint64)[:, None]
    within = ((masks[None, :] >> places) & np.uint64(1)).astype(np.float64)
    own = np.floor(within * rows * (_UNIT / np.maximum(within.sum(axis=0), 1.0)))
    total = own.sum(axis=1)
    most = np.sort(total)[-min_cell] if min_cell <= PERSON_BUCKETS else 0.0
    factor = np.minimum(most / np.maximum(total, 1.0), 1.0)
    weights: Floats = np.floor(own * factor[:, None]) / _UNIT
    return weights


def without_heaviest(by_bucket: Floats, chosen: Mask, min_cell: int) -> Floats:
    """Return the weights (p,) without the ``min_cell - 1`` buckets that weigh most in ``chosen`` pieces."""
    order = np.argsort(-by_bucket[:, chosen].sum(axis=1), kind="stable")
    weights: Floats = by_bucket[np.sort(order[min_cell - 1 :])].sum(axis=0)
    return weights
