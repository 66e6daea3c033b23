"""Whether the parts of an unpacked model belong together, so that drawing from it stays within its arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from syncline.data.blob import Array
from syncline.data.codebook import Codebook, Coding
from syncline.data.constraint import Constraint
from syncline.data.gap import common_step
from syncline.data.scalars import KEY_LIMIT
from syncline.data.variable import Variable
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.draws import WEIGHT_BITS, ColumnDraw
from syncline.synthesizers.formulas import solvable
from syncline.synthesizers.kept_rows import in_order
from syncline.synthesizers.latent_draw import LatentDraw
from syncline.synthesizers.nodes import Nodes
from syncline.synthesizers.pair_factors import FACTOR_BITS, MOST_FACTOR, MOST_FACTORS
from syncline.synthesizers.registry import cards
from syncline.synthesizers.rhythm import measure_fits

if TYPE_CHECKING:
    from syncline.synthesizers.tabular_model import TabularModel

_MAX_BINS = 64
_MOST_EXPONENT = 1 << 11
_MAX_MODEL_ROWS = 1 << 40


def check_model(model: TabularModel) -> None:
    """Raise ValueError where a part points outside of another, or a column is drawn by nothing."""
    every = (*model.columns, *model.gaps)
    Codebook(tuple(column.codes for column in every))
    columns = {column.codes.name: column for column in every}
    _require(model.method in cards() and 0 <= model.n_rows <= _MAX_MODEL_ROWS)
    for column in every:
        _check_column(column)
    for column in model.gaps:
        _check_gap(column, {own.codes.name: own.values.variable for own in model.columns})
    _require(len(set(model.order)) == len(model.order) == len(model.draws))
    _require(all(column.codes.gap is None for column in model.columns))
    _require(columns.keys() == {*model.order, *(d.column for d in model.derived)})
    for place, (name, draw) in enumerate(zip(model.order, model.draws, strict=True)):
        _require(draw.column == name)
        _check_draw(draw, columns, model.order[:place])
        _check_factors(draw, columns, model.order[:place])
        _require(draw.latent is None or draw.latent.before == sum(d.latents for d in model.draws[:place]))
        if draw.reordering is not None:
            _check_reordering(draw, columns, model.order[:place])
    for formula in (*(d.formula for d in model.derived), *model.bounds):
        _check_formula(formula, columns)
    _require(all(d.formula.defines and (d.own_gaps <= (d.formula.of in model.order)) for d in model.derived))
    _require(all(d.solved is None or d.solved in solvable(d.formula) for d in model.derived))
    _require(not any(bound.defines for bound in model.bounds))
    _check_circles(model)


def _check_column(column: CodedColumn) -> None:
    codes, values = column.codes, column.values
    arrays: tuple[tuple[Array, str], ...] = (
        *((lookup, "u2") for lookup in (codes.segment_code, codes.bins, codes.classes, codes.cells)),
        *((keys, "i8") for keys in (codes.segment_low, values.span_low, values.span_high, values.rows)),
        (values.span_code, "i8"),
        (values.masks, "u8"),
    )
    for array, kind in arrays:
        _require(array.ndim == 1 and array.dtype == np.dtype(kind))
    spans = values.span_code
    _require(len(spans) == len(values.span_low) == len(values.span_high))
    _require(codes.n_codes == len(values.rows) == len(values.masks) and codes.bins.max() < _MAX_BINS)
    _require(values.variable.grid is not None or values.variable.is_categorical)
    if values.rhythm is not None:
        is_even = values.variable.grid is not None and values.variable.grid.is_even
        _require(is_even and values.rhythm.fits())
        _require(measure_fits(values.rhythm, values.span_low, values.span_high))
    if len(spans):
        _require(spans.min() >= 0 and spans.max() < codes.n_codes and not (np.diff(spans) < 0).any())
        _require(not (values.span_low > values.span_high).any())
        low, high = int(values.span_low.min()), int(values.span_high.max())
        variable = values.variable
        if variable.is_categorical:
            _require(low >= 0 and high < len(variable.categories))
        elif variable.grid is not None and variable.grid.is_even:
            limit = KEY_LIMIT if codes.gap is None else 2 * KEY_LIMIT
            _require(low >= -limit and high <= max(limit, variable.states.last))


def _check_gap(column: CodedColumn, variables: Mapping[str, Variable]) -> None:
    gap = column.codes.gap
    _require(gap is not None and gap.name == column.codes.name and column.codes.numeric)
    assert gap is not None
    _require(gap.of != gap.base and {gap.of, gap.base} <= variables.keys())
    _require(common_step(variables[gap.of], variables[gap.base]) is not None)


def _check_draw(draw: ColumnDraw, columns: Mapping[str, CodedColumn], before: tuple[str, ...]) -> None:
    above = draw.above
    if draw.gap is not None:
        gap = columns[draw.gap].codes.gap if draw.gap in before else None
        _require(gap is not None and gap.of == draw.column and gap.base in before)
        return
    own = columns[draw.column].codes.gap
    _require(own is None or own.base in before)
    _require(above.ndim == 2 and above.dtype == np.dtype("u8") and above.size > 0)
    _require(above.shape[1] == columns[draw.column].codes.n_codes)
    _require(not (above[:, 1:] < above[:, :-1]).any() and bool((above[:, -1] > 0).all()))
    _require(int(above.max()) < 1 << (WEIGHT_BITS + 1))
    states = 1
    if draw.determinant is not None:
        _require(draw.determinant in before)
        states = columns[draw.determinant].codes.n_codes
    elif draw.nodes is not None:
        _check_tree(draw.nodes, len(before))
        states = len(draw.nodes.leaves)
    _require(len(above) == states)
    if draw.latent is not None:
        _check_latent(draw, draw.latent)


def _check_latent(draw: ColumnDraw, latent: LatentDraw) -> None:
    """Raise ValueError unless each code is cut out of one latent, and the loadings are of those before."""
    codes, k = draw.above.shape[1], len(latent)
    _require(draw.determinant is None and draw.nodes is None and not draw.factors and draw.reordering is None)
    _require(latent.order.dtype == np.dtype("u2") and np.array_equal(np.sort(latent.order), np.arange(codes)))
    _require(k > 0 and latent.ends.dtype == np.dtype("i8") and int(latent.ends[-1]) == codes)
    _require(bool((np.diff(latent.ends, prepend=0) > 0).all()))
    _require(latent.loadings.dtype == np.dtype("f8") and latent.loadings.shape[0] == k)
    _require(latent.before >= 0 and bool((np.abs(latent.loadings) <= 1.0).all()))


def _check_factors(draw: ColumnDraw, columns: Mapping[str, CodedColumn], before: tuple[str, ...]) -> None:
    """Raise ValueError unless factors are of columns before, each once, for their bins and own classes."""
    if not draw.factors:
        return
    codes = columns[draw.column].codes
    _require(draw.determinant is None and draw.gap is None and codes.gap is None)
    places = np.array([one.place for one in draw.factors], np.int64)
    _require(int(places[0]) >= 0 and int(places[-1]) < len(before) and not (np.diff(places) <= 0).any())
    for one in draw.factors:
        bins = columns[before[one.place]].codes.levels(Coding.BINS)
        _require(one.group.shape == (bins,) and one.group.dtype == np.dtype("u1"))
        _require(one.factor.dtype == np.dtype("u4") and bool((one.factor > 0).all()))
        _require(one.factor.shape == (int(one.group.max()) + 1, codes.levels(Coding.CLASSES)))
        _require(int(one.factor.max()) <= MOST_FACTOR << FACTOR_BITS)
    _require(len(draw.factors) <= MOST_FACTORS)


def _check_reordering(draw: ColumnDraw, columns: Mapping[str, CodedColumn], before: tuple[str, ...]) -> None:
    """Raise ValueError unless a line is of numbers of columns before, each once, by finite slopes."""
    line = draw.reordering
    assert line is not None
    names = [(scale.column, scale.log) for scale in line.others]
    _require(draw.determinant is None and draw.gap is None and line.own.column == draw.column)
    _require(len(set(names)) == len(names) and {name for name, _ in names}.issubset(before))
    _require(line.slopes.shape == (len(names),) and line.slopes.dtype == np.dtype("f8"))
    _require(bool(np.isfinite([line.weight, *line.slopes]).all()))
    if line.computed is not None:
        for slopes in (line.computed.slopes, line.computed.within):
            _require(slopes.shape == line.slopes.shape and slopes.dtype == np.dtype("f8"))
            _require(bool(np.isfinite([line.computed.offset, *slopes]).all()))
        _require(columns[draw.column].codes.gap is None)
    for scale in (line.own, *line.others):
        variable = columns[scale.column].values.variable
        _require(variable.grid is not None and not variable.is_categorical)
        _require(bool(np.isfinite(scale.centre)) and abs(scale.exponent) <= _MOST_EXPONENT)


def _check_tree(nodes: Nodes, predictors: int) -> None:
    arrays: tuple[tuple[Array, str], ...] = (
        (nodes.parent, "i8"),
        (nodes.first_child, "i8"),
        (nodes.predictor, "i8"),
        (nodes.left, "u8"),
    )
    for array, kind in arrays:
        _require(array.shape == (len(nodes),) and array.dtype == np.dtype(kind))
    _require(len(nodes) > 0)
    inner = np.flatnonzero(nodes.first_child >= 0)
    child, by = nodes.first_child[inner], nodes.predictor[inner]
    _require(bool(((child > inner) & (child < len(nodes) - 1) & (by >= 0) & (by < predictors)).all()))


def _check_formula(formula: Constraint, columns: Mapping[str, CodedColumn]) -> None:
    for name in formula.columns:
        _require(name in columns and columns[name].values.variable.grid is not None)


def _check_circles(model: TabularModel) -> None:
    in_order(model.derived, model.order)


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError("model: its parts do not belong together")
