"""Gradient boosted trees that learn from integer histograms alone, so that the rows may lie anywhere.

Second-order boosting of the logistic loss (Chen and Guestrin 2016, doi:10.1145/2939672.2939785, equations 5
to 7) over columns in small codes. Gradients and hessians are fixed-point integers; a level of a tree is grown
from their sums by node, column and code, which add over batches and suppliers in any order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt

SCALE_BITS = 20
"""Binary places of a margin, a gradient and a hessian."""

MAX_BINS = 64
"""Codes of a column at most."""

_ONE = 1 << SCALE_BITS
_LOGIT_BITS = 10
_MAX_LOGIT = 16

Ints = npt.NDArray[np.int64]
BinCodes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BoostSettings:
    """How trees are grown: their number and depth, the step, the L2 penalty, the least hessian of a child."""

    trees: int = 25
    depth: int = 5
    rate: float = 0.3
    penalty: float = 1.0
    least: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class BoostedTree:
    """A complete tree.

    Attributes
    ----------
    columns : for each level the column of every node (2^level,)
    right : for each level which codes of that column go right (2^level, ``MAX_BINS``)
    leaves : margins (2^depth,), in fixed point
    """

    columns: tuple[Ints, ...]
    right: tuple[Flags, ...]
    leaves: Ints

    def margins(self, codes: BinCodes) -> Ints:
        """Return the margin (n,) that each row (n, n_columns) gets from this tree."""
        node = np.zeros(len(codes), np.int64)
        for columns, right in zip(self.columns, self.right, strict=True):
            node = descend(node, codes, columns, right)
        return self.leaves[node]


@dataclass(slots=True)
class Booster:
    """A sum of trees, grown level by level from histograms.

    ``categorical`` (n_columns,) tells in which columns codes have no order.
    """

    settings: BoostSettings
    categorical: Flags
    trees: list[BoostedTree] = field(default_factory=list)

    def margins(self, codes: BinCodes) -> Ints:
        """Return the log-odds (n,) of rows (n, n_columns), in fixed point."""
        total = np.zeros(len(codes), np.int64)
        for tree in self.trees:
            total += tree.margins(codes)
        return total


def fit(
    codes: BinCodes, labels: Flags, categorical: Flags, settings: BoostSettings = BoostSettings()
) -> Booster:
    """Learn which rows (n, n_columns) are labelled (n,), in one place."""
    booster = Booster(settings, categorical)
    margins = np.zeros(len(codes), np.int64)
    for _ in range(settings.trees):
        gradient, hessian = derivatives(margins, labels)
        node = np.zeros(len(codes), np.int64)
        columns, right = [], []
        for level in range(settings.depth):
            sums = histogram(codes, node, gradient, hessian, 2**level)
            chosen, sides = split(sums, categorical, settings)
            node = descend(node, codes, chosen, sides)
            columns.append(chosen)
            right.append(sides)
        tree = BoostedTree(tuple(columns), tuple(right), leaves(node, gradient, hessian, settings))
        margins += tree.leaves[node]
        booster.trees.append(tree)
    return booster


def derivatives(margins: Ints, labels: Flags) -> tuple[Ints, Ints]:
    """Return gradient and hessian (n,) of the logistic loss at fixed-point margins (n,), in fixed point."""
    place = np.clip(margins >> (SCALE_BITS - _LOGIT_BITS), -_limit(), _limit()) + _limit()
    chance = _logistic()[place]
    return chance - np.where(labels, _ONE, 0), np.maximum((chance * (_ONE - chance)) >> SCALE_BITS, 1)


def histogram(codes: BinCodes, node: Ints, gradient: Ints, hessian: Ints, n_nodes: int) -> Ints:
    """Sum gradients and hessians by node, column and code: (2, n_nodes, n_columns, ``MAX_BINS``)."""
    n_columns = codes.shape[1]
    size = n_nodes * MAX_BINS
    found = np.empty((2, n_columns, size), np.int64)
    for column in range(n_columns):
        cell = node * MAX_BINS + codes[:, column]
        for kind, weights in enumerate((gradient, hessian)):
            # float64 holds these sums exactly: 2^53 is more than 2^20 times any number of rows in memory
            found[kind, column] = np.bincount(cell, weights, size)
    return found.reshape(2, n_columns, n_nodes, MAX_BINS).transpose(0, 2, 1, 3)


def split(sums: Ints, categorical: Flags, settings: BoostSettings) -> tuple[Ints, Flags]:
    """Return for every node the column (n_nodes,) and the codes that go right (n_nodes, ``MAX_BINS``).

    Codes without an order are put in the order of gradient over hessian. Where nothing is gained all go left.
    """
    gradient, hessian = sums.astype(np.float64) / _ONE
    ratio = gradient / (hessian + settings.penalty)
    order = np.where(
        categorical[:, np.newaxis], np.argsort(ratio, axis=-1, kind="stable"), np.arange(MAX_BINS)
    )
    left_g, left_h = (np.cumsum(np.take_along_axis(part, order, -1), -1) for part in (gradient, hessian))
    all_g, all_h = left_g[..., -1:], left_h[..., -1:]
    gain = sum(_quality(g, h, settings) for g, h in ((left_g, left_h), (all_g - left_g, all_h - left_h)))
    gain = gain - _quality(all_g, all_h, settings)
    allowed = (left_h >= settings.least) & (all_h - left_h >= settings.least)
    flat = np.where(allowed, np.round(gain, 9), 0.0).reshape(len(gradient), -1)
    best = flat.argmax(axis=1)
    column, cut = np.divmod(best, MAX_BINS)
    nodes = np.arange(len(best))
    rank = np.argsort(order[nodes, column], axis=-1)
    gains = flat[nodes, best] > 0
    return column, (rank > cut[:, np.newaxis]) & gains[:, np.newaxis]


def descend(node: Ints, codes: BinCodes, columns: Ints, right: Flags) -> Ints:
    """Return the child (n,) that each row's node (n,) sends it to."""
    code = np.take_along_axis(codes, columns[node][:, np.newaxis], axis=1)[:, 0]
    return 2 * node + right[node, code]


def leaves(node: Ints, gradient: Ints, hessian: Ints, settings: BoostSettings) -> Ints:
    """Return the margins of all leaves (2^depth,), in fixed point."""
    size = 2**settings.depth
    g, h = (np.bincount(node, part, size) / _ONE for part in (gradient, hessian))
    return _margins(g, h, settings)


def leaf_margins(sums: Ints, columns: Ints, right: Flags, settings: BoostSettings) -> Ints:
    """Return the margins of all leaves (2 * n_nodes,) from the sums by which the last level was split."""
    nodes = np.arange(len(columns))
    chosen = sums[:, nodes, columns]
    parts = [np.where(side, chosen, 0).sum(axis=-1) for side in (~right, right)]
    gradient, hessian = np.stack(parts, axis=-1).reshape(2, -1) / _ONE
    return _margins(gradient, hessian, settings)


def _margins(
    gradient: npt.NDArray[np.float64], hessian: npt.NDArray[np.float64], settings: BoostSettings
) -> Ints:
    return np.rint(-settings.rate * gradient / (hessian + settings.penalty) * _ONE).astype(np.int64)


def _quality(
    gradient: npt.NDArray[np.float64], hessian: npt.NDArray[np.float64], settings: BoostSettings
) -> npt.NDArray[np.float64]:
    return gradient**2 / (hessian + settings.penalty)


def _limit() -> int:
    return _MAX_LOGIT << _LOGIT_BITS


@cache
def _logistic() -> Ints:
    """Return the logistic function at every fixed-point logit between the limits."""
    logits = np.arange(-_limit(), _limit() + 1) / (1 << _LOGIT_BITS)
    return np.rint(_ONE / (1 + np.exp(-logits))).astype(np.int64)
