"""Draw the codes of a gap: of those that fit, where its base has a value and where it has none."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from syncline.synthesizers.column_values import ColumnValues
from syncline.synthesizers.draws import Bits, Codes, ColumnDraw, Ints, weights_of

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class GapDraw:
    """How the codes of a gap are drawn with a base and without one.

    A state keeps its share of rows without a value; the rest is shared among the codes that fit, as in that
    state, or as in all rows where the state holds none of them.
    """

    based: ColumnDraw
    alone: ColumnDraw

    @classmethod
    def of(cls, draw: ColumnDraw, values: ColumnValues) -> GapDraw:
        """Return both draws of a gap whose codes are drawn by ``draw`` where nothing is known of its base."""
        alone = np.zeros(values.n_codes, np.bool_)
        alone[values.span_code[values.span_high < 0]] = True
        based = ~alone
        if values.keeps_missing:
            based[-1] = False
        return cls(_only(draw, values, based), _only(draw, values, alone))

    def codes(
        self, states: Ints, random: Bits, lacking: Mask, systematic: bool, near: Ints | None = None
    ) -> Codes:
        """Return a code (n,) for each row's state (n,); ``lacking`` says where the base has no value."""
        codes = np.empty(len(states), np.uint16)
        for draw, own in ((self.alone, lacking), (self.based, ~lacking)):
            beside = None if near is None else near[own]
            codes[own] = draw.codes(states[own], random[own], systematic, beside)
        return codes


def _only(draw: ColumnDraw, values: ColumnValues, fitting: Mask) -> ColumnDraw:
    weights = np.diff(draw.above.astype(np.int64), prepend=0, axis=1)
    every = values.rows * fitting
    if not every.any():  # no code fits: all rows without a value, or none that is one
        every = np.arange(values.n_codes) == values.n_codes - 1
    own = weights * fitting
    own[own.sum(axis=1) == 0] = every
    without = np.zeros(len(weights))
    if values.keeps_missing:
        without = weights[:, -1] / weights.sum(axis=1)
    shares = own / own.sum(axis=1, keepdims=True) * (1.0 - without)[:, None]
    if values.keeps_missing:
        shares[:, -1] += without
    return replace(draw, above=weights_of(shares))
