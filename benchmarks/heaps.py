"""Values that heap on round numbers in real tables: their share in the table and in releases.

The floor is chance itself: the difference of two random halves of the same table. ``evenly`` draws within
bins as if nothing heaped, which is what a release was before.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from unittest.mock import patch

import numpy as np
import pandas as pd
from palmerpenguins import load_penguins

from benchmarks import codes
from benchmarks.shared_data import shared
from syncline.synthesizers import line_coding
from syncline.synthesizers.synthesizer import Synthesizer

SEEDS = range(1, 4)
UNITS = (5, 10, 50, 100, 500, 1000)
WRITTEN = (1, 10, 100, 500, 1000)
"""To which units people round what they earn; each is a multiple of the one before."""
LEAST_EXCESS = 0.1
"""A column heaps where its share on multiples exceeds that of chance by so much."""

MOST_ROWS = 4000


def run() -> None:
    """Print the share on the unit that stands out most, for every column that heaps."""
    print(
        f"{'table':10} {'column':22} {'rows':>5} {'unit':>7}  {'real':>5} {'halves':>7}"
        f" {'released':>14} {'evenly':>14}"
    )
    for name, table in tables():
        heaping = {column: unit for column in table if (unit := _unit(table[column]))}
        if not heaping:
            continue
        released = [_released(table, seed) for seed in SEEDS]
        with patch.object(line_coding, "find_rhythm", lambda *_: None):
            evenly = [_released(table, seed) for seed in SEEDS]
        half = np.random.default_rng(1).permutation(len(table)) < len(table) // 2
        for column, unit in heaping.items():
            real = table[column]
            apart = abs(_share(real[half], unit) - _share(real[~half], unit))
            both = (_range([_share(one[column], unit) for one in drawn]) for drawn in (released, evenly))
            print(
                f"{name:10} {column[:22]:22} {real.count():>5} {unit:>7g}  {_share(real, unit):>5.2f}"
                f" {apart:>7.3f} {next(both):>14} {next(both):>14}",
                flush=True,
            )

    written()


def written() -> None:
    """Print on which round numbers incomes that people write lie, in a table and in releases of it.

    Apart is the total variation of tenths of the incomes by the roundest unit that each is a multiple of.
    """
    print(f"{'incomes':10} {'':9} {'apart':>6} " + " ".join(f"of {unit:<5}" for unit in WRITTEN))
    census = codes.census(2 * codes.ROWS).table[["age", "sex", "education", "sector", "income"]]
    rng = np.random.default_rng(3)
    wide, unit = np.exp(rng.normal(10.4, 0.6, len(census))), rng.choice(WRITTEN, len(census))
    for name, table in (
        ("census", census),
        ("wide", census.assign(income=(np.rint(wide / unit) * unit).astype(int))),
    ):
        learnt, rest = table.iloc[: codes.ROWS], table.iloc[codes.ROWS :]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            drawn = [Synthesizer("cart", seed=seed).fit(learnt).sample() for seed in SEEDS]
        made = (f"seed {seed}" for seed in SEEDS)
        for title, one in zip(("learnt", "not learnt", *made), (learnt, rest, *drawn), strict=True):
            shares = " ".join(f"{float((one.income % unit == 0).mean()):8.2f}" for unit in WRITTEN)
            print(f"{name:10} {title:9} {_apart(learnt.income, one.income):6.3f} {shares}", flush=True)


def _apart(real: pd.Series, made: pd.Series) -> float:
    tenths = np.quantile(real, np.linspace(0, 1, 11))[1:-1]
    shares = []
    for column in (real, made):
        roundest = sum((column.to_numpy() % unit == 0).astype(int) for unit in WRITTEN)
        cells = pd.Series(np.searchsorted(tenths, column) * 10 + roundest)
        shares.append(cells.value_counts(normalize=True))
    return float(0.5 * shares[0].subtract(shares[1], fill_value=0).abs().sum())


def tables() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the numeric columns of real tables, of at most ``MOST_ROWS`` rows drawn by chance."""
    read = {
        "penguins": load_penguins(),
        "heart": pd.read_csv(shared("data", "heart_disease_uci", "heart_all_sites.csv")),
        "pbc": pd.read_csv(shared("data", "pbc", "pbc.csv")),
        "pbcseq": pd.read_csv(shared("data", "pbc", "pbcseq.csv")),
        "adult": pd.read_csv(shared("data", "adult", "train.csv")),
        "diabetes": pd.read_csv(shared("data", "diabetes130", "diabetic_data.csv.gz"), low_memory=False),
    }
    for name, table in read.items():
        numbers = table.select_dtypes("number")
        numbers = numbers.loc[:, numbers.nunique() > 20]
        yield name, numbers.sample(min(MOST_ROWS, len(numbers)), random_state=1).reset_index(drop=True)


def _released(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Synthesizer(seed=seed).fit(table).sample().reindex(columns=table.columns).astype(float)


def _unit(column: pd.Series) -> float:
    """Return the unit on whose multiples the column's values stand out most; 0 where none does."""
    keys, step = _keys(column)
    found = {unit: float((keys % unit == 0).mean()) - 1 / unit for unit in UNITS}
    best = max(found, key=lambda unit: found[unit])
    heaps = found[best] > LEAST_EXCESS and not (keys % best == 0).all()
    return best * step if heaps else 0.0


def _share(column: pd.Series, unit: float) -> float:
    present = column.dropna().to_numpy(float) / unit
    return float((np.abs(present - np.rint(present)) < 1e-6).mean()) if len(present) else float("nan")


def _keys(column: pd.Series) -> tuple[np.ndarray, float]:
    """Return values as whole numbers of the column's own step, a power of ten."""
    present = column.dropna().to_numpy(float)
    for decimals in range(4):
        scaled = present * 10**decimals
        if (np.abs(scaled - np.rint(scaled)) < 1e-6).all():
            return np.rint(scaled).astype(np.int64), 10.0**-decimals
    return np.rint(present * 1000).astype(np.int64), 0.001


def _range(shares: list[float]) -> str:
    return f"{min(shares):.2f} .. {max(shares):.2f}"
