"""What can be said of two kinds of rows or persons from the histograms of their scores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def superiority(higher: Ints, lower: Ints) -> tuple[float, tuple[float, float]]:
    """Return P(a score of ``higher`` > one of ``lower``) + half the ties, with its 95 % interval.

    Both are histograms (n_bins,) of scores. It is the area under the ROC curve; its variance is the one of
    Hanley and McNeil (1982, doi:10.1148/radiology.143.1.7063747), from the counts themselves.
    """
    n, m = int(higher.sum()), int(lower.sum())
    below = np.concatenate([[0], np.cumsum(lower)[:-1]]) + lower / 2
    above = (n - np.cumsum(higher)) + higher / 2
    area = float((higher * below).sum()) / n / m
    first = float((higher * (below / m) ** 2).sum()) / n - area**2
    second = float((lower * (above / n) ** 2).sum()) / m - area**2
    error = 1.96 * float(np.sqrt(max(first, 0.0) / n + max(second, 0.0) / m))
    return area, (area - error, area + error)


def reached(train: Ints, holdout: Ints) -> list[tuple[int, int]]:
    """Return how many of each kind reach a score, from the highest score on down: nobody first, then all.

    Each pair stands once. As shares of all they are the points of the receiver operating characteristic.
    """
    used = np.concatenate([[0], np.cumsum(train[::-1])])
    others = np.concatenate([[0], np.cumsum(holdout[::-1])])
    return list(dict.fromkeys(zip(used.tolist(), others.tolist(), strict=True)))
