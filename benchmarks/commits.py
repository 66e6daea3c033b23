"""Commits a second of the hub's store, beside plain sqlite3 with the same writer.

Each caller counts the bytes of one message of a study, the hub's most frequent write, and waits for the disk.
A server of PostgreSQL is measured where ``SYNCLINE_BENCH_DATABASE`` is the URL of an empty database on it.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from syncline.durable.database import Database
from syncline.durable.store import DurableStore
from syncline.study.lifecycle import StudyState
from syncline.wire.messages import StudyId
from trusted_party.datastore.database_address import DatabaseAddress
from trusted_party.datastore.named_store import open_named_store
from trusted_party.datastore.sqlite_store import open_sqlite_store
from trusted_party.datastore.store import Store, Transaction
from trusted_party.datastore.studies import NewStudy, add_study, count_bytes

SECONDS = 4.0
CALLERS = (1, 64)
STUDY = StudyId("s1")
TABLE = (
    "CREATE TABLE studies (id TEXT PRIMARY KEY, bytes_received INTEGER, bytes_sent INTEGER, moved_us INTEGER)"
    " STRICT;"
    "INSERT INTO studies VALUES ('s1', 0, 0, 0);"
)
COUNT = (
    "UPDATE studies SET bytes_received = bytes_received + 3, bytes_sent = bytes_sent + 4,"
    " moved_us = max(moved_us, 5) WHERE id = 's1'"
)
DATABASE = "SYNCLINE_BENCH_DATABASE"


def run() -> None:
    """Print commits a second by database and number of callers."""
    print("| database | callers | commits/s |")
    print("|---|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        with Database(Path(folder) / "plain.sqlite", [TABLE]) as plain:
            _measure("plain sqlite3", plain, _count_plainly)
        with open_sqlite_store(Path(folder) / "hub.sqlite") as store:
            _measure_store("SQLite", store)
    if DATABASE in os.environ:
        with open_named_store(DatabaseAddress(os.environ[DATABASE])) as store:
            _measure_store("PostgreSQL", store)


def _measure_store(name: str, store: Store) -> None:
    new = NewStudy(STUDY, "heart", "ada", b"k", b"s", b"x", "0" * 64, ())
    store.write_now(lambda transaction: add_study(transaction, new, StudyState.RUNNING, 1))
    _measure(name, store, _count)


def _count(transaction: Transaction) -> None:
    count_bytes(transaction, STUDY, 3, 4, 5)


def _count_plainly(connection: sqlite3.Connection) -> None:
    connection.execute(COUNT)


def _measure(name: str, store: DurableStore[Any], write: Callable[[Any], None]) -> None:  # Any: either kind
    for callers in CALLERS:
        print(f"| {name} | {callers} | {asyncio.run(_rate(store, write, callers)):,.0f} |")


async def _rate(store: DurableStore[Any], write: Callable[[Any], None], callers: int) -> float:
    began, done = time.monotonic(), 0

    async def call() -> None:
        nonlocal done
        while time.monotonic() < began + SECONDS:
            await store.write(write)
            done += 1

    await asyncio.gather(*(call() for _ in range(callers)))
    return done / (time.monotonic() - began)
