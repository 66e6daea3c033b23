from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from syncline.durable.audit import GENESIS, AuditEntry, export, verify, verify_export
from syncline.durable.audit_table import AUDIT_SCHEMA, AuditLog, entries
from syncline.durable.database import Database

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key()


class FixedClock:
    def now(self) -> dt.datetime:
        return dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC)

    def monotonic(self) -> float:
        return 0.0


LOG = AuditLog(KEY, FixedClock())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "state.db", [AUDIT_SCHEMA]) as opened:
        opened.write_now(append_five)
        yield opened


def append_five(connection: sqlite3.Connection) -> None:
    for number in range(5):
        LOG.append(connection, "answer", {"round": number, "study": "é"})


def chain(database: Database) -> list[AuditEntry]:
    return database.read_now(lambda connection: list(entries(connection)))


def tamper(database: Database, statement: str) -> None:
    """Change the table as someone would who owns the file: without the triggers."""

    def change(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TRIGGER audit_keeps_entries")
        connection.execute("DROP TRIGGER audit_keeps_all_entries")
        connection.execute(statement)

    database.write_now(change)


def test_an_untouched_chain_holds(database: Database) -> None:
    verdict = verify(chain(database), PUBLIC)
    assert (verdict.entries, verdict.first_bad) == (5, None)
    assert verdict.head == chain(database)[-1].hash


def test_an_empty_chain_holds() -> None:
    verdict = verify([], PUBLIC)
    assert (verdict.entries, verdict.head, verdict.first_bad) == (0, GENESIS, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET time_us = time_us + 1 WHERE seq = 3",
        "UPDATE audit SET kind = 'other' WHERE seq = 3",
        "UPDATE audit SET fields = replace(fields, '2', '7') WHERE seq = 3",
        "UPDATE audit SET fields = 'no JSON' WHERE seq = 3",
        "UPDATE audit SET fields = '{\"round\":1e999}' WHERE seq = 3",
        "UPDATE audit SET previous = hash WHERE seq = 3",
        "UPDATE audit SET hash = previous WHERE seq = 3",
        "UPDATE audit SET signature = 'no hexadecimal' WHERE seq = 3",
        "UPDATE audit SET signature = (SELECT signature FROM audit WHERE seq = 2) WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 3",
        "UPDATE audit SET seq = 17 WHERE seq = 3",
    ],
)
def test_any_change_is_found_at_its_entry(database: Database, statement: str) -> None:
    tamper(database, statement)
    assert verify(chain(database), PUBLIC).first_bad == 3


def test_an_entry_of_a_chain_that_went_another_way_is_found(database: Database, tmp_path: Path) -> None:
    """Restore a backup, go on, and mix both chains: every entry is genuine, but not in this order."""
    with Database(tmp_path / "fork.db", [AUDIT_SCHEMA]) as fork:
        for _ in range(5):
            fork.write_now(lambda connection: LOG.append(connection, "other", {}))
        mixed = chain(database)[:2] + chain(fork)[2:]
    assert verify(mixed, PUBLIC).first_bad == 3


def test_an_entry_by_another_key_is_found(database: Database) -> None:
    stranger = AuditLog(Ed25519PrivateKey.generate(), FixedClock())
    database.write_now(lambda connection: stranger.append(connection, "answer", {}))
    assert verify(chain(database), PUBLIC).first_bad == 6


def test_entries_cut_off_at_the_end_change_the_head(database: Database) -> None:
    before = verify(chain(database), PUBLIC)
    tamper(database, "DELETE FROM audit WHERE seq = 5")
    after = verify(chain(database), PUBLIC)
    assert after.first_bad is None
    assert (after.entries, after.head) != (before.entries, before.head)


@pytest.mark.parametrize("statement", ["UPDATE audit SET kind = 'x'", "DELETE FROM audit"])
def test_ordinary_statements_cannot_change_it(database: Database, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        database.write_now(lambda connection: connection.execute(statement))
    assert verify(chain(database), PUBLIC).entries == 5


def test_an_entry_falls_with_its_transaction(database: Database) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        LOG.append(connection, "answer", {})
        raise LookupError("on purpose")

    with pytest.raises(LookupError):
        database.write_now(fail)
    database.write_now(lambda connection: LOG.append(connection, "answer", {}))
    assert verify(chain(database), PUBLIC).entries == 6


def test_an_export_is_verified_without_the_database(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    assert database.read_now(lambda connection: export(entries(connection), path, PUBLIC)) == 5
    assert verify_export(path, PUBLIC) == verify(chain(database), PUBLIC)
    first, *others = map(json.loads, path.read_text().splitlines())
    assert first["fields"] == {"round": 0, "study": "é"}
    assert first["signing_key"] == PUBLIC.public_bytes_raw().hex()
    assert not any("signing_key" in line for line in others)


@pytest.mark.parametrize("named", [bytes(32).hex(), "", None, 7])
@pytest.mark.parametrize("line", [0, 1])
def test_a_line_that_names_another_key_is_bad(line: int, named: object) -> None:
    lines = [json.loads(entry.line()) for entry in SAMPLE]
    lines[line]["signing_key"] = named
    expected = None if named is None else line + 1
    assert check_text("".join(json.dumps(one) + "\n" for one in lines).encode()) == expected


@given(place=st.integers(0, 5_000), byte=st.integers(0, 255))
def test_any_changed_byte_of_an_export_is_found(place: int, byte: int) -> None:
    original = "".join(entry.line() + "\n" for entry in SAMPLE).encode()
    place %= len(original) - 1  # the last line's end may be missing
    changed = original[:place] + bytes([byte]) + original[place + 1 :]
    verdict = check_text(changed)
    same = [line.split() for line in changed.splitlines()] == [line.split() for line in original.splitlines()]
    assert (verdict is None) == (same or changed == original)


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"null", b"[" * 100_000, b'{"seq":1e999}', b"\xff\xfe"])
def test_a_line_that_is_no_entry_is_bad(line: bytes) -> None:
    assert check_text(line + b"\n") == 1


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(AuditEntry)])
@pytest.mark.parametrize("value", [None, True, 1.5, [], float("inf")])
def test_a_field_of_the_wrong_type_is_bad(name: str, value: object) -> None:
    line = {**json.loads(SAMPLE[0].line()), name: value}
    assert check_text(json.dumps(line).encode() + b"\n") == 1


def sample() -> list[AuditEntry]:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    connection.executescript(AUDIT_SCHEMA)
    made = [LOG.append(connection, "answer", {"round": number}) for number in range(3)]
    connection.close()
    return made


SAMPLE = sample()


def check_text(text: bytes) -> int | None:
    """Return the first bad entry of an export with this content."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(text)
        file.flush()
        return verify_export(Path(file.name), PUBLIC).first_bad
