"""The data sets that this agent may answer for, by name, in the agent's journal."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from syncline.errors import DataError, UsageError
from syncline.sources.locator import shown_locator

TABLES = """
CREATE TABLE dataset (
    name TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    person TEXT,
    added_us INTEGER NOT NULL
) STRICT;
"""

PREPARATIONS = """
ALTER TABLE dataset ADD COLUMN preparation TEXT;
CREATE TABLE preparation (
    sha256 TEXT PRIMARY KEY,
    canonical BLOB NOT NULL
) STRICT;
"""
"""The second version of the tables: canonical copies of preparations, by digest."""

PEOPLE = "ALTER TABLE dataset ADD COLUMN people INTEGER;"
"""How many persons a data set was seen to be about, rows where none are told apart."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Dataset:
    """A name, where its rows lie, the column that tells persons apart, and the digest of a preparation.

    ``people`` is how many persons there were when it was read last, rows where no column tells them apart.
    """

    name: str
    source: str
    person: str | None
    preparation: str | None = None
    people: int | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise UsageError(
                f"data set '{self.name}': expected 1 to 64 letters, digits, '.', '_' or '-',"
                " a letter or digit first"
            )

    @property
    def shown_source(self) -> str:
        """The source with the secrets of a database URL hidden."""
        return shown_locator(self.source)


def add_dataset(
    connection: sqlite3.Connection, dataset: Dataset, now_us: int, preparation: bytes = b""
) -> None:
    """Store a data set, with its preparation in canonical form where it has one; a name is given once."""
    if dataset.preparation != (hashlib.sha256(preparation).hexdigest() if preparation else None):
        raise ValueError("the preparation is not the one that the data set names")
    row = (dataset.name, dataset.source, dataset.person, now_us, dataset.preparation, dataset.people)
    if preparation:
        copy = (dataset.preparation, preparation)
        connection.execute("INSERT OR IGNORE INTO preparation VALUES (?, ?)", copy)
    if connection.execute("INSERT OR IGNORE INTO dataset VALUES (?, ?, ?, ?, ?, ?)", row).rowcount == 0:
        raise UsageError(
            f"there is a data set '{dataset.name}' already: remove it first, or give this one another name"
        )


def set_people(connection: sqlite3.Connection, name: str, people: int | None) -> None:
    """Note how many persons a data set was seen to be about."""
    connection.execute("UPDATE dataset SET people = ? WHERE name = ?", (people, name))


def remove_dataset(connection: sqlite3.Connection, name: str) -> None:
    """Forget a data set, and a preparation that no other uses; the rows themselves are not touched."""
    if connection.execute("DELETE FROM dataset WHERE name = ?", (name,)).rowcount == 0:
        raise UsageError(f"there is no data set '{name}': see 'supplier-agent datasets list'")
    connection.execute(
        "DELETE FROM preparation WHERE sha256 NOT IN"
        " (SELECT preparation FROM dataset WHERE preparation IS NOT NULL)"
    )


def find_preparation(connection: sqlite3.Connection, sha256: str | None) -> bytes:
    """Return the preparation of this digest in canonical form, or nothing for None."""
    if sha256 is None:
        return b""
    row = connection.execute("SELECT canonical FROM preparation WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None:
        raise DataError(
            f"the preparation {sha256[:16]} is not in this agent's home any more: add the data set anew"
        )
    return bytes(row["canonical"])


def find_dataset(connection: sqlite3.Connection, name: str) -> Dataset:
    """Return the data set of this name."""
    for dataset in list_datasets(connection):
        if dataset.name == name:
            return dataset
    raise UsageError(f"there is no data set '{name}': see 'supplier-agent datasets list'")


def list_datasets(connection: sqlite3.Connection) -> list[Dataset]:
    """Return all data sets in the order of their names."""
    rows = connection.execute("SELECT name, source, person, preparation, people FROM dataset ORDER BY name")
    return [Dataset(*row) for row in rows]


def choose_dataset(datasets: Sequence[Dataset], wanted: str | None) -> Dataset:
    """Return the data set that a study names, or the only one where it names none."""
    if wanted is None:
        if len(datasets) == 1:
            return datasets[0]
        raise DataError(
            f"the study names no data set and this supplier has {len(datasets)}: "
            + (
                "the supplier adds one with 'supplier-agent datasets add'"
                if not datasets
                else "name one as 'dataset' in the study's supplier entry"
            )
        )
    for dataset in datasets:
        if dataset.name == wanted:
            return dataset
    raise DataError(
        f"this supplier has no data set '{wanted}': the supplier adds it with"
        f" 'supplier-agent datasets add {wanted} SOURCE'"
    )
