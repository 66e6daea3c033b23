"""Questions about a candidate as messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from syncline.errors import WireError
from syncline.questions.comparison import Comparison, PersonCount, RegressionSums, ScoreCandidate
from syncline.questions.growth import (
    LEAVES,
    LEVELS,
    MAX_BINS,
    MAX_LEARNERS,
    NODES,
    TREES,
    ColumnBins,
    Forest,
    GrowTrees,
    Learner,
    Role,
    ScoreTrees,
)
from syncline.wire import strict
from syncline.wire.compared_columns import (
    MAX_CATEGORIES,
    columns_to_proto,
    compared,
    groups,
    groups_to_proto,
    names,
)
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb
from syncline.wire.regressions import regression_sums, regression_sums_to_proto

MAX_ROWS = 1 << 48
MAX_CELLS = 1 << 40
MAX_FOLDS = 64
MAX_MEMBERSHIP_BYTES = 1 << 20

_ROLES = {
    pb.LEARNER_ROLE_SYNTHETIC: Role.SYNTHETIC,
    pb.LEARNER_ROLE_TRAINING: Role.TRAINING,
    pb.LEARNER_ROLE_TARGET: Role.TARGET,
}
_ROLE_NUMBERS = {role: number for number, role in _ROLES.items()}


def comparison_to_proto(question: Comparison) -> pb.Question:
    """Return the message of a question about a candidate."""
    match question:
        case PersonCount():
            return pb.Question(person_count=pb.PersonCount(candidate=bytes.fromhex(question.candidate)))
        case GrowTrees():
            return pb.Question(grow_trees=pb.GrowTrees(growth=_growth_to_proto(question)))
        case RegressionSums():
            return pb.Question(regression_sums=regression_sums_to_proto(question))
        case ScoreTrees():
            message = pb.ScoreTrees(
                growth=_growth_to_proto(question),
                transferred=_forest_to_proto(question.transferred),
                questions=[_learner_to_proto(one) for one in question.questions],
                groups=groups_to_proto(question.groups),
            )
            return pb.Question(score_trees=message)
        case ScoreCandidate():
            return pb.Question(
                score_candidate=pb.ScoreCandidate(
                    table=question.table,
                    columns=columns_to_proto(question.compared),
                    keys=question.keys,
                    sensitive=question.sensitive,
                    train_rows=question.rows[0],
                    holdout_rows=question.rows[1],
                    train_people=question.people[0],
                    holdout_people=question.people[1],
                    cells=question.cells,
                    membership=question.membership,
                    masked=question.masked,
                )
            )


def comparison_from_proto(message: pb.Question) -> Comparison | None:
    """Return the question about a candidate that a message holds, None where it holds another one.

    The table of a candidate is not read yet.
    """
    match message.WhichOneof("kind"):
        case "person_count":
            return PersonCount(strict.digest("person_count.candidate", message.person_count.candidate))
        case "grow_trees":
            return GrowTrees(**_growth(message.grow_trees.growth))
        case "regression_sums":
            return regression_sums(message.regression_sums)
        case "score_trees":
            return _score_trees(message.score_trees)
        case "score_candidate":
            return _score_candidate(message.score_candidate)
        case _:
            return None


def _score_trees(message: pb.ScoreTrees) -> ScoreTrees:
    strict.few("score_trees.questions", len(message.questions), MAX_LEARNERS)
    questions = tuple(_learner(one) for one in message.questions)
    return ScoreTrees(
        **_growth(message.growth),
        transferred=_forest(message.transferred),
        questions=questions,
        groups=groups("score_trees.groups", message.groups),
    )


def _score_candidate(message: pb.ScoreCandidate) -> ScoreCandidate:
    return ScoreCandidate(
        message.table,
        compared(message.columns),
        names("score_candidate.keys", message.keys),
        names("score_candidate.sensitive", message.sensitive),
        _pair("score_candidate.rows", message.train_rows, message.holdout_rows),
        _pair("score_candidate.people", message.train_people, message.holdout_people),
        strict.natural("score_candidate.cells", message.cells, MAX_CELLS),
        strict.natural("score_candidate.masked", message.masked, message.cells),
        strict.bounded("score_candidate.membership", message.membership, MAX_MEMBERSHIP_BYTES),
    )


def _growth_to_proto(question: GrowTrees | ScoreTrees) -> pb.Growth:
    return pb.Growth(
        candidate=bytes.fromhex(question.candidate),
        columns=columns_to_proto(question.compared),
        bins=[
            pb.ColumnBins(
                ordered=column.ordered,
                low=column.low.tolist(),
                code=column.code.tolist(),
                n_codes=column.n_codes,
            )
            for column in question.bins
        ],
        target=question.target,
        learners=[_learner_to_proto(learner) for learner in question.learners],
        train_rows=question.rows[0],
        holdout_rows=question.rows[1],
        levels=question.levels,
        forest=_forest_to_proto(question.forest),
    )


def _growth(message: pb.Growth) -> dict[str, Any]:  # Any: the fields that two questions share
    columns = compared(message.columns)
    if len(message.bins) != len(columns.names):
        raise WireError("growth.bins: each compared column needs its bins")
    strict.few("growth.learners", len(message.learners), MAX_LEARNERS)
    return {
        "candidate": strict.digest("growth.candidate", message.candidate),
        "compared": columns,
        "bins": tuple(_bins(name, column) for name, column in zip(columns.names, message.bins, strict=True)),
        "target": strict.sentence("growth.target", message.target, 128),
        "learners": tuple(_learner(learner) for learner in message.learners),
        "rows": _pair("growth.rows", message.train_rows, message.holdout_rows),
        "levels": strict.natural("growth.levels", message.levels, LEVELS),
        "forest": _forest(message.forest),
    }


def _bins(name: str, message: pb.ColumnBins) -> ColumnBins:
    n_codes = strict.natural("growth.n_codes", message.n_codes, MAX_BINS)
    strict.few("growth.low", len(message.low), MAX_BINS)
    strict.few("growth.code", len(message.code), MAX_CATEGORIES)
    low, code = np.array(message.low, np.int64), np.array(message.code, np.int64)
    if (np.diff(low) <= 0).any() or (code >= n_codes).any():
        raise WireError("growth.bins: edges must increase, and codes lie below their number")
    return ColumnBins(name, message.ordered, low, code.astype(np.uint16), n_codes)


def _learner_to_proto(learner: Learner) -> pb.Learner:
    role = _ROLE_NUMBERS[learner.role]
    return pb.Learner(role=role, fold=learner.fold + 1, low=learner.low, high=learner.high)


def _learner(message: pb.Learner) -> Learner:
    role = strict.choice("learner.role", message.role, _ROLES)
    fold = strict.natural("learner.fold", message.fold, MAX_FOLDS) - 1
    return Learner(role, fold, message.low, message.high)


def _forest_to_proto(forest: Forest) -> pb.Forest:
    learners, trees = forest.column.shape[:2]
    return pb.Forest(
        learners=learners,
        trees=trees,
        column=forest.column.astype("<u2").tobytes(),
        right=forest.right.astype("<u8").tobytes(),
        leaves=forest.leaves.astype("<i8").tobytes(),
    )


def _forest(message: pb.Forest) -> Forest:
    learners = strict.natural("forest.learners", message.learners, MAX_LEARNERS)
    trees = strict.natural("forest.trees", message.trees, TREES)
    nodes, leaves = (learners, trees, NODES), (learners, trees, LEAVES)
    return Forest(
        _array("forest.column", message.column, "<u2", nodes).astype(np.uint16),
        _array("forest.right", message.right, "<u8", nodes).astype(np.uint64),
        _array("forest.leaves", message.leaves, "<i8", leaves).astype(np.int64),
    )


def _array(field: str, content: bytes, dtype: str, shape: tuple[int, int, int]) -> npt.NDArray[np.generic]:
    expected = int(np.dtype(dtype).itemsize * np.prod(shape))
    return np.frombuffer(strict.octets(field, content, expected), dtype).reshape(shape)


def _pair(field: str, train: int, holdout: int) -> tuple[int, int]:
    return strict.natural(field, train, MAX_ROWS), strict.natural(field, holdout, MAX_ROWS)
