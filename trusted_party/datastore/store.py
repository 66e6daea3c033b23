"""The port between what the hub remembers and where: a ``Store`` runs functions in a ``Transaction``.

A transaction runs statements of SQLAlchemy Core, which are the same for every database. They are built once,
at import, with ``bindparam`` for what varies: SQLAlchemy then finds their SQL in a cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Executable, RowMapping
from sqlalchemy.sql.dml import UpdateBase

from syncline.durable.store import DurableStore

RowValues: TypeAlias = Mapping[str, Any]  # Any: what a column holds, checked by its type
_ROWS_AT_A_TIME: Final = 500


class Transaction:
    """What a function of the hub works with while its transaction, or its snapshot, is open."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def first(self, statement: Executable, values: RowValues | None = None) -> RowMapping | None:
        """Return the first row that a statement finds, by name of column; None where there is none."""
        return self._connection.execute(statement, values).mappings().first()

    def rows(self, statement: Executable, values: RowValues | None = None) -> Sequence[RowMapping]:
        """Return all rows that a statement finds."""
        return self._connection.execute(statement, values).mappings().all()

    def stream(self, statement: Executable) -> Iterator[RowMapping]:
        """Read the rows of a long table one after another, without holding all of them."""
        options = {"yield_per": _ROWS_AT_A_TIME}
        yield from self._connection.execute(statement, execution_options=options).mappings()

    def run(self, statement: UpdateBase, values: RowValues | None = None) -> int:
        """Insert, update or delete; return how many rows that changed."""
        return self._connection.execute(statement, values).rowcount

    def run_each(self, statement: UpdateBase, many: Sequence[RowValues]) -> None:
        """Run a statement once for each of ``many``, which may be none."""
        if many:
            self._connection.execute(statement, many)


Store: TypeAlias = DurableStore[Transaction]
"""The hub's database; its sessions say which one."""
