"""A release shows no more significant digits than its source, whatever the size of the numbers."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from syncline.data.inference import infer
from tests.unit.study.local_fit import fit, release_of

ROWS = 900


def digits_of(numbers: pd.Series) -> int:
    return max(len(Decimal(repr(x)).normalize().as_tuple().digits) for x in numbers.dropna())


@pytest.mark.parametrize("method", ["cart", "marginals"])
def test_loads_of_all_sizes_keep_their_digits(method: str) -> None:
    rng = np.random.default_rng(9)
    size = rng.normal(0, 2, ROWS)
    columns = {
        "load": 10 ** (size + 1),
        "tsh": 10 ** (size - 4 + rng.normal(0, 0.3, ROWS)),
        "change": size**5,
    }
    table = pa.table({name: [float(f"{x:.2e}") for x in own] for name, own in columns.items()})
    schema = infer(table).schema
    assert [variable.digits for variable in schema.variables] == [3, 3, 3]
    halves = [table.take(np.arange(part, ROWS, 2)) for part in range(2)]
    released = release_of(fit(halves, schema, method=method), schema)
    assert released == release_of(fit([table], schema, method=method), schema)
    drawn, real = pd.read_parquet(BytesIO(released)), table.to_pandas()
    for name in columns:
        assert digits_of(drawn[name]) <= 3
        assert real[name].min() <= drawn[name].min() <= drawn[name].max() <= real[name].max()
        quantiles = [np.quantile(frame[name], (0.1, 0.5, 0.9)) for frame in (real, drawn)]
        spread = np.abs(np.log10(np.abs(quantiles[0] / quantiles[1])))
        assert spread.max() < 0.6
