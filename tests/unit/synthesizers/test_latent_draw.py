"""Codes that are cut out of latents: their counts, their correlation, and what becomes of few rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest, spearmanr

from syncline.synthesizers.latent_draw import (
    NORMAL_BITS,
    RANKED_TOGETHER,
    LatentDraw,
    latents_of,
    normal_numbers,
)
from syncline.synthesizers.streams import Seed

ROWS = 20_000


def words(label: str, n: int = ROWS) -> np.ndarray:
    return Seed.of_number(1).words(label, 0, n)


def normals(label: str, k: int, n: int = ROWS) -> np.ndarray:
    return np.array([normal_numbers(words(f"{label}{place}", n)) for place in range(k)])


CHAIN = LatentDraw(np.array([3, 0, 1, 2], np.uint16), np.array([1, 4]), np.eye(2))
"""The last code is cut off first; the other three lie on a line."""
WEIGHTS = np.array([10, 60, 130, 50])


def test_numbers_are_normal_and_fit_single_precision():
    found = normal_numbers(words("a"))
    assert kstest(found, "norm").pvalue > 1e-4
    assert (np.ldexp(found, NORMAL_BITS) % 1 == 0).all()
    assert np.abs(normal_numbers(np.array([0, 2**64 - 1], np.uint64))).max() < 8


@pytest.mark.parametrize("starts", [words("start"), None])
def test_counts_are_the_weights(starts):
    found = np.bincount(CHAIN.codes(normals("z", 2).astype(float), WEIGHTS, starts), minlength=4)
    off = 1.5 if starts is not None else 5 * np.sqrt(ROWS * 0.25)
    assert np.abs(found - WEIGHTS / WEIGHTS.sum() * ROWS).max() < off


@pytest.mark.parametrize("starts", [words("start"), None])
def test_codes_on_a_line_follow_its_latent(starts):
    latents = normals("z", 2).astype(float)
    codes = CHAIN.codes(latents, WEIGHTS, starts)
    assert latents[0][codes == 3].max() < latents[0][codes != 3].min() + 0.05
    on_line = codes != 3
    assert spearmanr(codes[on_line], latents[1][on_line]).statistic > 0.8


@pytest.mark.parametrize("weights", [[2**31, 2**31 - 1], [1, 2**32 - 2]])
def test_the_largest_weights_are_no_too_large(weights):
    line = LatentDraw(np.array([0, 1], np.uint16), np.array([2]), np.eye(1))
    found = line.codes(normals("z", 1).astype(float), np.array(weights), words("start"))
    assert abs(int((found == 1).sum()) - ROWS * weights[1] / 2**32) <= 1


def test_few_rows_keep_their_latents():
    """Were two rows put in order, each half would be one row's whatever its latent is."""
    n = RANKED_TOGETHER - 1
    latents = np.full((1, n), 2.5)
    line = LatentDraw(np.array([0, 1], np.uint16), np.array([2]), np.eye(1))
    assert (line.codes(latents, np.array([5, 5]), words("start", n)) == 1).all()


def test_a_code_without_rows_is_never_drawn():
    for starts in (words("start"), None):
        codes = CHAIN.codes(normals("z", 2).astype(float), np.array([0, 7, 0, 3]), starts)
        assert set(codes.tolist()) == {1, 3}


def test_latents_are_correlated_as_their_loadings_say():
    draw = LatentDraw(np.array([0, 1], np.uint16), np.array([2]), np.array([[0.6, 0.0, 0.8]]))
    before, own = normals("a", 2), normals("b", 1)
    found = latents_of(draw, before, own)
    assert draw.before == 2
    assert np.corrcoef(found[0], before[0])[0, 1] == pytest.approx(0.6, abs=0.02)
    assert np.corrcoef(found[0], before[1])[0, 1] == pytest.approx(0.0, abs=0.03)
    assert np.allclose(found[0], 0.6 * before[0].astype(float) + 0.8 * own[0].astype(float))
