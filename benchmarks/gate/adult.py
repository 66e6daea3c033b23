"""The gate on Adult: planted leaks, fresh rows, our own techniques, and sequential CART.

``SYNCLINE_BENCHMARK_REPEATS`` sets how often fresh rows are judged; 20 where left out, 200 for the goal.
"""

from __future__ import annotations

from benchmarks.gate import people
from benchmarks.gate.leaks import bootstrap, copy, fresh, jittered, some
from benchmarks.gate.verdicts import HEADER, Maker, made, planted, repeats, show
from benchmarks.sequential_cart import synthesize
from syncline.synthesizers.synthesizer import Synthesizer

ROWS = 10_000
SPLITS = 8

LEAKS = {
    "a copy of the rows that were used": copy,
    "a bootstrap of them": bootstrap,
    "5 % verbatim in fresh rows": some(0.05),
    "5 % jittered, one cell": some(0.05, jittered(1)),
    "1 % verbatim": some(0.01),
    "1 % jittered, one cell": some(0.01, jittered(1)),
    "1 % jittered, three cells": some(0.01, jittered(3)),
}


def run() -> None:
    """Print how often the gate fails each kind of table."""
    everyone = people.adult()
    print(HEADER)
    for name, leak in LEAKS.items():
        show(f"Adult, 10,000 used: {name}", planted(everyone, [ROWS] * 3, leak, range(5)))
    fresh_seeds = range(1000, 1000 + repeats(20))
    show("Adult, 10,000 used: fresh rows", planted(everyone, [ROWS] * 3, fresh, fresh_seeds))
    halves = [everyone.cells.n_persons // 2] * 2
    for method in ("cart", "marginals"):
        verdicts = made(everyone, halves, _ours(method), range(SPLITS))
        show(f"Adult, 24,421 used: Syncline {method}, defaults", verdicts)
    everybody = made(everyone, halves, _ours("cart"), range(SPLITS), halves[0])
    show("Adult, 24,421 used: the same of cart, all scored", everybody)
    for leaf in (20, 5):
        verdicts = made(everyone, halves, _scikit_learn(leaf), range(3))
        show(f"Adult, 24,421 used: scikit-learn CART, leaf {leaf}", verdicts)


def _ours(method: str) -> Maker:
    return lambda used, out, seed: Synthesizer(method, seed=seed).fit(used).write(out)


def _scikit_learn(leaf: int) -> Maker:
    return lambda used, out, seed: synthesize(used, out, seed, leaf)
