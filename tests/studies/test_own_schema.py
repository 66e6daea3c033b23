"""Every table that we make is valid under its own schema, and our own validation judges it whole.

Tables are drawn at random: columns of every kind, with words for missing, named states, rare categories, long
tails and far sentinels among them; each is learnt under an inferred schema and released as CSV or Parquet.
"""

from __future__ import annotations

import datetime as dt
import random
import warnings
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import syncline
from syncline.data.inference import infer_schema
from syncline.data.note import TableWarning
from syncline.data.schema import Schema
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.sources.registry import open_source
from syncline.sources.source_inference import read_table
from syncline.synthesizers.synthesizer import Synthesizer

ROWS = 900
DAY = dt.date(2019, 5, 1)

Draw = Callable[[random.Random], str]


def _states(values: Draw, *words: str) -> Draw:
    share = 0.3 / max(len(words), 1)
    return lambda chance: next((word for word in words if chance.random() < share), None) or values(chance)


def _rarely(values: Draw, word: str) -> Draw:
    return lambda chance: word if chance.random() < 0.005 else values(chance)


def _integer(chance: random.Random) -> str:
    return str(chance.randint(0, 400))


def _decimal(chance: random.Random) -> str:
    return f"{chance.gauss(50, 9):.1f}"


def _tail(chance: random.Random) -> str:
    return str(int(chance.paretovariate(1.1)))


def _float(chance: random.Random) -> str:
    return repr(chance.lognormvariate(2, 2))


def _day(chance: random.Random) -> str:
    return (DAY + dt.timedelta(chance.randint(0, 700))).isoformat()


def _moment(chance: random.Random) -> str:
    return (dt.datetime(2020, 1, 1) + dt.timedelta(minutes=15 * chance.randint(0, 30_000))).isoformat()


def _label(chance: random.Random) -> str:
    return "ABCDEFGHIJKL"[min(int(chance.expovariate(0.9)), 11)]


def _other(chance: random.Random) -> str:
    return "(other)" if chance.random() < 0.2 else _label(chance)


def _truth(chance: random.Random) -> str:
    return "true" if chance.random() < 0.01 else "false"


COLUMNS: tuple[Draw, ...] = (
    _integer,
    _states(_integer, "N"),
    _states(_integer, "-8", "-9"),
    _states(_integer, "N", "-8", "(other)"),
    _rarely(_integer, "99999"),
    _rarely(_states(_integer, "N"), "refused"),
    _decimal,
    _states(_decimal, "-99", "not done", "not applicable"),
    _tail,
    _states(_tail, "=1+1"),
    _float,
    _states(_float, "below limit"),
    _day,
    _states(_day, "9999-12-31"),
    _states(_day, "9999-12-31", "open"),
    _rarely(_day, "9999-12-31"),
    _moment,
    _states(_moment, "pending"),
    _label,
    _other,
    _truth,
    lambda chance: str(int(chance.random() < 0.01)),
)


def _table(path: Path, seed: int) -> Path:
    chance = random.Random(seed)
    draws = [chance.choice(COLUMNS) for _ in range(4)]
    rows = [[draw(chance) if chance.random() > 0.01 else "" for draw in draws] for _ in range(ROWS)]
    pd.DataFrame(rows, columns=list("abcd")).to_csv(path, index=False)
    return path


def _unread(path: Path, schema: Schema) -> int:
    """Return how many cells of a table are neither values of a schema nor missing."""
    batches = prepare(open_source(path), schema, Fold(b"", 0)).batches()
    return sum(int((status > 1).sum()) for batch in batches for status in batch.status)


def _unjudged(real: Path, made: Path, schema: Schema | None) -> list[str]:
    found = syncline.validate(real, made, schema=schema)
    return [reason for reason in found.gate.unjudged if "nobody was held out" not in reason]


@pytest.mark.filterwarnings("ignore::syncline.data.note.TableWarning")
@pytest.mark.parametrize("seed", range(8))
def test_every_table_is_valid_under_its_own_schema(tmp_path: Path, seed: int) -> None:
    real = _table(tmp_path / "real.csv", seed)
    model = Synthesizer("cart" if seed % 2 else "marginals", seed=seed).fit(real)
    own = Schema.from_yaml(model.schema.to_yaml())
    assert own == model.schema
    for suffix in (".csv", ".parquet"):
        made = tmp_path / f"made{suffix}"
        assert model.write(made) == ROWS
        assert _unread(made, own) == 0
    assert _unjudged(real, tmp_path / ("made.csv" if seed % 3 else "made.parquet"), own) == []


@pytest.mark.filterwarnings("ignore::syncline.data.note.TableWarning")
@pytest.mark.parametrize("given", ["none", "inferred", "released"])
def test_rare_categories_are_judged_by_whichever_schema(
    tmp_path: Path, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(3)
    labels = ["abcdefghijklmnopqrstuvwxyz"[min(int(chance.expovariate(0.4)), 25)] * 2 for _ in range(ROWS)]
    real = tmp_path / "real.csv"
    pd.DataFrame({"k": labels, "x": [str(chance.randint(0, 9)) for _ in labels]}).to_csv(real, index=False)
    model = Synthesizer("cart", seed=1).fit(real)
    model.write(tmp_path / "made.csv")
    inferred = infer_schema(read_table(open_source(real)))
    assert "(other)" in model.schema.variable("k").categories
    assert "(other)" not in inferred.variable("k").categories
    schema = {"none": None, "inferred": inferred, "released": model.schema}[given]
    found = syncline.validate(real, tmp_path / "made.csv", schema=schema, min_cell=1)
    assert [reason for reason in found.gate.unjudged if "nobody" not in reason] == []
    assert found["tv_1way"].value is not None
    assert found["tv_1way"].value < 0.1
    assert any("(other)" in note.what for note in found.notes)
    # without the join, the label is compared with the categories that it stands for
    monkeypatch.setattr(
        "syncline.validation.reading.told_as_one", lambda real, _, holdout: (real, holdout, ())
    )
    apart = syncline.validate(real, tmp_path / "made.csv", schema=schema, min_cell=1)
    assert apart["tv_1way"].value is not None
    assert apart["tv_1way"].value > found["tv_1way"].value


def test_states_are_kept_apart_and_follow_what_they_follow(tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    n = 3000
    age = chance.integers(0, 80, n)
    income = np.where(age < 20, "N", np.round(chance.lognormal(7, 0.5, n)).astype(int).astype(str))
    income = np.where((age >= 20) & (chance.random(n) < 0.1), "-8", income)
    frame = pd.DataFrame({"age": age, "income": income})
    frame.loc[chance.random(n) < 0.05, "income"] = None
    schema = Schema.from_yaml(
        "variables:\n"
        "- {name: age, kind: integer, range: [0, 120]}\n"
        "- {name: income, kind: integer, range: [0, 99999], codes: {N: a child, '-8': refused}}\n"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", TableWarning)  # nothing is guessed, and nothing leaves
        drawn = Synthesizer("cart", seed=1, schema=schema).fit(frame).sample(n)
    for code in ("N", "-8"):
        assert abs((drawn.income == code).mean() - (frame.income == code).mean()) < 0.03
    assert abs(drawn.income.isna().mean() - 0.05) < 0.02
    assert (drawn.income[drawn.age < 19] == "N").mean() > 0.85
    assert (drawn.income[drawn.age > 22] == "N").mean() < 0.02
    numbers = pd.to_numeric(drawn.income.drop(drawn.index[drawn.income.isin(["N", "-8"])]))
    assert numbers.min() >= 100


def test_a_value_that_is_written_as_a_code_is_never_drawn(tmp_path: Path) -> None:
    chance = np.random.default_rng(2)
    values = chance.integers(0, 100_000, 4000)
    frame = pd.DataFrame({"v": np.where(chance.random(4000) < 0.2, 7777, values)})
    frame = frame[(frame.v < 7000) | (frame.v > 8000) | (frame.v == 7777)]
    schema = Schema.from_yaml(
        "variables: [{name: v, kind: integer, range: [0, 100000], codes: {'7777': none}}]\n"
    )
    model = Synthesizer("marginals", seed=1, schema=schema).fit(frame)
    drawn = model.sample(200_000)
    assert drawn.v.dtype == np.int64
    share = (frame.v == 7777).mean()
    assert abs((drawn.v == 7777).mean() - share) < 0.01
    asked = model.sample(50, conditions={"v": "7777"})
    assert set(asked.v) == {7777}


def _notes(frame: pd.DataFrame, **options: Any) -> dict[str, str]:
    with pytest.warns(TableWarning):
        model = Synthesizer("cart", seed=1, **options).fit(frame)
    return {note.column: str(note) for note in model.notes}


def test_whatever_the_small_count_rule_takes_away_is_told() -> None:
    n = 800
    chance = random.Random(1)
    frame = pd.DataFrame(
        {
            "dead": [int(row % 100 == 0) for row in range(n)],
            "flag": ["yes" if row % 100 == 0 else "no" for row in range(n)],
            "end": ["9999-12-31" if row in (5, 50, 500) else _day(chance) for row in range(n)],
            "label": ["rare" if row < 5 else "odd" if row < 12 else chance.choice("AB") for row in range(n)],
            "gap": [None if row in (7, 8) else chance.randint(0, 9) for row in range(n)],
            "all": [chance.randint(0, 9) for _ in range(n)],
        }
    )
    notes = _notes(frame)
    assert "8 cells with '1'" in notes["dead"]
    assert "8 cells with 'yes'" in notes["flag"]
    assert "most frequent, 'no'" in notes["flag"]
    assert "3 cells with '9999-12-31'" in notes["end"]
    assert "into '(other)'" in notes["label"]
    assert "2 cells without a value" in notes["gap"]
    assert "all" not in notes
    with pytest.warns(TableWarning):
        drawn = Synthesizer("cart", seed=1).fit(frame).sample(n)
    assert all(day.year <= 2023 for day in drawn.end)


@pytest.mark.filterwarnings("ignore::syncline.data.note.TableWarning")
@pytest.mark.parametrize("alpha", [1.1, 1.5, 2.5])
def test_a_long_tail_keeps_its_mean_and_its_end(alpha: float) -> None:
    chance = np.random.default_rng(int(10 * alpha))
    stay = ((1 - chance.random(4000)) ** (-1 / alpha)).astype(int)
    frame = pd.DataFrame({"los": stay, "x": chance.integers(0, 9, 4000)})
    drawn = Synthesizer("marginals", seed=1).fit(frame).sample(4000).los
    assert abs(drawn.mean() / stay.mean() - 1) < 0.1
    assert abs(drawn.quantile(0.99) / np.quantile(stay, 0.99) - 1) < 0.2
    assert stay.max() / 8 < drawn.max() <= stay.max()


@pytest.mark.filterwarnings("ignore::syncline.data.note.TableWarning")
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_of_every_type_is_judged_beside_its_own(tmp_path: Path, suffix: str) -> None:
    """A type that the file of a release has not, such as spans of time in a CSV, is compared as its text."""
    rng = np.random.default_rng(2)
    whole = rng.integers(0, 100, ROWS)
    types = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32"]
    columns = {name: pa.array(whole.astype(name)) for name in types}
    columns |= {
        "decimal": pa.array([Decimal(int(number)).scaleb(-2) for number in whole], pa.decimal128(9, 2)),
        "span": pa.array(whole, pa.duration("s")),
        "nanoseconds": pa.array(whole * 1_000_000_007, pa.timestamp("ns")),
        "zoned": pa.array(whole * 60, pa.timestamp("s", "Europe/Berlin")),
        "clock": pa.array((whole * 60).astype("int32"), pa.time32("s")),
        "day": pa.array(whole.astype("int32"), pa.date32()),
        "truth": pa.array(whole > 40),
        "label": pa.array(np.char.add("w", (whole % 4).astype(str))).dictionary_encode(),
    }
    real, made = tmp_path / "real.parquet", tmp_path / f"made{suffix}"
    pq.write_table(pa.table(columns), real)
    model = Synthesizer("marginals", seed=1).fit(real)
    assert [variable.name for variable in model.schema.modelled] == [*columns]
    model.write(made)
    assert _unread(made, model.schema) == 0
    assert _unjudged(real, made, None) == []
