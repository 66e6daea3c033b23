"""A hub that asks beyond the approval: what the policy and the limits on aim stop, request by request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import supplier_agent.tasks.child as agent
from syncline.data.codebook import Coding
from syncline.data.constraint import Constraint, Formula
from syncline.errors import PolicyRefusal, ProtocolError, SynclineError
from syncline.protocols import asking
from syncline.protocols.asking import Memory, Reply, Request
from syncline.questions import tree_paths
from syncline.questions.formula_check import CELLS, FormulaCheck
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.moments import Moments
from syncline.questions.profile import Profile
from syncline.questions.rank_counts import RankColumn, RankCounts
from syncline.questions.row_count import RowCount
from syncline.questions.tree_level import TreeLevel, TreeStep
from tests.studies.harness import POLICY, MaliciousHub, Trial
from tests.unit.study.two_suppliers import rows

STUDY = """\
syncline: 1
study: trial
schema:
  variables:
    - {name: age, kind: integer, range: [0, 110]}
    - {name: sex, kind: categorical, categories: [f, m]}
    - {name: ill, kind: boolean}
suppliers: [{name: north}, {name: south}]
quorum: {min_suppliers: 2}
synthesizer: {method: cart, seed: 7, max_depth: 3, min_leaf: 30}
validation: none
release: {gate: none, approvals: 0}
"""

ALL_THREE = tuple(Axis(name, Coding.FINE) for name in ("age", "sex", "ill"))


@pytest.fixture(scope="module")
def honest(tmp_path_factory) -> list[tuple[int, Request]]:
    """Return what an honest hub asks, round by round."""
    trial = Trial(STUDY, TABLES, tmp_path_factory.mktemp("honest"))
    trial.run()
    return trial.asked


TABLES = {"north": rows(400, 1), "south": rows(700, 2)}


def first(kind: type, asked: list[tuple[int, Request]], after: int = 0) -> int:
    """Return the number of the first round with a question of a kind, ``after`` others."""
    found = [number for number, one in asked if any(isinstance(q, kind) for q in one.questions)]
    return found[after]


def instead(*questions: object) -> Callable[[Request], Request]:
    return lambda request: replace(request, questions=questions)


def again(asked: list[tuple[int, Request]], number: int) -> Callable[[Request], Request]:
    """Ask in a later round what was asked in round ``number``."""
    earlier = dict(asked)[number]
    return lambda request: Request(request.round, earlier.questions)


def attack(tmp_path, number: int, change: Callable[[Request], Request], policy=POLICY):
    """Return what the hub learns from one changed request to one supplier."""
    hub = MaliciousHub("south", lambda at, request: change(request) if at == number else request)
    trial = Trial(STUDY, TABLES, tmp_path, hub=hub, policy=policy)
    refused = None
    try:
        trial.run()
    except SynclineError as error:
        refused = error
    return refused, [reply for request, reply in hub.seen if request.round == number]


def nothing_is_admitted_or_judged(monkeypatch) -> None:
    """Take the limits on aim out: whatever comes is answered."""

    def admitted(request: Request, memory: Memory) -> Memory:
        paths = memory.asked.paths
        for question in request.questions:
            if isinstance(question, TreeLevel):
                paths = paths.accept(question)
        codebook = request.codebook or memory.asked.codebook
        asked = replace(memory.asked, codebook=codebook, paths=paths)
        drawn = {
            "commitments": request.commitments or memory.commitments,
            "openings": request.openings or memory.openings,
        }
        return replace(memory, round=request.round, asked=asked, **drawn)

    monkeypatch.setattr(asking, "admit", admitted)
    monkeypatch.setattr(agent, "admit", admitted)


def test_a_column_that_the_policy_keeps_is_not_counted(honest, tmp_path, monkeypatch):
    policy = {**POLICY, "columns": {"allow": ["*"], "deny": ["ill"]}}
    number = first(Profile, honest)
    refused, learnt = attack(tmp_path, number, lambda request: request, policy)
    assert isinstance(refused, PolicyRefusal)
    assert learnt == []
    monkeypatch.setattr(agent.Policy, "permits_question", lambda *_: None)
    (tmp_path / "open").mkdir()
    _, learnt = attack(tmp_path / "open", number, lambda request: request, policy)
    assert learnt


@pytest.mark.parametrize("limit", [{"max_order": 2}, {"max_cells": 3}])
def test_more_columns_or_cells_together_than_permitted(honest, tmp_path, monkeypatch, limit):
    policy = {**POLICY, "limits": {**POLICY["limits"], **limit}}
    number = first(Marginals, honest)
    three = instead(Marginals((ALL_THREE,), holdout=False))
    refused, learnt = attack(tmp_path, number, three, policy)
    assert isinstance(refused, PolicyRefusal)
    assert learnt == []
    monkeypatch.setattr(agent.Policy, "permits_question", lambda *_: None)
    (tmp_path / "open").mkdir()
    _, learnt = attack(tmp_path / "open", number, three, policy)
    assert learnt[0].answers[0].value.sum() == 700


def test_a_kind_that_the_policy_does_not_name(honest, tmp_path, monkeypatch):
    kinds = [kind for kind in POLICY["questions"] if kind != "moments"]
    policy = {**POLICY, "questions": kinds}
    number = first(Moments, honest)
    refused, learnt = attack(tmp_path, number, lambda request: request, policy)
    assert isinstance(refused, PolicyRefusal)
    assert learnt == []
    monkeypatch.setattr(agent.Policy, "permits_question", lambda *_: None)
    (tmp_path / "open").mkdir()
    _, learnt = attack(tmp_path / "open", number, lambda request: request, policy)
    assert learnt


def test_a_column_set_is_counted_once(honest, tmp_path, monkeypatch):
    earlier = dict(honest)[first(Marginals, honest)]
    number = first(TreeLevel, honest)
    change = instead(*(question for question in earlier.questions if isinstance(question, Marginals)))
    refused, learnt = attack(tmp_path, number, change)
    assert isinstance(refused, ProtocolError)
    assert "was counted in this study already" in str(refused)
    assert learnt == []
    nothing_is_admitted_or_judged(monkeypatch)
    (tmp_path / "open").mkdir()
    _, learnt = attack(tmp_path / "open", number, change)
    assert learnt


@pytest.mark.parametrize("kind", [RowCount, Profile, Moments])
def test_what_is_answered_once_is_not_answered_in_another_scale_or_again(honest, tmp_path, monkeypatch, kind):
    number = first(TreeLevel, honest)
    again_asked = {RowCount: RowCount(), Profile: Profile(("ill",)), Moments: Moments((("age", -40),))}
    change = instead(again_asked[kind])
    refused, learnt = attack(tmp_path, number, change)
    assert isinstance(refused, ProtocolError)
    assert "was answered in this study already" in str(refused)
    assert learnt == []
    nothing_is_admitted_or_judged(monkeypatch)
    (tmp_path / "open").mkdir()
    _, learnt = attack(tmp_path / "open", number, change)
    assert learnt


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(RankColumn("age", 0, 0, 7, (0,)), id="all values at once, in a later round"),
        pytest.param(RankColumn("age", 37, 0, 0, (0,)), id="one age, by another first key"),
        pytest.param(RankColumn("sex", 0, 0, 0, (1,)), id="one category, left out before"),
    ],
)
def test_a_search_goes_on_where_it_was(honest, tmp_path, monkeypatch, column):
    """A hub tells values apart that it did not find, by cutting elsewhere."""
    number = first(Moments, honest)
    change = lambda request: Request(request.round, (RankCounts((column,)),))  # noqa: E731
    refused, learnt = attack(tmp_path, number, change)
    assert isinstance(refused, ProtocolError)
    assert "rank_counts: " in str(refused)
    assert learnt == []
    nothing_is_admitted_or_judged(monkeypatch)
    monkeypatch.setattr(RankColumn, "require_searched", lambda column, schema: None)
    (tmp_path / "open").mkdir()
    _, learnt = attack(tmp_path / "open", number, change)
    assert learnt[0].answers[0].value.sum() > 0


def test_a_codebook_that_separates_other_values_comes_too_late(honest, tmp_path, monkeypatch):
    number = first(TreeLevel, honest)
    codebook = next(one.codebook for _, one in honest if one.codebook is not None)
    change = lambda request: replace(request, codebook=codebook)  # noqa: E731
    refused, learnt = attack(tmp_path, number, change)
    assert isinstance(refused, ProtocolError)
    assert "cannot change" in str(refused)
    assert learnt == []
    nothing_is_admitted_or_judged(monkeypatch)
    (tmp_path / "open").mkdir()
    _, learnt = attack(tmp_path / "open", number, change)
    assert learnt


def test_a_node_that_was_closed_is_not_opened_any_further(honest, tmp_path, monkeypatch):
    """A hub leaves a node alone, and comes back to it until one row is left."""
    level = dict(honest)[first(TreeLevel, honest, 1)]
    question = level.questions[-1]
    step = max(question.steps, key=lambda one: len(one.split_node))
    none = step.counted[:0]
    closed = replace(question, steps=(replace(step, counted=none, alive=step.alive[:0]),))
    target, bits = step.target, np.ones(1, np.uint64)
    one = TreeStep(target, np.array([1]), np.array([0]), bits, np.array([3]), np.ones((1, target), np.bool_))
    deeper = TreeLevel(question.level + 1, question.order, (one,), leaves=False)

    def asked(directory) -> Reply:
        directory.mkdir()
        trial = Trial(STUDY, TABLES, directory)
        for _, request in honest:
            if request is level:
                break
            trial.ask("south", request)
        trial.ask("south", replace(level, questions=(closed,)))
        return trial.ask("south", Request(level.round + 1, (deeper,)))

    with pytest.raises(ProtocolError, match="only a node that was counted last can be split"):
        asked(tmp_path / "kept")
    extended = tree_paths._extended

    def loose(path, step, question):
        return extended(path and replace(path, opened=tuple(range(path.n_nodes))), step, question)

    monkeypatch.setattr(tree_paths, "_extended", loose)
    assert asked(tmp_path / "open").answers[0].value.sum() > 0


def test_rounds_follow_each_other(honest, tmp_path, monkeypatch):
    number = first(RankCounts, honest)
    skipping = lambda request: replace(request, round=request.round + 3)  # noqa: E731
    refused, learnt = attack(tmp_path, number, skipping)
    assert isinstance(refused, ProtocolError)
    assert learnt == []
    monkeypatch.setattr(asking, "_require_next", lambda request, memory: None)
    (tmp_path / "open").mkdir()
    hub = MaliciousHub("south", lambda at, request: skipping(request) if at == number else request)
    with pytest.raises(
        SynclineError
    ):  # the honest half of the hub stumbles over the number, after the answer
        Trial(STUDY, TABLES, tmp_path / "open", hub=hub).run()
    assert [reply for request, reply in hub.seen if request.round == number + 3]


def test_nothing_is_answered_after_rows_were_held_back_for_the_end(honest, tmp_path, monkeypatch):
    number = first(TreeLevel, honest)
    asked = instead(Marginals((ALL_THREE,), holdout=True), RowCount())
    refused, learnt = attack(tmp_path, number, asked)
    assert isinstance(refused, ProtocolError)
    assert "the fit of this study is closed" in str(refused)
    assert learnt == []
    nothing_is_admitted_or_judged(monkeypatch)
    (tmp_path / "open").mkdir()
    _, learnt = attack(tmp_path / "open", number, asked)
    assert learnt


LINES = """\
syncline: 1
study: trial
schema:
  variables:
    - {name: age, kind: integer, range: [0, 110]}
    - {name: visits, kind: integer, range: [0, 40]}
suppliers: [{name: north}]
synthesizer: {method: marginals, seed: 7}
validation: none
release: {gate: none, approvals: 0}
"""


def test_lines_that_the_hub_chooses_do_not_give_the_table_of_two_columns(tmp_path, monkeypatch):
    """One line goes through one cell alone: its factor is larger than either column's range."""
    rng = np.random.default_rng(4)
    table = pa.table({"age": rng.integers(0, 111, 200), "visits": rng.integers(0, 41, 200)})
    policy = {**POLICY, "limits": {**POLICY["limits"], "max_order": 1}}
    pairs = [(age, visits) for age in range(111) for visits in range(41)]
    lines = [
        Constraint.between(Formula.LINEAR, "age", ["visits"], 1000.0, float(age - 1000 * visits))
        for age, visits in pairs
    ]

    honest = Trial(LINES, {"north": table}, tmp_path, policy=policy)
    honest.run()
    (_, opening), (_, counting), *_ = honest.asked

    def asked(name: str) -> dict[tuple[int, int], int]:
        (tmp_path / name).mkdir()
        trial = Trial(LINES, {"north": table}, tmp_path / name, policy=policy)
        trial.ask("north", opening)
        learnt = trial.ask("north", replace(counting, questions=(FormulaCheck(tuple(lines)),)))
        broken = learnt.answers[0].dense()[::CELLS]
        return {pair: 200 - int(n) for pair, n in zip(pairs, broken, strict=True) if n < 200}

    with pytest.raises(PolicyRefusal, match="counts 2 columns together, permitted are 1"):
        asked("kept")
    monkeypatch.setattr(FormulaCheck, "marginal_order", 1)
    assert asked("open") == dict(Counter(zip(*table.to_pydict().values(), strict=True)))
