"""A policy narrows what a study asks for: said in words, signed, kept to, and never widened again."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

from supplier_agent.tasks.child import AgentChild
from supplier_agent.tasks.journal import MIGRATIONS
from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.durable.database import Database
from syncline.errors import PolicyRefusal
from syncline.identity.keys import public_signing_key
from syncline.identity.signatures import Purpose, verify
from syncline.preparation.preparation_document import Preparation
from syncline.protocols.asking import Request
from syncline.questions.row_count import RowCount
from syncline.study.flow import NARROWER, DataFlow
from syncline.study.participation import Participation
from syncline.study.policy import Policy
from syncline.wire.exchange import ReplyCodec
from syncline.wire.membership import load_membership
from syncline.wire.messages import Decision, DeclineKind
from tests.process.agent.harness import automatic_policy, request, rows, running
from tests.process.agent.test_agent import play, reply_of
from tests.process.agent.test_commands import command, home, propose
from tests.unit.agent import opened
from tests.unit.agent.small_study import POLICY, STUDY, specification

__all__ = ["command", "home"]  # fixtures
pytestmark = pytest.mark.network

ASKED_RAW = STUDY.replace("{name: cleveland}", "{name: cleveland, flow: raw}")
NARROW = "narrow: {raw: summaries}\n"
SPEC = specification(ASKED_RAW)


def narrowing() -> str:
    return automatic_policy(SPEC) + NARROW


async def approved(hub, home, policy):
    home.policy.write_text(policy)
    await hub.send(hub.proposal(SPEC))
    await hub.until(lambda: hub.decisions)
    return hub.decisions[0]


def test_the_approval_names_the_narrower_flow_under_its_signature(tmp_path):
    async def scene(hub, home):
        async with running(home):
            decision = await approved(hub, home, narrowing())
        assert decision.decision is Decision.APPROVE
        assert decision.participation == Participation(DataFlow.SUMMARIES, None)
        key = public_signing_key(load_membership(home.identity, "").signing_key())
        verify(key, Purpose.STUDY_DECISION, decision.digest, decision.signature)
        [(fields,)] = rows(home, "SELECT fields FROM audit WHERE kind = 'study-decided'")
        assert json.loads(fields)["flow"] == "summaries"

    play(tmp_path, scene)


def test_without_the_key_a_wider_flow_is_refused_by_name(tmp_path):
    async def scene(hub, home):
        async with running(home):
            decision = await approved(hub, home, automatic_policy(SPEC))
        assert decision.decision is Decision.REFUSE
        assert decision.reason == "flows: the flow 'raw' is not listed"
        assert decision.participation == Participation()

    play(tmp_path, scene)


@pytest.mark.parametrize("flow", [None, DataFlow.RAW, DataFlow.PREPARED])
def test_a_hub_that_asks_the_wider_flow_anyway_gets_nothing(tmp_path, flow):
    async def scene(hub, home):
        async with running(home):
            await approved(hub, home, narrowing())
            await hub.send(hub.task(SPEC, 0, request(0), flow=flow))
            await hub.until(lambda: hub.declined)
        assert hub.declined[0].kind is DeclineKind.POLICY
        assert "this supplier approved the one summaries" in hub.declined[0].reason
        assert not hub.submitted
        assert rows(home, "SELECT count(*) FROM round") == [(0,)]

    play(tmp_path, scene)


def test_rounds_are_answered_by_the_narrower_flow(tmp_path):
    async def scene(hub, home):
        async with running(home):
            await approved(hub, home, narrowing())
            await hub.send(hub.task(SPEC, 0, request(0), flow=DataFlow.SUMMARIES))
            await hub.until(lambda: hub.submitted)
        assert reply_of(hub.submitted[0])["flow"] == "summaries"

    play(tmp_path, scene)


def test_a_policy_that_opens_later_does_not_widen_what_was_approved(tmp_path):
    async def scene(hub, home):
        async with running(home):
            first = await approved(hub, home, narrowing())
            wide = automatic_policy(SPEC).replace("flows: [summaries]", "flows: [summaries, raw]")
            home.policy.write_text(wide)
            await hub.send(hub.proposal(SPEC))
            await hub.until(lambda: len(hub.decisions) > 1)
            assert hub.decisions[1] == first
            await hub.send(hub.task(SPEC, 0, request(0), flow=DataFlow.SUMMARIES))
            await hub.until(lambda: hub.submitted)
        assert reply_of(hub.submitted[0])["flow"] == "summaries"

    play(tmp_path, scene)


def test_a_decision_that_was_not_confirmed_is_sent_again_after_a_restart(tmp_path):
    async def scene(hub, home):
        async with running(home):
            first = await approved(hub, home, narrowing())
        home.policy.write_text(POLICY)
        async with running(home):
            await hub.send(hub.proposal(SPEC))
            await hub.until(lambda: len(hub.decisions) > 1)
        assert hub.decisions[1] == first

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("narrower", "why"),
    [
        (NARROW, "flows: the flow 'raw' was approved and 'summaries' is answered now"),
        ("", "flows: the flow 'raw' is not listed"),
    ],
)
def test_a_policy_that_narrows_after_the_approval_stops_the_next_round(tmp_path, narrower, why):
    async def scene(hub, home):
        async with running(home):
            wide = automatic_policy(SPEC).replace("flows: [summaries]", "flows: [summaries, raw]")
            assert (await approved(hub, home, wide)).participation == Participation()
            home.policy.write_text(automatic_policy(SPEC) + narrower)
            await hub.send(hub.task(SPEC, 0, request(0)))
            await hub.until(lambda: hub.declined)
        assert (hub.declined[0].kind, hub.declined[0].reason) == (DeclineKind.POLICY, why)

    play(tmp_path, scene)


def test_questions_are_judged_by_the_flow_that_is_answered(command, home, tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(ASKED_RAW)
    home.policy.write_text(POLICY.replace("rank_counts, ", "") + NARROW)
    code, out, _ = command("policy", "test", study, "--json", "--home", home.root)
    found = json.loads(out)
    assert code == 1
    assert [refusal.split("'")[1] for refusal in found["refusals"]] == ["rank_counts"]
    assert (found["flow_asked"], found["flow"]) == ("raw", None)


@pytest.mark.parametrize("key", ["max_order", "max_rounds", "max_cells"])
def test_a_limit_that_lets_no_question_through_refuses_the_study_at_once(command, home, tmp_path, key):
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    home.policy.write_text(re.sub(rf"{key}: \d+,?", "", POLICY))
    code, out, _ = command("policy", "test", study, "--json", "--home", home.root)
    assert code == 1
    assert [refusal.split(":")[0] for refusal in json.loads(out)["refusals"]] == [f"limits.{key}"]


def test_the_words_of_every_command_name_both_flows(command, home, tmp_path):
    words = "asked: raw; this agent answers: summaries"
    study = tmp_path / "study.yaml"
    study.write_text(ASKED_RAW)
    home.policy.write_text(POLICY + NARROW)
    for arguments in (("policy", "test", study), ("studies", "show", "heart-2026")):
        if "show" in arguments:
            propose(home, ASKED_RAW)
        code, out, _ = command(*arguments, "--home", home.root)
        assert code == 0
        assert words in out
        assert "additive summaries, never a row" in out
    assert "rank_counts: per numeric column" in out
    code, out, _ = command("studies", "approve", "heart-2026", "--home", home.root)
    assert out.index(words) < out.index("is approved")
    home.policy.write_text(POLICY)
    code, out, _ = command("studies", "show", "heart-2026", "--json", "--home", home.root)
    assert (json.loads(out)["flow_asked"], json.loads(out)["flow"]) == ("raw", "summaries")
    home.policy.write_text(POLICY + NARROW)
    assert "raw is answered by summaries" in command("policy", "show", "--home", home.root)[1]


def test_what_is_refused_is_shown_as_answered_by_nothing(command, home):
    propose(home, ASKED_RAW)
    code, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert code == 0
    assert "asked: raw; this agent answers: nothing" in out
    assert "EVERY ROW as it is" in out
    assert command("studies", "refuse", "heart-2026", "--home", home.root)[0] == 0
    home.policy.write_text(POLICY + NARROW)
    assert "answers: nothing" in command("studies", "show", "heart-2026", "--home", home.root)[1]


def test_a_person_is_told_that_the_digest_of_the_preparation_leaves(command, home, tmp_path):
    table, steps = tmp_path / "t.csv", tmp_path / "p.yaml"
    table.write_text("age,sex\n40,F\n")
    steps.write_text("syncline: 1\nsteps:\n  - {step: trim}\n")
    digest = Preparation.from_yaml(steps).digest
    command("datasets", "remove", "heart", "--home", home.root)
    assert command("datasets", "add", "heart", table, "--preparation", steps, "--home", home.root)[0] == 0
    propose(home)
    for arguments in (("show",), ("approve",), ("show",)):
        code, out, _ = command("studies", *arguments, "heart-2026", "--home", home.root)
        assert code == 0
        assert digest in out
    code, out, _ = command("studies", "show", "heart-2026", "--json", "--home", home.root)
    assert json.loads(out)["preparation_sha256"] == digest


def test_a_data_set_that_gets_another_preparation_after_the_approval_is_not_answered_from(
    command, tmp_path, monkeypatch
):
    table, steps = tmp_path / "t.csv", tmp_path / "p.yaml"
    table.write_text("age,sex\n40,F\n")
    steps.write_text("syncline: 1\nsteps:\n  - {step: trim}\n")
    digest = Preparation.from_yaml(steps).digest
    spec = specification()

    def add(home):
        command("datasets", "remove", "heart", "--home", home.root)
        assert command("datasets", "add", "heart", table, "--preparation", steps, "--home", home.root)[0] == 0

    async def scene(hub, home):
        await asyncio.to_thread(add, home)
        home.policy.write_text(automatic_policy(spec))
        async with running(home):
            await hub.send(hub.proposal(spec))
            await hub.until(lambda: hub.decisions)
            assert hub.decisions[0].participation == Participation(None, digest)
            steps.write_text("syncline: 1\nsteps: []\n")
            await asyncio.to_thread(add, home)
            await hub.send(hub.task(spec, 0, request(0)))
            await hub.until(lambda: hub.declined)
            steps.write_text("syncline: 1\nsteps:\n  - {step: trim}\n")
            await asyncio.to_thread(add, home)
            await hub.send(hub.task(spec, 0, request(0), attempt=2))
            await hub.until(lambda: hub.submitted)
        assert hub.declined[0].kind is DeclineKind.DATA
        assert "another preparation since this study was approved" in hub.declined[0].reason
        assert len(hub.declined) == 1

    play(tmp_path, scene)


def test_an_approval_of_an_earlier_version_is_not_held_to_a_preparation(tmp_path):
    path = tmp_path / "journal.sqlite"
    row = (
        "INSERT INTO study VALUES ('s', 'n', x'', '', '', x'', x'', 'approved', '', 'policy', x'00', 0,"
        " 1, 1, NULL, NULL)"
    )
    with Database(path, MIGRATIONS[:3]) as journal:
        journal.write_now(lambda connection: connection.execute(row))
    from supplier_agent.consent.study_record import ConsentState, known_study

    with Database(path, MIGRATIONS) as journal:
        known = journal.read_now(lambda connection: known_study(connection, "s"))
    assert (known.flow, known.preparation) == (None, None)
    assert known.state is ConsentState.WAITING, "a person is asked again, for it committed to no public key"


def ask(table, flow, asked):
    spec = specification(STUDY.replace("{name: cleveland}", f"{{name: cleveland, flow: {asked}}}"))
    policy = build(Policy, parse_document(POLICY, "policy"), "policy").to_document()
    header = {"op": "respond", "supplier": "cleveland", "source": str(table), "policy": policy, "flow": flow}
    return opened.ask(AgentChild(), header, spec, Request(0, (RowCount(),)))


@pytest.mark.parametrize("asked", list(DataFlow))
@pytest.mark.parametrize("flow", list(DataFlow))
def test_the_child_sends_nothing_wider_than_the_study_asks_for(tmp_path, flow, asked):
    table = tmp_path / "t.csv"
    table.write_text("age,sex\n" + "40,F\n50,M\n" * 30)
    if flow is not asked and flow not in NARROWER[asked]:
        with pytest.raises(PolicyRefusal, match="not within the one that the study asks for"):
            ask(table, flow, asked)
        return
    header, (reply, _) = ask(table, flow, asked)
    if flow is DataFlow.SUMMARIES:
        assert ReplyCodec().decode(reply).round == 1
    else:
        assert header["questions"][0]["kind"] == f"{flow}_rows"
