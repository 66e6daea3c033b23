"""Models, and what they are made of, as bytes, without the schema whose columns they are about."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import ColumnCodes
from syncline.data.constraint import Constraint, Formula
from syncline.data.gap import GapLine
from syncline.data.record_codec import RecordCodec, StandIn
from syncline.data.schema import Schema
from syncline.errors import WireError
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.column_values import ColumnValues
from syncline.synthesizers.model import Model
from syncline.synthesizers.registry import technique_of
from syncline.synthesizers.rhythm import Rhythm

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]

_VERSION = 5


@dataclass(frozen=True, slots=True)
class KeptFormula:
    """A formula between columns."""

    formula: Formula
    of: str
    inputs: tuple[str, ...]
    factor: float | None
    offset: float

    @classmethod
    def of_constraint(cls, constraint: Constraint) -> KeptFormula:
        """Return what is kept of a constraint."""
        line = constraint.factor, constraint.offset
        return cls(constraint.formula, constraint.of, constraint.inputs, *line)

    def constraint(self) -> Constraint:
        """Return the constraint."""
        return Constraint.between(self.formula, self.of, self.inputs, self.factor, self.offset)


@dataclass(frozen=True, slots=True)
class KeptColumn:
    """A coded column, of whose variable only the categories are kept: rare ones may have been merged."""

    codes: ColumnCodes
    categories: tuple[str, ...]
    span_code: Ints
    span_low: Ints
    span_high: Ints
    rows: Ints
    masks: Bits
    keeps_missing: bool
    merged: tuple[str, ...]
    rhythm: Rhythm | None

    @classmethod
    def of_column(cls, column: CodedColumn) -> KeptColumn:
        """Return what is kept of a column."""
        values = column.values
        spans = values.span_code, values.span_low, values.span_high
        categories, counts = values.variable.categories, (values.rows, values.masks)
        told = values.keeps_missing, values.merged
        return cls(column.codes, categories, *spans, *counts, *told, values.rhythm)

    def column(self, schema: Schema) -> CodedColumn:
        """Return the column: a variable of a schema, or the gap between two."""
        if self.codes.gap is not None:
            variable = GapLine.of_gap(self.codes.gap, schema).variable()
        else:
            variable = schema.variable(self.codes.name)
        if self.categories != variable.categories:
            variable = variable.model_copy(update={"categories": self.categories})
        spans, counts = (self.span_code, self.span_low, self.span_high), (self.rows, self.masks)
        values = ColumnValues(variable, *spans, *counts, self.keeps_missing, self.merged, self.rhythm)
        return CodedColumn(self.codes, values)


def stand_ins(schema: Schema) -> tuple[StandIn[Any, Any], ...]:  # Any: of two types each
    """Return what stands for formulas and columns wherever they are kept."""
    return (
        StandIn(Constraint, KeptFormula, KeptFormula.of_constraint, KeptFormula.constraint),
        StandIn(CodedColumn, KeptColumn, KeptColumn.of_column, lambda kept: kept.column(schema)),
    )


def models_of(method: str) -> dict[str, type[Model]]:
    """Return the models that a technique may end with, by the names under which they are kept."""
    return {model.__name__: model for model in technique_of(method).models}


def pack_model(model: Model, method: str, schema: Schema) -> bytes:
    """Return what a technique learnt as bytes, without its schema."""
    return _codec(method, schema).encode(model)


def unpack_model(data: bytes, method: str, schema: Schema) -> Model:
    """Return the model of :func:`pack_model`; raise WireError where the bytes are not one."""
    model = _codec(method, schema).decode(data)
    require_whole(model)
    return model


def require_whole(model: Model) -> None:
    """Raise WireError where the parts of a model that was read do not belong together."""
    try:
        model.check()
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise WireError("model: its parts do not belong together") from error


def _codec(method: str, schema: Schema) -> RecordCodec[Model]:
    return _codec_of(_Layout(method, schema.digest, schema))


@dataclass(frozen=True, slots=True)
class _Layout:
    """What decides how a model is laid out: schemas of one digest are the same schema."""

    method: str
    schema_sha256: str
    schema: Schema = field(compare=False, repr=False)


@lru_cache(maxsize=8)
def _codec_of(layout: _Layout) -> RecordCodec[Model]:
    """Return the codec of a layout, whose shapes take longer to make than a small model to read."""
    kind: Any = Model  # a base class, for which its models stand
    models, kept = models_of(layout.method), stand_ins(layout.schema)
    return RecordCodec(kind, "model", _VERSION, unions={Model: models}, stand_ins=kept)
