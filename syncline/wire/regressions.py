"""Declared regressions as messages."""

from __future__ import annotations

import math

import numpy as np

from syncline.errors import WireError
from syncline.questions.comparison import MAX_MODELS, RegressionSums
from syncline.questions.regression import MAX_WIDTH, Line, Regression, Term
from syncline.wire import strict
from syncline.wire.compared_columns import MAX_CATEGORIES, columns_to_proto, compared, groups, groups_to_proto
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb

MAX_TERMS = 20


def regression_sums_to_proto(question: RegressionSums) -> pb.RegressionSums:
    """Return the message of a question."""
    return pb.RegressionSums(
        candidate=bytes.fromhex(question.candidate),
        columns=columns_to_proto(question.compared),
        models=[_model_to_proto(model) for model in question.models],
        groups=groups_to_proto(question.groups),
    )


def regression_sums(message: pb.RegressionSums) -> RegressionSums:
    """Return the question of a message; raise WireError or ValueError where it does not read."""
    strict.few("regression_sums.models", len(message.models), MAX_MODELS)
    return RegressionSums(
        strict.digest("regression_sums.candidate", message.candidate),
        compared(message.columns),
        tuple(_model(model) for model in message.models),
        groups("regression_sums.groups", message.groups),
    )


def _model_to_proto(model: Regression) -> pb.Regression:
    return pb.Regression(
        response=model.response,
        line=_line_to_proto(model.line),
        terms=[
            pb.Term(column=term.column, line=_line_to_proto(term.line), dummy=(term.dummy + 1).tolist())
            for term in model.terms
        ],
        train=model.coefficients[0].tolist(),
        holdout=model.coefficients[1].tolist(),
    )


def _model(message: pb.Regression) -> Regression:
    strict.few("regression.terms", len(message.terms), MAX_TERMS)
    for field in ("train", "holdout"):
        strict.few(f"regression.{field}", len(getattr(message, field)), MAX_WIDTH)
    if len(message.train) != len(message.holdout):
        raise WireError("regression.holdout: expected as many coefficients as of training rows")
    return Regression(
        strict.sentence("regression.response", message.response, 128),
        _line(message.line) if message.HasField("line") else None,
        tuple(_term(term) for term in message.terms),
        np.array([message.train, message.holdout], np.int64),
    )


def _term(message: pb.Term) -> Term:
    strict.few("term.dummy", len(message.dummy), MAX_CATEGORIES)
    dummy = np.array(message.dummy, np.int64) - 1
    if (dummy >= MAX_WIDTH).any():
        raise WireError(f"term.dummy: a number is above {MAX_WIDTH}")
    line = _line(message.line) if message.HasField("line") else None
    return Term(strict.sentence("term.column", message.column, 128), line, dummy)


def _line_to_proto(line: Line | None) -> pb.Line | None:
    if line is None:
        return None
    if isinstance(line.centre, int) and isinstance(line.spread, int):
        return pb.Line(unit=line.unit, even=True, centre_key=line.centre, spread_keys=line.spread)
    return pb.Line(unit=line.unit, centre=line.centre, spread=line.spread)


def _line(message: pb.Line) -> Line:
    numbers = (message.unit, message.centre, message.spread)
    if not all(math.isfinite(number) for number in numbers) or message.unit <= 0:
        raise WireError("line: expected finite numbers and a positive unit")
    if message.even:
        if message.spread_keys < 1 or abs(message.centre_key) > 1 << 62:
            raise WireError("line.spread_keys: expected a positive number and a centre on the grid")
        return Line(message.unit, message.centre_key, message.spread_keys)
    if message.spread <= 0:
        raise WireError("line.spread: expected a positive number")
    return Line(message.unit, message.centre, message.spread)
