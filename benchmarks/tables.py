"""Tables that differ in kind: how near releases are to the records, beside scikit-learn's sequential CART.

Half of the rows is learnt. The ruler is ``quality.py`` beside the shared data, and for columns of numbers the
correlation that is furthest from that of the rows that were learnt. The floor is the other half of the rows.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean

import numpy as np
import pandas as pd

from benchmarks.sequential_cart import synthesize
from benchmarks.shared_data import shared

SEEDS = (1, 2, 3)
FIGURES = ("tv2", "auc_holdout", "dcr_share", "copies_train")


def run() -> None:
    """Print figures of each table: ours, the peer's, and the floor, means over seeds."""
    print(f"{'table, rows learnt x columns':<34} {'made by':<22} {'correlation':>11} " + _head())
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        for name, table in tables():
            rows = np.random.default_rng(1).permutation(len(table))
            train, holdout = place / "train.csv", place / "holdout.csv"
            table.iloc[rows[: len(rows) // 2]].to_csv(train, index=False)
            table.iloc[rows[len(rows) // 2 :]].to_csv(holdout, index=False)
            title = f"{name}, {len(rows) // 2} x {table.shape[1]}"
            makers: dict[str, Callable[[Path, Path, int], object]] = {
                "syncline cart": ours,
                "scikit-learn CART": synthesize,
            }
            for maker, make in makers.items():
                print(line(title, maker, [judged(make, train, holdout, seed) for seed in SEEDS]), flush=True)
            print(line(title, "the other half", [floor(train, holdout)]), flush=True)


def _head() -> str:
    return " ".join(f"{figure:>12}" for figure in FIGURES)


def line(title: str, maker: str, found: list[dict[str, float]]) -> str:
    """Return one line of the table."""
    figures = " ".join(f"{mean(one[figure] for one in found):12.4f}" for figure in FIGURES)
    return f"{title:<34} {maker:<22} {mean(one['correlation'] for one in found):11.3f} {figures}"


def tables() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield names and tables without missing numbers; from packages, but for the last two."""
    import palmerpenguins
    import sklearn.datasets as bundled
    import statsmodels

    for name in ("iris", "wine", "breast_cancer", "diabetes"):
        frame = getattr(bundled, f"load_{name}")(as_frame=True).frame
        frame.columns = [column.replace(" ", "_").replace("/", "_") for column in frame.columns]
        yield name, frame
    yield "penguins", palmerpenguins.load_penguins().dropna()
    folder = Path(statsmodels.__file__).parent / "datasets"
    yield "affairs", pd.read_csv(folder / "fair" / "fair.csv")
    yield "RAND HIE, rows", pd.read_csv(folder / "randhie" / "src" / "randhie.csv").drop(columns="zper")
    yield "shells (drawn)", shells(4000)
    yield "beans (drawn)", beans(13_600)


def shells(n: int) -> pd.DataFrame:
    """Return strongly related numbers, as of shellfish: lengths on lines, weights by powers, and parts."""
    rng = np.random.default_rng(7)
    sex = rng.choice(list("FIM"), n, p=[0.31, 0.32, 0.37])
    length = np.clip(rng.normal(np.where(sex == "I", 0.43, 0.57), np.where(sex == "I", 0.11, 0.09)), 0.1, 0.8)
    whole = 3.5 * length**3 * np.exp(rng.normal(0, 0.12, n))
    shell = whole * np.exp(rng.normal(-1.25, 0.13, n))
    numbers = {
        "length": (length * 200).round() / 200,
        "diameter": ((0.815 * length - 0.02 + rng.normal(0, 0.012, n)) * 200).round() / 200,
        "height": ((0.33 * length - 0.03 + rng.normal(0, 0.012, n)) * 200).round() / 200,
        "whole": whole.round(4),
        "shucked": (whole * np.exp(rng.normal(-0.85, 0.12, n))).round(4),
        "viscera": (whole * np.exp(rng.normal(-1.52, 0.15, n))).round(4),
        "shell": shell.round(4),
    }
    rings = np.rint(3 + 9 * length + 12 * shell + rng.gamma(2, 1.1, n)).astype(int)
    return pd.DataFrame({"sex": sex, **numbers, "rings": rings})


def beans(n: int) -> pd.DataFrame:
    """Return the measures of dry beans: two axes, and what follows from them by products and powers."""
    rng = np.random.default_rng(1)
    kind = rng.integers(0, 7, n)
    major = np.exp(5.5 + 0.06 * kind + rng.normal(0, 0.09, n))
    minor = major / np.clip(1.05 + 0.12 * (kind % 4) + np.abs(rng.normal(0.15, 0.09, n)), 1.02, 2.5)
    area = np.pi / 4 * major * minor * np.clip(rng.normal(0.995, 0.004, n), 0.93, 0.9999)
    flat = ((major - minor) / (major + minor)) ** 2
    edge = np.pi / 2 * (major + minor) * (1 + 3 * flat / (10 + np.sqrt(4 - 3 * flat)))
    perimeter = edge * np.clip(rng.normal(1.02, 0.01, n), 1, 1.2)
    solidity = np.clip(1 - np.exp(rng.normal(-4.4, 0.35, n)), 0.9, 0.999)
    equivalent = np.sqrt(4 * area / np.pi)
    numbers = {
        "Area": area.round().astype(int),
        "Perimeter": perimeter.round(3),
        "MajorAxis": major.round(6),
        "MinorAxis": minor.round(6),
        "AspectRatio": (major / minor).round(6),
        "Eccentricity": np.sqrt(1 - (minor / major) ** 2).round(6),
        "ConvexArea": (area / solidity).round().astype(int),
        "EquivDiameter": equivalent.round(6),
        "Extent": np.clip(rng.normal(0.75, 0.05, n), 0.55, 0.87).round(6),
        "Solidity": solidity.round(6),
        "Roundness": (4 * np.pi * area / perimeter**2).round(6),
        "Compactness": (equivalent / major).round(6),
        "ShapeFactor1": (major / area).round(8),
        "ShapeFactor2": (minor / area).round(8),
        "ShapeFactor3": (4 * area / np.pi / major**2).round(6),
        "ShapeFactor4": (4 * area / (major * minor * np.pi)).round(6),
    }
    return pd.DataFrame({**numbers, "Class": np.array(list("abcdefg"))[kind]})


def ours(source: Path, target: Path, seed: int) -> None:
    """Fit and sample with Syncline's Python API."""
    import warnings

    import syncline

    warnings.simplefilter("ignore")
    syncline.Synthesizer("cart", seed=seed).fit(str(source)).write(target)


def judged(
    make: Callable[[Path, Path, int], object], train: Path, holdout: Path, seed: int
) -> dict[str, float]:
    """Return the figures of a table that is made by a seed."""
    made = train.with_name("made.csv")
    make(train, made, seed)
    return _ruled(train, holdout, made) | {"correlation": furthest(train, made)}


def floor(train: Path, holdout: Path) -> dict[str, float]:
    """Return the figures of the rows that were not learnt, judged as if they were made."""
    return _ruled(train, holdout, holdout) | {"correlation": furthest(train, holdout), "dcr_share": 0.5}


def _ruled(train: Path, holdout: Path, made: Path) -> dict[str, float]:
    line = [sys.executable, str(shared("quality.py")), str(train), str(holdout), str(made)]
    found = dict(json.loads(subprocess.run(line, capture_output=True, text=True, check=True).stdout))
    if made == holdout:
        names = {"tv2": "tv2_floor", "auc_holdout": "auc_floor", "copies_train": "copies_floor"}
        found |= {figure: found[own] for figure, own in names.items()}
    return found


def furthest(train: Path, made: Path) -> float:
    """Return the largest difference of two correlations of numeric columns."""
    real, other = (pd.read_csv(path).select_dtypes("number") for path in (train, made))
    names = [name for name in real if name in other and real[name].nunique() > 2]
    return float(np.nanmax(np.abs(real[names].corr().to_numpy() - other[names].corr().to_numpy())))
