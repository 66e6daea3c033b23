"""Turn what PostgreSQL complains of into one sentence with a remedy, without any value that it quotes."""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg import errors
from sqlalchemy.exc import DBAPIError

from syncline.errors import StorageError

_REMEDIES: Final = {
    "08": "the connection was lost: nothing of this step was saved; see that the server runs and try again",
    "25006": "the server takes no writes, as a standby does: name the primary server",
    "28": "the server refused the login: check the user, the password and pg_hba.conf",
    "3D": "there is no such database: create it first",
    "42501": "the user may not do this: make it the owner of the database",
    "42P01": "a table is missing: restore the database from a backup",
    "53100": "the server's disk is full; nothing of this step was saved: free space and try again",
    "53300": "the server has no connection left: a hub needs three, and each command three more",
    "53": "the server is out of memory or disk: free some and try again",
    "55P03": "another process holds it locked: wait for that command to end and try again",
    "57": "the server ended the connection: nothing of this step was saved; try again",
    "58": "the server's disk reports an error: check the device",
    "XX": "the server reports that its data is damaged: restore the database from a backup",
}
"""By the first characters of SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html."""

_LONGEST_CODE: Final = 5


def postgres_fault(error: Exception) -> psycopg.Error | None:
    """Return PostgreSQL's own error, also where SQLAlchemy wrapped it; None for any other."""
    own = getattr(error, "orig", error)
    return own if isinstance(own, psycopg.Error) else None


def storage_error(name: str, fault: psycopg.Error) -> StorageError:
    """Describe a failure of the database that messages call ``name``."""
    remedy = _remedy(fault)
    if remedy is None:
        remedy = f"PostgreSQL reports {fault.sqlstate}: report this with the software version"
    return StorageError(f"database {name}: {remedy}")


def is_storage_fault(fault: psycopg.Error) -> bool:
    """Tell whether the server or the way to it is at fault, rather than the statement."""
    return _remedy(fault) is not None


def would_write(fault: psycopg.Error) -> bool:
    """Tell whether a read-only transaction was asked to write."""
    return isinstance(fault, errors.ReadOnlySqlTransaction)


def without_values(error: Exception) -> Exception:
    """Return the same kind of error without the rows that PostgreSQL quotes in its details."""
    fault = postgres_fault(error)
    if fault is None:
        return error
    words = f"{type(fault).__name__} ({fault.sqlstate}) at {fault.diag.constraint_name or 'a statement'}"
    if isinstance(fault, errors.RaiseException):  # our own words, of a trigger
        words = fault.diag.message_primary or words
    if isinstance(error, DBAPIError):
        return type(error)(error.statement, None, RuntimeError(words), hide_parameters=True)
    return type(fault)(words)


def _remedy(fault: psycopg.Error) -> str | None:
    code = fault.sqlstate
    if code is None:  # it came from the connection, not from the server
        return _REMEDIES["08"] if isinstance(fault, psycopg.OperationalError) else None
    for length in range(_LONGEST_CODE, 1, -1):
        if remedy := _REMEDIES.get(code[:length]):
            return remedy
    return None
