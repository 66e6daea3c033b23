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
from syncline.validation.intervals import Z
from syncline.validation.metric import Goal, Metric
from syncline.validation.utility.distributions import labels_of
from syncline.validation.utility.tables import Tables, told_of
from syncline.validation.utility.told import ToldCounts


@dataclass(frozen=True, slots=True, eq=False)
class Subgroup:
    """One code of one column.

    Attributes
    ----------
    column, code, rows : which it is, and its real rows
    value, error : mean distance from the real table over all other columns, and its standard error; None
        where too few people stand behind it
    floor : the distance of held-out rows; None where fewer persons than are shown are among them
    tables : the counts of the other columns within it, and of those pairs that are counted with the column
    """

    column: str
    code: int
    rows: int
    value: float | None
    error: float | None
    floor: float | None
    tables: Tables

    @property
    def is_made(self) -> bool:
        """Whether the synthetic table has anybody of it."""
        return bool(self.tables.singles[0].synthetic.sum())

    @property
    def limits(self) -> tuple[float, float] | None:
        """The interval of the distance; None where there is none."""
        return None if self.value is None or self.error is None else _limits(self.value, self.error)

    def to_json(self) -> dict[str, Json]:
        """Return the subgroup as a row of the report, without its name."""
        limits = self.limits
        return {
            "column": self.column,
            "rows": self.rows,
            "value": None if self.value is None else round(self.value, 6),
            "interval": None if limits is None else [round(limit, 6) for limit in limits],
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
    found = [list(_subgroups(tables, column)) for column in dict.fromkeys(columns)]
    rows = [group for groups in found for group in groups]
    compared = [_measurable(groups) for groups in found]
    compared = [groups for groups in compared if len(groups) > 1]
    if not compared:
        words = f"not computed: no subgroup column has two subgroups of {min_cell} real people or more"
        return rows, Metric("subgroup_gap", None, words=words)
    worst, best = max(
        (_extremes(groups) for groups in compared), key=lambda pair: pair[0].value - pair[1].value
    )
    gap, error = worst.value - best.value, float(np.hypot(worst.error, best.error))
    words = (
        "largest gap between two subgroups of a column, in the mean total variation of all other columns"
        f" within them ({worst.group.column})"
    )
    detail: Json = {"column": worst.group.column, "worst": worst.group.code, "best": best.group.code}
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


def _subgroups(tables: Tables, column: str) -> Iterator[Subgroup]:
    """Yield the subgroups of a column that are told, in the order of their codes."""
    alone = next(found for found in tables.singles if found.columns[0] == column)
    if len(alone.train) - 1 > MOST_SUBGROUPS:
        return
    about = [[found for found in sets if column in found.columns] for sets in (tables.pairs, tables.triples)]
    if not about[0]:
        return
    for code, rows in enumerate(alone.train.tolist()):
        if rows and not alone.hidden[code]:
            inside = _inside(tables.bins, about, column, code)
            if alone.joint is None or alone.joint[code]:
                inside = inside.without_holdout()
            yield _measured(column, code, rows, inside)


def _inside(bins: TableBins, about: Sequence[Sequence[ToldCounts]], column: str, code: int) -> Tables:
    """Return what is told of the other columns within one code of a column."""
    singles, pairs = (
        tuple(found.within(found.columns.index(column), code) for found in sets) for sets in about
    )
    known = {found.columns[0]: found for found in singles}
    others = TableBins(tuple(own for own in bins.columns if own.name in known))
    return Tables(others, tuple(known[own.name] for own in others.columns), pairs)


def _measured(column: str, code: int, rows: int, inside: Tables) -> Subgroup:
    told = told_of(inside.singles)
    value = error = floor = None
    if not inside.singles[0].synthetic.sum():
        value, error = 1.0, 0.0
    elif told:
        value = float(np.mean([found.distance for found in told]))
        error = float(np.mean([found.error for found in told]))
    floors = [found.floor for found in told if found.floor is not None]
    if floors and len(floors) == len(told):
        floor = float(np.mean(floors))
    return Subgroup(column, code, rows, value, error, floor, inside)


def _limits(value: float, error: float) -> tuple[float, float]:
    """Return the interval of a figure between 0 and 1."""
    return max(value - Z * error, 0.0), min(value + Z * error, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Distance:
    """A subgroup of which the distance is told."""

    group: Subgroup
    value: float
    error: float


def _measurable(groups: Sequence[Subgroup]) -> list[_Distance]:
    return [
        _Distance(group, group.value, group.error)
        for group in groups
        if group.value is not None and group.error is not None
    ]


def _extremes(groups: Sequence[_Distance]) -> tuple[_Distance, _Distance]:
    """Return the subgroups of the largest and of the least distance."""
    return max(groups, key=lambda group: group.value), min(groups, key=lambda group: group.value)


def _floor(compared: Sequence[Sequence[_Distance]]) -> float | None:
    """Return the largest gap between the floors of two subgroups of a column."""
    known = [[own.group.floor for own in groups if own.group.floor is not None] for groups in compared]
    gaps = [max(floors) - min(floors) for floors in known if len(floors) > 1]
    return max(gaps) if gaps else None
