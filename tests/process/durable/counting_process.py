"""A process that the fault tests kill: it adds one row a transaction and tells which are committed.

python -m tests.process.durable.counting_process DATABASE ROWS
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

from syncline.durable.database import Database

MIGRATIONS = ["CREATE TABLE rows (number INTEGER PRIMARY KEY, half INTEGER NOT NULL) STRICT;"]


def main() -> None:
    path, count = Path(sys.argv[1]), int(sys.argv[2])
    with Database(path, MIGRATIONS) as database:
        for _ in range(count):
            print(database.write_now(add_row), flush=True)


def add_row(connection: sqlite3.Connection) -> int:
    """Add a row in two statements, so that a torn transaction would show."""
    number = int(connection.execute("SELECT count(*) FROM rows").fetchone()[0]) + 1
    connection.execute("INSERT INTO rows VALUES (?, 0)", (number,))
    connection.execute("UPDATE rows SET half = 1 WHERE number = ?", (number,))
    return number


if __name__ == "__main__":
    main()
