"""Times of a zone come out in UTC, and of two that the clocks show alike the earlier: both are told."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from syncline.data.note import Deed
from syncline.data.schema import Schema
from syncline.sources.memory import TableSource
from syncline.sources.source_inference import infer_source
from syncline.sources.zone_notes import zone_notes

TWICE = ["2020-10-25T02:00:00", "2020-10-25 02:30", "2020-10-25T02:59:59.5"]
ONCE = ["2020-10-25T01:59:59", "2020-10-25T03:00:00", "2020-06-01T02:30:00", "2020-10-25T02:30:00+01:00"]
NEVER = ["2020-03-29T02:30:00"]


def schema_of(zone: str) -> Schema:
    return Schema.model_validate({"variables": [{"name": "t", "kind": "datetime", "zone": zone}]})


def counts(cells: pa.Array, zone: str) -> dict[Deed, int | None]:
    found = list(zone_notes(schema_of(zone), TableSource(pa.table({"t": cells})), "of north"))
    assert all("of north" in note.what and note.remedy for note in found)
    return {note.deed: note.cells for note in found}


def test_cells_are_counted() -> None:
    cells = pa.array([*TWICE, *TWICE, *ONCE, *NEVER, None, ""])
    assert counts(cells, "Europe/Berlin") == {Deed.NAMED: 10, Deed.GUESSED: 6}
    assert counts(cells, "Asia/Tokyo") == {Deed.NAMED: 11}


@pytest.mark.parametrize("zone", ["UTC", "none"])
def test_without_a_zone_nothing_is_converted(zone: str) -> None:
    assert counts(pa.array(TWICE), zone) == {}


def test_typed_times_without_a_zone_are_wall_clock_times() -> None:
    walls = [dt.datetime(2020, 10, 25, 2, 30), dt.datetime(2020, 6, 1, 2, 30)]
    assert counts(pa.array(walls, pa.timestamp("us")), "Europe/Berlin") == {Deed.NAMED: 2, Deed.GUESSED: 1}


def test_typed_times_of_a_zone_are_known() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    times = pa.array(
        [dt.datetime(2020, 10, 25, 2, 30, tzinfo=berlin, fold=fold) for fold in (0, 1)] * 30,
        pa.timestamp("us", "Europe/Berlin"),
    )
    assert counts(times, "Europe/Berlin") == {Deed.NAMED: 60}
    found = infer_source(TableSource(pa.table({"t": times, "x": list(range(60))})))
    assert [note.what for note in found.notes_on("t")] == ["all 60 cells released in UTC"]
