"""The supplier's half: rounds in order, a codebook and a column set once, nothing after the held-out rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.data.codebook import Codebook, Coding
from syncline.data.constraint import Constraint, Formula
from syncline.errors import ProtocolError
from syncline.protocols.asking import Answering, Memory, Request, admit
from syncline.protocols.in_process import Traffic, run
from syncline.protocols.party import party_with
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.questions.counts import Counts, merge_counts
from syncline.questions.formula_check import FormulaCheck
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.moments import Moments
from syncline.questions.profile import Profile
from syncline.questions.question import Question
from syncline.questions.rank_counts import RankColumn, RankCounts
from syncline.questions.row_count import RowCount
from syncline.questions.tree_level import TreeLevel, TreeStep
from syncline.wire.exchange import HOPS
from tests.unit.questions.small_tables import ROWS_ONLY, Row, codebook, cut, cuts, tables, workspace_of

BOOK = codebook()
AGE_SEX = (Axis("age", Coding.BINS), Axis("sex", Coding.FINE))
SEX = (Axis("sex", Coding.FINE),)


def marginals(*sets: tuple[Axis, ...], holdout: bool = False) -> Marginals:
    return Marginals(sets, holdout)


def roots() -> TreeLevel:
    none = np.zeros(0, np.int64)
    root = TreeStep(1, none, none, np.zeros(0, np.uint64), np.zeros(1, np.int64), np.ones((1, 1), np.bool_))
    return TreeLevel(0, ("sex", "age"), (root,), leaves=False)


def admitted(*requests: Request) -> Memory:
    memory = Memory()
    for request in requests:
        memory = admit(request, memory)
    return memory


def test_rounds_that_follow_each_other_are_admitted() -> None:
    memory = admitted(
        Request(0, (RowCount(), Profile(("age",)))),
        Request(1, (marginals(SEX), roots()), BOOK),
        Request(2, (marginals(AGE_SEX), marginals(SEX, holdout=True))),
    )
    assert memory.round == 2
    asked = memory.asked
    assert asked.closed
    assert asked.codebook == BOOK
    assert len(asked.counted) == 5  # three sets, and two kinds of which each is answered once
    assert asked.paths.level == 0


FIRST = Request(0, (RowCount(),))
CODED = Request(1, (marginals(SEX),), BOOK)
LAST = Request(2, (marginals(SEX, holdout=True),))
CODED_FIRST = Request(0, (marginals(SEX),), BOOK)


def ranked(shift: int, bits: int, *prefixes: int, base: int = 0, number: int | None = None) -> Request:
    """Ask about intervals of a column of keys 0 to 20, in round 0, 1 or 2 by how far they are divided."""
    rounds = {3: 0, 1: 1, 0: 2}
    column = RankColumn("age", base, shift, bits, prefixes)
    return Request(rounds[shift] if number is None else number, (RankCounts((column,)),))


@pytest.mark.parametrize(
    ("before", "request_", "sentence"),
    [
        pytest.param([], Request(1, ()), "round 0 comes next, not 1", id="the first round left out"),
        pytest.param([FIRST], FIRST, "round 1 comes next, not 0", id="a round twice"),
        pytest.param([FIRST], Request(2, ()), "round 1 comes next, not 2", id="a round left out"),
        pytest.param([FIRST, CODED], Request(2, (), BOOK), "codebook .* agreed", id="a codebook twice"),
        pytest.param([FIRST, CODED], Request(2, (marginals(SEX),)), "counted", id="a column set twice"),
        pytest.param(
            [FIRST],
            Request(1, (marginals(SEX, SEX),), BOOK),
            "counted",
            id="a column set twice in a question",
        ),
        pytest.param(
            [FIRST],
            Request(1, (marginals(SEX), marginals(AGE_SEX, SEX)), BOOK),
            "counted",
            id="a column set twice in a round",
        ),
        pytest.param(
            [FIRST],
            Request(1, (marginals(AGE_SEX, AGE_SEX[::-1]),), BOOK),
            "counted",
            id="a column set twice in another order",
        ),
        pytest.param(
            [FIRST, Request(1, (marginals(AGE_SEX),), BOOK)],
            Request(2, (marginals(AGE_SEX[::-1]),)),
            "counted",
            id="a column set in another order in a later round",
        ),
        pytest.param(
            [FIRST],
            Request(1, (marginals((Axis("sex", Coding.FINE), Axis("sex", Coding.BINS))),), BOOK),
            "stands twice",
            id="a column with itself",
        ),
        pytest.param(
            [FIRST, CODED, LAST], Request(3, (RowCount(),)), "closed", id="anything after the holdout"
        ),
        pytest.param([FIRST, CODED, LAST], Request(3, ()), "closed", id="even a round without a question"),
        pytest.param(
            [FIRST, CODED],
            Request(2, (marginals(SEX, holdout=True), RowCount())),
            "closed",
            id="anything after the holdout in its own round",
        ),
        pytest.param(
            [FIRST, CODED, LAST],
            Request(3, (marginals(AGE_SEX, holdout=True),)),
            "closed",
            id="the holdout a second time",
        ),
        pytest.param([FIRST, CODED], Request(2, (roots(), roots())), "level 1", id="a tree level twice"),
        pytest.param([FIRST], Request(1, (RowCount(),)), "answered .* already", id="rows counted twice"),
        pytest.param(
            [FIRST, CODED],
            Request(2, (Moments((("age", 7),)), Moments((("age", -40),)))),
            "answered .* already",
            id="sums in another scale",
        ),
        pytest.param([], ranked(3, 2, 1), "from one interval on", id="a search that begins within"),
        pytest.param([ranked(3, 2, 0)], ranked(3, 2, 0, number=1), "divided otherwise", id="a search twice"),
        pytest.param(
            [ranked(3, 2, 0)], ranked(0, 2, 1, number=1), "divided otherwise", id="a part of a part"
        ),
        pytest.param(
            [ranked(3, 2, 0)], ranked(1, 2, 1, base=1), "divided otherwise", id="a search from another key"
        ),
        pytest.param(
            [ranked(3, 2, 0), ranked(1, 2, 1)], ranked(0, 1, 9), "no part of one", id="an interval left out"
        ),
        pytest.param([CODED_FIRST], ranked(3, 2, 0, number=1), "nothing is searched", id="a late search"),
    ],
)
def test_what_does_not_follow_is_refused(before: list[Request], request_: Request, sentence: str) -> None:
    with pytest.raises(ProtocolError, match=sentence):
        admit(request_, admitted(*before))


AGE, *OTHERS = BOOK.columns


@pytest.mark.parametrize(
    "book",
    [
        pytest.param(Codebook(tuple(reversed(BOOK.columns))), id="columns in another order"),
        pytest.param(Codebook(()), id="no column"),
        pytest.param(Codebook((*BOOK.columns, replace(AGE, name="other"))), id="a column more"),
        pytest.param(Codebook((replace(AGE, numeric=False), *OTHERS)), id="a number as category"),
        pytest.param(
            Codebook(
                tuple(
                    replace(c, segment_code=c.segment_code[:1]) if c.name == "sex" else c
                    for c in BOOK.columns
                )
            ),
            id="categories without a code",
        ),
        pytest.param(
            Codebook(tuple(replace(AGE, name="sex") if c.name == "sex" else c for c in BOOK.columns)),
            id="a category as number",
        ),
        pytest.param(
            Codebook((replace(AGE, segment_low=AGE.segment_low + 6), *OTHERS)), id="beyond the range"
        ),
        pytest.param(
            Codebook((replace(AGE, segment_low=AGE.segment_low - 1), *OTHERS)), id="before the range"
        ),
    ],
)
def test_a_codebook_of_another_schema_is_refused(book: Codebook) -> None:
    with pytest.raises(ProtocolError, match="codebook"):
        Answering().respond(Request(0, (RowCount(),), book), workspace_of([], ROWS_ONLY), Memory())


def formula(kind: Formula, of: str, *inputs: str) -> FormulaCheck:
    return FormulaCheck((Constraint.between(kind, of, inputs),))


@pytest.mark.parametrize(
    "question",
    [
        Profile(("weight",)),
        RankCounts((RankColumn("weight", 0, 0, 1, (0,)),)),
        Moments((("weight", 1),)),
        Moments((("sex", 1),)),
        formula(Formula.EQUAL, "age", "weight"),
        formula(Formula.EQUAL, "sex", "ill"),
        formula(Formula.RATIO, "age", "dose"),
        formula(Formula.SUM, "age", "dose"),
        formula(Formula.SUM, "age"),
        formula(Formula.EQUAL, "age", "age"),
        marginals((Axis("weight", Coding.FINE),)),
        replace(roots(), order=("sex", "weight")),
        replace(roots(), order=("sex", "sex")),
        replace(roots(), persons=True),
        Marginals((SEX,), holdout=False, persons=True),
    ],
    ids=lambda question: question.kind,
)
def test_a_question_beyond_the_schema_is_refused(question: Question) -> None:
    with pytest.raises(ProtocolError):
        Answering().respond(Request(0, (question,), BOOK), workspace_of([], ROWS_ONLY), Memory())


@pytest.mark.parametrize(
    "column",
    [
        RankColumn("age", 1, 0, 5, (0,)),
        RankColumn("age", 0, 0, 6, (0,)),
        RankColumn("age", 0, 0, 4, (2,)),
        RankColumn("sex", 0, 0, 3, (0,)),
        RankColumn("dose", -5, 0, 8, (0,)),
    ],
)
def test_a_column_is_searched_over_its_own_range(column: RankColumn) -> None:
    with pytest.raises(ProtocolError, match="its own range"):
        RankCounts((column,)).check(ROWS_ONLY, None)


def test_a_column_is_asked_about_once_in_a_question_and_one_is_named() -> None:
    age = RankColumn("age", 0, 0, 3, (0,))
    for question in (RankCounts(()), RankCounts((age, age)), Moments((("age", 7), ("age", 8)))):
        with pytest.raises(ProtocolError, match="named"):
            Answering().respond(Request(0, (question,)), workspace_of([], ROWS_ONLY), Memory())


def test_columns_are_counted_together_only_once_a_codebook_is_agreed() -> None:
    for question in (marginals(SEX), roots()):
        with pytest.raises(ProtocolError, match="codebook"):
            Answering().respond(Request(0, (question,)), workspace_of([], ROWS_ONLY), Memory())


def test_an_answer_of_endless_cells_is_refused_at_once() -> None:
    wide = np.arange(65_535, dtype=np.uint16)
    huge = Codebook(
        tuple(
            replace(
                c, n_codes=65_535, missing=65_534, keeps_missing=True, bins=wide, classes=wide, cells=wide
            )
            for c in BOOK.columns
        )
    )
    question = marginals(tuple(Axis(name, Coding.FINE) for name in ("age", "dose", "score")))
    with pytest.raises(ProtocolError, match="cells"):
        Answering().respond(Request(0, (question,), huge), workspace_of([], ROWS_ONLY), Memory())


# --- the driver in one process ---


class CountTwice:
    """A protocol of two rounds: count rows, then count them again and add both up."""

    def start(self, parties: tuple[PartyId, ...]) -> Continue[tuple[int, int], Request] | Finish[int]:
        return Continue((0, 0), FIRST, "first")

    def step(self, state, replies, missing):  # type: ignore[no-untyped-def]
        assert list(replies) == sorted(replies)
        assert not missing
        number, total = state
        counts = merge_counts([reply.answers[0] for reply in replies.values()])
        total += counts.total
        if number == 1:
            return Finish(total)
        return Continue((1, total), Request(1, (Profile(("sex",)),)), "second")


class PairCodec:
    """Two integers as text."""

    def encode(self, value: tuple[int, int]) -> bytes:
        return f"{value[0]} {value[1]}".encode()

    def decode(self, data: bytes) -> tuple[int, int]:
        a, b = data.split()
        return int(a), int(b)


@settings(max_examples=10)
@given(table=tables, at=cuts, names=st.permutations(["c", "a", "b", "d"]))
def test_the_driver_asks_every_party_and_merges_in_sorted_order(
    table: list[Row], at: list[int], names: list[str]
) -> None:
    parts = [*cut(table, at), [], [], [], []][:4]
    kept = [row for part in parts for row in part]
    workspaces = {
        PartyId(name): workspace_of(part, ROWS_ONLY) for name, part in zip(names, parts, strict=True)
    }
    heard: list[Traffic] = []
    announced: list[str] = []
    answering = {party: party_with(table) for party, table in workspaces.items()}
    total = run(
        CountTwice(),
        answering,
        Memory(),
        hops=HOPS,
        state=PairCodec(),
        announce=announced.append,
        listen=heard.append,
    )
    assert run(CountTwice(), answering, Memory()) == total  # as without any hop
    assert total == 2 * len(kept)
    assert announced == [traffic.stage for traffic in heard] == ["first", "second"]
    assert all(traffic.sent > 0 and traffic.received > 0 for traffic in heard)


def test_answers_stand_in_the_order_of_the_questions() -> None:
    table = workspace_of([Row((1, 2, None, 0, 1))], ROWS_ONLY)
    reply, memory = Answering().respond(Request(0, (Profile(("age",)), RowCount())), table, Memory())
    assert [answer.size for answer in reply.answers if isinstance(answer, Counts)] == [4, 2]
    assert (reply.round, memory.round) == (0, 0)
