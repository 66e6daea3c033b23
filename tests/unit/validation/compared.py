"""Compare tables that lie in one place, as tests want to say it."""

from __future__ import annotations

import numpy as np

from syncline.validation.cell_table import CellTable
from syncline.validation.comparison.assessment import Assessment, Criteria
from syncline.validation.comparison.candidate import Aims, Candidate
from syncline.validation.comparison.pooled import assess_pooled
from syncline.validation.metric import Metric
from syncline.validation.reading import ComparedTables
from syncline.validation.utility.tables import Tables
from syncline.validation.utility.told import SetCounts
from syncline.validation.utility.told_tables import tables_of as told


def compared(
    real: CellTable,
    synthetic: CellTable,
    holdout: CellTable | None,
    *,
    target: str = "",
    min_cell: int = 11,
    aims: Aims = Aims(),  # noqa: B008  (a value that nobody changes)
) -> Assessment:
    """Return what is said of ``synthetic``."""
    return assess_pooled(
        ComparedTables(real, synthetic, holdout, ()), aims, Criteria(min_cell, target=target)
    )


def regressions(
    train: CellTable, synthetic: CellTable, holdout: CellTable | None, models: tuple[str, ...], min_cell: int
) -> list[Metric]:
    """Return what is said of declared regressions, in their order."""
    found = compared(train, synthetic, holdout, min_cell=min_cell, aims=Aims(models=models)).metrics
    return [metric for name, metric in found.items() if name.startswith("regression:")]


def beside(train: CellTable, synthetic: CellTable, holdout: CellTable | None, min_cell: int = 1) -> Candidate:
    """Return a candidate beside as many people as two real tables have."""
    people = (train.n_rows, 0 if holdout is None else holdout.n_rows)
    return Candidate(synthetic, Aims(min_cell=min_cell), people)


def tables_of(
    train: CellTable,
    synthetic: CellTable,
    holdout: CellTable | None,
    bins_from: CellTable | None = None,
    min_cell: int = 1,
) -> Tables:
    """Count all sets of columns of tables that lie in one place, a row after the other.

    The codes are those that ``bins_from`` decides, the synthetic table where it is left out.
    """
    candidate = beside(train, synthetic if bins_from is None else bins_from, holdout, min_cell)
    bins = {size: candidate.bins_of_set(size) for size in (1, 2, 3)}

    def counted(table: CellTable, places: tuple[int, ...]) -> np.ndarray:
        found = np.zeros(candidate.shape_of(places), np.int64)
        np.add.at(found, tuple(bins[len(places)].encode(table)[:, list(places)].T), 1)
        return found

    sets = [
        SetCounts(
            tuple(candidate.bins.names[place] for place in places),
            counted(synthetic, places),
            counted(train, places),
            None if holdout is None else counted(holdout, places),
        )
        for places in candidate.sets
    ]
    return told(sets, candidate.counted_in, min_cell)
