"""Who a classifier takes for a member, learnt from leaks staged inside the synthetic table."""

from __future__ import annotations

from typing import Any

import numpy as np

from syncline.data.blob import Array, pack, unpack
from syncline.errors import WireError
from syncline.validation.boosting import MAX_BINS, SCALE_BITS, Booster, BoostSettings, Codes, Tree, fit
from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.closeness import Ints
from syncline.validation.disclosure.recognition import Neighbours, Recognizer
from syncline.validation.disclosure.staging import stage

_STEPS = 8
_MOST_ODDS = 8

MEMBERSHIP_BINS = (2 * _MOST_ODDS * _STEPS + 1) * MAX_BINS
"""Scores are log-odds from -8 to 8 in steps of 1/8, each in up to 64 steps of nearness."""

N_FEATURES = 8

_LOST = N_FEATURES - 1
"""The feature by which equal log-odds are told apart: bits that the closest synthetic row lacks."""

_SETTINGS = BoostSettings(trees=40, depth=3, rate=0.2)


class Membership:
    """Score rows by how much their neighbours look like those of a leaked one.

    Where one feature parts the staged leaks from the others, as in a table of few rows or of numbers alone,
    the classifier knows two answers and gives all who did not leak the same one. Rows of equal log-odds are
    therefore ordered by how near the closest synthetic row is, in steps of the staged rows. From a table too
    small to stage leaks in nothing is learnt, and every score is 0.
    """

    def __init__(self, edges: list[Ints], booster: Booster | None) -> None:
        self._edges = edges
        self._booster = booster

    @classmethod
    def learnt(cls, synthetic: CellTable, key: bytes) -> Membership:
        """Learn from leaks staged in a table, which ``key`` draws."""
        staged = stage(synthetic, key)
        if staged is None:
            return cls([], None)
        recognizer = Recognizer(staged.table)
        features = [_features(recognizer.neighbours(rows)) for rows in (staged.members, staged.strangers)]
        labels = np.repeat([True, False], [len(part) for part in features])
        together = np.concatenate(features)
        edges = [_edges(column) for column in together.T]
        none = np.zeros(together.shape[1], np.bool_)
        return cls(edges, fit(_codes(edges, together), labels, none, _SETTINGS))

    def packed(self) -> bytes:
        """Return the classifier as bytes: nothing of any row but the candidate's own is in it."""
        arrays: dict[str, Array] = {f"edges{place}": edges for place, edges in enumerate(self._edges)}
        if self._booster is not None:
            trees = self._booster.trees
            arrays["columns"] = np.stack([np.concatenate(tree.columns) for tree in trees])
            arrays["right"] = np.stack([np.concatenate(tree.right) for tree in trees])
            arrays["leaves"] = np.stack([tree.leaves for tree in trees])
        return pack({}, arrays)

    @classmethod
    def unpacked(cls, content: bytes) -> Membership:
        """Return the classifier of :meth:`packed`; raise WireError where the bytes are none."""
        _, arrays = unpack(content)
        if not arrays:
            return cls([], None)
        try:
            edges = [_checked(arrays[f"edges{place}"], "<i8", (None,)) for place in range(N_FEATURES)]
            nodes, leaves = 2**_SETTINGS.depth - 1, 2**_SETTINGS.depth
            columns = _checked(arrays["columns"], "<i8", (_SETTINGS.trees, nodes))
            right = _checked(arrays["right"], "|b1", (_SETTINGS.trees, nodes, MAX_BINS))
            margins = _checked(arrays["leaves"], "<i8", (_SETTINGS.trees, leaves))
        except KeyError:
            raise WireError("score_candidate.membership: a part is missing") from None
        if len(arrays) != N_FEATURES + 3 or columns.min() < 0 or columns.max() >= N_FEATURES:
            raise WireError("score_candidate.membership: a tree looks at what there is not")
        if any(len(own) >= MAX_BINS or (np.diff(own) <= 0).any() for own in edges):
            raise WireError("score_candidate.membership: edges do not increase, or are too many")
        levels = [slice(2**level - 1, 2 ** (level + 1) - 1) for level in range(_SETTINGS.depth)]
        trees = [
            Tree(tuple(own[inner] for inner in levels), tuple(side[inner] for inner in levels), leaf)
            for own, side, leaf in zip(columns, right, margins, strict=True)
        ]
        return cls(edges, Booster(_SETTINGS, np.zeros(N_FEATURES, np.bool_), trees))

    def scores(self, near: Neighbours) -> Ints:
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


def _codes(edges: list[Ints], features: Ints) -> Codes:
    columns = [
        np.searchsorted(own, column, side="right") for own, column in zip(edges, features.T, strict=True)
    ]
    return np.column_stack(columns).astype(np.uint8)


def _checked(array: Array, dtype: str, shape: tuple[int | None, ...]) -> Any:  # Any: an array of that type
    fits = len(array.shape) == len(shape) and all(
        wanted in (None, found) for wanted, found in zip(shape, array.shape, strict=True)
    )
    if array.dtype.str != dtype or not fits:
        raise WireError("score_candidate.membership: an array of another shape")
    return array


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
