from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from syncline.durable.database import Database
from syncline.durable.migrations import split_statements
from syncline.errors import StorageError

FIRST = "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);"
SECOND = "ALTER TABLE a ADD COLUMN y TEXT DEFAULT 'one; two'; -- a comment; with a semicolon\n"
TRIGGER = "CREATE TRIGGER t BEFORE DELETE ON a BEGIN SELECT 1; SELECT RAISE(ABORT, 'no'); END;\n"


def rows(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute("SELECT * FROM a")]


def test_each_script_runs_once(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    Database(path, [FIRST]).close()
    Database(path, [FIRST]).close()
    with Database(path, [FIRST, SECOND]) as database:
        assert database.read_now(rows) == [(1, "one; two")]


def test_a_failing_script_leaves_the_old_version_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    Database(path, [FIRST]).close()
    with pytest.raises(StorageError, match="SQLITE_ERROR"):
        Database(path, [FIRST, SECOND, "INSERT INTO a VALUES (2, 'x'); INSERT INTO missing VALUES (1);"])
    with Database(path, [FIRST]) as database:
        assert database.read_now(rows) == [(1,)]


def test_a_newer_file_is_refused_by_version(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    Database(path, [FIRST, SECOND]).close()
    with pytest.raises(StorageError, match=r"version 2 and this software knows 1: install the newer release"):
        Database(path, [FIRST])


def test_statements_are_cut_outside_of_texts_and_triggers() -> None:
    cut = list(split_statements(FIRST + SECOND + TRIGGER))
    assert len(cut) == 4
    assert cut[3].startswith("--")
    assert cut[3].endswith("END;")


def test_half_a_statement_is_a_defect() -> None:
    with pytest.raises(ValueError, match="middle of a statement"):
        list(split_statements("CREATE TRIGGER t BEFORE DELETE ON a BEGIN SELECT 1;"))
