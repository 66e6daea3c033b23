"""Hazards in the sizes of suppliers' tables and in the cells that they lack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from syncline.data.batch import Status
from syncline.data.variable import Variable
from syncline.privacy.people_rule import few
from syncline.protocols.transition import PartyId
from syncline.questions.counts import Counts
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
    crowds: Mapping[PartyId, Crowd] | None = None,
    min_cell: int = 1,
) -> tuple[list[Hazard], list[str], list[str]]:
    """Return the hazards of lacking columns, the columns to exclude, and why the study must stop.

    A column without any cell at a supplier falls under ``absent`` where that says ``exclude``, and otherwise,
    like one that is nearly empty, under ``sparse``. A column that about fewer than ``min_cell`` persons have
    counts as one that nobody has, whatever their share, and nothing is said of a supplier of fewer persons:
    ``crowds`` says how many each has, None where every row is a person.
    """
    hazards: list[Hazard] = []
    excluded: list[str] = []
    stops: list[str] = []
    shares = {
        party: _missing_shares(profiles[party], (crowds or {}).get(party), min_cell)
        for party in sorted(profiles)
    }
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


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many rows a supplier has, and how many persons at least."""

    rows: int
    people: int


def missing_share(cells: int, missing: int, crowd: Crowd, min_cell: int) -> float:
    """Return the share of missing cells of a column; 0 for a table of nobody, or of few persons.

    Where about fewer than ``min_cell`` persons have a value it is that of a column without any.
    """
    if not cells or crowd.people < min_cell:
        return 0.0
    lacks = few(1, min_cell) and (cells - missing) * crowd.people < min_cell * crowd.rows
    return 1.0 if lacks else missing / cells


def _missing_shares(profile: Counts, crowd: Crowd | None, min_cell: int) -> list[float]:
    """Return the share of missing cells of each column."""
    table = profile.dense().reshape(-1, STATUSES)
    rows = int(table.sum(axis=1).max(initial=0))
    own = Crowd(rows, rows) if crowd is None else crowd
    return [
        missing_share(cells, missing, own, min_cell)
        for cells, missing in zip(table.sum(axis=1).tolist(), table[:, Status.MISSING].tolist(), strict=True)
    ]
