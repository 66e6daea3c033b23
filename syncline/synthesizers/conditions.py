"""Conditions on synthetic rows: equalities, checked against the schema before a row is drawn."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from syncline.data.coded_cells import are_typed
from syncline.data.kinds import Kind
from syncline.data.labels import normal_label
from syncline.data.release_table import missing_label, release_schema, value_text
from syncline.data.scalars import Scalar, read_scalar, write_scalar
from syncline.data.schema import Schema
from syncline.data.section import nearest, shown
from syncline.data.states import State
from syncline.data.variable import Variable
from syncline.errors import UsageError

ConditionValue = str | bool | Scalar


def conditions_of(given: object, schema: Schema) -> dict[str, ConditionValue]:
    """Return what is asked of each column; a UsageError names the column and says what it may hold."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise UsageError("conditions: must be a mapping of columns to values, as in {'sex': 'F'}")
    return {str(name): _value(_variable(name, schema), value) for name, value in given.items()}


def mask_of(batch: pa.RecordBatch, conditions: Mapping[str, ConditionValue]) -> pa.BooleanArray:
    """Return which rows (n,) meet all conditions."""
    import pyarrow.compute as pc

    mask = np.ones(batch.num_rows, np.bool_)
    for name, value in conditions.items():
        column = batch.column(name)
        equal = pc.equal(column, pa.scalar(value, column.type))
        mask &= equal.fill_null(False).to_numpy(zero_copy_only=False)
    return pa.array(mask)


def _variable(name: object, schema: Schema) -> Variable:
    text = normal_label(str(name))
    if text not in schema.names:
        known = [field.name for field in release_schema(schema)]
        raise UsageError(f"conditions: {shown(text)!r} is not a column; {nearest(text, known)}")
    variable = schema.variable(text)
    if variable is schema.person:
        raise UsageError(f"conditions: {shown(text)!r} holds fresh numbers of persons; leave it out")
    if not variable.is_modelled:
        raise UsageError(f"conditions: {shown(text)!r} is {variable.kind} and not synthesized; leave it out")
    return variable


def _value(variable: Variable, value: object) -> ConditionValue:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None:
        raise UsageError(
            f"conditions: a missing value of {shown(variable.name)!r} cannot be asked for;"
            " pick those rows from a sample without this condition"
        )
    state = _state(variable, value)
    if state is not None:
        return state.value if are_typed(variable) and state.value is not None else state.code
    if variable.kind is Kind.BOOLEAN:
        return _switch(variable, value)
    if variable.is_categorical:
        return _category(variable, value)
    scalar = _within(variable, _scalar(variable, value))
    return scalar if are_typed(variable) else value_text(variable, scalar)


def _state(variable: Variable, value: object) -> State | None:
    """Return the named state that is asked for, by its code as text or by the value that its code is."""
    if isinstance(value, str):
        return variable.states.named(normal_label(value))
    return next(
        (state for state in variable.states if state.value is not None and state.value == value), None
    )


def _switch(variable: Variable, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in variable.categories:
        return value == "true"
    raise UsageError(f"conditions: the value for {shown(variable.name)!r} must be True or False")


def _category(variable: Variable, value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(
            f"conditions: the value for {shown(variable.name)!r} must be text, one of its categories"
        )
    label = normal_label(value)
    if label not in variable.categories and label != missing_label(variable):
        raise UsageError(
            f"conditions: {shown(variable.name)!r} has no category {shown(label)!r};"
            f" {nearest(label, variable.categories)}"
        )
    return label


def _scalar(variable: Variable, value: object) -> Scalar:
    """Return a number, a moment or a span of the column's kind."""
    try:
        match variable.kind:
            case Kind.INTEGER:
                return _whole(value)
            case Kind.CONTINUOUS:
                return _finite(value)
            case kind:
                return read_scalar(_written(value, kind), kind, variable.zone)
    except ValueError as error:
        raise UsageError(f"conditions: the value for {shown(variable.name)!r} is wrong: {error}") from None


def _whole(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("expected a whole number")


def _finite(value: object) -> float:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 1000:
        return float(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise ValueError("expected a finite number")


def _written(value: object, kind: Kind) -> str:
    if isinstance(value, dt.datetime) and kind is Kind.DATE and value.time() == dt.time():
        value = value.date()
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return write_scalar(value)
    return value if isinstance(value, str) else ""


def _within(variable: Variable, value: Scalar) -> Scalar:
    name = shown(variable.name)
    if variable.range is not None:
        low, high = (write_scalar(bound) for bound in variable.range)
        key, ends = _key(value, variable), variable.key_range
        if ends is None or not ends[0] <= key <= ends[1]:
            raise UsageError(
                f"conditions: {write_scalar(value)} for {name!r} is outside of its range, {low} to {high}"
            )
    places = variable.places
    if places is not None and isinstance(value, float) and round(value, places) != value:
        raise UsageError(f"conditions: {write_scalar(value)} for {name!r} has more than {places} decimals")
    if variable.digits is not None and variable.place_of(value).denominator != 1:
        raise UsageError(
            f"conditions: {write_scalar(value)} for {name!r} has more than {variable.digits} digits"
        )
    if variable.step is not None and variable.place_of(value).denominator != 1:
        raise UsageError(f"conditions: {write_scalar(value)} for {name!r} is no {variable.grid_words}")
    return value


def _key(value: Scalar, variable: Variable) -> int:
    try:
        return variable.key_of(value)
    except OverflowError:
        return 1 << 63
