"""Which of 64 buckets a person is in: another one in each scope, so that buckets link nothing across scopes.

A count of cells tells which buckets occur in each, so that persons are counted and not rows. A bucket with
one person in it shows all cells of that person that are counted under the same hash. So each *scope*, that is
a column, a set of columns or a tree, has a hash of its own: by its buckets whoever sees counts puts together
only what was counted together anyhow.

The hash is the first byte, modulo 64, of the person's number as one block under AES-128, keyed by the scope.
The key is no secret, the number is: it is 64 bits of a hash that is keyed by what the suppliers of a study
know alone (:mod:`syncline.protocols.person_key`). See decision 0073.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

Owners: TypeAlias = npt.NDArray[np.int64]
Buckets: TypeAlias = npt.NDArray[np.uint8]
Scope: TypeAlias = bytes

PERSON_BUCKETS = 64
"""Buckets that persons fall into, so that a set of them is one 64-bit mask."""

_LABEL = b"syncline/scope/1\x00"
_BLOCK = 16


@lru_cache(maxsize=1 << 16)
def scope_of(kind: str, *names: str) -> Scope:
    """Return the scope of what is counted about ``names`` together: 16 bytes, one for each kind and names."""
    words = (word.encode() for word in (kind, *names))
    framed = b"".join(len(word).to_bytes(4, "big") + word for word in words)
    return hashlib.sha256(_LABEL + framed).digest()[:_BLOCK]


def buckets_of(owner: Owners, scope: Scope) -> Buckets:
    """Return the bucket (n,) in one scope of each row's person, given by number (n,)."""
    blocks = np.zeros((len(owner), 2), "<i8")
    blocks[:, 0] = owner
    cipher = Cipher(algorithms.AES(scope), modes.ECB())  # noqa: S305  (each block is hashed by itself)
    hashed = cipher.encryptor().update(blocks.tobytes())
    return np.frombuffer(hashed, np.uint8)[::_BLOCK] & np.uint8(PERSON_BUCKETS - 1)


def joined_buckets(parts: Sequence[Buckets | None]) -> Buckets | None:
    """Return the buckets of several columns of rows one after the other; None where there are no persons."""
    found = [part for part in parts if part is not None]
    return np.concatenate(found) if found else None
