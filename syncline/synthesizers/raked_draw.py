"""Draw a column whose classes have factors: a class by the row's own weights, then a code of that class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.synthesizers.draws import WEIGHT_BITS, Bits, Codes, ColumnDraw, Ints
from syncline.synthesizers.pair_factors import Floats, PairFactors, raked
from syncline.synthesizers.streams import mixed
from syncline.synthesizers.systematic import systematic_shares


@dataclass(frozen=True, slots=True)
class RakedDraw:
    """How a column with factors is drawn: first a class of codes, then a code of that class.

    Attributes
    ----------
    factors : of the columns that are drawn before it
    order : the codes, class by class (codes,)
    above : running sums of the weights of each state's codes in that order (states, codes)
    edge : weights of a state's codes before each class, and of all of them (states, classes + 1)
    """

    factors: tuple[PairFactors, ...]
    order: Codes
    above: Bits
    edge: Bits

    @classmethod
    def of(cls, draw: ColumnDraw, classes: npt.NDArray[np.uint16]) -> RakedDraw:
        """Return how the codes of a column are drawn whose codes fall into ``classes`` (codes,)."""
        weights = np.diff(draw.above, prepend=np.uint64(0), axis=1)
        order = np.argsort(classes, kind="stable")
        above = np.cumsum(weights[:, order], axis=1, dtype=np.uint64)
        last = np.searchsorted(classes[order], np.arange(int(classes.max()) + 1), side="right") - 1
        edge = np.concatenate([np.zeros((len(above), 1), np.uint64), above[:, last]], axis=1)
        return cls(draw.factors, order.astype(np.uint16), above, edge)

    def codes(
        self,
        states: Ints,
        bins: npt.NDArray[np.uint8],
        random: Bits,
        systematic: bool,
        near: Ints | None = None,
    ) -> Codes:
        """Return a code (n,) for each row's state (n,) and bins (n, columns), from uniform words (n,).

        Systematic codes are spread evenly over rows whose numbers ``near`` (n,) are close, if given.
        """
        shares = systematic_shares(states, random, near) if systematic else random >> np.uint64(32)
        chosen = self._classes(states, bins, shares)
        fresh = mixed(random)
        within = states * (self.edge.shape[1] - 1) + chosen
        shares = systematic_shares(within, fresh, near) if systematic else fresh >> np.uint64(32)
        low, high = self.edge[states, chosen], self.edge[states, chosen + 1]
        aim = low + (((high - low) * shares) >> np.uint64(32))
        lane = np.arange(len(self.above), dtype=np.uint64) << np.uint64(WEIGHT_BITS + 1)
        place = np.searchsorted((self.above + lane[:, None]).ravel(), aim + lane[states], side="right")
        codes: Codes = self.order[place - states * self.above.shape[1]]
        return codes

    def _classes(self, states: Ints, bins: npt.NDArray[np.uint8], shares: Bits) -> Ints:
        """Return the class (n,) of each row."""
        below = np.cumsum(whole_weights(raked(self.class_weights()[states], self.factors, bins)), axis=1)
        aim = (shares * below[:, -1]) >> np.uint64(32)
        return np.asarray((below <= aim[:, None]).sum(axis=1), np.int64)

    def class_weights(self) -> Floats:
        """Return the weight of each class in each state, out of ``2**WEIGHT_BITS`` (states, classes)."""
        return np.diff(self.edge, axis=1).astype(np.float64)


def whole_weights(weights: Floats) -> Bits:
    """Return integers (n, classes) that are in proportion to weights, a row's at most ``2**WEIGHT_BITS``."""
    total = row_sums(weights)
    scaled = np.floor(weights * (2.0**WEIGHT_BITS / np.where(total > 0, total, 1.0))[:, None])
    whole = scaled.astype(np.uint64)
    none = whole.sum(axis=1) == 0
    whole[none] = weights[none] > 0
    return whole


def row_sums(weights: Floats) -> Floats:
    """Return the sum of each row (n,), its terms added in their order: the same on every machine."""
    total = np.zeros(len(weights))
    for place in range(weights.shape[1]):
        total = total + weights[:, place]
    return total
