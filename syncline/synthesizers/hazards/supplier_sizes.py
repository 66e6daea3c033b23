"""Hazards in the sizes of suppliers' tables and in the cells that they lack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from syncline.data.batch import Status
from syncline.data.variable import Variable
from syncline.privacy.people_rule import few
from syncline.privacy.person_buckets import about_people
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


@dataclass(frozen=True, slots=True)
class SupplierSize:
    """How many rows a supplier has, and in how many buckets its persons are; None where rows are persons."""

    rows: int
    buckets: int | None = None

    @property
    def is_small(self) -> bool:
        """Whether these are fewer than ``FEW_ROWS`` rows, or about so few people."""
        people = self.rows if self.buckets is None else about_people(self.buckets, self.rows)
        return 0 < people < FEW_ROWS


def small_tables(sizes: Mapping[PartyId, SupplierSize]) -> Iterator[Hazard]:
    """Yield a hazard for the suppliers without rows, which is severe, and one for those of few people.

    Counted are training rows and those held out. A supplier that takes part without a row is none: its
    export failed, or the study is not about it, and a report of so many suppliers would not be true. That a
    table is empty is said of nobody in it; of how many fewer than ``FEW_ROWS`` a table has, nothing is.
    """
    empty = tuple(party for party in sorted(sizes) if sizes[party].rows == 0)
    if empty:
        yield Hazard(
            HazardKind.FEW_ROWS,
            empty,
            "",
            f"{of_suppliers(empty)} {'has' if len(empty) == 1 else 'have'} no rows: ask whether an export"
            " failed, or leave such a supplier out",
            is_severe=True,
        )
    small = tuple(party for party in sorted(sizes) if sizes[party].is_small)
    if small:
        table = "has a table" if len(small) == 1 else "have tables"
        rows = f"{FEW_ROWS} rows" if sizes[small[0]].buckets is None else f"about {FEW_ROWS} people"
        yield Hazard(
            HazardKind.FEW_ROWS,
            small,
            "",
            f"{of_suppliers(small)} {table} of fewer than {rows}, whose counts are about single"
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
    like one that is nearly empty, under ``sparse``. Of how many people a profile tells this: see
    :func:`missing_shares`.
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
    """Return the share of missing cells of each column of a profile, as far as it rests on enough people.

    A column that fewer than ``min_cell`` people have counts as one that nobody has, whatever their share, and
    one that fewer lack as one without a missing cell, however many rows these have. Of a table of fewer
    people nothing is said, as of an empty one: 0.
    """
    rows = profile.dense().reshape(-1, STATUSES)
    missing, every = rows[:, Status.MISSING], rows.sum(axis=1)
    lacking, holding, whole = missing, every - missing, every
    masks = profile.dense_masks()
    if masks is not None:
        seen = masks.reshape(-1, STATUSES)
        others = np.bitwise_or.reduce(np.delete(seen, Status.MISSING, axis=1), axis=1)
        lacking, holding, whole = (
            np.bitwise_count(own).astype(np.int64)
            for own in (seen[:, Status.MISSING], others, others | seen[:, Status.MISSING])
        )
    shares = missing / np.maximum(every, 1)
    shares = np.where(few(lacking, min_cell), 0.0, np.where(few(holding, min_cell), 1.0, shares))
    return [float(share) for share in np.where(whole < min_cell, 0.0, shares)]
