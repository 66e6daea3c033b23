"""Choose the best split of each node from its histograms.

Criterion: a split is worth ``sum_k L_k**2 / L + sum_k R_k**2 / R`` less the same of the node, which is the
decrease of the Gini impurity times the rows (Breiman, Friedman, Olshen, Stone 1984, ch. 4). For a target
with an order the sums run over the *cumulative* classes, which makes it the decrease of the continuous
ranked probability score on the classes. What a cut of the same predictor would gain by chance is taken off
(:mod:`~syncline.synthesizers.cart.chance`), and a split that gains no more is none.

Named predictors are put in order, node by node, along the first principal component of their levels' class
shares (Coppersmith, Hong, Hosking 1999, doi:10.1023/A:1009869804967), found by three integer power
iterations.

Counts stay below 2**24, so their squares and the sums of these are exact in float64 and every quotient is
rounded correctly: equal counts give equal gains on every machine. Ties go to the predictor that is visited
first, then to the lowest split.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.synthesizers.cart.chance import gains_by_chance
from syncline.synthesizers.cart.layout import TreeLayout

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

_POWER_ITERATIONS = 3
_SHARE_BITS = 12
_LAST = np.int64(1) << 60


@dataclass(frozen=True, slots=True)
class BestSplits:
    """The best split of each node (n,).

    Attributes
    ----------
    gain : rows times decrease of impurity beyond chance; 0 where there is no more, negative where no split is
        admissible
    predictor : place of its predictor
    left : bins that go left, bit by bit
    left_rows : rows that go left
    alive : predictors that have an admissible split in the node (n, p)
    """

    gain: Floats
    predictor: Ints
    left: npt.NDArray[np.uint64]
    left_rows: Ints
    alive: Mask


def impurity(classes: Ints, layout: TreeLayout) -> Floats:
    """Return rows times impurity of nodes with these class counts (n, classes)."""
    return _impurity(_features(classes[:, None, :], layout)[:, 0], classes.sum(axis=1))


def _impurity(features: Ints, rows: Ints) -> Floats:
    """Return rows times impurity of nodes (...) whose features are summed over their rows (..., k)."""
    whole = features.astype(np.float64)
    squares = (whole * whole).sum(axis=-1)
    return np.asarray(whole.sum(axis=-1) - squares / np.maximum(rows, 1))


def best_splits(histograms: Ints, layout: TreeLayout, min_leaf: int) -> BestSplits:
    """Return the best split of each node from its histograms (n, width, classes)."""
    features = _features(histograms, layout)
    sizes = histograms.sum(axis=2)
    order = _bin_order(features, sizes, layout)
    features = np.take_along_axis(features, order[:, :, None], axis=1)
    rows = np.take_along_axis(sizes, order, axis=1)
    left, total = _running(features, layout)
    left_rows, total_rows = _running(rows[:, :, None], layout)
    gain = _gains(left, total, left_rows[:, :, 0], total_rows[:, :, 0], min_leaf)
    chance = _by_chance(total, total_rows[:, :, 0], rows, layout)[:, layout.owner()]
    gain = np.where(gain >= 0, np.maximum(gain - chance, 0.0), gain)
    best = np.argmax(gain, axis=1)
    nodes = np.arange(len(gain))
    predictor = layout.owner()[best]
    return BestSplits(
        gain[nodes, best],
        predictor,
        _left_bits(order, sizes, best, predictor, layout),
        left_rows[nodes, best, 0],
        np.maximum.reduceat(gain >= 0, layout.start, axis=1),
    )


def _features(histograms: Ints, layout: TreeLayout) -> Ints:
    """Return what the criterion sums over: the classes, or for an ordered target the cumulative ones."""
    if not layout.ordered:
        return histograms
    if not layout.missing_class:
        return np.cumsum(histograms[:, :, :-1], axis=2) if layout.classes > 1 else histograms
    present = np.cumsum(histograms[:, :, :-2], axis=2)
    return np.concatenate([present, histograms[:, :, -1:]], axis=2)


def _running(features: Ints, layout: TreeLayout) -> tuple[Ints, Ints]:
    """Return the sums from each predictor's first bin up to each bin, and its total, both (n, width, k)."""
    running = np.cumsum(features, axis=1)
    before = np.zeros((len(features), len(layout.start), features.shape[2]), np.int64)
    before[:, 1:] = running[:, layout.start[1:] - 1]
    owner = layout.owner()
    left = running - before[:, owner]
    return left, left[:, layout.start + layout.size - 1][:, owner]


def _gains(left: Ints, total: Ints, left_rows: Ints, total_rows: Ints, min_leaf: int) -> Floats:
    right = (total - left).astype(np.float64)
    right_rows = total_rows - left_rows
    lefts = left.astype(np.float64)
    whole = total.astype(np.float64)
    score = (lefts * lefts).sum(axis=2) / np.maximum(left_rows, 1)
    score += (right * right).sum(axis=2) / np.maximum(right_rows, 1)
    score -= (whole * whole).sum(axis=2) / np.maximum(total_rows, 1)
    admissible = (left_rows >= min_leaf) & (right_rows >= min_leaf)
    return np.where(admissible, np.maximum(score, 0.0), -1.0)


def _by_chance(total: Ints, total_rows: Ints, rows: Ints, layout: TreeLayout) -> Floats:
    """Return what each predictor's best cut gains by chance (n, p)."""
    whole, held = total[:, layout.start], total_rows[:, layout.start]
    levels = np.add.reduceat((rows > 0).astype(np.int64), layout.start, axis=1)
    return gains_by_chance(_impurity(whole, held) / np.maximum(held, 1), levels, layout)


def _bin_order(features: Ints, sizes: Ints, layout: TreeLayout) -> Ints:
    """Return for each node the bins in the order in which splits cut them (n, width)."""
    order = np.broadcast_to(np.arange(layout.width), sizes.shape).copy()
    for size in (4, 8, 16, 32, 64):
        group = np.flatnonzero(layout.named & (layout.size > max(size // 2, 2)) & (layout.size <= size))
        if len(group):
            _order_group(order, features, sizes, layout, group, size)
    return order


def _order_group(
    order: Ints, features: Ints, sizes: Ints, layout: TreeLayout, group: Ints, padded: int
) -> None:
    slots = layout.start[group][:, None] + np.arange(padded)
    real = np.arange(padded) < layout.size[group][:, None]
    bins = np.where(real, slots, 0)
    n = np.where(real, sizes[:, bins], 0)
    counts = np.where(real[None, :, :, None], features[:, bins], 0)
    place = _component(counts, n)
    place = np.where(n > 0, place, _LAST)
    place = np.where(real, place, _LAST + 1)
    ranked = np.argsort(place, axis=2, kind="stable")
    for i, predictor in enumerate(group):
        start, size = int(layout.start[predictor]), int(layout.size[predictor])
        order[:, start : start + size] = start + ranked[:, i, :size]


def _component(counts: Ints, n: Ints) -> Ints:
    """Return each level's place (nodes, predictors, levels) along the shares' first principal component."""
    share = (counts << _SHARE_BITS) // np.maximum(n, 1)[..., None]
    whole = counts.sum(axis=2)
    rows = np.maximum(n.sum(axis=2), 1)
    mean = (whole << _SHARE_BITS) // rows[..., None]
    deviation = np.where(n[..., None] > 0, share - mean[:, :, None, :], 0)
    if counts.shape[3] == 1:
        return deviation[..., 0]
    weighted = (deviation * n[..., None]).astype(np.float64)
    covariance = np.matmul(deviation.astype(np.float64).swapaxes(2, 3), weighted)
    covariance = _shortened(np.rint(covariance / rows[..., None, None]), 24)
    largest = np.argmax(np.diagonal(covariance, axis1=2, axis2=3), axis=2)
    vector = np.take_along_axis(covariance, largest[..., None, None], axis=3)[..., 0]
    vector = _shortened(vector[..., None], 20)
    for _ in range(_POWER_ITERATIONS):
        vector = _shortened(np.matmul(covariance, vector), 20)
    place: Ints = np.matmul(deviation.astype(np.float64), vector)[..., 0].astype(np.int64)
    return place


def _shortened(values: Floats, bits: int) -> Floats:
    """Scale whole matrices by powers of two to integers of at most ``bits`` bits: products stay exact."""
    largest = np.abs(values).max(axis=(-2, -1), keepdims=True)
    exponent = np.frexp(largest)[1]
    return np.asarray(np.floor(np.ldexp(values, np.minimum(bits - exponent, 0))), np.float64)


def _left_bits(
    order: Ints, sizes: Ints, best: Ints, predictor: Ints, layout: TreeLayout
) -> npt.NDArray[np.uint64]:
    """Return the bins that go left as bits; levels that a node does not have go to the larger side."""
    owner, width = layout.owner(), layout.width
    position = np.arange(width)
    chosen = owner[None, :] == predictor[:, None]
    goes_left = chosen & (position[None, :] <= best[:, None])
    bins = order - layout.start[owner][None, :]
    rows = np.take_along_axis(sizes, order, axis=1)
    left_rows = (rows * goes_left).sum(axis=1)
    all_rows = (rows * chosen).sum(axis=1)
    unseen = chosen & (rows == 0) & layout.named[predictor][:, None]
    larger_left = (2 * left_rows >= all_rows)[:, None]
    goes_left = np.where(unseen, larger_left, goes_left)
    bits = np.where(goes_left, np.uint64(1) << bins.astype(np.uint64), np.uint64(0))
    return np.asarray(np.bitwise_or.reduce(bits, axis=1), np.uint64)
