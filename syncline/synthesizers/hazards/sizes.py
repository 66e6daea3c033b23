"""Hazards in the sizes of suppliers' tables and in the cells that they lack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from syncline.data.batch import Status
from syncline.data.variable import Variable
from syncline.privacy.people_rule import few
from syncline.protocols.transition import PartyId
from syncline.questions.counts import Counts, Ints, Masks
from syncline.questions.profile import STATUSES
from syncline.synthesizers.hazards.hazard import Hazard, HazardKind, but_few, in_column, of_suppliers
from syncline.synthesizers.hazards.rules import Lacking

FEW_ROWS = 30
"""A table of fewer rows says little by itself, and much about each person."""

MOSTLY_MISSING = 0.95
"""The share of missing cells from which on a column is as good as absent."""

_GOES_ON = {
    Lacking.MISSING: "they count as missing; the study can exclude the column instead ('hazards: {{{rule}:"
    " exclude}}')",
    Lacking.EXCLUDE: "the study leaves the column out, as its specification says",
}


def small_tables(rows: Mapping[PartyId, int]) -> Iterator[Hazard]:
    """Yield a hazard for the suppliers without rows, which is severe, and one for those with few.

    ``rows`` are training rows and those held out. A supplier that takes part without a row is none: its
    export failed, or the study is not about it, and a report of so many suppliers would not be true. That a
    table is empty is said of nobody in it; of how many fewer than ``FEW_ROWS`` a table has, nothing is.
    """
    empty = tuple(party for party in sorted(rows) if rows[party] == 0)
    if empty:
        yield Hazard(
            HazardKind.FEW_ROWS,
            empty,
            "",
            f"{of_suppliers(empty)} {'has' if len(empty) == 1 else 'have'} no rows: ask whether an export"
            " failed, or leave such a supplier out",
            is_severe=True,
        )
    few = tuple(party for party in sorted(rows) if 0 < rows[party] < FEW_ROWS)
    if few:
        table = "has a table" if len(few) == 1 else "have tables"
        yield Hazard(
            HazardKind.FEW_ROWS,
            few,
            "",
            f"{of_suppliers(few)} {table} of fewer than {FEW_ROWS} rows, whose counts are about single"
            " persons: ask for an approval in that knowledge, or leave such a table out",
        )


def lacking_columns(
    profiles: Mapping[PartyId, Counts],
    variables: Sequence[Variable],
    absent: Lacking,
    sparse: Lacking,
    min_cell: int = 1,
) -> tuple[list[Hazard], list[str], list[str]]:
    """Return the hazards of lacking columns, the columns to exclude, and why the study must stop.

    A column without any cell at a supplier falls under ``absent`` where that says ``exclude``, and otherwise,
    like one that is nearly empty, under ``sparse``. A column that fewer than ``min_cell`` persons have counts
    as one that nobody has, whatever their share, and nothing is said of a supplier of fewer persons.
    """
    hazards: list[Hazard] = []
    excluded: list[str] = []
    stops: list[str] = []
    shares = {party: missing_shares(profiles[party], min_cell) for party in sorted(profiles)}
    for place, variable in enumerate(variables):
        found = {party: share[place] for party, share in shares.items() if share[place] >= MOSTLY_MISSING}
        if not found:
            continue
        empty = absent is Lacking.EXCLUDE and any(share == 1 for share in found.values())
        rule, key = (absent, "absent") if empty else (sparse, "sparse")
        suppliers = tuple(found)
        part = "all cells" if min(found.values()) == 1 else f"{MOSTLY_MISSING:.0%} of the cells or more"
        where = f"{part} of {of_suppliers(suppliers)}{but_few(min_cell)}"
        words = f"{in_column(variable.name)} is missing in {where}"
        if rule is Lacking.STOP:
            stops.append(words)
            continue
        kind = HazardKind.EXCLUDED if rule is Lacking.EXCLUDE else HazardKind.SPARSE
        excluded += [variable.name] if rule is Lacking.EXCLUDE else []
        hazards.append(Hazard(kind, suppliers, variable.name, f"{words}: {_GOES_ON[rule].format(rule=key)}"))
    return hazards, excluded, stops


def missing_shares(profile: Counts, min_cell: int) -> list[float]:
    """Return the share of missing cells of each column; 0 for a table of nobody, or of few persons.

    Where fewer than ``min_cell`` persons have a value the share is that of a column without any.
    """
    rows = profile.dense().reshape(-1, STATUSES)
    has_value = np.arange(STATUSES) != Status.MISSING
    masks = profile.dense_masks()
    if masks is None:
        people, holders = rows.sum(axis=1), rows[:, has_value].sum(axis=1)
    else:
        seen = masks.reshape(-1, STATUSES)
        people, holders = _persons(seen), _persons(seen[:, has_value])
    lacks = few(1, min_cell) & (holders < min_cell)
    shares = np.where(lacks, 1.0, rows[:, Status.MISSING] / np.maximum(rows.sum(axis=1), 1))
    shares = np.where((people < min_cell) | (people == 0), 0.0, shares)
    return [float(share) for share in shares]


def _persons(masks: Masks) -> Ints:
    """Return how many persons are in all cells of a line (n_lines, n_cells) together, at least."""
    return np.asarray(np.bitwise_count(np.bitwise_or.reduce(masks, axis=1)), np.int64)
