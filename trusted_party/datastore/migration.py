"""Bring a hub's database to its newest tables, in one transaction.

A home of version 0.1.0 counted its scripts in SQLite's ``user_version``: the ninth was its last, and each
script that came after it is a step of its own here. Since then the table ``alembic_version`` names the last
step, and ``user_version`` holds a number that makes older software say that it is too old.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, column, inspect, select, table

from syncline.durable.crash_points import crash_point
from syncline.errors import StorageError

NEWEST: Final = "0006"
"""The last of the steps in ``migrations``; known here, so that an open need not load alembic to find none."""

_STEPS: Final = Path(__file__).with_name("migrations")
_VERSION: Final = table("alembic_version", column("version_num"))
_NOT_COUNTED: Final = 1000
_SCRIPTS_AS_STEPS: Final = {9: "0001", 10: "0002", 11: "0003", 12: "0004"}


def migrate(connection: Connection, name: str, counted: str | None = None) -> None:
    """Run the steps that a database has not seen, inside the transaction that is open.

    Parameters
    ----------
    connection
        On the database; nothing is committed here.
    name
        What messages call the database.
    counted
        The step where a database that names none stands; None where it has no tables yet.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    current = current_step(connection)
    if current is not None and current not in known:
        raise StorageError(
            f"database {name}: its tables are of step {current} and this software knows {NEWEST}: "
            "install the newer release that wrote it"
        )
    if current is None and counted is not None:
        command.stamp(config, counted)
    command.upgrade(config, "head")


def current_step(connection: Connection) -> str | None:
    """Return the last step that a database has seen; None where it names none."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar()


def migrate_sqlite(connection: sqlite3.Connection, layer: Connection, path: Path) -> None:
    """Bring a file to the newest tables; ``layer`` is SQLAlchemy's on the same ``connection``."""
    if current_step(layer) == NEWEST:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        migrate(layer, str(path), _counted(connection, path))
        connection.execute(f"PRAGMA user_version = {_NOT_COUNTED}")
        crash_point("database:before-commit")
        connection.execute("COMMIT")
        crash_point("database:after-commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _counted(connection: sqlite3.Connection, path: Path) -> str | None:
    """Return the step that the scripts of an older home amount to."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version in (0, _NOT_COUNTED):
        return None
    if version < min(_SCRIPTS_AS_STEPS):
        raise StorageError(
            f"database {path}: its format is version {version}, older than that of 0.1.0: "
            "open it with 0.1.0 first"
        )
    if version not in _SCRIPTS_AS_STEPS:
        raise StorageError(
            f"database {path}: its format is version {version}, which this software does not know: "
            "install the newer release that wrote it"
        )
    return _SCRIPTS_AS_STEPS[version]
