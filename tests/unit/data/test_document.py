"""The reader takes plain YAML as text and refuses, with the line, what a plain document does not need."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.document import MAX_BYTES, MAX_DEPTH, MAX_KEYS, parse_document, read_file
from syncline.errors import DocumentError


def test_every_scalar_arrives_as_the_text_that_was_written() -> None:
    text = "a: no\nb: 010\nc: 1e-6\nd: ~\ne: 2026-01-01\nf: [1, 'two', true]\ng: {h: 0x1F}\ni:\n"
    assert parse_document(text, "x") == {
        "a": "no",
        "b": "010",
        "c": "1e-6",
        "d": "~",
        "e": "2026-01-01",
        "f": ["1", "two", "true"],
        "g": {"h": "0x1F"},
        "i": "",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' is given twice"),
        ("x:\n  a: {b: 1, b: 2}\n", "line 2: the key 'b' is given twice"),
        ("a: &x 1\n", "line 1: anchors"),
        ("a: [1]\nb: *a\n", "line 2: anchors"),
        ("a: &x {b: 1}\n", "line 1: anchors"),
        ("a: !!python/object:os.system x\n", "line 1: tags"),
        ("a: !!int 3\n", "line 1: tags"),
        ("--- !x {a: 1}\n", "line 1: tags"),
        ("? [a, b]\n: 1\n", "a key must be text"),
        ("a: 1\n---\nb: 2\n", "a second document"),
        ("", "the document is empty"),
        ("# only a comment\n", "the document is empty"),
        ("a: [1\n", "line 2: not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: 'x\n", "not valid YAML"),
        ("\tb: 1\n", "not valid YAML"),
        ("a: \x00\n", "not valid YAML"),
        ("a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1) + "\n", "nested deeper"),
        ("a: " + "[" * 20_000, "nested deeper"),
        ("a: " + "{b: " * 20_000, "nested deeper"),
        ("a: " + "x" * MAX_BYTES, "larger than 1024 KiB"),
    ],
)
def test_what_a_plain_document_does_not_need_is_refused(text: str, said: str) -> None:
    with pytest.raises(DocumentError, match=r"^study\.yaml: ") as caught:
        parse_document(text, "study.yaml")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_expanding_document_is_refused_before_it_expands() -> None:
    laughs = "a0: &a0 [lol]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60))
    with pytest.raises(DocumentError, match="line 1: anchors"):
        parse_document(laughs, "bomb")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(DocumentError):  # any other error fails the test
        parse_document(text, "x")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no such file"):
        read_file(tmp_path / "absent.yaml")
    with pytest.raises(DocumentError, match="cannot be read"):
        read_file(tmp_path)
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(DocumentError, match="larger than"):
        read_file(large)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("a: Zürich".encode("latin-1"))
    with pytest.raises(DocumentError, match="byte 4 is not UTF-8"):
        read_file(latin)


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert parse_document(read_file(path), "x") == {"a": "1"}


def test_a_mapping_of_countless_keys_is_refused_at_once() -> None:
    text = "".join(f"k{i}: 1\n" for i in range(80_000))
    with pytest.raises(DocumentError, match=f"line {MAX_KEYS + 1}: more than {MAX_KEYS} keys in one mapping"):
        parse_document(text, "study.yaml")


def test_countless_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncline.data.document.MAX_NODES", 50)
    assert parse_document(f"[{', '.join('x' * 49)}]", "schema") == ["x"] * 49
    with pytest.raises(DocumentError, match="schema: line 1: more than 50 keys and values"):
        parse_document(f"[{', '.join('x' * 50)}]", "schema")
