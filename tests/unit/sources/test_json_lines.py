"""JSON Lines give the text that was written; a line that does not fit is told by its number alone."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import DataError
from syncline.sources.container import NESTED_VALUES
from syncline.sources.json_lines import HEAD_LINES, JsonLinesSource
from syncline.sources.text_file import MAX_RECORD_BYTES

SECRET = "4711-geheim"


def rows(path: Path) -> list[dict[str, str | None]]:
    return [row for batch in JsonLinesSource(path).batches(None, 1000) for row in batch.to_pylist()]


def test_values_keep_their_text(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    first, second = (
        '{"a": 1.0, "b": 12345678901234567890, "c": true, "d": null}',
        '{"b": 1e5, "e": "x", "c": NaN}',
    )
    path.write_text(f"\ufeff{first}\r\n\n{second}")
    assert rows(path) == [
        {"a": "1.0", "b": "12345678901234567890", "c": "true", "d": None, "e": None},
        {"a": None, "b": "1e5", "c": "NaN", "d": None, "e": "x"},
    ]


def test_a_packed_file_is_read_alike(tmp_path: Path) -> None:
    (tmp_path / "t.ndjson.gz").write_bytes(gzip.compress(b'{"a": "x"}\n'))
    assert rows(tmp_path / "t.ndjson.gz") == [{"a": "x"}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("\n\n{}\n", "is empty"),
        (f'{{"a": 1}}\n{{"a": "{SECRET}"', "line 2 is no JSON"),
        (f'{{"a": 1}}\n\n{{"a": {{"b": "{SECRET}"}}}}', "column 'a' holds lists or structures"),
        (f'{{"a": ["{SECRET}"]}}', "column 'a' holds lists or structures"),
        (f'["{SECRET}"]', "line 1 is no object"),
        (f'"{SECRET}"', "line 1 is no object"),
        (f'{{"a": "{SECRET}", "a": 2}}', "line 1 has the same key twice"),
        (f'{{"a": 1}} {{"a": "{SECRET}"}}', "line 1 is no JSON"),
        ('{"a": 1}\n{"a": "\\ud800"}', "line 2 is not UTF-8"),
        ('{"a": 1}\n' + "[" * 100_000, "line 2 is no JSON"),
        ('{"a": 1}\n{"a": "' + "x" * MAX_RECORD_BYTES + '"}', "line 2 is longer than 1 MiB"),
        ('{"a": 1, "a ": 2}', "columns 1 and 2 are both called 'a'"),
    ],
)
def test_a_line_that_does_not_fit_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        rows(path)
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_damaged_byte_is_told_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes('{"a": "é"}\n{"a": "'.encode() + b'\xe9"}\n')
    with pytest.raises(DataError, match="line 2 is not UTF-8"):
        rows(tmp_path / "t.jsonl")


def test_a_key_may_come_late_but_not_too_late(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": 1}\n' * (HEAD_LINES - 1) + '{"b": 2}\n')
    assert JsonLinesSource(path).columns == ("a", "b")
    path.write_text('{"a": 1}\n' * HEAD_LINES + f'{{"a": "{SECRET}", "late key": 2}}\n')
    with pytest.raises(DataError, match=f"line {HEAD_LINES + 1} has the key 'late key', which") as caught:
        rows(path)
    assert str(path) in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "late key" not in (caught.value.public or "")


texts = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.fixed_dictionaries({"a": texts, "b": texts}), min_size=1, max_size=8), st.booleans())
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, written: list[dict[str, str | None]], ascii_only: bool
) -> None:
    path = tmp_path_factory.mktemp("json") / "t.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in written), "utf-8")
    assert rows(path) == written


def test_a_nested_key_takes_no_other_column_away(tmp_path: Path) -> None:
    path = tmp_path / "nested.jsonl"
    path.write_text('{"id": 1, "subject": {"reference": "x"}, "tags": ["a"]}\n{"id": 2, "tags": null}\n')
    source = JsonLinesSource(path)
    assert source.unread.keys() == {"subject", "tags"}
    assert [row for batch in source.batches(["id"], 10) for row in batch.to_pylist()] == [
        {"id": "1"},
        {"id": "2"},
    ]


@pytest.mark.parametrize("head", ['{"x": 1, "a": 1}', '{"x": 1, "a": null}'])
def test_a_nested_value_below_the_first_lines_is_refused_by_its_line_and_name(
    tmp_path: Path, head: str
) -> None:
    path = tmp_path / "late.jsonl"
    path.write_text(f"{head}\n" * HEAD_LINES + f'{{"x": 1, "a": ["{SECRET}"]}}\n')
    with pytest.raises(DataError, match=f"line {HEAD_LINES + 1} has an object or a list") as caught:
        rows(path)
    assert str(path) in str(caught.value)
    assert "under the key 'a'" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.public == f"column 'a' holds {NESTED_VALUES}"
