"""Turn what the disk and SQLite complain of into one sentence with a remedy."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from syncline.errors import StorageError, SynclineError, UsageError

_SQLITE_REMEDIES = {
    sqlite3.SQLITE_FULL: "the disk is full; nothing of this step was saved: free space and try again",
    sqlite3.SQLITE_BUSY: "another process holds it locked: wait for that command to end and try again",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: restore it from a backup",
    sqlite3.SQLITE_NOTADB: "it is not a Syncline database: name another home or restore it from a backup",
    sqlite3.SQLITE_READONLY: "it cannot be written: make the file and its directory writable by this user",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: make the directory exist and be writable by this user",
    sqlite3.SQLITE_PERM: "access is denied: make the file and its directory writable by this user",
    sqlite3.SQLITE_IOERR: "the disk reports an error: check the device and the space left on it",
}

_OS_REMEDIES = {
    errno.ENOSPC: "the disk is full; nothing of this step was saved: free space and try again",
    errno.EDQUOT: "the disk quota is used up; nothing of this step was saved: free space and try again",
    errno.EFBIG: "the file would exceed the size limit of this process or file system: raise the limit",
    errno.EACCES: "access is denied: make the file and its directory readable and writable by this user",
    errno.EROFS: "the file system is read-only: mount it writable or name another home",
    errno.ENOENT: "it does not exist: check the home's path or restore it from a backup",
}

_PRIMARY_CODE = 0xFF


def storage_error_from_sqlite(path: Path, fault: sqlite3.Error) -> StorageError:
    """Describe a failure of the database file at ``path``, without any value that it holds."""
    code = primary_code(fault)
    remedy = _SQLITE_REMEDIES.get(code)
    if remedy is None:
        name = getattr(fault, "sqlite_errorname", type(fault).__name__)
        remedy = f"SQLite reports {name}: report this with the software version"
    return StorageError(f"database {path}: {remedy}")


def sqlite_fault(error: Exception) -> sqlite3.Error | None:
    """Return SQLite's own error, also where a layer above it wrapped it as ``orig``; None for any other."""
    own = getattr(error, "orig", error)
    return own if isinstance(own, sqlite3.Error) else None


def is_storage_fault(fault: sqlite3.Error) -> bool:
    """Tell whether the file or the disk is at fault, rather than the statement."""
    return primary_code(fault) in _SQLITE_REMEDIES


def primary_code(fault: sqlite3.Error) -> int:
    """Return SQLite's primary result code; SQLITE_ERROR where the module itself raised."""
    return int(getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & _PRIMARY_CODE


_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG})


def place_error(argument: str, path: Path, fault: OSError) -> SynclineError:
    """Describe why nothing can be made at a place that the command line names: mostly it is ill chosen."""
    if fault.errno in _DISK:
        return storage_error_from_os(path, fault)
    return UsageError(f"{argument} {path}: cannot be made there ({fault.strerror}); name another place")


def storage_error_from_os(path: Path, fault: OSError) -> StorageError:
    """Describe a failure of the file or directory at ``path``."""
    number = fault.errno or 0
    if number == errno.ENOENT and not path.parent.is_dir():
        return StorageError(f"file {path}: there is no directory {path.parent}: make the directory first")
    remedy = _OS_REMEDIES.get(number)
    if remedy is None:
        remedy = f"the system reports {errno.errorcode.get(number, 'an error')}: check the disk"
    return StorageError(f"file {path}: {remedy}")
