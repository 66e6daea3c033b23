"""A study's specification: what its researcher asks for, its suppliers approve and its manifest names.

A specification embeds its schema and has one canonical form in bytes, with every default written out, so that
an approval covers values and not the defaults of some version. Its digest names the study in approvals,
signatures and manifests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from syncline.data.document import parse_document, read_file
from syncline.data.faults import together
from syncline.data.kinds import Role
from syncline.data.schema import Schema
from syncline.data.section import (
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
from syncline.study.sections import (
    AUTO,
    NO_GATE,
    Form,
    Hazards,
    OnLoss,
    Privacy,
    Quorum,
    Release,
    ShortText,
    Slug,
    SpecSection,
    Supplier,
    ValidationSection,
)
from syncline.study.synthesizer_section import SynthesizerSpec
from syncline.validation.utility.formula import ModelFormula, is_constant

MAX_SUPPLIERS = 1000
"""The most suppliers that a study may have."""


def _only_none(linkage: str) -> str:
    if linkage != "none":
        raise ValueError("must be none: this version does not implement linkage")
    return linkage


def leads_out(folder: Path, name: str) -> bool:
    """Tell whether a path, as a document in ``folder`` writes it, leads out of that folder or nowhere."""
    if ".." in Path(name).parts:
        return True
    try:
        return not (folder / name).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links, or a name that no file can have
        return True


def schema_place(study: Path, name: str) -> Path:
    """Return where the schema lies that a study names: a file in the study's own folder, or below it.

    A study may come from a stranger, and what is wrong with a schema is told in the open. So no path leads
    out of the folder: none from the root, no ``..``, no symbolic link to elsewhere.
    """
    place = study.parent / name
    if leads_out(study.parent, name):
        raise DocumentError(
            f"{study}: schema names {shown(name)!r}, which leads out of the folder of {study.name}; keep the"
            " schema in that folder, or below it"
        )
    if place.is_dir():
        raise DocumentError(f"{study}: schema names {shown(name)!r}, which is a directory; name a file in it")
    if not place.is_file():
        raise DocumentError(
            f"{study}: schema names {shown(name)!r}, and there is no such file in {study.parent};"
            f" write its path as seen from {study.name}"
        )
    return place


class StudySpec(SpecSection):
    """A study as its researcher wrote it, complete with its schema and every default."""

    later: ClassVar[Mapping[str, str]] = {"governance": ""}

    syncline: Form
    study: Slug
    purpose: ShortText = ""
    embedded_schema: Schema = Field(alias="schema")
    suppliers: tuple[Supplier, ...]
    quorum: Quorum = Quorum()
    linkage: Annotated[str, AfterValidator(_only_none)] = "none"
    synthesizer: SynthesizerSpec = SynthesizerSpec()
    privacy: Privacy = Privacy()
    hazards: Hazards = Hazards()
    validation: Annotated[ValidationSection | None, BeforeValidator(lambda v: None if v == "none" else v)] = (
        ValidationSection()
    )
    release: Release = Release()

    @classmethod
    def from_yaml(cls, path: Path | str) -> StudySpec:
        """Read the specification at ``path``; a ``schema`` that is text names a file beside it."""
        path = Path(path)
        document = parse_document(read_file(path), str(path))
        if isinstance(document, dict) and isinstance(document.get("schema"), str):
            schema = Schema.from_yaml(schema_place(path, str(document["schema"])))
            return build(cls, {**document, "schema": schema}, str(path))
        return build(cls, document, str(path))

    @classmethod
    def from_canonical(cls, content: bytes) -> StudySpec:
        """Read the bytes that :meth:`canonical` wrote, and no others."""
        spec = build(cls, parse_canonical(content, "study"), "study")
        if spec.canonical() != content:
            raise DocumentError("study: not in canonical form; write it with this version of Syncline")
        return spec

    def canonical(self) -> bytes:
        """Return the canonical form: sorted JSON without white space, in UTF-8, defaults included."""
        document = self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"embedded_schema"})
        document["schema"] = self.schema.to_document()
        document["release"] = {"gate": NO_GATE} | document["release"]
        compared = document.get("validation")
        document["validation"] = "none" if compared is None else {"holdout": AUTO} | compared
        return canonical_json(document)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the canonical form, in hexadecimal."""
        return sha256_hex(self.canonical())

    @property
    def schema(self) -> Schema:  # type: ignore[override]  # pydantic's own schema() is deprecated
        """The schema of the study's table."""
        return self.embedded_schema

    @property
    def supplier_names(self) -> tuple[str, ...]:
        """The suppliers' names in the order in which answers are merged."""
        return tuple(sorted(supplier.name for supplier in self.suppliers))

    def supplier(self, name: str) -> Supplier:
        """Return the entry of one supplier; raise KeyError where the study does not name it."""
        for entry in self.suppliers:
            if entry.name == name:
                return entry
        raise KeyError(name)

    @property
    def fewest_suppliers(self) -> int:
        """The fewest suppliers with whom the study may run: all of them, unless it may go on without some."""
        return self.quorum.min_suppliers if self.quorum.then is OnLoss.PROCEED else len(self.suppliers)

    @property
    def holdout(self) -> float | None:
        """The share of persons (or rows) that no model sees; None where it follows from their number."""
        return 0.0 if self.validation is None else self.validation.holdout

    @property
    def salt(self) -> bytes | None:
        """The key of the holdout's hash where the specification states it; else all parties draw it."""
        given = None if self.validation is None else self.validation.salt
        return None if given is None else given.encode()

    def parameters(self) -> dict[str, Any]:  # Any: pydantic types no dump
        """Return what the study sets beside its name and schema, without a salt, as a manifest holds it."""
        hidden: dict[str, Any] = {
            "embedded_schema": True,
            "study": True,
            "syncline": True,
            "validation": {"salt"},
        }
        return self.model_dump(mode="json", by_alias=True, exclude=hidden)

    @model_validator(mode="after")
    def _check(self) -> StudySpec:
        known = {variable.name: variable for variable in self.schema.variables}
        columns = [
            partial(self._check_column, where, column, known) for where, column in self._named_columns()
        ]
        aims = partial(self._check_aims, known)
        together(
            self._check_suppliers, self._check_quorum, self._check_modelled, aims, *columns, self._check_gate
        )
        return self

    def _check_aims(self, known: Mapping[str, Variable]) -> None:
        """Refuse a target or a model that the comparison, at the study's end, could do nothing with."""
        if self.validation is None:
            return
        modelled = {name: variable for name, variable in known.items() if variable.is_modelled}
        target = self.validation.target
        faults = []
        if target is not None and target in modelled and is_constant(modelled[target]):
            faults.append(
                f"validation.target: {shown(target)!r} has one value, so nothing is to be predicted"
            )
        for formula in map(ModelFormula.of, self.validation.models):
            if set(formula.names) <= modelled.keys():
                faults += map(str, formula.faults(modelled))
        if faults:
            raise WholeSentence(*faults)

    def _check_modelled(self) -> None:
        if not self.schema.modelled:
            raise WholeSentence("schema: it has no column that can be modelled")
        refusal = self.synthesizer.card.refusal(len(self.schema.modelled))
        if refusal is not None:
            raise WholeSentence(f"synthesizer.method: {refusal}")

    def _check_gate(self) -> None:
        if self.release.gate is not None and self.holdout == 0:
            raise WholeSentence(
                "release.gate: the disclosure gate compares with people who are held out, and this study"
                " holds out nobody; give release: {gate: none}, or hold out (validation: {holdout: 0.2})"
            )

    def _check_suppliers(self) -> None:
        names = self.supplier_names
        if not names or len(names) > MAX_SUPPLIERS:
            raise WholeSentence(f"suppliers must name 1 to {MAX_SUPPLIERS} suppliers")
        for name, following in pairwise(sorted(names, key=str.casefold)):
            if name.casefold() == following.casefold():
                raise WholeSentence(f"suppliers: {following!r} is named twice; keep one")

    def _check_quorum(self) -> None:
        names = self.supplier_names
        if "min_suppliers" not in self.quorum.model_fields_set:
            fitted = self.quorum.model_copy(
                update={"min_suppliers": min(self.quorum.min_suppliers, len(names))}
            )
            object.__setattr__(self, "quorum", fitted)
        wanted = self.quorum.min_suppliers
        if wanted > len(names):
            raise WholeSentence(
                f"quorum.min_suppliers: {wanted} exceeds the number of suppliers, {len(names)}"
            )

    def _named_columns(self) -> Iterator[tuple[str, str]]:
        for column in self.synthesizer.visit_sequence or ():
            yield "synthesizer.visit_sequence", column
        if self.validation is None:
            return
        if self.validation.target is not None:
            yield "validation.target", self.validation.target
        for column in self.validation.keys:
            yield "validation.keys", column
        for column in self.validation.sensitive:
            yield "validation.sensitive", column
        for model in self._models():
            for column in ModelFormula.of(model).names:
                yield "validation.models", column

    def _models(self) -> tuple[str, ...]:
        return () if self.validation is None else self.validation.models

    def _check_column(self, where: str, column: str, known: Mapping[str, Variable]) -> None:
        if column not in known:
            names = [variable.name for variable in self.schema.modelled]
            raise WholeSentence(f"{where}: {shown(column)!r} is not a column; {nearest(column, names)}")
        variable = known[column]
        if variable.role is Role.PERSON:
            raise WholeSentence(
                f"{where}: column {shown(column)!r} has role person and cannot be used as a variable"
            )
        if not variable.is_modelled:
            raise WholeSentence(
                f"{where}: column {shown(column)!r} has kind {variable.kind} and cannot be used as a variable"
            )
