"""Databases are read in one snapshot, never written, and quote nothing in what they refuse."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from adbc_driver_postgresql import dbapi

from syncline.errors import DataError
from syncline.sources.registry import open_source

SECRET = "4711-geheim"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a b.db"
    change(path, "CREATE TABLE visits (id INTEGER, note TEXT)", f"INSERT INTO visits VALUES (1, '{SECRET}')")
    return path


def change(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def execute(url: str, *statements: str) -> None:
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        connection.commit()


def rows(locator: str) -> list[dict[str, object]]:
    return [row for batch in open_source(locator).batches(None, 1000) for row in batch.to_pylist()]


def refused(locator: str) -> str:
    with pytest.raises(DataError) as caught:
        rows(locator)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


WRITING = [
    "DELETE FROM visits",
    "DELETE FROM visits RETURNING *",
    "INSERT INTO visits VALUES (2, 'x') RETURNING *",
    "WITH gone AS (DELETE FROM visits RETURNING *) SELECT * FROM gone",
    "DROP TABLE visits",
    "SELECT 1) x; DELETE FROM visits; SELECT * FROM (SELECT 1",
]


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+pysqlite"])
@pytest.mark.parametrize("query", WRITING)
def test_a_query_that_writes_changes_nothing_in_sqlite(database: Path, scheme: str, query: str) -> None:
    assert "SELECT" in refused(f"{scheme}:///{database}?query={query}")
    assert rows(f"sqlite:///{database}?table=visits") == [{"id": 1, "note": SECRET}]


@pytest.mark.network
@pytest.mark.parametrize("query", [*WRITING, "SELECT * FROM spoilt()"])
def test_a_query_that_writes_changes_nothing_in_postgresql(postgresql_url: str, query: str) -> None:
    execute(
        postgresql_url,
        "DROP TABLE IF EXISTS visits CASCADE",
        "CREATE TABLE visits (id int, note text)",
        f"INSERT INTO visits VALUES (1, '{SECRET}')",
        "CREATE OR REPLACE FUNCTION spoilt() RETURNS SETOF visits LANGUAGE sql"
        " AS 'DELETE FROM visits RETURNING *'",
    )
    assert "SELECT" in refused(f"{postgresql_url}&query={query}")
    assert rows(f"{postgresql_url}&table=visits") == [{"id": 1, "note": SECRET}]


def test_sqlite_columns_get_a_type_that_holds_all_their_values(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    change(path, "CREATE TABLE t (i, f, s, n, c TEXT COLLATE NOCASE)")
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        early = [(number, number, number, None, None) for number in range(3000)]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", [*early, (3000, 0.5, "x", None, "É")])
    (batch,) = open_source(f"sqlite:///{path}?table=t").batches(None, 5000)
    assert batch.schema.types == [pa.int64(), pa.float64(), pa.string(), pa.string(), pa.string()]
    assert batch.num_rows == 3001
    assert batch.column("s").null_count == 0
    assert batch.column("c")[3000].as_py() == "É"
    change(path, "INSERT INTO t VALUES (x'00', 0, 0, 0, 0)")
    source = open_source(f"sqlite:///{path}?table=t")
    assert [*source.unread] == ["i"]
    assert next(source.batches(None, 5000)).schema.names == ["f", "s", "n", "c"]
    with pytest.raises(DataError, match="column 'i' holds bytes, which are no text; write a plain column"):
        list(source.batches(["i"], 5000))


def test_text_in_sqlite_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    change(tmp_path / "t.db", "CREATE TABLE t (a)", "INSERT INTO t VALUES (CAST(x'ff41' AS TEXT))")
    refused(f"sqlite:///{tmp_path}/t.db?table=t")


def test_the_order_does_not_depend_on_how_rows_are_kept(tmp_path: Path) -> None:
    change(tmp_path / "1.db", "CREATE TABLE t (a, b)", "INSERT INTO t VALUES (2, 'x'), (1, 'y'), (1, 'B')")
    change(tmp_path / "2.db", "CREATE TABLE t (a, b)", "INSERT INTO t VALUES (1, 'B'), (2, 'x'), (1, 'y')")
    one, two = (open_source(f"sqlite:///{tmp_path}/{name}.db?table=t") for name in (1, 2))
    assert one.digest() == two.digest()
    assert next(one.batches(["b"], 9)).to_pydict() == {"b": ["B", "y", "x"]}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("table=nothing", "no such table"),
        (f"query=SELECT '{SECRET}' FROM", "not one SELECT"),
        (f"query=SELECT absent + '{SECRET}' FROM visits", "column that does not exist"),
    ],
)
def test_what_sqlite_refuses_is_said_in_our_words(database: Path, request_: str, said: str) -> None:
    assert said in refused(f"sqlite:///{database}?{request_}")


def test_a_file_that_is_no_database_is_refused_and_none_is_made(tmp_path: Path) -> None:
    (tmp_path / "t.db").write_text(SECRET * 1000)
    assert "no SQLite database" in refused(f"sqlite:///{tmp_path}/t.db?table=t")
    for scheme in ("sqlite", "sqlite+pysqlite"):
        assert "no such file" in refused(f"{scheme}:///{tmp_path}/none.db?table=t")
    assert "four slashes" in refused(f"sqlite://{tmp_path}/t.db?table=t")
    assert not (tmp_path / "none.db").exists()


def test_a_column_that_vanishes_is_refused(database: Path) -> None:
    source = open_source(f"sqlite:///{database}?table=visits")
    change(database, "ALTER TABLE visits DROP COLUMN note")
    with pytest.raises(DataError, match="lost a column"):
        list(source.batches(None, 10))


@pytest.mark.network
def test_types_of_postgresql_that_arrow_lacks_come_as_text(postgresql_url: str) -> None:
    query = (
        "SELECT 1.50::numeric AS a, '12.5'::money AS b, interval '1 day 2 hours' AS c, '{1,2}'::int[] AS d,"
        " 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS e, '{\"x\": 1}'::json AS f, true AS g,"
        " timestamptz '2026-01-01 00:00+02' AS h, NULL::int AS i"
    )
    (batch,) = open_source(f"{postgresql_url}&query={query}").batches(None, 10)
    assert batch.select(list("abcdef")).to_pylist() == [
        {
            "a": "1.50",
            "b": "12.50",
            "c": "P1DT2H",
            "d": "{1,2}",
            "e": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "f": '{"x": 1}',
        }
    ]
    assert batch.select(list("ghi")).schema.types == [pa.bool_(), pa.timestamp("us", "UTC"), pa.int32()]


@pytest.mark.network
@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("table=nothing", "no such table"),
        (f"query=SELECT '{SECRET}'::int", "cannot compute"),
        (f"query=SELECT absent, '{SECRET}'", "column that does not exist"),
        (f"query=SELEC '{SECRET}'", "not one SELECT"),
        (
            f"query=SELECT 1/(n-500) AS a, '{SECRET}' AS b FROM generate_series(1, 1000) n",
            "refused the query",
        ),
    ],
)
def test_what_postgresql_refuses_is_said_in_our_words(postgresql_url: str, request_: str, said: str) -> None:
    assert said in refused(f"{postgresql_url}&{request_}")


def test_a_server_that_does_not_answer_is_named_without_the_password() -> None:
    assert "cannot be reached" in refused(f"postgresql://u:{SECRET}@127.0.0.1:1/d?table=t")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"mysql+pymysql://u:{SECRET}@h/d?table=t", "the driver pymysql is not installed"),
        (f"ftp://u:{SECRET}@h/d?table=t", "no database of the kind 'ftp'"),
        (f"mysql+pymysql://u:{SECRET}@h:port/d?table=t", "is no URL of a database"),
    ],
)
def test_what_sqlalchemy_cannot_open_is_said_in_our_words(url: str, said: str) -> None:
    assert said in refused(url)


@pytest.mark.parametrize(
    ("module", "locator", "extra"),
    [
        ("adbc_driver_sqlite.dbapi", "sqlite:///{0}?table=visits", "databases"),
        ("adbc_driver_postgresql.dbapi", "postgresql://h/d?table=visits", "databases"),
        ("sqlalchemy", "mysql://h/d?table=visits", "databases"),
        ("openpyxl", "{0}#Sheet", "excel"),
    ],
)
def test_a_missing_library_is_named_with_the_remedy(
    database: Path, monkeypatch: pytest.MonkeyPatch, module: str, locator: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, f"{module}.exc", None)
    path = database.rename(database.with_suffix(".xlsx"))
    assert f"pip install syncline[{extra}]" in refused(locator.format(path))
