"""Figures of the comparison of persons with a synthetic table, from histograms of their scores alone."""

from __future__ import annotations

from itertools import pairwise

from syncline.data.blob import Json
from syncline.privacy.people_rule import (
    MOST_STEP,
    TOO_FEW,
    apart,
    in_runs,
    in_steps,
    outwards,
    runs_of,
    step_of,
)
from syncline.validation.disclosure.operating_point import FALSE_ALARMS, operating_point
from syncline.validation.disclosure.scores import PersonScores
from syncline.validation.disclosure.shown import CountPair, NestedCounts, ShownRate
from syncline.validation.disclosure.threshold_tests import Stratum, top_steps
from syncline.validation.histograms import reached, superiority
from syncline.validation.metric import Goal, Metric


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
    return [*figures, _nearer(train, holdout, min_cell), _membership(train, holdout, min_cell)]


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
    if not found.people or max(found.step, 0.0 if others is None else others.step) > MOST_STEP:
        words = "not shown: too few people stand behind it"
        return Metric(name, None, goal=Goal.FLOOR, words=words, reason=TOO_FEW)
    floor = None if others is None or not others.people else others.value
    hidden = others is not None and others.at_most
    return Metric(
        name, found.value, found.interval, floor, Goal.FLOOR, None, words, detail, found.at_most, hidden
    )


def _nearer(train: PersonScores, holdout: PersonScores, min_cell: int) -> Metric:
    runs = runs_of(min_cell, train.distance, holdout.distance)
    step = step_of(min(train.people, holdout.people), min_cell)
    if runs[-1] == 0 or step > MOST_STEP:
        words = "not shown: too few people of either kind are as near as each other"
        return Metric("nearer_to_train", None, goal=Goal.FLOOR, words=words, reason=TOO_FEW)
    area, interval = superiority(in_runs(runs, holdout.distance), in_runs(runs, train.distance))
    words = (
        "probability that a used person's closest synthetic row is closer than that of a person who was held"
        " out; 0.5 where it makes no difference"
    )
    value, limits = in_steps(area, step), outwards(interval, step)
    return Metric("nearer_to_train", value, limits, 0.5, Goal.FLOOR, None, words)


def _membership(train: PersonScores, holdout: PersonScores, min_cell: int) -> Metric:
    """Return the true positives at the false alarms allowed; the area under the curve stands beside it."""
    caught, alarms = operating_point(train.membership, holdout.membership)
    points = [
        (others / holdout.people, used / train.people) for used, others in _curve(train, holdout, min_cell)
    ]
    area = sum((x - w) * (v + y) / 2 for (w, v), (x, y) in pairwise(points))
    curve: list[Json] = [[round(x, 5), round(y, 5)] for x, y in points]
    found = ShownRate.of(caught, train.people, min_cell)
    others = ShownRate.of(alarms, holdout.people, min_cell)
    detail: Json = {"auc": round(area, 6), "false_alarms": round(others.value, 6), "roc": curve}
    words = f"share of used persons recognised as such where at most {FALSE_ALARMS:.1%} of the others are"
    return rate_figure("membership", found, others, words, detail)


def _curve(train: PersonScores, holdout: PersonScores, min_cell: int) -> list[CountPair]:
    """Return the points of the curve that may be printed, in persons, from nobody to all.

    It goes through the point at which it is judged, and the gate's tests, wherever these may be printed. No
    other point is near them, or near another one.
    """
    nobody, *points, everybody = reached(train.membership, holdout.membership)
    counts = NestedCounts((train.people, holdout.people), min_cell)
    counts.each(operating_point(train.membership, holdout.membership))
    scores = Stratum(train.membership, holdout.membership, train.people, holdout.people)
    tests = [pair for pair in (scores.reaching(least) for least in top_steps([scores])) if counts.fits(pair)]

    def is_apart(point: CountPair) -> bool:
        return all(
            apart(count, other, min_cell) for test in tests for count, other in zip(point, test, strict=True)
        )

    between = [point for point in points if is_apart(point) and None not in counts.both(point)]
    return [nobody, *between, everybody]
