"""A file that changes while it is read is refused, and one that grows is not followed for ever."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from syncline.errors import DataError
from syncline.sources.registry import open_source
from tests.conformance.sources.test_conformance import TABLE
from tests.conformance.sources.written_tables import WRITERS

FILES = [name for name in WRITERS if "sql" not in name and name != "parquet-directory"]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_grows_while_it_is_read_is_refused(name: str, tmp_path: Path) -> None:
    locator = WRITERS[name](TABLE, tmp_path)
    rows = open_source(locator).batches(None, 1)
    next(rows)
    with Path(locator.partition("#")[0]).open("ab") as file:
        file.write(b"more\n")
    with pytest.raises(DataError, match="changed while it was read"):
        list(rows)


def test_what_is_appended_during_a_pass_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": 1}\n' * 20_000)
    rows, read = open_source(path).batches(None, 1000), 0
    with path.open("a") as file:
        for batch in islice(rows, 20):
            file.write('{"a": 1}\n' * 2000)
            file.flush()
            read += batch.num_rows
    assert read == 20_000
    with pytest.raises(DataError, match="changed while it was read"):
        next(rows)


def test_a_part_that_is_added_changes_a_directory(tmp_path: Path) -> None:
    directory = Path(WRITERS["parquet-directory"](TABLE, tmp_path))
    source = open_source(directory)
    digest = source.digest()
    (directory / "part-9.parquet").write_bytes((directory / "part-0.parquet").read_bytes())
    assert source.digest() != digest
    with pytest.raises(DataError, match="changed while it was read"):
        list(source.batches(None, 10))
