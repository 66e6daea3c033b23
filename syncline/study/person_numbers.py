"""The numbers of persons whose raw rows are sent: for the ids among them, and for nobody else's.

The hub prepares raw rows, and does not know the key that numbers persons. So each number comes with the
SHA-256 of the canonical id that it stands for, which the hub computes of the rows that it has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import pairwise

from syncline.compute.work_limits import WorkLimits
from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.errors import WireError
from syncline.preparation.encoded_rows import encoded_rows
from syncline.preparation.fold import Fold
from syncline.preparation.persons import read_persons
from syncline.preparation.prepared_source import BATCH_ROWS, match_columns
from syncline.sources.source import Source

_DIGEST = hashlib.sha256().digest_size
_ENTRY = _DIGEST + 8
_HELD_BYTES = 256  # what a number takes once it is looked up by its hash


def numbers_of(schema: Schema, person: Variable, fold: Fold, source: Source, *, lenient: bool) -> bytes:
    """Return the numbers of all persons of ``source`` in packed form, in the order of their hashes."""
    column = match_columns(source, schema, absent_as_missing=lenient)[person.name]
    found: dict[bytes, int] = {}
    for rows in encoded_rows(source, [column], BATCH_ROWS):
        persons = read_persons(rows.column(column), person, source.name).distinct
        hashes = (hashlib.sha256(one).digest() for one in persons)
        found |= zip(hashes, fold.numbers(persons).tolist(), strict=True)
    return b"".join(digest + found[digest].to_bytes(8, "little", signed=True) for digest in sorted(found))


def read_numbers(packed: bytes, where: str, limits: WorkLimits) -> Mapping[bytes, int]:
    """Return numbers by hash; they come outside the rows, and are held against the same ``limits``.

    Raises
    ------
    WireError
        Where they are not in the one form that they have.
    WorkLimitReached
        Where there are more of them than may be unpacked.
    """
    require_few_numbers(len(packed) // _ENTRY, where, limits)
    starts = range(0, len(packed), _ENTRY)
    hashes = [packed[start : start + _DIGEST] for start in starts]
    numbers = [packed[start + _DIGEST : start + _ENTRY] for start in starts]
    increasing = all(one < other for one, other in pairwise(hashes))
    if len(packed) % _ENTRY or not increasing:
        raise WireError(f"{where}: the numbers of persons are not in their form")
    return dict(zip(hashes, (int.from_bytes(own, "little", signed=True) for own in numbers), strict=True))


def require_few_numbers(number: int, where: str, limits: WorkLimits) -> None:
    """Raise WorkLimitReached where a number for each of so many persons takes more than ``limits`` allow."""
    limits.require_table(where, rows=number, columns=2, held_bytes=number * _HELD_BYTES)
