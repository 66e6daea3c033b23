"""A fault is told once, with the columns and suppliers that share it and what mends it."""

from __future__ import annotations

import pyarrow as pa
import pytest

from syncline.data.schema import Schema
from syncline.errors import StudyFailed
from tests.unit.study.local_fit import fit

SCHEMA = Schema.model_validate(
    {
        "variables": [
            *({"name": f"n{i}", "kind": "integer", "range": [0, 9]} for i in range(6)),
            {"name": "sex", "kind": "categorical", "categories": ["f", "m"]},
            {"name": "day", "kind": "date"},
        ]
    }
)
FITS = {**{f"n{i}": ["1"] * 30 for i in range(6)}, "sex": ["f"] * 30, "day": ["2020-01-01"] * 30}


def failure(*changes: dict[str, str]) -> str:
    tables = [pa.table({**FITS, **{name: [cell] * 30 for name, cell in c.items()}}) for c in changes]
    with pytest.raises(StudyFailed) as failed:
        fit(tables, SCHEMA)
    return str(failed.value)


def test_columns_and_suppliers_of_a_fault_are_told_together() -> None:
    wide = {f"n{i}": "12" for i in range(5)}
    assert failure(wide, wide, {}) == (
        "the data does not fit the schema: values outside of the schema's range in 5 columns ('n0', 'n1',"
        " 'n2', 'n3', ...) of 2 suppliers ('supplier-00', 'supplier-01'): widen the range or clean them"
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"n0": "abc"}, "cells that hold no whole number in column 'n0' of supplier 'supplier-00': clean"),
        ({"n0": "abc"}, "clean them or declare missing codes"),
        ({"day": "abc"}, "cells that hold no date in column 'day'"),
        ({"sex": "x"}, "values that are no category in column 'sex' of supplier 'supplier-00': add them as"),
    ],
)
def test_the_advice_fits_the_kind(change: dict[str, str], sentence: str) -> None:
    assert sentence in failure(change)
