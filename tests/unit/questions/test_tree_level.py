"""TreeLevel against routing each row by hand, and the limits of what a hub may ask of the trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.data.codebook import Coding
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.questions.asked import Asked
from syncline.questions.counts import Counts
from syncline.questions.question import Context
from syncline.questions.tree_level import TreeLevel, TreeStep
from syncline.questions.tree_paths import TreePaths
from tests.unit.questions.small_tables import (
    ROWS_ONLY,
    Row,
    bucket_set,
    codebook,
    cut,
    cuts,
    naive_code,
    schemas,
    tables,
    training,
    workspace_of,
)

BOOK = codebook()
ORDER = ("sex", "age", "dose", "ill")
Split = tuple[int, int, int]
"""Node, place of the predictor, bins that go left."""


def step(
    target: int, splits: Sequence[Split], counted: Sequence[int], alive: np.ndarray | None = None
) -> TreeStep:
    node, predictor, left = (np.array([s[i] for s in splits], np.int64) for i in range(3))
    if alive is None:
        alive = np.ones((len(counted), target), np.bool_)
    return TreeStep(target, node, predictor, left.astype(np.uint64), np.array(counted, np.int64), alive)


def level(number: int, *steps: TreeStep, leaves: bool = False, persons: bool = True) -> TreeLevel:
    return TreeLevel(number, ORDER, steps, leaves, persons)


@dataclass
class HandTree:
    """A tree as a dictionary, and the node of a row by walking it."""

    splits: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    n_nodes: int = 1

    def grow(self, splits: Sequence[Split]) -> list[int]:
        made = []
        for node, predictor, left in splits:
            self.splits[node] = (predictor, left, self.n_nodes)
            made += [self.n_nodes, self.n_nodes + 1]
            self.n_nodes += 2
        return made

    def node_of(self, row: Row) -> int:
        node = 0
        while node in self.splits:
            predictor, left, first = self.splits[node]
            node = first if left >> bin_of(row, ORDER[predictor]) & 1 else first + 1
        return node


def code_of(row: Row, name: str) -> int:
    return naive_code(BOOK.column(name), row.key(name))


def bin_of(row: Row, name: str) -> int:
    return int(BOOK.column(name).bins[code_of(row, name)])


def class_of(row: Row, name: str) -> int:
    return int(BOOK.column(name).classes[code_of(row, name)])


def cells_of(question: TreeLevel, trees: dict[int, HandTree], table: Sequence[Row]) -> list[list[Row]]:
    """Return the rows in each cell of the answer, looked up one by one."""
    cells: list[list[Row]] = []
    if question.persons and not question.leaves:
        for asked in question.steps:
            made = 2 * len(asked.split_node)
            for child in range(trees[asked.target].n_nodes - made, trees[asked.target].n_nodes):
                cells.append([row for row in table if trees[asked.target].node_of(row) == child])
    for asked in question.steps:
        name, tree = ORDER[asked.target], trees[asked.target]
        for place, node in enumerate(asked.counted.tolist()):
            here = [row for row in table if tree.node_of(row) == node]
            if question.leaves:
                codes = range(BOOK.column(name).n_codes)
                cells += [[row for row in here if code_of(row, name) == code] for code in codes]
                continue
            for predictor in range(asked.target):
                for bin_ in range(BOOK.column(ORDER[predictor]).levels(Coding.BINS)):
                    for class_ in range(BOOK.column(name).levels(Coding.CLASSES)):
                        cells.append(
                            [
                                row
                                for row in here
                                if asked.alive[place, predictor]
                                and bin_of(row, ORDER[predictor]) == bin_
                                and class_of(row, name) == class_
                            ]
                        )
    return cells


def scopes_of(question: TreeLevel) -> list[str]:
    """Return the target of the tree to which each cell that tells persons belongs."""
    targets = [(ORDER[asked.target], asked) for asked in question.steps]
    if not question.leaves:
        return [name for name, asked in targets for _ in range(2 * len(asked.split_node))]
    return [name for name, asked in targets for _ in range(len(asked.counted) * BOOK.column(name).n_codes)]


@st.composite
def growths(draw: st.DrawFn) -> list[TreeLevel]:
    """Draw the questions of trees that grow as a hub may let them: counted nodes and their siblings split."""
    questions, trees = [], {target: HandTree() for target in (1, 2, 3)}
    persons = draw(st.booleans())
    opened = {target: [0] for target in trees}
    steps = [step(target, [], [0]) for target in trees]
    questions.append(level(0, *steps, persons=persons))
    depth = draw(st.integers(1, 3))
    for number in range(1, depth + 1):
        leaves, steps = number == depth, []
        for target, tree in trees.items():
            chosen = (
                sorted(draw(st.sets(st.sampled_from(opened[target]), max_size=2))) if opened[target] else []
            )
            splits = [(n, draw(st.integers(0, target - 1)), draw(st.integers(0, 63))) for n in chosen]
            made = tree.grow(splits)
            counted = [node for node in made if draw(st.booleans())]
            opened[target] = [n for n in made if n in counted or (n + 1 if n % 2 else n - 1) in counted]
            if leaves:
                counted = [node for node in range(tree.n_nodes) if node not in tree.splits]
            alive = np.array(
                [[not leaves and draw(st.booleans()) for _ in range(target)] for _ in counted], np.bool_
            ).reshape(len(counted), target)
            steps.append(step(target, splits, counted, alive))
        if leaves:
            steps.insert(0, step(0, [], [0]))
        questions.append(level(number, *steps, leaves=leaves, persons=persons))
    return questions


@settings(max_examples=30)
@given(questions=growths(), table=tables, schema=schemas, at=cuts)
def test_every_level_counts_what_a_walk_down_the_tree_counts(
    questions: list[TreeLevel], table: list[Row], schema: Schema, at: list[int]
) -> None:
    whole, parts = workspace_of(table, schema, at), [workspace_of(part, schema) for part in cut(table, at)]
    paths, trees = TreePaths(), {target: HandTree() for target in range(4)}
    for question in questions:
        paths = paths.accept(question)
        for asked in question.steps:
            parts_of_splits = (asked.split_node, asked.split_predictor, asked.split_left)
            trees[asked.target].grow(list(zip(*(part.tolist() for part in parts_of_splits), strict=True)))
        got = question.answer(whole, Context(Asked(BOOK, paths)))
        cells = cells_of(question, trees, training(table))
        assert got.size == question.size(BOOK) == len(cells)
        assert got.dense().tolist() == [len(cell) for cell in cells]
        if schema.person is not None:
            masks = got.dense_masks()
            assert masks is not None
            told = zip(cells[: question.masked(BOOK)], scopes_of(question), strict=False)
            assert masks.tolist() == [bucket_set(cell, "tree", target) for cell, target in told]
        merged = Counts.empty(got.size, persons=schema.person is not None, masked=question.masked(BOOK))
        for part in parts:
            merged = merged.merge(question.answer(part, Context(Asked(BOOK, paths))))
        assert merged == got


def test_a_supplier_that_lost_its_cache_answers_the_same() -> None:
    table = [Row((age, 3, None, age % 3, age % 2)) for age in range(15)]
    questions = [
        level(0, step(1, [], [0]), step(3, [], [0])),
        level(1, step(1, [(0, 0, 1)], [1]), step(3, [(0, 1, 0b10)], [2])),
        level(2, step(1, [(2, 0, 4)], [3]), step(3, [(1, 0, 1), (2, 2, 1)], [3, 5])),
    ]
    warm, paths = workspace_of(table, ROWS_ONLY), TreePaths()
    for question in questions:
        paths = paths.accept(question)
        assert question.answer(warm, Context(Asked(BOOK, paths))) == question.answer(
            workspace_of(table, ROWS_ONLY), Context(Asked(BOOK, paths))
        )


# --- aim ---

ROOTS = level(0, step(1, [], [0]), step(2, [], [0]))
FIRST = level(1, step(1, [(0, 0, 1)], [1]), step(2, [(0, 1, 1)], [2]))
LEAVES = level(2, step(1, [(1, 0, 2)], [2, 3, 4]), step(2, [], [1, 2]), leaves=True)


def after(*questions: TreeLevel) -> TreePaths:
    paths = TreePaths()
    for question in questions:
        paths = paths.accept(question)
    return paths


def test_what_a_hub_asks_that_keeps_the_protocol_is_accepted() -> None:
    assert after(ROOTS, FIRST, LEAVES).closed
    assert after(ROOTS, FIRST, level(2, step(1, [(1, 0, 2), (2, 0, 4)], [3, 4, 5, 6]))).level == 2


@pytest.mark.parametrize(
    ("before", "question", "sentence"),
    [
        pytest.param([ROOTS], ROOTS, "level 1 comes next, not 0", id="a level twice"),
        pytest.param([ROOTS], replace(FIRST, level=2), "level 1 comes next, not 2", id="a level left out"),
        pytest.param([], FIRST, "level 0 comes next", id="a level before the first"),
        pytest.param([ROOTS, FIRST], level(2, step(1, [(0, 0, 1)], [3])), "split", id="a node split twice"),
        pytest.param(
            [ROOTS, level(1, step(1, [(0, 0, 1)], []))],
            level(2, step(1, [(1, 0, 1)], [3])),
            "split",
            id="a node split that was never counted",
        ),
        pytest.param(
            [ROOTS, FIRST, level(2, step(1, [(1, 0, 1)], [3]))],
            level(3, step(1, [(2, 0, 1)], [5])),
            "split",
            id="a node split a level late",
        ),
        pytest.param([ROOTS], level(1, step(1, [(7, 0, 1)], [1])), "split", id="a node split that is not"),
        pytest.param(
            [], level(0, step(1, [(0, 0, 1)], [1])), "split", id="a root split before it is counted"
        ),
        pytest.param([ROOTS], level(1, step(1, [(0, 0, 1)], [0])), "new child", id="a root counted twice"),
        pytest.param([ROOTS, FIRST], level(2, step(1, [], [2])), "new child", id="a child counted late"),
        pytest.param(
            [ROOTS], level(1, step(1, [(0, 0, 1)], [3])), "new child", id="a node counted that is not"
        ),
        pytest.param(
            [ROOTS], level(1, step(3, [], [0])), "begins at level 0", id="a tree that begins too late"
        ),
        pytest.param(
            [ROOTS],
            level(1, step(3, [(0, 0, 1)], [1, 2]), leaves=True),
            "split",
            id="leaves of a tree that was never asked for",
        ),
        pytest.param(
            [ROOTS], level(1, step(1, [(0, 0, 1)], [0, 1]), leaves=True), "leaves", id="an inner node as leaf"
        ),
        pytest.param(
            [ROOTS], level(1, step(1, [], [0]), step(1, [], [0]), leaves=True), "twice", id="a tree twice"
        ),
        pytest.param(
            [ROOTS],
            TreeLevel(1, ("age", "sex", "dose", "ill"), FIRST.steps, leaves=False),
            "visit order",
            id="another visit order",
        ),
        pytest.param(
            [ROOTS],
            TreeLevel(1, ORDER[:3], FIRST.steps, leaves=False),
            "visit order",
            id="a shorter visit order",
        ),
        pytest.param([ROOTS, FIRST, LEAVES], level(3, step(1, [], [3])), "closed", id="after the leaves"),
        pytest.param(
            [ROOTS, FIRST, LEAVES], replace(LEAVES, level=3), "closed", id="the leaves a second time"
        ),
    ],
)
def test_aim_is_limited(before: list[TreeLevel], question: TreeLevel, sentence: str) -> None:
    with pytest.raises(ProtocolError, match=sentence):
        after(*before).accept(question)


@pytest.mark.parametrize(
    "make",
    [
        lambda: level(65),
        lambda: level(-1),
        lambda: level(0, step(4, [], [0])),
        lambda: step(1, [(0, 1, 1)], [1]),
        lambda: step(0, [(0, 0, 1)], []),
        lambda: step(2, [(1, 0, 1), (1, 1, 1)], []),
        lambda: step(2, [], [2, 1]),
        lambda: step(2, [], [1], np.ones((1, 1), np.bool_)),
    ],
)
def test_a_question_checks_itself(make: object) -> None:
    with pytest.raises(ValueError, match="tree level"):
        make()  # type: ignore[operator]
