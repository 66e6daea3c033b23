"""Figures of the comparison of persons with a synthetic table, from histograms of their scores alone."""

from __future__ import annotations

import numpy as np

from syncline.data.blob import Json
from syncline.validation.disclosure.scores import PersonScores
from syncline.validation.disclosure.shown import ShownRate
from syncline.validation.histograms import Ints, roc, superiority
from syncline.validation.metric import Goal, Metric

FALSE_ALARMS = 0.001
"""False-positive rate at which membership inference is judged, after Carlini et al. (2022,
doi:10.1109/SP46214.2022.9833649): few are accused, and rightly."""


def score_figures(
    train: PersonScores, holdout: PersonScores | None, min_cell: int, repeated: float
) -> list[Metric]:
    """Return exact matches, nearness and membership inference, used persons beside those held out.

    ``repeated`` is the share of the synthetic rows that stand in the table more than once: about so many real
    rows may stand in it by nature.
    """
    figures = [_exact(train, holdout, min_cell, repeated)]
    if holdout is None or not (holdout.people and train.people):
        words = "not computed: nobody was held out"
        return [*figures, *(Metric(name, None, words=words) for name in ("nearer_to_train", "membership"))]
    return [*figures, _nearer(train, holdout), _membership(train, holdout, min_cell)]


def _exact(train: PersonScores, holdout: PersonScores | None, min_cell: int, repeated: float) -> Metric:
    found = ShownRate.of(int(train.exact.sum()), train.people, min_cell)
    others = None if holdout is None else ShownRate.of(int(holdout.exact.sum()), holdout.people, min_cell)
    words = "share of persons of whom a whole row stands in the synthetic table"
    detail: Json = {"repeated": round(repeated, 6)}
    return rate_figure("exact_matches", found, others, words, detail)


def rate_figure(
    name: str, found: ShownRate, others: ShownRate | None, words: str, detail: Json = None
) -> Metric:
    """Return the figure of a share of the used persons beside that of the others."""
    floor = None if others is None else others.value
    hidden = others is not None and others.at_most
    return Metric(
        name, found.value, found.interval, floor, Goal.FLOOR, None, words, detail, found.at_most, hidden
    )


def _nearer(train: PersonScores, holdout: PersonScores) -> Metric:
    area, interval = superiority(holdout.distance, train.distance)
    words = (
        "probability that a used person's closest synthetic row is closer than that of a person who was held"
        " out; 0.5 where it makes no difference"
    )
    return Metric("nearer_to_train", area, interval, 0.5, Goal.FLOOR, None, words)


def _membership(train: PersonScores, holdout: PersonScores, min_cell: int) -> Metric:
    """Return the true positives at the false alarms allowed; the area under the curve stands beside it."""
    caught, alarms = _at(train.membership, holdout.membership, FALSE_ALARMS)
    area, _ = superiority(train.membership, holdout.membership)
    least = (min_cell / holdout.people, min_cell / train.people)
    curve: list[Json] = [
        [round(x, 5), round(y, 5)]
        for x, y in roc(train.membership, holdout.membership)
        if (x == 0 or x >= least[0]) and (y == 0 or y >= least[1])
    ]
    found = ShownRate.of(caught, train.people, min_cell)
    others = ShownRate.of(alarms, holdout.people, min_cell)
    detail: Json = {"auc": round(area, 6), "false_alarms": round(others.value, 6), "roc": curve}
    words = f"share of used persons recognised as such where at most {FALSE_ALARMS:.1%} of the others are"
    return rate_figure("membership", found, others, words, detail)


def _at(train: Ints, holdout: Ints, most: float) -> tuple[int, int]:
    """Return used and other persons from the lowest score on that at most a part of the others reach."""
    alarms = np.cumsum(holdout[::-1])[::-1]
    allowed = np.flatnonzero(alarms <= most * holdout.sum())
    least = int(allowed[0]) if len(allowed) else len(holdout)
    return int(train[least:].sum()), int(holdout[least:].sum())
