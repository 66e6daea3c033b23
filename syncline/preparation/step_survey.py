"""Which steps a column's numbers or times keep: a step holds while few persons are off it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

import numpy as np
import numpy.typing as npt

from syncline.data.grid import Grid
from syncline.data.inference.grid_search import CHANCE_DIGITS, DAYS_OF_STEP, MAX_STEP_DECIMALS, TIME_STEPS
from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.step import UNITS, decimals_of, span_text, width_of
from syncline.preparation.distinct_persons import DistinctPersons, Ids

NUMBER_STEPS = (
    *("1000", "500", "250", "100", "50", "30", "25", "20", "12", "10", "7", "5", "2"),
    *("0.5", "0.25", "0.2", "0.05"),
)
"""Steps of numbers that are looked for, the coarsest first: in a stream no other can be found."""


@dataclass(slots=True)
class StepSurvey:
    """Count the persons off each step that a kind may have."""

    kind: Kind
    min_cell: int
    off: dict[str, DistinctPersons] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.off = {step: DistinctPersons(self.min_cell) for step in _steps_of(self.kind)}

    def add(
        self,
        numbers: npt.NDArray[np.float64],
        read: npt.NDArray[np.bool_],
        places: npt.NDArray[np.int64],
        ids: Ids,
    ) -> None:
        """Take distinct numbers (k,), which of them could be read (k,), and the cells (n,) of a batch."""
        if not read.any():
            return
        values = numbers[read] if self.kind in NUMERIC_KINDS else numbers[read].astype(np.int64)
        away = np.zeros(len(read) + 1, np.bool_)  # the last one is of cells that hold nothing
        for step, people in self.off.items():
            if people.reached:
                continue
            away[:-1][read] = ~_grid_of(self.kind, step).holds(values)
            if away.any():
                people.add(ids[away[places] & (places >= 0)])

    def step(self, distinct: int, decimals: int | None) -> str | None:
        """Return the coarsest step that holds and is no chance, for so many distinct values."""
        if self.kind in NUMERIC_KINDS and (decimals is None or decimals > MAX_STEP_DECIMALS):
            return None
        for step, people in self.off.items():
            if not people.reached and distinct * _digits(self.kind, step, decimals) >= CHANCE_DIGITS:
                return step
        return None


@cache
def _steps_of(kind: Kind) -> tuple[str, ...]:
    if kind is Kind.DATE:
        return tuple(DAYS_OF_STEP)
    if kind in NUMERIC_KINDS:
        return NUMBER_STEPS
    return tuple(span_text(size) for size in TIME_STEPS if kind is not Kind.TIME or size < UNITS["d"])


@cache
def _grid_of(kind: Kind, step: str) -> Grid:
    if kind in NUMERIC_KINDS:
        decimals = decimals_of(step)
        return Grid(Kind.CONTINUOUS, decimals, None, width_of(step, Kind.CONTINUOUS, decimals))
    return Grid(kind, None, None, width_of(step, kind, 0))


def _digits(kind: Kind, step: str, decimals: int | None) -> float:
    """Return how unlikely one value off the step is on the next finer grid, in digits."""
    if kind is Kind.DATE:
        return math.log10(DAYS_OF_STEP[step])
    if kind in NUMERIC_KINDS:
        width = float(Decimal(step).scaleb(decimals or 0))
        return math.log10(width) if width > 1 else 0.0
    size = width_of(step, kind, 0)
    if size <= UNITS["s"]:
        return math.inf
    return math.log10(size / (UNITS["s"] if size <= UNITS["min"] else UNITS["min"]))
