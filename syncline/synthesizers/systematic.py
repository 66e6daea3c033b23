"""Systematic draws: uniform numbers of which those of a group cover their range evenly.

Rows of a group are drawn in a random order, or along one that puts those next to each other which are alike:
then any run of that order covers the range evenly as well, so the group's codes are spread evenly over all
that the order tells of rows (implicit stratification; Madow and Madow 1944, doi:10.1214/aoms/1177731312).
Either way each row alone is drawn as if there were no others.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from syncline.synthesizers.streams import mixed

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]

_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_RUN, _LEVELS = 8, 2
"""Rows of a run, each of which takes another part of the range; and how often the range is parted."""
_APART = np.uint64(0xD1B54A32D192ED03)
"""Tells the words that share out rows from those that the words themselves are mixed into elsewhere."""
_PLACES = np.uint64(24)
"""Bits of a run's number, which stands above those of a word."""


def systematic_shares(states: Ints, random: Bits, near: Ints | None = None) -> Bits:
    """Return 32 uniform bits (n,) that cover their range evenly among the rows of each state (n,).

    The rows of a state are put in the random order of their words (n,), and lie at equal distances from a
    start that is uniform as well. So each row alone is drawn as ever, while a code's count among the rows of
    a state is off by less than one. Where ``near`` (n,) is given, rows whose numbers are close share the
    range evenly among themselves too.
    """
    if near is None:
        order = np.argsort((states.astype(np.uint64) << _HALF) | (random >> _HALF), kind="stable")
    else:
        order = np.lexsort((near, states))
    ordered = states[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    sizes = np.diff(np.append(first, len(order)))
    rank = np.arange(len(order)) - np.repeat(first, sizes)
    word = random[order[first]]
    if near is not None:
        rank = _spread(ordered, rank, random[order])
        word = mixed(word)
        turn = ((word >> _HALF) * sizes.astype(np.uint64)) >> _HALF
        rank = (rank + np.repeat(turn.astype(np.int64), sizes)) % np.repeat(sizes, sizes)
    start = np.repeat(word & _LOW, sizes)
    shares = np.empty(len(order), np.uint64)
    shares[order] = ((rank.astype(np.uint64) << _HALF) + start) // np.repeat(sizes, sizes).astype(np.uint64)
    return shares


def _spread(states: Ints, rank: Ints, words: Bits) -> Ints:
    """Return other ranks (n,) within each state (n,), of rows that stand in order: runs share them evenly.

    A run's rows take the parts of the range in an order of their own, by their words (n,): so two columns
    that are drawn along one order have nothing in common by it. The rows of a part are shared out
    likewise, as digits of a scrambled net are (Owen 1995, doi:10.1007/978-1-4612-2552-2_19).
    """
    rows, group = np.arange(len(states)), states
    for _ in range(_LEVELS):
        words = mixed(words ^ _APART)
        part = _parts(group, words)
        order = np.argsort(group * _RUN + part, kind="stable")
        rows, group, words = rows[order], (group * _RUN + part)[order], words[order]
    spread = np.empty_like(rank)
    spread[rows[np.lexsort((mixed(words ^ _APART), group))]] = rank
    return spread


def _parts(group: Ints, words: Bits) -> Ints:
    """Return the part of the range (n,), below ``_RUN``, of each row of groups (n,) that are in order."""
    first = np.flatnonzero(np.diff(group, prepend=-1))
    sizes = np.diff(np.append(first, len(group)))
    rank = np.arange(len(group)) - np.repeat(first, sizes)
    run = np.cumsum(rank % _RUN == 0)
    held = np.minimum(np.repeat(sizes, sizes) - rank // _RUN * _RUN, _RUN)
    part = np.empty_like(rank)
    by_word = (run.astype(np.uint64) << (np.uint64(64) - _PLACES)) | (words >> _PLACES)
    part[np.argsort(by_word, kind="stable")] = rank % _RUN
    return part * _RUN // held
