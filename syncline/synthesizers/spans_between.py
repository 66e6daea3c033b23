"""Propose which columns of numbers are the time between two days or times: ages, lengths of stay.

The means of the columns, by the middles of their codes, tell which are about as large; counts decide.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice, permutations

import numpy as np

from syncline.data.constraint import Constraint, Formula
from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.step import UNITS
from syncline.synthesizers.column_coding import CodedColumn

MOST_PROPOSED = 2000
"""Formulas that are tried at most: a wide table of dates has more pairs than are worth it."""
_YEAR = 365.2425 * UNITS["d"]
UNIT_OF = {
    Formula.DAYS: UNITS["d"],
    Formula.NIGHTS: UNITS["d"],
    Formula.YEARS: _YEAR,
    Formula.HOURS: UNITS["h"],
    Formula.MINUTES: UNITS["min"],
}
"""Units of the formulas, in microseconds."""
_SLACK_OF_SPREAD, _SLACK_OF_TIME = 0.05, 0.2
"""By which parts of the later column's range, and of the mean time, means of codes may be off."""


def candidates(columns: Sequence[CodedColumn], numbers: Sequence[str]) -> Iterator[Constraint]:
    """Yield the formulas that are worth counting, of the columns called ``numbers``."""
    yield from islice(_all(columns, numbers), MOST_PROPOSED)


def _all(columns: Sequence[CodedColumn], numbers: Sequence[str]) -> Iterator[Constraint]:
    moments = [
        column
        for column in columns
        if column.values.variable.kind in (Kind.DATE, Kind.DATETIME) and _middles(column) is not None
    ]
    if len(moments) < 2:
        return
    by_name = {column.values.variable.name: column for column in columns}
    means = {name: _middles(by_name[name]) for name in numbers}
    for until, since in permutations(moments, 2):
        (last, spread), (first, _) = _time(until), _time(since)
        names = until.values.variable, since.values.variable
        if last <= first or (len({v.zone is None for v in names if v.kind is Kind.DATETIME}) > 1):
            continue
        slack = _SLACK_OF_SPREAD * spread + _SLACK_OF_TIME * (last - first)
        for name in numbers:
            mean = means[name]
            for formula, unit in UNIT_OF.items():
                fits = mean is not None and abs(mean[0] - (last - first) / unit) <= slack / unit + 1
                if fits and _may_be(formula, by_name[name]):
                    yield Constraint.between(formula, name, [v.name for v in names])


def _may_be(formula: Formula, of: CodedColumn) -> bool:
    """Tell whether a column may hold such times: nights and years are whole numbers."""
    kind = of.values.variable.kind
    return kind in NUMERIC_KINDS and (kind is Kind.INTEGER or formula not in (Formula.NIGHTS, Formula.YEARS))


def unit_of(column: CodedColumn) -> int:
    """Return the unit of a column of days or times, in microseconds."""
    return UNITS["d"] if column.values.variable.kind is Kind.DATE else 1


def _time(column: CodedColumn) -> tuple[float, float]:
    """Return mean and range of a column of days or times, in microseconds."""
    found, unit = _middles(column), unit_of(column)
    assert found is not None
    return found[0] * unit, found[1] * unit


def _middles(column: CodedColumn) -> tuple[float, float] | None:
    """Return the mean of a column by the middles of its codes, and its range; None where it has no values."""
    values, grid = column.values, column.values.variable.grid
    chosen = ~values.is_state
    if grid is None or not chosen.any():
        return None
    low, high, code = values.span_low[chosen], values.span_high[chosen], values.span_code[chosen]
    ends = [grid.values(keys).astype(np.float64) for keys in (low, high)]
    weight = values.rows[code] / np.bincount(code)[code]
    share = weight / max(float(weight.sum()), 1.0)
    with np.errstate(over="ignore"):
        mean, spread = (
            float(((ends[0] / 2 + ends[1] / 2) * share).sum()),
            float(ends[1].max() - ends[0].min()),
        )
    return (mean, spread) if math.isfinite(mean) and math.isfinite(spread) else None
