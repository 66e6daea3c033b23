"""An approver or supplier decides in haste: what cannot be taken back is shown first, and asked for."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import pty
import subprocess
import sys

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

import grpc
import pytest

from syncline.errors import UsageError
from syncline.identity.peer import PeerRole
from syncline.wire.messages import ReleaseId, StudyId
from syncline.wire.release_messages import ReleaseEntry, ReleaseState
from tests.house.repository import ROOT
from tests.process.agent.test_commands import POLICY, STUDY, command, home, propose  # noqa: F401  (fixtures)
from tests.process.hub.conftest import run, site  # noqa: F401  (fixtures)
from tests.process.hub.release_clients import ended, office, waiting
from tests.process.hub.test_enrolment import refused
from tests.process.hub.test_release_governance import ONE, call

pytestmark = [pytest.mark.network]

RAW = STUDY.replace("{name: cleveland}", "{name: cleveland, flow: raw}")


def at_a_terminal(answer: str, *arguments: object) -> tuple[int, str]:
    """Run a command at a terminal, type ``answer``, and return its status and its words."""
    ours, theirs = pty.openpty()
    line = [sys.executable, "-m", *map(str, arguments)]
    with subprocess.Popen(line, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        try:
            while b"[y/N]" not in said:
                said += os.read(ours, 4096)
            os.write(ours, answer.encode() + b"\n")
            while piece := os.read(ours, 4096):
                said += piece
        except OSError:  # the other side is closed
            pass
        finally:
            os.close(ours)
    return process.returncode, said.decode()


def test_the_operators_approval_needs_a_yes_a_digest_or_a_person(site, run, monkeypatch):  # noqa: F811
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            subject = (await at.entry()).subject
            approve = ("releases", "approve", subject.release_id)
            error = await call(site, *approve, status=2)
            assert "cannot be taken back; approve it? there is no terminal to answer at" in error
            error = await call(site, *approve, "--digest", "0" * 64, status=2)
            assert "has other digests; nothing was signed" in error
            line = ("trusted_party", *approve, "--home", site.home.root)
            status, said = await asyncio.to_thread(at_a_terminal, "n", *line)
            assert status == 2
            assert subject.report_sha256 in said
            assert "lets its synthetic rows out" in said
            assert "nothing was done" in said
            assert waiting(await site.status(at.ada, at.study_id))
            assert await at.audited("release_decided") == []
            await call(site, *approve, "--digest", subject.report_sha256)
            assert (await at.until(ended)).state == "released"

    run(work())


def test_without_the_question_one_line_lets_the_rows_out(site, run, monkeypatch):  # noqa: F811
    """The other half: the same command as above, where nobody is asked."""
    from trusted_party.cli.releases import approve

    monkeypatch.setattr("syncline.cli.confirmation.require_yes", lambda *_, **__: None)

    async def work():
        async with office(site) as at:
            await at.study(ONE)
            release_id = (await at.entry()).release_id
            await asyncio.to_thread(approve, release_id, home=site.home.root)
            assert (await at.until(ended)).state == "released"

    run(work())


def test_a_yes_typed_at_the_terminal_approves(site, run):  # noqa: F811
    async def work():
        async with office(site) as at:
            await at.study(ONE)
            release_id = (await at.entry()).release_id
            line = ("trusted_party", "releases", "approve", release_id, "--home", site.home.root)
            assert (await asyncio.to_thread(at_a_terminal, "y", *line))[0] == 0
            assert (await at.until(ended)).state == "released"

    run(work())


@pytest.mark.parametrize("defended", [True, False])
def test_an_approval_that_sends_rows_is_asked_for(command, home, monkeypatch, defended):  # noqa: F811
    home.policy.write_text(POLICY.replace("[summaries]", "[raw]").replace('["*"]', "[age, sex, years]"))
    (home.root.parent / "rows.csv").write_text("age,sex\n41,F\n")
    assert command("datasets", "remove", "heart", "--home", home.root)[0] == 0
    assert command("datasets", "add", "heart", home.root.parent / "rows.csv", "--home", home.root)[0] == 0
    propose(home, RAW)
    if not defended:
        monkeypatch.setattr("supplier_agent.cli.study_decision.require_yes", lambda *_, **__: None)
    code, out, error = command("studies", "approve", "heart-2026", "--home", home.root)
    if defended:
        assert code == 2
        assert "an approval sends rows to the hub (flow raw), which cannot be called back" in error
        assert "to approve: study heart-2026, digest" in out
        shown = json.loads(command("studies", "list", "--json", "--home", home.root)[1])
        assert shown[0]["state"] == "waiting"
        digest = shown[0]["specification_sha256"]
        code, _, _ = command("studies", "approve", "heart-2026", "--digest", digest, "--home", home.root)
    assert code == 0


def test_an_approval_of_summaries_is_not_asked_for(command, home):  # noqa: F811
    home.policy.write_text(POLICY)
    propose(home)
    assert command("studies", "approve", "heart-2026", "--home", home.root)[0] == 0


RELEASED = ReleaseEntry(ReleaseId("r1"), StudyId("s1"), "heart-2026", "ab" * 32, 1, 1, ReleaseState.RELEASED)


@pytest.mark.parametrize("defended", [True, False])
def test_a_refusal_after_the_release_says_that_it_withdraws(command, home, monkeypatch, defended):  # noqa: F811
    async def releases_of(*_, **__):
        return [RELEASED]

    taken = []

    def refuse_release(connection, seal, name, entry, reason, now_us):
        taken.append(entry.release_id)
        raise UsageError("that far")

    monkeypatch.setattr("supplier_agent.uplink.release_list.releases_of", releases_of)
    monkeypatch.setattr("supplier_agent.cli.releases.refuse_release", refuse_release)
    refuse = ("releases", "refuse", "r1", "--reason", "no", "--home", home.root)
    if not defended:
        monkeypatch.setattr("supplier_agent.cli.releases.require_yes", lambda *_, **__: None)
        assert "that far" in command(*refuse)[2]
        assert taken == ["r1"]
        return
    code, _, error = command(*refuse)
    assert code == 2
    assert "to refuse it WITHDRAWS it for everybody" in error
    assert taken == []
    assert "that far" in command(*refuse, "--yes")[2]


def test_an_approver_reads_the_specification_that_the_decision_signs(site, run):  # noqa: F811
    async def work():
        async with office(site) as at:
            await at.study("{gate: none, approvals: 1, approvers: [eva]}")
            subject = (await at.entry()).subject
            max_ = await site.member("max", PeerRole.APPROVER)
            files = await at.fetch(at.eva, subject.release_id, report_only=True)
            assert hashlib.sha256(files["specification.json"]).hexdigest() == subject.specification_sha256
            assert json.loads(files["specification.json"])["schema"]["variables"]
            await refused(at.fetch(max_, subject.release_id, report_only=True), grpc.StatusCode.NOT_FOUND)
            assert "specification.json" not in await at.fetch(at.north, subject.release_id, report_only=True)

    run(work())
