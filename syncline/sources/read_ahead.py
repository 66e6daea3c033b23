"""A stream for readers that read ahead on threads of their own, as Arrow's reader of delimited text does.

Such a thread calls back into Python: when it reads, and when it is the last to let go of the stream. Where it
still waits for the interpreter when its reader is discarded, both wait for ever; where the process ends
meanwhile, it aborts. So a reader is discarded only when no thread stands in the stream, which is at its end
from then on; and its place is left only when nobody holds the stream any more.
"""

from __future__ import annotations

import io
import sys
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO

import pyarrow as pa

QUIET_SECONDS = 0.5
"""A reader that does not ask for so long has read ahead as far as it wants, and waits to be asked itself."""

DROP_SECONDS = 5.0
"""A thread that has not let go of a discarded reader after so long never will."""

_BLOCK_BYTES = 1024 * 1024
_LOOK_SECONDS = 0.001

Reader = AbstractContextManager[Iterator[pa.RecordBatch]]


def batches_read_ahead(
    stream: BinaryIO, reader_of: Callable[[pa.NativeFile], Reader]
) -> Generator[pa.RecordBatch]:
    """Yield what the reader of ``stream`` yields; afterwards no thread of it holds anything of Python.

    What the stream raises is raised as it is, else what the reader raises.

    Args:
        stream: What is read; it may be closed when the iterator has ended or was closed.
        reader_of: Opens a reader of Arrow over a file.
    """
    failures: list[Exception] = []
    gate = _Gate(stream, failures)
    held = weakref.ref(gate)
    # Arrow's own copies of what was read need no interpreter when they are given back, on whatever thread.
    file = pa.BufferedInputStream(pa.PythonFile(gate, mode="r"), _BLOCK_BYTES)
    reader = None
    refusal: Exception | None = None
    try:
        with reader_of(file) as reader:
            yield from reader
    except Exception as error:
        refusal = error.with_traceback(None)  # whose frames hold the file
    finally:
        gate.leave()
        del gate, file, reader
        _wait_until(lambda: held() is None, DROP_SECONDS)
    refusal = next(iter(failures), refusal)
    if refusal is not None:
        try:
            raise refusal
        finally:
            del refusal, failures  # which would hold themselves by the frame of this function


class _Gate(io.RawIOBase):
    """Pass reads on until the stream fails or is left; know which threads are inside."""

    def __init__(self, stream: BinaryIO, failures: list[Exception]) -> None:
        self._stream = stream
        self._failures = failures
        self._turn = threading.Lock()
        self._left = False
        self._ended = threading.Event()
        self._readers: set[int] = set()
        self._own = threading.get_ident()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, none once the stream has ended, has failed or was left."""
        self._readers.add(threading.get_ident())
        with self._turn:
            content = b"" if self._left else self._read(size)
        if not content:
            self._ended.set()
        return content

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except Exception as error:  # kept without its frames, which would hold the stream
            self._left = True
            self._failures.append(error.with_traceback(None))
            return b""

    def leave(self) -> None:
        """End the stream, and wait until no thread of a reader is in Python."""
        with self._turn:
            self._left = True
        if self._readers - {self._own}:
            self._ended.wait(QUIET_SECONDS)
        _wait_until(lambda: not self._inside(), QUIET_SECONDS)

    def _inside(self) -> bool:
        """Tell whether a reader's thread is in Python, where alone it has a frame or the state for one."""
        return not sys._current_frames().keys().isdisjoint(self._readers - {self._own})


def _wait_until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait until a condition holds, ``seconds`` at most."""
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
