"""Where scores are parted into a few places, by the candidate's own scores.

An exact score of one row would tell of all columns that trees have looked at. In places that the candidate's
rows fill about evenly, labelled and other ones weighing the same, the area under a curve is nearly that of
the exact scores, and no more columns can be read off than the places tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.questions.growth import SCORE_BINS, Learner, LearnerRole, score_places
from syncline.validation.boosting import SCALE_BITS, Flags, Ints, derivatives

KINDS = (LearnerRole.SYNTHETIC, LearnerRole.TRAINING)
"""Pairs of kinds of rows that are told apart beside those of the target."""

Floats = npt.NDArray[np.float64]

NOTHING: Floats = np.full((2, SCORE_BINS), 0.5)
"""The chances of a learner that knows nothing, in all places."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoreEdges:
    """Where the scores of one learner are parted.

    Attributes
    ----------
    whole, apart : int64, increasing: least margin of each place but the first, overall and in subgroups
    chances : float64 (2, ``SCORE_BINS``), mean chance of the candidate's rows in each place, of both kinds
    """

    whole: Ints
    apart: Ints
    chances: Floats

    def places(self, margins: Ints, *, apart: bool) -> Ints:
        """Return the place (n,) of each margin (n,)."""
        places: Ints = np.searchsorted(self.apart if apart else self.whole, margins, side="right")
        return places


def edges_of(learner: Learner, labels: Flags, margins: Ints) -> ScoreEdges:
    """Part the scores of one learner by those of the candidate's rows (n,), of which some are labelled.

    A hash sample that goes by the content of rows may take none of a candidate whose rows are all alike.
    """
    if not len(margins):
        nowhere = np.zeros(0, np.int64)
        return ScoreEdges(nowhere, nowhere, NOTHING)
    target = learner.role is LearnerRole.TARGET
    weights = _balanced(labels if target else np.zeros(len(labels), np.bool_))
    whole, apart = (
        _edges(margins, weights, score_places(target=target, apart=apart)) for apart in (False, True)
    )
    return ScoreEdges(whole, apart, np.stack([_chances(margins, whole), _chances(margins, apart)]))


def _balanced(labels: Flags) -> Ints:
    """Return whole weights (n,) by which labelled rows weigh as much as all others, where there are both."""
    labelled = int(labels.sum())
    others = len(labels) - labelled
    if not (labelled and others):
        return np.ones(len(labels), np.int64)
    return np.where(labels, others, labelled).astype(np.int64)


def _edges(margins: Ints, weights: Ints, places: int) -> Ints:
    order = np.argsort(margins, kind="stable")
    upto = np.cumsum(weights[order])
    total = int(upto[-1])
    at = [int(np.searchsorted(upto, -(-total * part // places))) for part in range(1, places)]
    return np.unique(margins[order][at])


def _chances(margins: Ints, edges: Ints) -> Floats:
    """Return the mean chance of rows in each place; a place without any has the nearest edge's."""
    nobody = np.zeros(1, np.bool_)
    chances, _ = derivatives(margins, nobody)
    places = np.searchsorted(edges, margins, side="right")
    filled = np.bincount(places, minlength=len(edges) + 1)
    empty, _ = derivatives(np.append(edges, edges[-1:]), nobody)
    # float64 holds these sums exactly, so the order of the rows makes no difference
    means = np.bincount(places, chances, len(filled)) / np.maximum(filled, 1)
    found = np.full(SCORE_BINS, 0.5)
    found[: len(filled)] = np.where(filled > 0, means, empty if len(edges) else 0) / (1 << SCALE_BITS)
    return found
