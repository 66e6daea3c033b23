"""What heaps in a column heaps in its release: round numbers, hours of the day, days of the week."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from syncline.synthesizers import line_coding
from syncline.synthesizers.rhythm import Rhythm
from syncline.synthesizers.synthesizer import Synthesizer

Cells = Callable[[np.random.Generator, int], pd.Series]
Share = Callable[[pd.Series], float]


def rounded(rng: np.random.Generator, values: np.ndarray, to: int, share: float) -> pd.Series:
    heaps = rng.random(len(values)) < share
    return pd.Series(np.where(heaps, np.round(values / to) * to, np.round(values)).astype(int))


def admissions(rng: np.random.Generator, n: int) -> pd.Series:
    days = rng.integers(0, 2500, n).astype("timedelta64[D]")
    minutes = (60 * rng.choice([8, 9, 13], n) + rng.integers(0, 60, n)).astype("timedelta64[m]")
    return pd.Series(np.datetime64("2015-01-01T00:00:00") + days + minutes)


def workdays(rng: np.random.Generator, n: int) -> pd.Series:
    days = [
        dt.date(2015, 1, 5) + dt.timedelta(int(7 * w + d))
        for w, d in zip(rng.integers(0, 800, n), rng.integers(0, 5, n), strict=True)
    ]
    return pd.Series(days, dtype=object)


HEAPS: dict[str, tuple[Cells, Share]] = {
    "hundreds of a cost": (
        lambda rng, n: rounded(rng, rng.lognormal(8, 1, n), 100, 0.6),
        lambda cells: float((cells % 100 == 0).mean()),
    ),
    "tens of a birth weight": (
        lambda rng, n: rounded(rng, rng.normal(3400, 500, n), 10, 0.8),
        lambda cells: float((cells % 10 == 0).mean()),
    ),
    "fives below zero": (
        lambda rng, n: rounded(rng, rng.normal(0, 400, n), 5, 0.8),
        lambda cells: float((cells % 5 == 0).mean()),
    ),
    "whole kilograms": (
        lambda rng, n: rounded(rng, rng.normal(750, 150, n), 10, 0.7) / 10,
        lambda cells: float((np.rint(10 * cells) % 10 == 0).mean()),
    ),
    "hours of admission": (
        admissions,
        lambda cells: float(pd.to_datetime(cells).dt.hour.between(7, 14).mean()),
    ),
    "workdays": (workdays, lambda cells: float((pd.to_datetime(cells).dt.day_of_week < 5).mean())),
}


def released(cells: pd.Series, seed: int = 1, rows: int = 1000) -> pd.Series:
    table = pd.DataFrame({"x": cells, "other": np.arange(len(cells)) % 7})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Synthesizer(seed=seed).fit(table).sample(rows).x


@pytest.mark.parametrize("rows", [600, 2000])
@pytest.mark.parametrize(("cells", "share"), HEAPS.values(), ids=HEAPS.keys())
def test_a_heap_survives_and_would_not_if_bins_were_drawn_evenly(
    cells: Cells, share: Share, rows: int
) -> None:
    real = cells(np.random.default_rng(7), rows)
    with patch.object(line_coding, "find_rhythm", lambda *_: None):
        without = share(released(real))
    found = share(released(real))
    lost, kept = share(real) - without, share(real) - found
    assert abs(kept) <= max(0.6 * lost, 0.06), (share(real), found, without)
    if rows == 600:
        assert lost > 0.15


@pytest.mark.parametrize("seed", range(4))
def test_what_does_not_heap_is_drawn_evenly(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = []
    real_find = line_coding.find_rhythm
    with patch.object(line_coding, "find_rhythm", lambda *args: found.append(real_find(*args))):
        released(pd.Series(rng.normal(5000, 1200, 2000).astype(int)))
        released(
            pd.Series(np.datetime64("2015-01-01") + rng.integers(0, 10**8, 2000).astype("timedelta64[s]"))
        )
    assert len(found) >= 2
    assert not any(found)


def test_a_round_number_of_too_few_people_is_no_heap() -> None:
    rng = np.random.default_rng(1)
    cells = pd.Series(rng.choice(np.setdiff1d(np.arange(1000, 9000), np.arange(0, 9000, 5)), 600))
    cells[:8] = 1000 * np.arange(1, 9)
    assert (released(cells) % 1000 == 0).mean() < 0.01


@pytest.mark.parametrize(
    "rhythm",
    [
        Rhythm(10, np.array([0, 1]), np.array([9000, 3])),
        Rhythm(7, np.arange(7), np.array([5, 5, 5, 5, 5, 1, 1])),
        Rhythm(1000, np.array([0, 1, 500, 501]), np.array([7, 1, 4, 2])),
    ],
)
def test_a_measure_gives_back_each_key_as_often_as_its_density(rhythm: Rhythm) -> None:
    assert rhythm.fits()
    for low, high in ((-2137, -1999), (-5, 12), (0, 0), (993, 2050)):
        ends = rhythm.measures(np.array([low]), np.array([high]))
        every = np.arange(int(ends[0][0]), int(ends[1][0]))
        keys, counts = np.unique(rhythm.keys(np.full(len(every), low), every), return_counts=True)
        assert keys.tolist() == list(range(low, high + 1))
        part = np.searchsorted(rhythm.start, keys % rhythm.cycle, side="right") - 1
        assert counts.tolist() == rhythm.density[part].tolist()
