"""Means and covariances of all suppliers' numbers and logarithms, from the answers to one question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.questions.moments import PRECISION, Moments
from syncline.questions.sums import Sums

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MomentTerm:
    """A numeric column, or its binary logarithm."""

    column: str
    log: bool = False


@dataclass(frozen=True, slots=True)
class SecondMoments:
    """Means and covariances; a cell without a number counts as 0.

    Attributes
    ----------
    terms : the place of each of the k columns, and after them of those of whose logarithms it is
    exponent : term i is measured in units of ``2**exponent[i]`` (k,)
    mean : in these units (k,)
    covariance : in these units (k, k)
    """

    terms: Mapping[MomentTerm, int]
    exponent: Ints
    mean: Floats
    covariance: Floats

    def mean_of(self, term: MomentTerm) -> float:
        """Return the mean of a term."""
        place = self.terms[term]
        return float(np.ldexp(self.mean[place], int(self.exponent[place])))

    def covariances_of(self, one: Ints, other: Ints, power: Ints) -> Floats:
        """Return the covariances of the terms at two places, each times ``2**power``: three arrays alike."""
        exponent = self.exponent[one] + self.exponent[other] + power
        return np.asarray(np.ldexp(self.covariance[one, other], exponent))

    @classmethod
    def of(cls, question: Moments, sums: Sums) -> SecondMoments:
        """Return what the answer to ``question`` says; differences are of whole numbers, and so exact."""
        k, n = question.terms, max(sums.values[0], 1)
        total, rest = sums.values[1 : 1 + k], iter(sums.values[1 + k :])
        unit = 1 << PRECISION
        square = (n * unit) ** 2
        covariance = np.zeros((k, k))
        for i, own in enumerate(total):
            row = [
                (n * product - own * other) / square for other, product in zip(total[i:], rest, strict=False)
            ]
            covariance[i, i:] = covariance[i:, i] = row
        mean = np.array([own / (n * unit) for own in total], np.float64)
        terms = [MomentTerm(name) for name, _ in question.scaled] + [
            MomentTerm(name, True) for name, _ in question.logs
        ]
        exponent = np.array([exponent for _, exponent in (*question.scaled, *question.logs)], np.int64)
        return cls({term: place for place, term in enumerate(terms)}, exponent, mean, covariance)
