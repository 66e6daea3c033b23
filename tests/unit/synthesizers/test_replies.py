"""What a supplier may send to the hub's half of a fit: answers of the shapes asked for, or it is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from syncline.errors import Contradiction
from syncline.protocols.asking import Reply
from syncline.protocols.reply_check import AnswerShape
from syncline.protocols.transition import Continue, PartyId
from syncline.questions.asked import Asked
from syncline.questions.counts import Counts
from syncline.questions.known import InvariantBroken
from syncline.questions.moments import Moments
from syncline.questions.question import Answer, Context
from syncline.questions.sums import Sums
from syncline.synthesizers.fit import Fit
from syncline.synthesizers.settings import FitSettings
from tests.unit.questions.small_tables import PERSONS, ROWS_ONLY

NORTH, SOUTH = PartyId("north"), PartyId("south")
NONE = np.zeros(0, np.uint64)
ROWS = Counts.of_dense(np.array([90, 10]))
COLUMNS = len(FitSettings(ROWS_ONLY).names)
PROFILE = Counts.of_dense(np.tile([100, 0, 0, 0], COLUMNS))


def step(*answers: Answer, schema=ROWS_ONLY) -> None:
    """Answer round 0 from south, and from north as well."""
    fit = Fit(FitSettings(schema))
    begun = fit.start((NORTH, SOUTH))
    assert isinstance(begun, Continue)
    fit.step(begun.state, {NORTH: Reply(0, answers), SOUTH: Reply(0, answers)}, frozenset())


def test_answers_of_the_shapes_asked_for_are_merged() -> None:
    step(ROWS, PROFILE)


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        pytest.param((), "gave 0 answers to 2 questions in round 0", id="none"),
        pytest.param((ROWS, PROFILE, ROWS), "3 answers to 2 questions", id="one too many"),
        pytest.param(
            (Sums((90, 10)), PROFILE), "row_count in round 0 with sums instead", id="sums for counts"
        ),
        pytest.param((replace(ROWS, size=1 << 40), PROFILE), "cells instead of 2", id="a size that lies"),
        pytest.param(
            (ROWS, ROWS), "profile in round 0 with 2 cells instead of", id="answers in another order"
        ),
        pytest.param(
            (replace(ROWS, value=np.full(2, 1 << 53)), PROFILE), "more rows than any table", id="too much"
        ),
        pytest.param((replace(ROWS, masks=NONE), PROFILE), "person buckets", id="persons nobody declared"),
    ],
)
def test_other_answers_are_refused_with_the_suppliers_name(
    answers: tuple[Answer, ...], sentence: str
) -> None:
    with pytest.raises(Contradiction, match=f"supplier 'north' .*{sentence}"):
        step(*answers)


@pytest.mark.parametrize(
    ("masks", "masked", "sentence"),
    [
        pytest.param(None, 0, "person buckets", id="left out"),
        pytest.param([7], 1, "person buckets", id="of other cells"),
        pytest.param([0, 1], 2, "no person", id="a cell of nobody"),
        pytest.param([2**64 - 1, 1], 2, "more persons than rows", id="more persons than rows"),
    ],
)
def test_person_buckets_are_those_of_the_cells(masks: list[int] | None, masked: int, sentence: str) -> None:
    few = np.array([9, 10])
    buckets = None if masks is None else np.array(masks, np.uint64)
    rows = Counts(2, np.arange(2), few, buckets, masked)
    with pytest.raises(Contradiction, match=f"supplier 'north' .*{sentence}"):
        step(rows, replace(PROFILE, masks=NONE), schema=PERSONS)


def test_sums_are_counted_and_not_mistaken() -> None:
    shape = AnswerShape.of(Moments((("age", 7),)), Context(Asked()), persons=False)
    shape.require(Sums((1, 2, 3)), persons=False)
    with pytest.raises(InvariantBroken, match="2 sums instead of 3"):
        shape.require(Sums((1, 2)), persons=False)
    with pytest.raises(InvariantBroken, match="counts instead of sums"):
        shape.require(ROWS, persons=False)
