"""The schema of a study: the variables of a table in order, and the formulas that hold between them.

A schema is public: it travels with the study and is released with the synthetic data. What stands in it
(categories, ranges) is what the study may reveal of the columns' domains, and no value outside it is ever
modelled. It has one canonical form in bytes, and its digest names it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import model_validator

from syncline.data.constraint import Constraint, Formula, check_constraints
from syncline.data.document import parse_document, read_file
from syncline.data.faults import together
from syncline.data.kinds import NUMERIC_KINDS, Kind, Role
from syncline.data.section import (
    Section,
    WholeSentence,
    build,
    canonical_json,
    nearest,
    parse_canonical,
    sha256_hex,
    shown,
)
from syncline.data.variable import Variable
from syncline.errors import DocumentError

__all__ = ["Constraint", "Formula", "Kind", "Role", "Schema", "Variable"]

MAX_COLUMNS = 4096
"""The most columns that a schema may have."""


class Schema(Section):
    """List the variables of a table in order, with the constraints between them.

    Examples
    --------
    A line with a fault is named with its remedy, and what is left out has its default.

    >>> schema = Schema.from_yaml('''
    ... variables:
    ...   - {name: person, kind: identifier, role: person}
    ...   - {name: age, kind: integer, range: [0, 120]}
    ...   - {name: sex, kind: categorical, categories: [f, m], missing: ["-9"]}
    ... ''')
    >>> schema.names, schema.person.name
    (('person', 'age', 'sex'), 'person')
    >>> schema.variable("agee")
    Traceback (most recent call last):
    syncline.errors.DocumentError: column 'agee' is not in the schema; did you mean age?
    """

    variables: tuple[Variable, ...]
    constraints: tuple[Constraint, ...] = ()

    @classmethod
    def from_yaml(cls, source: Path | str) -> Schema:
        """Read a schema from a file; a ``str`` with a line break in it is the document itself."""
        if isinstance(source, str) and "\n" in source:
            return build(cls, parse_document(source, "schema"), "schema")
        path = Path(source)
        return build(cls, parse_document(read_file(path), str(path)), str(path))

    @classmethod
    def from_canonical(cls, content: bytes) -> Schema:
        """Read the bytes that :meth:`canonical` wrote, and no others."""
        schema = build(cls, parse_canonical(content, "schema"), "schema")
        if schema.canonical() != content:
            raise DocumentError("schema: not in canonical form; write it with this version of Syncline")
        return schema

    def to_document(self) -> dict[str, Any]:  # Any: pydantic types no dump
        """Return the schema as plain mappings and lists, with what is left out left out."""
        document = self.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)
        for variable in document["variables"]:
            if variable["kind"] == Kind.BOOLEAN:
                variable.pop("categories", None)
        return document

    def to_yaml(self) -> str:
        """Write the schema as a YAML document."""
        from ruamel.yaml import YAML

        yaml: Any = YAML(typ="safe", pure=True)  # Any: its settings are typed as None
        yaml.default_flow_style = None  # lists of scalars on one line, the rest in blocks
        yaml.width = 110
        yaml.sort_base_mapping_type_on_output = False
        document = self.to_document()
        for entry, variable in zip(document["variables"], self.variables, strict=True):
            if variable.range is not None and variable.kind in NUMERIC_KINDS:
                entry["range"] = list(variable.range)
            for key, size in (("step", variable.step), ("origin", variable.origin)):
                if size is not None and variable.kind in NUMERIC_KINDS:
                    entry[key] = float(size) if "." in size else int(size)
        stream = StringIO()
        yaml.dump(document, stream)
        return stream.getvalue()

    def canonical(self) -> bytes:
        """Return the schema's canonical form: sorted JSON without white space, in UTF-8."""
        return canonical_json(self.to_document())

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the canonical form, in hexadecimal."""
        return sha256_hex(self.canonical())

    @cached_property
    def modelled(self) -> tuple[Variable, ...]:
        """The variables that enter batches, in order: no person, identifier or free text."""
        return tuple(variable for variable in self.variables if variable.is_modelled)

    @cached_property
    def person(self) -> Variable | None:
        """The column that says which person a row is about, where one is declared."""
        return next((variable for variable in self.variables if variable.role is Role.PERSON), None)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns, in order."""
        return tuple(variable.name for variable in self.variables)

    def variable(self, name: str) -> Variable:
        """Return the variable called ``name``, or say which name is nearest."""
        found = self._by_name.get(name)
        if found is None:
            raise DocumentError(f"column {shown(name)!r} is not in the schema; {nearest(name, self.names)}")
        return found

    @cached_property
    def _by_name(self) -> Mapping[str, Variable]:
        return {variable.name: variable for variable in self.variables}

    def without(self, names: Collection[str]) -> Schema:
        """Return the schema without some columns, and without the constraints that name them."""
        if not names:
            return self
        variables = tuple(variable for variable in self.variables if variable.name not in names)
        constraints = tuple(c for c in self.constraints if not set(names).intersection(c.columns))
        return Schema(variables=variables, constraints=constraints)

    @model_validator(mode="after")
    def _check(self) -> Schema:
        if not self.variables:
            raise WholeSentence("variables must name at least one column")
        if len(self.variables) > MAX_COLUMNS:
            raise WholeSentence(f"variables must name at most {MAX_COLUMNS} columns")
        together(
            self._check_names,
            self._check_persons,
            lambda: check_constraints(self.constraints, self.variables),
        )
        return self

    def _check_names(self) -> None:
        seen: set[str] = set()
        for name in self.names:
            if name in seen:
                raise WholeSentence(f"column {shown(name)!r} is described twice; keep one")
            seen.add(name)

    def _check_persons(self) -> None:
        persons = [variable.name for variable in self.variables if variable.role is Role.PERSON]
        if len(persons) > 1:
            pair = " and ".join(repr(shown(name)) for name in persons[:2])
            raise WholeSentence(f"columns {pair} both have role person; keep one")
