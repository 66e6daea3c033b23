"""Correlations that belong together: the nearest matrix that is one, and its triangular root.

Correlations that were found pair by pair need not be those of any table. The nearest matrix that is one is
found by alternating projections (Higham 2002, doi:10.1093/imanum/22.3.329). Eigenvalues come from Jacobi's
rotations, many disjoint ones at a time in a fixed order (Brent and Luk 1985, doi:10.1137/0906007). There is
no BLAS and no LAPACK: sums, products, quotients and square roots in a fixed order are alike on all machines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
PairPlaces = npt.NDArray[np.intp]

LEAST_EIGENVALUE = 2.0**-10
"""What a repaired matrix is stretched by at least in each direction, so that roundings do no harm."""

_MOST_SWEEPS = 30
_MOST_PROJECTIONS = 50
_SMALL = 2.0**-64
"""Share of the squares of a matrix beside its diagonal below which it counts as diagonal."""
_STILL = 2.0**-18


@dataclass(frozen=True, slots=True)
class Correlations:
    """A matrix of correlations that belong together.

    Attributes
    ----------
    matrix : symmetric, ones on its diagonal, positive definite (m, m)
    moved : by how much the repair changed correlations, in the weighted mean; 0.0 where none was needed
    """

    matrix: Floats
    moved: float

    @classmethod
    def nearest(cls, given: Floats, weights: Floats) -> Correlations:
        """Return the nearest to a symmetric matrix with ones on its diagonal (m, m): itself where it is one.

        A change of a correlation counts as much as the product of the ``weights`` (m,), from 0 to 1, of both.
        """
        root = cholesky(given)
        if root is not None and float(_diagonal(root).min(initial=1.0)) ** 2 >= LEAST_EIGENVALUE:
            return cls(given, 0.0)
        found = _projected(given, weights)
        return cls(found, _mean_change(given, found, weights))


def _mean_change(given: Floats, found: Floats, weights: Floats) -> float:
    both = weights[:, None] * weights[None, :]
    np.fill_diagonal(both, 0.0)
    return _sum(_sums(np.abs(found - given) * both)) / _sum(_sums(both))


def nearest_correlation(given: Floats) -> Floats:
    """Return the nearest correlation matrix to a symmetric one (m, m), in Frobenius's norm (Higham 2002)."""
    return _alternated(given, np.ones(len(given)))


def cholesky(matrix: Floats) -> Floats | None:
    """Return the lower triangular root (m, m) of a symmetric matrix, None of one not positive definite."""
    m = len(matrix)
    root = np.zeros((m, m))
    rest = matrix.copy()
    for k in range(m):
        pivot = float(rest[k, k])
        if not pivot > 0.0:
            return None
        column = rest[k:, k] / np.sqrt(pivot)
        root[k:, k] = column
        rest[k:, k:] -= column[:, None] * column[None, :]
    return root


def eigen(matrix: Floats, near: Floats | None = None) -> tuple[Floats, Floats]:
    """Return the eigenvalues (m,) of a symmetric matrix (m, m), and its eigenvectors as rows (m, m).

    Where those of a matrix ``near`` to it are given, a few rotations of them are enough.
    """
    vectors = np.eye(len(matrix)) if near is None else near.copy()
    a = matrix.copy() if near is None else _product(_product(near, matrix), near.T)
    for _ in range(_MOST_SWEEPS):
        if _beside_diagonal(a) <= _SMALL * _squares(_diagonal(a)):
            break
        for p, q in _rounds(len(a)):
            c, s = _angles(a, p, q)
            _rotate(a, p, q, c, s)
            a = a.T.copy()
            _rotate(a, p, q, c, s)
            _rotate(vectors, p, q, c, s)
    return _diagonal(a).copy(), vectors


def _rounds(m: int) -> Iterator[tuple[PairPlaces, PairPlaces]]:
    """Yield disjoint pairs of places, until each two met: the tables of a tournament."""
    seats = np.arange(m + m % 2)
    half = len(seats) // 2
    for _ in range(len(seats) - 1):
        left, right = seats[:half], seats[half:][::-1]
        real = (left < m) & (right < m)
        yield np.minimum(left, right)[real], np.maximum(left, right)[real]
        seats = np.concatenate([seats[:1], seats[-1:], seats[1:-1]])


def _angles(a: Floats, p: PairPlaces, q: PairPlaces) -> tuple[Floats, Floats]:
    """Return cosine and sine of the rotations that make ``a[p, q]`` 0 (Golub and Van Loan 2013, 8.5.2)."""
    beside = a[p, q]
    none = beside == 0.0
    tau = (a[q, q] - a[p, p]) / np.where(none, 1.0, 2.0 * beside)
    tangent = np.where(tau >= 0.0, 1.0, -1.0) / (np.abs(tau) + np.sqrt(1.0 + tau * tau))
    tangent = np.where(none, 0.0, tangent)
    cosine = 1.0 / np.sqrt(1.0 + tangent * tangent)
    return cosine, tangent * cosine


def _rotate(rows: Floats, p: PairPlaces, q: PairPlaces, c: Floats, s: Floats) -> None:
    first, second = rows[p], rows[q]
    rows[p] = c[:, None] * first - s[:, None] * second
    rows[q] = s[:, None] * first + c[:, None] * second


def _projected(given: Floats, weights: Floats) -> Floats:
    """Return a positive definite matrix with ones on its diagonal near ``given``."""
    near = _alternated(given, weights)
    near = _raised(near, *eigen(near), LEAST_EIGENVALUE)
    scale = np.sqrt(_diagonal(near))
    found = near / (scale[:, None] * scale[None, :])
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def _alternated(given: Floats, weights: Floats) -> Floats:
    """Return where Dykstra's alternating projections end, with ones on the diagonal (Higham 2002, 3.3)."""
    root = np.sqrt(weights)
    scale = root[:, None] * root[None, :]
    found, correction, vectors = given.copy(), np.zeros(given.shape), None
    for _ in range(_MOST_PROJECTIONS):
        aim = (found - correction) * scale
        values, vectors = eigen(aim, vectors)
        raised = _raised(aim, values, vectors, 0.0)
        correction = (raised - aim) / scale
        before, found = found, raised / scale
        np.fill_diagonal(found, 1.0)
        if float(np.abs(found - before).max()) < _STILL:
            break
    return found


def _raised(matrix: Floats, values: Floats, vectors: Floats, least: float) -> Floats:
    """Return the nearest symmetric matrix whose eigenvalues are ``least`` at least."""
    found = matrix.copy()
    for k in np.flatnonzero(values < least).tolist():
        own = vectors[k]
        found += (least - float(values[k])) * (own[:, None] * own[None, :])
    return (found + found.T) / 2.0


def _product(left: Floats, right: Floats) -> Floats:
    """Return the product of two square matrices, its terms added in their order."""
    found = np.zeros(left.shape)
    for column, row in zip(left.T, right, strict=True):
        found += column[:, None] * row[None, :]
    return found


def _diagonal(matrix: Floats) -> Floats:
    return matrix.diagonal()


def _beside_diagonal(matrix: Floats) -> float:
    """Return the sum of the squares beside the diagonal."""
    square = matrix * matrix
    np.fill_diagonal(square, 0.0)
    return _sum(_sums(square))


def _squares(values: Floats) -> float:
    return _sum(values * values)


def _sums(rows: Floats) -> Floats:
    """Return the sums over the first axis, terms added in their order."""
    return np.asarray(np.add.accumulate(rows, axis=0)[-1])


def _sum(values: Floats) -> float:
    return float(np.add.accumulate(values)[-1]) if len(values) else 0.0
