"""Intervals of figures that come from counts: sampling errors by the delta method, at 95 %.

A figure that is smooth in the shares p of n counted rows has the variance (sum p g^2 - (sum p g)^2) / n, with
g its derivative by each share (the delta method: Bishop, Fienberg and Holland 1975, Discrete Multivariate
Analysis, section 14.6, doi:10.1007/978-0-387-72806-3). Rows count as independent; where persons have several
alike rows the intervals are too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from syncline.validation.histograms import Ints, superiority

Z = 1.96
"""Standard errors on either side of an interval at 95 %."""

Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]


def mean_error(weights: Floats, counts: Ints | Floats) -> float:
    """Return the standard error of the mean of ``weights`` over rows, of which ``counts`` have each."""
    n = float(counts.sum())
    if not n:
        return 0.0
    shares = counts / n
    spread = float((shares * weights**2).sum() - (shares * weights).sum() ** 2)
    return float(np.sqrt(max(spread, 0.0) / n))


def variation_error(first: Ints, second: Ints) -> float:
    """Return the standard error of the total variation of two tables of counts, of one shape.

    The signs of the differences of shares are held fixed. Noise raises a total variation, and most where
    cells are many and rows few; the error says nothing of that, the floor beside the figure does.
    """
    signs = np.sign(_shares(first) - _shares(second))
    return float(np.hypot(mean_error(signs, first), mean_error(signs, second))) / 2


def association_error(counts: Ints | Floats) -> float:
    """Return the standard error of Cramer's V of a table (a, b).

    With f = sum p_ij^2 / (p_i p_j), V is the root of (f - 1) / (k - 1), for k the lesser number of rows and
    columns in use; its derivatives are those of f by the chain rule. Where V is 0 the error is 0.
    """
    table = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    least = min(table.shape) - 1
    if least < 1:
        return 0.0
    shares = table / table.sum()
    rows, columns = shares.sum(axis=1, keepdims=True), shares.sum(axis=0, keepdims=True)
    part = shares**2 / (rows * columns)
    slope = 2 * shares / (rows * columns)
    slope = slope - part.sum(axis=1, keepdims=True) / rows - part.sum(axis=0, keepdims=True) / columns
    square = (float(part.sum()) - 1) / least
    if square < 1e-12:
        return 0.0
    return mean_error(slope / (2 * np.sqrt(square) * least), table)


def mean_interval(values: Sequence[float], errors: Sequence[float]) -> tuple[float, Interval]:
    """Return the mean of figures between 0 and 1, and its interval.

    The error of the mean is taken for the mean of the errors. That holds where the figures rise and fall
    together, and is too wide otherwise: they are computed from the same rows, so it is the safe side.
    """
    value, error = float(np.mean(values)), Z * float(np.mean(errors))
    return value, (max(value - error, 0.0), min(value + error, 1.0))


def propensity_mse(
    synthetic: Ints, real: Ints, chances: Floats, share: float | None = None
) -> tuple[float, Interval]:
    """Return the mean squared distance of propensities from the share of synthetic rows, and its interval.

    Snoke et al. (2018, doi:10.1111/rssa.12358), equation 1. The numbers of rows are fixed; what varies is
    which rows were scored. The classifier is taken as given, as it is in the interval of the area under its
    curve.

    Parameters
    ----------
    synthetic, real : int64 (n_bins,), rows by their scores
    chances : float64 (n_bins,), the propensity of each bin
    share : that of the synthetic rows among all that the propensities were learnt from, None for these; rows
        of either kind are weighted so that they have it here
    """
    m, n = int(synthetic.sum()), int(real.sum())
    made = m / (m + n) if share is None else share
    far = (chances - made) ** 2
    value = made * float((synthetic * far).sum()) / m + (1 - made) * float((real * far).sum()) / n
    error = Z * float(np.hypot(made * mean_error(far, synthetic), (1 - made) * mean_error(far, real)))
    return value, (max(value - error, 0.0), value + error)


def mean_area(scores: Sequence[tuple[Ints, Ints]]) -> tuple[float, Interval]:
    """Return the mean area under the curves of several questions, and its interval.

    Each question gives the scores of rows with the answer and of the others, as histograms (n_bins,). The
    errors of Hanley and McNeil are averaged, since the questions are asked of the same rows.
    """
    areas = [superiority(yes, no) for yes, no in scores]
    return mean_interval([area for area, _ in areas], [(high - area) / Z for area, (_, high) in areas])


def wilson(successes: float, trials: float) -> Interval:
    """Return the interval of a rate by Wilson (1927, doi:10.1080/01621459.1927.10502953)."""
    if not trials:
        return 0.0, 1.0
    rate = successes / trials
    centre = rate + Z * Z / (2 * trials)
    width = Z * float(np.sqrt(rate * (1 - rate) / trials + Z * Z / (4 * trials**2)))
    scale = 1 + Z * Z / trials
    return max((centre - width) / scale, 0.0), min((centre + width) / scale, 1.0)


def _shares(counts: Ints) -> Floats:
    shares: Floats = counts / max(int(counts.sum()), 1)
    return shares
