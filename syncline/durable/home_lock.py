"""Keep a second daemon from running on one home."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from syncline.durable.storage_fault import storage_error_from_os
from syncline.errors import UsageError

LOCK_NAME = "lock"
_LONGEST_PID = 20


class HomeLock:
    """Hold a home directory for this process until it is released or the process ends, however it ends."""

    def __init__(self, home: Path) -> None:
        self.path = home / LOCK_NAME
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as fault:
            raise storage_error_from_os(self.path, fault) from fault
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise UsageError(f"home {home} is in use by {holder}: stop it or name another home") from None
        self._descriptor: int | None = descriptor
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Let another process take the home; releasing twice does no harm."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _holder(descriptor: int) -> str:
    text = os.pread(descriptor, _LONGEST_PID, 0).decode("ascii", "replace").strip()
    return f"process {text}" if text.isdigit() else "another process"
