"""Whether a synthetic table serves some groups worse than others: distances within each subgroup.

All comes from the counts of pairs of columns. Of the pair of a subgroup column and another one, the cells of
one subgroup are that other column's distribution within it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from syncline.data.blob import Json
from syncline.data.schema import Schema
from syncline.validation.column_bins import TableBins
from syncline.validation.intervals import Z, variation_error
from syncline.validation.metric import Goal, Metric
from syncline.validation.utility.distributions import labels_of
from syncline.validation.utility.tables import SetCounts, total_variation

MOST_SUBGROUPS = 12
"""A column of more codes, the one for missing not counted, is not looked at."""


@dataclass(frozen=True, slots=True)
class _Subgroup:
    """One code of one column: its mean distance from the real table over all other columns."""

    column: str
    code: int
    rows: int
    value: float
    error: float
    floor: float | None

    def to_json(self) -> dict[str, Json]:
        """Return the subgroup as a row of the report."""
        return {
            "column": self.column,
            "code": self.code,
            "rows": self.rows,
            "value": round(self.value, 6),
            "floor": None if self.floor is None else round(self.floor, 6),
        }


def subgroup_figures(
    singles: Sequence[SetCounts], pairs: Sequence[SetCounts], columns: Sequence[str], min_cell: int
) -> tuple[list[Json], Metric]:
    """Return the distance within each subgroup of ``columns``, and the largest gap between two of one column.

    A subgroup is a code of a column with at least ``min_cell`` real persons; its distance is the mean total
    variation of all other columns within it, 1 where the synthetic table has none of it. The floor is that of
    held-out rows, where at least ``min_cell`` persons are in the subgroup. The floor of the gap is the
    largest gap of the held-out rows: small groups differ more by chance, among real samples too. The interval
    is that of the difference of the two subgroups, as if they had been chosen beforehand.

    Parameters
    ----------
    singles, pairs
        Counts of single columns and of pairs.
    columns
        Names of the subgroup columns; those with more than ``MOST_SUBGROUPS`` codes are passed over.
    min_cell
        Real persons that a subgroup must have to be shown.
    """
    alone = {found.columns[0]: found for found in singles}
    found = [list(_subgroups(alone[column], pairs, min_cell)) for column in dict.fromkeys(columns)]
    rows: list[Json] = [group.to_json() for groups in found for group in groups]
    compared = [groups for groups in found if len(groups) > 1]
    if not compared:
        words = f"not computed: no subgroup column has two subgroups of {min_cell} real people or more"
        return rows, Metric("subgroup_gap", None, words=words)
    worst, best = max(
        (_extremes(groups) for groups in compared), key=lambda pair: pair[0].value - pair[1].value
    )
    gap, error = worst.value - best.value, Z * float(np.hypot(worst.error, best.error))
    words = (
        "largest gap between two subgroups of a column, in the mean total variation of all other columns"
        f" within them ({worst.column})"
    )
    detail: Json = {"column": worst.column, "worst": worst.code, "best": best.code}
    return rows, Metric(
        "subgroup_gap",
        gap,
        (max(gap - error, 0.0), min(gap + error, 1.0)),
        _floor(compared),
        Goal.FLOOR,
        None,
        words,
        detail,
    )


def named(rows: Sequence[Json], bins: TableBins, schema: Schema) -> list[Json]:
    """Return rows of :func:`subgroup_figures` with each subgroup's name in the schema, as ``group``."""
    labels = {
        column.name: ["missing", *labels_of(column, variable)]
        for column, variable in zip(bins.columns, schema.modelled, strict=True)
    }
    return [
        {**row, "group": labels[cast("str", row["column"])][cast("int", row["code"])]}
        for row in rows
        if isinstance(row, dict)
    ]


def _subgroups(alone: SetCounts, pairs: Sequence[SetCounts], min_cell: int) -> Iterator[_Subgroup]:
    """Yield the subgroups of a column that are large enough, in the order of their codes."""
    column, least = alone.columns[0], max(min_cell, 1)
    tables = [_turned(pair, column) for pair in pairs if column in pair.columns]
    if not tables or len(alone.train) - 1 > MOST_SUBGROUPS:
        return
    hidden = alone.hidden(least)
    for code, rows in enumerate(alone.train.tolist()):
        if rows and not hidden[code]:
            inside = [_within(table, code) for table in tables]
            yield _measured(column, code, rows, inside, has_floor=alone.held_people([code]) >= least)


def _measured(
    column: str, code: int, rows: int, inside: Sequence[SetCounts], *, has_floor: bool
) -> _Subgroup:
    if inside[0].synthetic.sum():
        value = float(np.mean([found.distance for found in inside]))
        error = float(np.mean([variation_error(found.synthetic, found.train) for found in inside]))
    else:
        value, error = 1.0, 0.0
    floors = [
        total_variation(found.holdout, found.train)
        for found in inside
        if found.holdout is not None and has_floor
    ]
    return _Subgroup(column, code, rows, value, error, float(np.mean(floors)) if floors else None)


def _turned(pair: SetCounts, column: str) -> SetCounts:
    """Return a pair with ``column`` as its first axis."""
    if pair.columns[0] == column:
        return pair
    holdout = None if pair.holdout is None else pair.holdout.T
    return SetCounts((column, pair.columns[0]), pair.synthetic.T, pair.train.T, holdout)


def _within(pair: SetCounts, code: int) -> SetCounts:
    """Return the other column's counts within one code of the first."""
    holdout = None if pair.holdout is None else pair.holdout[code]
    return SetCounts(pair.columns[1:], pair.synthetic[code], pair.train[code], holdout)


def _extremes(groups: Sequence[_Subgroup]) -> tuple[_Subgroup, _Subgroup]:
    """Return the subgroups of the largest and of the least distance."""
    return max(groups, key=lambda group: group.value), min(groups, key=lambda group: group.value)


def _floor(compared: Sequence[Sequence[_Subgroup]]) -> float | None:
    """Return the largest gap between the floors of two subgroups of a column."""
    known = [[group.floor for group in groups if group.floor is not None] for groups in compared]
    gaps = [max(floors) - min(floors) for floors in known if len(floors) > 1]
    return max(gaps) if gaps else None
