"""Draw codes from integer tables: a distribution for each state, and a state for each row."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from syncline.synthesizers.latent_draw import LatentDraw
from syncline.synthesizers.nodes import Nodes
from syncline.synthesizers.pair_factors import PairFactors
from syncline.synthesizers.reordering import Reordering
from syncline.synthesizers.systematic import systematic_shares

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.uint16]

WEIGHT_BITS = 32


@dataclass(frozen=True, slots=True)
class ColumnDraw:
    """How the codes of one column are drawn.

    Attributes
    ----------
    column : the column
    above : running sums of the integer weights of each state's codes (states, codes)
    nodes : a tree over the columns visited before, whose leaves, in increasing order, are the states
    determinant : or a column whose codes are the states; with neither there is one state
    gap : or a gap that was drawn before and from which the column follows: then nothing is drawn
    factors : by which the shares of a state's codes change with the columns that were drawn before
    reordering : the line along which the values of a state lie, where they do
    latent : or the latents out of which the codes are cut, by the weights of the only state
    """

    column: str
    above: Bits
    nodes: Nodes | None = None
    determinant: str | None = None
    gap: str | None = None
    factors: tuple[PairFactors, ...] = ()
    reordering: Reordering | None = None
    latent: LatentDraw | None = None

    @classmethod
    def alone(cls, column: str, rows: Ints) -> ColumnDraw:
        """Return how a column is drawn by itself, from the rows of its codes (codes,)."""
        return cls(column, weights_of(_shares(rows[None, :])))

    @classmethod
    def beside(cls, column: str, determinant: str, table: Ints, rows: Ints) -> ColumnDraw:
        """Return how a column is drawn beside another one, from their joint counts (its codes, own codes).

        Where no row of a code of the ``determinant`` is shown, the column is drawn by itself, from ``rows``.
        """
        shown = np.where(table.any(axis=1, keepdims=True), table, rows)
        return cls(column, weights_of(_shares(shown)), determinant=determinant)

    @classmethod
    def by_gap(cls, column: str, gap: str) -> ColumnDraw:
        """Return how a column comes about that is another one plus a gap."""
        return cls(column, np.ones((1, 1), np.uint64), gap=gap)

    def cut_from(self, latent: LatentDraw | None) -> ColumnDraw:
        """Return how a column that has no states is cut out of latents, with None how it is drawn alone."""
        return replace(self, latent=latent)

    @property
    def latents(self) -> int:
        """How many latents the column has."""
        return 0 if self.latent is None else len(self.latent)

    def weights(self) -> Ints:
        """Return the weights of the codes of a column that has one state (codes,)."""
        return np.asarray(np.diff(self.above[0].astype(np.int64), prepend=0))

    def codes(self, states: Ints, random: Bits, systematic: bool, near: Ints | None = None) -> Codes:
        """Return a code (n,) for each row's state (n,), from uniform words (n,).

        Systematic codes are spread evenly over rows whose numbers ``near`` (n,) are close, if given.
        """
        total = self.above[:, -1]
        shares = systematic_shares(states, random, near) if systematic else random >> np.uint64(32)
        aim = (shares * total[states]) >> np.uint64(32)
        lane = np.arange(len(self.above), dtype=np.uint64) << np.uint64(WEIGHT_BITS + 1)
        flat = (self.above + lane[:, None]).ravel()
        place = np.searchsorted(flat, aim + lane[states], side="right")
        codes: Codes = (place - states * self.above.shape[1]).astype(np.uint16)
        return codes


def _shares(rows: Ints) -> npt.NDArray[np.float64]:
    """Return the share of each code among the rows of its state (states, codes)."""
    counts = rows.astype(np.float64)
    shares: npt.NDArray[np.float64] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    return shares


def weights_of(distribution: npt.NDArray[np.float64]) -> Bits:
    """Return running sums of integer weights (states, codes) for distributions that add up to one."""
    weights = np.floor(distribution * 2.0**WEIGHT_BITS).astype(np.uint64)
    empty = weights.sum(axis=1) == 0
    weights[empty] = 1
    return np.cumsum(weights, axis=1, dtype=np.uint64)
