"""``datapackage.json``: a release as a Data Package of the Frictionless standard, version 2.

The forms of package, resource, schema and fields are those of https://datapackage.org/standard (2024).
Parquet and CSV hold the same table; the schema of the CSV has names and labels as they are written there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from syncline.compute.frames import Json
from syncline.data.kinds import Kind
from syncline.data.release_table import LABEL, missing_label, release_schema
from syncline.data.scalars import Scalar, write_scalar
from syncline.data.schema import Schema
from syncline.data.spreadsheet import SAYS_ESCAPED, escape_cell
from syncline.data.states import code_words
from syncline.data.variable import Variable
from syncline.durable.storage_fault import storage_error_from_os

PROFILES = "https://datapackage.org/profiles/2.0"

_FORMATS = {
    ".parquet": ("synthetic", "parquet", "application/vnd.apache.parquet"),
    ".csv": ("synthetic-csv", "csv", "text/csv"),
}
_TYPES = {
    Kind.BOOLEAN: "boolean",
    Kind.CATEGORICAL: "string",
    Kind.ORDINAL: "string",
    Kind.INTEGER: "integer",
    Kind.CONTINUOUS: "number",
    Kind.DATE: "date",
    Kind.DATETIME: "datetime",
    Kind.TIME: "time",
    Kind.DURATION: "duration",
}


@dataclass(frozen=True, slots=True)
class TableFile:
    """A written table: its name in the release, its size in bytes, and the SHA-256 of its bytes."""

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> TableFile:
        """Measure a file that was written."""
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            return cls(path.name, path.stat().st_size, digest)
        except OSError as fault:
            raise storage_error_from_os(path, fault) from fault


def data_package(schema: Schema, tables: Sequence[TableFile]) -> str:
    """Return the descriptor of a release with these tables as JSON text."""
    described = {".parquet": table_schema(schema), ".csv": table_schema(schema, written=escape_cell)}
    package = {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": "synthetic-data",
        "title": "Synthetic data made by Syncline",
        "description": LABEL,
        "keywords": ["synthetic data"],
        "synthetic": True,
        "resources": [_resource(table, described[Path(table.name).suffix]) for table in tables],
    }
    return json.dumps(package, indent=1, ensure_ascii=False) + "\n"


def _resource(table: TableFile, described: dict[str, Json]) -> dict[str, Json]:
    """Return one resource.

    Of Parquet no ``bytes`` are given: the frictionless framework (5.21) counts none there and calls any
    number wrong. The manifest has them.
    """
    name, form, mediatype = _FORMATS[Path(table.name).suffix]
    text: dict[str, Json] = {
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "header": True},
        "bytes": table.size,
        "spreadsheets": SAYS_ESCAPED,
    }
    return {
        "$schema": f"{PROFILES}/dataresource.json",
        "name": name,
        "type": "table",
        "path": table.name,
        "title": "Synthetic table",
        "description": LABEL,
        "synthetic": True,
        "format": form,
        "mediatype": mediatype,
        **(text if form == "csv" else {}),
        "hash": f"sha256:{table.sha256}",
        "schema": described,
    }


def table_schema(schema: Schema, written: Callable[[str], str] = str) -> dict[str, Json]:
    """Return the Table Schema of the released columns; a person's fresh number is the primary key.

    ``written`` gives names and labels as they stand in the file.
    """
    described: dict[str, Json] = {
        "$schema": f"{PROFILES}/tableschema.json",
        "missingValues": [""],
        "fields": [_field(schema, schema.variable(name), written) for name in release_schema(schema).names],
    }
    if schema.person is not None:
        described["primaryKey"] = [written(schema.person.name)]
    return described


def _field(schema: Schema, variable: Variable, written: Callable[[str], str]) -> dict[str, Json]:
    if variable is schema.person:
        return {
            "name": written(variable.name),
            "type": "integer",
            "description": "A fresh number, one a row: it stands for no real person.",
            "constraints": {"required": True, "unique": True, "minimum": 1},
        }
    field: dict[str, Json] = {"name": written(variable.name), "type": _TYPES[variable.kind]}
    said = words(variable)
    if said:
        field["description"] = said
    if variable.unit is not None:
        field["unit"] = variable.unit
    code = missing_label(variable)
    if code is not None:
        field["missingValues"] = ["", written(code)]
    if variable.codes:
        field["missingValues"] = [
            {"value": "", "label": "missing"},
            *({"value": written(code), "label": meaning or code} for code, meaning in variable.codes.items()),
        ]
    limits = _constraints(variable, written)
    if limits:
        field["constraints"] = limits
    if variable.kind in {Kind.CATEGORICAL, Kind.ORDINAL}:
        field["categories"] = [*map(written, variable.categories)]
        field["categoriesOrdered"] = variable.kind is Kind.ORDINAL
    return field


def _constraints(variable: Variable, written: Callable[[str], str]) -> dict[str, Json]:
    if variable.kind in {Kind.CATEGORICAL, Kind.ORDINAL}:
        return {"enum": [*map(written, variable.categories)]}
    if variable.range is None:
        return {}
    low, high = (_bound(bound) for bound in variable.range)
    return {"minimum": low, "maximum": high}


def _bound(bound: Scalar) -> Json:
    """Return a bound as JSON: a number, or the text of a day or time."""
    return bound if isinstance(bound, int | float) else write_scalar(bound)


def words(variable: Variable) -> str:
    """Return in words what the types of other tools do not say of a column; empty where they say all."""
    parts = []
    if variable.unit is not None:
        parts.append(f"unit: {variable.unit}")
    if variable.decimals is not None:
        parts.append(f"decimals: {variable.decimals}")
    if variable.digits is not None:
        parts.append(f"significant digits: {variable.digits}")
    if variable.codes:
        parts.append(f"codes beside the values: {code_words(variable.codes)}")
    if variable.step is not None:
        parts.append(f"step: {variable.step}")
    if variable.origin is not None:
        parts.append(f"origin: {variable.origin}")
    if variable.kind is Kind.DATETIME:
        zone = variable.zone
        parts.append(
            "wall clock, without a zone" if zone is None else f"in UTC; the clock of {zone} was read"
        )
    return "; ".join(parts)
