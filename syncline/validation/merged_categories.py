"""Categories that a synthetic table has as one: its "(other)" is compared with all that it does not show.

Where too few people share a category, a release writes "(other)" for it. The real rows still say which it
was, and the schema that they are read by may not know the label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from syncline.data.kinds import Kind
from syncline.data.labels import is_other, other_label
from syncline.data.note import Deed, Note, counted
from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.sources.source import Source
from syncline.validation.cell_table import CellTable, read_cells

MOST_NAMED = 5
"""Categories that a note names at most."""


def with_other(schema: Schema, synthetic: Source) -> Schema:
    """Return the schema with the label for merged categories where the synthetic table holds it."""
    wider = _widened(schema, {variable.name for variable in schema.modelled if _may_merge(variable)})
    table = read_cells(synthetic, wider)
    used = set()
    for place, variable in enumerate(table.schema.modelled):
        last = len(variable.categories) - 1
        if _may_merge(variable) and bool((table.valid(place) & (table.keys[place] == last)).any()):
            used.add(variable.name)
    return _widened(schema, used)


def told_as_one(
    real: CellTable, synthetic: CellTable, holdout: CellTable | None
) -> tuple[CellTable, CellTable | None, tuple[Note, ...]]:
    """Return the real tables with the categories that the synthetic one merged counted as one, and notes."""
    lookups, notes = {}, []
    others = [table for table in (real, holdout) if table is not None]
    for place, variable in enumerate(synthetic.schema.modelled):
        own = set(synthetic.keys[place][synthetic.valid(place)].tolist()) if _may_merge(variable) else set()
        labels = [key for key in own if is_other(variable.categories[key])]
        if not labels or any(_holds(table, place, max(labels)) for table in others):
            continue
        lookup = np.arange(len(variable.categories))
        lookup[[key for key in range(len(lookup)) if key not in own]] = max(labels)
        lookups[place] = lookup
        cells = sum(int((lookup[t.keys[place]] != t.keys[place])[t.valid(place)].sum()) for t in others)
        merged = [variable.categories[key] for key in np.flatnonzero(lookup != np.arange(len(lookup)))]
        notes.append(_note(variable, merged, variable.categories[max(labels)], cells))
    known = [_mapped(table, lookups) for table in others]
    return known[0], known[1] if len(known) > 1 else None, tuple(notes)


def _may_merge(variable: Variable) -> bool:
    return variable.is_categorical and variable.kind is not Kind.BOOLEAN


def _widened(schema: Schema, names: set[str]) -> Schema:
    variables = [
        variable.model_copy(update={"categories": (*variable.categories, other_label(variable.categories))})
        if variable.name in names
        else variable
        for variable in schema.variables
    ]
    return Schema(variables=tuple(variables), constraints=schema.constraints)


def _holds(table: CellTable, place: int, key: int) -> bool:
    return bool((table.valid(place) & (table.keys[place] == key)).any())


def _mapped(table: CellTable, lookups: dict[int, np.ndarray[tuple[int], np.dtype[np.int64]]]) -> CellTable:
    keys = [
        np.where(table.valid(place), lookups[place][own], own) if place in lookups else own
        for place, own in enumerate(table.keys)
    ]
    return replace(table, keys=tuple(keys))


def _note(variable: Variable, merged: Sequence[str], label: str, cells: int) -> Note:
    listed = ", ".join(map(repr, merged[:MOST_NAMED]))
    more = f" and {len(merged) - MOST_NAMED} more" if len(merged) > MOST_NAMED else ""
    what = f"{counted(cells)} of the real tables with {listed}{more} into {label!r}"
    remedy = "merge them in the real tables where they should be looked at otherwise"
    return Note(variable.name, Deed.MERGED, what, "the synthetic table has them as one", remedy, cells)
