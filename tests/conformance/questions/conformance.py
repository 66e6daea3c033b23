"""What holds for every question: one suite, to which a question is given by an example of it."""

from __future__ import annotations

from dataclasses import is_dataclass

import numpy as np
import pytest

from syncline.data.schema import Schema
from syncline.errors import ProtocolError, WireError
from syncline.protocols.asking import Request
from syncline.protocols.reply_check import AnswerShape
from syncline.questions.known import InvariantBroken
from syncline.questions.question import TableQuestion
from syncline.questions.table import QUESTIONS
from syncline.wire.exchange import RequestCodec
from tests.conformance.questions.examples import KNOWN, Example, cells, lied, merged, one_person, table
from tests.unit.validation.comparison.parties import SCHEMA

OTHER = Schema.model_validate({"variables": [{"name": "height", "kind": "integer"}]})
ROWS = 3


def comes_back_from_the_wire(example: Example) -> None:
    """A question is itself again after the wire, and always the same bytes."""
    request = Request(3, (example.question,))
    content = RequestCodec().encode(request)
    again = RequestCodec().decode(content)
    assert again == request
    assert RequestCodec().encode(again) == content
    assert type(again.questions[0]) is type(example.question)


def damaged_bytes_are_refused_or_are_a_request(example: Example, tries: int = 150) -> None:
    """Whatever stands on the wire, nothing but a WireError comes of it, or a request that can be sent."""
    content = RequestCodec().encode(Request(3, (example.question,)))
    rng = np.random.default_rng(5)
    for _ in range(tries):
        damaged = bytearray(content)
        place = int(rng.integers(0, min(len(damaged), 400)))
        match rng.integers(0, 3):
            case 0:
                damaged[place] = int(rng.integers(0, 256))
            case 1:
                del damaged[place:]
            case _:
                damaged[place:place] = rng.bytes(3)
        try:
            found = RequestCodec().decode(bytes(damaged))
        except WireError:
            continue
        assert RequestCodec().decode(RequestCodec().encode(found)) == found


def an_answer_is_as_large_as_it_says(example: Example) -> None:
    """The answer has the shape that follows from the question, at hub and supplier alike."""
    shape = AnswerShape.of(example.question, example.context, persons=True)
    answer = example.answer([table(2)])
    shape.require(answer, persons=True)
    assert answer.size == example.question.extent(example.context).cells
    assert isinstance(answer, example.question.adds)


def parts_merge_to_the_whole(example: Example) -> None:
    """However whole persons are dealt out and rows are cut, the merged answer is that of the whole table."""
    batch = table(3)
    assert batch.owner is not None
    whole = example.answer([batch])
    parts = [batch.take(batch.owner % 3 == number) for number in range(3)]
    assert merged([example.answer([part]) for part in parts]) == whole
    cut = [batch.take(slice(start, start + 7)) for start in range(0, batch.n_rows, 7)]
    assert example.answer(cut) == whole


def nobody_moves_an_answer_farther_than_is_said(example: Example) -> None:
    """Whoever leaves a table, the answer changes by no more than the bounds of the rows that they had."""
    bound = example.question.sensitivity(example.context)
    for seed in range(3):
        batch = table(seed, 25)
        assert batch.owner is not None
        whole = np.array(cells(example.answer([batch])), object)
        for owner in np.unique(batch.owner)[:6].tolist():
            own = batch.owner == owner
            change = np.abs(whole - np.array(cells(example.answer([batch.take(~own)])), object))
            rows = int(own.sum())
            assert change.sum() <= bound.l1(rows)
            assert (change**2).sum() <= bound.l2_squared(rows)


def the_bounds_are_attained(example: Example) -> None:
    """Some person moves the answer as far as is said, in both norms: no smaller bound would hold."""
    bound = example.question.sensitivity(example.context)
    batch = table(4, 25)
    without = np.array(cells(example.answer([batch])), object)
    joined = np.array(cells(example.answer([batch, one_person(example, ROWS)])), object)
    change = np.abs(joined - without)
    assert 0 < change.sum() <= bound.l1(ROWS)
    if example.attained:
        assert change.sum() == bound.l1(ROWS)
        assert (change**2).sum() == bound.l2_squared(ROWS)
        assert bound.l2(ROWS) ** 2 == pytest.approx(bound.l2_squared(ROWS))


def it_is_admitted_once(example: Example) -> None:
    """What was answered is not answered again, so nobody averages noise away or asks until it fits."""
    if example.repeats:
        example.question.admit(example.after)
        return
    with pytest.raises(ProtocolError):
        example.question.admit(example.after)


def unknown_columns_are_refused(example: Example) -> None:
    """A question about a column that the schema does not model is refused before any row is read."""
    example.question.check(SCHEMA, example.asked.codebook)
    if isinstance(example.question, TableQuestion) and not example.question.columns:
        return
    if example.question.about() is not None and not example.question.begins:
        return  # it names no column: what it is about follows from its candidate
    with pytest.raises(ProtocolError, match="column"):
        example.question.check(OTHER, None)


def a_lie_is_found(example: Example) -> None:
    """An honest answer agrees with what is known of its table, and one that is made up does not."""
    honest = example.answer([table(*KNOWN)])
    expected = example.question.expects(example.known, example.context)
    example.question.reconcile(honest, expected, example.context)
    with pytest.raises(InvariantBroken):
        example.question.reconcile(lied(honest), expected, example.context)


def people_are_told_what_it_counts(example: Example) -> None:
    """It stands in the table under its kind, in words of its own, and is a frozen record."""
    entry = QUESTIONS[example.question.kind]
    assert entry.load() is type(example.question)
    assert entry.words
    assert [one.words for one in QUESTIONS.values()].count(entry.words) == 1
    assert is_dataclass(example.question)
    assert type(example.question).__dataclass_params__.frozen


CHECKS = (
    comes_back_from_the_wire,
    damaged_bytes_are_refused_or_are_a_request,
    an_answer_is_as_large_as_it_says,
    parts_merge_to_the_whole,
    nobody_moves_an_answer_farther_than_is_said,
    the_bounds_are_attained,
    it_is_admitted_once,
    unknown_columns_are_refused,
    a_lie_is_found,
    people_are_told_what_it_counts,
)
"""All of it; each takes an example."""
