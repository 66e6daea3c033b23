"""Releases by the commands of all sides: an approver reads, signs and is verified; a supplier refuses."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json

import pytest

from syncline.identity.peer import PeerRole
from syncline.study import report_page
from tests.process.agent.test_real_hub import (
    STUDY,
    agent_process,
    command,
    enrolled_agent,
    logged_in,
    run,
    site,
)
from tests.process.hub.conftest import Site
from tests.process.hub.test_commands import command as hub_command
from trusted_party.datastore import audit_log

__all__ = ["site"]

pytestmark = pytest.mark.network

WAITS = STUDY.replace("{{name: north}}, {{name: south}}", "{{name: north}}").replace(
    "release: {{gate: none, approvals: 0}}", "release: {{gate: none, approvals: 1}}"
)
WAITS = WAITS.replace("min_suppliers: 2", "min_suppliers: 1")


class Scene:
    """A running hub, a researcher's and an approver's home, and a supplier with an agent."""

    def __init__(self, site: Site, root, ada, eva, north) -> None:
        self.site, self.root, self.ada, self.eva, self.north = site, root, ada, eva, north
        self.log = root / "north.log"

    async def researcher(self, *arguments, status=0):
        return await command("syncline.cli", *arguments, "--home", self.ada, status=status)

    async def approver(self, *arguments, status=0):
        return await command("syncline.cli", *arguments, "--home", self.eva, status=status)

    async def supplier(self, *arguments, status=0):
        return await command("supplier_agent", *arguments, "--home", self.north, status=status)

    async def until(self, *states):
        async with asyncio.timeout(20):
            while True:
                shown = json.loads(await self.researcher("studies", "list", "--json"))
                if shown and shown[0]["ended_us"]:
                    assert shown[0]["state"] in states, shown[0]["reason"]
                if shown and shown[0]["state"] in states:
                    return shown[0]
                await asyncio.sleep(0.1)

    async def audited(self, name):
        """Return the kind and fields of what the hub's audit holds of a person's dealings with releases."""

        def read():
            with self.site.home.open_database() as database:
                return database.read_now(lambda transaction: list(audit_log.entries(transaction)))

        found = await asyncio.to_thread(read)
        mine = [entry for entry in found if entry.fields.get("by") == name]
        return [{"kind": one.kind, **one.fields} for one in mine if one.kind.startswith("release_")]

    async def waits(self, study=WAITS):
        """Submit a study; return its release once that waits for approvals."""
        with (self.north / "policy.yaml").open("a") as file:
            file.write("validation: true\n")
        (self.root / "study.yaml").write_text(study.format(name="heart-1"))
        await self.researcher("studies", "submit", self.root / "study.yaml")
        await self.until("awaiting_release")
        (entry,) = json.loads(await self.approver("releases", "list", "--json"))
        assert entry["state"] == "waiting"
        return entry["release_id"]


@contextlib.asynccontextmanager
async def scene(site, root):
    async with site.running():
        ada = await logged_in(site, root)
        token = await asyncio.to_thread(site.invite, "eva", PeerRole.APPROVER)
        hub = ["--hub", f"localhost:{site.port}", "--enrolment", f"localhost:{site.enrol_port}"]
        said = await command("syncline.cli", "login", token, *hub, "--home", root / "eva")
        assert "You are approver eva" in said
        yield Scene(site, root, ada, root / "eva", await enrolled_agent(site, root, "north"))


def test_an_approver_reads_the_report_and_signs_it(site, tmp_path):
    async def work():
        async with scene(site, tmp_path) as at:
            async with agent_process(at.north, at.log):
                release_id = await at.waits()
            listed = await at.researcher("studies", "list")
            assert f"syncline releases approve {release_id}" in listed
            assert f"syncline releases approve {release_id}" in await at.researcher("releases", "list")
            shown = await at.researcher("releases", "fetch", "heart-1", "--out", tmp_path / "x", status=1)
            assert "it is not released yet" in shown
            assert not (tmp_path / "x").exists()
            refusal = await at.researcher("releases", "approve", "heart-1", "--yes", status=1)
            assert "you are researcher ada, and only approvers approve releases" in refusal
            assert "to approve" not in refusal
            assert "syncline releases" not in refusal
            waited = await at.researcher("studies", "wait", "heart-1")
            assert f"study heart-1 waits for people: release {release_id} waits for 1 more approval" in waited
            read = tmp_path / "read"
            shown = await at.approver("releases", "fetch", "heart-1", "--out", read, "--report-only")
            assert "the one that a decision signs" in shown
            assert sorted(path.name for path in read.iterdir()) == [
                "report.html",
                "report.json",
                "specification.json",
            ]
            assert "give --report-only" in await at.approver(
                "releases", "fetch", "heart-1", "--out", tmp_path / "y", status=1
            )
            other = tmp_path / "report.json"
            other.write_text("{}")
            error = await at.approver("releases", "approve", release_id, "--report", other, status=2)
            assert "this is not the report of the draft that waits now" in error
            error = await at.approver("releases", "approve", release_id, "--report", read)
            assert "signed, and taken" in error
            waited = await at.researcher("studies", "wait", "heart-1", "--until", "released", "--json")
            assert json.loads(waited)["state"] == "released"
            fetched = await at.researcher("releases", "fetch", "heart-1", "--out", tmp_path / "out")
            verified = await at.researcher("verify", tmp_path / "out")
            assert "2 files that manifest.json names, which manifest.sig signs" in fetched
            assert "2 files that manifest.json names, which manifest.sig signs" in verified
            assert "signed by eva: approve" in verified
            assert "FAILED" not in verified
            found = json.loads(await at.researcher("verify", tmp_path / "out", "--json"))
            assert found["approvals"] == [{"approver": "eva", "decision": "approve", "reason": ""}]
            assert found["gate_passed"] is None
            again = await at.approver("releases", "approve", release_id, "--yes")
            assert f"you have approved release {release_id} already; nothing new was signed" in again
            assert "it is released" in again
            assert "signed, and taken" not in again
            audited = [(one["kind"], one.get("report_only")) for one in await at.audited("eva")]
            assert (
                audited
                == [
                    ("release_fetched", True),
                    ("release_looked_up", True),  # with the report of another
                    ("release_looked_up", True),
                    ("release_decided", None),
                    ("release_looked_up", True),  # for the refusal that came too late
                ][: len(audited)]
            )
            late = await at.approver("releases", "refuse", release_id, "--reason", "no", status=1)
            assert "it is released already" in late

    run(work())


LIE = "<!doctype html><p>The disclosure gate passes.</p>"


def test_a_page_that_no_decision_signs_is_neither_shown_nor_signed(site, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_CHILD_PAGE", LIE)

    async def work():
        async with scene(site, tmp_path) as at:
            async with agent_process(at.north, at.log):
                release_id = await at.waits()
            read = tmp_path / "read"
            await at.approver("releases", "fetch", "heart-1", "--out", read, "--report-only")
            page, report = read / "report.html", read / "report.json"
            assert page.read_text() == report_page.page_of(report.read_text())
            good = page.read_text()
            for named in (read, report):
                page.write_text(good.replace("cart", "marginals"))
                error = await at.approver("releases", "approve", release_id, "--report", named, status=2)
                assert f"{page} is not the page of the report.json beside it" in error
                assert "fetch the report again" in error
            page.write_text(good)
            await at.approver("releases", "approve", release_id, "--report", read)
            await at.until("released")
            fetched = await at.researcher("releases", "fetch", "heart-1", "--out", tmp_path / "out")
            assert "report.html is not the page that this version makes" in fetched
            assert (tmp_path / "out" / "report.html").read_text() == LIE
            verified = await at.researcher("verify", tmp_path / "out")
            assert "report.html is not the page that this version makes" in verified

    run(work())


GATED = WAITS.replace("release: {{gate: none, approvals: 1}}", "release: {{approvals: 2}}").replace(
    "validation: none", "validation: {{holdout: 0.2}}"
)


def test_an_overridden_gate_is_told_wherever_the_release_is(site, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_CHILD_GATE", "failed")
    why = ("--override", "--reason", "public data")

    async def work():
        async with scene(site, tmp_path) as at:
            async with agent_process(at.north, at.log):
                release_id = await at.waits(GATED)
            signed = await at.approver("releases", "approve", "heart-1", *why, "--yes")
            assert "disclosure gate: FAILED\n    xgap: 50 persons" in signed
            assert "\n    A leak of fewer than 18 of these 669 people (2.69%) would not be seen." in signed
            again = await at.approver("releases", "approve", "heart-1", *why, "--yes")
            assert f"you have approved, by override, release {release_id} already" in again
            assert "waits for 1 more override (eva gave one)" in again
            await by_operator(site, "releases", "approve", "heart-1", *why, "--yes")
            await at.until("released")
            told = "released by override of eva, operator"
            assert f"state      {told}" in await at.researcher("studies", "show", "heart-1")
            assert told in await at.researcher("releases", "list")
            await at.researcher("releases", "fetch", "heart-1", "--out", tmp_path / "out")
            verified = await at.researcher("verify", tmp_path / "out")
            assert "the disclosure gate FAILED, and people overrode it:\n  xgap: 50" in verified
            assert "signed by eva: override (public data)" in verified
            found = json.loads(await at.researcher("verify", tmp_path / "out", "--json"))
            assert (found["gate_passed"], len(found["gate_failures"])) == (False, 1)

    run(work())


async def by_operator(site, *arguments):
    done = await asyncio.to_thread(hub_command, *arguments, home=site.home.root)
    assert done.returncode == 0, done.stderr


def test_a_hub_whose_word_on_the_gate_is_not_its_reports_gets_no_signature(site, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_CHILD_GATE", "passed")
    monkeypatch.setenv("FAKE_CHILD_REPORTED_GATE", "failed")

    async def work():
        async with scene(site, tmp_path) as at:
            async with agent_process(at.north, at.log):
                release_id = await at.waits(GATED)
            error = await at.approver("releases", "approve", release_id, "--yes", status=1)
            assert (
                "the hub says that the disclosure gate passed, and its report says that it did not" in error
            )
            assert (await at.until("awaiting_release"))["state"] == "awaiting_release"
            await at.approver("releases", "refuse", release_id, "--reason", "the hub is not to be trusted")

    run(work())


def test_an_approver_refuses_with_a_reason(site, tmp_path):
    async def work():
        async with scene(site, tmp_path) as at:
            async with agent_process(at.north, at.log):
                release_id = await at.waits()
            error = await at.approver("releases", "refuse", release_id, status=2)
            assert "say why with --reason" in error
            await at.approver("releases", "refuse", release_id, "--reason", "too close", "--json")
            assert (await at.until("failed"))["reason"] == "refused by eva: too close"
            for name in ("heart-1", release_id):
                error = await at.approver("releases", "approve", name, "--yes", status=1)
                assert f"release {release_id} never came out: refused by eva: too close" in error
            for what in (
                ("report", "heart-1", "--out", tmp_path / "x"),
                ("refuse", release_id, "--reason", "no"),
            ):
                error = await at.supplier("releases", *what, status=1)
                assert f"release {release_id} never came out: refused by eva: too close" in error
            assert not (tmp_path / "x").exists()
            assert "failed: refused by eva: too close" in await at.researcher("studies", "show", "heart-1")
            error = await at.researcher("studies", "wait", "heart-1", status=1)
            assert "is failed: refused by eva: too close" in error

    run(work())


def test_a_supplier_reads_the_report_before_it_refuses(site, tmp_path):
    async def work():
        async with scene(site, tmp_path) as at:
            async with agent_process(at.north, at.log):
                release_id = await at.waits()
                assert f"{release_id} gate: NONE was run" in await at.supplier("releases", "list")
                out = tmp_path / "read"
                fetch = ("releases", "report", "heart-1", "--out", out)
                said = json.loads(await at.supplier(*fetch, "--json"))
                assert (said["files"], said["gate_passed"]) == (["report.html", "report.json"], None)
                digest = hashlib.sha256((out / "report.json").read_bytes()).hexdigest()
                assert digest == said["report_sha256"]
                assert "exists already" in await at.supplier(*fetch, status=2)
            south = await enrolled_agent(at.site, tmp_path, "south")
            other = ("releases", "report", release_id, "--out", tmp_path / "x", "--home", south)
            assert "you have no release" in await command("supplier_agent", *other, status=2)
            assert not (tmp_path / "x").exists()

    run(work())


@pytest.mark.parametrize("killed_at", ["refusal:before-send#1", "refusal:after-send#1"])
def test_a_suppliers_refusal_survives_kills_and_is_delivered(site, tmp_path, killed_at):
    async def work():
        async with scene(site, tmp_path) as at:
            async with agent_process(at.north, at.log):
                release_id = await at.waits()
                (listed,) = json.loads(await at.supplier("releases", "list", "--json"))
                assert (listed["release_id"], listed["refused"]) == (release_id, False)
                assert "syncline releases approve" in await at.supplier("releases", "list")
            assert "say why with --reason" in await at.supplier("releases", "refuse", "heart-1", status=2)
            error = await at.supplier("releases", "refuse", "lung", "--reason", "x", status=2)
            assert "you have no release 'lung': take the id from 'supplier-agent releases list'" in error
            refuse = ("releases", "refuse", "heart-1", "--reason", "not with our data", "--json")
            for _ in range(2):
                said = json.loads(await at.supplier(*refuse))
                assert (said["refused"], said["refusal_delivered"]) == (True, False)
                refuse = ("releases", "refuse", release_id, "--reason", "another reason", "--json")
            await at.until("awaiting_release")
            async with agent_process(at.north, at.log, SYNCLINE_CRASH_AT=killed_at) as process:
                assert await asyncio.wait_for(process.wait(), 20) == -9
            async with agent_process(at.north, at.log):
                assert (await at.until("failed"))["reason"] == "refused by north: not with our data"
                async with asyncio.timeout(10):
                    while not json.loads(await at.supplier(*refuse))["refusal_delivered"]:  # noqa: ASYNC110
                        await asyncio.sleep(0.1)
            said = json.loads(await at.supplier(*refuse))
            assert (said["refusal_reason"], said["refusal_outcome"]) == ("not with our data", "")
            assert "unbroken" in await at.supplier("audit", "verify")
            assert json.loads(await at.supplier("releases", "list", "--json")) == []

    run(work())


def test_a_supplier_withdraws_a_release_and_the_researcher_is_told_why(site, tmp_path):
    async def work():
        async with scene(site, tmp_path) as at:
            async with agent_process(at.north, at.log):
                release_id = await at.waits()
                await at.approver("releases", "approve", release_id, "--yes")
                await at.until("released")
                await at.researcher("releases", "fetch", "heart-1", "--out", tmp_path / "out")
                assert "note: " not in await at.researcher("verify", tmp_path / "out")
                await at.supplier("releases", "refuse", release_id, "--reason", "consent withdrawn", "--yes")
                async with asyncio.timeout(10):
                    while "withdrawn" not in await at.researcher("releases", "list"):  # noqa: ASYNC110
                        await asyncio.sleep(0.1)
            error = await at.researcher("releases", "fetch", "heart-1", "--out", tmp_path / "x", status=1)
            assert "it was withdrawn (refused by north: consent withdrawn)" in error
            error = await at.researcher("verify", tmp_path / "out", status=1)
            assert (
                f"release {release_id}: withdrawn: refused by north: consent withdrawn; do not use it"
                in error
            )
            for taken in (("--accept", "withdrawn"), ("--offline",)):
                assert "verified: " in await at.researcher("verify", tmp_path / "out", *taken)
            shown = await at.researcher("studies", "show", "heart-1")
            assert "state      withdrawn: refused by north: consent withdrawn" in shown
            error = await at.approver("releases", "approve", release_id, "--yes", status=2)
            assert "it was withdrawn (refused by north: consent withdrawn), and stays so" in error
        verified = await at.researcher("verify", tmp_path / "out")  # the hub is down
        assert "the hub does not answer (connection refused)" in verified

    run(work())
