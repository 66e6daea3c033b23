"""Everything that is said of usefulness, for tables that lie in one place."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.data.blob import Json
from syncline.validation.cell_table import CellTable
from syncline.validation.metric import Metric
from syncline.validation.utility.distinguish import distinguish
from syncline.validation.utility.distributions import distributions
from syncline.validation.utility.overlap import regressions
from syncline.validation.utility.subgroups import named, subgroup_figures
from syncline.validation.utility.tables import Tables
from syncline.validation.utility.tails import tails
from syncline.validation.utility.transfer import transfer


@dataclass(frozen=True, slots=True)
class UtilitySettings:
    """What is asked of usefulness.

    Attributes
    ----------
    target : the column that is predicted
    min_cell : the smallest count that is printed
    lottery : the key of the lottery of rows (64 bytes at most)
    subgroups : columns whose categories are looked at apart
    models : formulas whose coefficients are compared, such as ``y ~ a + b``
    """

    target: str | None = None
    min_cell: int = 11
    lottery: bytes = b"syncline"
    subgroups: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Utility:
    """The figures, each column's shares in both tables, and the distances within subgroups."""

    metrics: tuple[Metric, ...]
    distributions: tuple[Json, ...]
    subgroups: tuple[Json, ...] = ()


def assess_utility(
    real: CellTable, synthetic: CellTable, holdout: CellTable | None, settings: UtilitySettings
) -> Utility:
    """Compare a synthetic table with the rows it was made from, and with rows that were not used."""
    tables = Tables.of(real, synthetic, holdout)
    figures = tables.figures(settings.min_cell)
    figures += tails(tables.singles, tables.bins, settings.min_cell)
    figures += distinguish(real, synthetic, holdout, settings.lottery)
    if settings.target is not None:
        figures.append(transfer(real, synthetic, holdout, settings.target))
    figures += regressions(real, synthetic, holdout, settings.models, settings.min_cell)
    groups: list[Json] = []
    if settings.subgroups:
        groups, gap = subgroup_figures(tables.pairs, settings.subgroups, settings.min_cell)
        figures.append(gap)
    shares = distributions(tables.singles, tables.bins, real.schema, settings.min_cell)
    return Utility(tuple(figures), tuple(shares), tuple(named(groups, tables.bins, real.schema)))
