"""A prepared table is the same on every pass, from every format, at every batch size, in every order."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.data.batch import Batch, Status
from syncline.data.schema import Schema
from syncline.errors import DataError
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.sources.registry import open_source
from syncline.sources.source import Source

FOLD = Fold(b"study", "0.3")

VARIABLES: list[dict[str, object]] = [
    {"name": "pid", "kind": "integer", "role": "person"},
    {"name": "note", "kind": "text"},
    {"name": "age", "kind": "integer", "range": ["0", "120"]},
    {"name": "sex", "kind": "categorical", "categories": ["f", "m"], "missing": ["?"]},
    {"name": "dose", "kind": "continuous", "decimals": 2},
    {"name": "score", "kind": "continuous"},
    {"name": "seen", "kind": "date"},
    {"name": "ill", "kind": "boolean"},
]
WITH_PERSON = Schema.model_validate({"variables": VARIABLES})
WITHOUT_PERSON = Schema.model_validate({"variables": VARIABLES[1:]})

rows = st.lists(
    st.fixed_dictionaries(
        {
            "pid": st.integers(1, 8),
            "age": st.none() | st.integers(-5, 130),
            "sex": st.none() | st.sampled_from(["f", "m", "?", "x"]),
            "dose": st.none() | st.floats(0, 100),
            "score": st.none() | st.floats(allow_nan=False),
            "seen": st.none() | st.dates(),
            "ill": st.none() | st.booleans(),
            "extra": st.just("ignored"),
        }
    ),
    max_size=12,
)
ARROW = pa.schema(
    {
        "pid": pa.int64(),
        "age": pa.int32(),
        "sex": pa.string(),
        "dose": pa.float64(),
        "score": pa.float64(),
        "seen": pa.date32(),
        "ill": pa.bool_(),
        "extra": pa.string(),
    }
)


def table_of(records: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(records, schema=ARROW)


def prepared(source: Source, schema: Schema, batch_rows: int = 100) -> list[tuple[object, ...]]:
    """Return each prepared row as a plain tuple."""
    table = prepare(source, schema, FOLD, batch_rows=batch_rows)
    return list(itertools.chain.from_iterable(map(tuples, table.batches())))


def tuples(batch: Batch) -> Iterator[tuple[object, ...]]:
    person = [] if batch.owner is None else [batch.owner.tolist()]
    columns = [*batch.keys, *batch.status, batch.holdout]
    return zip(*(column.tolist() for column in columns), *person, strict=True)


@pytest.mark.parametrize("schema", [WITH_PERSON, WITHOUT_PERSON])
@settings(max_examples=20)
@given(records=rows, batch_rows=st.integers(1, 14), data=st.data())
def test_format_batches_and_orders_leave_no_trace(
    tmp_path_factory: pytest.TempPathFactory,
    schema: Schema,
    records: list[dict[str, object]],
    batch_rows: int,
    data: st.DataObject,
) -> None:
    table = table_of(records)
    expected = prepared(open_source(table), schema)
    assert len(expected) == len(records)
    folder = tmp_path_factory.mktemp("formats")
    shuffled = table.select(data.draw(st.permutations(table.column_names)))
    pq.write_table(shuffled, folder / "t.parquet")
    shuffled.to_pandas().to_csv(folder / "t.csv", index=False)
    assert prepared(open_source(folder / "t.parquet"), schema, batch_rows) == expected
    assert prepared(open_source(folder / "t.csv"), schema, batch_rows) == expected
    order = data.draw(st.permutations(range(len(records))))
    moved = table.take(pa.array(order, pa.int64()))
    assert prepared(open_source(moved), schema, batch_rows) == [expected[place] for place in order]


def test_the_order_of_variables_leaves_the_fold_alone() -> None:
    records = [{"age": n, "sex": "f", "dose": n / 7, "pid": n % 9 + 1} for n in range(100)]
    table = open_source(table_of(records))
    turned = Schema.model_validate({"variables": VARIABLES[:0:-1]})
    one, other = (
        np.concatenate([batch.holdout for batch in prepare(table, schema, FOLD).batches()])
        for schema in (WITHOUT_PERSON, turned)
    )
    assert one.any()
    assert one.tolist() == other.tolist()


def test_a_person_is_on_one_side_and_has_one_number() -> None:
    records = [{"age": n, "pid": n % 30 + 1} for n in range(300)]
    batches = list(prepare(open_source(table_of(records)), WITH_PERSON, FOLD, batch_rows=7).batches())
    seen: dict[int, set[tuple[bool, int]]] = {}
    for n, (held, number) in enumerate(
        (held, number)
        for batch in batches
        for held, number in zip(batch.holdout.tolist(), batch.owner.tolist(), strict=True)
    ):
        seen.setdefault(n % 30 + 1, set()).add((held, number))
    assert all(len(sides) == 1 for sides in seen.values())
    assert {held for sides in seen.values() for held, _ in sides} == {True, False}


@pytest.mark.parametrize("ids", [["7", "12"], [7, 12], [7.0, 12.0], [" 7", "+12"], ["7.0", "012"]])
def test_a_numeric_person_is_one_however_written(ids: list[object]) -> None:
    table = pa.table({"pid": ids, "age": [1, 2]})
    schema = Schema.model_validate({"variables": [VARIABLES[0], VARIABLES[2]]})
    (batch,) = prepare(open_source(table), schema, FOLD).batches()
    assert batch.owner.tolist() == FOLD.numbers([b"7", b"12"]).tolist()
    assert batch.holdout.tolist() == FOLD.holds_out([b"7", b"12"]).tolist()


def test_a_named_person_is_one_after_trimming_and_normal_form() -> None:
    table = pa.table({"pid": ["é ", "e\u0301", "07"], "age": [1, 2, 3]})
    schema = Schema.model_validate(
        {"variables": [{"name": "pid", "kind": "identifier", "role": "person"}, VARIABLES[2]]}
    )
    (batch,) = prepare(open_source(table), schema, FOLD).batches()
    assert batch.owner.tolist() == FOLD.numbers(["é".encode(), "é".encode(), b"07"]).tolist()


@pytest.mark.parametrize("kind", ["integer", "identifier"])
@pytest.mark.parametrize("missing", [None, "", "  ", "NA"])
def test_a_row_without_a_person_is_refused(kind: str, missing: str | None) -> None:
    schema = Schema.model_validate(
        {"variables": [{"name": "pid", "kind": kind, "role": "person", "missing": ["NA"]}, VARIABLES[2]]}
    )
    table = pa.table({"pid": ["4711", missing], "age": [1, 2]})
    with pytest.raises(DataError, match="column 'pid': a row has no person") as caught:
        list(prepare(open_source(table), schema, FOLD).batches())
    assert "4711" not in str(caught.value)


def test_a_person_that_is_no_number_is_refused() -> None:
    table = pa.table({"pid": ["12", "A4711"], "age": [1, 2]})
    schema = Schema.model_validate({"variables": [VARIABLES[0], VARIABLES[2]]})
    with pytest.raises(DataError, match=r"column 'pid': .*not a whole number") as caught:
        list(prepare(open_source(table), schema, FOLD).batches())
    assert "4711" not in str(caught.value)


def test_columns_outside_the_schema_are_listed_and_ignored() -> None:
    table = prepare(open_source(table_of([])), WITH_PERSON, FOLD)
    assert table.ignored_columns == ("extra",)
    assert list(table.batches()) == []


def test_an_absent_column_is_named_with_the_nearest() -> None:
    table = pa.table({"agee": [1], "sex": ["f"]})
    schema = Schema.model_validate({"variables": [VARIABLES[2]]})
    with pytest.raises(
        DataError, match=r"has no column 'age' as in the schema; did you mean agee\?"
    ) as caught:
        prepare(open_source(table), schema, FOLD)
    assert caught.value.public == (  # and no word of the file
        "it has no column 'age' as in the schema; a study may say 'hazards: {absent: missing}', or exclude"
    )


def test_a_header_that_is_a_row_of_data_is_not_in_the_public_words(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("x4711,x4711\n1,2\n")
    schema = Schema.model_validate({"variables": [VARIABLES[2]]})
    with pytest.raises(DataError, match="4711") as caught:
        prepare(open_source(str(path)), schema, FOLD)
    assert "4711" not in str(caught.value.public)
    assert str(tmp_path) not in str(caught.value.public)


def test_a_schema_that_models_nothing_is_refused() -> None:
    schema = Schema.model_validate({"variables": VARIABLES[:2]})
    with pytest.raises(DataError, match="no column to model"):
        prepare(open_source(table_of([])), schema, FOLD)


class CountingSource:
    """A source that counts its passes and may change between them."""

    def __init__(self, table: pa.Table) -> None:
        self.inner = open_source(table)
        self.passes = 0
        self.version = "1"
        self.name = "table"
        self.columns = self.inner.columns

    def batches(self, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pa.RecordBatch]:
        self.passes += 1
        return self.inner.batches(columns, batch_rows)

    def digest(self) -> str:
        return self.version

    def describe(self) -> str:
        return self.name


def counting(n: int = 1000) -> CountingSource:
    return CountingSource(table_of([{"age": i % 90, "pid": i} for i in range(n)]))


def test_a_table_that_fits_is_read_once() -> None:
    source = counting()
    table = prepare(source, WITH_PERSON, FOLD, batch_rows=100)
    first, second = list(table.batches()), list(table.batches())
    assert source.passes == 1
    assert [batch.n_rows for batch in first] == [batch.n_rows for batch in second] == [100] * 10


def test_a_pass_that_stops_early_keeps_nothing() -> None:
    source = counting()
    table = prepare(source, WITH_PERSON, FOLD, batch_rows=100)
    next(table.batches())
    assert sum(batch.n_rows for batch in table.batches()) == 1000
    assert source.passes == 2


def test_a_table_too_large_is_read_again_alike() -> None:
    source = counting()
    table = prepare(source, WITH_PERSON, FOLD, batch_rows=100, cache_bytes=20_000)
    first, second = ([row for batch in table.batches() for row in tuples(batch)] for _ in range(2))
    assert source.passes == 2
    assert first == second
    assert len(first) == 1000


def test_a_change_between_or_during_passes_is_noticed() -> None:
    source = counting()
    table = prepare(source, WITH_PERSON, FOLD, batch_rows=100, cache_bytes=0)
    assert len(list(table.batches())) == 10
    during = table.batches()
    next(during)
    source.version = "2"
    with pytest.raises(DataError, match="table: changed while it was read"):
        list(during)
    with pytest.raises(DataError, match="table: changed while it was read"):
        list(table.batches())


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("age\n1\n2\n")
    schema = Schema.model_validate({"variables": [VARIABLES[2]]})
    table = prepare(open_source(path), schema, FOLD, cache_bytes=0)
    assert [batch.n_rows for batch in table.batches()] == [2]
    path.write_text("age\n1\n3\n")
    with pytest.raises(DataError, match=r"t\.csv: changed while it was read"):
        list(table.batches())


def test_statuses_reach_the_batch() -> None:
    records = [
        {"age": 121, "sex": "x", "dose": 1.005, "seen": dt.date(1970, 1, 3), "ill": True},
        {"sex": "?"},
    ]
    (batch,) = prepare(open_source(table_of(records)), WITHOUT_PERSON, FOLD).batches()
    assert [keys.tolist() for keys in batch.keys] == [[0, 0], [0, 0], [100, 0], [0, 0], [2, 0], [1, 0]]
    assert [status.tolist() for status in batch.status] == [
        [Status.OUT_OF_RANGE, Status.MISSING],
        [Status.UNKNOWN, Status.MISSING],
        [Status.VALID, Status.MISSING],
        [Status.MISSING, Status.MISSING],
        [Status.VALID, Status.MISSING],
        [Status.VALID, Status.MISSING],
    ]
