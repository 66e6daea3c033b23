"""What others hear where something was not foreseen: a reference, and nothing of what it was or met."""

from __future__ import annotations

import re

import pytest

from syncline.identity.peer import PeerRole
from tests.process.hub.clients import FakeAgent, eventually, running
from tests.process.hub.fake_child import DEFECTS, SECRET
from tests.unit.hub.small_study import specification
from trusted_party.datastore.audit_log import entries
from trusted_party.release.publication import Publisher
from trusted_party.rounds import driver, roster
from trusted_party.rounds.driver import StudyDriver
from trusted_party.rounds.roster import Wait
from trusted_party.rounds.view import View

pytestmark = pytest.mark.network

INTERNAL = re.compile("internal error [0-9a-f]{8}: the operator of that machine finds it in its log")
COMPARED = "{gate: default, approvals: 0}"
TOLD = "a step could not be made; the study's researcher is told why"


async def end_of(site, answer=None, release="{gate: none, approvals: 0}", state="", settled=lambda: None):
    """Return how a study of two suppliers ends, and what the other one is told.

    ``settled`` is called once both are in a ``state``, or the study is over.
    """
    async with site.running(lease_seconds=30.0):  # nobody is to be lost on a busy machine
        ada = await site.member("ada", PeerRole.RESEARCHER)
        north, south = [FakeAgent(await site.member(name), site.port) for name in ("north", "south")]
        if answer is not None:
            south.answer = answer
        async with running(north, south):
            study_id = await site.submit(ada, specification("north", "south", release=release))
            await site.until(ada, study_id, lambda status: _reached(status, state))
            settled()
            status = await site.until(ada, study_id, lambda status: status.ended_us > 0, 30)
            await eventually(lambda: bool(north.ended))
        return status, north.ended[0].reason


def _reached(status, state):
    return status.ended_us > 0 or not state or {one.state for one in status.suppliers} == {state}


def require_fixed(status, told, caplog):
    assert status.state == "failed"
    assert INTERNAL.fullmatch(status.reason), status.reason
    assert told == TOLD
    reference = status.reason.split()[2].rstrip(":")
    assert [r for r in caplog.records if getattr(r, "fields", {}).get("reference") == reference]
    assert "MRN4711" not in caplog.text + repr([getattr(r, "fields", {}) for r in caplog.records])


@pytest.mark.parametrize("operation", ["start", "open", "step", "draw", "compare", "release"])
@pytest.mark.parametrize("kind", ["TypeError", "UnicodeDecodeError"])
def test_a_defect_in_any_operation_of_the_child(site, run, monkeypatch, caplog, operation, kind):
    monkeypatch.setenv("FAKE_CHILD_DEFECT", operation)
    monkeypatch.setenv("FAKE_CHILD_RAISES", kind)

    async def work():
        compared = operation in ("draw", "compare")
        status, told = await end_of(site, release=COMPARED if compared else "{gate: none, approvals: 0}")
        require_fixed(status, told, caplog)

    run(work())


@pytest.mark.parametrize("kind", sorted(DEFECTS))
def test_a_defect_of_any_kind(site, run, monkeypatch, caplog, kind):
    monkeypatch.setenv("FAKE_CHILD_DEFECT", "step")
    monkeypatch.setenv("FAKE_CHILD_RAISES", kind)

    async def work():
        require_fixed(*await end_of(site), caplog)

    run(work())


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (StudyDriver, "_start"),
        (StudyDriver, "_step"),
        (StudyDriver, "_commit"),
        (StudyDriver, "_store"),
        (View, "kept"),
        (View, "arrived"),
        (StudyDriver, "_forget"),
        (driver, "require_load"),
        (driver, "flows_of"),
        (driver, "commit_step"),
        (roster, "judge_answers"),
        (roster, "judge_approvals"),
        (Publisher, "_draft"),
        (Publisher, "_publish"),
    ],
)
def test_a_defect_of_the_daemon_itself(site, run, monkeypatch, caplog, owner, name):
    heard, states = [], {"judge_approvals": "approved", "judge_answers": "answered"}

    def broken(*_, **__):
        if name in states and not heard:
            return Wait()  # or the study would be over while suppliers still speak
        raise LookupError(SECRET)

    monkeypatch.setattr(owner, name, broken)

    async def work():
        require_fixed(
            *await end_of(site, state=states.get(name, ""), settled=lambda: heard.append(True)), caplog
        )

    run(work())


def test_who_contradicts_itself_is_named_to_all_and_why_to_the_researcher(site, run):
    sentence = "supplier 'south' contradicted itself in round 1 (tree_level): a test said so"

    async def work():
        status, told = await end_of(site, lambda task: b"lie" if task.round == 1 else b"1")
        assert (status.state, status.reason) == ("failed", sentence)
        assert told == "the answers of supplier 'south' cannot be used"

    run(work())
    with site.home.open_database() as database:
        audited = database.read_now(lambda connection: list(entries(connection)))
    assert [entry.fields["reason"] for entry in audited if entry.kind == "study_ended"] == [sentence]
