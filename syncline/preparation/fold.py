"""The holdout fold and the numbers of persons: keyed hashes, so that every split and every flow agrees.

A person is held out when the first 8 bytes (big endian) of HMAC-SHA256(salt, canonical id) are below
``fraction * 2**64``; without a person column a row is hashed in the place of its person. The comparison is
one of integers with the exact decimal fraction. The salt is one for the whole study, so a person known to
two suppliers is on one side at both, and nobody without the salt can tell on which.

The number that tells a person apart is keyed by more than the salt, which the hub knows: see
:mod:`syncline.protocols.person_key`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeAlias

import numpy as np

from syncline.data.batch import Keys, Mask, Statuses
from syncline.data.buckets import Owners
from syncline.errors import DataError, ProtocolError, UsageError

_PERSON_LABEL = b"person\x00"
_KEY_LABEL = b"syncline/person-key-of-salt/1\x00"
_UNTOLD = "its rows are about a person whose number was not sent with them"


@dataclass(frozen=True, slots=True)
class KeyedPersons:
    """Number persons by 64 bits of HMAC-SHA256(key, canonical id): among ten million two collide at 3e-6."""

    key: bytes = field(repr=False)

    def of(self, canonical: Sequence[bytes]) -> Owners:
        """Return the number (n,) of each canonical person id."""
        heads = (hmac.digest(self.key, _PERSON_LABEL + person, "sha256")[:8] for person in canonical)
        return np.frombuffer(b"".join(heads), "<i8").astype(np.int64)


@dataclass(frozen=True, slots=True)
class ToldPersons:
    """Number those persons whose numbers came with their rows, by the SHA-256 of their canonical ids."""

    numbers: Mapping[bytes, int] = field(repr=False)

    def of(self, canonical: Sequence[bytes]) -> Owners:
        """Return the number (n,) of each canonical person id; raise DataError where one was not told."""
        try:
            found = [self.numbers[hashlib.sha256(person).digest()] for person in canonical]
        except KeyError:
            raise DataError(_UNTOLD, public=_UNTOLD) from None
        return np.array(found, np.int64)


Numbering: TypeAlias = KeyedPersons | ToldPersons | Literal["salted"] | None


@dataclass(frozen=True, slots=True)
class Fold:
    """Say which part of the persons, or rows, is held out.

    Parameters
    ----------
    salt
        Key of the hashes, one for all suppliers of a study.
    fraction
        The part to hold out, from 0 (none) to 1; a float is taken for the decimal that it prints as.
    persons
        What numbers persons. By default it follows from the salt, where one process has all rows; None where
        it is not known, as at the hub.
    """

    salt: bytes = field(repr=False)
    fraction: Fraction | Decimal | float | str = 0
    persons: Numbering = "salted"
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

    def numbers(self, canonical: Sequence[bytes]) -> Owners:
        """Return a number (n,) for each canonical person id, which tells persons apart; see ``persons``."""
        persons = self.persons
        if persons is None:
            raise ProtocolError("the key that numbers persons is not known here")
        if persons == "salted":
            persons = KeyedPersons(hmac.digest(_KEY_LABEL, self.salt, "sha256"))
        return persons.of(canonical)


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
