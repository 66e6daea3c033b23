"""Releases by the commands of all sides: an approver reads, signs and is verified; a supplier refuses."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest

from syncline.identity.peer import Role
from syncline.study import report_page
from tests.agent.test_real_hub import STUDY, agent_process, command, enrolled_agent, logged_in, run, site
from tests.hub.conftest import Site

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

    async def waits(self):
        """Submit a study; return its release once that waits for approvals."""
        (self.root / "study.yaml").write_text(WAITS.format(name="heart-1"))
        await self.researcher("studies", "submit", self.root / "study.yaml")
        await self.until("awaiting_release")
        (entry,) = json.loads(await self.approver("releases", "list", "--json"))
        assert entry["state"] == "waiting"
        return entry["release_id"]


@contextlib.asynccontextmanager
async def scene(site, root):
    async with site.running():
        ada = await logged_in(site, root)
        token = await asyncio.to_thread(site.invite, "eva", Role.APPROVER)
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
            refusal = await at.researcher("releases", "approve", "heart-1", status=1)
            assert "it is not released yet" in refusal or "may not make this call" in refusal
            read = tmp_path / "read"
            shown = await at.approver("releases", "fetch", "heart-1", "--out", read, "--report-only")
            assert "the one that a decision signs" in shown
            assert sorted(path.name for path in read.iterdir()) == ["report.html", "report.json"]
            assert "give --report-only" in await at.approver(
                "releases", "fetch", "heart-1", "--out", tmp_path / "y", status=1
            )
            other = tmp_path / "report.json"
            other.write_text("{}")
            error = await at.approver("releases", "approve", release_id, "--report", other, status=2)
            assert "this is not the report of the draft that waits now" in error
            error = await at.approver("releases", "approve", release_id, "--report", read)
            assert "signed, and taken" in error
            waited = await at.researcher("studies", "wait", "heart-1", "--json")
            assert json.loads(waited)["state"] == "released"
            await at.researcher("releases", "fetch", "heart-1", "--out", tmp_path / "out")
            verified = await at.researcher("verify", tmp_path / "out")
            assert "signed by eva: approve" in verified
            found = json.loads(await at.researcher("verify", tmp_path / "out", "--json"))
            assert found["approvals"] == [{"approver": "eva", "decision": "approve"}]
            again = await at.approver("releases", "approve", release_id)
            assert "signed, and taken" in again
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


def test_an_approver_refuses_with_a_reason(site, tmp_path):
    async def work():
        async with scene(site, tmp_path) as at:
            async with agent_process(at.north, at.log):
                release_id = await at.waits()
            error = await at.approver("releases", "refuse", release_id, status=2)
            assert "say why with --reason" in error
            await at.approver("releases", "refuse", release_id, "--reason", "too close", "--json")
            assert (await at.until("failed"))["reason"] == "refused by eva: too close"

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
            assert "there is no release 'lung' with this supplier's data" in error
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
                await at.approver("releases", "approve", release_id)
                await at.until("released")
                await at.supplier("releases", "refuse", release_id, "--reason", "consent withdrawn")
                async with asyncio.timeout(10):
                    while "withdrawn" not in await at.researcher("releases", "list"):  # noqa: ASYNC110
                        await asyncio.sleep(0.1)
            error = await at.researcher("releases", "fetch", "heart-1", "--out", tmp_path / "x", status=1)
            assert "it was withdrawn (refused by north: consent withdrawn)" in error

    run(work())
