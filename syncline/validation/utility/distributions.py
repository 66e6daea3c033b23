"""Each column's shares in the synthetic and in the real table, ready to be drawn."""

from __future__ import annotations

import numpy as np

from syncline.data.batch import Mask
from syncline.data.blob import Json
from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.questions.growth import ColumnBins
from syncline.validation.histograms import Ints
from syncline.validation.utility.tables import Tables
from syncline.validation.utility.told import ToldCounts


def distributions(tables: Tables, schema: Schema) -> list[Json]:
    """Return for each column its labels and both tables' shares; None for cells that are not told.

    A bin of numbers is called by its least value, which comes from the synthetic table; the first one takes
    whatever is below the second. Where hardly anybody lacks a value, the most frequent one takes in who does.
    """
    return [
        _distribution(found, column, variable, tables.missing.get(column.name, 0))
        for found, column, variable in zip(tables.singles, tables.bins.columns, schema.modelled, strict=True)
    ]


def _distribution(found: ToldCounts, column: ColumnBins, variable: Variable, missing: int) -> dict[str, Json]:
    labels: list[Json] = [*labels_of(column, variable), "missing"]
    made = _shares(found.synthetic, np.zeros(len(found.synthetic), np.bool_))
    real = _shares(found.train, found.hidden)
    if missing:
        labels[missing - 1] = f"{labels[missing - 1]}, or missing"
        labels, made, real = labels[:-1], made[:-1], real[:-1]
    return {
        "column": column.name,
        "numeric": not len(column.code),
        "labels": labels,
        "synthetic": made,
        "real": real,
    }


def _shares(counts: Ints, hidden: Mask) -> list[Json]:
    """Return the shares of all codes, the one for missing last; None for hidden ones."""
    total = max(int(counts.sum()), 1)
    shares = [
        None if is_hidden else round(n / total, 6)
        for n, is_hidden in zip(counts.tolist(), hidden.tolist(), strict=True)
    ]
    return [*shares[1:], shares[0]]


def labels_of(column: ColumnBins, variable: Variable) -> list[str]:
    """Return what each code from 1 on is called."""
    if len(column.code):
        names: list[list[str]] = [[] for _ in range(column.n_codes - 1)]
        for code, category in zip(column.code, variable.categories, strict=True):
            names[code - 1].append(category)
        return [held[0] if len(held) == 1 else f"{len(held)} others" for held in names]
    grid = variable.grid
    assert grid is not None
    low = np.asarray(column.low, np.int64)
    codes = {state.key: state.code for state in variable.states}
    values = [str(value) for value in grid.values(np.where(variable.are_values(low), low, 0))]
    ends = [codes.get(key, value) for key, value in zip(low.tolist(), values, strict=True)]
    has_values = len(low) > len(codes) and bool(variable.are_values(low[:1])[0])
    return [f"below {ends[0]}" if has_values else "any", *ends]
