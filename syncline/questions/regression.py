"""The sums that regressions are fitted by: models follow from study and candidate, a step is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

MAX_COEFFICIENT = 1 << 24
"""Coefficients lie between -16 and 16, in fixed point of 20 binary places."""

MAX_WIDTH = 401
"""Columns of a model's matrix at most: the intercept, and 20 terms of at most 20 dummies."""

MAX_MODELS = 16

NEWTON_ROUNDS = 8
"""Rounds in which regressions are fitted, beside those in which trees grow."""

REGRESSION_ROUNDS = NEWTON_ROUNDS + 1
"""Rounds in which regressions are asked about: once more with the scores of trees, by subgroups."""

MOST_SUMS = 2**18
"""Sums of regressions in all slices together, at most, where rows are counted apart."""


@dataclass(frozen=True, slots=True, eq=False)
class RegressionSums:
    """Add up what one step of declared regressions needs, over training rows and over held-out ones.

    ``coefficients`` are int64 (2, width) in fixed point for each model that takes this step, in the study's
    order: those of training and of held-out rows, at which sums are asked. They join all columns of a model,
    so its declared order is how many it has. With the scores of trees the sums are asked for all models once
    more, by subgroups too.
    """

    candidate: str
    coefficients: tuple[Ints, ...]
    kind: ClassVar[str] = "regression_sums"

    def __post_init__(self) -> None:
        if not 1 <= len(self.coefficients) <= MAX_MODELS:
            raise ValueError(f"regression_sums: from 1 to {MAX_MODELS} models are asked about")
        for own in self.coefficients:
            if own.ndim != 2 or len(own) != 2 or not 1 <= own.shape[1] <= MAX_WIDTH:
                raise ValueError("regression_sums: the coefficients are not those of a model's matrix")
            if ((own > MAX_COEFFICIENT) | (own < -MAX_COEFFICIENT)).any():
                raise ValueError("regression_sums: a coefficient is farther from 0 than 16")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RegressionSums):
            return NotImplemented
        mine, theirs = self.coefficients, other.coefficients
        same = len(mine) == len(theirs) and all(map(np.array_equal, mine, theirs))
        return same and self.candidate == other.candidate
