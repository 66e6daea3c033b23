"""A declared regression as a question names it: its matrix, which the candidate decides, and coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.equality import equal_fields

Ints = npt.NDArray[np.int64]

MAX_COEFFICIENT = 1 << 24
"""Coefficients lie between -16 and 16, in fixed point of 20 binary places."""

MAX_WIDTH = 401
"""Columns of a model's matrix at most: the intercept, and 20 terms of at most 20 dummies."""


@dataclass(frozen=True, slots=True)
class Line:
    """How numbers are standardized; all three are integers of keys on an even grid, where the unit is 1."""

    unit: float
    centre: int | float
    spread: int | float


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One column in a model's matrix: a line, or the dummy int64 (k,) of each category, -1 for the base."""

    column: str
    line: Line | None
    dummy: Ints

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    @property
    def width(self) -> int:
        """Columns of the matrix that it makes."""
        return 1 if self.line is not None else int(self.dummy.max(initial=-1)) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A declared model in the matrix that the candidate decides.

    ``line`` is that of a response of numbers, None where it has two categories. ``coefficients`` are int64
    (2, width) in fixed point: those of training and of held-out rows, at which sums are asked.
    """

    response: str
    line: Line | None
    terms: tuple[Term, ...]
    coefficients: Ints

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def __post_init__(self) -> None:
        if not self.terms or self.coefficients.shape != (2, self.width) or self.width > MAX_WIDTH:
            raise ValueError("regression_sums: the coefficients are not those of the model's matrix")
        if ((self.coefficients > MAX_COEFFICIENT) | (self.coefficients < -MAX_COEFFICIENT)).any():
            raise ValueError("regression_sums: a coefficient is farther from 0 than 16")

    @property
    def width(self) -> int:
        """Columns of the matrix."""
        return 1 + sum(term.width for term in self.terms)

    @property
    def cells(self) -> int:
        """Integers of the sums over one fold."""
        return 2 + 2 * self.width + self.width * (self.width + 1) // 2
