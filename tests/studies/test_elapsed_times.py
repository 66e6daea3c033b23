"""Ages, lengths of stay and delays are those of the dates beside them in every released row."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from syncline.data.constraint import Formula
from syncline.data.inference import infer
from syncline.synthesizers.fitted import Fitted
from tests.unit.study.local_fit import fit, release_of

ROWS = 1200
DAY, SECOND = np.timedelta64(1, "D"), np.timedelta64(1, "s")


def found(fitted: Fitted) -> dict[str, tuple[Formula, str | None]]:
    return {d.formula.of: (d.formula.formula, d.solved) for d in fitted.model.derived}


def ages(since: pd.Series, until: pd.Series) -> pd.Series:
    early = (until.dt.month * 100 + until.dt.day) < (since.dt.month * 100 + since.dt.day)
    return until.dt.year - since.dt.year - early


def stays() -> pa.Table:
    rng = np.random.default_rng(4)
    born = pd.Series(np.datetime64("1930-01-01", "s") + 86_400 * rng.integers(0, 29_000, ROWS) * SECOND)
    begin = pd.Series(np.datetime64("2019-01-01", "s") + rng.integers(0, 1400 * 86_400, ROWS) * SECOND)
    end = begin + pd.to_timedelta(rng.gamma(2, 2 * 86_400, ROWS).astype(np.int64), "s")
    frame = pd.DataFrame({"born": born.dt.date, "begin": begin, "end": end})
    frame["days"], frame["nights"] = (
        (end - begin).dt.days,
        (end.dt.normalize() - begin.dt.normalize()).dt.days,
    )
    frame["hours"], frame["age"] = ((end - begin).dt.total_seconds() / 3600).round(1), ages(born, begin)
    return pa.Table.from_pandas(frame, preserve_index=False)


@pytest.mark.parametrize("parts", [1, 3])
def test_every_row_keeps_what_lies_between_its_dates(parts: int) -> None:
    table = stays()
    schema = infer(table).schema
    fitted = fit([table.take(np.arange(part, ROWS, parts)) for part in range(parts)], schema)
    formulas = (Formula.DAYS, Formula.NIGHTS, Formula.HOURS, Formula.YEARS)
    assert found(fitted) == {
        of: (formula, None) for of, formula in zip(("days", "nights", "hours", "age"), formulas, strict=True)
    }
    released = release_of(fitted, schema)
    assert released == release_of(fit([table], schema), schema)
    drawn, real = pd.read_parquet(BytesIO(released)), table.to_pandas()
    length = drawn.end - drawn.begin
    assert (drawn.days == length.dt.days).all()
    assert (drawn.nights == (drawn.end.dt.normalize() - drawn.begin.dt.normalize()).dt.days).all()
    assert (np.abs(drawn.hours - length.dt.total_seconds() / 3600) <= 0.05 + 1e-6 * drawn.hours).all()
    assert (drawn.age == ages(pd.to_datetime(drawn.born), drawn.begin)).all()
    for column in ("days", "nights", "age"):  # Kolmogorov's distance, of which 0.094 is one in a hundred
        ends = np.arange(real[column].min(), real[column].max() + 1)
        shares = [np.searchsorted(np.sort(f[column]), ends, "right") / len(f) for f in (real, drawn)]
        assert np.abs(shares[0] - shares[1]).max() < 0.094


def delays() -> pa.Table:
    """Return tests some of which come before the symptoms: no order holds, and so no gap is modelled."""
    rng = np.random.default_rng(6)
    onset = np.datetime64("2020-01-01") + rng.integers(0, 700, ROWS) * DAY
    delay = np.rint(rng.normal(4, 3, ROWS)).astype(np.int64)
    return pa.table({"onset": onset, "tested": onset + delay * DAY, "delay": delay})


def test_a_date_is_solved_for_where_what_lies_between_is_narrow() -> None:
    table = delays()
    schema = infer(table).schema
    fitted = fit([table], schema)
    assert found(fitted) == {"delay": (Formula.DAYS, "tested")}
    drawn = pd.read_parquet(BytesIO(release_of(fitted, schema)))
    dates = [pd.to_datetime(drawn[name]) for name in ("onset", "tested")]
    assert (drawn.delay == (dates[1] - dates[0]).dt.days).all()
    assert abs(drawn.delay.mean() - 4) < 0.6
    assert abs(drawn.delay.std() - 3) < 0.6
