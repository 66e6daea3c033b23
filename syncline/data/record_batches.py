"""Cut a stream of record batches anew, so that nothing depends on how its rows arrived."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import pyarrow as pa


def in_batches_of(rows: int, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of ``batches`` in batches of exactly ``rows`` rows, the last one smaller."""
    if rows < 1:
        raise ValueError("a batch has at least one row")
    waiting: deque[pa.RecordBatch] = deque()
    n_waiting = 0
    for batch in batches:
        waiting.append(batch)
        n_waiting += batch.num_rows
        while n_waiting >= rows:
            yield _joined(_taken(waiting, rows))
            n_waiting -= rows
    if n_waiting:
        yield _joined(list(waiting))


def _taken(waiting: deque[pa.RecordBatch], rows: int) -> list[pa.RecordBatch]:
    """Remove ``rows`` rows from the front of ``waiting`` and return them."""
    taken = []
    while rows:
        batch = waiting.popleft()
        if batch.num_rows > rows:
            waiting.appendleft(batch.slice(rows))
            batch = batch.slice(0, rows)
        taken.append(batch)
        rows -= batch.num_rows
    return taken


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)
