"""Merged sums and cross-products as floats: which columns may be sums or ratios of others.

Each column is measured in a power of two of its own, of which its values are fractions, so that no product is
too large for a float, and none of a tiny column lost; numbers of two columns meet only as quotients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from syncline.questions.moments import PRECISION, Moments
from syncline.questions.sums import Sums

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_RESIDUAL = 1e-6
_ROUNDING = 1e-8
"""Share of a column's squares by which rounding hides what it is: then counts decide."""
_ALIKE, _MOST_ALIKE = 1e-3, 24
"""What may lack for columns to be multiples of each other, and of how many of these pairs are tried."""
_RATIO_SLACK = 1e-3
_MOST_POWERS = 1000
"""Powers of two by which two columns are compared at most: beyond, one is nothing beside the other."""


@dataclass(frozen=True, slots=True)
class Algebra:
    """The sums and cross-products of some columns.

    Attributes
    ----------
    names : the columns (k,)
    power : column i is measured in units of ``2**power[i]`` (k,)
    total, products : sums (k,) and cross-products (k, k) in these units
    n_rows : rows that were summed, those without a value as 0
    together : whether column j may take part in a formula of column i (k, k)
    """

    names: tuple[str, ...]
    power: Ints
    total: Floats
    products: Floats
    n_rows: int
    together: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls, question: Moments, sums: Sums, names: Sequence[str], together: npt.NDArray[np.bool_]
    ) -> Algebra:
        """Return the algebra of the columns ``names`` from the answer to ``question``."""
        every, k = [name for name, _ in question.scaled], question.terms
        power = np.array([exponent for _, exponent in question.scaled], np.int64)
        total = np.array([float(v) for v in sums.values[1 : 1 + len(every)]]) * 2.0**-PRECISION
        products = np.zeros((k, k))
        products[np.triu_indices(k)] = [float(v) for v in sums.values[1 + k :]]
        products = np.maximum(np.abs(products), np.abs(products.T)) * np.sign(products + products.T)
        products *= 2.0 ** (-2 * PRECISION)
        place = {name: i for i, name in enumerate(every)}
        keep = [place[name] for name in names]
        products = products[np.ix_(keep, keep)]
        return cls(tuple(names), power[keep], total[keep], products, int(sums.values[0]), together)

    def unit(self, i: int | Sequence[int], j: int) -> Floats:
        """Return the units of columns ``i`` in units of column ``j``."""
        return _power(self.power[i] - self.power[j])

    def sums(self) -> list[tuple[str, list[str]]]:
        """Return the columns that are, but for a small residual, a sum of others with weight one."""
        found = []
        for i, of in enumerate(self.names):
            together = np.flatnonzero(self.together[i]).tolist()
            parts = self._parts_of_sum(i, [j for j in together if not self._proportional(i, j)])
            parts = parts or self._nearest_pair(i, [j for j in together if self._proportional(i, j, _ALIKE)])
            if parts:
                found.append((of, [self.names[j] for j in parts]))
        return found

    def _parts_of_sum(self, i: int, others: list[int]) -> list[int]:
        """Return those ``others`` that are about column ``i`` together; none where there is no such sum."""
        if len(others) < 2:
            return []
        scale = np.sqrt(np.maximum(np.diagonal(self.products)[others], 1e-300))
        gram = self.products[np.ix_(others, others)] / scale[:, None] / scale[None, :]
        weights = np.linalg.lstsq(gram, self.products[others, i] / scale, rcond=1e-10)[0] / scale
        weights = weights / self.unit(others, i)
        parts = [others[j] for j in np.flatnonzero(np.abs(weights - 1) < 0.05)]
        is_sum = len(parts) >= 2 and self._residual(i, parts) <= _RESIDUAL * self.products[i, i]
        return parts if is_sum else []

    def _nearest_pair(self, i: int, alike: list[int]) -> list[int]:
        """Return two of the columns, near multiples of column ``i``, whose sum it is as far as moments tell.

        Net, tax and gross are multiples of each other to the cent: least squares cannot tell their weights.
        """
        pairs = [[*pair] for pair in combinations(alike[:_MOST_ALIKE], 2)]
        least = min(pairs, key=lambda pair: abs(self._residual(i, pair)), default=[])
        return least if least and self._residual(i, least) <= _ROUNDING * self.products[i, i] else []

    def ratios(self) -> list[tuple[str, str, str]]:
        """Return the triples (c, a, b) for which the sum of c times b is about the sum of a."""
        found = []
        for c, of in enumerate(self.names):
            others = np.flatnonzero(self.together[c])
            powers = self.power[c] + self.power[others][:, None] - self.power[others][None, :]
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                quotient = self.products[c, others][:, None] / self.total[others][None, :] * _power(powers)
            near = np.argwhere(np.abs(quotient - 1) < _RATIO_SLACK)
            found += [(of, self.names[a], self.names[b]) for b, a in others[near].tolist() if a != b]
        return found

    def _proportional(self, i: int, j: int, slack: float = 1e-9) -> bool:
        both = self.products[i, i] * self.products[j, j]
        return bool(both > 0 and self.products[i, j] ** 2 >= (1 - slack) * both)

    def _residual(self, i: int, parts: Sequence[int]) -> float:
        unit = self.unit(parts, i)
        inner = (self.products[np.ix_(parts, parts)] * unit[:, None] * unit[None, :]).sum()
        return float(self.products[i, i] - 2 * (self.products[i, parts] * unit).sum() + inner)


def _power(exponents: npt.NDArray[np.int64] | np.int64) -> Floats:
    return np.asarray(np.ldexp(1.0, np.clip(exponents, -_MOST_POWERS, _MOST_POWERS)))
