"""What every released row keeps: formulas by recomputing columns, orders and ranges by drawing again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.constraint import Constraint, Formula
from syncline.data.gap import common_step
from syncline.questions.formula_check import TOLERANCE, evaluate, solve
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.column_values import ColumnValues
from syncline.synthesizers.formulas import Derived

Keys: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]
MutableColumns: TypeAlias = dict[str, tuple[Keys, Mask]]
"""Keys (n,) and a mask of missing cells (n,) for each released column."""
ByName: TypeAlias = Mapping[str, CodedColumn]


def in_order(derived: Sequence[Derived], drawn: Iterable[str]) -> list[Derived]:
    """Return the derived columns so that each comes after those that it follows from."""
    waiting, ordered = list(derived), list[Derived]()
    known = set(drawn).difference(*(d.changed for d in derived)) if derived else set(drawn)
    while waiting:
        ready = [d for d in waiting if known.issuperset(d.needs)]
        if not ready:
            raise ValueError("model: derived columns follow from each other in a circle")
        ordered += ready
        known |= {name for d in ready for name in d.changed}
        waiting = [d for d in waiting if d not in ready]
    return ordered


def recompute(derived: Derived, drawn: MutableColumns, by_name: ByName) -> None:
    """Set a derived column from those that it follows from."""
    formula = derived.formula
    if derived.solved is not None:
        _solve(derived.solved, formula, drawn, by_name)
    inputs = [numbers_of(name, drawn, by_name) for name in formula.inputs]
    kinds = {name: by_name[name].values.variable.kind for name in formula.columns}
    values, defined, _ = evaluate(formula, inputs, kinds)
    found = keys_of_numbers(formula.of, values, ~defined, by_name)
    drawn[formula.of] = (
        _with_own(drawn[formula.of], found, by_name[formula.of]) if derived.own_gaps else found
    )
    if formula.formula is Formula.EQUAL:
        _round_alike(formula, drawn, by_name)


def _with_own(own: tuple[Keys, Mask], found: tuple[Keys, Mask], column: CodedColumn) -> tuple[Keys, Mask]:
    """Return computed cells, with a column's own gaps and named states where it has them."""
    keys, gaps = own
    states = ~gaps & ~column.values.variable.are_values(keys)
    missing = (found[1] | gaps) & ~states
    return np.where(states, keys, np.where(missing, 0, found[0])), missing


def _solve(name: str, formula: Constraint, drawn: MutableColumns, by_name: ByName) -> None:
    """Set the one input of a formula that was not drawn from its value and the other inputs."""
    others = [numbers_of(other, drawn, by_name) for other in formula.inputs if other != name]
    values, defined = solve(formula, name, numbers_of(formula.of, drawn, by_name), others)
    drawn[name] = keys_of_numbers(name, values, ~defined, by_name)


def keys_of_numbers(
    name: str, values: npt.NDArray[np.float64], missing: Mask, by_name: ByName
) -> tuple[Keys, Mask]:
    """Return the cells (n,) of a column that hold ``values``, as near as its grid and its rounding allow."""
    column = by_name[name].values
    grid = column.variable.grid
    assert grid is not None
    numbers = np.where(missing | ~np.isfinite(values), 0.0, values)
    keys = snapped(column, grid.keys_from_numbers(numbers))
    return np.where(missing, 0, keys), missing


def numbers_of(name: str, drawn: MutableColumns, by_name: ByName) -> tuple[npt.NDArray[np.float64], Mask]:
    """Return a column's numbers (n,), 0.0 where it holds none, and where it holds one."""
    keys, missing = drawn[name]
    variable = by_name[name].values.variable
    assert variable.grid is not None
    present = ~missing & variable.are_values(keys)
    numbers = variable.grid.values(np.where(present, keys, 0)).astype(np.float64)
    return np.where(present, numbers, 0.0), present


def snapped(column: ColumnValues, keys: Keys) -> Keys:
    """Return keys (n,) moved to a value of the real column that agrees within the tolerance of formulas.

    Published tables round: where the real column holds 1.609438 for a logarithm, so shall the synthetic one.
    """
    grid = column.variable.grid
    shared = np.unique(column.span_low[(column.span_low == column.span_high) & ~column.is_state])
    if grid is None or not len(shared) or not len(keys):
        return keys
    above = np.minimum(np.searchsorted(shared, keys), len(shared) - 1)
    near = np.stack([shared[np.maximum(above - 1, 0)], shared[above]])
    own = grid.values(keys).astype(np.float64)
    away = np.abs(grid.values(near.ravel()).astype(np.float64).reshape(near.shape) - own)
    nearest = np.argmin(away, axis=0)
    rows = np.arange(len(keys))
    least = min(float(np.abs(grid.values(shared).astype(np.float64)).max()), 1.0)
    close = away[nearest, rows] <= TOLERANCE * np.maximum(np.abs(own), least)
    return np.where(close, near[nearest, rows], keys)


def _round_alike(formula: Constraint, drawn: MutableColumns, by_name: ByName) -> None:
    """Give the source of an equality the same rounding as its copy, so that the two read the same."""
    source = formula.inputs[0]
    values, present = numbers_of(formula.of, drawn, by_name)
    grid = by_name[source].values.variable.grid
    assert grid is not None
    keys, missing = drawn[source]
    drawn[source] = np.where(present & ~missing, grid.keys_from_numbers(values), keys), missing


@dataclass(frozen=True, slots=True)
class OrderTest:
    """An order of two columns, with their ``steps`` in units of a common one, None where they have none.

    The third of ``steps`` is by how many units the first column's origin lies behind the other's.
    """

    of: str
    limit: str
    steps: tuple[int, int, int] | None

    @classmethod
    def of_bound(cls, bound: Constraint, by_name: ByName) -> OrderTest:
        """Return the test of an order that rows keep."""
        names = bound.of, bound.inputs[0]
        steps = common_step(*(by_name[name].values.variable for name in names))
        return cls(*names, None if steps == (0, 0, 0) else steps)

    def other(self, name: str) -> str:
        """Return the one of its two columns that is not called ``name``."""
        return self.limit if name == self.of else self.of

    def broken(self, drawn: MutableColumns, by_name: ByName) -> Mask:
        """Return in which rows (n,) a column is greater than its limit, both being there."""
        if self.steps is None:
            (values, present), (most, limited) = (
                numbers_of(name, drawn, by_name) for name in (self.of, self.limit)
            )
            return np.asarray(present & limited & (values > most))
        (keys, lacking), (most_keys, unlimited) = drawn[self.of], drawn[self.limit]
        own, most_step, behind = self.steps
        return np.asarray(~(lacking | unlimited) & (keys * own + behind > most_keys * most_step))


def broken_rows(
    drawn: MutableColumns, bounds: Sequence[OrderTest], computed: Collection[str], by_name: ByName
) -> Keys:
    """Return the rows, increasing, that break an order, or in which a computed column leaves its range."""
    return np.flatnonzero(broken_from(drawn, bounds, computed, by_name, {}) >= 0)


def broken_from(
    drawn: MutableColumns,
    bounds: Sequence[OrderTest],
    computed: Collection[str],
    by_name: ByName,
    places: Mapping[str, int],
) -> Keys:
    """Return for each row (n,) the place from which on it must be drawn again; -1 where it keeps everything.

    ``places`` are those of drawn columns; a broken order can be mended by the columns behind the first of its
    two. What is computed may depend on any column, and so needs a row that is drawn from the start.
    """
    n = len(next(iter(drawn.values()))[0])
    start = np.full(n, -1, np.int64)
    for bound in bounds:
        mends = 1 + min(places.get(name, -1) for name in (bound.of, bound.limit))
        broken = bound.broken(drawn, by_name)
        start[broken] = np.where(start[broken] < 0, mends, np.minimum(start[broken], mends))
    for name in computed:
        keys, missing = drawn[name]
        start[~missing & ~by_name[name].values.variable.may_hold(keys)] = 0
    return start


def put_rows(drawn: MutableColumns, rows: Keys, others: MutableColumns) -> None:
    """Put ``others`` (k,) into the places ``rows`` (k,) of columns that nobody else holds."""
    for name, (keys, missing) in drawn.items():
        keys[rows], missing[rows] = others[name]


def rows_at(drawn: MutableColumns, places: Keys) -> MutableColumns:
    """Return the rows at ``places`` (k,)."""
    return {name: (keys[places], missing[places]) for name, (keys, missing) in drawn.items()}
