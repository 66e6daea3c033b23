"""Codes that are cut out of latent normal variables, which tell how columns are related.

A column has one or more *latents*, each a normal variable. The first divides its line among some codes and the
rest; who falls into the rest is divided by the second, and so on (nested dichotomies, Fox 1997, chapter 15). So
whether a value is missing is one latent, where a number lies another, and each frequent category has its own. The
latents of all columns are normal together: each is a sum of independent normal numbers, its own and those of
the latents before it, by the rows of a triangular root of their correlations.
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
        return self.loadings.shape[1] - len(self)

    def codes(self, latents: Floats, weights: Ints, ranked: bool) -> Codes:
        """Return the codes (n,) of rows whose latents (k, n) are known; ``weights`` (codes,) are the codes'.

        Where they are ``ranked``, the rows that are divided by a latent are put in its order and cut at equal
        distances: a code has as many of them as its weight says, as closely as whole rows can.
        """
        found, left, start = np.empty(latents.shape[1], np.uint16), np.arange(latents.shape[1]), 0
        for latent, end in zip(latents, self.ends.tolist(), strict=True):
            own = weights[self.order[start:end]]
            above = np.cumsum(np.append(own, weights[self.order[end:]].sum()))
            place = _ranked(latent[left], above) if ranked else _cut(latent[left], above)
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


def _ranked(latent: Floats, above: Ints) -> Ints:
    n = len(latent)
    rank = np.empty(n, np.int64)
    rank[np.argsort(latent, kind="stable")] = np.arange(n)
    bounds = (above * (2 * n) + above[-1]) // max(2 * int(above[-1]), 1)
    return np.asarray(np.searchsorted(bounds, rank, side="right"), np.int64)


def _cut(latent: Floats, above: Ints) -> Ints:
    bounds = quantiles(above[:-1] / max(int(above[-1]), 1))
    return np.asarray(np.searchsorted(bounds, latent, side="right"), np.int64)
