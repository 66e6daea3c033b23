"""The holdout fold and the buckets of persons: keyed hashes, so that every split and every flow agrees.

A person is held out when the first 8 bytes (big endian) of HMAC-SHA256(salt, canonical id) are below
``fraction * 2**64``; without a person column a row is hashed in the place of its person. The comparison is
one of integers with the exact decimal fraction. The salt is one for the whole study, so a person known to
two suppliers is on one side at both, and nobody without the salt can tell on which.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np

from syncline.data.batch import PERSON_BUCKETS, Buckets, Keys, Mask, Owners, Statuses
from syncline.errors import UsageError

_BUCKET_LABEL = b"bucket\x00"


@dataclass(frozen=True, slots=True)
class Fold:
    """Say which part of the persons, or rows, is held out.

    Parameters
    ----------
    salt
        Key of the hashes, one for all suppliers of a study.
    fraction
        The part to hold out, from 0 (none) to 1; a float is taken for the decimal that it prints as.
    """

    salt: bytes = field(repr=False)
    fraction: Fraction | Decimal | float | str = 0
    threshold: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        fraction = Fraction(str(self.fraction))
        if not 0 <= fraction <= 1:
            raise UsageError(f"holdout: must be from 0 to 1, not {self.fraction}")
        object.__setattr__(self, "threshold", int(fraction * 2**64))

    def holds_out(self, canonical: Sequence[bytes]) -> Mask:
        """Tell for each canonical person or row (n,) whether it is held out."""
        if self.threshold == 0:
            return np.zeros(len(canonical), np.bool_)
        heads = (hmac.digest(self.salt, message, "sha256")[:8] for message in canonical)
        below = (int.from_bytes(head, "big") < self.threshold for head in heads)
        return np.fromiter(below, np.bool_, len(canonical))

    def persons(self, canonical: Sequence[bytes]) -> tuple[Buckets, Owners]:
        """Return the bucket (n,) of each canonical person id, and a number (n,) that tells persons apart.

        The numbers are 64 bits of a keyed hash: among ten million persons two share one with probability
        3e-6. Whoever knows the salt can try ids on them, so they never leave a supplier.
        """
        digests = b"".join(hmac.digest(self.salt, _BUCKET_LABEL + person, "sha256") for person in canonical)
        whole = np.frombuffer(digests, np.uint8).reshape(-1, 32)
        owners = np.ascontiguousarray(whole[:, 8:16]).view("<i8")[:, 0].astype(np.int64)
        return whole[:, 0] & np.uint8(PERSON_BUCKETS - 1), owners


def canonical_rows(names: Sequence[str], keys: Sequence[Keys], status: Sequence[Statuses]) -> list[bytes]:
    """Return each row as bytes: its little-endian keys, then its statuses, both in the order of ``names``.

    So a row hashes alike in whichever order the columns stand and whatever they were read from.
    """
    order = sorted(range(len(names)), key=names.__getitem__)
    if not order:
        return []
    key_bytes = np.column_stack([keys[column].astype("<i8") for column in order]).view(np.uint8)
    rows = np.concatenate([key_bytes, np.column_stack([status[column] for column in order])], axis=1)
    width = rows.shape[1]
    content = np.ascontiguousarray(rows).tobytes()
    return [content[start : start + width] for start in range(0, len(content), width)]
