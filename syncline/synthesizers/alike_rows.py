"""A number for each row that is close to those of rows with like cells in the columns that vary most."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bins = npt.NDArray[np.uint8]

MOST_COLUMNS = 3
"""Columns by which rows are alike, at most: along one line of more of them each is told the less."""
_BITS = 8


def variety(bins: Bins) -> int:
    """Return how many pairs of rows (n,) have different bins: Gini's impurity in whole numbers."""
    return len(bins) ** 2 - int((np.bincount(bins).astype(np.int64) ** 2).sum())


def most_varied(varieties: list[int]) -> list[int]:
    """Return the places of the columns by which rows are alike, the most varied one first."""
    ordered = np.argsort(-np.array(varieties, np.int64), kind="stable")
    return [int(place) for place in ordered[:MOST_COLUMNS] if varieties[place] > 0]


def nearness(bins: Bins, places: list[int]) -> Ints:
    """Return the number (n,) of each row by its bins (n, columns) at some places.

    It is the row's place on Morton's curve: the binary digits of its ranks in all columns in turn, a rank
    being the share of the rows that come before the middle of its bin (Morton 1966).
    """
    ranks = [_ranks(bins[:, place]) for place in places]
    number = np.zeros(len(bins), np.int64)
    for bit in range(_BITS - 1, -1, -1):
        for rank in ranks:
            number = 2 * number + ((rank >> bit) & 1)
    return number


def _ranks(bins: Bins) -> Ints:
    """Return a rank (n,) below ``2**_BITS`` by each row's bin."""
    rows = np.bincount(bins).astype(np.int64)
    middle = 2 * np.cumsum(rows) - rows
    return np.asarray(((middle << (_BITS - 1)) // max(len(bins), 1))[bins], np.int64)
