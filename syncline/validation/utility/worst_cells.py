"""Which cell of a set of columns a synthetic table has most wrong, as far as it may be said of real people.

A cell is looked at where it is told, and so are its shares. Where a person may have several rows, nothing is
known of the people in a cell of several columns; then a cell is named only where the table has more of it
than is real, and of the real share it is said that it is less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from syncline.data.blob import Json
from syncline.validation.metric import Metric
from syncline.validation.utility.told import ToldCounts

_LOOKED_AT = 100
"""Cells of a set that are looked at, those that are most wrong."""


def with_cells(
    metric: Metric,
    sets: Sequence[ToldCounts],
    names: Mapping[str, Sequence[str]],
    *,
    persons: bool,
) -> Metric:
    """Return a figure of total variations in whose detail each of the worst sets has its worst ``cell``.

    Parameters
    ----------
    metric : a figure with ``detail["worst"]``, rows that name ``columns``
    sets : the sets that it is about
    names : what the codes of each column are called
    persons : whether a person may have several rows
    """
    detail = metric.detail
    if not isinstance(detail, dict) or not isinstance(detail["worst"], list):
        return metric
    by_columns = {found.columns: found for found in sets}

    def worst_of(columns: tuple[str, ...]) -> Json:
        cell = _worst_cell(by_columns[columns], persons=persons)
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


def _worst_cell(found: ToldCounts, *, persons: bool) -> tuple[tuple[int, ...], float, float | None] | None:
    """Return the codes of the cell whose shares differ most, and both shares; None where none may be."""
    n_made, n_real = int(found.synthetic.sum()), int(found.train.sum())
    if not (n_made and n_real):
        return None
    made, real = found.synthetic / n_made, found.train / n_real
    apart = np.abs(found.synthetic * n_real - found.train * n_made)
    apart[found.mask] = 0
    for flat in np.argsort(-apart, axis=None, kind="stable")[:_LOOKED_AT].tolist():
        cell = tuple(int(place) for place in np.unravel_index(flat, made.shape))
        if not apart[cell]:
            return None
        is_shown = len(cell) == 1 or not persons
        if is_shown or made[cell] > real[cell]:
            return cell, float(made[cell]), float(real[cell]) if is_shown else None
    return None
