"""Codes that are cut out of latent normal variables, which tell how columns are related.

A column has one or more *latents*, each a normal variable. The first divides its line among some codes and
the rest; who falls into the rest is divided by the second, and so on (nested dichotomies, Fox 1997, chapter
15). So whether a value is missing is one latent, where a number lies another, and each frequent category has
its own. The latents of all columns are normal together: each is a sum of independent normal numbers, its own
and those of the latents before it, by the rows of a triangular root of their correlations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.gaussian import quantiles

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float64]
Normals = npt.NDArray[np.float32]

NORMAL_BITS = 20
"""Binary places of a normal number, so that it fits single precision."""
RANKED_TOGETHER = 64
"""Rows that are put in order at least: of fewer, the order would tell less than each one's own latent."""

_SHARE_BITS = 30
"""Weights have at most 32 bits, and both together fit 63."""


@dataclass(frozen=True, slots=True)
class LatentDraw:
    """How the codes of a column are cut out of its k latents.

    Attributes
    ----------
    order : the codes in the order in which they are divided (codes,)
    ends : how many of them are divided by the latents up to each one (k,), all of them by the last
    loadings : weights of the normal numbers of the latents before, and of the column's own (k, before + k)
    """

    order: Codes
    ends: Ints
    loadings: Floats

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def before(self) -> int:
        """How many latents the columns before it have."""
        return int(self.loadings.shape[1]) - len(self)

    def codes(self, latents: Floats, weights: Ints, starts: Bits | None) -> Codes:
        """Return the codes (n,) of rows whose latents (k, n) are known; ``weights`` (codes,) are the codes'.

        With ``starts``, uniform words (n,), the rows that are divided by a latent are put in its order and
        lie at equal distances: a code has as many of them as its weight says, as closely as whole rows can.
        Few rows are no such whole: each is cut at the quantiles of the normal law.
        """
        found, left, start = np.empty(latents.shape[1], np.uint16), np.arange(latents.shape[1]), 0
        for level, (latent, end) in enumerate(zip(latents, self.ends.tolist(), strict=True)):
            own = weights[self.order[start:end]]
            above = np.cumsum(np.append(own, weights[self.order[end:]].sum()))
            if starts is None or len(left) < RANKED_TOGETHER:
                place = _cut(latent[left], above)
            else:
                place = _ranked(latent[left], above, starts[level])
            here = place < end - start
            found[left[here]] = self.order[start:end][place[here]]
            left, start = left[~here], end
        found[left] = self.order[-1]
        return found


def normal_numbers(words: Bits) -> Normals:
    """Return normal numbers (n,) of uniform words (n,), in units of ``2**-NORMAL_BITS``."""
    shares = ((words >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    return np.asarray(np.ldexp(np.rint(np.ldexp(quantiles(shares), NORMAL_BITS)), -NORMAL_BITS), np.float32)


def latents_of(draw: LatentDraw, before: Normals, own: Normals) -> Floats:
    """Return the latents (k, n) of rows by the normal numbers before (before, n) and their own (k, n)."""
    found = np.zeros(own.shape, np.float64)
    for loadings, latent in zip(draw.loadings, found, strict=True):
        for place in np.flatnonzero(loadings).tolist():
            number = before[place] if place < len(before) else own[place - len(before)]
            latent += loadings[place] * number
    return found


def _ranked(latent: Floats, above: Ints, start: np.uint64) -> Ints:
    n = len(latent)
    shares = np.empty(n, np.int64)
    ranks = (np.arange(n, dtype=np.int64) << _SHARE_BITS) + int(start >> np.uint64(64 - _SHARE_BITS))
    shares[np.argsort(latent, kind="stable")] = ranks // n
    bounds = ((above << _SHARE_BITS) + (above[-1] - 1)) // max(int(above[-1]), 1)
    return np.asarray(np.searchsorted(bounds[:-1], shares, side="right"), np.int64)


def _cut(latent: Floats, above: Ints) -> Ints:
    bounds = quantiles(above[:-1] / max(int(above[-1]), 1))
    return np.asarray(np.searchsorted(bounds, latent, side="right"), np.int64)
