"""Whether a model that learns from synthetic rows predicts real ones as well as one that learns from real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncline.privacy.people_rule import MOST_STEP, TOO_FEW, in_runs, in_steps, outwards, runs_of, step_of
from syncline.questions.counts import Masks
from syncline.validation.histograms import Ints
from syncline.validation.intervals import mean_area
from syncline.validation.metric import Goal, Metric
from syncline.validation.utility.distinguish import LEAST_RUNS


@dataclass(frozen=True, slots=True, eq=False)
class ScoredRows:
    """Rows by the score that says they have one value of the target; those that have it stand first.

    ``scores`` are histograms (2, n_bins), and ``people`` those of their rows, numbers or buckets of persons.
    """

    scores: Ints
    people: Ints | Masks

    def in_runs(self, least: int) -> tuple[Ints, Ints] | None:
        """Return both kinds of rows by runs of scores; None where there are too few of either for a curve."""
        if not self.scores.sum(axis=1).all():
            return None
        runs = runs_of(least, *self.people)
        enough = runs[-1] + 1 >= min(LEAST_RUNS, self.scores.shape[1])
        return (in_runs(runs, self.scores[0]), in_runs(runs, self.scores[1])) if enough else None


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What is predicted by scores learnt from synthetic rows, and from real ones where any were held out."""

    synthetic: ScoredRows
    real: ScoredRows | None


def transfer_figure(
    target: str,
    predictions: Sequence[Prediction],
    least: int = 1,
    moved: int | None = None,
    *,
    has_holdout: bool,
) -> Metric:
    """Return the area under the curve of predicting ``target`` in rows that were not used.

    A category is told from all others, and the areas of several are averaged; of a number it is told whether
    it lies in the upper half of the synthetic rows, as nearly a half as its values allow. The floor is the
    same of a model trained on the real rows. All is computed from runs of scores with at least ``least``
    people who have the value, or none, and as many who have not, and given in steps that ``moved`` rows
    move: as many where every row is a person.
    """
    pairs = [
        (one.synthetic.in_runs(least), None if one.real is None else one.real.in_runs(least))
        for one in predictions
    ]
    possible = [(made, real) for made, real in pairs if made is not None]
    known = [real for _, real in possible if real is not None]
    floor = mean_area(known)[0] if known and len(known) == len(possible) else None
    where = "held-out rows" if has_holdout else "the rows that the table was made from"
    words = f"area under the curve of predicting {target} in {where} after learning from synthetic rows alone"
    said = f"not shown: too few people have one value of {target} and another, or it has one value only"
    if not possible:
        return Metric("tstr", None, goal=Goal.MAXIMIZE, words=said, reason=TOO_FEW)
    step = step_of(
        len(possible) / sum(1 / min(int(kind.sum()) for kind in made) for made, _ in possible),
        least if moved is None else moved,
    )
    if step > MOST_STEP:
        return Metric("tstr", None, goal=Goal.MAXIMIZE, words=said, reason=TOO_FEW)
    value, interval = mean_area([made for made, _ in possible])
    low, high = outwards(interval, step)
    return Metric(
        "tstr",
        min(in_steps(value, step), 1.0),
        (max(low, 0.0), min(high, 1.0)),
        None if floor is None else min(in_steps(floor, step), 1.0),
        Goal.MAXIMIZE,
        None,
        words,
    )
