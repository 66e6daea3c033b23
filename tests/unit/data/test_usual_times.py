"""Times of which most lie on a coarser step than that of all are named, since a release spreads them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from syncline.data.inference import infer

ROWS = 600
DRAW = np.random.default_rng(7)
DAYS = np.datetime64("2019-01-01T00:00") + 1440 * DRAW.integers(0, 1460, ROWS).astype("timedelta64[m]")
HOURS = 60 * DRAW.integers(8, 18, ROWS)
HALVES = np.where(DRAW.random(ROWS) < 0.9, 30 * DRAW.integers(0, 2, ROWS), DRAW.integers(0, 60, ROWS))


def column(minutes: np.ndarray, zone: str | None = None) -> pa.Array:
    """Return days with so many minutes (n,) added, as the clocks of a zone show them."""
    local = pa.array((DAYS + minutes.astype("timedelta64[m]")).astype("datetime64[us]"))
    return local if zone is None else pc.assume_timezone(local, zone)


def said(cells: pa.Array) -> list[str]:
    return [str(note) for note in infer(pa.table({"x": cells})).notes if "released times may lie" in note.why]


@pytest.mark.parametrize(
    ("cells", "what", "remedy"),
    [
        (column(HOURS + HALVES), "at multiples of 30min", "declare step: 30min"),
        (column(HOURS + HALVES).cast(pa.string()), "at multiples of 30min", "declare step: 30min"),
        (column(HOURS + 2 * HALVES, "Asia/Kolkata"), "1h by the clocks of Asia/Kolkata", "origin: 30min"),
        (column(HOURS + HALVES, "Asia/Kolkata"), "at multiples of 30min", "declare step: 30min"),
        (column(HOURS * 0 + 480, "Europe/Berlin"), "8h past multiples of 1d by the clocks", "without a zone"),
        (column(HOURS + HALVES + 7), "at 7min past multiples of 30min", "declare step: 30min, origin: 7min"),
        (column(435 + HALVES * (np.arange(ROWS) % 9 == 0)), "7h15min past multiples of 1d", "origin: 435min"),
        (column(np.where(np.arange(ROWS) % 9, 0, HOURS)), "at multiples of 1d", "declare step: 1d"),
        (pa.array((HOURS + HALVES) * 60 * 10**6, pa.time64("us")), "at multiples of 30min", "step: 30min"),
        (pa.array((HOURS + HALVES) * 60, pa.duration("s")), "at multiples of 30min", "step: 30min"),
    ],
)  # fmt: skip
def test_most_times_lie_on_a_step_that_not_all_have(cells: pa.Array, what: str, remedy: str) -> None:
    (note,) = said(cells)
    assert what in note
    assert remedy in note


@pytest.mark.parametrize(
    "cells",
    [
        column(HOURS),
        column(HOURS + 7),
        column(HOURS * 0 + 435),
        column(HOURS, "Asia/Kolkata"),
        column(HOURS, "Europe/Berlin"),
        column(HOURS + 30 * DRAW.integers(0, 2, ROWS)),
        column(HOURS + 15 * DRAW.integers(0, 4, ROWS), "Asia/Kolkata"),
        column(HOURS + DRAW.integers(0, 60, ROWS)),
        column(HOURS + np.where(DRAW.random(ROWS) < 0.7, 0, DRAW.integers(0, 60, ROWS))),
        column(HOURS * 0),
    ],
)
def test_times_that_a_step_tells_are_not_named(cells: pa.Array) -> None:
    assert said(cells) == []


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([1_600_000_000_123_456_000 + place for place in range(2500)], pa.timestamp("ns")),
        pa.array([f"2020-09-13T12:26:40.{123_456_000 + place}" for place in range(2500)]),
        pa.array([f"12:26:40.{123_456_000 + place}" for place in range(2500)]),
    ],
)
def test_what_is_finer_than_a_microsecond_is_named(cells: pa.Array) -> None:
    (note,) = [note for note in infer(pa.table({"x": cells})).notes if "microseconds" in note.what]
    assert note.cells == 2500 - 3  # of which so many are whole
    coarse = pa.array([1_600_000_000_123_456_000 + 1000 * place for place in range(50)], pa.timestamp("ns"))
    assert not [note for note in infer(pa.table({"x": coarse})).notes if "microseconds" in note.what]
