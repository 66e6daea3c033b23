"""Compare tables that lie in one place, as tests want to say it."""

from __future__ import annotations

from syncline.validation.cell_table import CellTable
from syncline.validation.federated.assessment import Assessment, Judgement
from syncline.validation.federated.candidate import Aims
from syncline.validation.federated.pooled import assess_pooled
from syncline.validation.reading import Compared


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
    return assess_pooled(Compared(real, synthetic, holdout, ()), aims, Judgement(min_cell, target=target))
