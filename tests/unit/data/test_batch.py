"""A batch checks its shape and shows no data."""

from __future__ import annotations

import numpy as np
import pytest

from syncline.data.batch import Batch, MemoryTable
from syncline.data.schema import Schema


def batch(n: int = 3, person: bool = True) -> Batch:
    return Batch(
        (np.arange(n), np.arange(n) * 10),
        (np.zeros(n, np.uint8), np.ones(n, np.uint8)),
        np.arange(n) % 2 == 1,
        np.full(n, 63) if person else None,
    )


@pytest.mark.parametrize("rows", [slice(1, 3), np.array([1, 2]), np.array([False, True, True])])
def test_rows_are_taken_from_every_column(rows: slice | np.ndarray) -> None:
    taken = batch().take(rows)
    assert [column.tolist() for column in taken.keys] == [[1, 2], [10, 20]]
    assert taken.status[1].tolist() == [1, 1]
    assert taken.holdout.tolist() == [True, False]
    assert taken.owner is not None
    assert taken.owner.tolist() == [63, 63]
    assert batch(person=False).take(rows).owner is None


def test_a_batch_of_unequal_columns_cannot_be_built() -> None:
    good = batch()
    with pytest.raises(ValueError, match="2 columns of keys but 1"):
        Batch(good.keys, good.status[:1], good.holdout)
    with pytest.raises(ValueError, match="keys: expected int64"):
        Batch((good.keys[0], good.keys[1].astype(np.int32)), good.status, good.holdout)
    with pytest.raises(ValueError, match=r"status: expected uint8 \(3,\)"):
        Batch(good.keys, (good.status[0], good.status[1][:2]), good.holdout)
    with pytest.raises(ValueError, match="owner: expected int64"):
        Batch(good.keys, good.status, good.holdout, good.status[0])


def test_a_batch_shows_its_shape_only() -> None:
    assert repr(batch()) == "Batch(3 rows x 2 variables)"
    assert batch().nbytes == 3 * (8 + 8 + 1 + 1 + 1 + 8)


def test_a_table_in_memory_can_be_read_again() -> None:
    schema = Schema.model_validate({"variables": [{"name": n, "kind": "integer"} for n in "ab"]})
    table = MemoryTable(schema, [batch(), batch()])
    assert [part.n_rows for part in table.batches()] == [part.n_rows for part in table.batches()] == [3, 3]
    other = Schema.model_validate({"variables": [{"name": "a", "kind": "integer"}]})
    with pytest.raises(ValueError, match="2 variables where the schema has 1"):
        MemoryTable(other, [batch()])
