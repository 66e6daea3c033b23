"""Digest the rows of a table as they stream by, so that nothing of it needs to be kept."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

DIGEST_ROWS = 65_536
"""Rows in each batch that is digested: the digest depends on where batches end."""


def content_digest(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> str:
    """Return the SHA-256 of names, types and values; ``batches`` have ``DIGEST_ROWS`` rows each."""
    sink = _DigestSink()
    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.sha256.hexdigest()


class _DigestSink(io.RawIOBase):
    """Take what is written into a digest and keep nothing."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:  # Any: whatever offers its bytes
        self.sha256.update(content)
        return len(memoryview(content))
