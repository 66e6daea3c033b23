"""The audit: an append-only chain of signed entries that anyone with the public key can check.

Each entry holds the hash of the one before it, and an Ed25519 signature over its own: an entry that was
changed, removed from the middle, moved or put in is found. Entries cut off at the end are found by comparing
:attr:`Verdict.head` with one that was noted elsewhere, such as in an exported file.

An entry's hash is the SHA-256 of its canonical JSON: sorted keys, no spaces, ASCII; times are microseconds of
UTC.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TextIO, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from syncline.clock import Clock
from syncline.durable.storage_fault import place_error, storage_error_from_os
from syncline.errors import StorageError, UsageError

GENESIS = "0" * 64
MAX_LINE = 1 << 20

_DOMAIN = b"syncline/v1/audit-entry\x00"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
COLUMNS = ("seq", "time_us", "kind", "fields", "previous", "hash", "signature")
"""Of a table that keeps the chain, one row an entry."""

_KEY = "signing_key"
_RAW_KEY = re.compile("[0-9a-f]{64}")


class RowOfColumns(Protocol):
    """A row of any database that gives its columns by name."""

    # Any: the type of a column is known by its name.
    def __getitem__(self, name: str, /) -> Any:
        """Return one column."""
        ...


FieldValue: TypeAlias = "str | int | bool | list[FieldValue] | dict[str, FieldValue] | None"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry as it stands in the table or on a line of an export."""

    seq: int
    time_us: int
    kind: str
    fields: dict[str, FieldValue]
    previous: str
    hash: str
    signature: str

    def expected_hash(self) -> str:
        """Return the hash that the entry's content has."""
        content = {
            "seq": self.seq,
            "time_us": self.time_us,
            "kind": self.kind,
            "fields": self.fields,
            "previous": self.previous,
        }
        return hashlib.sha256(_canonical(content).encode()).hexdigest()

    def line(self) -> str:
        """Return the entry as one line of JSON."""
        return _canonical({name: getattr(self, name) for name in COLUMNS})

    def columns(self) -> dict[str, str | int]:
        """Return what a table keeps of the entry, by name of column."""
        kept = {name: getattr(self, name) for name in COLUMNS}
        return {**kept, "fields": _canonical(self.fields)}

    @classmethod
    def from_columns(cls, kept: RowOfColumns) -> AuditEntry:
        """Read what a table kept; an entry whose fields are not JSON any more comes with none."""
        columns = {name: kept[name] for name in COLUMNS}
        return cls(**{**columns, "fields": _fields(kept["fields"])})


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """What a check found: how many entries hold, the last one's hash, the number of the first bad one."""

    entries: int
    head: str
    first_bad: int | None


class AuditPen:
    """Write the entry that follows another one, and sign it."""

    def __init__(self, key: Ed25519PrivateKey, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def write(self, last: tuple[int, str] | None, kind: str, fields: Mapping[str, FieldValue]) -> AuditEntry:
        """Return the entry after the ``last`` one, of which the number and the hash are given."""
        seq, previous = (1, GENESIS) if last is None else (last[0] + 1, last[1])
        time_us = (self._clock.now() - _EPOCH) // dt.timedelta(microseconds=1)
        draft = AuditEntry(seq, time_us, kind, dict(fields), previous, hash="", signature="")
        digest = draft.expected_hash()
        signature = self._key.sign(_DOMAIN + bytes.fromhex(digest)).hex()
        return replace(draft, hash=digest, signature=signature)


def verify(chain: Iterable[AuditEntry], public_key: Ed25519PublicKey) -> AuditFinding:
    """Check order, hashes, links and signatures; stop at the first entry that does not hold."""
    count, head = 0, GENESIS
    for entry in chain:
        follows = entry.seq == count + 1 and entry.previous == head
        if not (follows and _holds(entry, public_key)):
            return AuditFinding(count, head, first_bad=count + 1)
        count, head = entry.seq, entry.hash
    return AuditFinding(count, head, first_bad=None)


def export(chain: Iterable[AuditEntry], path: Path, public_key: Ed25519PublicKey) -> int:
    """Write a chain to ``path`` as lines of JSON, one an entry; return how many.

    The first line also says by which key the chain is signed: who knows that key's fingerprint can check the
    file without this home.
    """
    count = 0
    try:
        with path.open("w", encoding="ascii") as file:
            for entry in chain:
                file.write((entry.line() if count else _first_line(entry, public_key)) + "\n")
                count += 1
    except OSError as fault:
        raise place_error("--out", path, fault) from fault
    return count


def verify_export(path: Path, public_key: Ed25519PublicKey) -> AuditFinding:
    """Check an exported file without any database; a line that is no entry counts as a bad one."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return verify(_lines(file, public_key), public_key)
    except OSError as fault:
        raise storage_error_from_os(path, fault) from fault


def require_export(path: Path) -> bytes | None:
    """Return the raw public key that an export names, if it does; refuse a file that is no export at all."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            first = file.readline(MAX_LINE + 1)
    except OSError as fault:
        raise UsageError(f"FILE {path}: cannot be read ({fault.strerror}); check the path") from fault
    parsed = _parse_line(first)
    if parsed is None:
        raise UsageError(f"FILE {path}: is no audit; name a file that 'audit export' wrote")
    _, named = parsed
    return bytes.fromhex(named) if isinstance(named, str) and _RAW_KEY.fullmatch(named) else None


def counted_entries(count: int) -> str:
    """Return a number of entries in words."""
    return f"{count} {'entry' if count == 1 else 'entries'}"


def broken_record(first_bad: int, file: Path | None) -> StorageError:
    """Return what to say of a chain that does not hold: of an exported ``file``, or of the home's own."""
    what = f"entry {first_bad} was changed, moved or put in"
    if file is None:
        return StorageError(f"audit: {what}: restore the record from a backup")
    return StorageError(f"file {file}: {what}, or is of another home: export the record again and compare")


def _first_line(entry: AuditEntry, public_key: Ed25519PublicKey) -> str:
    return _canonical({**json.loads(entry.line()), _KEY: public_key.public_bytes_raw().hex()})


def _lines(file: TextIO, public_key: Ed25519PublicKey) -> Iterator[AuditEntry]:
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        entry, named = _parse_line(line) or (None, None)
        fits = named is None or (number == 1 and named == public_key.public_bytes_raw().hex())
        yield entry if entry is not None and fits else AuditEntry(number, 0, "", {}, "", "", "")


def _parse_line(line: str) -> tuple[AuditEntry, object] | None:
    """Return the entry of a line, and the key that the line names or None; None if it is no entry."""
    try:
        values = json.loads(line) if len(line) <= MAX_LINE else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or set(values) - {_KEY} != set(COLUMNS):
        return None
    named = values.pop(_KEY, None)
    entry = AuditEntry(**values)
    numbers = type(entry.seq) is int and type(entry.time_us) is int
    texts = all(isinstance(text, str) for text in (entry.kind, entry.previous, entry.hash, entry.signature))
    return (entry, named) if numbers and texts and isinstance(entry.fields, dict) else None


def _fields(text: str) -> dict[str, FieldValue]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _holds(entry: AuditEntry, public_key: Ed25519PublicKey) -> bool:
    try:
        if entry.hash != entry.expected_hash():
            return False
        public_key.verify(bytes.fromhex(entry.signature), _DOMAIN + bytes.fromhex(entry.hash))
    except (InvalidSignature, ValueError, RecursionError):
        return False
    return True


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
