"""Whether a classifier can tell synthetic rows from real ones that nobody used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from syncline.privacy.people_rule import MOST_STEP, TOO_FEW, in_runs, in_steps, outwards, runs_of, step_of
from syncline.questions.counts import Masks
from syncline.questions.growth import SCORE_BINS
from syncline.validation.histograms import Ints, superiority
from syncline.validation.intervals import Floats, Interval, propensity_mse
from syncline.validation.metric import Goal, Metric

LEAST_RUNS = 3
"""Runs of scores that a curve is drawn through, at least: of fewer it would show agreement by itself."""

MOST_FAR = 0.25
"""The squared distance of a propensity from a half is at most so great, so a row moves the mean by less."""


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """Out-of-fold scores of two kinds of rows, as histograms (n_bins,).

    ``chances`` (n_bins,) is how sure the classifier is of a synthetic row in each. ``people`` (2, n_bins) are
    those of both kinds of rows, numbers or buckets of persons. ``share`` is that of the synthetic rows among
    all from which the scores were learnt; None for these.
    """

    synthetic: Ints
    real: Ints
    chances: Floats
    people: Ints | Masks
    share: float | None = None

    def area(self, runs: Ints) -> tuple[float, Interval]:
        """Return the area under the curve of telling synthetic rows from real ones, by runs of scores."""
        return superiority(in_runs(runs, self.synthetic), in_runs(runs, self.real))

    def pmse(self, runs: Ints) -> tuple[float, Interval]:
        """Return the propensity score's mean squared distance from the share of synthetic rows, out of fold.

        Rows of one run have the mean propensity of the synthetic ones among them.
        """
        weight = self.synthetic + 1e-9
        chances = np.bincount(runs, weight * self.chances) / np.bincount(runs, weight)
        return propensity_mse(in_runs(runs, self.synthetic), in_runs(runs, self.real), chances, self.share)


def separation_figures(
    found: Separation, floor: Separation | None, least: int = 1, moved: int | None = None
) -> list[Metric]:
    """Return ``auc_holdout`` and ``pmse`` of synthetic rows against held-out ones.

    Without a holdout, where there is no ``floor``, the rows that were used stand in its place, and then a
    copy of them cannot be told from them; the words say so. The floor is the same between used and held-out
    rows. All is computed from runs of scores with at least ``least`` real people of each kind, or none, and
    given in steps that ``moved`` rows move: as many where every row is a person.
    """
    runs = runs_of(least, found.people[1])
    words = "not shown: too few people stand behind the scores of a classifier"
    names = ("auc_holdout", "pmse")
    if not (found.synthetic.sum() and found.real.sum()) or runs[-1] + 1 < min(LEAST_RUNS, SCORE_BINS):
        return [Metric(name, None, goal=Goal.FLOOR, words=words, reason=TOO_FEW) for name in names]
    step = step_of(int(found.real.sum()), least if moved is None else moved)
    if step > MOST_STEP:
        return [Metric(name, None, goal=Goal.FLOOR, words=words, reason=TOO_FEW) for name in names]
    area, interval = found.area(runs)
    against = "held-out rows" if floor is not None else "the rows that it was made from (nobody was held out)"
    floors: tuple[float | None, float | None] = (None, None)
    if floor is not None and floor.synthetic.sum() and floor.real.sum():
        beside = runs_of(least, *floor.people)
        if beside[-1] + 1 >= LEAST_RUNS:
            floors = (
                in_steps(floor.area(beside)[0], step),
                in_steps(floor.pmse(beside)[0], step * MOST_FAR),
            )
    told = f"area under the curve of a boosted classifier that tells synthetic rows from {against}"
    squared = "mean squared error of that propensity"
    squared_error, limits = found.pmse(runs)
    value, mean = in_steps(area, step), in_steps(squared_error, step * MOST_FAR)
    low, high = outwards(limits, step * MOST_FAR)
    return [
        Metric("auc_holdout", value, outwards(interval, step), floors[0], Goal.FLOOR, None, told),
        Metric("pmse", mean, (max(low, 0.0), high), floors[1], Goal.FLOOR, None, squared),
    ]
