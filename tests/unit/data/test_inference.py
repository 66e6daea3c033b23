"""An inferred schema describes what occurs, by the narrowest kind that holds every value."""

from __future__ import annotations

import datetime as dt
import importlib.util
import os
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest

from syncline.data.inference import infer_schema
from syncline.data.schema import Kind, Schema, Variable
from syncline.errors import DataError

SHARED = Path(os.environ.get("SYNCLINE_SHARED", Path(__file__).parents[4] / "shared")) / "data"


def _inferred(values: object, type_: pa.DataType | None = None) -> Variable:
    return infer_schema(pa.table({"x": pa.array(values, type_)})).variables[0]


def _read_as_text(path: Path) -> pa.Table:
    names = path.read_text(encoding="utf-8").split("\n", 1)[0].replace('"', "").strip().split(",")
    options = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    return pa.csv.read_csv(path, convert_options=options)


def _installed(package: str, *parts: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent.joinpath(*parts)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1", "-2", "10"], Variable(name="x", kind=Kind.INTEGER, range=(-2, 10))),
        (["63.0", "7"], Variable(name="x", kind=Kind.INTEGER, range=(7, 63))),
        (["0", "1", "1"], Variable(name="x", kind=Kind.INTEGER, range=(0, 1))),
        (["1.5", "2.25"], Variable(name="x", kind=Kind.CONTINUOUS, decimals=2, range=(1.5, 2.25))),
        (["0.1234567891234", "2"], Variable(name="x", kind=Kind.CONTINUOUS, range=(0.1234567891234, 2.0))),
        (["1e-3", "2"], Variable(name="x", kind=Kind.CONTINUOUS, decimals=3, range=(0.001, 2.0))),
        (["01234", "99999"], Variable(name="x", kind=Kind.CATEGORICAL, categories=("01234", "99999"))),
        (["true", "False"], Variable(name="x", kind=Kind.BOOLEAN)),
        (["no", "yes"], Variable(name="x", kind=Kind.CATEGORICAL, categories=("no", "yes"))),
        (["b", "a", "b"], Variable(name="x", kind=Kind.CATEGORICAL, categories=("a", "b"))),
        (
            ["2026-01-31", "2025-12-01"],
            Variable(name="x", kind=Kind.DATE, range=(dt.date(2025, 12, 1), dt.date(2026, 1, 31))),
        ),
        (
            ["2026-01-31T10:00:00Z", "2026-01-31T12:00:00+01:00"],
            Variable.model_validate(
                {
                    "name": "x",
                    "kind": "datetime",
                    "zone": "UTC",
                    "step": "1s",
                    "range": ["2026-01-31T10:00:00", "2026-01-31T11:00:00"],
                }
            ),
        ),
        (
            ["10:00", "11:30:05"],
            Variable(name="x", kind=Kind.TIME, step="1s", range=(dt.time(10), dt.time(11, 30, 5))),
        ),
        (
            ["2026-02-30", "2026-01-01"],
            Variable(name="x", kind=Kind.CATEGORICAL, categories=("2026-01-01", "2026-02-30")),
        ),
    ],
)
def test_text_is_described_by_the_narrowest_kind(texts: list[str], expected: Variable) -> None:
    assert _inferred(texts) == expected


@pytest.mark.parametrize("code", ["", "NA", "?", "NaN", "null", "N/A"])
def test_missing_codes_are_found_and_listed(code: str) -> None:
    assert _inferred(["1", code, "2"]) == Variable(name="x", kind=Kind.INTEGER, range=(1, 2), missing=(code,))
    assert _inferred(["a", code]) == Variable(
        name="x", kind=Kind.CATEGORICAL, categories=("a",), missing=(code,)
    )
    assert _inferred([code, code]).missing == (code,)


def test_white_space_around_a_cell_is_no_part_of_it() -> None:
    assert _inferred([" a", "a ", " ?", "1 "]) == Variable(
        name="x", kind=Kind.CATEGORICAL, categories=("1", "a"), missing=("?",)
    )
    assert _inferred([" 1", "2 "]).kind is Kind.INTEGER


def test_text_that_is_missing_in_words_stays_a_category() -> None:
    assert _inferred(["None", "Steady", "unknown"]).categories == ("None", "Steady", "unknown")


def test_text_that_names_rows_is_not_modelled() -> None:
    assert _inferred([f"p{i}" for i in range(60)]).kind is Kind.IDENTIFIER
    assert _inferred([f"remark {i}" for i in range(200)] + ["same"] * 50).kind is Kind.TEXT
    assert _inferred(["x" * 2000, "y"]).kind is Kind.TEXT
    assert _inferred([str(10**25 + i) for i in range(60)]).kind is Kind.IDENTIFIER


@pytest.mark.parametrize(
    ("values", "type_", "expected"),
    [
        ([True, None], pa.bool_(), Variable(name="x", kind=Kind.BOOLEAN)),
        ([3, None, 1], pa.int16(), Variable(name="x", kind=Kind.INTEGER, range=(1, 3))),
        ([2**63], pa.uint64(), Variable(name="x", kind=Kind.IDENTIFIER)),
        ([1.0, float("nan")], pa.float64(), Variable(name="x", kind=Kind.INTEGER, range=(1, 1))),
        (
            [0.5, float("inf")],
            pa.float32(),
            Variable(name="x", kind=Kind.CONTINUOUS, decimals=1, range=(0.5, 0.5), missing=("inf",)),
        ),
        (
            [Decimal("1.25")],
            pa.decimal128(9, 2),
            Variable(name="x", kind=Kind.CONTINUOUS, decimals=2, range=(1.25, 1.25)),
        ),
        ([None], pa.null(), Variable(name="x", kind=Kind.CONTINUOUS)),
        ([None], pa.int64(), Variable(name="x", kind=Kind.INTEGER)),
        (
            [dt.timedelta(hours=1)],
            pa.duration("s"),
            Variable(name="x", kind=Kind.DURATION, step="1s", range=(dt.timedelta(hours=1),) * 2),
        ),
        (
            [dt.time(9)],
            pa.time32("s"),
            Variable(name="x", kind=Kind.TIME, step="1s", range=(dt.time(9),) * 2),
        ),
        (
            [dt.date(2026, 1, 1)],
            pa.date64(),
            Variable(name="x", kind=Kind.DATE, range=(dt.date(2026, 1, 1),) * 2),
        ),
    ],
)
def test_typed_columns_keep_their_type(values: object, type_: pa.DataType, expected: Variable) -> None:
    assert _inferred(values, type_) == expected


def test_the_zone_of_a_timestamp_is_kept() -> None:
    moment = dt.datetime(2026, 7, 1, 10, tzinfo=dt.UTC)
    assert _inferred([moment], pa.timestamp("ns", "Europe/Berlin")).zone == "Europe/Berlin"
    assert _inferred([moment], pa.timestamp("us", "+02:00")).zone == "UTC"
    assert _inferred([moment], pa.timestamp("us", "+02:00")).range == (moment, moment)


def test_declared_categories_stay_categories() -> None:
    codes = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 1]), ["2", "1", "3"])
    assert infer_schema(pa.table({"x": codes})).variables[0].categories == ("1", "2")
    ordered = pa.DictionaryArray.from_arrays(pa.array([0, 1]), ["low", "high", "extreme"], ordered=True)
    assert infer_schema(pa.table({"x": ordered})).variables[0] == Variable(
        name="x", kind=Kind.ORDINAL, categories=("low", "high", "extreme")
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (pa.table({}), "no columns"),
        (pa.table({"": [1]}), "column 1 has no name"),
        (pa.table([[1], [2]], names=["a", "a"]), "column 'a' stands twice"),
        (pa.table({"a": [[1]]}), r"column 'a': type list<.*> cannot be synthesized"),
        (pa.table({"a": [b"x"]}), "column 'a': type binary"),
    ],
)
def test_what_cannot_be_described_is_refused(table: pa.Table, said: str) -> None:
    with pytest.raises(DataError, match=said):
        infer_schema(table)


def test_an_empty_table_has_kinds_and_no_ranges() -> None:
    schema = infer_schema(pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())}))
    assert [variable.range for variable in schema.variables] == [None, None]


def _kinds(schema: Schema) -> dict[str, str]:
    return {variable.name: variable.kind.value for variable in schema.variables}


def test_the_penguins_are_described() -> None:
    schema = infer_schema(_read_as_text(_installed("palmerpenguins", "data", "penguins.csv")))
    assert _kinds(schema) == {
        "species": "categorical",
        "island": "categorical",
        "bill_length_mm": "continuous",
        "bill_depth_mm": "continuous",
        "flipper_length_mm": "integer",
        "body_mass_g": "integer",
        "sex": "categorical",
        "year": "integer",
    }
    assert schema.variable("sex").missing == ("NA",)
    assert schema.variable("bill_length_mm").decimals == 1


def test_the_health_insurance_experiment_is_described() -> None:
    schema = infer_schema(
        _read_as_text(_installed("statsmodels", "datasets", "randhie", "src", "randhie.csv"))
    )
    assert set(schema.names) - {v.name for v in schema.modelled} == {"zper"}, "a person's number"
    assert {v.kind.value for v in schema.modelled} == {"integer", "continuous"}
    assert schema.variable("linc").decimals == 7
    assert schema.variable("lnmeddol").missing == ("",)
    assert Schema.from_yaml(schema.to_yaml()) == schema


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared tables are not on this machine")
@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("adult/train.csv", {"age": "integer", "education": "categorical", "income": "categorical"}),
        ("pbc/pbc.csv", {"age": "continuous", "sex": "categorical", "bili": "continuous", "chol": "integer"}),
        (
            "heart_disease_uci/heart_all_sites.csv",
            {"age": "integer", "oldpeak": "continuous", "num": "integer"},
        ),
        ("splink_fake1000/fake_1000.csv", {"dob": "date", "email": "identifier"}),
    ],
)
def test_real_tables_are_described(name: str, columns: dict[str, str]) -> None:
    schema = infer_schema(_read_as_text(SHARED / name))
    assert columns.items() <= _kinds(schema).items()
    assert Schema.from_canonical(schema.canonical()) == schema
