"""A payload on its way in: chunks in any order, any number of times, over any number of restarts."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from syncline.durable.crash_points import crash_point
from syncline.durable.sealed_object import CHUNK_BYTES, PayloadId, SealedObject
from syncline.durable.storage_fault import storage_error_from_os
from syncline.errors import ProtocolError

SYNC_EVERY = 16
"""Chunks between two waits for the disk: bounds what a power cut costs (a killed process loses nothing)."""


class Upload:
    """Take the chunks of one payload; :meth:`finish` checks the whole and makes it readable.

    It belongs to one thread at a time.

    Parameters
    ----------
    payload
        What was announced.
    target
        The partial file; None where the payload is complete already: then nothing is missing, chunks are
        ignored and :meth:`finish` does nothing.
    final
        The name that the partial file gets when it is whole.
    """

    def __init__(self, payload: PayloadId, target: SealedObject | None, final: Path) -> None:
        self.payload = payload
        self._target = target
        self._final = final
        self._missing: set[int] = set()
        self._unsynced = 0
        self._hash = hashlib.sha256()
        self._hashed = 0
        if target is not None:
            self._missing = {index for index in range(payload.chunks) if not self._find(target, index)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def missing_chunks(self) -> list[int]:
        """Return the indices that were not yet written, in order."""
        return sorted(self._missing)

    def write_chunk(self, index: int, data: bytes) -> None:
        """Store one chunk; one that is there already is left as it is."""
        if not 0 <= index < self.payload.chunks:
            raise ProtocolError(f"payload: chunk {index} of {self.payload.chunks} was sent")
        expected = self.payload.chunk_size(index)
        if len(data) != expected:
            raise ProtocolError(f"payload: chunk {index} has {len(data)} bytes, expected {expected}")
        if self._target is None or index not in self._missing:
            return
        try:
            self._target.write(index, data)
            self._unsynced += 1
            if self._unsynced == SYNC_EVERY:
                self._sync(self._target)
        except OSError as fault:
            raise storage_error_from_os(self._target.path, fault) from fault
        self._missing.discard(index)
        self._absorb(index, data)

    def finish(self) -> None:
        """Make the payload readable once it is on the disk; delete what does not match its digest."""
        if self._target is None:
            return
        if self._missing:
            raise ProtocolError(f"payload: {len(self._missing)} of {self.payload.chunks} chunks are missing")
        for index in range(self._hashed, self.payload.chunks):
            self._absorb(index, self._target.read(index) or b"")
        if self._hash.digest() != self.payload.sha256:
            self.close()
            self._target.path.unlink(missing_ok=True)
            raise ProtocolError("payload: its bytes do not match its SHA-256: send it again")
        try:
            self._sync(self._target)
            self.close()
            _rename(self._target.path, self._final)
        except OSError as fault:
            raise storage_error_from_os(self._target.path, fault) from fault
        self._target = None

    def close(self) -> None:
        """Close the file; what was written stays for the next attempt."""
        if self._target is not None:
            self._target.close()

    def _find(self, target: SealedObject, index: int) -> bool:
        chunk = target.read(index)
        if chunk is None:
            return False
        self._absorb(index, chunk)
        return True

    def _absorb(self, index: int, chunk: bytes) -> None:
        """Hash chunks that come in order as they come, so that ``finish`` need not read them again."""
        if index == self._hashed:
            self._hash.update(chunk)
            self._hashed += 1

    def _sync(self, target: SealedObject) -> None:
        target.sync()
        self._unsynced = 0


def _rename(partial: Path, final: Path) -> None:
    """Give a finished upload its name, durably."""
    crash_point("payload:before-rename")
    try:
        os.replace(partial, final)
    except FileNotFoundError:
        if not final.exists():
            raise
        return  # a second connection of the same sender finished this upload first
    descriptor = os.open(final.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    crash_point("payload:after-rename")


def split(data: bytes) -> list[bytes]:
    """Cut a payload into chunks of 1 MiB; the last one is shorter, and an empty payload has none."""
    return [data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES)]
