"""A hub that claims false numbers: each in a question about a candidate is held against what is known.

The table of forgeries names every field of every such question, so a field without a check fails the test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from syncline.data.batch import MemoryTable
from syncline.data.schema import Schema
from syncline.errors import ProtocolError, SynclineError
from syncline.protocols.asking import Request
from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.comparison import PersonCount, ScoreCandidate
from syncline.questions.growth import ComparedColumns, GrowTrees, ScoreTrees, Splits
from syncline.questions.regression import RegressionSums
from syncline.questions.table import QUESTIONS, comparing
from syncline.questions.workspace import Workspace
from syncline.study import comparer_scope
from syncline.validation.comparison import comparer
from syncline.validation.comparison.comparer import ComparisonTerms
from syncline.validation.comparison.comparison import Comparison
from syncline.validation.comparison.plan import ComparisonPlan
from syncline.validation.comparison.rows import ComparableRows, comparable_schema
from syncline.validation.comparison.trees import MOST_ROWS
from syncline.validation.disclosure.score_places import PLACES
from tests.security.candidate_trial import COLUMNS, STUDY, TABLES, Asked, honest, refusal
from tests.studies.harness import MaliciousHub, Trial
from tests.unit.validation.comparison.parties import AIMS, COMPARED, SCHEMA, candidate, workspace

FEW_ROWS = 700
"""Rows of the victim: two thirds or so are for training."""


@pytest.fixture(scope="module")
def requests(tmp_path_factory) -> list[Request]:
    return honest(tmp_path_factory.mktemp("honest"))


def digest_of(requests: list[Request]) -> str:
    first = requests[0].questions[0]
    assert isinstance(first, PersonCount)
    return first.candidate


def other_splits(splits: Splits, field: str) -> Splits:
    """Return splits of a column, of codes, or of nodes that there are not."""
    match field:
        case "column":
            return replace(splits, column=np.full_like(splits.column, len(COLUMNS)))
        case "right":
            return replace(splits, right=np.full_like(splits.right, 1 << 63))
        case "nodes":
            return replace(splits, column=splits.column[:, :0], right=splits.right[:, :0])
        case "learners":
            return Splits(splits.column[1:], splits.right[1:], splits.leaves[1:])
        case _:
            return replace(splits, leaves=np.zeros((len(splits.column), 31), np.int8))


PARTS = ("column", "right", "nodes", "learners", "leaves")

FORGERIES: dict[tuple[type, str], list[Callable[[Any], Any]]] = {
    (PersonCount, "table"): [
        lambda q: replace(q, table=q.table[:-1]),
        lambda q: replace(q, table=q.table + b"\0"),
    ],
    (PersonCount, "compared"): [
        lambda q: replace(q, compared=ComparedColumns(COLUMNS[::-1], ((),) * 5)),
        lambda q: replace(q, compared=ComparedColumns(COLUMNS[:4], ((),) * 4)),
        lambda q: replace(q, compared=ComparedColumns(COLUMNS, ((2,), (), (), (), ()))),
    ],
    (GrowTrees, "candidate"): [lambda q: replace(q, candidate="ab" * 32)],
    (GrowTrees, "levels"): [
        lambda q: replace(q, levels=q.levels + 1) if q.levels else GrowTrees(q.candidate, 1, one_split()),
        lambda q: replace(q, levels=q.levels + 5) if q.levels else GrowTrees(q.candidate, 6, one_split()),
    ],
    (GrowTrees, "newest"): [
        lambda q, part=part: replace(q, newest=other_splits(q.newest or one_split(), part)) for part in PARTS
    ],
    (GrowTrees, "rows"): [
        lambda q, rows=rows: replace(q, rows=rows)
        for rows in ((1, 1), (0, 0), (1, 10**6), (10**6, 1), (10**9, 10**9), (1100, 0), (0, 1100), (880, 221))
    ],
    (GrowTrees, "people"): [
        lambda q, people=people: replace(q, people=people)
        for people in ((1, 1), (0, 0), (10**9, 10**9), (880, 221), (879, 220))
    ],
    (RegressionSums, "candidate"): [lambda q: replace(q, candidate="ab" * 32)],
    (RegressionSums, "coefficients"): [
        lambda q: replace(q, coefficients=(*q.coefficients, q.coefficients[0])),
        lambda q: replace(q, coefficients=(q.coefficients[0][:, :-1],)),
        lambda q: replace(q, coefficients=(q.coefficients[0] + (1 << 25),)),
    ],
    (ScoreTrees, "candidate"): [lambda q: replace(q, candidate="ab" * 32)],
    (ScoreTrees, "levels"): [lambda q: replace(q, levels=q.levels + 5), lambda q: replace(q, levels=5)],
    (ScoreTrees, "newest"): [
        lambda q, part=part: replace(q, newest=other_splits(q.newest, part)) for part in PARTS
    ],
    (ScoreCandidate, "candidate"): [lambda q: replace(q, candidate="ab" * 32)],
}


def one_split() -> Splits:
    return Splits(np.zeros((7, 1), np.uint16), np.zeros((7, 1), np.uint64), np.zeros((7, 0), np.int8))


def test_every_number_of_every_question_has_its_forgeries() -> None:
    kinds = [QUESTIONS[name].load() for name in comparing()]
    asked = {(kind, field.name) for kind in kinds for field in fields(kind)}
    assert set(FORGERIES) == asked


@pytest.mark.parametrize(("kind", "field"), FORGERIES, ids=lambda one: getattr(one, "__name__", one))
def test_a_forged_value_is_refused_and_the_true_one_answered(
    tmp_path: Path, requests: list[Request], kind: type, field: str
) -> None:
    at = next(
        request.round
        for request in requests
        if any(type(question) is kind for question in request.questions)
        and not (field == "newest" and request.questions[0] == requests[1].questions[0])
    )
    asked = Asked(tmp_path, digest_of(requests))
    asked.follow(requests[:at])
    for forge in FORGERIES[kind, field]:
        try:
            forged = [forge(q) if type(q) is kind else q for q in requests[at].questions]
        except ValueError:
            continue  # such a question cannot even be made
        assert refusal(asked, *forged), forge
    asked.follow(requests[at : at + 1])


def test_the_two_values_of_a_boolean_are_never_one() -> None:
    """Such a column has no schema, so that an answer would end in a defect of the agent."""
    schema = Schema.model_validate({"variables": [{"name": "ill", "kind": "boolean"}]})
    compared = ComparedColumns(("ill",), ((0,),))
    with pytest.raises(ProtocolError, match="merged categories of column 'ill' are not the schema's"):
        PersonCount(b"", compared).check(schema, None)
    with pytest.raises(ValueError, match="a boolean is false or true"):
        comparable_schema(schema, compared)


def test_rows_are_told_once(tmp_path: Path, requests: list[Request]) -> None:
    first = requests[1].questions[0]
    assert isinstance(first, GrowTrees)
    with pytest.raises(ValueError, match="the first question tells the rows"):
        replace(requests[2].questions[0], rows=first.rows)
    asked = Asked(tmp_path, digest_of(requests))
    asked.follow(requests[:2])
    assert "comes next" in refusal(asked, replace(first, rows=(10**6, 10**6), people=(10**6, 10**6)))


# --- samples ------------------------------------------------------------------

BATCH = workspace(700, 1)
OWN = (int((~BATCH.holdout).sum()), int(BATCH.holdout.sum()))
CLAIMS = [int(10**power) for power in np.arange(4, 9, 0.05)]


def people_taken(claimed: int, least: int) -> list[int]:
    """Return how many persons of each fold are scored, and of each fold grow trees, of a supplier of 700."""
    table = ComparableRows(Workspace(MemoryTable(SCHEMA, [BATCH])), COMPARED)
    rows = (claimed, claimed)
    scored = table.sampled_people(b"lottery", 10_000, rows, least)
    grown = table.sampled_rows(b"lottery", MOST_ROWS, rows, least)
    trees = [len(np.unique(grown.cells.owner[grown.holdout == held])) for held in (False, True)]
    return [fold.n_persons for fold in scored] + trees


def test_forged_rows_do_not_shrink_a_sample_to_a_few_people() -> None:
    """A hash sample takes nobody where it would take too few people, whatever is claimed."""
    assert not any(0 < number < 11 for claimed in CLAIMS for number in people_taken(claimed, 11))
    assert all(number > 100 for number in people_taken(CLAIMS[0], 11))
    unguarded = [number for claimed in CLAIMS for number in people_taken(claimed, 1)]
    assert any(number == 1 for number in unguarded)


@pytest.mark.parametrize("question", [1, -1])
def test_the_smallest_cell_of_the_study_bounds_what_is_asked(
    monkeypatch: pytest.MonkeyPatch, question: int
) -> None:
    """In whole questions as well: sums for trees, and histograms of persons."""
    monkeypatch.setattr(comparer, "MOST_ROWS", 1)
    wanted = Comparison(candidate(1000, 9), COMPARED, replace(AIMS, most_scored=1), "ill", persons=True)
    begun = CandidateMemory(wanted.digest, wanted.table, COMPARED)
    memory = replace(begun, rows=(10**6, 10**6), people=(10**6, 10**6))
    found = {}
    for least in (1, 11):
        terms = ComparisonTerms(SCHEMA, replace(wanted.candidate.aims, min_cell=least), 1000)
        answering = comparer.CandidateComparer(terms, {wanted.digest: wanted.candidate})
        table = Workspace(MemoryTable(SCHEMA, [BATCH]))
        monkeypatch.setattr("syncline.validation.comparison.rows._drawn", takes_ten)
        asked = (
            GrowTrees(wanted.digest, 0, None, memory.rows, memory.people)
            if question == 1
            else ScoreCandidate("")
        )
        cells = answering.answer(asked, table, memory).dense()  # type: ignore[union-attr]
        starts = ComparisonPlan(wanted.candidate.beside(memory.people), memory.rows).layout._starts
        scored = slice(starts["train.isolation"], starts["train.isolation"] + PLACES)
        found[least] = int((cells if question == 1 else cells[scored]).sum())
    assert found[11] == 0 < found[1]


def takes_ten(lots: np.ndarray, most: int, total: int) -> np.ndarray:
    """Draw the ten first rows."""
    return np.arange(len(lots)) < 10


def test_a_candidate_has_as_many_rows_as_are_released(tmp_path: Path, requests: list[Request]) -> None:
    study = STUDY.replace("seed: 7}", "seed: 7, rows: 5000}")
    asked = Asked(tmp_path, digest_of(requests), study)
    with pytest.raises(ProtocolError, match="rows instead of the study's 5000"):
        asked.follow(requests[:1])
    assert comparer.MIN_CANDIDATE_ROWS == 1000
    assert TABLES["south"].num_rows == FEW_ROWS


# --- how many people there are, by the share that was held out ----------------

BY_PEOPLE = STUDY.replace("holdout: 0.2, salt: pepper", "holdout: auto").replace(
    "seed: 7}", "seed: 7, rows: 1000}"
)


@pytest.mark.parametrize(("used", "held"), [(2500, 2500), (10**6, 10**6), (4900, 100)])
def test_more_people_than_the_share_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, used: int, held: int
) -> None:
    """Half are held out where all suppliers have fewer than 5,000: a hub cannot claim more afterwards."""

    def inflated(number: int, request: Request) -> Request:
        questions = tuple(
            replace(one, rows=(used, held), people=(used, held))
            if isinstance(one, GrowTrees) and one.rows
            else one
            for one in request.questions
        )
        return replace(request, questions=questions)

    def ask(name: str) -> Trial:
        (tmp_path / name).mkdir()
        return Trial(BY_PEOPLE, {"north": TABLES["north"], "south": FEW}, tmp_path / name, hub=hub)

    hub = MaliciousHub("south", inflated)
    with pytest.raises(ProtocolError, match="of so many people another share would have been held out"):
        ask("kept").run()
    monkeypatch.setattr(comparer_scope, "possible_people", lambda *_: (0, 10**12))
    trial = ask("open")
    with pytest.raises(SynclineError):  # this hub keeps the protocol else, and its own numbers do not fit
        trial.run()
    answered = [question for request, _ in hub.seen for question in request.questions]
    assert any(getattr(question, "people", None) == (used, held) for question in answered)


FEW = TABLES["south"].slice(0, 30)
"""So few that none of the claims is less than what the victim has itself."""
