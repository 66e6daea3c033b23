"""The few statements of SQL that tables are read with, in the words that all databases share.

Rows are sorted by all columns of the table or query, whichever of them are asked for: the same content comes
in the same order, however the database keeps it, and rows that are equal throughout cannot be told apart.
Only what tells persons and records from measurements reads rows as they are kept: sorted, the rows of each
value of the first column would stand beside each other, as those of a person do.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncline.errors import DataError
from syncline.sources.database_url import DatabaseUrl


def quoted(name: str) -> str:
    """Return a name as an identifier of standard SQL."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def relation(url: DatabaseUrl) -> str:
    """Return what stands behind FROM: the table, or the query in brackets."""
    if url.table is not None:
        return ".".join(quoted(part) for part in url.table.split("."))
    return f"(\n{url.query}\n) syncline_rows"


def no_rows(url: DatabaseUrl) -> str:
    """Return the statement that tells the columns and reads no row."""
    return f"SELECT * FROM {relation(url)} WHERE 1 = 0"  # noqa: S608  (the supplier's own query, read-only)


def require_still(names: Sequence[str], known: Sequence[str], url: DatabaseUrl) -> None:
    """Refuse a table that lost one of ``names`` since it was opened."""
    if not set(names).issubset(known):
        raise DataError(f"{url.name}: lost a column since it was opened; leave it as it is during a study")


def all_rows(origin: str, chosen: Sequence[str], order: Sequence[str]) -> str:
    """Return the statement that reads ``chosen`` expressions, sorted by ``order``, or as they are kept."""
    statement = f"SELECT {', '.join(chosen)} FROM {origin}"  # noqa: S608  (as above)
    return f"{statement} ORDER BY {', '.join(order)}" if order else statement
