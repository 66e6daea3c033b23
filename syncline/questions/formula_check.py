"""FormulaCheck: how many rows break each of a closed list of formulas between columns.

Three cells a formula: rows in which both sides are present and differ; rows in which the formula has a
value and the column is missing; rows in which the formula has no value and the column is present.

The two sides agree when they differ by at most ``TOLERANCE`` times the largest magnitude that takes part (of
a logarithm at least 1): tables are often published with seven significant digits. Whole numbers, days and
times agree only where they are the same. A ratio, a logarithm and a line may besides be off by half a step of
the column, to which they were rounded, a line also by what half a step of its input comes to where that is
the smaller one. But where the input's steps come to few different fractions of the column's, it must not be
off by a whole half: a line through the middle between two values would hold for either of them.

Size: three cells a formula. Sensitivity: a person changes each cell by at most their rows. Disclosure:
which columns follow from others. Permission: ``formula_check``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook
from syncline.data.constraint import ELAPSED, Constraint, Formula, check_formula
from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.errors import ProtocolError
from syncline.questions.counts import Counts
from syncline.questions.elapsed import elapsed, microseconds
from syncline.questions.known import Known, require
from syncline.questions.moments import numbers
from syncline.questions.question import Context, TableQuestion
from syncline.questions.sensitivity import Sensitivity
from syncline.questions.workspace import Workspace

TOLERANCE = 1e-6
CELLS = 3
FEW = 12
"""Fractions of a step up to which they are few: of more, only one row in 13 may lie in the middle of two."""
MOST_CARRIED = 1e-4
"""The largest part of a quotient that the rounding of its inputs may explain: more would let chance pass."""
_SAME = 1e-9
_BELOW_HALF = 0.495
"""Share of a step that is less than half of it, and more than any fraction but a half comes to."""
_ROUNDED = frozenset({Formula.RATIO, Formula.LOG, Formula.LOG1P, Formula.LOG_FLOOR, Formula.LINEAR})
"""Formulas whose values need more digits than their inputs have, so that a column of them was rounded."""
_KEPT = 256
"""Sides of formulas kept for a batch at most: there may be more of them than fit the memory."""

_CHECKED_AT_ONCE = 1 << 17
"""Rows of all formulas that are checked at once."""

Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Column: TypeAlias = tuple[Floats, Mask]
RightSide: TypeAlias = tuple[Floats, Mask, Floats]


@np.errstate(over="ignore")
def evaluate(constraint: Constraint, inputs: list[Column], kinds: Mapping[str, Kind]) -> RightSide:
    """Return the formula's values (n,), whether each is defined, and the largest magnitude of its inputs.

    What is too large for a float is infinite, and so equal to no value. ``kinds`` are those of its columns.
    """
    formula, values = constraint.formula, [v for v, _ in inputs]
    defined = np.logical_and.reduce([valid for _, valid in inputs])
    if formula in ELAPSED:
        until, since = map(microseconds, values, (kinds[name] for name in constraint.inputs))
        found = elapsed(formula, until, since, whole=kinds[constraint.of] is Kind.INTEGER)
        return found, defined, np.ones_like(found)
    size = np.maximum.reduce([np.abs(v) for v in values])
    if formula in (Formula.EQUAL, Formula.AT_MOST):
        return values[0], defined, size
    if formula is Formula.SUM:
        total = values[0].copy()
        for value in values[1:]:
            total = total + value
        return total, defined, size
    if formula is Formula.LINEAR:
        factor = float(constraint.factor or 0.0)
        return values[0] * factor + constraint.offset, defined, size * abs(factor)
    if formula is Formula.RATIO:
        usable = defined & (values[1] != 0)
        quotient = values[0] / np.where(usable, values[1], 1.0)
        return quotient, usable, np.abs(quotient)
    shift = 1.0 if formula is Formula.LOG1P else 0.0
    argument = values[0] + shift
    if formula is Formula.LOG_FLOOR:
        argument = np.maximum(argument, 1.0)
    usable = defined & (argument > 0)
    return np.log(np.where(usable, argument, 1.0)), usable, np.ones_like(size)


@np.errstate(over="ignore")
def solve(constraint: Constraint, name: str, of: Column, others: list[Column]) -> tuple[Floats, Mask]:
    """Return the values (n,) of the input ``name`` of a sum or ratio, from its value and the other inputs.

    Of a ratio, and of the days between two dates, it is the first input that can be solved for.
    """
    if constraint.formula is Formula.RATIO and name == constraint.inputs[0]:
        return of[0] * others[0][0], of[1] & others[0][1]
    if constraint.formula is Formula.DAYS and name == constraint.inputs[0]:
        return of[0] + others[0][0], of[1] & others[0][1]
    if constraint.formula is not Formula.SUM:
        raise ValueError("a formula that cannot be solved for this column")
    rest, defined = of[0].copy(), of[1].copy()
    for value, valid in others:
        rest, defined = rest - value, defined & valid
    return rest, defined


def _step(variable: Variable) -> float:
    """Return the step of a column's values, 0 without an even one."""
    grid = variable.grid
    return float(grid.step or 0) if grid is not None and variable.kind in NUMERIC_KINDS else 0.0


def slack_of(constraint: Constraint, schema: Schema) -> tuple[float, float, float]:
    """Return by how much the two sides may differ: relative to their size, besides, and at most."""
    of, read = (schema.variable(name) for name in (constraint.of, constraint.inputs[0]))
    if of.digits is not None and constraint.defines:
        return TOLERANCE + 0.5 * 10.0 ** (1 - of.digits), 0.0, np.inf
    if of.kind not in NUMERIC_KINDS:
        return 0.0, 0.0, np.inf
    whole = all(schema.variable(name).kind is Kind.INTEGER for name in constraint.columns)
    if constraint.formula in ELAPSED:
        return (0.0, 0.0, 0.0) if of.kind is Kind.INTEGER else (TOLERANCE, _step(of) / 2, np.inf)
    if constraint.formula not in _ROUNDED:
        return TOLERANCE, 0.0, _BELOW_HALF if whole else np.inf
    steps = _step(of), _step(read)
    if constraint.formula is not Formula.LINEAR:
        return TOLERANCE, steps[0] / 2, np.inf
    reach = abs(constraint.factor or 0.0) * steps[1]
    rounded = (steps[0] + (reach if reach < steps[0] else 0.0)) / 2
    few = steps[0] > 0 and abs(float(few_fractions(reach / steps[0])) - reach / steps[0]) < _SAME
    most = rounded * (1 + TOLERANCE) if whole else np.inf
    return TOLERANCE, rounded, _BELOW_HALF * steps[0] if few else most


def few_fractions(ratio: float) -> Fraction:
    """Return the fraction of at most ``FEW`` parts that is nearest to a ratio of two columns' steps."""
    return Fraction(ratio).limit_denominator(FEW)


@dataclass(frozen=True, slots=True)
class FormulaCheck(TableQuestion[Counts]):
    """Count the training rows that break each formula; formula i owns cells 3i to 3i + 2."""

    formulas: tuple[Constraint, ...]
    kind: ClassVar[str] = "formula_check"

    def size(self, codebook: Codebook | None = None) -> int:
        """Return the number of cells of the answer."""
        return CELLS * len(self.formulas)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""
        return tuple(sorted({name for formula in self.formulas for name in formula.columns}))

    @property
    def marginal_order(self) -> int:
        """Largest number of columns that are counted together.

        Two: of lines whose factor and offset the hub chooses, each goes through one cell of the exact table
        of two columns. Of a ratio, a sum or the time between two columns is told in how many rows it holds.
        From that, for all ratios of three columns, follows the table of the three where they are 0 or 1, as
        docs/policy.md says; and for all sums among many columns that of all of them, so that one sum is
        answered for each column.
        """
        return 2 if self.formulas else 0

    @property
    def once(self) -> str:
        """What is remembered of it: orders between columns are apart from formulas."""
        orders = {formula.formula for formula in self.formulas} == {Formula.AT_MOST}
        return f"{self.kind}|orders" if orders else self.kind

    def sensitivity(self, context: Context) -> Sensitivity:
        """Return by how much one person can move the answer: a row breaks a formula in one way."""
        return Sensitivity.of_cells(len(self.formulas))

    def require_fits(self, schema: Schema, codebook: Codebook | None) -> None:
        """Raise ProtocolError unless columns hold numbers, and each formula applies to its own."""
        if any(schema.variable(name).grid is None for name in self.columns):
            raise ProtocolError("formula_check: a column does not hold numbers")
        variables = {variable.name: variable for variable in schema.variables}
        for formula in self.formulas:
            try:
                check_formula(formula, variables)
            except ValueError:
                raise ProtocolError("formula_check: a formula does not apply to its columns") from None
        self._require_few_sums(schema)

    def _require_few_sums(self, schema: Schema) -> None:
        """Raise ProtocolError where several sums are asked of a column, beside those that are declared."""
        asked = set(self.formulas).difference(schema.constraints)
        sums = [formula.of for formula in asked if formula.formula is Formula.SUM]
        if len(set(sums)) < len(sums):
            raise ProtocolError("formula_check: several sums are asked of one column; one is answered")

    def answer(self, table: Workspace, context: Context) -> Counts:
        """Return the counts of this table."""
        dense = np.zeros((len(self.formulas), CELLS), np.int64)
        slack = np.array([slack_of(formula, table.schema) for formula in self.formulas]).reshape(-1, 3)
        kinds = {variable.name: variable.kind for variable in table.schema.variables}
        names, steps = self.columns, {one.name: _step(one) for one in table.schema.variables}
        for batch in table.training():
            columns = {name: numbers(batch, table, name) for name in names}
            evaluated: dict[tuple[object, ...], RightSide] = {}
            for places in self._alike(batch.n_rows):
                some = [self.formulas[place] for place in places]
                sides = [_kept_side(formula, columns, kinds, evaluated) for formula in some]
                carried = _carried(some, columns, steps)
                dense[places] += _breaks(some, columns, sides, slack[places], carried)
        return table.bare(dense)

    def _alike(self, rows: int) -> Iterator[list[int]]:
        """Yield the places of formulas of one kind that are checked at once, of so many rows each."""
        kinds: dict[Formula, list[int]] = {}
        for place, formula in enumerate(self.formulas):
            kinds.setdefault(formula.formula, []).append(place)
        most = max(_CHECKED_AT_ONCE // max(rows, 1), 1)
        for places in kinds.values():
            yield from (places[first : first + most] for first in range(0, len(places), most))

    def reconcile(self, answer: Counts, known: Known, context: Context) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that.

        A formula has a value in no more rows than each of its inputs, and in as many for every column that
        it is compared with.
        """
        if known.sizes is None:
            return known
        rows = known.sizes.train
        told = answer.dense().reshape(-1, CELLS)
        most = {name: known.filled[name].valid if name in known.filled else rows for name in self.columns}
        of = np.array([most[formula.of] for formula in self.formulas], np.int64)
        inputs = np.array([min(most[name] for name in f.inputs) for f in self.formulas], np.int64)
        differs, absent, surplus = told[:, 0], told[:, 1], told[:, 2]
        require((differs + absent + surplus <= rows).all(), "a formula is broken in more rows than there are")
        require((differs + surplus <= of).all(), "a formula is broken by more values than a column has")
        require((differs + absent <= inputs).all(), "a formula has more values than its inputs")
        if not all(name in known.filled for name in self.columns):
            return known
        defined = of + absent - surplus
        require(((defined >= 0) & (defined <= inputs)).all(), "a formula has more values than its inputs")
        sides: dict[tuple[object, ...], int] = {}
        for formula, own in zip(self.formulas, defined.tolist(), strict=True):
            require(
                sides.setdefault(_side(formula), own) == own,
                "a formula has more values for one column than for another",
            )
            one = formula.formula in (Formula.EQUAL, Formula.AT_MOST, Formula.LINEAR)
            require(
                not one or own == most[formula.inputs[0]], "a column has another number of values than before"
            )
        return known


def _side(formula: Constraint) -> tuple[object, ...]:
    """Return what the right side of a formula depends on."""
    of = formula.of if formula.formula in ELAPSED else ""  # it may be cut off to whole numbers
    return formula.formula, formula.inputs, formula.factor, formula.offset, of


def _kept_side(
    formula: Constraint,
    columns: Mapping[str, Column],
    kinds: Mapping[str, Kind],
    evaluated: dict[tuple[object, ...], RightSide],
) -> RightSide:
    """Return the right side of a formula, which is kept for others."""
    key = _side(formula)
    if key not in evaluated:
        if len(evaluated) >= _KEPT:
            evaluated.clear()
        evaluated[key] = evaluate(formula, [columns[name] for name in formula.inputs], kinds)
    return evaluated[key]


@np.errstate(divide="ignore")
def _carried(
    formulas: Sequence[Constraint], columns: Mapping[str, Column], steps: Mapping[str, float]
) -> Floats | None:
    """Return which part of the right sides of formulas of one kind may come of the rounding of inputs (k, n).

    Only of ratios: a quotient is off by the sum of what each input is, in parts of itself.
    """
    if formulas[0].formula is not Formula.RATIO:
        return None
    parts = [
        sum(steps[name] / 2 / np.abs(columns[name][0]) for name in formula.inputs if steps[name])
        + np.zeros(len(columns[formula.of][0]))
        for formula in formulas
    ]
    return np.minimum(np.stack(parts), MOST_CARRIED)


@np.errstate(over="ignore")
def _breaks(
    formulas: Sequence[Constraint],
    columns: Mapping[str, Column],
    sides: Sequence[RightSide],
    slack: Floats,
    carried: Floats | None,
) -> npt.NDArray[np.int64]:
    """Return in how many rows each of some formulas of one kind is broken, in the three ways (k, 3)."""
    value = np.stack([columns[formula.of][0] for formula in formulas])
    present = np.stack([columns[formula.of][1] for formula in formulas])
    expected, size = np.stack([side[0] for side in sides]), np.stack([side[2] for side in sides])
    defined = np.stack([side[1] for side in sides])
    relative, rounded, most = slack.T[:, :, None]
    allowed = np.minimum(relative * np.maximum(np.abs(value), size) + rounded, most)
    if carried is not None:
        allowed = allowed + carried * np.where(np.isfinite(size), size, 0.0)
    away = value - expected
    excess = away if formulas[0].formula is Formula.AT_MOST else np.abs(away)
    broken = (present & defined & (excess > allowed), defined & ~present, present & ~defined)
    return np.stack([np.count_nonzero(rows, axis=1) for rows in broken], axis=1)
