"""Each question that counts rows, compared with counting by hand; and the laws that all answers obey."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.data.codebook import Codebook, Coding
from syncline.data.constraint import Constraint, Formula
from syncline.data.logarithm import log2
from syncline.data.schema import Schema
from syncline.questions import formula_check, marginals, pair_counts, set_run
from syncline.questions import workspace as workspace_module
from syncline.questions.asked import Asked
from syncline.questions.counts import Counts, merge_counts
from syncline.questions.formula_check import FormulaCheck
from syncline.questions.known import InvariantBroken, Known, PartySizes
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.moments import Moments
from syncline.questions.pair_counts import PairCounts
from syncline.questions.profile import Profile
from syncline.questions.question import Answer, Context, Question
from syncline.questions.rank_counts import RankColumn, RankCounts
from syncline.questions.row_count import RowCount
from syncline.questions.sums import Sums
from syncline.questions.workspace import Workspace
from tests.unit.questions.small_tables import (
    NAMES,
    PERSONS,
    ROWS_ONLY,
    Row,
    bucket_set,
    codebook,
    cut,
    cuts,
    naive_code,
    rows,
    schemas,
    tables,
    training,
    workspace_of,
)

BOOK = codebook()
BEFORE, AGREED = Context(Asked()), Context(Asked(BOOK))
MARGINALS = Marginals(
    (
        (Axis("age", Coding.FINE), Axis("sex", Coding.BINS)),
        (Axis("ill", Coding.CLASSES),),
        (Axis("dose", Coding.CELLS), Axis("age", Coding.CLASSES), Axis("score", Coding.FINE)),
    ),
    holdout=False,
    persons=True,
)
RANKS = RankCounts(
    (
        RankColumn("age", 0, 1, 2, (0, 2)),
        RankColumn("sex", 0, 0, 2, (0,)),
        RankColumn("score", -(2**63), 60, 3, (0, 1)),
        RankColumn("dose", -30, 0, 3, (1, 3, 7)),
    )
)
FORMULAS = FormulaCheck(
    tuple(
        Constraint.between(formula, of, inputs)
        for formula, of, inputs in [
            (Formula.EQUAL, "age", ["dose"]),
            (Formula.SUM, "age", ["dose", "score"]),
            (Formula.LOG, "dose", ["score"]),
            (Formula.LOG1P, "dose", ["score"]),
            (Formula.LOG_FLOOR, "dose", ["age"]),
            (Formula.RATIO, "dose", ["age", "score"]),
            (Formula.AT_MOST, "dose", ["age"]),
        ]
    )
)
MOMENTS = Moments((("age", 5), ("dose", 2), ("score", 30)), (("dose", 1), ("age", 3)))
PAIRED = ("sex", "age", "ill", "score")
PAIRS = PairCounts(
    PAIRED, tuple((np.arange(BOOK.column(name).n_codes) * 5 % 3).astype(np.uint8) for name in PAIRED)
)
QUESTIONS: list[Question] = [RowCount(), Profile(NAMES), RANKS, MARGINALS, FORMULAS, MOMENTS, PAIRS]


def answer(question: Question, workspace: Workspace) -> Answer:
    return question.answer(workspace, AGREED)


def empty(question: Question, schema: Schema) -> Answer:
    return answer(question, workspace_of([], schema))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.kind)
@settings(max_examples=15)
@given(table=tables, schema=schemas, at=cuts, batches=cuts)
def test_the_answer_is_the_merged_answers_of_any_parts(
    question: Question, table: list[Row], schema: Schema, at: list[int], batches: list[int]
) -> None:
    whole = answer(question, workspace_of(table, schema))
    merged = empty(question, schema)
    for part in cut(table, at):
        merged = merged.merge(answer(question, workspace_of(part, schema)))  # type: ignore[arg-type]
    assert merged == whole
    assert answer(question, workspace_of(table, schema, batches)) == whole
    assert answer(question, workspace_of(table[::-1], schema)) == whole


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.kind)
@settings(max_examples=15)
@given(parts=st.tuples(tables, tables, tables), schema=schemas)
def test_merging_is_a_commutative_monoid(
    question: Question, parts: tuple[list[Row], ...], schema: Schema
) -> None:
    a, b, c = (answer(question, workspace_of(part, schema)) for part in parts)
    assert a.merge(b) == b.merge(a)  # type: ignore[arg-type]
    assert a.merge(b).merge(c) == a.merge(b.merge(c))  # type: ignore[arg-type]
    assert a.merge(empty(question, schema)) == a  # type: ignore[arg-type]
    if isinstance(a, Counts):
        assert merge_counts([a, b, c]) == a.merge(b).merge(c)  # type: ignore[arg-type,union-attr]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.kind)
def test_the_answer_has_the_size_that_was_stated(question: Question) -> None:
    for schema in (ROWS_ONLY, PERSONS):
        got = empty(question, schema)
        assert (got.size if isinstance(got, Counts) else len(got.values)) == question.size(BOOK)


def check(
    got: Answer, cells: list[list[Row]], schema: Schema, scopes: Sequence[tuple[str, ...]] = ()
) -> None:
    """Compare with the rows that belong in each cell; the leading ones have a hash of persons each."""
    assert isinstance(got, Counts)
    assert got.dense().tolist() == [len(cell) for cell in cells]
    assert got.total == sum(len(cell) for cell in cells)
    if schema.person is None:
        assert got.masks is None
        return
    masks = got.dense_masks()
    assert masks is not None
    assert masks.tolist() == [bucket_set(cell, *scope) for cell, scope in zip(cells, scopes, strict=False)]


@settings(max_examples=30)
@given(table=tables, schema=schemas)
def test_row_count(table: list[Row], schema: Schema) -> None:
    cells = [[row for row in table if row.holdout == fold] for fold in (False, True)]
    check(RowCount().answer(workspace_of(table, schema), BEFORE), cells, schema, [("rows",)] * 2)


@settings(max_examples=30)
@given(table=tables, schema=schemas)
def test_profile(table: list[Row], schema: Schema) -> None:
    got = Profile(("sex", "age")).answer(workspace_of(table, schema), BEFORE)
    missing = [sum(row.key(name) is None for row in table) for name in ("sex", "age")]
    assert got.dense().tolist() == [n for gone in missing for n in (len(table) - gone, gone, 0, 0)]
    masks = got.dense_masks()
    if masks is not None:
        for place, name in enumerate(("sex", "age")):
            kept = [row for row in table if row.key(name) is not None]
            assert masks[4 * place] == bucket_set(kept, "columns", name)


@settings(max_examples=30)
@given(table=tables, schema=schemas)
def test_rank_counts(table: list[Row], schema: Schema) -> None:
    cells: list[list[Row]] = []
    scopes = [("columns", column.name) for column in RANKS.ranked for _ in range(column.size)]
    for column in RANKS.ranked:
        kept = training(table)
        cells.append([row for row in kept if row.key(column.name) is None])
        for prefix in column.prefixes:
            for part in range(2**column.bits):
                low = column.base + (((prefix << column.bits) + part) << column.shift)
                interval = range(low, low + 2**column.shift)
                cells.append(
                    [row for row in kept if (key := row.key(column.name)) is not None and key in interval]
                )
    check(RANKS.answer(workspace_of(table, schema), BEFORE), cells, schema, scopes)


@settings(max_examples=15)
@given(table=tables, schema=schemas, batches=cuts, most=st.sampled_from([0, 8, 40, 100]))
def test_marginals_are_the_same_however_many_sets_are_counted_at_once(
    table: list[Row], schema: Schema, batches: list[int], most: int
) -> None:
    question = Marginals(MARGINALS.sets, holdout=False)
    workspace = workspace_of(table, schema, batches)
    whole = question.answer(workspace, AGREED)
    with patch.object(marginals, "MOST_TOGETHER", most), patch.object(set_run, "_ROWS_AT_ONCE", most):
        assert question.answer(workspace, AGREED) == whole


@settings(max_examples=15)
@given(table=tables, schema=schemas, most=st.sampled_from([1, 7, 1 << 17]))
def test_a_formula_is_counted_alone_as_among_others(table: list[Row], schema: Schema, most: int) -> None:
    names = ("age", "dose", "score")
    every = tuple(
        Constraint.between(formula, of, [other])
        for of in names
        for other in names
        for formula in (Formula.AT_MOST, Formula.EQUAL)
        if of != other
    )
    workspace = workspace_of(table, schema)
    alone = [FormulaCheck((formula,)).answer(workspace, BEFORE).dense() for formula in every]
    with patch.object(formula_check, "_CHECKED_AT_ONCE", most):
        together = FormulaCheck(every).answer(workspace, BEFORE).dense()
    assert together.tolist() == np.concatenate(alone).tolist()


@pytest.mark.parametrize("holdout", [False, True])
@pytest.mark.parametrize("persons", [False, True])
@settings(max_examples=30)
@given(table=tables, schema=schemas)
def test_marginals(holdout: bool, persons: bool, table: list[Row], schema: Schema) -> None:
    question = Marginals(MARGINALS.sets, holdout, persons)
    cells: list[list[Row]] = []
    scopes: list[tuple[str, ...]] = []
    for axes in question.sets:
        shape = [BOOK.column(axis.column).levels(axis.coding) for axis in axes]
        own: list[list[Row]] = [[] for _ in range(int(np.prod(shape)))]
        for row in table:
            if row.holdout == holdout:
                levels = [
                    int(
                        BOOK.column(axis.column).lookup(axis.coding)[
                            naive_code(BOOK.column(axis.column), row.key(axis.column))
                        ]
                    )
                    for axis in axes
                ]
                own[int(np.ravel_multi_index(levels, shape))].append(row)
        cells += own
        scopes += [("columns", *sorted(axis.column for axis in axes))] * len(own)
    check(question.answer(workspace_of(table, schema), AGREED), cells, schema, scopes if persons else ())


@pytest.mark.parametrize("strip", [1, 1 << 21])
@settings(max_examples=30)
@given(table=tables, schema=schemas)
def test_pair_counts(strip: int, table: list[Row], schema: Schema) -> None:
    groups = {
        name: own[[naive_code(BOOK.column(name), row.key(name)) for row in training(table)]]
        for name, own in zip(PAIRED, PAIRS.groups, strict=True)
    }
    cells = []
    for place, name in enumerate(PAIRED):
        for group in range(int(PAIRS.groups[place].max()) + 1):
            for other in range(place + 1, len(PAIRED)):
                for beside in range(int(PAIRS.groups[other].max()) + 1):
                    both = (groups[name] == group) & (groups[PAIRED[other]] == beside)
                    cells.append([row for row, held in zip(training(table), both, strict=True) if held])
    with patch.object(pair_counts, "_STRIP_CELLS", strip), patch.object(pair_counts, "_BLOCK_ROWS", 4):
        check(PAIRS.answer(workspace_of(table, schema), AGREED), cells, schema)


@given(table=st.lists(rows, min_size=1, max_size=15), change=st.integers(0, 500))
def test_pairs_that_contradict_each_other_are_refused(table: list[Row], change: int) -> None:
    honest = PAIRS.answer(workspace_of(table, ROWS_ONLY), AGREED)
    known = Known(sizes=PartySizes(len(training(table)), 0))
    PAIRS.reconcile(honest, known, AGREED)
    dense = honest.dense()
    dense[change % len(dense)] += 1
    with pytest.raises(InvariantBroken):
        PAIRS.reconcile(Counts.of_dense(dense), known, AGREED)


def test_pairs_are_held_against_what_is_known_of_a_column() -> None:
    table = [Row((1, 2, None, 0, 1)), Row((3, None, None, 1, 0))]
    honest, sizes = PAIRS.answer(workspace_of(table, ROWS_ONLY), AGREED), PartySizes(2, 0)
    fine = np.bincount([naive_code(BOOK.column("sex"), row.key("sex")) for row in table], minlength=3)
    PAIRS.reconcile(honest, Known(sizes, marginals={("sex", Coding.FINE): fine}), AGREED)
    with pytest.raises(InvariantBroken, match="other rows in pairs than before"):
        PAIRS.reconcile(honest, Known(sizes, marginals={("sex", Coding.FINE): fine[::-1].copy()}), AGREED)


def test_marginals_of_no_set_have_no_cell() -> None:
    """The confirmation of dependencies asks for none where the screening left none."""
    for schema in (ROWS_ONLY, PERSONS):
        got = Marginals((), holdout=False).answer(workspace_of([], schema), AGREED)
        assert got == Counts.empty(0, persons=schema.person is not None)


def number(row: Row, name: str) -> float | None:
    key, grid = row.key(name), ROWS_ONLY.variable(name).grid
    assert grid is not None
    return None if key is None else float(grid.values(np.array([key]))[0])


@settings(max_examples=30)
@given(table=tables, schema=schemas)
def test_moments(table: list[Row], schema: Schema) -> None:
    fixed = []
    for row in training(table):
        values = [(number(row, name) or 0.0, exponent) for name, exponent in MOMENTS.scaled]
        logs = [(number(row, name) or 0.0, exponent) for name, exponent in MOMENTS.logs]
        values += [(float(log2(np.array([value]))[0]), exponent) for value, exponent in logs]
        scaled = [round(value * 2.0 ** (20 - exponent)) for value, exponent in values]
        fixed.append([max(-(2**21), min(2**21, x)) for x in scaled])
    k = MOMENTS.terms
    products = [sum(row[i] * row[j] for row in fixed) for i in range(k) for j in range(i, k)]
    expected = [len(fixed), *(sum(row[i] for row in fixed) for i in range(k)), *products]
    assert MOMENTS.answer(workspace_of(table, schema), BEFORE) == Sums(tuple(expected))


def test_values_beyond_every_scale_are_clipped_without_a_sound() -> None:
    grid = ROWS_ONLY.variable("score").grid
    assert grid is not None
    key = int(grid.keys_from_numbers(np.array([1.7e308]))[0])
    table = workspace_of([Row((1, 2, key, 0, 0))], ROWS_ONLY)
    assert Moments((("score", -1000),)).answer(table, BEFORE) == Sums((1, 2**21, 2**42))
    total = FormulaCheck((Constraint.between(Formula.SUM, "dose", ["score", "age"]),))
    assert total.answer(table, BEFORE).dense().tolist() == [1, 0, 0]


def expected_value(formula: Constraint, row: Row) -> float | None:
    inputs = [number(row, name) for name in formula.inputs]
    present = [x for x in inputs if x is not None]
    if len(present) < len(inputs):
        return None
    match formula.formula:
        case Formula.EQUAL | Formula.AT_MOST:
            return present[0]
        case Formula.SUM:
            return sum(present)
        case Formula.RATIO:
            return present[0] / present[1] if present[1] else None
        case Formula.LOG_FLOOR:
            return float(np.log(max(1.0, present[0])))
        case _:
            argument = present[0] + (formula.formula is Formula.LOG1P)
            return float(np.log(argument)) if argument > 0 else None


def broken(formula: Constraint, table: Sequence[Row]) -> list[int]:
    wrong: Counter[str] = Counter()
    scaled = formula.formula in {Formula.EQUAL, Formula.AT_MOST, Formula.SUM}
    for row in table:
        value, expected = number(row, formula.of), expected_value(formula, row)
        if value is None or expected is None:
            wrong["absent"] += value is None and expected is not None
            wrong["surplus"] += value is not None and expected is None
            continue
        sizes = [abs(number(row, name) or 0.0) for name in formula.inputs] if scaled else []
        slack = 1e-6 * max([abs(value), 1.0, *sizes])
        excess = value - expected if formula.formula is Formula.AT_MOST else abs(value - expected)
        wrong["differs"] += excess > slack
    return [wrong["differs"], wrong["absent"], wrong["surplus"]]


@settings(max_examples=30)
@given(table=tables, schema=schemas)
def test_formula_check(table: list[Row], schema: Schema) -> None:
    got = FORMULAS.answer(workspace_of(table, schema), BEFORE)
    assert got.dense().tolist() == [n for f in FORMULAS.formulas for n in broken(f, training(table))]


@settings(max_examples=30)
@given(table=st.lists(rows, min_size=1, max_size=5), schema=schemas)
def test_a_second_pass_answers_alike(table: list[Row], schema: Schema) -> None:
    """The workspace is a cache: coded rows of another codebook are never taken for those of this one."""
    workspace = workspace_of(table, schema)
    first = MARGINALS.answer(workspace, AGREED)
    assert MARGINALS.answer(workspace, Context(Asked(codebook()))) == first
    age, *others = BOOK.columns
    other = Codebook((replace(age, segment_code=age.segment_code[::-1].copy()), *others))
    fresh, changed = workspace_of(table, schema), Context(Asked(other))
    assert MARGINALS.answer(workspace, changed) == MARGINALS.answer(fresh, changed)
    assert MARGINALS.answer(workspace, AGREED) == first


@pytest.mark.parametrize(
    ("problem", "arguments"),
    [
        ("indices", {"index": [1, 1], "value": [1, 1]}),
        ("indices", {"index": [2, 1], "value": [1, 1]}),
        ("indices", {"index": [9], "value": [1]}),
        ("indices", {"index": [-1], "value": [1]}),
        ("positive", {"index": [1], "value": [0]}),
        ("shape", {"index": [1, 2], "value": [1]}),
        ("mask", {"index": [1], "value": [1], "masks": [], "masked": 3}),
    ],
)
def test_counts_refuse_what_is_not_a_count(problem: str, arguments: dict[str, object]) -> None:
    arrays = {
        name: np.array(value, np.uint64 if name == "masks" else np.int64) if name != "masked" else value
        for name, value in arguments.items()
    }
    with pytest.raises(ValueError, match=problem):
        Counts(9, **arrays)  # type: ignore[arg-type]


def test_counts_over_other_cells_do_not_merge() -> None:
    with pytest.raises(ValueError, match="different cell spaces"):
        Counts.empty(3).merge(Counts.empty(4))
    with pytest.raises(ValueError, match="different cell spaces"):
        Counts.empty(3).merge(Counts.empty(3, persons=True))
    with pytest.raises(ValueError, match="different length"):
        Sums.empty(2).merge(Sums.empty(3))


@pytest.mark.parametrize("holdout", [False, True])
@given(table=tables, at=cuts)
def test_marginals_are_the_same_where_coded_rows_are_not_kept(
    holdout: bool, table: list[Row], at: list[int]
) -> None:
    question = replace(MARGINALS, holdout=holdout)
    expected = question.answer(workspace_of(table, PERSONS), AGREED)
    streamed = workspace_of(table, PERSONS, at)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workspace_module, "CODED_BYTES", 0)
        answers = [question.answer(streamed, AGREED) for _ in range(2)]
    assert answers == [expected, expected]
    assert question.answer(streamed, AGREED) == expected
