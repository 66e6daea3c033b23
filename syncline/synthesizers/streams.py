"""Counter-based random streams: the same bits for a seed, a label and a partition, on every machine.

Philox4x64-10 (Salmon, Moraes, Dror, Shaw 2011, doi:10.1145/2063384.2063405) is keyed by a digest of the
three, so partitions can be drawn in any order and by any process. Only raw 64-bit words are used: what
numpy derives from them may change between its versions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

PARTITION_ROWS = 1 << 16
"""Rows that are drawn from one stream."""


@dataclass(frozen=True, slots=True)
class Seed:
    """The secret from which every stream of a release follows."""

    secret: bytes = field(repr=False)

    @classmethod
    def of_number(cls, number: int) -> Seed:
        """Return the seed of a number that stands in a study, for tests and reproduction."""
        return cls(number.to_bytes(8, "big"))

    def words(self, label: str, partition: int, n: int) -> npt.NDArray[np.uint64]:
        """Return n uniform 64-bit words for one label and partition."""
        text = b"\x00".join([b"syncline/stream", self.secret, label.encode(), str(partition).encode()])
        key = np.frombuffer(hashlib.sha256(text).digest()[:16], np.uint64)
        return np.random.Philox(key=key).random_raw(n)


def mixed(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Derive a second word from a uniform one (SplitMix64's finalizer; Steele, Lea, Flood 2014, fig. 17)."""
    with np.errstate(over="ignore"):
        z = bits + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
