"""Times with offsets are kept as instants: whoever wrote them is told that they come out in UTC."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from syncline.data.inference import infer
from syncline.synthesizers.synthesizer import Synthesizer

ROWS = 600
NIGHT = pd.Timestamp("2020-03-29T01:00:00Z")
"""When the clocks of Berlin are put forward: no local time from 02:00 to 03:00 exists on that day."""


def local(zone: str) -> list[str]:
    """Return an hour each from a week before the clocks are put forward on, as they are written there."""
    times = pd.date_range(NIGHT - pd.Timedelta("7D"), periods=ROWS, freq="h").tz_convert(zone)
    return [time.isoformat() for time in times]


def told(table: pa.Table) -> list[str]:
    return [str(note) for note in infer(table).notes if "offset" in str(note)]


@pytest.mark.parametrize(
    ("zone", "offsets"),
    [
        ("Europe/Berlin", "'+01:00', '+02:00'"),
        ("America/New_York", "'-04:00'"),
        ("Asia/Kolkata", "'+05:30'"),
        ("UTC", None),
    ],
)
def test_the_offsets_that_are_written_are_named(zone: str, offsets: str | None) -> None:
    texts = local(zone)
    notes = told(pa.table({"at": texts}))
    assert len(notes) == (offsets is not None)
    for note in notes:
        assert f"{offsets}: an offset names no zone" in note
        assert f"{ROWS} cells" in note
    variable = infer(pa.table({"at": texts})).schema.variable("at")
    assert (variable.zone, variable.step) == ("UTC", "1h")


@pytest.mark.parametrize(("zone", "is_told"), [("+01:00", True), ("UTC", False), ("Europe/Berlin", False)])
def test_a_typed_column_says_its_fixed_offset_too(zone: str, is_told: bool) -> None:
    times = pa.array(pd.date_range(NIGHT, periods=ROWS, freq="h").tz_localize(None), pa.timestamp("us", zone))
    assert bool(told(pa.table({"at": times}))) == is_told


def test_days_and_clocks_have_no_offset() -> None:
    days = [f"2020-{1 + k % 12:02}-{1 + k % 28:02}" for k in range(ROWS)]
    clocks = [f"{k % 24:02}:{k % 60:02}" for k in range(ROWS)]
    assert not told(pa.table({"day": days, "clock": clocks, "month": [day[:7] for day in days]}))


def test_every_time_of_a_release_exists_in_the_zone_that_is_declared(tmp_path: Path) -> None:
    texts = local("Europe/Berlin")
    schema = {"variables": [{"name": "at", "kind": "datetime", "zone": "Europe/Berlin", "step": "1h"}]}
    Synthesizer(seed=1, schema=schema).fit(pa.table({"at": texts})).write(tmp_path / "s.csv", 4 * ROWS)
    instants = pd.to_datetime(pd.read_csv(tmp_path / "s.csv")["at"])
    assert str(instants.dt.tz) == "UTC"
    clock = instants.dt.tz_convert("Europe/Berlin")
    night = clock[clock.dt.strftime("%Y-%m-%d") == "2020-03-29"]
    assert len(night)
    assert not (night.dt.hour == 2).any()
