"""Coarser codings: group neighbouring codes into bins of about equal mass, keeping heavy codes alone."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Lookup: TypeAlias = npt.NDArray[np.uint16]


def group_in_order(counts: Ints, most: int, alone: float) -> Lookup:
    """Return a lookup (k,) to at most ``most`` groups of consecutive codes.

    Parameters
    ----------
    counts : rows of each code, in the order of the values (k,)
    most : groups at most
    alone : share of all rows from which on a code is a group of its own
    """
    k = len(counts)
    if k <= most:
        return np.arange(k, dtype=np.uint16)
    total = int(counts.sum())
    for share in (alone, 2 * alone, 4 * alone, 1.0):
        heavy = counts > share * total
        wanted = most
        while wanted >= 2:
            groups = _group(counts, heavy, wanted)
            if int(groups[-1]) < most:
                return groups
            wanted -= max(1, wanted // 8)
    return _group(counts, np.zeros(k, np.bool_), most)


def _group(counts: Ints, heavy: npt.NDArray[np.bool_], wanted: int) -> Lookup:
    light = np.where(heavy, 0, counts)  # groups share what is left, however much a spike holds
    total = max(int(light.sum()), 1)
    middle = 2 * np.cumsum(light) - light  # twice the rank of each code's middle row
    quantile = np.minimum((middle * wanted) // (2 * total), wanted - 1)
    starts = np.ones(len(counts), np.bool_)
    starts[1:] = (np.diff(quantile) > 0) | heavy[1:] | heavy[:-1]
    return np.asarray(np.cumsum(starts) - 1, dtype=np.uint16)


def group_frequent(counts: Ints, most: int) -> Lookup:
    """Return a lookup (k,) that keeps the ``most - 1`` most frequent codes apart; ties go by code."""
    k = len(counts)
    if k <= most:
        return np.arange(k, dtype=np.uint16)
    kept = np.sort(np.argsort(-counts, kind="stable")[: most - 1])
    lookup = np.full(k, most - 1, np.uint16)
    lookup[kept] = np.arange(most - 1, dtype=np.uint16)
    return lookup
