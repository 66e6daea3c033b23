"""Which study a person means, and which proposals the policy may approve by itself."""

from __future__ import annotations

import hashlib

import pytest

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

from supplier_agent.consent.decision import BY_PERSON, Seal, UnsignedDecision, decide, decision_of
from supplier_agent.consent.earlier_studies import MOST_AUTOMATIC_RUNS
from supplier_agent.consent.proposals import (
    PolicyJudgement,
    end_study,
    receive_proposal,
)
from supplier_agent.consent.study_record import (
    APPROVED_EARLIER,
    ConsentState,
    known_study,
    require_study,
    undelivered_decisions,
)
from supplier_agent.home import AgentHome
from supplier_agent.tasks.journal import MIGRATIONS, open_journal
from syncline.clock import SystemClock
from syncline.durable.audit_table import AuditLog
from syncline.durable.database import Database
from syncline.errors import UsageError
from syncline.identity.keys import generate_signing_key, public_signing_key
from syncline.identity.signatures import Purpose, verify
from syncline.protocols.opening import COMMITMENT_BYTES
from syncline.wire.messages import Decision, Outcome, StudyEnded, StudyId
from tests.process.agent.fake_hub import FakeHub
from tests.unit.agent.small_study import STUDY, specification


@pytest.fixture
def consents(tmp_path):
    """A journal with what a test does to it."""
    home = AgentHome(tmp_path / "agent")
    home.create()
    key = generate_signing_key()
    with open_journal(home) as journal:
        yield Consents(journal, Seal(key, AuditLog(key, SystemClock()), "cleveland"))


class Consents:
    def __init__(self, journal, seal):
        self.journal, self.seal, self.hub = journal, seal, FakeHub()

    def propose(self, study_id, name="heart-2026", *, automatic=False):
        content = specification(STUDY.replace("heart-2026", name))
        proposal = self.hub.proposal(content, study_id)
        judgement = PolicyJudgement(name, (), automatic=automatic)
        return self.journal.write_now(lambda c: receive_proposal(c, self.seal, proposal, judgement, 1))

    def end(self, study_id, outcome):
        ended = StudyEnded(StudyId(study_id), outcome, "")
        self.journal.write_now(lambda c: end_study(c, self.seal, ended, 2))

    def decide(self, study_id, decision):
        verdict = UnsignedDecision(decision, "", BY_PERSON)
        self.journal.write_now(lambda c: decide(c, self.seal, known_study(c, study_id), verdict, 2))

    def meant(self, text):
        return self.journal.read_now(lambda c: require_study(c, text)).study_id


def test_one_specification_is_approved_by_the_policy_for_one_living_run(consents):
    assert consents.propose("run-1", automatic=True) is ConsentState.APPROVED
    assert consents.propose("run-2", automatic=True) is ConsentState.WAITING
    reason = consents.journal.read_now(lambda c: known_study(c, "run-2")).reason
    assert reason.endswith("a person decides")


def test_a_run_after_a_failure_needs_no_person_and_one_after_a_release_does(consents):
    assert consents.propose("run-1", automatic=True) is ConsentState.APPROVED
    consents.end("run-1", Outcome.FAILED)
    assert consents.propose("run-2", automatic=True) is ConsentState.APPROVED
    consents.end("run-2", Outcome.RELEASED)
    assert consents.propose("run-3", automatic=True) is ConsentState.WAITING


def test_a_hub_cannot_start_one_specification_anew_for_ever_by_calling_it_failed(consents):
    for run in range(MOST_AUTOMATIC_RUNS):
        assert consents.propose(f"run-{run}", automatic=True) is ConsentState.APPROVED
        consents.end(f"run-{run}", Outcome.FAILED)
    assert consents.propose("one-more", automatic=True) is ConsentState.WAITING


def test_what_a_person_refused_is_not_approved_by_the_policy_under_another_id(consents):
    consents.propose("run-1")
    consents.decide("run-1", Decision.REFUSE)
    consents.end("run-1", Outcome.FAILED)
    assert consents.propose("run-2", automatic=True) is ConsentState.WAITING


def test_the_same_proposal_again_is_no_second_run(consents):
    assert consents.propose("run-1", automatic=True) is ConsentState.APPROVED
    assert consents.propose("run-1", automatic=True) is ConsentState.APPROVED


def test_a_text_that_means_two_open_studies_is_refused(consents):
    consents.propose("run-1")
    consents.propose("run-2")
    with pytest.raises(UsageError, match="there are 2 studies 'heart-2026' here: take the id"):
        consents.meant("heart-2026")
    assert consents.meant("run-2") == "run-2"


def test_an_ended_study_loses_to_the_open_one_of_its_name(consents):
    consents.propose("run-1")
    consents.end("run-1", Outcome.CANCELLED)
    assert consents.meant("heart-2026") == "run-1"
    consents.propose("run-2")
    assert consents.meant("heart-2026") == "run-2"
    assert consents.meant("run-1") == "run-1"
    with pytest.raises(UsageError, match="there is no study 'lung'"):
        consents.meant("lung")


@pytest.mark.parametrize(
    ("first", "second"), [(("run-1", "heart"), ("heart", "lung")), (("heart", "lung"), ("run-1", "heart"))]
)
def test_an_id_cannot_take_the_place_of_a_name_that_a_person_types(consents, first, second):
    assert consents.propose(*first) is ConsentState.WAITING
    assert consents.propose(*second) is ConsentState.REFUSED
    assert consents.meant("heart") == first[0]


def test_a_name_never_loses_to_an_id(consents):
    """Even where such a record stands in a journal of an earlier version."""
    consents.propose("run-1", "heart")
    consents.propose("other", "lung")
    consents.journal.write_now(lambda c: c.execute("UPDATE study SET study_id = 'heart' WHERE name = 'lung'"))
    with pytest.raises(UsageError, match="there are 2 studies 'heart'"):
        consents.meant("heart")


def approved_earlier(home, *, begun):
    """Make a journal as the version before private keys left it, with an approval that was not delivered."""
    with Database(home.journal, MIGRATIONS[:-1]) as journal:

        def write(connection):
            content = specification(STUDY)
            connection.execute(
                "INSERT INTO study (study_id, name, specification, specification_sha256, researcher,"
                " researcher_key, researcher_signature, state, reason, decided_by, signature, received_us,"
                " decided_us, contribution, preparation) VALUES ('run-1', 'heart-2026', ?, ?, 'ada', ?, ?,"
                " 'approved', '', 'person', ?, 1, 2, ?, '')",
                (content, hashlib.sha256(content).hexdigest(), bytes(32), bytes(64), bytes(64), bytes(16)),
            )
            if begun:
                connection.execute(
                    "INSERT INTO round (study_id, round, state, task_id, attempt, request_sha256,"
                    " request_size, received_us) VALUES ('run-1', 0, 'computing', 't', 1, '', 0, 1)"
                )

        journal.write_now(write)


def test_an_approval_of_an_earlier_version_is_asked_for_again(tmp_path):
    """It was signed without a public key: no hub takes it, however often it is sent."""
    home, key = AgentHome(tmp_path / "agent"), generate_signing_key()
    home.create()
    approved_earlier(home, begun=False)
    with open_journal(home) as journal:
        consents = Consents(journal, Seal(key, AuditLog(key, SystemClock()), "cleveland"))
        study = journal.read_now(lambda c: known_study(c, "run-1"))
        assert (study.state, study.reason) == (ConsentState.WAITING, APPROVED_EARLIER)
        assert journal.read_now(undelivered_decisions) == []
        consents.decide("run-1", Decision.APPROVE)
        (study,) = journal.read_now(undelivered_decisions)
    decision = decision_of(study, "cleveland")
    assert study.contribution == bytes(16)  # what it was committed to before
    assert len(decision.commitment) == 2 * COMMITMENT_BYTES
    verify(public_signing_key(key), Purpose.STUDY_DECISION, decision.digest, decision.signature)


def test_a_study_that_had_begun_keeps_its_approval_which_the_hub_ends(tmp_path):
    home = AgentHome(tmp_path / "agent")
    home.create()
    approved_earlier(home, begun=True)
    with open_journal(home) as journal:
        assert journal.read_now(lambda c: known_study(c, "run-1")).state is ConsentState.APPROVED
