"""Questions about a candidate as messages, and what a supplier remembers of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from syncline.errors import WireError
from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.comparison import PersonCount, ScoreCandidate
from syncline.questions.growth import (
    DEPTH,
    LEAVES,
    LEVELS,
    MAX_LEARNERS,
    NODES,
    Forest,
    GrowTrees,
    ScoreTrees,
    Splits,
)
from syncline.questions.regression import MAX_MODELS, MAX_WIDTH, REGRESSION_ROUNDS, RegressionSums
from syncline.wire import strict
from syncline.wire.compared_columns import columns_to_proto, compared
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb
from syncline.wire.own_message import OwnMessage

MAX_ROWS = 1 << 48


def candidate_memory_to_proto(memory: CandidateMemory) -> pb.CandidateMemory:
    """Return the message of what is remembered of a candidate."""
    message = pb.CandidateMemory(
        candidate=bytes.fromhex(memory.candidate),
        table=memory.table,
        columns=columns_to_proto(memory.compared),
        asked=memory.asked,
        scored=memory.scored,
        regressions=memory.regressions,
        judged=memory.judged,
    )
    if memory.rows is not None:
        message.totals.CopyFrom(_totals_to_proto(memory.rows, memory.people))
    if memory.forest is not None:
        message.forest.CopyFrom(_forest_to_proto(memory.forest))
    return message


def candidate_memory(message: pb.CandidateMemory) -> CandidateMemory:
    """Return what is remembered of a candidate; raise WireError naming the field that does not read."""
    if not len(message.columns):
        raise WireError("memory.columns: a candidate has columns")
    told = message.HasField("totals")
    rows, people = _totals("memory.totals", message.totals)
    return CandidateMemory(
        strict.digest("memory.candidate", message.candidate),
        message.table,
        compared(message.columns),
        rows if told else None,
        strict.natural("memory.asked", message.asked, LEVELS + 1),
        _forest(message.forest) if message.HasField("forest") else None,
        message.scored,
        strict.natural("memory.regressions", message.regressions, REGRESSION_ROUNDS),
        message.judged,
        people,
    )


def _person_count_to_proto(question: PersonCount) -> pb.PersonCount:
    return pb.PersonCount(table=question.table, columns=columns_to_proto(question.compared))


def _person_count(message: pb.PersonCount) -> PersonCount:
    return PersonCount(message.table, compared(message.columns))


def _grow_trees_to_proto(question: GrowTrees) -> pb.GrowTrees:
    grown = pb.GrowTrees(candidate=bytes.fromhex(question.candidate), levels=question.levels)
    if question.newest is not None:
        grown.newest.CopyFrom(_splits_to_proto(question.newest))
    if question.rows is not None and question.people is not None:
        grown.totals.CopyFrom(_totals_to_proto(question.rows, question.people))
    return grown


def _grow_trees(message: pb.GrowTrees) -> GrowTrees:
    told = message.HasField("totals")
    rows, people = _totals("grow_trees.totals", message.totals)
    return GrowTrees(
        strict.digest("grow_trees.candidate", message.candidate),
        strict.natural("grow_trees.levels", message.levels, LEVELS),
        _splits("grow_trees.newest", message.newest) if message.HasField("newest") else None,
        rows if told else None,
        people if told else None,
    )


def _score_trees_to_proto(question: ScoreTrees) -> pb.ScoreTrees:
    scored = pb.ScoreTrees(candidate=bytes.fromhex(question.candidate), levels=question.levels)
    scored.newest.CopyFrom(_splits_to_proto(question.newest))
    return scored


def _score_trees(message: pb.ScoreTrees) -> ScoreTrees:
    return ScoreTrees(
        strict.digest("score_trees.candidate", message.candidate),
        strict.natural("score_trees.levels", message.levels, LEVELS),
        _splits("score_trees.newest", message.newest),
    )


def _score_candidate_to_proto(question: ScoreCandidate) -> pb.ScoreCandidate:
    return pb.ScoreCandidate(candidate=bytes.fromhex(question.candidate))


def _score_candidate(message: pb.ScoreCandidate) -> ScoreCandidate:
    return ScoreCandidate(strict.digest("score_candidate.candidate", message.candidate))


def _regression_sums_to_proto(question: RegressionSums) -> pb.RegressionSums:
    models = [
        pb.Coefficients(train=own[0].tolist(), holdout=own[1].tolist()) for own in question.coefficients
    ]
    return pb.RegressionSums(candidate=bytes.fromhex(question.candidate), models=models)


def _regression_sums(message: pb.RegressionSums) -> RegressionSums:
    strict.few("regression_sums.models", len(message.models), MAX_MODELS)
    return RegressionSums(
        strict.digest("regression_sums.candidate", message.candidate),
        tuple(_coefficients(model) for model in message.models),
    )


def _coefficients(message: pb.Coefficients) -> npt.NDArray[np.int64]:
    for field in ("train", "holdout"):
        strict.few(f"regression_sums.{field}", len(getattr(message, field)), MAX_WIDTH)
    if len(message.train) != len(message.holdout):
        raise WireError("regression_sums.holdout: expected as many coefficients as of training rows")
    return np.array([message.train, message.holdout], np.int64)


def _totals_to_proto(rows: tuple[int, int], people: tuple[int, int]) -> pb.Totals:
    return pb.Totals(
        train_rows=rows[0], holdout_rows=rows[1], train_people=people[0], holdout_people=people[1]
    )


def _totals(field: str, message: pb.Totals) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the rows and the people of all suppliers, for training and held out."""
    told = (message.train_rows, message.holdout_rows, message.train_people, message.holdout_people)
    train, holdout, used, held = (strict.natural(field, one, MAX_ROWS) for one in told)
    return (train, holdout), (used, held)


def _splits_to_proto(splits: Splits) -> pb.Splits:
    learners, nodes = splits.column.shape
    return pb.Splits(learners=learners, nodes=nodes, **_packed(splits))


def _splits(field: str, message: pb.Splits) -> Splits:
    learners = strict.natural(f"{field}.learners", message.learners, MAX_LEARNERS)
    nodes = strict.natural(f"{field}.nodes", message.nodes, 2 ** (DEPTH - 1))
    last = nodes == 2 ** (DEPTH - 1)
    return Splits(
        _array(f"{field}.column", message.column, "<u2", (learners, nodes)).astype(np.uint16),
        _array(f"{field}.right", message.right, "<u8", (learners, nodes)).astype(np.uint64),
        _array(f"{field}.leaves", message.leaves, "|i1", (learners, LEAVES if last else 0)).astype(np.int8),
    )


def _forest_to_proto(forest: Forest) -> pb.Forest:
    return pb.Forest(learners=len(forest.column), levels=forest.levels, **_packed(forest))


def _forest(message: pb.Forest) -> Forest:
    learners = strict.natural("forest.learners", message.learners, MAX_LEARNERS)
    levels = strict.natural("forest.levels", message.levels, LEVELS)
    trees = -(-levels // DEPTH)
    nodes, leaves = (learners, trees, NODES), (learners, trees, LEAVES)
    return Forest(
        levels,
        _array("forest.column", message.column, "<u2", nodes).astype(np.uint16),
        _array("forest.right", message.right, "<u8", nodes).astype(np.uint64),
        _array("forest.leaves", message.leaves, "|i1", leaves).astype(np.int8),
    )


def _packed(trees: Splits | Forest) -> dict[str, bytes]:
    return {
        "column": trees.column.astype("<u2").tobytes(),
        "right": trees.right.astype("<u8").tobytes(),
        "leaves": trees.leaves.tobytes(),
    }


def _array(field: str, content: bytes, dtype: str, shape: tuple[int, ...]) -> Any:  # Any: of that type
    expected = int(np.dtype(dtype).itemsize * np.prod(shape))
    return np.frombuffer(strict.octets(field, content, expected), dtype).reshape(shape)


COMPARISONS: Mapping[str, OwnMessage] = {
    PersonCount.kind: OwnMessage(_person_count_to_proto, _person_count),
    GrowTrees.kind: OwnMessage(_grow_trees_to_proto, _grow_trees),
    RegressionSums.kind: OwnMessage(_regression_sums_to_proto, _regression_sums),
    ScoreTrees.kind: OwnMessage(_score_trees_to_proto, _score_trees),
    ScoreCandidate.kind: OwnMessage(_score_candidate_to_proto, _score_candidate),
}
"""The messages of questions about a candidate."""
