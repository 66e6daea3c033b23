"""A fitted model of one table: codes drawn column by column, then values on each variable's grid.

The model holds what was learnt after the small-count rule, and nothing of the suppliers' answers besides.
Rows are drawn in partitions with streams of their own, so any runner produces the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.coded_cells import off_codes
from syncline.data.constraint import Constraint, Formula
from syncline.questions.formula_check import TOLERANCE, evaluate
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.column_values import ColumnValues
from syncline.synthesizers.draws import Codes, Draw
from syncline.synthesizers.formulas import Derived
from syncline.synthesizers.streams import PARTITION_ROWS, Seed

Keys = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Columns = dict[str, tuple[Keys, Mask]]
"""Keys (n,) and a mask of missing cells (n,) for each released column."""


@dataclass(frozen=True, slots=True)
class TabularModel:
    """Everything that is needed to draw synthetic rows.

    Attributes
    ----------
    method : the technique that learnt it
    columns : every modelled column's codes and values, in schema order
    order : the columns that are drawn, in visit order
    draws : how each of them is drawn
    derived : the columns that are recomputed from others
    bounds : pairs of columns of which the first is never greater than the second
    n_rows : rows that it was learnt from
    """

    method: str
    columns: tuple[CodedColumn, ...]
    order: tuple[str, ...]
    draws: tuple[Draw, ...]
    derived: tuple[Derived, ...]
    bounds: tuple[Constraint, ...]
    n_rows: int

    def sample(self, rows: int, seed: Seed) -> Iterator[Columns]:
        """Yield ``rows`` synthetic rows, partition by partition."""
        for partition in range(-(-rows // PARTITION_ROWS)):
            yield self.partition(partition, min(PARTITION_ROWS, rows - partition * PARTITION_ROWS), seed)

    def partition(self, partition: int, n: int, seed: Seed) -> Columns:
        """Return the n rows of one partition."""
        by_name = {column.values.variable.name: column for column in self.columns}
        codes = self._codes(partition, n, seed, by_name)
        drawn: Columns = {}
        for name in self.order:
            random = seed.words(f"value:{name}", partition, n)
            drawn[name] = by_name[name].values.decode(codes[name], random)
        for derived in self._in_order():
            _recompute(derived, drawn, by_name)
        for bound in self.bounds:
            drawn[bound.of] = _bounded(bound, drawn, by_name)
        return {
            name: (off_codes(column.values.variable, drawn[name][0]), drawn[name][1])
            for name, column in by_name.items()
        }

    def _codes(
        self, partition: int, n: int, seed: Seed, by_name: Mapping[str, CodedColumn]
    ) -> dict[str, Codes]:
        codes: dict[str, Codes] = {}
        bins = np.zeros((n, len(self.order)), np.uint8)
        for place, (name, draw) in enumerate(zip(self.order, self.draws, strict=True)):
            states = np.zeros(n, np.int64)
            if draw.determinant is not None:
                states = codes[draw.determinant].astype(np.int64)
            elif draw.nodes is not None:
                states = np.searchsorted(draw.nodes.leaves, draw.nodes.route(bins[:, :place]))
            codes[name] = draw.codes(states, seed.words(f"code:{name}", partition, n))
            bins[:, place] = by_name[name].codes.bins[codes[name]]
        return codes

    def _in_order(self) -> list[Derived]:
        """Return the derived columns so that each comes after those that it follows from."""
        waiting, known, ordered = list(self.derived), set(self.order), list[Derived]()
        while waiting:
            ready = [d for d in waiting if known.issuperset(d.formula.inputs)]
            if not ready:
                raise ValueError("model: derived columns follow from each other in a circle")
            ordered += ready
            known |= {d.formula.of for d in ready}
            waiting = [d for d in waiting if d not in ready]
        return ordered


def _values(
    name: str, drawn: Columns, by_name: Mapping[str, CodedColumn]
) -> tuple[npt.NDArray[np.float64], Mask]:
    """Return a column's numbers (n,), 0.0 where it holds none, and where it holds one."""
    keys, missing = drawn[name]
    variable = by_name[name].values.variable
    assert variable.grid is not None
    present = ~missing & variable.are_values(keys)
    return np.where(
        present, variable.grid.values(np.where(present, keys, 0)).astype(np.float64), 0.0
    ), present


def _recompute(derived: Derived, drawn: Columns, by_name: Mapping[str, CodedColumn]) -> None:
    """Set a derived column from those that it follows from."""
    formula = derived.formula
    values, defined, _ = evaluate(formula.formula, [_values(name, drawn, by_name) for name in formula.inputs])
    missing = ~defined
    column = by_name[formula.of].values
    grid = column.variable.grid
    assert grid is not None
    states = np.zeros(len(missing), np.bool_)
    if derived.own_gaps:
        own, gaps = drawn[formula.of]
        states = ~gaps & ~column.variable.are_values(own)
        missing = missing | gaps
    keys = snapped(column, grid.keys_from_numbers(np.where(missing | states, 0.0, values)))
    missing &= ~states
    keys = np.where(missing, 0, keys)
    drawn[formula.of] = (np.where(states, own, keys) if derived.own_gaps else keys), missing
    if formula.formula is Formula.EQUAL:
        _round_alike(formula, drawn, by_name)


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
    close = away[nearest, rows] <= TOLERANCE * np.maximum(np.abs(own), 1.0)
    return np.where(close, near[nearest, rows], keys)


def _round_alike(formula: Constraint, drawn: Columns, by_name: Mapping[str, CodedColumn]) -> None:
    """Give the source of an equality the same rounding as its copy, so that the two read the same."""
    source = formula.inputs[0]
    values, present = _values(formula.of, drawn, by_name)
    grid = by_name[source].values.variable.grid
    assert grid is not None
    keys, missing = drawn[source]
    drawn[source] = np.where(present & ~missing, grid.keys_from_numbers(values), keys), missing


def _bounded(bound: Constraint, drawn: Columns, by_name: Mapping[str, CodedColumn]) -> tuple[Keys, Mask]:
    keys, missing = drawn[bound.of]
    value, present = _values(bound.of, drawn, by_name)
    limit, limited = _values(bound.inputs[0], drawn, by_name)
    grid = by_name[bound.of].values.variable.grid
    assert grid is not None
    over = present & limited & (value > limit)
    lowered = grid.keys_from_numbers(np.where(over, limit, 0.0))
    lowered = lowered - (grid.values(lowered).astype(np.float64) > limit)
    return np.where(over, lowered, keys), missing
