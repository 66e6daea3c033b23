"""Find columns that are another one times a factor, plus an offset: prices with tax, pounds and kilograms.

The merged moments give the slope of each pair that lies on a line but for rounding. What was meant is a
number with few digits near it, one over such a number, or a constant between two units; some of them are
proposed, and counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from syncline.data.constraint import Constraint, Formula
from syncline.questions.formula_check import few_fractions
from syncline.synthesizers.algebra import Algebra
from syncline.synthesizers.column_coding import CodedColumn

MIN_LIKENESS = 0.98
"""Squared correlation from which on two columns may lie on a line: what is coarsely rounded lies off it."""
ROUNDED = 1.6
"""Times the variance of rounding that a residual may have: evenly spread within a step it is 1."""
UNITS = (
    0.45359237,  # kilograms in a pound (international yard and pound agreement, 1959), as the next six
    0.028349523125,
    1.609344,
    0.3048,
    0.9144,
    3.785411784,
    6.35029318,
    0.133322387415,  # kilopascals in a millimetre of mercury
    4.184,  # joules in a calorie
    18.0182,  # mg/dL of glucose in a mmol/L, as two references write it
    18.0156,
    38.67,  # mg/dL of cholesterol in a mmol/L
    88.57,  # mg/dL of triglycerides in a mmol/L
    88.42,  # micromol/L of creatinine in a mg/dL
    365.25,
    30.4375,
)
"""Constants that are used with fewer digits than the moments can tell."""
_DIGITS = 10
_PROPOSED = 3
_UNIT = 2.0**-20
_SURE = 6.0
"""Standard errors within which the number lies that was meant."""
_MOST_POWER = 400
"""Columns of numbers beyond ``2**400`` are on no line: their squares are no floats."""

Line = tuple[float, float]
"""Factor and offset."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """Means, mean squares and mean product of two columns y and x over the rows that hold both.

    ``steps`` are the distances between neighbouring values, ``units`` those of the fixed point.
    """

    n: int
    means: tuple[float, float]
    squares: tuple[float, float]
    product: float
    steps: tuple[float, float]
    units: tuple[float, float]

    def noise(self, factor: float) -> float:
        """Return by how much a residual may be off because its terms stand in fixed point."""
        sizes = [math.sqrt(square) for square in self.squares]
        weights = (sizes[0] + abs(factor) * sizes[1]) * (self.units[0] + abs(factor) * self.units[1])
        return 2 * _SURE * weights / math.sqrt(self.n)

    def rounding(self, factor: float) -> float:
        """Return the variance of a residual that is only rounded; of x it counts where x is the finer one."""
        reach = abs(factor) * self.steps[1]
        return (self.steps[0] ** 2 + (reach if reach < self.steps[0] else 0.0) ** 2) / 12

    def lines(self) -> Iterator[Line]:
        """Yield lines with few digits: through the origin, where such a one is near enough, and others."""
        factor = self.product / self.squares[1]
        left = self.squares[0] - factor * self.product
        if self._is_rounding(left, factor):
            spread = math.sqrt((max(left, 0.0) + self.rounding(factor)) / self.n)
            sure = _SURE * spread / math.sqrt(self.squares[1])
            near = sure + self.noise(factor) / max(abs(factor) * self.squares[1], 1e-300)
            for number in _numbers(factor, near):
                yield number, 0.0
                if (cut := self.steps[0] - abs(number) * self.steps[1]) > 0:
                    yield number, -cut / 2  # cut off, not rounded, where moments do not tell the two apart
        variance = self.squares[1] - self.means[1] ** 2
        covariance = self.product - self.means[0] * self.means[1]
        factor = covariance / variance
        left = self.squares[0] - self.means[0] ** 2 - factor * covariance
        if not self._is_rounding(left, factor):
            return
        spread = math.sqrt((max(left, 0.0) + self.rounding(factor)) / self.n)
        near = _SURE * spread / math.sqrt(variance)
        for number in _numbers(factor, near + self.noise(factor) / (abs(factor) * variance)):
            offset = self.means[0] - number * self.means[1]
            near = _SURE * spread + 2 * (self.units[0] + abs(number) * self.units[1])
            yield from ((number, constant) for constant in simple_offsets(offset, near))

    def _is_rounding(self, residual: float, factor: float) -> bool:
        return factor != 0 and residual <= ROUNDED * self.rounding(factor) + self.noise(factor)


def candidates(algebra: Algebra, columns: Mapping[str, CodedColumn]) -> Iterator[Constraint]:
    """Yield the lines that are worth counting, each once.

    Only of columns that have as many values: what is missing counts as 0 in the moments.
    """
    for i, j, pair in _alike(algebra, columns):
        of, read = algebra.names[i], algebra.names[j]
        for line in dict.fromkeys(pair.lines()):
            factor, offset = line
            if (factor, offset) != (1.0, 0.0) and _is_told_apart(line, columns[of], columns[read]):
                yield Constraint.between(Formula.LINEAR, of, [read], factor, offset)


def _alike(algebra: Algebra, columns: Mapping[str, CodedColumn]) -> Iterator[tuple[int, int, _Pair]]:
    """Yield the pairs of columns that are correlated enough, in both orders."""
    usable = np.abs(algebra.power) <= _MOST_POWER
    unit = np.where(usable, np.ldexp(1.0, np.clip(algebra.power, -_MOST_POWER, _MOST_POWER)), 0.0)
    rows = np.array([_values_of(columns[name]) for name in algebra.names], np.float64)
    n = np.maximum(rows, 1.0)
    means = algebra.total / n
    squares = np.diagonal(algebra.products) / n
    variance = squares - means**2
    for i in range(len(algebra.names)):
        covariance = algebra.products[i] / n[i] - means[i] * means
        alike = covariance**2 >= MIN_LIKENESS * variance[i] * variance
        same = (rows == rows[i]) & usable & usable[i] & (variance > 0) & (variance[i] > 0)
        same &= algebra.together[i]
        for j in np.flatnonzero(alike & same).tolist():
            both = i, j
            steps = tuple(_step(columns[algebra.names[k]]) for k in both)
            yield (
                i,
                j,
                _Pair(
                    int(n[i]),
                    (means[i] * unit[i], means[j] * unit[j]),
                    (squares[i] * unit[i] ** 2, squares[j] * unit[j] ** 2),
                    algebra.products[i, j] / n[i] * unit[i] * unit[j],
                    (steps[0], steps[1]),
                    (unit[i] * _UNIT, unit[j] * _UNIT),
                ),
            )


def _is_told_apart(line: Line, of: CodedColumn, read: CodedColumn) -> bool:
    """Tell whether few rows can lie on a line through the middle between two values of its column.

    Such a line holds for either of the two. Many lie there where the input's steps come to few fractions of
    the column's, or to nearly such over all of its range, and a half is one of these.
    """
    (factor, offset), steps = line, (_step(of), _step(read))
    if not math.isfinite(factor) or not factor or not math.isfinite(offset):
        return False
    if not all(steps):
        return True
    ratio = abs(factor) * steps[1] / steps[0]
    near = few_fractions(ratio)
    span = int(read.values.span_high.max()) - int(read.values.span_low.min())
    if abs(float(near) - ratio) * span > 0.5:
        return True
    place = (offset / steps[0] - 0.5) * near.denominator
    return abs(place - round(place)) > 0.25


def _values_of(column: CodedColumn) -> int:
    values = column.values
    return int(values.rows.sum()) - (int(values.rows[-1]) if values.keeps_missing else 0)


def _step(column: CodedColumn) -> float:
    grid = column.values.variable.grid
    return 0.0 if grid is None or grid.step is None else float(grid.step)


def _numbers(value: float, near: float) -> list[float]:
    """Return numbers within ``near`` of ``value`` that are simple, constants of units, or one over simple."""
    found = simple_numbers(value, near) + [unit for unit in _all_units() if abs(unit - value) <= near]
    found += [1 / number for number in simple_numbers(1 / value, near / value**2) if number]
    return list(dict.fromkeys(found))


def simple_numbers(value: float, near: float) -> list[float]:
    """Return some numbers within ``near`` of ``value`` with as few digits as can be."""
    found: list[float] = []
    for digits in range(_DIGITS):
        number = float(f"{value:.{digits}e}")
        if abs(number - value) <= near and number not in found and len(found) < _PROPOSED:
            found.append(number)
    return found


@cache
def _all_units() -> tuple[float, ...]:
    """Return the constants between units, one over them, and powers of ten of both."""
    both = [number for unit in UNITS for number in (unit, 1 / unit)]
    return tuple(number * 10.0**power for number in both for power in range(-3, 4))


def simple_offsets(value: float, near: float) -> list[float]:
    """Return some numbers within ``near`` of ``value`` with as few decimals as can be."""
    found: list[float] = []
    for decimals in range(_DIGITS):
        number = round(value, decimals) + 0.0
        if abs(number - value) <= near and number not in found and len(found) < 2:
            found.append(number)
    return found


def rank(line: Constraint, columns: Mapping[str, CodedColumn]) -> tuple[int, int, int]:
    """Order lines: those whose input is the coarser column, which determines the other, units, few digits."""
    of, read = _step(columns[line.of]), _step(columns[line.inputs[0]])
    factor, offset = abs(line.factor or 0.0), abs(line.offset)
    digits = sum(len(f"{number:.12g}".replace(".", "").strip("0")) for number in (factor, offset))
    unit = not offset and any(math.isclose(number, factor, rel_tol=1e-12) for number in _all_units())
    return int(factor * read < of * (1 - 1e-9)), int(not unit), digits
