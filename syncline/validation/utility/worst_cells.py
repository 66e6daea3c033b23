"""Which cell of a set of columns a synthetic table has most wrong, as far as it may be said of real people.

The real share of a cell of one column is shown where that of the column's distribution is. That of a cell of
several columns is shown where at least ``min_cell`` people are in it, where the same holds of what lies
between it and each cell of fewer columns that holds it, since those are shown too, and where none of its
values is hidden in its own column. Where a person may have several rows, nothing is known of the people in a
cell of several columns; then a cell is named only where the table has more of it than is real, and of the
real share it is said that it is less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from syncline.data.batch import Mask
from syncline.data.blob import Json
from syncline.validation.metric import Metric
from syncline.validation.utility.tables import SetCounts

_LOOKED_AT = 100
"""Cells of a set that are looked at, those that are most wrong."""


def with_cells(
    metric: Metric,
    sets: Sequence[SetCounts],
    names: Mapping[str, Sequence[str]],
    hidden: Mapping[str, Mask],
    min_cell: int,
    *,
    persons: bool,
) -> Metric:
    """Return a figure of total variations in whose detail each of the worst sets has its worst ``cell``.

    Parameters
    ----------
    metric : a figure with ``detail["worst"]``, rows that name ``columns``
    sets : the sets that it is about
    names, hidden : what the codes of each column are called, and which of them are not shown
    min_cell : fewer people are not shown
    persons : whether a person may have several rows
    """
    detail = metric.detail
    if not isinstance(detail, dict) or not isinstance(detail["worst"], list):
        return metric
    by_columns = {found.columns: found for found in sets}

    def worst_of(columns: tuple[str, ...]) -> Json:
        masks = [hidden[name] for name in columns]
        cell = _worst_cell(by_columns[columns], masks, min_cell, persons=persons)
        if cell is None:
            return None
        codes, synthetic, real = cell
        values: list[Json] = [names[name][code] for name, code in zip(columns, codes, strict=True)]
        return {
            "values": values,
            "synthetic": round(synthetic, 6),
            "real": None if real is None else round(real, 6),
        }

    rows: list[Json] = []
    for row in detail["worst"]:
        assert isinstance(row, dict)
        assert isinstance(row["columns"], list)
        columns = tuple(str(name) for name in row["columns"])
        rows.append({**row, "cell": worst_of(columns)})
    return replace(metric, detail={**detail, "worst": rows})


def _worst_cell(
    found: SetCounts, hidden: Sequence[Mask], min_cell: int, *, persons: bool
) -> tuple[tuple[int, ...], float, float | None] | None:
    """Return the codes of the cell whose shares differ most, and both shares; None where none may be."""
    n_made, n_real = int(found.synthetic.sum()), int(found.train.sum())
    if not (n_made and n_real):
        return None
    made, real = found.synthetic / n_made, found.train / n_real
    apart = np.abs(found.synthetic * n_real - found.train * n_made)
    for flat in np.argsort(-apart, axis=None, kind="stable")[:_LOOKED_AT].tolist():
        cell = tuple(int(place) for place in np.unravel_index(flat, made.shape))
        if not apart[cell]:
            return None
        is_told = not any(mask[code] for mask, code in zip(hidden, cell, strict=True))
        if len(cell) > 1:
            is_told = is_told and not persons and _stands_apart(found, cell, min_cell)
        if is_told or made[cell] > real[cell]:
            return cell, float(made[cell]), float(real[cell]) if is_told else None
    return None


def _stands_apart(found: SetCounts, cell: tuple[int, ...], min_cell: int) -> bool:
    """Tell whether nobody or enough people are in a cell, and between it and each one that holds it."""
    count, axes = int(found.train[cell]), range(len(cell))
    larger = [
        int(found.train.sum(axis=tuple(set(axes).difference(kept)))[tuple(cell[axis] for axis in kept)])
        for size in axes
        for kept in combinations(axes, size)
    ]
    return all(_is_none_or_enough(n, min_cell) for n in (count, *(n - count for n in larger)))


def _is_none_or_enough(count: int, min_cell: int) -> bool:
    return count == 0 or count >= min_cell
