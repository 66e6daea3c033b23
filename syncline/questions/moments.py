"""Moments: number of rows, sums and cross-products of numeric columns and logarithms, in fixed point.

A value ``v`` enters as the integer ``rint(v * 2**(PRECISION - exponent))`` with one exponent a column, so
that it has about ``PRECISION`` bits; a missing value enters as 0. Products of two such integers have 40
bits and sums of 2**23 of them fit 64 bits; the merged sums are Python integers without a bound.

The binary logarithm of a number that is not positive enters as 0.

Size: 1 + k + k(k+1)/2 integers for k columns and logarithms. Sensitivity: numbers are clipped, so each row of
a person moves a sum by at most 2**21, and a product by 2**42. Disclosure: exact sums of all rows. Permission:
``moments``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Batch
from syncline.data.codebook import Codebook
from syncline.data.logarithm import log2
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.questions.known import Known, require
from syncline.questions.question import Context, TableQuestion
from syncline.questions.sensitivity import Sensitivity
from syncline.questions.sums import Sums
from syncline.questions.workspace import Workspace

PRECISION = 20
LARGEST = 2.0**21
"""What a number in fixed point is clipped to."""

_BLOCK_ROWS = 1 << 16

_SURELY_WITHIN = 1 - 2.0**-40
"""Below this share of its bound a square is within it, whatever floating point rounded.

There are six roundings of 2**-53. What is not below is compared in whole numbers."""


@dataclass(frozen=True, slots=True)
class Moments(TableQuestion[Sums]):
    """Sum the training rows: 1, then x_i, then x_i x_j for i <= j, over columns (name, exponent).

    Behind those of the numbers, ``scaled``, come those of the logarithms of some columns, ``logs``.
    """

    scaled: tuple[tuple[str, int], ...]
    logs: tuple[tuple[str, int], ...] = ()
    kind: ClassVar[str] = "moments"
    adds: ClassVar[type[Sums]] = Sums

    def size(self, codebook: Codebook | None = None) -> int:
        """Return the number of integers of the answer."""
        k = self.terms
        return 1 + k + k * (k + 1) // 2

    @property
    def terms(self) -> int:
        """Columns and logarithms that are summed."""
        return len(self.scaled) + len(self.logs)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""
        return tuple(dict.fromkeys(name for name, _ in (*self.scaled, *self.logs)))

    @property
    def marginal_order(self) -> int:
        """Largest number of columns that are summed together."""
        return 2

    def sensitivity(self, context: Context) -> Sensitivity:
        """Return by how much one person can move it: a row adds one, its numbers and their products."""
        k, most = self.terms, int(LARGEST)
        products = k * (k + 1) // 2
        return Sensitivity(1 + k * most + products * most**2, 1 + k * most**2 + products * most**4)

    def require_fits(self, schema: Schema, codebook: Codebook | None) -> None:
        """Raise ProtocolError unless each column holds numbers, and is named once."""
        if any(len({name for name, _ in part}) < len(part) for part in (self.scaled, self.logs)):
            raise ProtocolError("moments: a column is named twice")
        if any(schema.variable(name).grid is None for name in self.columns):
            raise ProtocolError("moments: a column does not hold numbers")

    def answer(self, table: Workspace, context: Context) -> Sums:
        """Return the sums over this table."""
        total = Sums.empty(self.size())
        for batch in table.training():
            for start in range(0, batch.n_rows, _BLOCK_ROWS):
                total = total.merge(self._block(batch.take(slice(start, start + _BLOCK_ROWS)), table))
        return total

    def _block(self, batch: Batch, workspace: Workspace) -> Sums:
        x = np.zeros((self.terms, batch.n_rows), np.int64)
        for row, (name, exponent) in enumerate((*self.scaled, *self.logs)):
            values, valid = numbers(batch, workspace, name)
            own = np.where(valid, values, 0.0)
            x[row] = fixed_point(own if row < len(self.scaled) else log2(own), exponent)
        sums = [batch.n_rows, *x.sum(axis=1).tolist()]
        for row in range(len(x)):
            sums.extend((x[row:] @ x[row]).tolist())
        return Sums(tuple(sums))

    def reconcile(self, answer: Sums, known: Known, context: Context) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that.

        Sums lie within what the intervals of the search allow; a square is as even or odd as its root, and
        products obey the inequality of Cauchy and Schwarz.
        """
        k = self.terms
        n, sums, rest = answer.values[0], answer.values[1 : 1 + k], answer.values[1 + k :]
        squares = [rest[i * k - i * (i - 1) // 2] for i in range(k)]
        if known.sizes is not None:
            require(n == known.sizes.train, "sums are of another number of rows")
        known_bounds = [known.moments.get(name) for name, _ in self.scaled]
        known_bounds += [known.logs.get(name) for name, _ in self.logs]
        for i, bounds in enumerate(known_bounds):
            square = squares[i]
            require(abs(sums[i]) <= square and (sums[i] - square) % 2 == 0, "a sum does not fit its squares")
            require(sums[i] ** 2 <= n * square, "a sum does not fit its squares")
            if bounds is not None:
                require(bounds.low <= sums[i] <= bounds.high, "a sum is beyond the values of its column")
                fits = bounds.square_low <= square <= bounds.square_high
                require(fits, "a sum of squares is beyond the values of its column")
        row, column = np.triu_indices(k)
        held = np.array(rest, object).astype(np.float64)
        most = held[row == column]
        for place in np.flatnonzero(held**2 > most[row] * most[column] * _SURELY_WITHIN).tolist():
            bound = squares[row[place]] * squares[column[place]]
            require(rest[place] ** 2 <= bound, "a product is beyond its squares")
        return known


def fixed_point(values: npt.NDArray[np.float64], exponent: int) -> npt.NDArray[np.int64]:
    """Return numbers (n,) in the fixed point of a column's ``exponent``; what is too large is clipped."""
    with np.errstate(over="ignore"):
        fixed = np.rint(np.ldexp(values, PRECISION - exponent))
    return np.clip(fixed, -LARGEST, LARGEST).astype(np.int64)


def numbers(
    batch: Batch, workspace: Workspace, name: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return a column as float64 (n,), 0.0 where it holds no number, and which cells (n,) hold one."""
    place = workspace.place(name)
    variable = workspace.schema.modelled[place]
    grid = variable.grid
    assert grid is not None
    valid = (batch.status[place] == 0) & variable.are_values(batch.keys[place])
    values = grid.values(np.where(valid, batch.keys[place], 0))
    return np.where(valid, values.astype(np.float64), 0.0), valid
