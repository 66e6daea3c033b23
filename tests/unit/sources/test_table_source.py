"""Tables in memory are read without being copied to disk first."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from syncline.errors import DataError
from syncline.sources.memory import TableSource


def test_a_data_frame_is_read() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": pd.Categorical(["x", None])})
    source = TableSource(frame)
    assert source.columns == ("a", "b")
    assert [batch.to_pydict() for batch in source.batches(None, 9)] == [{"a": [1, 2], "b": ["x", None]}]


def test_batches_do_not_follow_the_chunks() -> None:
    table = pa.concat_tables([pa.table({"a": [1, 2, 3]}), pa.table({"a": [4]}), pa.table({"a": [5, 6]})])
    sizes = [batch.num_rows for batch in TableSource(table).batches(None, 4)]
    assert sizes == [4, 2]


def test_the_digest_sees_values_names_and_types() -> None:
    tables = [
        pa.table({"a": ["x", "y"]}),
        pa.table({"a": ["x", "z"]}),
        pa.table({"b": ["x", "y"]}),
        pa.table({"a": [1, 2]}),
        pa.table({"a": pa.array(["x", "y"]).dictionary_encode()}),
        pa.table({"a": pa.array(["x", "z"]).dictionary_encode()}),
    ]
    digests = [TableSource(table).digest() for table in tables]
    assert len(set(digests)) == len(tables)
    chunked = pa.concat_tables([pa.table({"a": ["x"]}), pa.table({"a": ["y"]})])
    assert TableSource(chunked).digest() == digests[0]


def test_a_column_of_mixed_types_is_named_without_its_values() -> None:
    with pytest.raises(DataError, match="column 'a' mixes types") as caught:
        TableSource(pd.DataFrame({"b": [1, 2], "a": [1, "geheim"]}))
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("number", [2**63, -(2**64), 2**70])
def test_a_whole_number_that_no_type_holds_is_told_by_its_column(number: int) -> None:
    frame = pd.DataFrame({"b": [1, 2], "a": pd.Series([1, number], dtype=object)})
    with pytest.raises(DataError, match="column 'a' holds a whole number of more than 64 bits") as caught:
        TableSource(frame)
    assert str(number) not in str(caught.value)


def test_duplicate_columns_are_refused() -> None:
    with pytest.raises(DataError, match="columns 1 and 2 are both called 'a'"):
        TableSource(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]))
    with pytest.raises(DataError, match="same name"):
        TableSource(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_the_description_holds_no_value() -> None:
    source = TableSource(pa.table({"a": ["geheim"]}), "site A")
    assert source.describe() == "site A in memory, 1 rows x 1 columns"
