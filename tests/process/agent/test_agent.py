"""A whole agent against a hub on loopback: decisions, rounds answered once, transfers that resume."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json

import pytest

from supplier_agent.consent.study_record import UNJUDGED
from supplier_agent.uplink import event_handlers
from supplier_agent.uplink.contact import CONNECTED, REFUSED, STOPPED, read_contact
from syncline.identity.keys import public_signing_key
from syncline.identity.signatures import Purpose, verify
from syncline.wire.membership import load_membership
from syncline.wire.messages import Decision, DeclineKind, Outcome, StudyEnded, StudyId, TaskId
from syncline.wire.refusals import AlreadyAttached
from tests.process.agent.fake_hub import FakeHub
from tests.process.agent.harness import automatic_policy, enrolled_home, heart_table, request, rows, running
from tests.unit.agent.small_study import POLICY, specification

pytestmark = pytest.mark.network
SPEC = specification()
MIB = 1 << 20


def play(tmp_path, scene, **settings):
    """Run ``scene(hub, home)`` against a fresh hub and an enrolled home."""

    async def run():
        hub = FakeHub(**settings)
        await hub.start()
        try:
            await scene(hub, await enrolled_home(hub, tmp_path / "agent"))
        finally:
            await hub.stop()

    asyncio.run(run())


async def approved(hub, home):
    """Let the policy approve the study of these tests."""
    home.policy.write_text(automatic_policy(SPEC))
    await hub.send(hub.proposal(SPEC))
    await hub.until(lambda: hub.decisions)


def reply_of(submitted):
    return json.loads(submitted.reply.inline.split(b"\n", 1)[0])


def audit_kinds(home):
    return [kind for (kind,) in rows(home, "SELECT kind FROM audit ORDER BY seq")]


def test_a_permitted_study_is_approved_with_a_valid_signature(tmp_path):
    async def scene(hub, home):
        async with running(home):
            await approved(hub, home)
        decision = hub.decisions[0]
        assert decision.decision is Decision.APPROVE
        key = public_signing_key(load_membership(home.identity, "").signing_key())
        verify(key, Purpose.STUDY_DECISION, decision.digest, decision.signature)
        assert audit_kinds(home) == ["study-proposed", "study-decided"]

    play(tmp_path, scene)


def test_the_policy_refuses_in_words(tmp_path):
    async def scene(hub, home):
        home.policy.write_text(POLICY.replace('["heart-*"]', '["lung-*"]'))
        async with running(home):
            await hub.send(hub.proposal(SPEC))
            await hub.until(lambda: hub.decisions)
        assert hub.decisions[0].decision is Decision.REFUSE
        assert hub.decisions[0].reason == "studies: no pattern matches the study 'heart-2026'"

    play(tmp_path, scene)


def test_a_manual_policy_waits_for_a_person(tmp_path):
    async def scene(hub, home):
        async with running(home):
            await hub.send(hub.proposal(SPEC))
            await wait_for(lambda: rows(home, "SELECT state FROM study") == [("waiting",)])
            await asyncio.sleep(0.1)
            assert not hub.decisions

    play(tmp_path, scene)


def test_a_forged_researcher_signature_is_refused(tmp_path):
    async def scene(hub, home):
        home.policy.write_text(automatic_policy(SPEC))
        proposal = hub.proposal(SPEC)
        forged = type(proposal)(
            proposal.study_id,
            SPEC,
            "rosa",
            public_signing_key(hub.signing_key),
            proposal.researcher_signature,
        )
        async with running(home):
            await hub.send(forged)
            await hub.until(lambda: hub.decisions)
        assert hub.decisions[0].decision is Decision.REFUSE
        assert "signature" in hub.decisions[0].reason

    play(tmp_path, scene)


def test_rounds_are_answered_with_memory_from_round_to_round(tmp_path):
    async def scene(hub, home):
        async with running(home):
            await approved(hub, home)
            for number in range(3):
                await hub.send(hub.task(SPEC, number, request(number)))
                await hub.until(lambda wanted=number: len(hub.submitted) > wanted)
        assert [reply_of(item)["total"] for item in hub.submitted] == [1, 3, 6]
        assert reply_of(hub.submitted[0])["source"] == str(heart_table(home.root))
        assert reply_of(hub.submitted[0])["min_cell"] == 11
        assert rows(home, "SELECT round FROM memory") == [(2,)]
        answered = rows(home, "SELECT fields FROM audit WHERE kind = 'round-answered' ORDER BY seq")
        digests = [json.loads(fields)["reply_sha256"] for (fields,) in answered]
        assert digests == [item.reply.sha256 for item in hub.submitted]

    play(tmp_path, scene)


def test_a_duplicate_offer_gets_the_same_bytes(tmp_path):
    async def scene(hub, home):
        async with running(home):
            await approved(hub, home)
            offer = hub.task(SPEC, 0, request(0))
            await hub.send(offer)
            await hub.until(lambda: hub.submitted)
            await hub.send(offer)
            await hub.send(hub.task(SPEC, 0, request(0), task_id=TaskId("task-x"), attempt=2))
            await hub.until(lambda: any(item.task_id == "task-x" for item in hub.submitted))
        assert len({item.reply.sha256 for item in hub.submitted}) == 1
        assert audit_kinds(home).count("round-answered") == 1
        assert hub.submitted[-1].attempt == 2

    play(tmp_path, scene)


def test_offers_that_arrive_together_are_computed_once(tmp_path):
    async def scene(hub, home):
        mark = tmp_path / "calls"
        async with running(home):
            await approved(hub, home)
            for attempt in (1, 2, 3):
                await hub.send(hub.task(SPEC, 0, request(0, mark=str(mark), sleep=0.3), attempt=attempt))
            await hub.until(lambda: hub.submitted and hub.submitted[-1].attempt == 3)
        assert mark.read_text().count("called") == 1
        assert len({item.reply.sha256 for item in hub.submitted}) == 1

    play(tmp_path, scene)


def test_a_changed_request_is_refused_and_audited(tmp_path):
    async def scene(hub, home):
        async with running(home):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, request(0)))
            await hub.until(lambda: hub.submitted)
            await hub.send(hub.task(SPEC, 0, request(7), attempt=2))
            await hub.until(lambda: hub.declined)
        assert hub.declined[0].kind is DeclineKind.PROTOCOL
        assert hub.declined[0].reason == "round 0 was asked with another request before"
        assert len(hub.submitted) == 1
        assert audit_kinds(home)[-1] == "task-refused"

    play(tmp_path, scene)


def test_a_round_behind_the_last_answered_one_is_refused(tmp_path):
    async def scene(hub, home):
        async with running(home):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 2, request(2)))
            await hub.until(lambda: hub.submitted)
            await hub.send(hub.task(SPEC, 1, request(1)))
            await hub.until(lambda: hub.declined)
        assert hub.declined[0].kind is DeclineKind.PROTOCOL

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("proposed", "changes"),
    [
        (False, {}),
        (True, {"specification_sha256": hashlib.sha256(b"another").hexdigest()}),
        (True, {"study_id": StudyId("study-2")}),
    ],
)
def test_a_task_without_approval_is_refused(tmp_path, proposed, changes):
    async def scene(hub, home):
        async with running(home):
            if proposed:
                await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, request(0), **changes))
            await hub.until(lambda: hub.declined)
        assert hub.declined[0].kind is DeclineKind.POLICY
        assert not hub.submitted
        assert rows(home, "SELECT count(*) FROM round") == [(0,)]

    play(tmp_path, scene)


def test_a_policy_that_became_stricter_stops_the_next_round(tmp_path):
    async def scene(hub, home):
        async with running(home):
            await approved(hub, home)
            home.policy.write_text(POLICY.replace("min_suppliers: 1", "min_suppliers: 5"))
            await hub.send(hub.task(SPEC, 0, request(0)))
            await hub.until(lambda: hub.declined)
        assert hub.declined[0].kind is DeclineKind.POLICY
        assert hub.declined[0].reason.startswith("min_suppliers: ")

    play(tmp_path, scene)


@pytest.mark.parametrize(("refuse", "kind"), [("policy", DeclineKind.POLICY), ("data", DeclineKind.DATA)])
def test_what_the_child_refuses_is_declined_with_its_sentence(tmp_path, refuse, kind):
    async def scene(hub, home):
        async with running(home):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, request(0, refuse=refuse)))
            await hub.until(lambda: hub.declined)
        assert hub.declined[0].kind is kind
        assert rows(home, "SELECT count(*) FROM memory") == [(0,)]

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("refuse", "sentence"),
    [
        ("data", "data set 'heart': it has no column 'age'; the supplier's own log says more"),
        (
            "unreadable",
            "data set 'heart': it cannot be read or does not fit the study; the supplier's own log says more",
        ),
    ],
)
def test_what_the_file_holds_and_where_it_lies_stays_in_the_suppliers_log(tmp_path, refuse, sentence):
    log = io.StringIO()

    async def scene(hub, home):
        async with running(home, log):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, request(0, refuse=refuse)))
            await hub.until(lambda: hub.declined)
        assert hub.declined[0].reason == sentence
        [(fields,)] = rows(home, "SELECT fields FROM audit WHERE kind = 'round-declined'")
        assert "MRN4711" not in fields
        assert "/data" not in fields
        [(detail,)] = rows(home, "SELECT decline_detail FROM round")
        assert "/data/heart.csv" in detail
        assert "MRN4711" in detail
        assert detail in log.getvalue()

    play(tmp_path, scene)


def test_a_slip_in_the_policy_file_decides_nothing_until_it_is_mended(tmp_path):
    log = io.StringIO()

    async def scene(hub, home):
        async with running(home, log):
            home.policy.write_text("syncline: 1\nsecret-key: MRN4711\n")
            await hub.send(hub.proposal(SPEC))
            known = "SELECT name, state, reason FROM study"
            await wait_for(lambda: rows(home, known) == [("heart-2026", "waiting", UNJUDGED)])
            await hub.send(hub.proposal(SPEC))
            await wait_for(lambda: f"{home.policy}: " in log.getvalue())
            assert not hub.decisions
            home.policy.write_text(automatic_policy(SPEC))
            await hub.until(lambda: hub.decisions)
        assert [decision.decision for decision in hub.decisions] == [Decision.APPROVE]
        assert rows(home, "SELECT state FROM study") == [("approved",)]
        assert audit_kinds(home) == ["study-proposed", "study-decided"]

    play(tmp_path, scene)


def test_a_proposal_that_waited_for_the_policy_is_judged_after_a_restart(tmp_path):
    async def scene(hub, home):
        home.policy.unlink()
        async with running(home):
            await hub.send(hub.proposal(SPEC))
            await wait_for(lambda: rows(home, "SELECT reason FROM study") == [(UNJUDGED,)])
        home.policy.write_text(POLICY.replace('["heart-*"]', '["lung-*"]'))
        async with running(home):
            await hub.send(hub.proposal(SPEC))
            await hub.until(lambda: hub.decisions)
        assert hub.decisions[0].reason == "studies: no pattern matches the study 'heart-2026'"

    play(tmp_path, scene)


def test_a_round_waits_while_the_policy_cannot_be_read(tmp_path):
    log = io.StringIO()

    async def scene(hub, home):
        async with running(home, log):
            await approved(hub, home)
            home.policy.write_text("syncline: 1\nflow: [summaries]\n")
            await hub.send(hub.task(SPEC, 0, request(0)))
            await wait_for(lambda: "policy cannot be read" in log.getvalue())
            assert rows(home, "SELECT state FROM round") == [("received",)]
            home.policy.write_text(automatic_policy(SPEC))
            await hub.until(lambda: hub.submitted)
        assert not hub.declined
        assert str(home.policy) in log.getvalue()

    play(tmp_path, scene)


def test_one_event_that_does_not_read_costs_no_other(tmp_path):
    log = io.StringIO()

    async def scene(hub, home):
        async with running(home, log):
            await hub.send(StudyEnded(StudyId("s1"), Outcome.FAILED, "x" * 1001))
            await approved(hub, home)
        assert len(hub.attachments) == 1
        assert "ended.reason" in log.getvalue()

    play(tmp_path, scene)


def test_a_killed_child_is_asked_again(tmp_path):
    async def scene(hub, home):
        mark = tmp_path / "calls"
        async with running(home):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, request(0, mark=str(mark), die_until=3)))
            await hub.until(lambda: hub.submitted)
        assert reply_of(hub.submitted[0])["total"] == 1
        assert mark.read_text().count("called") == 3

    play(tmp_path, scene)


def test_a_child_that_always_dies_is_declined_and_the_agent_lives(tmp_path):
    async def scene(hub, home):
        mark = tmp_path / "calls"
        async with running(home):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, request(0, mark=str(mark), die_until=99)))
            await hub.until(lambda: hub.declined)
            assert hub.declined[0].kind is DeclineKind.INTERNAL
            assert mark.read_text().count("called") == 3
            await hub.send(hub.task(SPEC, 1, request(1)))
            await hub.until(lambda: hub.submitted)

    play(tmp_path, scene)


def test_a_declined_task_is_tried_anew_at_the_next_attempt(tmp_path):
    async def scene(hub, home):
        async with running(home):
            await approved(hub, home)
            good = home.policy.read_text()
            home.policy.write_text(good.replace("[heart]", "[lung]"))
            await hub.send(hub.task(SPEC, 0, request(0)))
            await hub.until(lambda: hub.declined)
            home.policy.write_text(good)
            await hub.send(hub.task(SPEC, 0, request(0), attempt=2))
            await hub.until(lambda: hub.submitted)

    play(tmp_path, scene)


def test_a_hub_that_restarts_gets_what_it_did_not_confirm(tmp_path):
    async def scene(hub, home):
        async with running(home):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, request(0, sleep=0.5)))
            await wait_for(lambda: rows(home, "SELECT count(*) FROM round") == [(1,)])
            port = hub.port
            await hub.stop()
            await asyncio.sleep(1.0)
            await hub.start(port)
            await hub.until(lambda: hub.submitted)
        assert reply_of(hub.submitted[0])["total"] == 1

    play(tmp_path, scene)


def test_large_payloads_resume_in_both_directions(tmp_path):
    content = request(0, reply_bytes=5 * MIB) + b"\n" + bytes(range(256)) * 16 * 1024

    async def scene(hub, home):
        hub.cut_download_after, hub.cut_upload_after = 2, 3
        async with running(home):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, content))
            await hub.until(lambda: hub.submitted, 30)
        reply = hub.submitted[0].reply
        held = hub.chunks[reply.sha256]
        assert hashlib.sha256(b"".join(held[index] for index in sorted(held))).hexdigest() == reply.sha256
        assert reply.size > 5 * MIB
        assert hub.chunks_received == reply.chunks
        assert hub.chunks_sent <= -(-len(content) // MIB) + 1

    play(tmp_path, scene)


def test_a_hub_that_fails_just_now_is_asked_for_the_request_again(tmp_path, monkeypatch):
    monkeypatch.setattr(event_handlers, "FAULT_PAUSE_SECONDS", 0.1)
    content, log = request(0) + b"\n" + bytes(3 * MIB), io.StringIO()

    async def scene(hub, home):
        hub.fail_download_after = 1
        async with running(home, log):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, content))
            await hub.until(lambda: hub.submitted)
        assert "request not fetched yet" in log.getvalue()
        assert not hub.declined

    play(tmp_path, scene)


def test_the_end_of_a_study_deletes_its_memory_and_stops_its_child(tmp_path):
    async def scene(hub, home):
        async with running(home):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, request(0)))
            await hub.until(lambda: hub.submitted)
            await hub.send(hub.task(SPEC, 1, request(1, sleep=60)))
            await wait_for(lambda: rows(home, "SELECT count(*) FROM round") == [(2,)])
            await hub.send(StudyEnded(StudyId("study-1"), Outcome.CANCELLED, "enough"))
            await wait_for(lambda: rows(home, "SELECT state FROM study") == [("ended",)])
            await wait_for(lambda: rows(home, "SELECT count(*) FROM memory") == [(0,)])
            await hub.send(hub.task(SPEC, 2, request(2)))
            await hub.until(lambda: hub.declined)
        assert hub.declined[0].kind is DeclineKind.POLICY
        assert rows(home, "SELECT reason FROM study") == [("cancelled: enough",)]

    play(tmp_path, scene)


def test_unlike_versions_do_no_work(tmp_path):
    log = io.StringIO()

    async def scene(hub, home):
        async with running(home, log):
            await hub.send(hub.proposal(SPEC))
            await wait_for(lambda: (read_contact(home.contact) or 0) and _state(home) == REFUSED)
            assert "install one release" in read_contact(home.contact).message
        assert rows(home, "SELECT count(*) FROM study") == [(0,)]

    play(tmp_path, scene, algorithm_version=99)


def test_another_agent_with_this_identity_is_named_and_waited_for(tmp_path):
    async def scene(hub, home):
        hub.attach_error = AlreadyAttached("another agent is attached as cleveland: stop it")
        async with running(home):
            await wait_for(lambda: _state(home) == REFUSED)
            assert "another agent is attached" in read_contact(home.contact).message
            hub.attach_error = None
            await wait_for(lambda: _state(home) == CONNECTED)
        assert _state(home) == STOPPED

    play(tmp_path, scene)


def test_a_clock_that_is_off_is_told(tmp_path, monkeypatch):
    log = io.StringIO()

    async def scene(hub, home):
        monkeypatch.setattr("supplier_agent.uplink.attachment.CLOCK_SKEW_US", -1)
        async with running(home, log):
            await wait_for(lambda: _state(home) == CONNECTED)
        assert "clock differs from the hub's" in log.getvalue()

    play(tmp_path, scene)


def test_heartbeats_name_the_task_at_work(tmp_path):
    async def scene(hub, home):
        async with running(home):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, request(0, sleep=1.0)))
            await hub.until(lambda: any(beat.busy == ("task-0",) for beat in hub.beats))
            await hub.until(lambda: hub.submitted)
            await hub.until(lambda: hub.beats[-1].busy == ())

    play(tmp_path, scene)


def test_the_certificate_is_renewed_at_half_life_without_losing_work(tmp_path):
    async def scene(hub, home):
        before = load_membership(home.identity, "").certificate
        async with running(home):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, request(0)))
            await hub.until(lambda: hub.submitted)
            await hub.until(lambda: hub.renewals and len(hub.attachments) > 1)
        assert load_membership(home.identity, "").certificate.fingerprint != before.fingerprint
        assert len({attachment.instance for attachment in hub.attachments}) == 1

    # Leaves are backdated by 65 minutes: one that lives as long and 8 s more is at half-life in 4 s.
    play(tmp_path, scene, leaf_days=(65 * 60 + 8) / 86_400)


def test_logs_hold_events_and_no_content(tmp_path):
    log = io.StringIO()

    async def scene(hub, home):
        async with running(home, log):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, request(0)))
            await hub.until(lambda: hub.submitted)
            await wait_for(lambda: "reply sent" in log.getvalue())

    play(tmp_path, scene)
    events = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [event["event"] for event in events][:2] == ["agent started", "connected"]
    assert {"study proposed", "decision sent", "reply sent", "agent stopped"} <= {
        event["event"] for event in events
    }
    assert "nonce" not in log.getvalue()


def _state(home):
    contact = read_contact(home.contact)
    return contact.state if contact else None


async def wait_for(condition, seconds=60.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
