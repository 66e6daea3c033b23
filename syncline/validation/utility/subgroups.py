"""Whether a synthetic table serves some groups worse than others: distances within each subgroup.

All comes from the counts of pairs of columns. Of the pair of a subgroup column and another one, the cells of
one subgroup are that other column's distribution within it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from syncline.data.blob import Json
from syncline.data.schema import Schema
from syncline.questions.growth import MOST_SUBGROUPS
from syncline.validation.column_bins import TableBins
from syncline.validation.intervals import Z, variation_error
from syncline.validation.metric import Goal, Metric
from syncline.validation.utility.distributions import labels_of
from syncline.validation.utility.tables import SetCounts, Tables


@dataclass(frozen=True, slots=True, eq=False)
class Subgroup:
    """One code of one column.

    Attributes
    ----------
    column, code, rows : which it is, and its real rows
    value, error : mean distance from the real table over all other columns, and its standard error
    floor : the distance of held-out rows; None where fewer persons than are shown are among them
    tables : the counts of the other columns within it, and of those pairs that are counted with the column
    """

    column: str
    code: int
    rows: int
    value: float
    error: float
    floor: float | None
    tables: Tables

    @property
    def is_made(self) -> bool:
        """Whether the synthetic table has anybody of it."""
        return bool(self.tables.singles[0].synthetic.sum())

    def to_json(self) -> dict[str, Json]:
        """Return the subgroup as a row of the report, without its name."""
        return {
            "column": self.column,
            "rows": self.rows,
            "value": round(self.value, 6),
            "interval": [round(limit, 6) for limit in _limits(self.value, self.error)],
            "floor": None if self.floor is None else round(self.floor, 6),
        }


def subgroup_figures(tables: Tables, columns: Sequence[str], min_cell: int) -> tuple[list[Subgroup], Metric]:
    """Return the subgroups of ``columns``, and the largest gap between the distances of two of one column.

    A subgroup is a code of a column with at least ``min_cell`` real persons; its distance is the mean total
    variation of all other columns within it, 1 where the synthetic table has none of it. The floor is that of
    held-out rows, where at least ``min_cell`` persons are in the subgroup. The floor of the gap is the
    largest gap of the held-out rows: small groups differ more by chance, among real samples too. The interval
    is that of the difference of the two subgroups, as if they had been chosen beforehand.

    Parameters
    ----------
    tables
        Counts of single columns, of pairs and of sets of three.
    columns
        Names of the subgroup columns; those with more than ``MOST_SUBGROUPS`` codes are passed over.
    min_cell
        Real persons that a subgroup must have to be shown.
    """
    found = [list(_subgroups(tables, column, min_cell)) for column in dict.fromkeys(columns)]
    rows = [group for groups in found for group in groups]
    compared = [groups for groups in found if len(groups) > 1]
    if not compared:
        words = f"not computed: no subgroup column has two subgroups of {min_cell} real people or more"
        return rows, Metric("subgroup_gap", None, words=words)
    worst, best = max(
        (_extremes(groups) for groups in compared), key=lambda pair: pair[0].value - pair[1].value
    )
    gap, error = worst.value - best.value, float(np.hypot(worst.error, best.error))
    words = (
        "largest gap between two subgroups of a column, in the mean total variation of all other columns"
        f" within them ({worst.column})"
    )
    detail: Json = {"column": worst.column, "worst": worst.code, "best": best.code}
    return rows, Metric(
        "subgroup_gap",
        gap,
        _limits(gap, error),
        _floor(compared),
        Goal.FLOOR,
        None,
        words,
        detail,
    )


def names_of(bins: TableBins, schema: Schema) -> dict[str, list[str]]:
    """Return what the codes of each column are called."""
    return {
        column.name: ["missing", *labels_of(column, variable)]
        for column, variable in zip(bins.columns, schema.modelled, strict=True)
    }


def _subgroups(tables: Tables, column: str, min_cell: int) -> Iterator[Subgroup]:
    """Yield the subgroups of a column that are large enough, in the order of their codes."""
    least = max(min_cell, 1)
    alone = next(found for found in tables.singles if found.columns[0] == column)
    if len(alone.train) - 1 > MOST_SUBGROUPS:
        return
    turned = [
        [_turned(found, column) for found in sets if column in found.columns]
        for sets in (tables.pairs, tables.triples)
    ]
    if not turned[0]:
        return
    hidden = alone.hidden(least)
    for code, rows in enumerate(alone.train.tolist()):
        if rows and not hidden[code]:
            inside = _inside(tables.bins, turned, code)
            if alone.held_people([code]) < least:
                inside = inside.without_holdout()
            yield _measured(column, code, rows, inside)


def _inside(bins: TableBins, turned: Sequence[Sequence[SetCounts]], code: int) -> Tables:
    """Return the counts of the other columns within one code of the column that stands first."""
    singles, pairs = (tuple(_within(found, code) for found in sets) for sets in turned)
    known = {found.columns[0] for found in singles}
    others = TableBins(tuple(column for column in bins.columns if column.name in known))
    return Tables(others, singles, pairs, ())


def _measured(column: str, code: int, rows: int, inside: Tables) -> Subgroup:
    singles = inside.singles
    if singles[0].synthetic.sum():
        value = float(np.mean([found.distance for found in singles]))
        error = float(np.mean([variation_error(found.synthetic, found.train) for found in singles]))
    else:
        value, error = 1.0, 0.0
    floors = [found.floor for found in singles if found.floor is not None]
    floor = float(np.mean(floors)) if floors else None
    return Subgroup(column, code, rows, value, error, floor, inside)


def _turned(found: SetCounts, column: str) -> SetCounts:
    """Return a set with ``column`` as its first axis."""
    place = found.columns.index(column)
    parts = (found.synthetic, found.train, found.holdout)
    first = [None if counts is None else np.moveaxis(counts, place, 0) for counts in parts]
    others = (name for name in found.columns if name != column)
    return SetCounts((column, *others), first[0], first[1], first[2])  # type: ignore[arg-type]


def _within(found: SetCounts, code: int) -> SetCounts:
    """Return the other columns' counts within one code of the first."""
    holdout = None if found.holdout is None else found.holdout[code]
    return SetCounts(found.columns[1:], found.synthetic[code], found.train[code], holdout)


def _limits(value: float, error: float) -> tuple[float, float]:
    """Return the interval of a figure between 0 and 1."""
    return max(value - Z * error, 0.0), min(value + Z * error, 1.0)


def _extremes(groups: Sequence[Subgroup]) -> tuple[Subgroup, Subgroup]:
    """Return the subgroups of the largest and of the least distance."""
    return max(groups, key=lambda group: group.value), min(groups, key=lambda group: group.value)


def _floor(compared: Sequence[Sequence[Subgroup]]) -> float | None:
    """Return the largest gap between the floors of two subgroups of a column."""
    known = [[group.floor for group in groups if group.floor is not None] for groups in compared]
    gaps = [max(floors) - min(floors) for floors in known if len(floors) > 1]
    return max(gaps) if gaps else None
