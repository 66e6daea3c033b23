"""Missing labels are released as the sources write them, so that a release reads like the real table."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq

from syncline.data.release_table import write_release_csv, write_release_parquet
from syncline.data.schema import Schema

SCHEMA = Schema.model_validate(
    {
        "variables": (
            {"name": "job", "kind": "categorical", "categories": ("clerk", "nurse"), "missing": ("?", "NA")},
            {"name": "sex", "kind": "categorical", "categories": ("f", "m")},
            {"name": "age", "kind": "integer", "missing": ("NA",)},
        )
    }
)
KEYS = np.array([1, 0, 0], np.int64)
MISSING = np.array([False, True, False])
ROWS = {variable.name: (KEYS, MISSING) for variable in SCHEMA.modelled}


def test_the_first_missing_code_stands_for_a_missing_label(tmp_path):
    write_release_parquet(tmp_path / "t.parquet", SCHEMA, [ROWS])
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.column("job").to_pylist() == ["nurse", "?", "clerk"]


def test_a_column_without_codes_and_a_number_stay_empty(tmp_path):
    write_release_parquet(tmp_path / "t.parquet", SCHEMA, [ROWS])
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.column("sex").to_pylist() == ["m", None, "f"]
    assert table.column("age").to_pylist() == [1, None, 0]


def test_csv_says_the_same(tmp_path):
    write_release_csv(tmp_path / "t.csv", SCHEMA, [ROWS])
    assert (tmp_path / "t.csv").read_text() == "job,sex,age\nnurse,m,1\n?,,\nclerk,f,0\n"
