"""Steps that begin elsewhere than at 0 or midnight are kept in every released row, and so are their gaps."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from syncline.data.inference import infer
from tests.unit.study.local_fit import fit, release_of

ROWS = 700
MINUTE = np.timedelta64(1, "m")


def visits() -> pd.DataFrame:
    """Return admissions at eight, discharges at a quarter past ten, slots, doses and prices."""
    rng = np.random.default_rng(5)
    days = np.datetime64("2019-01-01T00:00", "us") + 1440 * rng.integers(0, 1400, ROWS) * MINUTE
    return pd.DataFrame(
        {
            "admitted": days + 480 * MINUTE,
            "discharged": days + (615 + 1440 * rng.integers(0, 9, ROWS)) * MINUTE,
            "slot": days + (15 + 30 * rng.integers(16, 36, ROWS)) * MINUTE,
            "dose": 3 + 7 * rng.integers(0, 90, ROWS),
            "price": np.round(rng.integers(3, 200, ROWS) + 0.99, 2),
        }
    )


@pytest.mark.parametrize("parts", [1, 3])
def test_every_released_value_lies_on_the_steps_of_its_column(parts: int) -> None:
    table = pa.Table.from_pandas(visits(), preserve_index=False)
    schema = infer(table).schema
    assert [v.origin for v in schema.variables] == ["8h", "615min", "15min", "3", "0.99"]
    tables = [table.take(np.arange(part, ROWS, parts)) for part in range(parts)]
    released = release_of(fit(tables, schema), schema)
    assert released == release_of(fit([table], schema), schema)
    drawn = pd.read_parquet(BytesIO(released))
    assert set(drawn.admitted.dt.strftime("%H:%M:%S.%f")) == {"08:00:00.000000"}
    assert set(drawn.discharged.dt.strftime("%H:%M:%S.%f")) == {"10:15:00.000000"}
    assert set(drawn.slot.dt.strftime("%M:%S.%f")) == {"15:00.000000", "45:00.000000"}
    assert set(drawn.dose % 7) == {3}
    assert {f"{price % 1:.2f}" for price in drawn.price} == {"0.99"}
    assert (drawn.discharged > drawn.admitted).all()
