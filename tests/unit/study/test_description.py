"""What describes a release to other tools is well formed by their published rules, and true of the table."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from syncline.data.schema import Schema
from syncline.study.description.data_dictionary import HEAD, data_dictionary
from syncline.study.description.data_package import table_schema
from syncline.study.description.sdv_metadata import sdv_metadata
from syncline.study.manifest import verify_release
from tests.unit.study.made_report import SCHEMA, assessment, write

EVERY_KIND = Schema.model_validate(
    {
        "variables": [
            {"name": "b", "kind": "boolean"},
            {"name": "c", "kind": "categorical", "categories": ["x", "y"], "missing": ["", "NA"]},
            {"name": "o", "kind": "ordinal", "categories": ["low", "high"]},
            {"name": "i", "kind": "integer", "range": ["-3", "12"]},
            {"name": "n", "kind": "continuous", "decimals": 2, "range": ["0.5", "9.25"], "unit": "mmol/L"},
            {"name": "d", "kind": "date", "range": ["2020-01-01", "2021-12-31"]},
            {"name": "w", "kind": "datetime", "range": ["2020-01-01T00:00:00", "2020-01-02T12:30:00"]},
            {"name": "z", "kind": "datetime", "zone": "Europe/Berlin", "range": ["2020-01-01", "2020-07-01"]},
            {"name": "t", "kind": "time"},
            {"name": "u", "kind": "duration", "range": ["PT0S", "P2D"]},
            {"name": "k", "kind": "identifier"},
        ]
    }
)

# Constraints that each type of field may have, by https://datapackage.org/standard/table-schema (2.0).
_RANGE, _ALWAYS = {"minimum", "maximum"}, {"required", "unique", "enum"}
ALLOWED = {
    "string": _ALWAYS | {"pattern", "minLength", "maxLength"},
    "boolean": _ALWAYS,
    **dict.fromkeys(("integer", "number", "date", "datetime", "time", "duration"), _ALWAYS | _RANGE),
}
READ = {
    "integer": int,
    "number": float,
    "string": str,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": dt.date.fromisoformat,
}

# Arguments that each sdtype may have, by https://docs.sdv.dev/sdv (SINGLE_TABLE_V1).
SDTYPES = {
    "numerical": {"computer_representation"},
    "datetime": {"datetime_format"},
    "categorical": {"order", "order_by"},
    "boolean": set(),
    "id": {"regex_format"},
    "unknown": {"pii"},
}


@pytest.fixture
def release(tmp_path: Path) -> Path:
    write(tmp_path, assessment(), release={"formats": ["parquet", "csv"]})
    return tmp_path


def package(release: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((release / "datapackage.json").read_text("utf-8"))
    return found


def check_field(field: dict[str, Any]) -> None:
    assert field["type"] in ALLOWED
    limits = field.get("constraints", {})
    assert set(limits) <= ALLOWED[field["type"]]
    kind = (int, float) if field["type"] in {"integer", "number"} else str
    assert all(isinstance(limits[end], kind) for end in ("minimum", "maximum") if end in limits)
    if "categories" in field:
        assert field["type"] in {"string", "integer"}
        assert limits["enum"] == field["categories"]
    assert all(isinstance(code, str) for code in field.get("missingValues", []))


def test_the_data_package_follows_the_standard_and_names_the_files_as_they_are(release: Path) -> None:
    found = package(release)
    assert found["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert [resource["path"] for resource in found["resources"]] == ["synthetic.parquet", "synthetic.csv"]
    for resource in found["resources"]:
        content = (release / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert resource.get("bytes", len(content)) == len(content)
        assert re.fullmatch("[-a-z0-9._/]+", resource["name"])
        assert resource["type"] == "table"
        assert resource["mediatype"] in {"application/vnd.apache.parquet", "text/csv"}
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert names == pq.read_schema(release / "synthetic.parquet").names
        assert set(resource["schema"]["primaryKey"]) <= set(names)
    assert found["resources"][1]["bytes"] > 0


@pytest.mark.parametrize("schema", [SCHEMA, EVERY_KIND], ids=["a study's", "every kind"])
def test_every_field_is_one_of_the_standard(schema: Schema) -> None:
    described = table_schema(schema)
    for field in described["fields"]:  # type: ignore[union-attr]
        check_field(field)  # type: ignore[arg-type]


def test_bounds_and_categories_of_every_kind_are_written_as_the_table_writes_its_cells() -> None:
    fields = {field["name"]: field for field in table_schema(EVERY_KIND)["fields"]}  # type: ignore[union-attr, call-overload, index]
    limits = {name: field.get("constraints", {}) for name, field in fields.items()}
    assert limits["i"] == {"minimum": -3, "maximum": 12}
    assert limits["n"] == {"minimum": 0.5, "maximum": 9.25}
    assert limits["d"] == {"minimum": "2020-01-01", "maximum": "2021-12-31"}
    assert limits["w"]["maximum"] == "2020-01-02T12:30:00"
    assert limits["z"] == {"minimum": "2019-12-31T23:00:00Z", "maximum": "2020-06-30T22:00:00Z"}
    assert limits["u"] == {"minimum": "PT0S", "maximum": "P2D"}
    assert fields["c"]["missingValues"] == ["", "NA"]
    assert (fields["c"]["categoriesOrdered"], fields["o"]["categoriesOrdered"]) == (False, True)
    assert "k" not in fields
    assert fields["n"]["description"] == "unit: mmol/L; decimals: 2"


def test_every_cell_of_the_csv_keeps_the_types_and_limits_of_its_field(release: Path) -> None:
    (schema,) = {json.dumps(resource["schema"]) for resource in package(release)["resources"]}
    described = json.loads(schema)
    rows = list(csv.DictReader(io.StringIO((release / "synthetic.csv").read_text("utf-8"))))
    assert len(rows) == 900
    met = set()
    for field in described["fields"]:
        gaps = set(field.get("missingValues", described["missingValues"]))
        limits = field.get("constraints", {})
        read = READ[field["type"]]
        cells = [read(row[field["name"]]) for row in rows if row[field["name"]] not in gaps]
        met.update({"gap"} if len(cells) < len(rows) else ())
        if "enum" in limits:
            assert set(cells) <= set(limits["enum"])
        if "maximum" in limits:
            assert read(str(limits["minimum"])) <= min(cells) <= max(cells) <= read(str(limits["maximum"]))
        if limits.get("unique"):
            assert len(set(cells)) == len(cells) == len(rows)
    assert met == {"gap"}


@pytest.mark.parametrize("schema", [SCHEMA, EVERY_KIND], ids=["a study's", "every kind"])
def test_the_metadata_has_the_form_that_sdv_reads(schema: Schema) -> None:
    found = json.loads(sdv_metadata(schema))
    assert found["METADATA_SPEC_VERSION"] == "SINGLE_TABLE_V1"
    for column in found["columns"].values():
        assert set(column) - {"sdtype"} <= SDTYPES[column["sdtype"]]
        assert column.get("order", ["x"]) != []
        if "datetime_format" in column:
            assert "%" not in dt.datetime(2020, 1, 2).strftime(column["datetime_format"])
        assert column.get("computer_representation") in {None, "Float", "Int64"}
    key = None if schema.person is None else schema.person.name
    assert found.get("primary_key") == key
    if key is not None:
        assert found["columns"][key]["sdtype"] == "id"


def test_the_metadata_fits_the_table(release: Path) -> None:
    columns = json.loads((release / "metadata.json").read_text("utf-8"))["columns"]
    table = pd.read_csv(release / "synthetic.csv")
    assert list(columns) == list(table.columns)
    for name, column in columns.items():
        if "datetime_format" in column:
            read = pd.to_datetime(table[name].dropna(), format=column["datetime_format"])
            assert read.notna().all()
            if column["datetime_format"].endswith("Z"):
                typed = pd.read_parquet(release / "synthetic.parquet")[name].dropna().dt.tz_convert("UTC")
                assert (read.dt.tz_localize("UTC").array == typed.array).all()
        if "order" in column:
            assert set(table[name].dropna()) <= set(column["order"])
    assert table["who"].is_unique


def test_the_dictionary_has_a_line_for_each_released_column(release: Path) -> None:
    lines = list(csv.DictReader(io.StringIO((release / "dictionary.csv").read_text("utf-8"))))
    assert tuple(lines[0]) == HEAD
    assert [line["column"] for line in lines] == list(pd.read_csv(release / "synthetic.csv").columns)
    assert {line["synthetic"] for line in lines} == {"yes"}
    by_name = {line["column"]: line for line in lines}
    assert by_name["weight"]["unit"] == "kg"
    assert (by_name["age"]["lowest"], by_name["age"]["highest"]) == ("0", "120")
    assert by_name["ward"]["categories"].split(" | ") == ["a", "<b>", "c & d", "rare"]
    assert (by_name["ward"]["missing"], by_name["pain"]["missing"]) == ("?", "empty cell")
    assert data_dictionary(EVERY_KIND).count("\n") == len(EVERY_KIND.variables)  # a head; no line for k


DESCRIBING = ("datapackage.json", "metadata.json", "dictionary.csv", "schema.yaml", "synthetic.parquet")


def test_nothing_of_study_suppliers_or_time_stands_in_them(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    write(first, None)
    suppliers = [{"name": name} for name in ("other", "strange", "third")]
    write(second, assessment(), study="another", suppliers=suppliers, provenance={"run": "later"})
    for name in DESCRIBING:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
        assert b"another" not in (second / name).read_bytes()


def test_every_file_says_that_the_data_is_synthetic(release: Path) -> None:
    for path in sorted(release.iterdir()):
        if path.name != "synthetic.csv":  # which has a side file, so that it stays a plain table
            assert b"synthetic" in path.read_bytes().lower(), path.name
    assert (release / "synthetic.csv.README.txt").exists()
    assert verify_release(release).failures  # unsigned so far: the manifest is written by the caller
