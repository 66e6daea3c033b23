"""Every function of the datastore, on every database: what is put is found, and nothing else is touched."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from syncline.identity.peer import PeerRole
from syncline.identity.tokens import EnrolmentTicket
from syncline.study.flow import DataFlow
from syncline.study.lifecycle import StudyState
from syncline.study.participation import Participation
from syncline.study.release_decision import ReleaseVerdict
from syncline.wire.messages import Decision, ReleaseId, StudyId, SupplierDecision, TaskId
from trusted_party.datastore import (
    drafts,
    grants,
    invitations,
    members,
    own_requests,
    parties,
    release_decisions,
    releases,
    shipments,
    studies,
    tasks,
)
from trusted_party.datastore.parties import PartyState
from trusted_party.datastore.store import Store, Transaction
from trusted_party.datastore.tasks import TaskState

S1, S2 = StudyId("s1"), StudyId("s2")
R1 = ReleaseId("r1")
DIGEST = "ab" * 32
MOMENT = dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC)


def add_studies(transaction: Transaction) -> None:
    for number, (study_id, name) in enumerate(((S1, "heart"), (S2, "lung"))):
        asked = tuple(
            studies.NewParty(supplier, supplier.encode().ljust(32), flow)
            for supplier, flow in (("south", DataFlow.PREPARED), ("north", DataFlow.SUMMARIES))
        )
        new = studies.NewStudy(study_id, name, "ada", b"k", b"s", b"spec", DIGEST, asked)
        studies.add_study(transaction, new, StudyState.AWAITING_APPROVAL, 100 + number)


@pytest.fixture
def with_studies(store: Store) -> Store:
    """The store with two studies of two suppliers."""
    store.write_now(add_studies)
    return store


def test_members_and_their_certificates(store: Store) -> None:
    def write(transaction: Transaction) -> None:
        members.put_member(transaction, "north", PeerRole.SUPPLIER, b"1" * 32, 5)
        members.put_member(transaction, "ada", PeerRole.RESEARCHER, b"2" * 32, 6)
        members.set_datasets(transaction, "north", ("heart", "lung"))
        members.set_connected(transaction, "north", True, 7)
        for name, key in (("north", "f1"), ("ada", "f2")):
            members.put_certificate(transaction, members.Certificate(key, name, b"pem", 8, revoked=False))

        assert [member.name for member in members.list_members(transaction)] == ["ada", "north"]
        assert [member.name for member in members.list_members(transaction, PeerRole.SUPPLIER)] == ["north"]
        north = members.find_member(transaction, "north")
        assert north is not None
        assert (north.datasets, north.connected, north.last_seen_us) == (("heart", "lung"), True, 7)
        assert members.valid_fingerprints(transaction) == {"f1": "north", "f2": "ada"}

        renewed = members.Certificate("f1", "north", b"newer", 9, revoked=False)
        members.put_certificate(transaction, renewed)
        assert members.find_certificate(transaction, "f1") == renewed
        members.put_certificate(transaction, members.Certificate("f1", "ada", b"stolen", 10, revoked=False))
        assert members.find_certificate(transaction, "f1") == renewed, "another's key stays its own"
        assert members.find_certificate(transaction, "f3") is None

        members.set_standing(transaction, "north", members.MemberStanding.BANNED, "left")
        assert members.valid_fingerprints(transaction) == {"f2": "ada"}
        assert members.banned_names(transaction) == ["north"]
        members.put_member(transaction, "north", PeerRole.SUPPLIER, b"3" * 32, 11)
        north = members.find_member(transaction, "north")
        assert north is not None
        assert (north.standing, north.reason, north.signing_key) == ("active", "", b"3" * 32)
        members.set_connected(transaction, "ada", True, 12)
        members.disconnect_all(transaction)
        assert not any(member.connected for member in members.list_members(transaction))

    store.write_now(write)


def test_invitations_replace_each_other_in_the_order_in_which_they_came(store: Store) -> None:
    def ticket(secret: bytes, name: str, after: int) -> EnrolmentTicket:
        expires = MOMENT + dt.timedelta(seconds=after)
        return EnrolmentTicket(name, PeerRole.SUPPLIER, secret * 32, expires, used=False)

    def write(transaction: Transaction) -> None:
        first, second, other = ticket(b"z", "north", 10), ticket(b"a", "north", 5), ticket(b"m", "south", 9)
        for new in (first, second, other):
            invitations.put_invitation(transaction, new)
        replaced = [invitations.is_replaced(transaction, one) for one in (first, second, other)]
        assert replaced == [True, False, False]
        assert not invitations.is_replaced(transaction, ticket(b"q", "north", 1)), "it was never given"
        assert invitations.awaits_use(transaction, "south", MOMENT)
        invitations.use_invitation(transaction, other.secret_sha256, b"r" * 32, b"certificate")
        assert not invitations.awaits_use(transaction, "south", MOMENT)
        assert not invitations.awaits_use(transaction, "north", MOMENT + dt.timedelta(seconds=11))
        found = invitations.find_invitation(transaction, other.secret_sha256)
        assert found is not None
        assert (found.used_by_sha256, found.certificate) == (b"r" * 32, b"certificate")
        assert (found.ticket.used, found.ticket.expires_at) == (True, other.expires_at)
        invitations.drop_old_invitations(transaction, MOMENT + dt.timedelta(seconds=9))
        kept = [invitations.find_invitation(transaction, one.secret_sha256) for one in (first, second, other)]
        assert [one is not None for one in kept] == [True, False, True]

    store.write_now(write)


def test_studies_are_listed_moved_and_written(with_studies: Store) -> None:
    def write(at: Transaction) -> None:
        assert [study.id for study in studies.list_studies(at)] == [S2, S1]
        assert [study.id for study in studies.list_studies(at, "ada", most=1)] == [S2]
        assert studies.list_studies(at, "bob") == []
        assert [study.id for study in studies.find_submissions(at, "ada", DIGEST)] == [S1, S2]
        assert studies.studies_in(at, (StudyState.AWAITING_APPROVAL, StudyState.FAILED)) == [S1, S2]
        assert studies.studies_in(at, ()) == []
        assert studies.count_living(at, "ada") == 2
        old = studies.find_study(at, S1)
        assert old is not None
        studies.change_state(at, old, StudyState.CANCELLED, "changed my mind", ended_us=200)
        with pytest.raises(studies.StudyMoved):
            studies.change_state(at, old, StudyState.CANCELLED)
        assert (studies.count_living(at, "ada"), studies.count_living(at, "bob")) == (1, 0)

        studies.set_told(at, S2, "told")
        studies.set_reason(at, S2, "why")
        studies.set_hazards(at, S2, "[1]")
        studies.accept_hazards(at, S2, 1)
        studies.set_result(at, S2, "01" * 32, "02" * 32)
        studies.set_candidate(at, S2, "03" * 32, b"sig")
        studies.set_draw(at, S2, "04" * 32, "drawn")
        studies.set_progress(at, S2, "learn", 4, 3, "05" * 32)
        studies.count_bytes(at, S2, 10, 20, 50)
        studies.count_bytes(at, S2, 1, 2, 900)
        study = studies.find_study(at, S2)
        assert study is not None
        assert (study.told, study.reason, study.hazards, study.hazards_accepted) == ("told", "why", "[1]", 1)
        assert (study.origin, study.compares, study.drawn) == (("01" * 32, "02" * 32), True, "drawn")
        assert (study.stage, study.round, study.rounds_done, study.rounds_expected) == ("learn", 4, 4, 5)
        assert (study.bytes_received, study.bytes_sent, study.moved_us) == (11, 22, 900)
        needed = {digest.hex() for digest in studies.needed_payloads(at)}
        assert needed == {"01" * 32, "02" * 32, "04" * 32, "05" * 32}

        studies.close_rounds(at, S2, "release", "06" * 32)
        studies.set_released(at, S2, R1)
        study = studies.find_study(at, S2)
        assert study is not None
        assert (study.round, study.rounds_done, study.rounds_expected, study.state_sha256) == (-1, 5, 5, None)
        assert (study.assessment_sha256, study.release_id) == ("06" * 32, R1)
        assert studies.find_study(at, StudyId("none")) is None

    with_studies.write_now(write)


def test_parties_decide_and_leave(with_studies: Store) -> None:
    def write(at: Transaction) -> None:
        assert [party.name for party in parties.parties_of(at, S1)] == ["north", "south"]
        parties.set_party(at, S1, "north", PartyState.APPROVED, "good")
        agreed = Participation(DataFlow.SYNTHESIZED, "5" * 64)
        decision = SupplierDecision(S1, DIGEST, Decision.APPROVE, "because", b"sig", agreed, "c" * 64)
        parties.set_decision(at, "north", b"key", decision)
        north = parties.find_party(at, S1, "north")
        assert north is not None
        assert (north.state, north.reason, north.participation) == (PartyState.APPROVED, "good", agreed)
        assert (north.signature, north.signing_key, north.commitment) == (b"sig", b"key", "c" * 64)
        states = [StudyState.AWAITING_APPROVAL]
        assert [study.id for study in studies.studies_of_supplier(at, "south", states)] == [S1, S2]
        parties.drop_party(at, S1, "south")
        assert [study.id for study in studies.studies_of_supplier(at, "south", states)] == [S2]
        assert parties.find_party(at, S1, "west") is None

    with_studies.write_now(write)


def test_rounds_and_tasks_go_their_ways(with_studies: Store) -> None:
    def states(at: Transaction, number: int) -> list[tuple[str, str, int]]:
        found = tasks.tasks_of_round(at, S1, number)
        return [(task.supplier, task.state, task.attempt) for task in found]

    def write(at: Transaction) -> None:
        for number in (0, 1):
            new = tasks.Round(S1, number, "learn", f"{number:02}" * 32, 10, 1, merged=False)
            tasks.open_round(at, new, ["south", "north"])
            assert tasks.find_round(at, S1, number) == new
            own_requests.keep_own_requests(
                at, S1, number, {"south": own_requests.RequestRef("ab" * 32, number)}
            )
        asked = {task.supplier: own_requests.request_of(at, task) for task in tasks.tasks_of_round(at, S1, 1)}
        assert asked["south"] == own_requests.RequestRef("ab" * 32, 1)
        assert asked["north"] == own_requests.RequestRef("01" * 32, 10)
        (_, south) = tasks.tasks_of_round(at, S1, 0)
        assert own_requests.request_of(at, south) == own_requests.RequestRef("00" * 32, 10)
        own_requests.keep_own_requests(at, S1, 2, {})
        assert own_requests.request_of(at, replace(south, round=2)) is None
        tasks.open_round(at, tasks.Round(S2, 0, "check", "77" * 32, 10, 1, merged=False), [])
        assert tasks.find_round(at, S1, 2) is None
        assert [found.number for found in tasks.rounds_of(at, S1)] == [0, 1]
        assert sorted(tasks.task_ids_of(at, S1)) == ["s1.r0.0", "s1.r0.1", "s1.r1.0", "s1.r1.1"]
        north, south = tasks.tasks_of_round(at, S1, 0)
        tasks.mark_sent(at, north.id)
        tasks.answer_task(at, north, "ee" * 32, 99)
        answered = tasks.find_task(at, north.id)
        assert answered is not None
        assert (answered.state, answered.reply_size, answered.sent) == (TaskState.ANSWERED, 99, True)
        assert bytes.fromhex("ee" * 32) in studies.needed_payloads(at)
        party = parties.find_party(at, S1, "north")
        assert party is not None
        assert party.rounds_answered == 1
        tasks.lose_reply(at, answered, "lost")
        tasks.decline_task(at, south.id, "no column")
        assert states(at, 0) == [("north", "declined", 1), ("south", "declined", 1)]
        tasks.reoffer_task(at, south.id)
        again = tasks.find_task(at, south.id)
        assert again is not None
        assert (again.state, again.reoffers, again.reason, again.attempt) == (TaskState.OPEN, 1, "", 2)
        tasks.reopen_tasks(at, S1, 0)
        assert states(at, 0) == [("north", "open", 2), ("south", "open", 2)]
        assert [task.id for task in tasks.open_tasks_of(at, "south")] == ["s1.r0.1", "s1.r1.1"]
        tasks.start_new_attempts(at, "south")
        assert states(at, 1) == [("north", "open", 1), ("south", "open", 2)]
        tasks.close_round(at, S1, 0)
        assert states(at, 0) == [("north", "closed", 2), ("south", "closed", 3)]
        assert [found.merged for found in tasks.rounds_of(at, S1)] == [True, False]
        tasks.close_tasks(at, S1)
        assert tasks.open_tasks_of(at, "north") == []
        assert {digest.hex() for digest in studies.needed_payloads(at)} == {"01" * 32, "77" * 32}

    with_studies.write_now(write)


def test_shipments_are_kept_until_they_are_deleted(with_studies: Store) -> None:
    def write(at: Transaction) -> None:
        kept = shipments.Shipment(S1, "south", TaskId("t"), "prepared", "aa" * 32, 7, 8)
        shipments.keep_shipment(at, kept)
        assert shipments.shipments_of(at, S1) == [kept]
        assert shipments.shipments_of(at, S2) == []
        assert shipments.undeleted_of_ended(at) == []
        study = studies.find_study(at, S1)
        assert study is not None
        studies.change_state(at, study, StudyState.CANCELLED, ended_us=9)
        assert shipments.undeleted_of_ended(at) == [kept]
        shipments.mark_deleted(at, kept, 10)
        assert shipments.undeleted_of_ended(at) == []
        assert studies.needed_payloads(at) == frozenset()

    with_studies.write_now(write)


def test_releases_their_drafts_decisions_and_grants(with_studies: Store) -> None:
    def write(at: Transaction) -> None:
        files = {"report.json": DIGEST, "synthetic.parquet": DIGEST}
        gate = drafts.GateOutcome(False, ("gap",), ("sees little",))
        for study_id, gated in ((S1, gate), (S2, None)):
            release = ReleaseId(f"r{study_id[1:]}")
            draft = drafts.ReleaseDraft(
                study_id, release, files, files, gated, 1, ("eva",), 4, int(study_id[1:])
            )
            drafts.add_draft(at, draft)
            assert drafts.find_draft(at, study_id) == drafts.draft_of_release(at, release) == draft
        assert releases.release_studies(at) == []
        released = releases.ReleaseRow(R1, S1, DIGEST, 5, 60)
        releases.add_release(at, released)
        assert releases.find_release(at, R1) == released
        assert releases.release_studies(at) == [(S1, R1)]
        study = studies.find_study(at, S2)
        assert study is not None
        studies.change_state(at, study, StudyState.CANCELLED, ended_us=9)
        assert releases.release_studies(at, ended=True) == [(S1, R1), (S2, "r2")]

        for verdict in (ReleaseVerdict.REFUSE, ReleaseVerdict.APPROVE):
            row = release_decisions.DecisionRow(S1, "eva", PeerRole.APPROVER, verdict, "so", b"k", b"s", 1)
            release_decisions.put_decision(at, row)
        assert release_decisions.decisions_about(at, S1) == [row]

        for until in (100, 200):
            for name in ("carol", "bob"):
                grants.put_grant(at, grants.Grant(R1, name, until, b"h" * 32))
        assert [(grant.researcher, grant.until_us) for grant in grants.grants_of(at, R1)] == [
            ("bob", 200),
            ("carol", 200),
        ]
        grants.drop_grant(at, grants.Grant(R1, "bob", 0, b""))
        assert grants.find_grant(at, R1, "bob") is None
        assert grants.find_grant(at, R1, "carol") == grants.Grant(R1, "carol", 200, b"h" * 32)

        assert releases.withdrawn_releases(at) == []
        releases.set_withdrawn(at, R1, "operator", "consent", 300)
        (withdrawn,) = releases.withdrawn_releases(at)
        assert (withdrawn.withdrawn_by, withdrawn.withdrawn_reason, withdrawn.withdrawn_us) == (
            "operator",
            "consent",
            300,
        )

    with_studies.write_now(write)
