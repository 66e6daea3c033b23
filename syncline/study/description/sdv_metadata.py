"""``metadata.json``: the released columns in the form that SDV reads as SingleTableMetadata.

The form is the specification ``SINGLE_TABLE_V1`` of docs.sdv.dev, which readers of later versions load too.
A reader keeps the keys that it knows; ``synthetic`` and ``description`` are for people.
"""

from __future__ import annotations

import json

from syncline.compute.frames import Json
from syncline.data.coded_cells import are_typed
from syncline.data.kinds import Kind
from syncline.data.release_table import LABEL, has_fraction, release_schema
from syncline.data.schema import Schema
from syncline.data.variable import Variable

SPEC_VERSION = "SINGLE_TABLE_V1"

_FIXED: dict[Kind, dict[str, Json]] = {
    Kind.BOOLEAN: {"sdtype": "boolean"},
    Kind.CATEGORICAL: {"sdtype": "categorical"},
    Kind.INTEGER: {"sdtype": "numerical", "computer_representation": "Int64"},
    Kind.CONTINUOUS: {"sdtype": "numerical", "computer_representation": "Float"},
    Kind.DATE: {"sdtype": "datetime", "datetime_format": "%Y-%m-%d"},
    Kind.TIME: {"sdtype": "unknown", "pii": False},
    Kind.DURATION: {"sdtype": "unknown", "pii": False},
}


def sdv_metadata(schema: Schema) -> str:
    """Return the metadata as JSON text; a person's fresh number is the primary key."""
    names = release_schema(schema).names
    document: dict[str, Json] = {
        "METADATA_SPEC_VERSION": SPEC_VERSION,
        "synthetic": True,
        "description": LABEL,
        "columns": {name: _column(schema, schema.variable(name)) for name in names},
    }
    if schema.person is not None:
        document["primary_key"] = schema.person.name
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _column(schema: Schema, variable: Variable) -> dict[str, Json]:
    if variable is schema.person:
        return {"sdtype": "id"}
    if not are_typed(variable):
        return {"sdtype": "categorical"}  # numbers with words among them: SDV has no type for the two
    match variable.kind:
        case Kind.ORDINAL:
            return {"sdtype": "categorical", "order": list(variable.categories)}
        case Kind.DATETIME:
            ending = (".%f" if has_fraction(variable) else "") + ("" if variable.zone is None else "Z")
            return {"sdtype": "datetime", "datetime_format": f"%Y-%m-%dT%H:%M:%S{ending}"}
        case kind:
            return dict(_FIXED[kind])
