"""Rows of a party by the scores of grown trees, and of trees that learnt from the candidate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from syncline.questions.counts import Ints
from syncline.questions.growth import SCORE_BINS, Forest, Role, slices
from syncline.validation.boosting import Codes, Flags
from syncline.validation.federated.plan import Plan
from syncline.validation.federated.score_edges import KINDS, ScoreEdges
from syncline.validation.federated.trees import TreeRows


def score_histograms(plan: Plan, forest: Forest, rows: TreeRows) -> Ints:
    """Return two histograms of rows by score for each of what is told apart, in each slice, (size,).

    First synthetic rows from real ones, then training rows from held-out ones, then for each part of the
    target the learners of real rows and those of synthetic ones; labelled rows stand before the others.
    """
    found = np.zeros((slices(plan.groups), plan.kinds, 2, SCORE_BINS), np.int64)
    edges, targets = plan.edges(forest), 0
    for number, learner in enumerate(plan.learners):
        kept = rows.kept(plan.learners, number, forest, plan.has_holdout)
        place = 0 if learner.role is Role.SYNTHETIC else 1
        if learner.role is Role.TARGET:
            place = len(KINDS) + 2 * targets
            targets += 1
        judged = kept.judges
        apart = _groups(plan, kept.codes[judged])
        _count(found[:, place], kept.labels[judged], kept.margins[judged], edges[number], apart)
    tested = rows.tested(plan.has_holdout)
    codes = rows.codes[tested]
    apart = _groups(plan, codes)
    learnt = zip(plan.targets, plan.transferred, edges[len(plan.learners) :], strict=True)
    for number, (learner, booster, own) in enumerate(learnt):
        labels, margins = rows.labels(learner)[tested], booster.margins(codes)
        _count(found[:, len(KINDS) + 2 * number + 1], labels, margins, own, apart)
    return found.reshape(-1)


def _groups(plan: Plan, codes: Codes) -> list[tuple[Ints, int]]:
    """Return the codes (n,) of rows in each grouping, and how many there are.

    Columns of so few categories have the same codes where trees grow.
    """
    return [
        (codes[:, plan.names.index(group.column)].astype(np.int64), group.n_codes) for group in plan.groups
    ]


def _count(
    found: Ints, labels: Flags, margins: Ints, edges: ScoreEdges, apart: Sequence[tuple[Ints, int]]
) -> None:
    """Add rows (n,) to histograms (slices, 2, n_bins): those of all rows, then those of each grouping."""
    size, beside = 2 * SCORE_BINS, np.where(labels, 0, SCORE_BINS)
    whole = beside + edges.places(margins, apart=False)
    found[0] += np.bincount(whole, minlength=size).reshape(2, SCORE_BINS)
    cell, place = beside + edges.places(margins, apart=True), 1
    for codes, n_codes in apart:
        counted = np.bincount(codes * size + cell, minlength=n_codes * size)
        found[place : place + n_codes] += counted.reshape(n_codes, 2, SCORE_BINS)
        place += n_codes
