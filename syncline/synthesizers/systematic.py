"""Systematic draws: uniform numbers of which those of a group cover their range evenly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]


def systematic_shares(states: Ints, random: Bits) -> Bits:
    """Return 32 uniform bits (n,) that cover their range evenly among the rows of each state (n,).

    The rows of a state are put in the random order of their words (n,), and lie at equal distances from a
    start that is uniform as well (Madow and Madow 1944, doi:10.1214/aoms/1177731312). So each row alone is
    drawn as ever, while a code's count among the rows of a state is off by less than one.
    """
    lane = (states.astype(np.uint64) << np.uint64(32)) | (random >> np.uint64(32))
    order = np.argsort(lane, kind="stable")
    ordered = states[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    sizes = np.diff(np.append(first, len(order)))
    rank = np.arange(len(order)) - np.repeat(first, sizes)
    start = np.repeat(random[order[first]] & np.uint64(0xFFFFFFFF), sizes)
    shares = np.empty(len(order), np.uint64)
    shares[order] = ((rank.astype(np.uint64) << np.uint64(32)) + start) // np.repeat(sizes, sizes).astype(
        np.uint64
    )
    return shares
