"""Who a classifier takes for a member, learnt from leaks staged inside the synthetic table."""

from __future__ import annotations

import numpy as np

from syncline.validation.boosting import MAX_BINS, SCALE_BITS, Booster, BoostSettings, Codes, fit
from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.closeness import Ints
from syncline.validation.disclosure.recognition import Neighbours, Recognizer
from syncline.validation.disclosure.staging import stage

MEMBERSHIP_BINS = 1025
"""Scores are log-odds from -8 to 8 in steps of 1/64."""

_STEPS = 64
_SETTINGS = BoostSettings(trees=40, depth=3, rate=0.2)


class Membership:
    """Score rows by how much their neighbours look like those of a leaked one.

    From a table too small to stage leaks in nothing is learnt, and every score is 0.
    """

    def __init__(
        self,
        edges: list[Ints],
        booster: Booster | None,
        staged: tuple[Neighbours, Neighbours] | None = None,
    ) -> None:
        self._edges = edges
        self._booster = booster
        self.staged = staged
        """What lies near the leaked rows and near the strangers from which it learnt."""

    @classmethod
    def learnt(cls, synthetic: CellTable, key: bytes) -> Membership:
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

    def scores(self, near: Neighbours) -> Ints:
        """Return the bin (n,) of each row's log-odds."""
        features = _features(near)
        if self._booster is None:
            return np.zeros(len(features), np.int64)
        steps = self._booster.margins(_codes(self._edges, features)) * _STEPS >> SCALE_BITS
        bins: Ints = np.clip(steps + MEMBERSHIP_BINS // 2, 0, MEMBERSHIP_BINS - 1)
        return bins


def _codes(edges: list[Ints], features: Ints) -> Codes:
    columns = [
        np.searchsorted(own, column, side="right") for own, column in zip(edges, features.T, strict=True)
    ]
    return np.column_stack(columns).astype(np.uint8)


def _features(near: Neighbours) -> Ints:
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
