"""Hours heap by the clocks of a zone, also where these are set; drawn instants stay in their bins."""

from __future__ import annotations

import datetime as dt
import warnings
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from syncline.data.kinds import Kind
from syncline.data.variable import Variable
from syncline.synthesizers.column_values import ColumnValues
from syncline.synthesizers.rhythm import Rhythm
from syncline.synthesizers.synthesizer import Synthesizer
from syncline.synthesizers.wall_clock import WallClock

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata"]
HOUR, MINUTE = 3_600_000_000, 60_000_000


def times(zone: str | None, step: str | None = None) -> Variable:
    return Variable(name="x", kind=Kind.DATETIME, zone=zone, step=step)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("step", [None, "1min"])
def test_clocks_show_what_the_time_zone_database_says(zone: str, step: str | None) -> None:
    width = 1 if step is None else MINUTE
    minutes = np.random.default_rng(3).integers(0, 65 * 366 * 1440, 3000)
    keys = minutes * (MINUTE // width)
    clock = WallClock.of(times(zone, step))
    shown = clock.shown(keys)
    for minute, found in zip(minutes.tolist(), shown.tolist(), strict=True):
        instant = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minute)
        wall = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert found * width == (wall - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)
    away = np.abs(clock.instants(shown) - keys) * width
    assert set(away.tolist()) <= {0, HOUR // 2, HOUR}
    assert (away == 0).mean() > 0.998


@pytest.mark.parametrize("variable", [times(None), times("UTC"), Variable(name="x", kind=Kind.INTEGER)])
def test_what_has_no_clock_of_its_own_is_shown_as_it_is(variable: Variable) -> None:
    keys = np.array([-(2**61), 0, 7, 2**61])
    assert (WallClock.of(variable).shown(keys) == keys).all()
    assert (WallClock.of(variable).instants(keys) == keys).all()


@pytest.mark.parametrize("zone", ZONES)
def test_an_instant_is_drawn_within_its_bin_also_where_clocks_are_set(zone: str) -> None:
    rng = np.random.default_rng(5)
    low = rng.integers(1_600_000_000, 1_700_000_000, 4000) * 1_000_000
    wide = rng.choice([1, MINUTE, HOUR, 30 * HOUR, 4000 * HOUR], 4000)
    density = np.full(24, 1, np.int64)
    density[[2, 8]] = 1000
    values = ColumnValues(
        variable=times(zone),
        span_code=np.arange(4000),
        span_low=low,
        span_high=low + wide,
        rows=np.full(4000, 20),
        masks=np.zeros(4000, np.uint64),
        keeps_missing=False,
        rhythm=Rhythm(24 * HOUR, HOUR * np.arange(24), density),
    )
    keys, missing = values.decode(np.arange(4000), rng.integers(0, 2**63, 4000).astype(np.uint64))
    assert not missing.any()
    assert ((low <= keys) & (keys <= low + wide)).all()
    days = wide == 4000 * HOUR
    hours = WallClock.of(times(zone)).shown(keys[days]) // HOUR % 24
    assert np.isin(hours, [2, 8]).mean() > 0.95


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_hours_of_a_zone_heap_in_a_release_as_they_did(zone: str) -> None:
    rng = np.random.default_rng(7)
    days, hours = rng.integers(0, 1460, 2000), rng.choice([8, 9, 13], 2000)
    minutes = 1440 * days + 60 * hours + rng.integers(0, 60, 2000)
    local = pd.Series(np.datetime64("2019-01-01T00:00") + minutes.astype("timedelta64[m]"))
    frame = pd.DataFrame({"x": local.dt.tz_localize(zone), "other": np.arange(2000) % 7})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawn = Synthesizer(seed=1).fit(frame).sample(2000).x
    shown = pd.to_datetime(drawn, utc=True).dt.tz_convert(zone).dt.hour
    assert shown.isin([8, 9, 13]).mean() > 0.8
