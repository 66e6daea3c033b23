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


Visits = tuple[np.ndarray, np.ndarray]


def numbers_of(people: int, visits: int, to: int, seed: int) -> Visits:
    rng = np.random.default_rng(seed)
    return np.repeat(np.arange(people), visits), rng.integers(1000 // to, 40_000 // to, people * visits) * to


def times_of(people: int, visits: int, night: bool, seed: int) -> Visits:
    rng = np.random.default_rng(seed)
    seconds = (
        rng.integers(0, 3600, people * visits) + 3 * 3600
        if night
        else rng.integers(0, 86_400, people * visits)
    )
    return np.repeat(np.arange(people), visits), 86_400 * rng.integers(0, 300, people * visits) + seconds


def heaps(*groups: Visits, kind: str) -> Rhythm | None:
    """Return how the visits of several groups of people, no two of them the same, heap in a fit."""
    who = np.concatenate([own + 10_000 * place for place, (own, _) in enumerate(groups)])
    cells = np.concatenate([values for _, values in groups])
    x = {"name": "x", "kind": kind, "range": [0, 50_000]}
    if kind == "datetime":
        cells, x["range"] = (
            np.datetime64("2020-01-01") + cells.astype("timedelta64[s]"),
            ["2019-12-01", "2021-01-01"],
        )
    found: list[Rhythm | None] = []
    real_find = line_coding.find_rhythm
    schema = {"variables": [{"name": "who", "kind": "identifier", "role": "person"}, x]}
    with (
        warnings.catch_warnings(),
        patch.object(line_coding, "find_rhythm", lambda *args: found.append(real_find(*args)) or found[-1]),
    ):
        warnings.simplefilter("ignore")
        Synthesizer("marginals", seed=3, schema=schema).fit(pd.DataFrame({"who": who, "x": cells}))
    return next((rhythm for rhythm in found if rhythm is not None), None)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("people", "visits"), [(1, 400), (1, 60), (10, 40)])
def test_few_people_with_many_rows_make_no_heap(people: int, visits: int, seed: int) -> None:
    even, hundreds = numbers_of(300, 2, 1, seed), numbers_of(people, visits, 100, seed + 50)
    assert heaps(even, kind="integer") is None
    assert heaps(even, hundreds, kind="integer") is None


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("people", "visits"), [(1, 400), (10, 40)])
def test_few_people_make_no_hour_of_the_day(people: int, visits: int, seed: int) -> None:
    even, nights = times_of(300, 2, False, seed), times_of(people, visits, True, seed + 50)
    assert heaps(even, kind="datetime") is None
    assert heaps(even, nights, kind="datetime") is None


def test_many_people_with_several_rows_make_a_heap() -> None:
    assert heaps(numbers_of(200, 2, 1, 1), numbers_of(150, 3, 100, 2), kind="integer") is not None
    assert heaps(times_of(200, 2, False, 1), times_of(150, 3, True, 2), kind="datetime") is not None


def test_one_person_of_many_rows_changes_a_heap_by_little() -> None:
    usual = heaps(numbers_of(200, 2, 1, 1), numbers_of(150, 3, 100, 2), kind="integer")
    with_one = heaps(
        numbers_of(200, 2, 1, 1), numbers_of(150, 3, 100, 2), numbers_of(1, 500, 100, 3), kind="integer"
    )
    assert usual is not None
    assert with_one is not None
    dense, denser = (int(rhythm.density.max()) / int(rhythm.density.min()) for rhythm in (usual, with_one))
    assert 0.7 < denser / dense < 1.4


@pytest.mark.parametrize("rare", [1, 4, 7])
def test_hours_of_fewer_than_enough_people_hold_none(rare: int) -> None:
    rng = np.random.default_rng(rare)
    days = rng.integers(0, 200, 4000).astype("timedelta64[D]")
    seconds = rng.integers(9 * 3600, 15 * 3600, 4000)
    seconds[:rare] = 3600 * rng.choice([1, 3, 22], rare)
    cells = pd.Series(np.datetime64("2020-01-01T00:00:00") + days + seconds.astype("timedelta64[s]"))
    real_find, found = line_coding.find_rhythm, []
    with patch.object(line_coding, "find_rhythm", lambda *args: found.append(real_find(*args)) or found[-1]):
        released(cells)
    rhythm = next(rhythm for rhythm in found if rhythm is not None)
    assert len(set(rhythm.density[[*range(7), *range(17, 24)]].tolist())) == 1
    assert int(rhythm.density[3]) == 1
