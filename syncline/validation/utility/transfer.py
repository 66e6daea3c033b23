"""Whether a model that learns from synthetic rows predicts real ones as well as one that learns from real."""

from __future__ import annotations

import numpy as np

from syncline.validation.boosting import MAX_BINS, BoostSettings, Codes, Flags, fit
from syncline.validation.cell_table import CellTable
from syncline.validation.column_bins import TableBins, bins_of
from syncline.validation.histograms import superiority
from syncline.validation.metric import Goal, Metric
from syncline.validation.utility.distinguish import N_BINS, SHARED_VALUE, score_bins

MOST_CLASSES = 20
"""Of a target with more categories the most frequent ones of the synthetic table are predicted."""

_SETTINGS = BoostSettings(trees=40, depth=5)


def transfer(train: CellTable, synthetic: CellTable, holdout: CellTable | None, target: str) -> Metric:
    """Return the area under the curve of predicting ``target`` in rows that were not used.

    A category is told from all others, and the areas of several are averaged; of a number it is told whether
    it lies above the synthetic median. The floor is the same of a model trained on the real rows.
    """
    tested = train if holdout is None else holdout
    bins = bins_of(synthetic, MAX_BINS, SHARED_VALUE)
    questions = _questions(synthetic, target)
    value = _areas(bins, synthetic, tested, target, questions)
    floor = None if holdout is None else _areas(bins, train, tested, target, questions)
    where = "held-out rows" if holdout is not None else "the rows that the table was made from"
    words = f"area under the curve of predicting {target} in {where} after learning from synthetic rows alone"
    return Metric("tstr", value, None, floor, Goal.MAXIMIZE, None, words)


def _questions(synthetic: CellTable, target: str) -> list[tuple[int, int]]:
    """Return what is asked of the target: keys from a lowest to a highest one, or category after category."""
    place = synthetic.place(target)
    keys = synthetic.keys[place][synthetic.valid(place)]
    if synthetic.schema.modelled[place].grid is not None:
        return [(int(np.median(keys)) + 1, 2**62)] if len(keys) else []
    values, counts = np.unique(keys, return_counts=True)
    kept = values[np.argsort(-counts, kind="stable")[:MOST_CLASSES]]
    return [(int(key), int(key)) for key in (kept[1:] if len(kept) == 2 else kept)]


def _areas(
    bins: TableBins, learnt: CellTable, tested: CellTable, target: str, questions: list[tuple[int, int]]
) -> float | None:
    """Return the mean area over the questions that have both answers in both tables."""
    areas = []
    own, other = _without(bins, learnt, target), _without(bins, tested, target)
    categorical = np.array([not column.ordered for column in bins.columns if column.name != target])
    for question in questions:
        labels, truth = _answers(learnt, target, question), _answers(tested, target, question)
        if labels.all() or not labels.any() or truth.all() or not truth.any():
            continue
        scores = score_bins(fit(own, labels, categorical, _SETTINGS).margins(other))
        counts = [np.bincount(scores[part], minlength=N_BINS) for part in (truth, ~truth)]
        areas.append(superiority(*counts)[0])
    return float(np.mean(areas)) if areas else None


def _without(bins: TableBins, table: CellTable, target: str) -> Codes:
    kept = [place for place, name in enumerate(bins.names) if name != target]
    return bins.encode(table)[:, kept].astype(np.uint8)


def _answers(table: CellTable, target: str, question: tuple[int, int]) -> Flags:
    place, (low, high) = table.place(target), question
    return table.valid(place) & (table.keys[place] >= low) & (table.keys[place] <= high)
