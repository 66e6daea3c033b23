"""A supplier that contradicts itself: it is named with the round and the rule, before anything is merged."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from syncline.errors import Contradiction, StudyFailed, SynclineError
from syncline.protocols import reply_check
from syncline.protocols.asking import Reply, Request
from syncline.questions.sums import Sums
from syncline.questions.table import QUESTIONS
from syncline.study import comparer_scope, whole_study
from syncline.synthesizers import wide
from syncline.validation.comparison import comparison, facts
from syncline.wire.exchange import ReplyCodec
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb
from tests.security.lies import COMPARISON, FIT, HUGE, PERSONS, SHAPES, Liar, Lie, move, nothing, put, scale
from tests.studies.harness import MaliciousSupplier, Released, Trial

STUDY = """\
syncline: 1
study: trial
schema:
  variables:
    - {{name: pid, kind: identifier{role}}}
    - {{name: age, kind: integer, range: [0, 110]}}
    - {{name: sex, kind: categorical, categories: [f, m]}}
    - {{name: ill, kind: boolean}}
    - {{name: ward, kind: categorical, categories: [a, b, c, d]}}
    - {{name: clinic, kind: categorical, categories: [north, south]}}
    - {{name: dose, kind: continuous}}
    - {{name: double, kind: continuous}}
suppliers: [{{name: north}}, {{name: south}}]
quorum: {{min_suppliers: 2}}
synthesizer: {{method: cart, seed: 7, max_depth: 3, min_leaf: 30}}
validation: none
release: {{gate: none, approvals: 0}}
"""
COMPARED = """\
validation:
  holdout: 0.3
  salt: trial
  target: ill
  keys: [sex, ward]
  sensitive: [ill]
  models: ["ill ~ age + sex", "dose ~ age"]
"""
ROWS, WITH_PERSONS = STUDY.format(role=""), STUDY.format(role=", role: person")


def table(number: int, seed: int) -> pa.Table:
    """Return rows with gaps, a formula that mostly holds, and two visits of each person."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 95, number)
    dose = np.round(rng.gamma(2.0, 30.0, number), 3)
    dose[rng.random(number) < 0.3] = 40.0
    code = np.where(rng.random(number) < 0.4, "f", "m")
    ward = rng.integers(0, 4, number)
    lacks = rng.random(number) < 0.05
    return pa.table(
        {
            "pid": [f"p{i // 2}" for i in range(number)],
            "age": pa.array(age, mask=lacks),
            "sex": code,
            "ill": rng.random(number) < age / 150 + 0.2 * (code == "f"),
            "ward": np.array(["a", "b", "c", "d"])[ward],
            "clinic": np.array(["north", "south"])[ward // 2],
            "dose": dose,
            "double": pa.array(dose, mask=np.arange(number) % 50 == 0),
        }
    )


WITH_COMPARISON = ROWS.replace("validation: none\n", COMPARED).replace("seed: 7,", "seed: 7, rows: 1100,")
TABLES = {"north": table(400, 1), "south": table(700, 2)}
SENTENCE = re.compile(r"supplier 'north' (contradicted itself|answered|gave) .*in round (\d+)")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Request]]:
    """Return what an honest hub asks in each study."""
    found = {}
    for number, study in enumerate((ROWS, WITH_PERSONS, WITH_COMPARISON)):
        trial = Trial(study, TABLES, tmp_path_factory.mktemp(f"honest{number}"))
        trial.run()
        found[study] = [request for _, request in trial.asked]
    return found


def placed(lie: Lie, requests: list[Request]) -> Lie:
    """Return a lie about the last answer of a kind as one about the answer of that number."""
    if lie.nth >= 0:
        return lie
    met = sum(question.kind == lie.kind for request in requests for question in request.questions)
    return replace(lie, nth=met + lie.nth)


def attempt(study: str, lie: Lie, directory: Path) -> tuple[Liar, Released | SynclineError | Exception]:
    """Run a study in which the supplier north lies once; return what comes of it."""
    directory.mkdir()
    liar = Liar(lie)
    trial = Trial(study, TABLES, directory, supplier=MaliciousSupplier("north", liar.change))
    try:
        return liar, trial.run()
    except Exception as error:  # how else it ends is what is looked at
        return liar, error


def nobody_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the checks of replies out."""
    for entry in QUESTIONS.values():
        monkeypatch.setattr(entry.load(), "reconcile", lambda question, answer, known, context: known)
    monkeypatch.setattr(reply_check.AnswerShape, "require", lambda shape, answer, persons: None)


CASES = [
    *((ROWS, lie) for lie in (*SHAPES, *FIT)),
    *((WITH_PERSONS, lie) for lie in PERSONS),
    *((WITH_COMPARISON, lie) for lie in COMPARISON),
]


@pytest.mark.parametrize(("study", "lie"), CASES, ids=[lie.name for _, lie in CASES])
def test_a_lie_names_the_supplier_the_round_and_the_rule(study, lie, asked, tmp_path, monkeypatch):
    lie = placed(lie, asked[study])
    liar, end = attempt(study, lie, tmp_path / "checked")
    assert liar.told is not None, "the lie was never told"
    assert isinstance(end, Contradiction), end
    found = SENTENCE.search(str(end))
    assert found, str(end)
    assert lie.rule in str(end)
    assert 0 <= int(found[2]) - liar.told <= 1, "not in the round of the lie or the next"
    assert not re.search(r"\d{3,}", str(end).replace(str(1 << 40), "")), "no count of rows is told"
    nobody_checks(monkeypatch)
    _, end = attempt(study, lie, tmp_path / "unchecked")
    assert not isinstance(end, Contradiction), "without the checks nobody is named"


PAIRS = (
    Lie("2**36 rows of two groups", "pair_counts", put(0, HUGE), "beside one column than beside another"),
    Lie("a row moved between two groups", "pair_counts", move(), "beside one column than beside another"),
    Lie("pairs without rows", "pair_counts", nothing, "a pair of columns has not all rows"),
    Lie("pairs of ten times the rows", "pair_counts", scale(10), "a pair of columns has not all rows"),
)


@pytest.mark.parametrize("lie", PAIRS, ids=lambda lie: lie.name)
def test_lies_about_pairs_of_a_wide_table(lie, tmp_path, monkeypatch):
    monkeypatch.setattr(wide, "FULL_COLUMNS", 5)
    liar, end = attempt(ROWS, lie, tmp_path / "checked")
    assert liar.told is not None
    assert isinstance(end, Contradiction), end
    assert f"supplier 'north' contradicted itself in round {liar.told} (pair_counts)" in str(end)
    assert lie.rule in str(end)
    nobody_checks(monkeypatch)
    _, end = attempt(ROWS, lie, tmp_path / "unchecked")
    assert not isinstance(end, Contradiction), "without the checks nobody is named"


def of_no_rows(number: int, request: Request, reply: Reply) -> Reply:
    """Hold in every round that no row is complete for a model."""
    kind = "regression_sums"
    asked = zip(request.questions, reply.answers, strict=True)
    return replace(
        reply,
        answers=tuple(
            Sums.empty(answer.size) if isinstance(answer, Sums) and question.kind == kind else answer
            for question, answer in asked
        ),
    )


def test_a_lie_about_models_that_is_told_in_every_round(tmp_path, monkeypatch):
    """The sums of all rounds agree, but not with the rows that are counted where the table is compared."""

    def run(name: str) -> Released:
        (tmp_path / name).mkdir()
        return Trial(
            WITH_COMPARISON, TABLES, tmp_path / name, supplier=MaliciousSupplier("north", of_no_rows)
        ).run()

    with pytest.raises(Contradiction, match=r"'north' .* a model is about other rows than its sums were"):
        run("checked")
    monkeypatch.setattr(facts, "agrees", lambda *_: True)
    assert run("unchecked").report["metrics"]


def test_more_rows_than_models_are_fitted_to_end_the_study_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(comparison, "MOST_ROWS", 100)
    with pytest.raises(StudyFailed, match=r"more than 100 rows.*leave validation\.models out"):
        Trial(WITH_COMPARISON, TABLES, tmp_path).run()


@pytest.mark.parametrize(
    "bytes_sent",
    [
        pytest.param(lambda reply: reply[:-1], id="cut short"),
        pytest.param(lambda reply: b"", id="nothing"),
        pytest.param(lambda reply: reply + b"\x12\x00", id="one answer too many"),
        pytest.param(lambda reply: _with_values(b"\x80\x00\x00"), id="not the shortest form"),
        pytest.param(lambda reply: _with_values(b"\xff" * 9 + b"\x01"), id="beyond 63 bits"),
        pytest.param(lambda reply: b"\x08\x05" + reply[2:], id="of another round"),
    ],
)
def test_bytes_that_are_no_reply_name_the_supplier_and_the_round(bytes_sent, tmp_path, monkeypatch):
    encode = ReplyCodec.encode
    monkeypatch.setattr(
        ReplyCodec,
        "encode",
        lambda codec, value: (bytes_sent if value.round == 1 else bytes)(encode(codec, value)),
    )
    with pytest.raises(Contradiction, match=r"^supplier 'north' .* in round 1") as raised:
        Trial(ROWS, TABLES, tmp_path).run()
    assert raised.value.public == "the answers of supplier 'north' cannot be used"


def _with_values(values: bytes) -> bytes:
    """Return a reply whose first answer has such values."""
    counts = pb.Counts(size=2, gaps=b"\x00\x00", values=values)
    return pb.Reply(round=1, answers=[pb.Answer(counts=counts)]).SerializeToString()


AUTO = "validation: {holdout: auto}\n"
TOLD_AT_FIRST = {
    "more than there are, so that few are held out": lambda people: 10**9,
    "fewer than there are, so that half is": lambda people: people // 2,
    "one fewer": lambda people: people - 1,
    "nobody": lambda people: 0,
}


def of_auto(study: str, directory: Path, told=None) -> Trial:
    """Return a study whose share that is held out follows from the persons that suppliers tell at first."""

    def lie(number, request, reply):
        if number:
            return reply
        return replace(reply, opening=replace(reply.opening, people=told(reply.opening.people)))

    study = study.replace("validation: none\n", AUTO).replace("seed: 7,", "seed: 7, rows: 1100,")
    liar = None if told is None else MaliciousSupplier("north", lie)
    return Trial(study, TABLES, directory, supplier=liar)


@pytest.mark.parametrize("study", [ROWS, WITH_PERSONS], ids=["rows", "persons"])
@pytest.mark.parametrize("told", TOLD_AT_FIRST.values(), ids=TOLD_AT_FIRST.keys())
def test_a_lie_about_how_many_there_are_in_the_opening_round(study, told, tmp_path):
    with pytest.raises(Contradiction, match=r"'north' contradicted itself .*told when the salt was drawn"):
        of_auto(study, tmp_path, told).run()


def test_such_a_lie_would_decide_how_many_are_held_out(tmp_path, monkeypatch):
    monkeypatch.setattr(whole_study, "people_opened", lambda *_: {})
    monkeypatch.setattr(comparer_scope, "possible_people", lambda *_: (0, 10**12))
    (tmp_path / "honest").mkdir()
    (tmp_path / "lying").mkdir()
    trials = [
        of_auto(WITH_PERSONS, tmp_path / "honest"),
        of_auto(WITH_PERSONS, tmp_path / "lying", lambda _: 10**9),
    ]
    for trial in trials:
        assert trial.run().report["people"]
    assert [str(trial.fold.fraction) for trial in trials] == ["0.50", "0.20"]
