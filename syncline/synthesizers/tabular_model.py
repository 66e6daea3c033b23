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
from syncline.data.constraint import Constraint
from syncline.data.gap import GapLine
from syncline.errors import DataError
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.draws import Codes, Draw
from syncline.synthesizers.formulas import Derived
from syncline.synthesizers.gap_draws import GapDraw
from syncline.synthesizers.kept_rows import Columns, broken_rows, in_order, recompute, replaced
from syncline.synthesizers.streams import PARTITION_ROWS, Seed

MOST_DRAWS = 100
"""Times that a row is drawn at most until it keeps all formulas, orders and ranges."""

__all__ = ["Columns", "TabularModel"]


@dataclass(frozen=True, slots=True)
class TabularModel:
    """Everything that is needed to draw synthetic rows.

    Attributes
    ----------
    method : the technique that learnt it
    columns : every modelled column's codes and values, in schema order
    order : the columns and gaps that are drawn, in visit order
    draws : how each of them is drawn
    derived : the columns that are recomputed from others
    bounds : pairs of columns of which the first is never greater than the second
    n_rows : rows that it was learnt from
    gaps : codes and values of the gaps from which columns follow
    systematic : whether codes are drawn at equal distances, so that their counts are the model's, or each row
        by itself
    """

    method: str
    columns: tuple[CodedColumn, ...]
    order: tuple[str, ...]
    draws: tuple[Draw, ...]
    derived: tuple[Derived, ...]
    bounds: tuple[Constraint, ...]
    n_rows: int
    gaps: tuple[CodedColumn, ...] = ()
    systematic: bool = True

    def sample(self, rows: int, seed: Seed) -> Iterator[Columns]:
        """Yield ``rows`` synthetic rows, partition by partition."""
        for partition in range(-(-rows // PARTITION_ROWS)):
            yield self.partition(partition, min(PARTITION_ROWS, rows - partition * PARTITION_ROWS), seed)

    def partition(self, partition: int, n: int, seed: Seed) -> Columns:
        """Return the n rows of one partition.

        A row that breaks an order, or in which a computed value lies beyond the range of its column, is drawn
        again as a whole, from streams of its own; what cannot be drawn at all repeats a row that can.
        """
        by_name = {column.codes.name: column for column in (*self.columns, *self.gaps)}
        rows = self._drawn(partition, n, seed, by_name, "")
        broken = broken_rows(rows, self.bounds, self._computed, by_name)
        for attempt in range(1, MOST_DRAWS):
            if not len(broken):
                break
            again = self._drawn(partition, len(broken), seed, by_name, f"|{attempt}")
            rows = replaced(rows, broken, again)
            broken = broken[broken_rows(again, self.bounds, self._computed, by_name)]
        if len(broken):
            rows = _with_repeats(rows, broken)
        return {column.codes.name: _released(column, *rows[column.codes.name]) for column in self.columns}

    @property
    def _computed(self) -> tuple[str, ...]:
        """The columns whose values are computed from others, and may so leave their range."""
        names = [name for d in self.derived for name in (*d.changed, *d.needs)]
        return tuple(dict.fromkeys(names + [draw.column for draw in self.draws if draw.gap is not None]))

    def _drawn(
        self, partition: int, n: int, seed: Seed, by_name: Mapping[str, CodedColumn], again: str
    ) -> Columns:
        """Return n rows; ``again`` is a suffix that gives a further draw other streams."""
        drawn: Columns = {}
        codes: dict[str, Codes] = {}
        bins = np.zeros((n, len(self.order)), np.uint8)
        for place, (name, draw) in enumerate(zip(self.order, self.draws, strict=True)):
            column = by_name[name]
            if draw.gap is not None:
                drawn[name] = _beside(by_name[draw.gap], drawn, by_name)
                codes[name] = column.codes.encode(drawn[name][0], ~drawn[name][1])
            else:
                states = _states(draw, codes, bins[:, :place])
                random = seed.words(f"code:{name}{again}", partition, n)
                if column.codes.gap is None:
                    codes[name] = draw.codes(states, random, self.systematic)
                else:
                    lacking = drawn[column.codes.gap.base][1]
                    gap = GapDraw.of(draw, column.values)
                    codes[name] = gap.codes(states, random, lacking, self.systematic)
                random = seed.words(f"value:{name}{again}", partition, n)
                drawn[name] = column.values.decode(codes[name], random)
            bins[:, place] = column.codes.bins[codes[name]]
        for derived in in_order(self.derived, self.order):
            recompute(derived, drawn, by_name)
        return drawn


def _released(
    column: CodedColumn, keys: npt.NDArray[np.int64], missing: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    return off_codes(column.values.variable, keys), missing


def _states(draw: Draw, codes: Mapping[str, Codes], bins: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Return the state (n,) from which each row's code is drawn."""
    if draw.determinant is not None:
        return codes[draw.determinant].astype(np.int64)
    if draw.nodes is not None:
        return np.searchsorted(draw.nodes.leaves, draw.nodes.route(bins))
    return np.zeros(len(bins), np.int64)


def _beside(
    column: CodedColumn, drawn: Columns, by_name: Mapping[str, CodedColumn]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the cells of a column that follows from a drawn gap and its base."""
    gap = column.codes.gap
    assert gap is not None
    line = GapLine.between(gap, by_name[gap.of].values.variable, by_name[gap.base].values.variable)
    return line.values(drawn[gap.name], drawn[gap.base])


def _with_repeats(rows: Columns, broken: npt.NDArray[np.int64]) -> Columns:
    """Return the rows with good ones in turn in the place of those that are ``broken``."""
    n = len(next(iter(rows.values()))[0])
    good = np.delete(np.arange(n), broken)
    if not len(good):
        raise DataError(
            "no row that keeps the formulas, orders and ranges could be drawn; take a constraint out of the"
            " schema, or widen a range"
        )
    spare = good[np.arange(len(broken)) % len(good)]
    return replaced(rows, broken, {name: (keys[spare], gone[spare]) for name, (keys, gone) in rows.items()})
