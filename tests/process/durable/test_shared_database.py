"""One database and several who use it: two connections, and another process."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline.durable.database import Database
from tests.process.durable import counting_process
from tests.unit.durable.test_database import MIGRATIONS, count, increment


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "state.db", MIGRATIONS) as opened:
        yield opened


def test_updates_by_two_connections_are_all_kept(database: Database) -> None:
    def read_then_write(connection: sqlite3.Connection) -> None:
        seen = count(connection)
        time.sleep(0.001)
        connection.execute("UPDATE counter SET n = ?", (seen + 1,))

    def some(own: Database) -> None:
        for _ in range(20):
            own.write_now(read_then_write)

    with Database(database.path, MIGRATIONS) as other:
        threads = [threading.Thread(target=some, args=(own,)) for own in (database, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert database.read_now(count) == 40


def test_a_daemon_hears_of_a_change_from_outside_at_once(database: Database) -> None:
    async def measure() -> float:
        waiting = asyncio.create_task(database.wait_for_outside_change())
        await asyncio.sleep(0.1)
        assert not waiting.done()
        with Database(database.path, MIGRATIONS) as other:
            other.write_now(increment)
            began = time.monotonic()
            await waiting
            return time.monotonic() - began

    assert asyncio.run(measure()) < 0.25  # 25 ms on an idle machine


def test_a_second_look_from_this_process_does_not_hide_what_others_write(tmp_path: Path) -> None:
    """Closing any descriptor of a file drops all locks of the process on it: so none is opened."""
    path = tmp_path / "rows.db"
    row = [sys.executable, "-m", "tests.process.durable.counting_process", str(path), "1"]
    with Database(path, counting_process.MIGRATIONS) as database:
        database.write_now(counting_process.add_row)
        Database(path, counting_process.MIGRATIONS).close()
        for _ in range(2):  # the first one to close would delete the log, the second begin a new one
            subprocess.run(row, check=True, capture_output=True)
        found = database.read_now(
            lambda connection: connection.execute("SELECT count(*) FROM rows").fetchone()[0]
        )
    assert found == 3
