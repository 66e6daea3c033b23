"""Whether a model that learns from synthetic rows predicts real ones as well as one that learns from real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncline.validation.histograms import Ints
from syncline.validation.intervals import mean_area
from syncline.validation.metric import Goal, Metric


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Rows by the score that says they have one value of the target; those that have it stand first.

    Both are histograms (2, n_bins): of scores learnt from synthetic rows, and from real ones where any were
    held out to be predicted.
    """

    synthetic: Ints
    real: Ints | None


def transfer_figure(target: str, predictions: Sequence[Prediction], *, has_holdout: bool) -> Metric:
    """Return the area under the curve of predicting ``target`` in rows that were not used.

    A category is told from all others, and the areas of several are averaged; of a number it is told whether
    it lies in the upper half of the synthetic rows, as nearly a half as its values allow. The floor is the
    same of a model trained on the real rows.
    """
    possible = [found for found in predictions if found.synthetic.sum(axis=1).all()]
    real = [(found.real[0], found.real[1]) for found in possible if found.real is not None]
    floor = mean_area(real)[0] if real else None
    where = "held-out rows" if has_holdout else "the rows that the table was made from"
    words = f"area under the curve of predicting {target} in {where} after learning from synthetic rows alone"
    if not possible:
        return Metric("tstr", None, words=f"not computed: {target} has one value only")
    value, interval = mean_area([(found.synthetic[0], found.synthetic[1]) for found in possible])
    return Metric("tstr", value, interval, floor, Goal.MAXIMIZE, None, words)
