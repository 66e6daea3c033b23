"""Correlations are repaired to the nearest that belong together: published examples, LAPACK, statsmodels."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from statsmodels.stats.correlation_tools import corr_nearest

from syncline.synthesizers.positive_definite import (
    LEAST_EIGENVALUE,
    Correlations,
    cholesky,
    eigen,
    nearest_correlation,
)


def symmetric(m: int, seed: int) -> np.ndarray:
    a = np.random.default_rng(seed).normal(size=(m, m))
    return a + a.T


def guessed(m: int, seed: int) -> np.ndarray:
    """Return correlations that were each found apart from the others, with errors."""
    rng = np.random.default_rng(seed)
    found = np.corrcoef(rng.normal(size=(m, m // 2 + 1))) + symmetric(m, seed) * 0.1
    found = np.round(np.clip(found, -0.99, 0.99), 3)  # no last digit of a library's is left
    np.fill_diagonal(found, 1.0)
    return found


@pytest.mark.parametrize("m", [1, 2, 3, 8, 21])
def test_eigenvalues_are_those_of_lapack(m):
    matrix = symmetric(m, m)
    values, vectors = eigen(matrix)
    assert np.allclose(np.sort(values), np.linalg.eigvalsh(matrix), atol=1e-9)
    assert np.allclose(vectors.T @ np.diag(values) @ vectors, matrix, atol=1e-9)
    assert np.allclose(vectors @ vectors.T, np.eye(m), atol=1e-12)


def test_the_eigenvectors_of_a_near_matrix_are_a_start():
    matrix, near = symmetric(12, 1), symmetric(12, 1) + 1e-3 * symmetric(12, 2)
    values, vectors = eigen(near, eigen(matrix)[1])
    assert np.allclose(vectors.T @ np.diag(values) @ vectors, near, atol=1e-9)


def test_the_example_of_higham():
    """Higham 2002, section 4, by its published cells."""
    given = np.array([[2, -1, 0, 0], [-1, 2, -1, 0], [0, -1, 2, -1], [0, 0, -1, 2]], float)
    expected = [
        [1.0, -0.8084, 0.1916, 0.1068],
        [-0.8084, 1.0, -0.6562, 0.1916],
        [0.1916, -0.6562, 1.0, -0.8084],
        [0.1068, 0.1916, -0.8084, 1.0],
    ]
    found = nearest_correlation(given)
    assert np.allclose(found, expected, atol=1e-4)


@pytest.mark.filterwarnings("ignore::statsmodels.tools.sm_exceptions.IterationLimitWarning")
@pytest.mark.parametrize("seed", range(4))
def test_nothing_that_statsmodels_finds_is_nearer(seed):
    given = guessed(9, seed)
    found = nearest_correlation(given)
    assert np.linalg.eigvalsh(found).min() > -1e-4
    peer = corr_nearest(given, threshold=1e-8, n_fact=1000)
    assert np.linalg.norm(found - given) <= np.linalg.norm(peer - given) + 1e-6


@pytest.mark.parametrize("seed", range(4))
def test_a_repaired_matrix_has_a_root(seed):
    given = guessed(15, seed)
    assert cholesky(given) is None
    found = Correlations.nearest(given, np.ones(15))
    assert found.moved > 0
    assert np.array_equal(found.matrix, found.matrix.T)
    assert (np.diag(found.matrix) == 1.0).all()
    assert np.linalg.eigvalsh(found.matrix).min() > LEAST_EIGENVALUE / 4
    root = cholesky(found.matrix)
    assert root is not None
    assert np.allclose(root, np.linalg.cholesky(found.matrix), atol=1e-9)


def test_what_belongs_together_stays():
    given = np.array([[1.0, 0.5], [0.5, 1.0]])
    found = Correlations.nearest(given, np.ones(2))
    assert found.moved == 0.0
    assert np.array_equal(found.matrix, given)


def test_what_weighs_more_moves_less():
    given = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    found = Correlations.nearest(given, np.array([1.0, 1.0, 0.05])).matrix
    alike = Correlations.nearest(given, np.ones(3)).matrix
    assert abs(found[0, 1] - 0.9) < abs(alike[0, 1] - 0.9) / 2


def test_every_bit_is_as_it_was():
    """Recorded once: another processor or library that gives another bit would change releases."""
    found = Correlations.nearest(guessed(15, 1), np.linspace(0.1, 1.0, 15))
    assert hashlib.sha256(found.matrix.astype("<f8").tobytes()).hexdigest()[:16] == "a05bc818533b7189"
