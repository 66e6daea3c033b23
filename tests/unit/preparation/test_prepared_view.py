"""A source seen through a preparation: streamed, digested with all that it depends on, one fold."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from syncline.data.schema import Schema
from syncline.data.section import build
from syncline.errors import DataError
from syncline.preparation.fold import Fold
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_source import prepare
from syncline.preparation.prepared_view import prepared_view
from syncline.sources.memory import TableSource
from syncline.sources.source import Source

FOLD = Fold(b"study", "0.3")
TABLE = pa.table({"id": [f" {n}.0" for n in range(1, 101)], "age": [str(n) for n in range(100)]})


def preparation(*steps: dict[str, object]) -> Preparation:
    return build(Preparation, {"syncline": "1", "steps": list(steps)}, "preparation")


def keyed(folder: Path) -> dict[str, object]:
    path = folder / "key"
    path.write_bytes(b"k" * 32)
    os.chmod(path, 0o600)
    return {"step": "pseudonym", "columns": ["id"], "key_file": str(path)}


def schema(kind: str, name: str = "id") -> Schema:
    return Schema.model_validate(
        {
            "variables": [
                {"name": name, "kind": kind, "role": "person"},
                {"name": "age", "kind": "integer"},
            ]
        }
    )


def sides(source: Source, read_by: Schema) -> tuple[list[bool], list[int]]:
    batches = list(prepare(source, read_by, FOLD, batch_rows=30).batches())
    persons = [batch.owner for batch in batches if batch.owner is not None]
    return np.concatenate([b.holdout for b in batches]).tolist(), np.concatenate(persons).tolist()


@pytest.mark.parametrize("kind", ["integer", "identifier"])
def test_the_fold_is_the_same_with_and_without_pseudonyms(kind: str, tmp_path: Path) -> None:
    plain = TableSource(TABLE)
    view = prepared_view(plain, preparation(keyed(tmp_path)))
    assert sides(view, schema(kind)) == sides(plain, schema(kind))
    assert view.columns == ("id", "age")
    first = next(view.batches(["id"], 10)).column("id")[0].as_py()
    assert len(first) == 64


def test_the_fold_follows_a_pseudonym_through_other_steps(tmp_path: Path) -> None:
    steps = (
        keyed(tmp_path),
        {"step": "rename", "columns": {"id": "patient"}},
        {"step": "filter", "column": "age", "at_least": "50"},
        {"step": "derive", "into": "site", "operation": "constant", "value": "x"},
        keyed(tmp_path) | {"columns": ["patient"]},
        {"step": "drop", "columns": ["site"]},
    )
    found = sides(prepared_view(TableSource(TABLE), preparation(*steps)), schema("integer", "patient"))
    plain = sides(TableSource(TABLE), schema("integer"))
    assert found == (plain[0][50:], plain[1][50:])


class CountingSource:
    """A source of many batches that counts how many were taken."""

    name = "many"
    columns = ("a",)

    def __init__(self) -> None:
        self.taken = 0

    def batches(self, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pa.RecordBatch]:
        for number in range(1000):
            self.taken += 1
            yield pa.record_batch({"a": [str(number)] * batch_rows})

    def digest(self) -> str:
        return "0" * 64

    def describe(self) -> str:
        return self.name


def test_rows_stream_one_batch_at_a_time() -> None:
    source = CountingSource()
    view = prepared_view(source, preparation({"step": "trim"}, {"step": "duplicates"}))
    assert source.taken == 0
    batches = view.batches(None, 5)
    assert next(batches).num_rows == 5
    assert source.taken == 5  # five batches of equal rows make one


def test_the_digest_covers_source_steps_files_and_keys(tmp_path: Path) -> None:
    excluded = tmp_path / "excluded.txt"
    excluded.write_text("7\n")
    step = {"step": "exclude_persons", "column": "id", "file": str(excluded)}
    steps = preparation(step, keyed(tmp_path))
    digests = [
        prepared_view(TableSource(TABLE), preparation()).digest(),
        prepared_view(TableSource(TABLE), steps).digest(),
        prepared_view(TableSource(TABLE.slice(1)), steps).digest(),
    ]
    excluded.write_text("8\n")
    digests.append(prepared_view(TableSource(TABLE), steps).digest())
    (tmp_path / "key").write_bytes(b"m" * 32)
    digests.append(prepared_view(TableSource(TABLE), steps).digest())
    assert len(set(digests)) == len(digests)
    assert all(len(bytes.fromhex(digest)) == 32 for digest in digests)


def test_a_file_that_changes_during_a_study_is_noticed(tmp_path: Path) -> None:
    excluded = tmp_path / "excluded.txt"
    excluded.write_text("7\n")
    step = {"step": "exclude_persons", "column": "id", "file": str(excluded)}
    table = prepare(
        prepared_view(TableSource(TABLE), preparation(step)), schema("integer"), FOLD, cache_bytes=0
    )
    assert sum(batch.n_rows for batch in table.batches()) == 99
    excluded.write_text("7\n8\n")
    with pytest.raises(DataError, match="changed while it was read"):
        list(table.batches())


def test_a_column_that_is_not_there_is_refused() -> None:
    view = prepared_view(TableSource(TABLE), preparation({"step": "drop", "columns": ["age"]}))
    with pytest.raises(DataError, match="there is no column 'age'"):
        list(view.batches(["age"], 10))
    assert view.describe() == "the table in memory, 100 rows x 2 columns, prepared by 1 steps"
