"""Questions as messages."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import ValidationError

from syncline.data.codebook import Coding
from syncline.data.constraint import Constraint, Formula
from syncline.data.variable import MAX_NAME
from syncline.errors import WireError
from syncline.questions.formula_check import FormulaCheck
from syncline.questions.marginals import MOST_COLUMNS, Axis, Marginals
from syncline.questions.moments import Moments
from syncline.questions.pair_counts import PairCounts
from syncline.questions.profile import Profile
from syncline.questions.question import Question
from syncline.questions.rank_counts import RankColumn, RankCounts
from syncline.questions.row_count import RowCount
from syncline.questions.tree_level import TreeLevel, TreeStep
from syncline.wire import strict
from syncline.wire.codebooks import MAX_CODED_NAME, MAX_COLUMNS, gap_from_proto, gap_to_proto
from syncline.wire.coded_question import coded_question_from_proto, coded_question_to_proto
from syncline.wire.comparisons import COMPARISONS
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb
from syncline.wire.own_message import OwnMessage

MAX_SETS = 1 << 24
MAX_FORMULAS = 1 << 20
MAX_PREFIXES = 1 << 17
MAX_NODES = 1 << 20

_CODINGS = {
    pb.CODING_FINE: Coding.FINE,
    pb.CODING_BINS: Coding.BINS,
    pb.CODING_CLASSES: Coding.CLASSES,
    pb.CODING_CELLS: Coding.CELLS,
}
_CODING_NUMBERS = {coding: number for number, coding in _CODINGS.items()}
_FORMULAS = {
    pb.FORMULA_KIND_EQUAL: Formula.EQUAL,
    pb.FORMULA_KIND_SUM: Formula.SUM,
    pb.FORMULA_KIND_LOG: Formula.LOG,
    pb.FORMULA_KIND_LOG1P: Formula.LOG1P,
    pb.FORMULA_KIND_LOG_FLOOR: Formula.LOG_FLOOR,
    pb.FORMULA_KIND_RATIO: Formula.RATIO,
    pb.FORMULA_KIND_AT_MOST: Formula.AT_MOST,
    pb.FORMULA_KIND_LINEAR: Formula.LINEAR,
    pb.FORMULA_KIND_DAYS: Formula.DAYS,
    pb.FORMULA_KIND_HOURS: Formula.HOURS,
    pb.FORMULA_KIND_MINUTES: Formula.MINUTES,
    pb.FORMULA_KIND_NIGHTS: Formula.NIGHTS,
    pb.FORMULA_KIND_YEARS: Formula.YEARS,
}
_FORMULA_NUMBERS = {formula: number for number, formula in _FORMULAS.items()}


def question_to_proto(question: Question) -> pb.Question:
    """Return the message of a question."""
    own = _OWN.get(question.kind)
    if own is None:
        return pb.Question(coded=coded_question_to_proto(question))
    return pb.Question(**{question.kind: own.write(question)})


def question_from_proto(message: pb.Question) -> Question:
    """Return the question of a message; raise WireError naming the field that does not read.

    The table of a candidate is not read yet.
    """
    kind = message.WhichOneof("kind") or ""
    if kind == "coded":
        if message.coded.kind in _OWN:
            raise WireError("question.coded: a question of this kind has a message of its own")
        return coded_question_from_proto(message.coded)
    if kind not in _OWN:
        raise WireError("question.kind: not a question of this version")
    try:
        return _OWN[kind].read(getattr(message, kind))
    except ValidationError:
        raise WireError("formula_check.formulas: a formula does not read") from None
    except ValueError as error:
        raise WireError(str(error)) from None


def _row_count(message: pb.RowCount) -> RowCount:
    return RowCount()


def _row_count_to_proto(question: RowCount) -> pb.RowCount:
    return pb.RowCount()


def _profile(message: pb.Profile) -> Profile:
    return Profile(_names("profile.columns", message.columns))


def _profile_to_proto(question: Profile) -> pb.Profile:
    return pb.Profile(columns=question.names)


def _rank_counts(message: pb.RankCounts) -> RankCounts:
    strict.few("rank_counts.columns", len(message.columns), MAX_COLUMNS)
    return RankCounts(tuple(_rank_column(column) for column in message.columns))


def _rank_counts_to_proto(question: RankCounts) -> pb.RankCounts:
    return pb.RankCounts(columns=[rank_column_to_proto(column) for column in question.ranked])


def _names(field: str, names: object, most: int = MAX_NAME) -> tuple[str, ...]:
    listed = tuple(str(name) for name in names)  # type: ignore[attr-defined]
    strict.few(field, len(listed), MAX_COLUMNS)
    if len(set(listed)) != len(listed):
        raise WireError(f"{field}: a column is named twice")
    return tuple(strict.sentence(field, name, most) for name in listed)


def rank_column_to_proto(column: RankColumn) -> pb.RankColumn:
    """Return the message of a column's intervals."""
    return pb.RankColumn(
        name=column.name,
        base=column.base,
        shift=column.shift,
        bits=column.bits,
        prefixes=column.prefixes,
        gap=gap_to_proto(column.gap),
    )


def rank_column_from_proto(message: pb.RankColumn) -> RankColumn:
    """Return the intervals of a message; raise WireError where they are none."""
    try:
        return _rank_column(message)
    except ValueError as error:
        raise WireError(str(error)) from None


def _rank_column(message: pb.RankColumn) -> RankColumn:
    strict.few("rank_counts.prefixes", len(message.prefixes), MAX_PREFIXES)
    name = strict.sentence("rank_counts.name", message.name, MAX_CODED_NAME)
    gap = gap_from_proto(name, message.gap) if message.HasField("gap") else None
    return RankColumn(name, message.base, message.shift, message.bits, tuple(message.prefixes), gap)


def _moments(message: pb.Moments) -> Moments:
    strict.few("moments.columns", len(message.columns), MAX_COLUMNS)
    strict.few("moments.logs", len(message.logs), MAX_COLUMNS)
    return Moments(tuple(map(_scaled, message.columns)), tuple(map(_scaled, message.logs)))


def _moments_to_proto(question: Moments) -> pb.Moments:
    scaled, logs = (
        [pb.ScaledColumn(name=name, exponent=exponent) for name, exponent in part]
        for part in (question.scaled, question.logs)
    )
    return pb.Moments(columns=scaled, logs=logs)


def _scaled(message: pb.ScaledColumn) -> tuple[str, int]:
    if not -1100 <= message.exponent <= 1100:
        raise WireError("moments.exponent: out of bounds")
    return strict.sentence("moments.name", message.name, 128), message.exponent


def _axis_to_proto(axis: Axis) -> pb.Axis:
    return pb.Axis(column=axis.column, coding=_CODING_NUMBERS[axis.coding])


def _marginals_to_proto(question: Marginals) -> pb.Marginals:
    sets = [pb.MarginalSet(axes=[_axis_to_proto(axis) for axis in axes]) for axes in question.sets]
    return pb.Marginals(sets=sets, holdout=question.holdout, persons=question.persons)


def _marginals(message: pb.Marginals) -> Marginals:
    strict.few("marginals.sets", len(message.sets), MAX_SETS)
    sets = []
    for axes in message.sets:
        strict.few("marginals.axes", len(axes.axes), MOST_COLUMNS)
        sets.append(
            tuple(
                Axis(
                    strict.sentence("marginals.column", axis.column, 128),
                    strict.choice("marginals.coding", axis.coding, _CODINGS),
                )
                for axis in axes.axes
            )
        )
    return Marginals(tuple(sets), message.holdout, message.persons)


def _formula_check(message: pb.FormulaCheck) -> FormulaCheck:
    strict.few("formula_check.formulas", len(message.formulas), MAX_FORMULAS)
    return FormulaCheck(tuple(_formula(formula) for formula in message.formulas))


def _formula_check_to_proto(question: FormulaCheck) -> pb.FormulaCheck:
    return pb.FormulaCheck(formulas=[_formula_to_proto(formula) for formula in question.formulas])


def _formula(message: pb.Formula) -> Constraint:
    kind = strict.choice("formula_check.kind", message.kind, _FORMULAS)
    return Constraint.between(kind, message.of, tuple(message.inputs), message.factor or None, message.offset)


def _formula_to_proto(formula: Constraint) -> pb.Formula:
    return pb.Formula(
        kind=_FORMULA_NUMBERS[formula.formula],
        of=formula.of,
        inputs=formula.inputs,
        factor=formula.factor or 0.0,
        offset=formula.offset,
    )


def _pair_counts_to_proto(question: PairCounts) -> pb.PairCounts:
    named = zip(question.names, question.groups, strict=True)
    return pb.PairCounts(columns=[pb.PairColumn(name=name, groups=own.tobytes()) for name, own in named])


def _pair_counts(message: pb.PairCounts) -> PairCounts:
    names = _names("pair_counts.columns", [column.name for column in message.columns])
    return PairCounts(names, tuple(np.frombuffer(column.groups, np.uint8) for column in message.columns))


def _tree_level_to_proto(question: TreeLevel) -> pb.TreeLevel:
    steps = [
        pb.TreeStep(
            target=step.target,
            split_node=step.split_node.tolist(),
            split_predictor=step.split_predictor.tolist(),
            split_left=step.split_left.tolist(),
            counted=step.counted.tolist(),
            alive=np.packbits(step.alive.ravel(), bitorder="little").tobytes(),
            predictors=None if step.predictors is None else step.predictors.tolist(),
        )
        for step in question.steps
    ]
    return pb.TreeLevel(
        level=question.level,
        visit_order=question.order,
        steps=steps,
        leaves=question.leaves,
        persons=question.persons,
    )


def _tree_level(message: pb.TreeLevel) -> TreeLevel:
    strict.few("tree_level.steps", len(message.steps), MAX_COLUMNS)
    order = _names("tree_level.visit_order", message.visit_order, MAX_CODED_NAME)
    steps = tuple(_tree_step(step, len(order)) for step in message.steps)
    return TreeLevel(message.level, order, steps, message.leaves, message.persons)


def _tree_step(message: pb.TreeStep, columns: int) -> TreeStep:
    target = strict.natural("tree_level.target", message.target, max(columns - 1, 0))
    for field in ("split_node", "split_predictor", "split_left", "counted", "predictors"):
        strict.few(f"tree_level.{field}", len(getattr(message, field)), MAX_NODES)
    predictors = np.array(message.predictors, np.int64) if message.predictors else None
    width = target if predictors is None else len(predictors)
    bits = len(message.counted) * width
    if len(message.alive) != -(-bits // 8):
        raise WireError(f"tree_level.alive: expected {bits} bits, got {8 * len(message.alive)}")
    alive = np.unpackbits(np.frombuffer(message.alive, np.uint8), count=bits, bitorder="little")
    return TreeStep(
        target,
        np.array(message.split_node, np.int64),
        np.array(message.split_predictor, np.int64),
        np.array(message.split_left, np.uint64),
        np.array(message.counted, np.int64),
        alive.reshape(len(message.counted), width).astype(np.bool_),
        predictors,
    )


_OWN: Mapping[str, OwnMessage] = {
    RowCount.kind: OwnMessage(_row_count_to_proto, _row_count),
    Profile.kind: OwnMessage(_profile_to_proto, _profile),
    RankCounts.kind: OwnMessage(_rank_counts_to_proto, _rank_counts),
    Marginals.kind: OwnMessage(_marginals_to_proto, _marginals),
    Moments.kind: OwnMessage(_moments_to_proto, _moments),
    FormulaCheck.kind: OwnMessage(_formula_check_to_proto, _formula_check),
    PairCounts.kind: OwnMessage(_pair_counts_to_proto, _pair_counts),
    TreeLevel.kind: OwnMessage(_tree_level_to_proto, _tree_level),
    **COMPARISONS,
}
"""The questions that have a message of their own: those that were sent before there was a common form."""
