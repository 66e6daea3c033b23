"""What a durable store asks of a database: one connection that writes and one that reads.

A session is used by one thread at a time and decides nothing: when a transaction begins, which functions
share it and who hears of its end, the :class:`~syncline.durable.writer.Writer` says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

Given = TypeVar("Given")
"""What functions of the caller get to work with: a connection of sqlite3, the hub's ``Transaction``."""

_Given_co = TypeVar("_Given_co", covariant=True)
T = TypeVar("T")


class WriteSession(Protocol[_Given_co]):
    """The connection on which the writer's transactions run, one after another."""

    def begin(self) -> _Given_co:
        """Begin a transaction that no other writer of this database overlaps; return what functions get."""
        ...

    def in_transaction(self) -> bool:
        """Tell whether the transaction still stands: a database may have undone all of it."""
        ...

    def set_savepoint(self) -> None:
        """Mark where one function begins."""
        ...

    def undo_to_savepoint(self) -> None:
        """Undo what the function did since."""
        ...

    def drop_savepoint(self) -> None:
        """Forget the mark; what was done stays part of the transaction."""
        ...

    def commit(self) -> None:
        """Return once the transaction is on the disk; raise where it is not there."""
        ...

    def roll_back(self) -> None:
        """Undo the whole transaction, if there is one; never raise: the caller holds the first error."""
        ...

    def changed_outside(self) -> bool:
        """Tell whether another connection committed since the last call; own commits do not count."""
        ...

    def explain(self, error: Exception) -> Exception:
        """Return what a caller hears: a fault of the storage in one sentence, any other error as it is."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class ReadSession(Protocol[_Given_co]):
    """The connection on which functions read, each on one snapshot."""

    def read(self, function: Callable[[_Given_co], T]) -> T:
        """Run ``function`` on a snapshot that holds all that was committed before; refuse its writes."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...
