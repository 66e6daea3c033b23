"""Choose persons by a hash that depends on their rows alone, not on how these are split or ordered."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from syncline.validation.cell_table import CellTable

_ALL = 2**64


def contents(table: CellTable) -> Iterator[bytes]:
    """Yield the content of each row, equal where all cells are."""
    cells = np.column_stack([*table.keys, *(status.astype(np.int64) for status in table.status)])
    width = cells.shape[1] * cells.itemsize
    content = np.ascontiguousarray(cells.astype("<i8")).tobytes()
    return (content[start : start + width] for start in range(0, len(content), width))


def repeated_share(table: CellTable) -> float:
    """Return the share of the rows that stand in the table more than once."""
    often = Counter(contents(table))
    return sum(count for count in often.values() if count > 1) / max(table.n_rows, 1)


def row_lots(table: CellTable, key: bytes) -> npt.NDArray[np.uint64]:
    """Return a number (n_rows,) for each row: BLAKE2b of its content, keyed by ``key`` (64 bytes at most)."""
    lots = b"".join(hashlib.blake2b(row, key=key, digest_size=8).digest() for row in contents(table))
    return np.frombuffer(lots, ">u8").astype(np.uint64)


def person_lots(table: CellTable, key: bytes) -> npt.NDArray[np.uint64]:
    """Return the smallest number (n_persons,) of each person's rows."""
    found = np.full(table.n_persons, _ALL - 1, np.uint64)
    np.minimum.at(found, table.owner, row_lots(table, key))
    return found
