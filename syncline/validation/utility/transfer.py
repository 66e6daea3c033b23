"""Whether a model that learns from synthetic rows predicts real ones as well as one that learns from real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from syncline.validation.histograms import Ints, superiority
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
    it lies above the synthetic median. The floor is the same of a model trained on the real rows.
    """
    possible = [found for found in predictions if found.synthetic.sum(axis=1).all()]
    value = _mean([_area(found.synthetic) for found in possible])
    real = [found.real for found in possible if found.real is not None]
    floor = _mean([_area(counts) for counts in real]) if real else None
    where = "held-out rows" if has_holdout else "the rows that the table was made from"
    words = f"area under the curve of predicting {target} in {where} after learning from synthetic rows alone"
    if value is None:
        words = f"not computed: {target} has one value only"
    return Metric("tstr", value, None, floor, Goal.MAXIMIZE, None, words)


def _area(counts: Ints) -> float:
    return superiority(counts[0], counts[1])[0]


def _mean(areas: Sequence[float]) -> float | None:
    return float(np.mean(areas)) if areas else None
