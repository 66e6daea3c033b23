"""Remember which rows were seen, by 128-bit hashes: 16 bytes a row, whatever the row holds.

The hash of a row is the sum of the hashes of its cells, each a BLAKE2b of the text salted by the column's
place, in two lanes modulo 2**64. Rows that differ in one cell or more have sums that differ by the hashes of
those cells, which for texts that nobody chose to that end are as good as drawn at random. So two different
rows of 2**40 share a hash with a probability below 2**-48 (birthday bound n**2 / 2**129).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from syncline.preparation.dictionary_memo import DictionaryMemo
from syncline.preparation.text_encoder import is_encoded

Hashes: TypeAlias = npt.NDArray[np.uint64]
"""Two lanes for each row or text (n, 2)."""

_BYTES = 16


class RowHashes:
    """Hash rows of ``n_columns`` cells, the cells of a dictionary once."""

    def __init__(self, n_columns: int) -> None:
        self._columns = [_CellHashes(place) for place in range(n_columns)]

    def of(self, columns: Sequence[pa.Array]) -> Hashes:
        """Return the hashes (n, 2) of the rows that ``columns`` (n,) make."""
        total = np.zeros((len(columns[0]), 2), np.uint64)
        for hashes, column in zip(self._columns, columns, strict=True):
            total += hashes.of(column)
        return total


class SeenRows:
    """Hold the hashes of all rows so far in a few sorted runs, each at least twice as long as the next."""

    def __init__(self) -> None:
        self._runs: list[npt.NDArray[np.bytes_]] = []

    def add(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Remember rows by their ``hashes`` (n, 2) and tell for each whether it is the first of its kind."""
        distinct, first_places = np.unique(hashes.view(f"S{_BYTES}").ravel(), return_index=True)
        new = ~self._known(distinct)
        is_first = np.zeros(len(hashes), np.bool_)
        is_first[first_places[new]] = True
        self._keep(distinct[new])
        return is_first

    def _known(self, hashes: npt.NDArray[np.bytes_]) -> npt.NDArray[np.bool_]:
        known = np.zeros(len(hashes), np.bool_)
        for run in self._runs:
            places = np.minimum(np.searchsorted(run, hashes), len(run) - 1)
            known |= run[places] == hashes
        return known

    def _keep(self, run: npt.NDArray[np.bytes_]) -> None:
        if not len(run):
            return
        while self._runs and len(self._runs[-1]) < 2 * len(run):
            run = np.concatenate([self._runs.pop(), run])
            run.sort()
        self._runs.append(run)


class _CellHashes:
    """Hash the cells of one column; a missing cell is told apart from every text."""

    def __init__(self, place: int) -> None:
        self._missing = hashlib.blake2b(digest_size=_BYTES, salt=place.to_bytes(8, "big"), person=b"missing")
        self._text = hashlib.blake2b(digest_size=_BYTES, salt=place.to_bytes(8, "big"), person=b"text")
        self._memo: DictionaryMemo[Hashes] = DictionaryMemo(
            self._of_texts, lambda one, two: np.concatenate([one, two])
        )

    def of(self, column: pa.Array) -> Hashes:
        """Return the hash of each cell (n, 2)."""
        if is_encoded(column):
            places: npt.NDArray[np.int32] = column.indices.to_numpy()
            return self._memo.of(column.dictionary)[places]
        return self._of_texts(column)

    def _of_texts(self, texts: pa.Array) -> Hashes:
        content = b"".join(map(self._digest, texts.to_pylist()))
        return np.frombuffer(content, np.uint64).reshape(-1, 2)

    def _digest(self, text: str | None) -> bytes:
        if text is None:
            return self._missing.digest()
        hashed = self._text.copy()
        hashed.update(text.encode())
        return hashed.digest()
