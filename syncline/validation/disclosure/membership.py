"""Who a classifier takes for a member, learnt from leaks staged inside the synthetic table."""

from __future__ import annotations

import numpy as np

from syncline.validation.boosting import MAX_BINS, SCALE_BITS, BinCodes, Booster, BoostSettings, fit
from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.closeness import Ints
from syncline.validation.disclosure.recognition import NeighbourScores, Recognizer
from syncline.validation.disclosure.staging import stage

_STEPS = 8
_MOST_ODDS = 8

MEMBERSHIP_BINS = (2 * _MOST_ODDS * _STEPS + 1) * MAX_BINS
"""Scores are log-odds from -8 to 8 in steps of 1/8, each in up to 64 steps of nearness."""

N_FEATURES = 8

_LOST = N_FEATURES - 1
"""The feature by which equal log-odds are told apart: bits that the closest synthetic row lacks."""

_SETTINGS = BoostSettings(trees=40, depth=3, rate=0.2)


class MembershipAttack:
    """Score rows by how much their neighbours look like those of a leaked one.

    Where one feature parts the staged leaks from the others, as in a table of few rows or of numbers alone,
    the classifier knows two answers and gives all who did not leak the same one. Rows of equal log-odds are
    therefore ordered by how near the closest synthetic row is, in steps of the staged rows. From a table too
    small to stage leaks in nothing is learnt, and every score is 0.
    """

    def __init__(
        self,
        edges: list[Ints],
        booster: Booster | None,
        staged: tuple[NeighbourScores, NeighbourScores] | None = None,
    ) -> None:
        self._edges = edges
        self._booster = booster
        self.staged = staged
        """What lies near the leaked rows and near the strangers from which it learnt."""

    @classmethod
    def learnt(cls, synthetic: CellTable, key: bytes) -> MembershipAttack:
        """Learn from leaks staged in a table, which ``key`` draws."""
        staged = stage(synthetic, key)
        if staged is None:
            return cls([], None)
        recognizer = Recognizer(staged.table)
        members, strangers = recognizer.neighbours(staged.members), recognizer.neighbours(staged.strangers)
        features = [_features(near) for near in (members, strangers)]
        labels = np.repeat([True, False], [len(part) for part in features])
        together = np.concatenate(features)
        edges = [_edges(column) for column in together.T]
        none = np.zeros(together.shape[1], np.bool_)
        booster = fit(_codes(edges, together), labels, none, _SETTINGS)
        return cls(edges, booster, (members, strangers))

    def scores(self, near: NeighbourScores) -> Ints:
        """Return the bin (n,) of each row's log-odds."""
        features = _features(near)
        if self._booster is None:
            return np.zeros(len(features), np.int64)
        codes = _codes(self._edges, features)
        steps = self._booster.margins(codes) * _STEPS >> SCALE_BITS
        odds = np.clip(steps + _MOST_ODDS * _STEPS, 0, 2 * _MOST_ODDS * _STEPS)
        nearness = MAX_BINS - 1 - codes[:, _LOST].astype(np.int64)
        bins: Ints = odds * MAX_BINS + nearness
        return bins


def _codes(edges: list[Ints], features: Ints) -> BinCodes:
    columns = [
        np.searchsorted(own, column, side="right") for own, column in zip(edges, features.T, strict=True)
    ]
    return np.column_stack(columns).astype(np.uint8)


def _features(near: NeighbourScores) -> Ints:
    """Return what tells members from others: bits, their differences, and equal columns (n, 8)."""
    return np.column_stack(
        [
            near.best,
            near.second,
            near.tenth,
            near.own,
            near.equal,
            near.best - near.second,
            near.best - near.tenth,
            near.own - near.best,
        ]
    )


def _edges(values: Ints) -> Ints:
    ordered = np.sort(values)
    return np.unique(ordered[np.arange(1, MAX_BINS) * len(ordered) // MAX_BINS])
