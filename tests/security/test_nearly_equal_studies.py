"""A researcher of many nearly equal studies: the policy approves the first alone, a person all others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

from supplier_agent.consent import earlier_studies
from supplier_agent.consent.decision import Seal
from supplier_agent.consent.earlier_studies import MOST_AUTOMATIC_RUNS, resemblance
from supplier_agent.consent.likeness import AskedColumns
from supplier_agent.consent.proposals import PolicyJudgement, end_study, receive_proposal
from supplier_agent.consent.study_record import ConsentState, known_study
from supplier_agent.home import AgentHome
from supplier_agent.tasks.journal import open_journal
from syncline.clock import SystemClock
from syncline.durable.audit_table import AuditLog
from syncline.identity.keys import generate_signing_key
from syncline.wire.messages import Outcome, StudyEnded, StudyId
from tests.process.agent.fake_hub import FakeHub
from tests.unit.agent.small_study import specification

STUDY = """\
syncline: 1
study: heart-2026
purpose: Method development
schema:
  variables:
    - {name: pid, kind: identifier, role: person}
    - {name: age, kind: integer, range: [0, 120]}
    - {name: sex, kind: categorical, categories: [f, m]}
    - {name: weight, kind: continuous, decimals: 1}
    - {name: stage, kind: ordinal, categories: [low, high]}
suppliers: [{name: cleveland, dataset: heart}, {name: budapest}, {name: zurich}]
quorum: {min_suppliers: 3}
synthesizer: {method: cart, seed: 1, rows: 2000}
validation: {holdout: 0.2, target: sex, keys: [age]}
release: {gate: default, approvals: 1}
"""

COLUMN = "    - {name: weight, kind: continuous, decimals: 1}\n"
MORE = "    - {name: height, kind: continuous, decimals: 1}\n"
AGE = "    - {name: age, kind: integer, range: [0, 120]}\n"

VARIED = {
    "name": ("heart-2026", "heart-2027", "name"),
    "purpose": ("Method development", "Teaching", "purpose"),
    "seed": ("seed: 1", "seed: 2", "synthesizer.seed"),
    "no seed": ("seed: 1, ", "", "synthesizer.seed"),
    "rows": ("rows: 2000", "rows: 2001", "synthesizer.rows"),
    "method": ("method: cart", "method: marginals", "synthesizer.method"),
    "settings": ("method: cart", "method: cart, min_leaf: 60", "synthesizer.min_leaf"),
    "visit sequence": ("method: cart", "method: cart, visit_sequence: [sex]", "synthesizer.visit_sequence"),
    "min_cell": ("validation:", "privacy: {min_cell: 12}\nvalidation:", "privacy.min_cell"),
    "salt": ("holdout: 0.2", "holdout: 0.2, salt: x", "validation.salt"),
    "holdout": ("holdout: 0.2", "holdout: 0.21", "validation.holdout"),
    "keys": ("keys: [age]", "keys: [age, stage]", "validation.keys"),
    "target": ("target: sex", "target: age", "validation.target"),
    "models": ("keys: [age]", 'keys: [age], models: ["age ~ sex"]', "validation.models"),
    "gate": ("gate: default", "gate: {alpha: 0.02}", "release.gate"),
    "approvals": ("approvals: 1", "approvals: 2", "release.approvals"),
    "hazards": ("quorum:", "hazards: {absent: missing}\nquorum:", "hazards.absent"),
    "quorum": ("min_suppliers: 3", "min_suppliers: 3, deadline: 25h", "quorum.deadline"),
    "a range": ("range: [0, 120]", "range: [0, 121]", "how columns are read (age)"),
    "categories": ("[f, m]", "[f, m, x]", "how columns are read (sex)"),
    "parents": ("[low, high]", "[low, high], parents: {low: any, high: any}", "how columns are read (stage)"),
    "decimals": ("decimals: 1", "decimals: 2", "how columns are read (weight)"),
    "the order of columns": (AGE, "", "one column (age)"),
    "one column less": (COLUMN, "", "one column (weight)"),
    "one column more": (COLUMN, COLUMN + MORE, "one column (height)"),
    "one column for another": (COLUMN, MORE, "2 columns (height, weight)"),
    "two columns for others": (COLUMN, MORE + MORE.replace("height", "waist"), "3 columns (height"),
    "one supplier less": (", {name: zurich}", "", "one supplier (zurich)"),
    "one supplier more": ("{name: zurich}", "{name: zurich}, {name: basel}", "one supplier (basel)"),
    "other suppliers": (
        "{name: budapest}, {name: zurich}",
        "{name: fake-1}, {name: fake-2}, {name: fake-3}, {name: fake-4}",
        "6 suppliers (budapest, fake-1",
    ),
    "the data set": ("dataset: heart", "dataset: heart-again", "the data set"),
    "a flow": ("{name: zurich}", "{name: zurich, flow: prepared}", "flows"),
    "free text": (COLUMN, COLUMN + "    - {name: note, kind: text}\n", "columns that are not modelled"),
    "persons": ("    - {name: pid, kind: identifier, role: person}\n", "", "columns that are not modelled"),
}
"""What a researcher can change, how, and how a person reads it."""


class Consents:
    """An agent's journal under a policy that approves whatever the researcher asks."""

    def __init__(self, place: Path) -> None:
        home, key = AgentHome(place), generate_signing_key()
        home.create()
        self.journal, self.hub = open_journal(home), FakeHub()
        self.seal = Seal(key, AuditLog(key, SystemClock()), "cleveland")

    def propose(self, text: str, study_id: str) -> ConsentState:
        proposal = self.hub.proposal(specification(text), study_id)
        judgement = PolicyJudgement("heart", (), automatic=True)
        return self.journal.write_now(lambda c: receive_proposal(c, self.seal, proposal, judgement, 1))

    def end(self, study_id: str) -> None:
        ended = StudyEnded(StudyId(study_id), Outcome.FAILED, "")
        self.journal.write_now(lambda c: end_study(c, self.seal, ended, 2))

    def reason(self, study_id: str) -> str:
        return self.journal.read_now(lambda c: known_study(c, study_id)).reason


@pytest.fixture
def consents(tmp_path) -> Iterator[Consents]:
    found = Consents(tmp_path / "agent")
    yield found
    found.journal.close()


def varied(name: str) -> str:
    before, after, _ = VARIED[name]
    text = STUDY.replace(before, after)
    if name == "the order of columns":
        text = text.replace(COLUMN, COLUMN + AGE)
    if name == "one supplier less":
        text = text.replace("min_suppliers: 3", "min_suppliers: 2")
    assert text != STUDY
    return text


@pytest.mark.parametrize("name", VARIED)
def test_a_study_that_differs_little_waits_for_a_person_who_reads_by_what(consents, monkeypatch, name):
    words = "the order of columns" if name == "the order of columns" else VARIED[name][2]
    assert consents.propose(STUDY, "first") is ConsentState.APPROVED
    consents.end("first")
    assert consents.propose(varied(name), "second") is ConsentState.WAITING
    assert consents.reason("second").startswith("it differs from heart (first) by: ")
    assert words in consents.reason("second")
    monkeypatch.setattr(earlier_studies, "resemblance", lambda *_: None)  # as it was: by the bytes
    assert (
        consents.propose(varied(name).replace("approvals: ", "approvals: 1"), "third")
        is ConsentState.APPROVED
    )


def test_the_same_specification_runs_three_times_as_before(consents):
    for number in range(MOST_AUTOMATIC_RUNS):
        assert consents.propose(STUDY, f"run-{number}") is ConsentState.APPROVED
        consents.end(f"run-{number}")
    assert consents.propose(STUDY, "one-more") is ConsentState.WAITING


def junk(number: int) -> str:
    """Return the study with more invented columns than real ones, which count as missing."""
    invented = "".join(f"    - {{name: j{number}-{place}, kind: boolean}}\n" for place in range(9))
    text = STUDY.replace("heart-2026", f"heart-{number}").replace(COLUMN, COLUMN + invented)
    return text.replace("quorum:", "hazards: {absent: missing}\nquorum:")


def approved(consents: Consents) -> int:
    """Return how many of 20 studies of the same four columns the policy approves by itself."""
    states = []
    for number in range(20):
        states.append(consents.propose(junk(number), f"s{number}"))
        consents.end(f"s{number}")
    return states.count(ConsentState.APPROVED)


def test_invented_columns_beside_the_real_ones_give_three_studies_and_no_more(
    consents, tmp_path, monkeypatch
):
    assert approved(consents) == MOST_AUTOMATIC_RUNS
    monkeypatch.setattr(earlier_studies, "_sharing", lambda *_: 0)
    other = Consents(tmp_path / "open")
    assert approved(other) == 20
    other.journal.close()


ONE_COLUMN = """\
syncline: 1
study: heart-2026
purpose: Method development
schema:
  variables:
    - {name: pid, kind: identifier, role: person}
    - {name: sex, kind: categorical, categories: [f, m]}
suppliers: [{name: cleveland, dataset: heart}, {name: budapest}, {name: zurich}]
quorum: {min_suppliers: 3}
hazards: {absent: missing}
synthesizer: {method: marginals, seed: 1, rows: 2000}
validation: {holdout: 0.2}
release: {gate: default, approvals: 1}
"""


@pytest.mark.parametrize("absent", ["missing", "exclude"])
@pytest.mark.parametrize("pads", [2, 3, 9])
def test_one_real_column_among_invented_ones_gives_three_studies_and_no_more(
    consents, tmp_path, monkeypatch, absent, pads
):
    """Each study draws who is held out anew, so many of them tell the one column of each person."""

    def studies(at: Consents) -> int:
        states = []
        for number in range(20):
            invented = "".join(f"    - {{name: j{number}-{place}, kind: boolean}}\n" for place in range(pads))
            text = ONE_COLUMN.replace("suppliers: [", f"{invented}suppliers: [").replace(
                "absent: missing", f"absent: {absent}"
            )
            states.append(at.propose(text.replace("heart-2026", f"heart-{number}"), f"s{number}"))
            at.end(f"s{number}")
        return states.count(ConsentState.APPROVED)

    assert studies(consents) == MOST_AUTOMATIC_RUNS
    of = AskedColumns.of
    monkeypatch.setattr(AskedColumns, "of", lambda specification: replace(of(specification), may_lack=False))
    other = Consents(tmp_path / "open")
    assert studies(other) == 20
    other.journal.close()


def test_a_study_of_other_columns_needs_no_person(consents):
    assert consents.propose(STUDY, "first") is ConsentState.APPROVED
    other = STUDY.replace("name: weight", "name: dose").replace("name: stage", "name: arm")
    other = other.replace("name: age", "name: visit").replace("[age]", "[visit]")
    other = other.replace("name: sex", "name: site").replace("target: sex", "target: site")
    assert consents.propose(other, "second") is ConsentState.APPROVED


def test_what_the_policy_refused_is_no_earlier_study(consents):
    """A researcher mends what a policy does not permit, and asks again."""
    proposal = consents.hub.proposal(specification(STUDY), "first")
    refused = PolicyJudgement("heart", ("min_cell: too small",), automatic=True)
    consents.journal.write_now(lambda c: receive_proposal(c, consents.seal, proposal, refused, 1))
    consents.end("first")
    assert consents.propose(varied("min_cell"), "second") is ConsentState.APPROVED


def test_studies_that_wait_count_like_those_that_run(consents):
    """Two proposals in one breath are seen beside each other."""
    proposal = consents.hub.proposal(specification(STUDY), "first")
    manual = PolicyJudgement("heart", (), automatic=False)
    consents.journal.write_now(lambda c: receive_proposal(c, consents.seal, proposal, manual, 1))
    assert consents.propose(varied("name"), "second") is ConsentState.WAITING


def test_a_digest_that_people_listed_was_chosen_by_them(consents):
    assert consents.propose(STUDY, "first") is ConsentState.APPROVED
    proposal = consents.hub.proposal(specification(varied("name")), "second")
    listed = PolicyJudgement("heart", (), automatic=True, listed=True)
    consents.journal.write_now(lambda c: receive_proposal(c, consents.seal, proposal, listed, 1))
    state = consents.journal.read_now(lambda c: known_study(c, "second")).state
    assert state is ConsentState.APPROVED


def test_a_study_of_an_earlier_version_of_the_journal_counts_too(consents):
    assert consents.propose(STUDY, "first") is ConsentState.APPROVED
    consents.journal.write_now(lambda c: c.execute("UPDATE study SET asks = NULL"))
    found = consents.journal.read_now(
        lambda c: resemblance(
            c, specification(varied("one column more")), earlier_studies.earlier_studies(c, "second")
        )
    )
    assert found is not None
    assert str(found) == "differs from heart (first) by: one column (height)"
