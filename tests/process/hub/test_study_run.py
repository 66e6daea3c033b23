"""A study from submission to release, with members that speak the wire and nothing else."""

from __future__ import annotations

import json

import pytest

from syncline.identity.key_pin import KeyPin
from syncline.identity.keys import public_signing_key
from syncline.identity.peer import PeerRole
from syncline.study.manifest import verify_release
from syncline.wire import research
from syncline.wire.gen.syncline.v1 import research_pb2
from syncline.wire.messages import Decision, Outcome
from syncline.wire.traffic import BYTES_STEP
from tests.process.hub.clients import FakeAgent, eventually, running
from tests.process.hub.fake_child import EXPECTED
from tests.unit.hub.small_study import specification
from trusted_party.datastore.audit_log import entries

pytestmark = pytest.mark.network


def test_a_study_runs_from_submission_to_a_verified_release(site, run, caplog):
    caplog.set_level("INFO", "trusted_party")

    async def work():
        async with site.running():
            north, south = await site.member("north"), await site.member("south")
            ada = await site.member("ada", PeerRole.RESEARCHER)
            agents = FakeAgent(north, site.port), FakeAgent(south, site.port)
            async with running(*agents):
                study_id = await site.submit(ada, specification("north", "south"))
                seen = []

                def has_ended(status):
                    seen.append((status.rounds_done, status.rounds_expected))
                    return status.ended_us > 0

                status = await site.until(ada, study_id, has_ended)
                assert (status.state, status.rounds_done) == ("released", 3)
                assert status.rounds_expected == 3, "what was expected ends as what was done"
                assert {expected for _, expected in seen[:-1]} <= {0, 3, EXPECTED}
                assert all(expected >= done for done, expected in seen if expected)
                assert status.bytes_received == BYTES_STEP
                logged = [getattr(record, "fields", {}) for record in caplog.records]
                sizes = {fields["bytes"] for fields in logged if "bytes" in fields and "round" in fields}
                assert sizes == {BYTES_STEP}, "the log of either side tells the size of a reply"
                assert {supplier.state for supplier in status.suppliers} == {"answered"}
                assert [supplier.rounds_answered for supplier in status.suppliers] == [3, 3]
                await eventually(lambda: all(agent.ended for agent in agents))
                assert all(len(agent.answered) == 3 for agent in agents)
                assert agents[0].ended[0].outcome is Outcome.RELEASED
            await eventually(
                lambda: kept_payloads(site) == 3
            )  # the model, its seed, and what the salt was drawn from
            check_release(site, status)
            await check_fetch(site, ada, status.release_id)

    run(work())


def kept_payloads(site):
    return sum(path.is_file() for path in site.home.payloads_path.rglob("*"))


def test_a_supplier_is_asked_what_is_for_it_alone(site, run, monkeypatch):
    """The audit names what one supplier was asked by itself, and how often."""
    monkeypatch.setenv("FAKE_CHILD_ASKS_ALONE", "north")
    seen = {"north": set(), "south": set()}

    def answers(name):
        def answer(task):
            seen[name].add(task.request.inline.partition(b"\n")[2])
            return b"1"

        return answer

    async def work():
        async with site.running():
            north, south = await site.member("north"), await site.member("south")
            ada = await site.member("ada", PeerRole.RESEARCHER)
            agents = [FakeAgent(one, site.port, answers(one.name)) for one in (north, south)]
            async with running(*agents):
                study_id = await site.submit(ada, specification("north", "south"))
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
                assert status.state == "released", status.reason

    run(work())
    assert seen == {"north": {b"", b"for north"}, "south": {b""}}
    with site.home.open_database() as database:
        audited = database.read_now(lambda at: [one for one in entries(at) if one.kind == "request_for_one"])
    assert [one.fields["supplier"] for one in audited] == ["north"] * len(audited)
    assert audited


def check_release(site, status):
    directory = site.home.releases_path / status.release_id
    key = public_signing_key(site.home.load_signing_key())
    assert verify_release(directory, KeyPin.of_key(key)).passed
    assert (directory / "synthetic.parquet").read_bytes() == b"12"
    manifest = json.loads((directory / "manifest.json").read_text())
    assert [entry["name"] for entry in manifest["roster"]] == ["north", "south"]
    assert [set(one) for one in manifest["rounds"]] == [{"number", "stage"}] * 3
    assert manifest["specification_sha256"] == status.specification_sha256
    assert len(manifest["seed_commitment"]) == 64


async def check_fetch(site, member, release_id):
    directory = site.home.releases_path / release_id
    async with member.research(site.port) as stub:
        files, name = {}, ""
        async for message in stub.FetchRelease(research_pb2.FetchReleaseRequest(release_id=release_id)):
            chunk = research.file_chunk_from_proto(message)
            name = chunk.name or name
            files[name] = files.get(name, b"") + chunk.data
    assert files == {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_refusal_ends_the_study_and_names_who_refused(site, run):
    async def work():
        async with site.running():
            north = await site.member("north")
            ada = await site.member("ada", PeerRole.RESEARCHER)
            async with running(FakeAgent(north, site.port, decision=Decision.REFUSE)):
                study_id = await site.submit(ada, specification("north"))
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
            assert status.state == "failed"
            assert "north refused the study: not our kind of study" in status.reason

    run(work())
