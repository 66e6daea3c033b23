"""Each column's shares in the synthetic and in the real table, ready to be drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from syncline.data.batch import Mask
from syncline.data.blob import Json
from syncline.data.variable import Variable
from syncline.questions.growth import ColumnBins
from syncline.validation.cell_table import CellTable
from syncline.validation.histograms import Ints
from syncline.validation.utility.bin_names import axis_of, names_of_line
from syncline.validation.utility.tables import Tables
from syncline.validation.utility.told import ToldCounts

OR_MISSING = ", or missing"
"""How the name of a group ends with which missing values are told."""


def distributions(tables: Tables, candidate: CellTable) -> list[Json]:
    """Return for each column its labels, its axis and both tables' shares; None for cells that are not told.

    A bin of numbers is called by its values, and where it begins comes from the synthetic table; the first
    and the last take in what lies beyond. Where hardly anybody lacks a value, the most frequent one takes in
    who does; named states that the synthetic table hardly has are told with missing values.
    """
    columns = zip(tables.singles, tables.bins.columns, candidate.schema.modelled, strict=True)
    return [
        {
            **_distribution(found, column, variable, tables.told.get(column.name)),
            "axis": axis_of(column, variable, candidate.keys[place][candidate.valid(place)]),
        }
        for place, (found, column, variable) in enumerate(columns)
    ]


def _distribution(
    found: ToldCounts, column: ColumnBins, variable: Variable, told: Ints | None
) -> dict[str, Json]:
    labels = ["missing", *labels_of(column, variable)]
    made = _shares(found.synthetic, np.zeros(len(found.synthetic), np.bool_))
    real = _shares(found.train, found.hidden)
    order = [*range(1, len(labels)), 0]
    moved = [] if told is None else [(code, int(told[code])) for code in order if told[code] != code]
    for code, target in moved:
        labels[target] += f", or {labels[code]}"
    shown = [code for code in order if code not in dict(moved)]
    return {
        "column": column.name,
        "numeric": not len(column.code),
        "labels": [labels[code] for code in shown],
        "synthetic": [made[code] for code in shown],
        "real": [real[code] for code in shown],
    }


def _shares(counts: Ints, hidden: Mask) -> list[Json]:
    """Return the shares of all codes; None for hidden ones."""
    total = max(int(counts.sum()), 1)
    return [
        None if is_hidden else round(n / total, 6)
        for n, is_hidden in zip(counts.tolist(), hidden.tolist(), strict=True)
    ]


def _names_of_states(low: Ints, variable: Variable) -> list[str]:
    """Return the codes of the named states in each bin that begins with a key of ``low`` (s,)."""
    held: list[list[str]] = [[] for _ in range(len(low))]
    for state in variable.states:
        place = int(np.searchsorted(low, state.key, side="right")) - 1
        if place >= 0:
            held[place].append(state.code)
    return [" or ".join(codes) or "none" for codes in held]


def labels_of(column: ColumnBins, variable: Variable) -> list[str]:
    """Return what each code from 1 on is called."""
    if not len(column.code):
        values = variable.are_values(column.low)
        states = _names_of_states(column.low[~values], variable)
        return [*names_of_line(replace(column, low=column.low[values]), variable), *states]
    names: list[list[str]] = [[] for _ in range(column.n_codes - 1)]
    for code, category in zip(column.code, variable.categories, strict=True):
        names[code - 1].append(category)
    return [held[0] if len(held) == 1 else f"{len(held)} others" for held in names]
