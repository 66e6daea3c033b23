"""The few places that a person's scores against a synthetic table have.

A score is of a whole row. With all the values that it can have it would spell which columns of a person agree
with a row that a hub made up for that; in 15 places it tells no more than the exact table of three columns.

The places are parted by scores of rows that were taken out of the synthetic table itself: finely where the
gate looks, among the top tenth of people whom nobody used, and beyond all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from syncline.questions.growth import SCORE_BINS
from syncline.validation.disclosure.closeness import EXACT_STEPS_BITS, UNITS, Ints
from syncline.validation.disclosure.membership import MEMBERSHIP_BINS, MembershipAttack
from syncline.validation.disclosure.recognition import N_BINS
from syncline.validation.disclosure.scores import DISTANCE_BINS, PersonScores, lost

PLACES = SCORE_BINS
"""Places of a score at most: as many as of the score of a tree."""

BINS: Mapping[str, int] = {
    "isolation": N_BINS,
    "exact": N_BINS,
    "distance": DISTANCE_BINS,
    "membership": MEMBERSHIP_BINS,
}
"""Histograms of persons by score, and how many values the scores have."""

_TOP_SHARES = (0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005, 0.003, 0.001)
"""Shares of strangers beyond which places begin: about those of the gate's tests and between them."""

_BEYOND_BITS = (1, 2, 5, 10, 20)
"""Bits beyond nearly all strangers where further places of isolation begin."""

_UNSTAGED_BITS = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48)


class ScorePlaces:
    """Part histograms of persons by score, and lay parted ones out again."""

    def __init__(self, membership: MembershipAttack) -> None:
        self._edges = {name: _within(edges, BINS[name]) for name, edges in _edges(membership).items()}

    def parted(self, scores: PersonScores) -> dict[str, Ints]:
        """Return the persons in each place (``PLACES``,) of each score."""
        found = {}
        for name, edges in self._edges.items():
            place = np.searchsorted(edges, np.arange(BINS[name]), side="right")
            counts = np.bincount(place, getattr(scores, name), PLACES)
            found[name] = counts.astype(np.int64)
        return found

    def laid_out(self, people: int, parted: Mapping[str, Ints]) -> PersonScores:
        """Return persons by score, each counted at the least score of their place."""
        found = {}
        for name, edges in self._edges.items():
            found[name] = np.zeros(BINS[name], np.int64)
            found[name][[0, *edges.tolist()]] = parted[name][: len(edges) + 1]
        return PersonScores(people, **found)

    def rounded(self, scores: PersonScores) -> PersonScores:
        """Return persons as they are after their scores were parted and laid out."""
        return self.laid_out(scores.people, self.parted(scores))


def _edges(membership: MembershipAttack) -> dict[str, Sequence[int] | Ints]:
    exact = [bits * UNITS for bits in EXACT_STEPS_BITS]
    if membership.staged is None:
        bits = [bits * UNITS for bits in _UNSTAGED_BITS]
        steps = [DISTANCE_BINS * part // (4 * PLACES) for part in range(1, PLACES)]
        return {"isolation": bits, "exact": exact, "distance": steps, "membership": []}
    members, strangers = membership.staged
    isolation = _reached(strangers.isolation, _TOP_SHARES)
    scores = membership.scores(strangers)
    caught = _reached(membership.scores(members), (0.75, 0.5, 0.25))
    even = [part / PLACES for part in range(PLACES - 1, 0, -1)]
    return {
        "isolation": [*isolation, *(isolation[-1] + bits * UNITS for bits in _BEYOND_BITS)],
        "exact": exact,
        "distance": _reached(lost(strangers), even),
        "membership": [*_reached(scores, (0.5, 0.25, *_TOP_SHARES)), *caught],
    }


def _reached(scores: Ints, shares: Sequence[float]) -> list[int]:
    """Return the scores that at most such shares of rows exceed."""
    ordered = np.sort(scores)
    return [int(ordered[min(int(len(ordered) * (1 - share)), len(ordered) - 1)]) + 1 for share in shares]


def _within(edges: Sequence[int] | Ints, bins: int) -> Ints:
    found = np.unique(np.asarray(edges, np.int64))
    return found[(found > 0) & (found < bins)][: PLACES - 1]
