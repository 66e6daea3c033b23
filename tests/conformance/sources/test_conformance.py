"""Every reader gives the same table: the same columns, the same text of each cell, however it is stored."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest

from syncline.data.cell_text import distinct_text
from syncline.errors import DataError
from syncline.sources.registry import open_source
from syncline.sources.source import Source
from tests.conformance.sources.written_tables import POSTGRESQL, WRITERS, Writer, as_postgresql

TABLE = pa.table(
    {
        "id": [1, 2, 3, 4, 5, 6, 2**53 + 1, 2**63 - 1],
        "größe, cm": [1.5, None, -0.25, 1e-7, 0.1, 12345.678, 2.5e300, 99.9],
        "name": ["Zoë", 'say "hi"', None, "Łódź; ok", "東京\t1", "NA", "007", "\U0001f600"],
        "day": [dt.date(2026, 1, day) if day != 4 else None for day in range(1, 9)],
    }
)
MISSING = [("größe, cm", 1), ("name", 2), ("day", 3)]


@pytest.fixture(params=[*WRITERS, *(pytest.param(name, marks=pytest.mark.network) for name in POSTGRESQL)])
def writer(request: pytest.FixtureRequest) -> Writer:
    if request.param in WRITERS:
        return WRITERS[request.param]
    return as_postgresql(request.getfixturevalue("postgresql_url"), POSTGRESQL[request.param])


def texts(column: pa.Array) -> list[str]:
    """Return the text of cells as the core renders it; a missing cell is empty text."""
    found, places = distinct_text(column, "a test")
    known = [*found.to_pylist(), None]
    return [known[place] or "" for place in places]


def cells(source: Source, columns: list[str] | None = None, batch_rows: int = 100) -> dict[str, list[str]]:
    read: dict[str, list[str]] = {name: [] for name in columns or source.columns}
    for batch in source.batches(columns, batch_rows):
        for name in read:
            read[name] += texts(batch.column(name))
    return read


def expected(table: pa.Table = TABLE) -> dict[str, list[str]]:
    return {name: texts(table.column(name).combine_chunks()) for name in table.column_names}


def test_columns_and_cells_are_the_same(writer: Writer, tmp_path: Path) -> None:
    source = open_source(writer(TABLE, tmp_path))
    assert source.columns == tuple(TABLE.column_names)
    assert cells(source) == expected()


def test_a_missing_cell_is_null_or_empty(writer: Writer, tmp_path: Path) -> None:
    source = open_source(writer(TABLE, tmp_path))
    (batch,) = source.batches(None, 100)
    for name, row in MISSING:
        assert batch.column(name)[row].as_py() in (None, "")


def test_columns_come_in_the_order_asked(writer: Writer, tmp_path: Path) -> None:
    source = open_source(writer(TABLE, tmp_path))
    wanted = ["day", "id"]
    assert [batch.schema.names for batch in source.batches(wanted, 5)] == [wanted, wanted]
    assert cells(source, wanted) == {name: expected()[name] for name in wanted}
    assert cells(source, ["name"]) == {"name": expected()["name"]}


@pytest.mark.parametrize("batch_rows", [1, 3, 8, 9])
def test_batches_have_the_size_asked(writer: Writer, tmp_path: Path, batch_rows: int) -> None:
    source = open_source(writer(TABLE, tmp_path))
    sizes = [batch.num_rows for batch in source.batches(None, batch_rows)]
    whole, rest = divmod(TABLE.num_rows, batch_rows)
    assert sizes == [batch_rows] * whole + [rest] * (rest > 0)
    assert cells(source, batch_rows=batch_rows) == expected()


def test_all_batches_have_one_schema(writer: Writer, tmp_path: Path) -> None:
    source = open_source(writer(TABLE, tmp_path))
    assert len({batch.schema.to_string() for batch in source.batches(None, 1)}) == 1


def test_passes_repeat_and_may_stop_early(writer: Writer, tmp_path: Path) -> None:
    source = open_source(writer(TABLE, tmp_path))
    first = next(source.batches(None, 2))
    assert first.equals(next(source.batches(None, 2)))
    assert cells(source) == cells(source) == expected()


def test_the_digest_follows_the_content(writer: Writer, tmp_path: Path) -> None:
    locator = writer(TABLE, tmp_path)
    source = open_source(locator)
    digest = source.digest()
    assert len(bytes.fromhex(digest)) == 32
    assert digest == source.digest() == open_source(locator).digest()
    changed = TABLE.set_column(2, "name", pa.array([*TABLE["name"].to_pylist()[:-1], "\U0001f601"]))
    writer(changed, tmp_path)
    assert digest not in (source.digest(), open_source(locator).digest())
    assert cells(open_source(locator)) == expected(changed)


def test_a_table_without_rows_has_its_columns(
    writer: Writer, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    locator = writer(TABLE.slice(0, 0), tmp_path)
    if locator.endswith(".jsonl"):
        with pytest.raises(DataError, match="is empty"):
            open_source(locator)
        return
    source = open_source(locator)
    assert source.columns == tuple(TABLE.column_names)
    assert list(source.batches(None, 10)) == []
    assert source.digest() == source.digest()


def test_an_unknown_column_is_refused(writer: Writer, tmp_path: Path) -> None:
    source = open_source(writer(TABLE, tmp_path))
    with pytest.raises(DataError, match="no column 'weight'"):
        source.batches(["id", "weight"], 10)


def test_two_columns_of_one_name_are_refused(writer: Writer, tmp_path: Path) -> None:
    renamed = TABLE.rename_columns(["id", "name ", "name", "day"])
    with pytest.raises(DataError, match="columns 2 and 3 are both called 'name'"):
        open_source(writer(renamed, tmp_path))


def test_the_description_names_the_source_and_no_value(writer: Writer, tmp_path: Path) -> None:
    source = open_source(writer(TABLE, tmp_path))
    described = source.describe()
    assert source.name.partition("#")[0] in described
    assert "4 columns" in described
    assert "\n" not in described
    assert not any(text in described for text in ("Zoë", "Łódź", "12345.678"))
