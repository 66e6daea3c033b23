"""Bring a database to the newest version of its tables, one script a version, each step atomic."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from syncline.durable.crash_points import crash_point
from syncline.errors import StorageError


def migrate(connection: sqlite3.Connection, scripts: Sequence[str], path: Path) -> None:
    """Run the scripts that the database has not seen; ``PRAGMA user_version`` counts those it has.

    All of them run in one transaction, so two commands that start together cannot run one script twice.
    Scripts are never changed once released; a new version appends one.
    """
    if _seen(connection, len(scripts), path) == len(scripts):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number in range(_seen(connection, len(scripts), path), len(scripts)):
            for statement in split_statements(scripts[number]):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(scripts)}")
        crash_point("database:before-commit")
        connection.execute("COMMIT")
        crash_point("database:after-commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _seen(connection: sqlite3.Connection, known: int, path: Path) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > known:
        raise StorageError(
            f"database {path}: its format is version {version} and this software knows {known}: "
            "install the newer release that wrote it"
        )
    return version


def split_statements(script: str) -> Iterator[str]:
    """Cut a script into single statements; a semicolon inside a trigger or a text does not end one."""
    statement = ""
    for piece in script.split(";"):
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            if statement.strip(" \t\r\n;"):
                yield statement.strip()
            statement = ""
    if statement.strip(" \t\r\n;"):
        raise ValueError("a migration script ends in the middle of a statement")
