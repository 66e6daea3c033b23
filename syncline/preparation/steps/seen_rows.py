"""Remember which rows were seen, by 128-bit hashes: 16 bytes a row, whatever the row holds.

Two different rows of 2**40 share a hash with a probability below 2**-48 (birthday bound n**2 / 2**129).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

_BYTES = 16


class SeenRows:
    """Hold the hashes of all rows so far in a few sorted runs, each at least twice as long as the next."""

    def __init__(self) -> None:
        self._runs: list[npt.NDArray[np.bytes_]] = []

    def add(self, rows: Iterable[Sequence[str | None]]) -> npt.NDArray[np.bool_]:
        """Remember ``rows`` and tell for each whether it is the first of its kind."""
        content = b"".join(map(_hash, rows))
        hashes = np.frombuffer(content, f"S{_BYTES}")
        distinct, first_places = np.unique(hashes, return_index=True)
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
            run = np.sort(np.concatenate([self._runs.pop(), run]))
        self._runs.append(run)


def _hash(cells: Sequence[str | None]) -> bytes:
    digest = hashlib.blake2b(digest_size=_BYTES)
    for cell in cells:
        content = b"" if cell is None else cell.encode()
        digest.update(b"\0" if cell is None else len(content).to_bytes(8, "big") + b"\1")
        digest.update(content)
    return digest.digest()
