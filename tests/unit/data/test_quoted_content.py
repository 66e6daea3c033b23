"""What is wrong with a file is told without what stands in it, which may be another file than was meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncline.data.document import parse_document
from syncline.data.schema import Schema
from syncline.errors import DocumentError, SynclineError
from syncline.identity.key_pin import KeyPin
from syncline.identity.keys import load_signing_key
from syncline.identity.tokens import EnrolmentToken
from syncline.preparation.preparation_document import Preparation
from syncline.sources.csv_file import CsvSource
from syncline.study.policy import Policy
from syncline.study.spec import StudySpec

SECRET = "hunter2-correct-horse"
CONTENTS = [
    f"{SECRET}\n",
    f"password: {SECRET}\n",
    f"- {SECRET}\n",
    f"syncline: 1\nstudy: '{SECRET}\n",
    f"key: !{SECRET}! x\n",
    f"a: &{SECRET} 1\n",
    f"%{SECRET} 1\n---\n",
    f"root:x:0:0:{SECRET}:/root:/bin/sh\n",
    f'{{"password": "{SECRET}"}}\n',
    f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n",
    f"variables:\n  - {{name: a, kind: {SECRET}}}\n",
    f"variables: {SECRET}\n",
    f"a,b\n{SECRET}\n1,2,3\n",
    f"syncline1-{SECRET}",
]
READERS: dict[str, Callable[[Path], Any]] = {
    "schema": Schema.from_yaml,
    "study": StudySpec.from_yaml,
    "policy": Policy.from_yaml,
    "preparation": Preparation.from_yaml,
    "token": lambda path: EnrolmentToken.parse(path.read_text()),
    "key": load_signing_key,
    "pin": lambda path: KeyPin.parse(path.read_text(), "--hub-key"),
    "csv": lambda path: list(CsvSource(path).batches(None, 9)),
}


def complaint(reader: str, path: Path) -> str:
    """Return what a reader says against a file; empty where it takes it."""
    try:
        READERS[reader](path)
    except SynclineError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("content", CONTENTS)
def test_an_error_repeats_nothing_of_a_file_but_the_key_at_fault(tmp_path, reader, content):
    path = tmp_path / "wrong"
    path.write_text(content)
    path.chmod(0o600)
    assert SECRET not in complaint(reader, path)


def test_the_readers_refuse_and_name_what_is_wrong(tmp_path):
    path = tmp_path / "wrong"
    path.write_text(f"password: {SECRET}\n")
    path.chmod(0o600)
    said = [complaint(reader, path) for reader in READERS if reader != "csv"]
    assert all(said)
    assert "password is not a known key" in said[0]


def test_a_yaml_error_names_line_and_kind():
    with pytest.raises(DocumentError, match=r"x: line 1: not valid YAML: found undefined tag handle \.\.\."):
        parse_document(f"!{SECRET}!x a", "x")
