"""Lies that a supplier may tell: what it sends in place of what it counted, one lie for one question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from syncline.data.codebook import Codebook
from syncline.protocols.asking import Reply, Request
from syncline.questions.counts import Counts
from syncline.questions.question import Answer, Question
from syncline.questions.sums import Sums

HUGE = 1 << 36

Change = Callable[[Question, Answer], Answer]


@dataclass(frozen=True)
class Lie:
    """What is changed in the ``nth`` answer to a question of a kind; ``rule`` is what the hub says of it."""

    name: str
    kind: str
    change: Change
    rule: str
    nth: int = 0


class Liar:
    """Tell one lie, once; tell the truth else."""

    def __init__(self, lie: Lie) -> None:
        self._lie = lie
        self._met = 0
        self.codebook: Codebook | None = None
        self.told: int | None = None
        """The round in which the lie was told."""

    def change(self, number: int, request: Request, reply: Reply) -> Reply:
        """Return the reply, changed where the lie is due."""
        answers = list(reply.answers)
        for place, question in enumerate(request.questions):
            if question.kind == self._lie.kind:
                if self._met == self._lie.nth:
                    answers[place] = self._lie.change(question, answers[place])
                    self.told = number
                self._met += 1
        return replace(reply, answers=tuple(answers))


def dense(change: Callable[[np.ndarray], None]) -> Change:
    """Return a change of the cells of an answer, whose person buckets stay as far as cells stay filled."""

    def changed(question: Question, answer: Answer) -> Answer:
        assert isinstance(answer, Counts)
        cells, masks = answer.dense(), answer.dense_masks()
        change(cells)
        index = np.flatnonzero(cells)
        if masks is None:
            return Counts(answer.size, index, cells[index])
        leading = index[index < answer.masked]
        own = np.where(masks[leading] == 0, np.uint64(1), masks[leading])
        return Counts(answer.size, index, cells[index], own, answer.masked)

    return changed


def put(cell: int, rows: int) -> Change:
    """Return the lie that one cell, counted from the end where negative, holds so many rows."""

    def change(cells: np.ndarray) -> None:
        cells[cell] = rows

    return dense(change)


def add(rows: int, cell: int | None = None) -> Change:
    """Return the lie that the fullest cell, or a given one, holds some rows more, or fewer."""

    def change(cells: np.ndarray) -> None:
        cells[int(np.argmax(cells)) if cell is None else cell] += rows

    return dense(change)


def move(rows: int = 1) -> Change:
    """Return the lie that some rows of the fullest cell lie in the one after it, or before the last."""

    def change(cells: np.ndarray) -> None:
        fullest = int(np.argmax(cells))
        cells[fullest] -= rows
        cells[fullest + 1 if fullest + 1 < len(cells) else fullest - 1] += rows

    return dense(change)


def nothing(question: Question, answer: Answer) -> Answer:
    """Hold that there is nothing."""
    assert isinstance(answer, Counts)
    return Counts.empty(answer.size, persons=answer.masks is not None, masked=answer.masked)


def scale(factor: int) -> Change:
    """Return the lie that there is so many times as much of everything."""

    def change(cells: np.ndarray) -> None:
        cells *= factor

    return dense(change)


def of_sums(change: Callable[[list[int]], None]) -> Change:
    """Return a change of the sums of an answer."""

    def changed(question: Question, answer: Answer) -> Answer:
        assert isinstance(answer, Sums)
        values = list(answer.values)
        change(values)
        return Sums(tuple(values))

    return changed


def set_sum(place: int, value: int) -> Change:
    """Return the lie that one of the sums has a value; places from the end are those of products."""

    def change(values: list[int]) -> None:
        values[place] = value

    return of_sums(change)


def masks(change: Callable[[np.ndarray], np.ndarray]) -> Change:
    """Return a change of the person buckets of an answer."""

    def changed(question: Question, answer: Answer) -> Answer:
        assert isinstance(answer, Counts)
        assert answer.masks is not None
        return replace(answer, masks=change(answer.masks.copy()))

    return changed


def without_persons(question: Question, answer: Answer) -> Answer:
    """Count no persons."""
    assert isinstance(answer, Counts)
    return Counts(answer.size, answer.index, answer.value)


def shifted(question: Question, answer: Answer) -> Answer:
    """Take each cell for the one before it: the rows are as many, but of other bins."""
    assert isinstance(answer, Counts)
    return (
        Counts(answer.size, (answer.index + 1) % answer.size, answer.value) if len(answer.index) else answer
    )


def fewer_cells(question: Question, answer: Answer) -> Answer:
    """Answer with one cell less."""
    assert isinstance(answer, Counts)
    kept = answer.index < answer.size - 1
    return Counts(answer.size - 1, answer.index[kept], answer.value[kept])


def more_cells(question: Question, answer: Answer) -> Answer:
    """Answer with many cells more."""
    assert isinstance(answer, Counts)
    return replace(answer, size=1 << 40)


def as_sums(question: Question, answer: Answer) -> Answer:
    """Answer with sums instead of counts."""
    assert isinstance(answer, Counts)
    return Sums(tuple(answer.dense().tolist()))


def as_counts(question: Question, answer: Answer) -> Answer:
    """Answer with counts instead of sums."""
    assert isinstance(answer, Sums)
    return Counts.of_dense(np.abs(np.array(answer.values, np.int64)))


SHAPES = [
    Lie("too few cells", "profile", fewer_cells, "with 27 cells instead of 28"),
    Lie("too many cells", "row_count", more_cells, "cells instead of 2"),
    Lie("sums for counts", "marginals", as_sums, "with sums instead of counts"),
    Lie("counts for sums", "moments", as_counts, "with counts instead of sums"),
]
"""Answers to another question than was asked."""

FIT = [
    Lie("2**36 rows", "row_count", put(0, HUGE), "a column has not one cell for each row"),
    Lie("no row at all", "row_count", nothing, "a column has not one cell for each row"),
    Lie("one row fewer", "row_count", add(-1), "a column has not one cell for each row"),
    Lie("2**36 cells of a column", "profile", put(0, HUGE), "a column has not one cell for each row"),
    Lie("an empty profile", "profile", nothing, "a column has not one cell for each row"),
    Lie("2**36 rows of an interval", "rank_counts", put(1, HUGE), "a column has more values than rows"),
    Lie("an empty search", "rank_counts", nothing, "not as many as its profile says"),
    Lie("no value is missing", "rank_counts", put(0, 0), "not as many as its profile says"),
    Lie("a value more in a later round", "rank_counts", add(1), "do not add up to it", nth=1),
    Lie("an interval without parts", "rank_counts", nothing, "do not add up to it", nth=1),
    Lie("a value is missing in a later round", "rank_counts", put(0, 3), "without a value", nth=1),
    Lie("2**36 rows of a part", "rank_counts", put(-1, HUGE), "do not add up to it", nth=1),
    Lie("another number of rows", "moments", set_sum(0, 7), "sums are of another number of rows"),
    Lie("a sum of 2**254", "moments", set_sum(1, 1 << 254), "a sum does not fit its squares"),
    Lie("a sum of -2**254", "moments", set_sum(1, -(1 << 254)), "a sum does not fit its squares"),
    Lie("a negative square", "moments", set_sum(-1, -1), "a sum does not fit its squares"),
    Lie("a square of 2**254", "moments", set_sum(-1, 1 << 254), "a sum of squares is beyond the values"),
    Lie("a product of -2**254", "moments", set_sum(-2, -(1 << 254)), "a product is beyond its squares"),
    Lie("2**36 rows of a pair", "marginals", put(0, HUGE), "in one set than in another"),
    Lie("a row moved in a pair", "marginals", move(), "in one set than in another"),
    Lie("a pair without rows", "marginals", nothing, "in one set than in another"),
    Lie("2**36 rows break a formula", "formula_check", put(0, HUGE), "in more rows than there are"),
    Lie("a formula without values", "formula_check", put(1, 2), "more values than its inputs"),
    Lie("2**36 rows of a root", "tree_level", put(0, HUGE), "for one predictor than for another"),
    Lie("a root without rows", "tree_level", nothing, "for one predictor than for another"),
    Lie("a row moved in a root", "tree_level", move(), "for one predictor than for another"),
    Lie("2**36 rows of a child", "tree_level", add(HUGE), "for one predictor than for another", nth=1),
    Lie("children without rows", "tree_level", nothing, "for one predictor than for another", nth=1),
    Lie("rows of other bins", "tree_level", shifted, "for one predictor than for another", nth=1),
    Lie("a row moved in a leaf", "tree_level", move(), "a leaf has other rows than its node had", nth=-1),
    Lie("leaves without rows", "tree_level", nothing, "a leaf has other rows than its node had", nth=-1),
    Lie("ten times the leaves", "tree_level", scale(10), "a leaf has other rows than its node had", nth=-1),
]
"""What contradicts itself or an earlier answer, in a fit; ``nth`` of -1 is the last."""

COMPARISON = [
    Lie("rows that were not there", "person_count", add(1, 0), "the number of rows changed"),
    Lie("2**36 held out", "person_count", put(1, HUGE), "the number of rows changed"),
    Lie("nobody to compare", "person_count", nothing, "the number of rows changed"),
    Lie("fewer persons than rows", "person_count", add(-1, 2), "not as many as rows and buckets say"),
    Lie("2**36 rows of a tree", "grow_trees", add(HUGE), "sums in one column than in another"),
    Lie("trees of no rows", "grow_trees", nothing, "trees grow from other rows than were counted"),
    Lie("twice the rows of a tree", "grow_trees", scale(2), "trees grow from other rows than were counted"),
    Lie("children of no rows", "grow_trees", nothing, "the labelled rows changed", nth=1),
    Lie("children of twice the rows", "grow_trees", scale(2), "the labelled rows changed", nth=3),
    Lie("a later tree of other rows", "grow_trees", scale(3), "the labelled rows changed", nth=7),
    Lie("2**36 rows of a score", "score_trees", put(0, HUGE), "do not add up"),
    Lie("scores of no rows", "score_trees", nothing, "other rows are scored than trees grow from"),
    Lie("scores of twice the rows", "score_trees", scale(2), "other rows are scored than trees grow from"),
    Lie("a model of more rows", "regression_sums", set_sum(0, HUGE), "a model has more rows than there are"),
    Lie("a model of fewer rows", "regression_sums", set_sum(0, 9), "more events than rows", nth=1),
    Lie("more events than rows", "regression_sums", set_sum(1, 1 << 40), "more events than rows"),
    Lie("a sum of 2**254 in a model", "regression_sums", set_sum(0, 1 << 254), "more rows than there are"),
    Lie("a right side of 2**254", "regression_sums", set_sum(5, 1 << 254), "sums beyond its rows"),
    Lie("a right side of -(2**254)", "regression_sums", set_sum(5, -(1 << 254)), "sums beyond its rows"),
    Lie("a square of 2**50", "regression_sums", set_sum(8, 1 << 50), "sums beyond its rows", nth=1),
    Lie("subgroups of others", "regression_sums", set_sum(-1, -(1 << 254)), "do not add up", nth=-1),
    Lie("2**36 rows of a set", "score_candidate", put(0, HUGE), "has not all rows"),
    Lie("a comparison of nothing", "score_candidate", nothing, "has not all rows"),
    Lie("persons that are not there", "score_candidate", put(-1, HUGE), "guessed than are matched"),
]
"""What contradicts itself or an earlier answer where the released table is compared."""

PERSONS = [
    Lie("nobody", "row_count", masks(np.zeros_like), "a cell with no person"),
    Lie("everybody in each cell", "rank_counts", masks(lambda own: own | ~np.uint64(0)), "more persons than"),
    Lie("persons left out", "row_count", without_persons, "person buckets for other cells"),
    Lie("other persons in children", "tree_level", masks(np.ones_like), "about other persons", nth=1),
    Lie("other persons in leaves", "tree_level", masks(np.ones_like), "about other persons", nth=-1),
]
"""Lies about how many persons there are, where a column tells them apart."""
