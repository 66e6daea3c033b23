"""The sums that regressions are fitted by: models follow from study and candidate, a step is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from syncline.data.equality import equal_fields
from syncline.errors import ProtocolError
from syncline.questions.question import CandidateQuestion
from syncline.questions.sums import Sums

if TYPE_CHECKING:
    from syncline.questions.candidate_memory import CandidateMemory

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
class RegressionSums(CandidateQuestion[Sums]):
    """Add up what one step of declared regressions needs, over training rows and over held-out ones.

    ``coefficients`` are int64 (2, width) in fixed point for each model that takes this step, in the study's
    order: those of training and of held-out rows, at which sums are asked. They join all columns of a model,
    so its declared order is how many it has. With the scores of trees the sums are asked for all models once
    more, by subgroups too.
    """

    candidate: str
    coefficients: tuple[Ints, ...]
    kind: ClassVar[str] = "regression_sums"
    adds: ClassVar[type[Sums]] = Sums
    last: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 1 <= len(self.coefficients) <= MAX_MODELS:
            raise ValueError(f"regression_sums: from 1 to {MAX_MODELS} models are asked about")
        for own in self.coefficients:
            if own.ndim != 2 or len(own) != 2 or not 1 <= own.shape[1] <= MAX_WIDTH:
                raise ValueError("regression_sums: the coefficients are not those of a model's matrix")
            if ((own > MAX_COEFFICIENT) | (own < -MAX_COEFFICIENT)).any():
                raise ValueError("regression_sums: a coefficient is farther from 0 than 16")

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def follow(self, memory: CandidateMemory) -> CandidateMemory:
        """Return the memory with one round of regressions more."""
        if memory.rows is None:
            raise ProtocolError("regression_sums: the rows of all suppliers were not told before")
        if memory.regressions == REGRESSION_ROUNDS:
            raise ProtocolError(f"regression_sums: {REGRESSION_ROUNDS} rounds were answered, which is all")
        return replace(memory, regressions=memory.regressions + 1)
