"""The classifier of a comparison beside scikit-learn's histogram boosting, on tables that differ in kind.

Figures are exact, at a smallest cell of 1. ``SYNCLINE_BENCHMARK_REPEATS`` sets how many synthetic tables are
compared of each small one; 8 where left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

import syncline
from benchmarks.shared_data import shared

FIGURES = ("auc_holdout", "pmse", "tstr", "membership")
SMALL = 6000
"""Rows up to which several synthetic tables are compared."""


@dataclass(frozen=True, slots=True)
class Halves:
    """Rows that are used, rows that are held out, and the column that is predicted."""

    used: pd.DataFrame
    held: pd.DataFrame
    target: str


def adult() -> Halves:
    """Return Adult's halves."""
    used, held = (pd.read_csv(shared("data", "adult", name)) for name in ("train.csv", "holdout.csv"))
    return Halves(used, held, "income")


def heart() -> Halves:
    """Return the heart patients of four hospitals."""
    return _halves(
        pd.read_csv(shared("data", "heart_disease_uci", "heart_all_sites.csv"), na_values="?"), "num"
    )


def pbc() -> Halves:
    """Return the patients of the PBC trial."""
    return _halves(pd.read_csv(shared("data", "pbc", "pbc.csv")), "status")


def cnsim() -> Halves:
    """Return DataSHIELD's three studies of numbers."""
    parts = [pd.read_csv(shared("data", "cnsim_datashield", f"CNSIM{n}.csv")) for n in (1, 2, 3)]
    whole = pd.concat(parts)
    whole.columns = [name.strip() for name in whole.columns]
    return _halves(whole, "DIS_DIAB")


def rand_hie() -> Halves:
    """Return the persons of the RAND Health Insurance Experiment."""
    import statsmodels.datasets.randhie as randhie

    return _halves(pd.read_csv(Path(randhie.__file__).parent / "src" / "randhie.csv"), "hlthf")


def numeric() -> Halves:
    """Return a table of numbers alone: scikit-learn's breast cancer."""
    return _halves(load_breast_cancer(as_frame=True).frame, "target")


TABLES: Mapping[str, Callable[[], Halves]] = {
    "heart": heart,
    "pbc": pbc,
    "breast cancer": numeric,
    "cnsim": cnsim,
    "RAND HIE": rand_hie,
    "Adult": adult,
}


def run() -> None:
    """Print the figures of each table, with their floors, and what scikit-learn reaches."""
    print(f"{'table':<16} {'n':>6}" + "".join(f"{name:>22}" for name in FIGURES) + f"{'scikit-learn':>14}")
    for name, halves_of in TABLES.items():
        halves = halves_of()
        repeats = int(os.environ.get("SYNCLINE_BENCHMARK_REPEATS", "8"))
        seeds = range(1, 1 + (repeats if len(halves.used) <= SMALL else 1))
        found = [_figures(halves, seed) for seed in seeds]
        mean = np.nanmean([figures for figures, _ in found], axis=0)
        told = "".join(f"{value:>13.4f} ({floor:.4f})" for value, floor in mean)
        peer = np.mean([area for _, area in found])
        print(f"{name:<16} {len(halves.used):>6}{told}{peer:>14.4f}", flush=True)


def _figures(halves: Halves, seed: int) -> tuple[list[tuple[float, float]], float]:
    made = syncline.Synthesizer("cart", seed=seed).fit(halves.used).sample(len(halves.used))
    found = syncline.validate(halves.used, made, halves.held, target=halves.target, min_cell=1)
    pairs = [(found[name].value, found[name].floor) for name in FIGURES]
    missing = float("nan")
    told = [(missing if a is None else a, missing if b is None else b) for a, b in pairs]
    return told, _peer(made[list(halves.used.columns)], halves.held)


def _peer(made: pd.DataFrame, held: pd.DataFrame) -> float:
    """Return the area under the curve of scikit-learn's classifier of synthetic and held-out rows."""
    together = pd.concat([made, held], ignore_index=True)
    columns = [
        together[name] if pd.api.types.is_numeric_dtype(together[name]) else pd.factorize(together[name])[0]
        for name in together
    ]
    labels = np.repeat([1, 0], [len(made), len(held)])
    rows = np.column_stack(columns).astype(float)
    model = HistGradientBoostingClassifier(random_state=0)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    scores = cross_val_predict(model, rows, labels, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(labels, scores))


def _halves(whole: pd.DataFrame, target: str) -> Halves:
    held = np.random.default_rng(1).random(len(whole)) < 0.5
    used, others = (whole[part].reset_index(drop=True) for part in (~held, held))
    return Halves(used, others, target)
