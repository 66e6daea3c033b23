"""Linear and logistic regression from integer sums that add over suppliers.

A number is explained by least squares, from the normal equations of one round. Two categories are explained
by logistic regression, by a fixed number of Newton steps (McCullagh and Nelder 1989, Generalized Linear
Models, section 2.5, doi:10.1007/978-1-4899-3242-6): each round a supplier gives the sums of x (y - p) and
p (1 - p) x x' at coefficients in fixed point.

A step changes no coefficient by more than ``MOST_STEP``, and none grows beyond ``MOST_COEFFICIENT``, so
categories that predict the response perfectly do no harm; a coefficient that still moves in the last step, or
that others explain, counts as not estimable, and its standard error is infinite. Rows count as independent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Mask
from syncline.questions.regression import NEWTON_ROUNDS
from syncline.validation.cell_table import CellTable
from syncline.validation.utility.design import FIXED_BITS, MOST_CELL, Design, NumericTerm
from syncline.validation.utility.formula import ModelFormula

COEFFICIENT_BITS = 20
"""Binary places of a coefficient and of a probability."""

MOST_STEP = 4.0
MOST_COEFFICIENT = 16.0
MOST_ROWS = 2**26
"""Rows of all suppliers together whose sums fit into int64: a cell is at most 2^14, a weighted one 2^22."""

_ONE = 1 << COEFFICIENT_BITS
_LOGIT_BITS = 12
_BLOCK_CELLS = 2**21
"""Cells of a matrix that are summed at a time; sums of up to 2^16 rows are exact as float64."""
_SETTLED = 0.05
_RIDGE = 1e-9
_MOST_INFLATION = 1e6

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RegressionFit:
    """Coefficients of a model in one table.

    Attributes
    ----------
    names : names of the coefficients
    dummies : which of them belong to a category
    coefficients : int64 (n_names,), with ``COEFFICIENT_BITS`` binary places: where the next step begins
    estimates, errors : float64 (n_names,); an infinite error where a coefficient is not estimable
    rows : complete rows
    covariance : float64 (n_names, n_names), of the estimates; only the part of estimable ones means something
    support : int64 (n_names,), rows in which each column of the matrix is not 0
    events : rows with the second category of the response; None where it is a number
    """

    names: tuple[str, ...]
    dummies: tuple[bool, ...]
    coefficients: Ints
    estimates: Floats
    errors: Floats
    covariance: Floats
    rows: int
    support: Ints
    events: int | None


@dataclass(frozen=True, slots=True, eq=False)
class RegressionModel:
    """A declared model, as one candidate table decides its matrix.

    Attributes
    ----------
    formula : what is explained by what
    design : how rows become a matrix
    response : the place of the response's column
    line : how a response of numbers is standardized; None where it has two categories
    """

    formula: ModelFormula
    design: Design
    response: int
    line: NumericTerm | None

    @classmethod
    def of(cls, formula: str, candidate: CellTable) -> RegressionModel:
        """Read a formula and decide its matrix by the candidate table.

        Raises
        ------
        UsageError
            Where it is no formula, names no column, or one of a kind that cannot be modelled so.
        """
        known = ModelFormula.of(formula)
        known.require(candidate.names)
        for fault in known.faults({variable.name: variable for variable in candidate.schema.modelled}):
            raise fault
        place = candidate.place(known.response)
        variable = candidate.schema.modelled[place]
        line = None if variable.is_categorical else NumericTerm.of(candidate, place)
        return cls(known, Design.of(candidate, known.terms), place, line)

    @property
    def steps(self) -> int:
        """How many rounds of sums a fit takes."""
        return NEWTON_ROUNDS if self.line is None else 1

    @property
    def start(self) -> Ints:
        """The coefficients (n_names,) of the first round."""
        return np.zeros(len(self.design.names), np.int64)

    @property
    def width(self) -> int:
        """Columns of the matrix."""
        return len(self.design.names)

    @property
    def size(self) -> int:
        """How many integers an answer has."""
        width = self.width
        return 2 + 2 * width + width * (width + 1) // 2

    def sums(self, table: CellTable, coefficients: Ints) -> Ints:
        """Return the sums (``size``,) over the complete rows of a table; sums of suppliers add.

        They are: the rows; the rows with the second category, or the squares of the response; for each column
        of the matrix the rows in which it is not 0; the right side; the upper triangle of the left side.
        """
        total = np.zeros(self.size, np.int64)
        for rows in self.blocks(self.complete(table)):
            total += self._block(table, rows, coefficients)
        return total

    def complete(self, table: CellTable) -> Mask:
        """Tell which rows (n_rows,) have a value, and no named state, in every column and the response."""
        return self.design.complete(table) & table.has_number(self.response)

    def blocks(self, chosen: Mask) -> Iterator[npt.NDArray[np.intp]]:
        """Yield the places of the chosen rows, as many at a time as their matrix may take."""
        rows = np.flatnonzero(chosen)
        size = min(_BLOCK_CELLS // self.width, 2**16)
        for begin in range(0, len(rows), size):
            yield rows[begin : begin + size]

    @property
    def most_sums(self) -> list[int]:
        """The most that one row adds to each of the sums (``size``), in absolute value."""
        cells, width = self.design.most_cells, range(self.width)
        if self.line is not None:
            second, right, weighted = MOST_CELL**2, MOST_CELL, cells
        else:
            half = 1 << (FIXED_BITS - 1)
            second, right, weighted = 1, _ONE, [((_ONE // 4) * cell + half) >> FIXED_BITS for cell in cells]
        triangle = [weighted[i] * cells[j] for i in width for j in width[i:]]
        return [1, second, *(1 for _ in width), *(cell * right for cell in cells), *triangle]

    def solve(self, sums: Ints, coefficients: Ints, *, settles: bool = True) -> RegressionFit:
        """Return the fit after the step that the added ``sums`` (``size``,) at ``coefficients`` allow.

        Where one step from elsewhere is all that is taken, it need not settle: such a one-step estimate from
        near enough is as good as that of many (van der Vaart 1998, Asymptotic Statistics, section 5.7,
        doi:10.1017/CBO9780511802256).

        Raises
        ------
        ValueError
            Where the rows are too many for the sums to be exact.
        """
        rows, events, width = int(sums[0]), int(sums[1]), len(self.design.names)
        if rows > MOST_ROWS:
            raise ValueError(f"sums of {rows} rows may not fit: at most {MOST_ROWS} can be added")
        support = sums[2 : 2 + width]
        scale = 2.0 ** (2 * FIXED_BITS if self.line is not None else FIXED_BITS + COEFFICIENT_BITS)
        right, left = sums[2 + width : 2 + 2 * width] / scale, np.zeros((width, width))
        left[np.triu_indices(width)] = sums[2 + 2 * width :] / scale
        inverse, known = _inverse(left + np.triu(left, 1).T)
        step, errors = inverse @ right, np.sqrt(np.maximum(inverse.diagonal(), 0))
        if self.line is not None:
            free = rows - int(known.sum())
            spread = max(events / scale - float(step @ right), 0.0) / max(free, 1)
            estimates, inverse = step, inverse * spread
            errors = errors * np.sqrt(spread) if free > 0 else np.full(width, np.inf)
        else:
            step = step * min(MOST_STEP / max(float(np.abs(step).max()), 1e-9), 1.0)
            estimates = np.clip(coefficients / _ONE + step, -MOST_COEFFICIENT, MOST_COEFFICIENT)
            errors = np.where(settles & (np.abs(step) > _SETTLED), np.inf, errors)
        errors = np.where(known, errors, np.inf)
        following = np.rint(np.clip(estimates, -MOST_COEFFICIENT, MOST_COEFFICIENT) * _ONE).astype(np.int64)
        names, dummies = self.design.names, self.design.dummies
        counted = None if self.line is not None else events
        return RegressionFit(names, dummies, following, estimates, errors, inverse, rows, support, counted)

    def _block(self, table: CellTable, rows: npt.NDArray[np.intp], coefficients: Ints) -> Ints:
        """Return the sums of up to 2^16 rows. As float64 they are exact: below 2^53 in any order."""
        cells = self.design.matrix(table, rows)
        x = cells.astype(np.float64)
        answers = table.keys[self.response][rows]
        if self.line is not None:
            y = self.line.standardized(answers)
            second, right, weighted = int((y * y).sum()), x.T @ y.astype(np.float64), x
        else:
            chance = _chance((x @ coefficients.astype(np.float64)).astype(np.int64) >> FIXED_BITS)
            weight = (chance * (_ONE - chance)) >> COEFFICIENT_BITS
            second, right = int(answers.sum()), x.T @ (answers * _ONE - chance).astype(np.float64)
            half = 1 << (FIXED_BITS - 1)
            weighted = ((weight[:, np.newaxis] * cells + half) >> FIXED_BITS).astype(np.float64)
        triangle = (weighted.T @ x)[np.triu_indices(x.shape[1])]
        support = np.count_nonzero(cells, axis=0)
        return np.concatenate([[len(rows), second], support, right, triangle]).astype(np.int64)


def fit(model: RegressionModel, table: CellTable) -> RegressionFit:
    """Fit a model to a table that lies in one place."""
    found = model.solve(model.sums(table, model.start), model.start)
    for _ in range(model.steps - 1):
        found = model.solve(model.sums(table, found.coefficients), found.coefficients)
    return found


def _inverse(left: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the inverse of a matrix of sums (w, w), and which coefficients (w,) it tells apart.

    The matrix is brought to a diagonal of ones, to which a ridge of ``_RIDGE`` is added. A column without
    rows gets zeros; one whose variance others inflate ``_MOST_INFLATION`` times is not told apart from them.
    """
    used = left.diagonal() > 0
    root = np.sqrt(np.where(used, left.diagonal(), 1.0))
    scaled = np.where(np.outer(used, used), left / np.outer(root, root), 0.0)
    np.fill_diagonal(scaled, 1 + _RIDGE)
    inverse = np.linalg.inv(scaled)
    known = used & (inverse.diagonal() > 0) & (inverse.diagonal() < _MOST_INFLATION)
    kept = np.where(np.outer(used, used), inverse / np.outer(root, root), 0.0)
    return kept, known


def _chance(margins: Ints) -> Ints:
    """Return the logistic function of fixed-point margins (n,), in fixed point."""
    limit = round(MOST_COEFFICIENT) << _LOGIT_BITS
    half = 1 << (COEFFICIENT_BITS - _LOGIT_BITS - 1)
    place = np.clip((margins + half) >> (COEFFICIENT_BITS - _LOGIT_BITS), -limit, limit) + limit
    chances: Ints = _logistic()[place]
    return chances


@cache
def _logistic() -> Ints:
    """Return the logistic function at every fixed-point logit between the limits."""
    limit = round(MOST_COEFFICIENT) << _LOGIT_BITS
    logits = np.arange(-limit, limit + 1) / (1 << _LOGIT_BITS)
    return np.rint(_ONE / (1 + np.exp(-logits))).astype(np.int64)
