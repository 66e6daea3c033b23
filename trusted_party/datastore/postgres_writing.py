"""The hub's writer on PostgreSQL: one transaction at a time in the whole database, and none of unknown end.

SQLite lets one process write at a time, and what the hub checks before it writes relies on that. Here each
transaction first takes an advisory lock that all writers of the database share, and only then looks: under
READ COMMITTED each of its statements sees all that was committed before, so the outcome is that of running
the transactions one after another (without the retries that SERIALIZABLE would need).

A hub holds a second advisory lock for as long as its connection lasts, so that no other hub serves from the
same database. Both locks end with the connection, however that ends.

Where the connection is lost while it commits, the number of the transaction, noted at its beginning, tells
after a reconnection whether it was committed.
"""

from __future__ import annotations

import contextlib
import time
from typing import Final, LiteralString

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from syncline.errors import StorageError, UsageError
from trusted_party.datastore.database_address import DatabaseAddress
from trusted_party.datastore.migration import NEWEST, current_step, migrate
from trusted_party.datastore.postgres_connection import Raw, connect, layer, reconnect
from trusted_party.datastore.postgres_fault import (
    is_storage_fault,
    postgres_fault,
    storage_error,
    without_values,
)
from trusted_party.datastore.postgres_notices import CHANNEL, Notices
from trusted_party.datastore.store import Transaction

_LOCKS: Final = 0x53594E43
"""The first half of both locks' numbers: SYNC in ASCII."""

_WRITE_LOCK: Final = f"SELECT pg_advisory_xact_lock({_LOCKS}, 1)"
_HUB_LOCK: Final = f"SELECT pg_try_advisory_lock({_LOCKS}, 2)"
_BEGIN: Final = (
    f"BEGIN ISOLATION LEVEL READ COMMITTED; {_WRITE_LOCK}; NOTIFY {CHANNEL};"
    " SAVEPOINT job; SELECT pg_current_xact_id()::text"
)
_NEXT_SAVEPOINT: Final = "RELEASE SAVEPOINT job; SAVEPOINT job"
_STATUS: Final = "SELECT pg_xact_status(%s::xid8)"
_ENDED: Final = (errors.AdminShutdown, errors.CrashShutdown)
_SETTLE_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 0.05


class DatabaseTaken(StorageError):
    """Another hub serves from the database, which this one lost: it has to end."""


class PostgresWriteSession:
    """The connection of this process that writes; a lost one is replaced when the next transaction begins.

    Parameters
    ----------
    url
        The database.
    sole
        Whether this process is a hub, of which a database has one at a time.
    notices
        What hears of the commits of others; it is told which connections are our own.
    """

    def __init__(self, url: DatabaseAddress, *, sole: bool, notices: Notices) -> None:
        self._url = url
        self._sole = sole
        self._notices = notices
        self._number, self._has_mark = "", False
        self._connection = self._open()
        self._layer = layer(self._connection)

    def migrate(self) -> None:
        """Make the newest tables, in one transaction; where they are there nothing is written."""
        if current_step(self._layer) == NEWEST:
            return
        self.begin()
        try:
            migrate(self._layer, self._url.name)
            self.commit()
        except BaseException:
            self.roll_back()
            raise

    def begin(self) -> Transaction:
        """Wait for the other writers, then begin; a connection that was lost meanwhile is made anew."""
        if self._connection.closed:
            self._replace()
        try:
            self._begin()
        except psycopg.OperationalError as error:
            if not self._is_lost(error):
                raise
            self._replace()
            self._begin()
        return Transaction(self._layer)

    def in_transaction(self) -> bool:
        """Tell whether the transaction still stands."""
        status = self._connection.info.transaction_status
        return status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)

    def set_savepoint(self) -> None:
        """Mark where one function begins; the first mark came with BEGIN, and spares a journey."""
        if self._has_mark:
            self._has_mark = False
        else:
            self._run(_NEXT_SAVEPOINT)

    def undo_to_savepoint(self) -> None:
        """Undo what the function did since; this also mends a transaction that a statement broke."""
        self._run("ROLLBACK TO SAVEPOINT job")

    def drop_savepoint(self) -> None:
        """Leave it to the next mark, or to COMMIT, to forget this one."""

    def commit(self) -> None:
        """Return once the server has the transaction on its disk, also where it could not say so."""
        try:
            done = self._run("COMMIT")
        except psycopg.OperationalError as error:
            if not self._is_lost(error):
                raise
            if not self._was_committed():
                raise
            return
        if done.statusmessage != "COMMIT":
            raise StorageError(f"database {self._url.name}: the server undid the step: try again")

    def roll_back(self) -> None:
        """Undo the whole transaction, if there is one."""
        with contextlib.suppress(psycopg.Error):
            if self.in_transaction():
                self._run("ROLLBACK")

    def changed_outside(self) -> bool:
        """Tell whether another process committed since the last call."""
        return self._notices.take()

    def explain(self, error: Exception) -> Exception:
        """Return a fault of the server, or of the way to it, in one sentence, any other error as it is."""
        fault = postgres_fault(error)
        if fault is not None and is_storage_fault(fault):
            return storage_error(self._url.name, fault)
        return without_values(error)

    def close(self) -> None:
        """Close the connection, and with it give up the hub's lock."""
        self._notices.close()
        self._connection.close()

    def _open(self) -> Raw:
        connection = connect(self._url)
        try:
            self._notices.ignore(connection.info.backend_pid)
            if self._sole and connection.execute(_HUB_LOCK).fetchone() != (True,):
                raise UsageError(
                    f"database {self._url.name} is in use by another hub: stop it or name another database"
                )
        except BaseException:
            connection.close()
            raise
        return connection

    def _run(self, statement: LiteralString) -> psycopg.Cursor[tuple[object, ...]]:
        return self._connection.execute(statement, prepare=False)

    def _is_lost(self, error: psycopg.OperationalError) -> bool:
        return self._connection.closed or isinstance(error, _ENDED)

    def _begin(self) -> None:
        cursor = self._run(_BEGIN)
        while cursor.nextset():
            pass
        row = cursor.fetchone()
        assert row is not None
        self._number, self._has_mark = str(row[0]), True

    def _replace(self) -> None:
        """Connect again; the server may still hold the lock of the lost connection for a moment.

        While the server is away nothing is lost by asking for ever; a hub that another one replaced ends.
        """
        self._connection.close()
        try:
            self._connection = reconnect(self._open_again)
        except DatabaseTaken as taken:
            self._notices.fail(taken)
            raise
        self._layer = layer(self._connection)

    def _open_again(self) -> Raw:
        try:
            return self._open()
        except UsageError as taken:
            raise DatabaseTaken(str(taken)) from None

    def _was_committed(self) -> bool:
        """Ask a new connection what became of the transaction whose commit was not answered."""
        number = self._number
        self._replace()
        ends = time.monotonic() + _SETTLE_SECONDS
        while True:
            row = self._connection.execute(_STATUS, (number,)).fetchone()
            status = None if row is None else row[0]
            if status != "in progress":
                return status == "committed"
            if time.monotonic() > ends:
                raise StorageError(
                    f"database {self._url.name}: the server does not end a step that was lost: restart it"
                )
            time.sleep(_PAUSE_SECONDS)
