"""Files as they stand on disk: what keeps one from being read, and a digest that notices changes."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from syncline.errors import DataError


class _Stamp(NamedTuple):
    """What the file system tells of a file, which changes when its content does."""

    device: int
    inode: int
    size: int
    changed_ns: int


class FileContent:
    """Digest a file, reading it again only when the file system says that it may have changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: _Stamp | None = None
        self._sha256 = ""

    def digest(self) -> str:
        """Return the SHA-256 of the file in hexadecimal."""
        with readable(self._path):
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                with self._path.open("rb") as file:
                    self._sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                self._stamp = stamp
        return self._sha256


def require_file(path: Path) -> None:
    """Refuse a path that is missing, unreadable or no regular file, in a sentence that names the remedy."""
    with readable(path):
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise DataError(f"{path}: is a directory; name the file in it")
        if not stat.S_ISREG(mode):
            raise DataError(f"{path}: is no regular file; copy the data into one")
        with path.open("rb"):
            pass


@contextmanager
def unchanged(path: Path) -> Iterator[int]:
    """Refuse a file that changes between the beginning and the end of a pass; yield its size in bytes."""
    before = _stamp(path)
    try:
        yield before.size
    except DataError:
        _require_stamp(path, before)
        raise
    _require_stamp(path, before)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what the operating system says of ``path`` into a :class:`DataError`."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; check the path") from None
    except PermissionError:
        raise DataError(f"{path}: may not be read by this user; change its permissions") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "the system gives no reason"
        raise DataError(f"{path}: cannot be read: {reason}; check the path and the disk") from None


def file_stamp(path: Path) -> tuple[int, ...] | None:
    """Return what changes when the file's content does, or None where there is no such file."""
    try:
        return _stamp(path)
    except FileNotFoundError:
        return None


def _require_stamp(path: Path, stamp: _Stamp) -> None:
    if _stamp(path) != stamp:
        raise DataError(f"{path}: changed while it was read; leave it as it is during a study")


def _stamp(path: Path) -> _Stamp:
    status = path.stat()
    return _Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
