"""Whether a classifier can tell synthetic rows from real ones that nobody used."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.validation.histograms import Ints, superiority
from syncline.validation.intervals import Floats, Interval, propensity_mse
from syncline.validation.metric import Goal, Metric


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """Out-of-fold scores of two kinds of rows, as histograms (n_bins,).

    ``chances`` (n_bins,) is how sure the classifier is of a synthetic row in each. ``share`` is that of the
    synthetic rows among all from which the scores were learnt; None for these.
    """

    synthetic: Ints
    real: Ints
    chances: Floats
    share: float | None = None

    @property
    def pmse(self) -> tuple[float, Interval]:
        """The propensity score's mean squared distance from the share of synthetic rows, out of fold."""
        return propensity_mse(self.synthetic, self.real, self.chances, self.share)


def separation_figures(found: Separation, floor: Separation | None) -> list[Metric]:
    """Return ``auc_holdout`` and ``pmse`` of synthetic rows against held-out ones.

    Without a holdout, where there is no ``floor``, the rows that were used stand in its place, and then a
    copy of them cannot be told from them; the words say so. The floor is the same between used and held-out
    rows.
    """
    if not (found.synthetic.sum() and found.real.sum()):
        words = "not computed: there are too few rows"
        return [Metric(name, None, words=words) for name in ("auc_holdout", "pmse")]
    area, interval = superiority(found.synthetic, found.real)
    against = "held-out rows" if floor is not None else "the rows that it was made from (nobody was held out)"
    floors: tuple[float | None, float | None] = (None, None)
    if floor is not None and floor.synthetic.sum() and floor.real.sum():
        floors = (superiority(floor.synthetic, floor.real)[0], floor.pmse[0])
    told = f"area under the curve of a boosted classifier that tells synthetic rows from {against}"
    squared = "mean squared error of that propensity"
    return [
        Metric("auc_holdout", area, interval, floors[0], Goal.FLOOR, None, told),
        Metric("pmse", *found.pmse, floors[1], Goal.FLOOR, None, squared),
    ]
