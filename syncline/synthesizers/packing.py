"""Put columns, trees and models into packed containers and take them out again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt

from syncline.data.blob import Array, Json, pack, unpack
from syncline.data.codebook import ColumnCodes
from syncline.data.constraint import Constraint, Formula
from syncline.data.gap import Gap, GapLine
from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.errors import SynclineError, WireError
from syncline.synthesizers.cart.tree import GrowingTree, Pending
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.column_search import ColumnSearch, Pieces
from syncline.synthesizers.column_values import ColumnValues
from syncline.synthesizers.draws import Draw
from syncline.synthesizers.formulas import Derived
from syncline.synthesizers.model_check import check_model
from syncline.synthesizers.nodes import Nodes
from syncline.synthesizers.tabular_model import TabularModel

Ints = npt.NDArray[np.int64]
Arrays = dict[str, Array]
Head = dict[str, Json]

_CODE_ARRAYS = ("segment_low", "segment_code", "bins", "classes", "cells")
_VALUE_ARRAYS = ("span_code", "span_low", "span_high", "rows", "masks")

Record = TypeVar("Record", Nodes, Pending, Pieces)


def put_arrays(record: Nodes | Pending | Pieces, arrays: Arrays, prefix: str) -> None:
    """Add the arrays of a record under ``prefix``."""
    for field in fields(record):
        arrays[f"{prefix}.{field.name}"] = getattr(record, field.name)


def take_arrays(kind: type[Record], arrays: Mapping[str, Array], prefix: str) -> Record:
    """Return the record whose arrays stand under ``prefix``."""
    own = {field.name: arrays[f"{prefix}.{field.name}"] for field in fields(kind)}
    return kind(**own)  # type: ignore[arg-type]  # each array was packed from this very field


def put_columns(columns: tuple[CodedColumn, ...], arrays: Arrays) -> list[Json]:
    """Add the arrays of coded columns and return what of them belongs in the head."""
    head: list[Json] = []
    for i, column in enumerate(columns):
        codes, values = column.codes, column.values
        for name in _CODE_ARRAYS:
            arrays[f"codes{i}.{name}"] = getattr(codes, name)
        for name in _VALUE_ARRAYS:
            arrays[f"values{i}.{name}"] = getattr(values, name)
        head.append(
            {
                "name": codes.name,
                "numeric": codes.numeric,
                "n_codes": codes.n_codes,
                "missing": codes.missing,
                "keeps_missing": codes.keeps_missing,
                "categories": list(values.variable.categories),
                "merged": list(values.merged),
                "gap": None if codes.gap is None else gap_to_json(codes.gap),
            }
        )
    return head


def take_columns(head: Json, arrays: Mapping[str, Array], schema: Schema) -> tuple[CodedColumn, ...]:
    """Return the coded columns that :func:`put_columns` put away."""
    columns = []
    for i, item in enumerate(cast("list[dict[str, Json]]", head)):
        if item["gap"] is not None:
            line = GapLine.of_gap(gap_from_json(item["gap"]), schema)
            columns.append(_column(item, arrays, i, line.variable(), line.gap))
            continue
        variable = schema.variable(str(item["name"]))
        categories = tuple(cast("list[str]", item["categories"]))
        if categories != variable.categories:
            variable = variable.model_copy(update={"categories": categories})
        columns.append(_column(item, arrays, i, variable))
    return tuple(columns)


def gap_to_json(gap: Gap) -> list[Json]:
    """Return a gap as JSON."""
    return [gap.name, gap.of, gap.base, gap.above]


def gap_from_json(row: Json) -> Gap:
    """Return the gap of :func:`gap_to_json`."""
    name, of, base, above = cast("tuple[str, str, str, bool]", row)
    return Gap(name, of, base, bool(above))


def _column(
    item: Mapping[str, Json],
    arrays: Mapping[str, Array],
    i: int,
    variable: Variable,
    gap: Gap | None = None,
) -> CodedColumn:
    own = {name: arrays[f"codes{i}.{name}"] for name in _CODE_ARRAYS}
    drawn = {name: arrays[f"values{i}.{name}"] for name in _VALUE_ARRAYS}
    keeps = bool(item["keeps_missing"])
    codes = ColumnCodes(
        name=variable.name if gap is None else gap.name,
        numeric=bool(item["numeric"]),
        n_codes=int(cast("int", item["n_codes"])),
        missing=int(cast("int", item["missing"])),
        keeps_missing=keeps,
        gap=gap,
        **own,  # type: ignore[arg-type]  # each array was packed from this very field
    )
    merged = tuple(cast("list[str]", item["merged"]))
    values = ColumnValues(variable=variable, keeps_missing=keeps, merged=merged, **drawn)  # type: ignore[arg-type]
    return CodedColumn(codes, values)


def put_searches(searches: tuple[ColumnSearch, ...], arrays: Arrays, prefix: str = "") -> list[Json]:
    """Add the arrays of searches under a prefix and return what of them belongs in the head."""
    head: list[Json] = []
    for i, search in enumerate(searches):
        put_arrays(search.pieces, arrays, f"{prefix}pieces{i}")
        arrays[f"{prefix}prefixes{i}"] = np.array(search.prefixes, np.uint64)
        gap = None if search.gap is None else gap_to_json(search.gap)
        head.append([search.name, search.base, search.shift, search.missing, search.missing_mask, gap])
    return head


def take_searches(head: Json, arrays: Mapping[str, Array], prefix: str = "") -> tuple[ColumnSearch, ...]:
    """Return the searches that :func:`put_searches` put away."""
    searches = []
    for i, (name, base, shift, missing, mask, gap) in enumerate(
        cast("list[tuple[str, int, int, int, int, Json]]", head)
    ):
        pieces = take_arrays(Pieces, arrays, f"{prefix}pieces{i}")
        prefixes = tuple(int(p) for p in arrays[f"{prefix}prefixes{i}"].tolist())
        between = None if gap is None else gap_from_json(gap)
        searches.append(ColumnSearch(name, base, shift, prefixes, pieces, missing, mask, between))
    return tuple(searches)


def put_trees(trees: tuple[GrowingTree, ...], arrays: Arrays) -> list[Json]:
    """Add the arrays of growing trees and return what of them belongs in the head."""
    head: list[Json] = []
    for i, tree in enumerate(trees):
        put_arrays(tree.nodes, arrays, f"nodes{i}")
        put_arrays(tree.pending, arrays, f"pending{i}")
        if tree.predictors is not None:
            arrays[f"predictors{i}"] = tree.predictors
        head.append([tree.target, tree.root_impurity])
    return head


def take_trees(head: Json, arrays: Mapping[str, Array]) -> tuple[GrowingTree, ...]:
    """Return the trees that :func:`put_trees` put away."""
    return tuple(
        GrowingTree(
            target,
            take_arrays(Nodes, arrays, f"nodes{i}"),
            take_arrays(Pending, arrays, f"pending{i}"),
            impurity,
            cast("Ints | None", arrays.get(f"predictors{i}")),
        )
        for i, (target, impurity) in enumerate(cast("list[tuple[int, float]]", head))
    )


def derived_to_json(derived: tuple[Derived, ...]) -> list[Json]:
    """Return the derived columns as JSON."""
    return [[constraint_to_json(d.formula), d.own_gaps, d.solved] for d in derived]


def derived_from_json(head: Json) -> tuple[Derived, ...]:
    """Return the derived columns of :func:`derived_to_json`."""
    rows = cast("list[tuple[Json, bool, str | None]]", head)
    return tuple(Derived(constraint_from_json(row), bool(own), solved) for row, own, solved in rows)


def constraint_to_json(constraint: Constraint) -> list[Json]:
    """Return a constraint as JSON."""
    line = constraint.factor, constraint.offset
    return [str(constraint.formula), constraint.of, list(constraint.inputs), *line]


def constraint_from_json(row: Json) -> Constraint:
    """Return the constraint of :func:`constraint_to_json`."""
    formula, of, inputs, factor, offset = cast("tuple[str, str, list[str], float | None, float]", row)
    return Constraint.between(Formula(formula), of, tuple(inputs), factor, offset)


def pack_model(model: TabularModel) -> bytes:
    """Return a model as bytes, without its schema."""
    arrays: Arrays = {}
    draws: list[Json] = []
    for i, draw in enumerate(model.draws):
        arrays[f"above{i}"] = draw.above
        if draw.nodes is not None:
            put_arrays(draw.nodes, arrays, f"nodes{i}")
        draws.append([draw.column, draw.determinant, draw.nodes is not None, draw.gap])
    head: Head = {
        "method": model.method,
        "order": list(model.order),
        "n_rows": model.n_rows,
        "systematic": model.systematic,
        "draws": draws,
        "derived": derived_to_json(model.derived),
        "bounds": [constraint_to_json(bound) for bound in model.bounds],
        "columns": put_columns((*model.columns, *model.gaps), arrays),
    }
    return pack(head, arrays)


def unpack_model(data: bytes, schema: Schema) -> TabularModel:
    """Return the model of :func:`pack_model`; raise WireError where the bytes are not one."""
    head, arrays = unpack(data)
    try:
        draws = tuple(
            Draw(
                column,
                arrays[f"above{i}"],  # type: ignore[arg-type]  # packed from this very field
                take_arrays(Nodes, arrays, f"nodes{i}") if has_nodes else None,
                determinant,
                gap,
            )
            for i, (column, determinant, has_nodes, gap) in enumerate(
                cast("list[tuple[str, str | None, bool, str | None]]", head["draws"])
            )
        )
        every = take_columns(head["columns"], arrays, schema)
        columns = tuple(column for column in every if column.codes.gap is None)
        model = TabularModel(
            str(head["method"]),
            columns,
            tuple(cast("list[str]", head["order"])),
            draws,
            derived_from_json(head["derived"]),
            tuple(constraint_from_json(row) for row in cast("list[Json]", head["bounds"])),
            int(cast("int", head["n_rows"])),
            every[len(columns) :],
            bool(head["systematic"]),
        )
        check_model(model)
    except (
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,
        SynclineError,
    ) as error:
        raise WireError("model: this is not a model of this version") from error
    return model
