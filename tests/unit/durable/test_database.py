from __future__ import annotations

import asyncio
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline.durable.database import Database
from syncline.errors import StorageError

MIGRATIONS = ["CREATE TABLE counter (n INTEGER NOT NULL); INSERT INTO counter VALUES (0);"]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "state.db", MIGRATIONS) as opened:
        yield opened


def increment(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE counter SET n = n + 1")


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT n FROM counter").fetchone()[0])


def test_settings_are_those_that_survive_a_power_cut(database: Database) -> None:
    def settings(connection: sqlite3.Connection) -> tuple[object, ...]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)

    # The writer's own settings cannot be read from outside of it.
    assert database.write_now(settings) == ("wal", 2, 1)


def test_the_file_is_private(database: Database) -> None:
    for path in database.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_concurrent_updates_are_all_kept(database: Database) -> None:
    async def many() -> int:
        async def some() -> None:
            for _ in range(10):
                await database.write(increment)

        await asyncio.gather(*(some() for _ in range(20)))
        return await database.read(count)

    assert asyncio.run(many()) == 200


def test_a_failing_function_does_not_spoil_its_group(database: Database) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        increment(connection)
        raise LookupError("on purpose")

    async def together() -> list[object]:
        functions = [increment, fail, increment, fail, increment]
        return await asyncio.gather(*(database.write(f) for f in functions), return_exceptions=True)

    outcomes = asyncio.run(together())
    assert [type(outcome) for outcome in outcomes] == [
        type(None),
        LookupError,
        type(None),
        LookupError,
        type(None),
    ]
    assert database.read_now(count) == 3


def test_a_group_shares_one_commit(database: Database) -> None:
    """Hold the writer until all calls are queued: then they must be one transaction."""
    begun, gate = threading.Event(), threading.Event()
    commits: list[str] = []

    def wait(connection: sqlite3.Connection) -> None:
        begun.set()
        gate.wait(10)
        connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)

    async def together() -> None:
        first = asyncio.create_task(database.write(wait))
        await asyncio.to_thread(begun.wait, 10)
        rest = [asyncio.create_task(database.write(increment)) for _ in range(50)]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, *rest)

    asyncio.run(together())
    assert len(commits) == 2  # that of the function which waited, and one for the fifty
    assert database.read_now(count) == 50


def test_a_function_that_commits_is_a_defect_and_harms_nobody_else(database: Database) -> None:
    with pytest.raises((RuntimeError, sqlite3.Error)):
        database.write_now(lambda connection: connection.execute("COMMIT"))
    database.write_now(increment)
    assert database.read_now(count) == 1


def test_writing_within_a_write_is_refused_instead_of_waiting_for_ever(database: Database) -> None:
    with pytest.raises(RuntimeError, match="use what it is given"):
        database.write_now(lambda _: database.write_now(increment))


def test_readers_cannot_write_and_see_one_snapshot(database: Database) -> None:
    with pytest.raises(RuntimeError, match="must not write"):
        database.read_now(increment)

    def twice(connection: sqlite3.Connection) -> tuple[int, int]:
        before = count(connection)
        database.write_now(increment)
        return before, count(connection)

    assert database.read_now(twice) == (0, 0)
    assert database.read_now(count) == 1


def test_only_changes_from_outside_are_told(database: Database) -> None:
    assert not database.changed_outside()
    database.write_now(increment)
    assert not database.changed_outside()
    with Database(database.path, MIGRATIONS) as other:
        assert not database.changed_outside()  # opening an up-to-date file writes nothing
        other.write_now(increment)
        database.write_now(increment)
        assert database.changed_outside()
        assert not database.changed_outside()


def test_a_full_disk_saves_nothing_and_says_what_to_do(database: Database) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        increment(connection)
        connection.execute("CREATE TABLE big AS SELECT zeroblob(1000000) AS blob")

    database.write_now(lambda connection: connection.execute("PRAGMA max_page_count = 10"))
    with pytest.raises(StorageError, match=r"state\.db: the disk is full; nothing .* was saved: free space"):
        database.write_now(fill)
    assert database.read_now(count) == 0
    database.write_now(increment)
    assert database.read_now(count) == 1


def test_a_failed_commit_reaches_every_caller(database: Database) -> None:
    def orphan(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute("INSERT INTO child VALUES (7)")

    def tables(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE child (id INTEGER REFERENCES parent (id))")

    database.write_now(tables)
    with pytest.raises(sqlite3.IntegrityError):
        database.write_now(orphan)
    database.write_now(increment)
    assert database.read_now(count) == 1


def test_a_locked_file_is_told_as_such(database: Database) -> None:
    database.write_now(lambda connection: connection.execute("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="another process holds it locked"):
        database.write_now(increment)
    other.close()
    database.write_now(increment)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"no database" * 500)
    with pytest.raises(StorageError, match="not a Syncline database"):
        Database(tmp_path / "state.db", MIGRATIONS)


def test_a_home_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"nowhere/state\.db"):
        Database(tmp_path / "nowhere" / "state.db", MIGRATIONS)


def test_a_closed_database_says_so(database: Database) -> None:
    database.close()
    database.close()
    with pytest.raises(StorageError, match="closed"):
        database.write_now(increment)


def test_closing_finishes_what_was_queued(tmp_path: Path) -> None:
    async def leave() -> None:
        database = Database(tmp_path / "state.db", MIGRATIONS)
        writes = [asyncio.ensure_future(database.write(increment)) for _ in range(30)]
        await asyncio.sleep(0)
        database.close()
        await asyncio.gather(*writes)

    asyncio.run(leave())
    with Database(tmp_path / "state.db", MIGRATIONS) as database:
        assert database.read_now(count) == 30
