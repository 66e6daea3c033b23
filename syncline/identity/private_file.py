"""Files that hold secrets: written whole or not at all, with mode 600; refused when others may read them."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from syncline.errors import IdentityError

MAX_BYTES = 65_536
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write_private(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` with mode 600; after a kill either the old or the new file is there."""
    _write(path, data, 0o600)


def write_public(path: Path, data: bytes) -> None:
    """Put ``data``, which is no secret, at ``path`` with mode 644, as atomically as a private file."""
    _write(path, data, 0o644)


def read_private(path: Path) -> bytes:
    """Return what ``path`` holds; refuse a file that its group or others may read, write or run."""
    return _read(path, _OTHERS)


def read_public(path: Path) -> bytes:
    """Return what ``path`` holds, whoever else may read it."""
    return _read(path, 0)


def _write(path: Path, data: bytes, mode: int) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_directory(path.parent)
    except OSError as fault:
        reason = os.strerror(fault.errno or 0)
        raise IdentityError(
            f"file {path}: it cannot be written ({reason}): mend that and try again"
        ) from fault


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, forbidden: int) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & forbidden:
                raise IdentityError(
                    f"file {path}: its mode is {mode:o}, so others may use the key in it: run chmod 600 on it"
                )
            data = file.read(MAX_BYTES + 1)
    except OSError as fault:
        reason = os.strerror(fault.errno or 0)
        raise IdentityError(f"file {path}: it cannot be read ({reason}): check the home's path") from fault
    if len(data) > MAX_BYTES:
        raise IdentityError(f"file {path}: over {MAX_BYTES} bytes, which no key or certificate has")
    return data
