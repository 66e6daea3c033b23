"""Least squares from covariances, by elimination in one order: the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MOST_TERMS = 12
LEAST_GAIN = 0.002
"""Share of what is left of a variance that a further term must tell."""
COLLINEAR = 1e-5
"""A column whose variance others tell but for this share is no further term."""


@dataclass(frozen=True, slots=True)
class Told:
    """A line through some columns: how much of a variance it tells, its slopes (k,), and its terms."""

    told: float
    slopes: Floats
    terms: list[int]


def forward(others: Floats, own: Floats, variance: float, n_rows: int) -> Told:
    """Return the line that forward selection finds.

    A term must tell more than two rows' share (Akaike 1974, doi:10.1109/TAC.1974.1100705), and no trifle. The
    next pivot of Gauss-Jordan elimination is the term that tells most of what is left.
    """
    left, partial, rest = others.copy(), own.copy(), variance
    terms: list[int] = []
    least = max(2.0 / max(n_rows, 2), LEAST_GAIN)
    while len(terms) < min(MOST_TERMS, len(own)):
        spread = np.diagonal(left).copy()
        free = spread > COLLINEAR * np.maximum(np.diagonal(others), 0.0)
        free[terms] = False
        gain = np.where(free, partial * partial / np.where(free, spread, 1.0), -1.0)
        best = int(np.argmax(gain))
        if gain[best] <= max(least * rest, 0.0) or rest <= 0.0:
            break
        terms.append(best)
        rest -= float(gain[best])
        row, value = left[best] / spread[best], partial[best] / spread[best]
        partial = partial - left[:, best] * value
        left = left - left[:, best][:, None] * row
        left[best], partial[best] = row, value
    slopes = np.zeros(len(own))
    slopes[terms] = partial[terms]
    return Told(variance - rest, slopes, terms)


def through(others: Floats, own: Floats, terms: Sequence[int]) -> Floats:
    """Return the slopes (k,) of a line through ``terms`` alone."""
    left, partial = others.copy(), own.copy()
    for term in terms:
        pivot = left[term, term]
        if pivot <= COLLINEAR * others[term, term]:
            continue
        row, value = left[term] / pivot, partial[term] / pivot
        partial = partial - left[:, term] * value
        left = left - left[:, term][:, None] * row
        left[term], partial[term] = row, value
    slopes = np.zeros(len(own))
    slopes[list(terms)] = partial[list(terms)]
    return slopes


def dot(one: Floats, other: Floats) -> float:
    """Return the sum of products, added in their order."""
    return float(np.cumsum(one * other)[-1]) if len(one) else 0.0
