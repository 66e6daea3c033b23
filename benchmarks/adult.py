"""Adult, train half: fit and sample in one process, beside scikit-learn's sequential CART.

The ruler is ``quality.py`` beside the shared data. ``federated`` runs the same study over a network.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.measured import HEADER, measured
from benchmarks.sequential_cart import synthesize
from benchmarks.shared_data import shared

SEEDS = (1, 2, 3)
FIGURES = ("tv2", "auc_holdout", "tstr", "dcr_share", "copies_train")
SETTINGS: dict[str, dict[str, Any]] = {
    "syncline cart, defaults": {},
    "syncline cart, min_cell 1, min_leaf 20": {"min_cell": 1, "min_leaf": 20},
}


def run() -> None:
    """Print costs and quality, means over three seeds."""
    train, holdout = shared("data", "adult", "train.csv"), shared("data", "adult", "holdout.csv")
    print(
        f"{'fit + sample, mean of ' + str(len(SEEDS)) + ' seeds':<42} {HEADER} "
        + " ".join(f"{f:>12}" for f in FIGURES)
    )
    with tempfile.TemporaryDirectory() as directory:
        made = Path(directory) / "synthetic.csv"
        rows = [
            (name, measured(ours, train, made, seed, settings), judge(train, holdout, made))
            for name, settings in SETTINGS.items()
            for seed in SEEDS
        ]
        rows += [
            (
                "scikit-learn sequential CART, leaf 20",
                measured(synthesize, train, made, seed),
                judge(train, holdout, made),
            )
            for seed in SEEDS
        ]
    for name in dict.fromkeys(row[0] for row in rows):
        own = [row for row in rows if row[0] == name]
        costs = [mean(getattr(cost, field) for _, cost, _ in own) for field in ("wall", "cpu", "rss_mb")]
        figures = " ".join(f"{mean(quality[f] for _, _, quality in own):12.4f}" for f in FIGURES)
        print(f"{name:<42} {costs[0]:8.2f} {costs[1]:8.2f} {costs[2]:8.0f} {figures}")


def ours(source: Path, target: Path, seed: int, settings: dict[str, Any]) -> None:
    """Fit and sample with Syncline's Python API."""
    import syncline

    syncline.Synthesizer("cart", seed=seed, **settings).fit(str(source)).write(target)


def judge(train: Path, holdout: Path, made: Path) -> dict[str, float]:
    """Return the ruler's figures for a synthetic table."""
    ruler = shared("quality.py")
    line = [sys.executable, str(ruler), str(train), str(holdout), str(made), "income"]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))
