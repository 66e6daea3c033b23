"""The design matrix of a model in integers, by rules that the candidate table alone decides.

Numbers are standardized by the candidate's mean and spread, categories become treatment dummies against its
most frequent one, so the same coefficient means the same in every table and at every supplier.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Keys
from syncline.data.grid import Grid
from syncline.validation.cell_table import CellTable

FIXED_BITS = 10
"""Binary places of a cell of the matrix."""

MOST_SPREADS = 16
"""A number farther from the mean is taken for one that lies so many spreads away."""

MOST_CELL = MOST_SPREADS << FIXED_BITS
"""A cell of the matrix is at most so far from 0."""

MOST_LEVELS = 20
"""Categories that are told apart, the most frequent one included; the rest share a dummy."""

_ONE = 1 << FIXED_BITS
_SCALE_BITS = 40
_FARTHEST = 2**62

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NumericTerm:
    """A column of numbers: ``unit``, ``centre`` and ``spread`` of the candidate's.

    On an even grid all three are integers of its keys, and the unit is 1. Floats without decimals are divided
    by the greatest of them first, the unit.
    """

    place: int
    grid: Grid
    unit: float
    centre: int | float
    spread: int | float

    @classmethod
    def of(cls, candidate: CellTable, place: int) -> NumericTerm:
        """Measure a column of the candidate; sums are correctly rounded, so all suppliers get the same."""
        grid = candidate.schema.modelled[place].grid
        assert grid is not None
        keys = candidate.keys[place][candidate.has_number(place)]
        if not grid.is_even:
            values = grid.values(keys)
            unit = float(np.abs(values).max(initial=0.0)) or 1.0
            centre, spread = _moments(values / unit)
            return cls(place, grid, unit, centre, spread or 1.0)
        centre = round(_moments(keys.astype(np.float64))[0])
        return cls(place, grid, 1, centre, max(round(_moments((keys - centre).astype(np.float64))[1]), 1))

    def standardized(self, keys: Keys) -> Ints:
        """Return keys (n,) in spreads from the mean, in fixed point, at most ``MOST_SPREADS`` from 0."""
        if self.grid.is_even:
            centre, spread = int(self.centre), int(self.spread)
            most = min(MOST_SPREADS * spread, _FARTHEST)
            far = np.clip(keys - centre, -most, most)
            shift = max(spread.bit_length() - _SCALE_BITS, 0)
            half = spread >> (shift + 1)
            return (((far >> shift) << FIXED_BITS) + half) // (spread >> shift)
        with np.errstate(over="ignore"):
            spreads = (self.grid.values(keys) / self.unit - self.centre) / self.spread
        return np.rint(np.clip(spreads, -MOST_SPREADS, MOST_SPREADS) * _ONE).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One column of a table in the matrix: a line, or the dummy (k,) of each category, -1 for the base."""

    place: int
    names: tuple[str, ...]
    line: NumericTerm | None
    dummy: Ints

    @classmethod
    def of(cls, candidate: CellTable, name: str) -> Term:
        """Decide how a column enters the matrix."""
        place = candidate.place(name)
        variable = candidate.schema.modelled[place]
        if not variable.is_categorical:
            return cls(place, (name,), NumericTerm.of(candidate, place), np.zeros(0, np.int64))
        k = len(variable.categories)
        counts = np.bincount(candidate.keys[place][candidate.valid(place)], minlength=k)
        order = np.argsort(-counts, kind="stable")
        base = int(order[0])
        kept = np.sort([key for key in order[1:MOST_LEVELS].tolist() if counts[key]]).astype(np.int64)
        rest = [key for key in range(k) if key != base and key not in set(kept.tolist())]
        dummy = np.full(k, len(kept), np.int64)
        dummy[kept] = np.arange(len(kept))
        dummy[base] = -1
        labels = [variable.categories[key] for key in kept]
        if rest:
            labels.append(variable.categories[rest[0]] if len(rest) == 1 else "other")
        return cls(place, tuple(f"{name}={label}" for label in labels), None, dummy)

    def cells(self, table: CellTable, rows: npt.NDArray[np.intp]) -> Ints:
        """Return the term's part of the matrix for some ``rows`` (n,) with a value, (n, n_names)."""
        keys = table.keys[self.place][rows]
        if self.line is not None:
            return self.line.standardized(keys)[:, np.newaxis]
        return np.where(self.dummy[keys][:, np.newaxis] == np.arange(len(self.names)), _ONE, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The matrix of a model: a column of ones, then the terms."""

    terms: tuple[Term, ...]

    @classmethod
    def of(cls, candidate: CellTable, names: tuple[str, ...]) -> Design:
        """Decide how the columns ``names`` enter the matrix."""
        return cls(tuple(Term.of(candidate, name) for name in names))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the matrix's columns."""
        return ("(intercept)", *(name for term in self.terms for name in term.names))

    @property
    def dummies(self) -> tuple[bool, ...]:
        """Which of the matrix's columns tell a category."""
        return (False, *(term.line is None for term in self.terms for _ in term.names))

    @property
    def most_cells(self) -> list[int]:
        """How far from 0 a cell of each of the matrix's columns is at most."""
        lines = [term.line is not None for term in self.terms for _ in term.names]
        return [_ONE, *(MOST_CELL if line else _ONE for line in lines)]

    def complete(self, table: CellTable) -> Mask:
        """Tell which rows (n_rows,) have a value, and no named state, in every column of the model."""
        found = np.ones(table.n_rows, np.bool_)
        for term in self.terms:
            found &= table.has_number(term.place)
        return found

    def matrix(self, table: CellTable, rows: npt.NDArray[np.intp]) -> Ints:
        """Return the matrix of some complete ``rows`` (n,), (n, n_names), in fixed point."""
        ones = np.full((len(rows), 1), _ONE, np.int64)
        return np.concatenate([ones, *(term.cells(table, rows) for term in self.terms)], axis=1)


def _moments(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return mean and root mean square deviation of values (n,), each sum rounded once."""
    n = max(len(values), 1)
    mean = math.fsum(values.tolist()) / n
    return mean, math.sqrt(math.fsum(((values - mean) ** 2).tolist()) / n)
