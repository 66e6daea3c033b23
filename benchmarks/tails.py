"""Long-tailed columns: mean, 99th percentile and greatest value of releases, over seeds, beside real samples.

The floor is chance itself: further real samples of the same size, for which the law is known. A release can
come no nearer to a table than another sample does to the law; nearer to the table than that is no fault.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from syncline.synthesizers.synthesizer import Synthesizer

SEEDS = range(1, 7)
METHODS = ("cart", "marginals")

Law = Callable[[np.random.Generator, int], np.ndarray]

LAWS: dict[str, tuple[Law, int]] = {
    "Pareto 1.0": (lambda rng, n: (rng.pareto(1.0, n) + 1).astype(int), 1000),
    "Pareto 1.1": (lambda rng, n: (rng.pareto(1.1, n) + 1).astype(int), 4000),
    "Pareto 1.5": (lambda rng, n: (rng.pareto(1.5, n) + 1).astype(int), 2000),
    "Pareto 2.5": (lambda rng, n: (rng.pareto(2.5, n) * 3 + 1).astype(int), 5000),
    "log-normal 1.0": (lambda rng, n: np.exp(rng.normal(1, 1, n)).astype(int), 4000),
    "log-normal 1.5": (lambda rng, n: np.exp(rng.normal(2, 1.5, n)).astype(int), 3000),
    "geometric": (lambda rng, n: rng.geometric(0.15, n), 2000),
    "negative binomial": (lambda rng, n: rng.negative_binomial(0.5, 0.05, n), 3000),
    "costs in cents": (lambda rng, n: np.round(np.exp(rng.normal(6, 1.2, n)), 2), 3000),
    "incomes in hundreds": (lambda rng, n: np.round(np.exp(rng.normal(10, 0.8, n)), -2), 2000),
}


def run() -> None:
    """Print how far each figure is from that of the table that was learnt, in per cent, over all seeds."""
    print(
        f"{'column':20} {'rows':>5}  {'drawn by':12} {'mean, %':>14} {'99th, %':>14} {'greatest, times':>16}"
    )
    for name, (law, n) in LAWS.items():
        rng = np.random.default_rng(5)
        real = pd.Series(law(rng, n))
        told = [_beside(pd.Series(law(rng, n)), real) for _ in SEEDS]
        _print(name, n, "the law again", told)
        table = pd.DataFrame({"x": real, "other": rng.integers(0, 10, n)})
        for method in METHODS:
            _print(name, n, method, [_beside(_released(method, table, seed), real) for seed in SEEDS])


def _released(method: str, table: pd.DataFrame, seed: int) -> pd.Series:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Synthesizer(method, seed=seed).fit(table).sample().x.astype(float)


def _beside(drawn: pd.Series, real: pd.Series) -> tuple[float, float, float]:
    outer = drawn.quantile(0.99) / real.quantile(0.99)
    return 100 * (drawn.mean() / real.mean() - 1), 100 * (outer - 1), drawn.max() / real.max()


def _print(name: str, n: int, by: str, told: list[tuple[float, float, float]]) -> None:
    mean, outer, most = (f"{min(own):+.3g} .. {max(own):+.3g}" for own in zip(*told, strict=True))
    print(f"{name:20} {n:>5}  {by:12} {mean:>14} {outer:>14} {most:>16}", flush=True)
