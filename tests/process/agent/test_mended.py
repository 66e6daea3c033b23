"""A round that was declined, and mended: a person says so once, and the agent asks for it again."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import sys

import pytest

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

from supplier_agent.cli import main
from supplier_agent.datasets.catalogue import Dataset, add_dataset, remove_dataset
from supplier_agent.tasks.journal import open_journal
from syncline.identity.keys import public_signing_key
from syncline.identity.signatures import Purpose, verify
from syncline.preparation.preparation_document import Preparation
from syncline.wire.membership import load_membership
from syncline.wire.messages import StudyHazards, StudyId
from tests.process.agent.harness import automatic_policy, heart_table, request, rows, running
from tests.process.agent.test_agent import SPEC, approved, audit_kinds, play, reply_of, wait_for

pytestmark = pytest.mark.network
UNTIL = {"refuse_until": 2}
"""The child refuses the first answer to such a request, and gives the second."""


async def retry(home, monkeypatch, *more: str) -> tuple[int, str]:
    """Run the command; return its status and what it said."""
    monkeypatch.setattr(sys, "argv", ["supplier-agent", "studies", "retry", *more, "--home", str(home.root)])
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            await asyncio.to_thread(main)
        except SystemExit as ended:
            return int(ended.code or 0), said.getvalue()
    raise AssertionError("the command did not end")


async def declined_once(hub, home, mark):
    await approved(hub, home)
    offer = hub.task(SPEC, 0, request(0, mark=str(mark), **UNTIL))
    await hub.send(offer)
    await hub.until(lambda: hub.declined)
    await wait_for(lambda: rows(home, "SELECT delivered FROM round") == [(1,)])


def test_a_person_s_word_has_the_round_offered_again_and_answered_once(tmp_path, monkeypatch):
    mark = tmp_path / "mark"

    async def scene(hub, home):
        async with running(home):
            await declined_once(hub, home, mark)
            assert (await retry(home, monkeypatch, "heart-2026"))[0] == 0
            await hub.until(lambda: hub.mended)
            assert [(one.task_id, one.attempt) for one in hub.mended] == [("task-0", 1)]
            await wait_for(lambda: rows(home, "SELECT asks_again FROM round") == [(0,)])
            again = hub.task(SPEC, 0, request(0, mark=str(mark), **UNTIL), attempt=2)
            await hub.send(again)
            await hub.until(lambda: hub.submitted)
        assert reply_of(hub.submitted[0])["total"] == 1
        assert len(hub.decisions) == 1  # the approval stands
        assert audit_kinds(home)[2:] == ["round-declined", "round-mended", "round-answered"]
        assert rows(home, "SELECT state, decline_reason, decline_detail FROM round") == [
            ("answered", None, None)
        ]

    play(tmp_path, scene)


def test_what_nobody_declined_and_data_that_does_not_fit_yet_are_not_tried_again(tmp_path, monkeypatch):
    mark = tmp_path / "mark"

    async def scene(hub, home):
        async with running(home):
            await approved(hub, home)
            code, said = await retry(home, monkeypatch, "heart-2026")
            assert (code, "no round of it was declined here" in said) == (2, True)
            await hub.send(hub.task(SPEC, 0, request(0, mark=str(mark), **UNTIL)))
            await hub.until(lambda: hub.declined)
            table = heart_table(home.root)
            table.write_text(table.read_text().replace("\n30,", "\n300,"))
            code, said = await retry(home, monkeypatch, "heart-2026")
            assert (code, "does not fit it yet: column 'age' has values outside" in said) == (1, True)
            home.policy.write_text(automatic_policy(SPEC).replace("[summaries]", "[raw]"))
            code, said = await retry(home, monkeypatch, "heart-2026")
            assert (code, "does not permit study heart-2026 now" in said) == (1, True)
        assert not hub.mended

    play(tmp_path, scene)


def test_a_mended_preparation_is_named_by_the_same_approval_signed_again(tmp_path, monkeypatch):
    steps = "syncline: 1\nsteps:\n  - {step: trim}\n"
    canonical = Preparation.from_yaml(steps).canonical()
    sha256 = hashlib.sha256(canonical).hexdigest()

    def prepared(home):
        def write(connection):
            remove_dataset(connection, "heart")
            dataset = Dataset("heart", str(heart_table(home.root)), None, sha256)
            add_dataset(connection, dataset, 1, canonical)

        return write

    async def scene(hub, home):
        async with running(home):
            await declined_once(hub, home, tmp_path / "mark")
            with open_journal(home) as journal:
                journal.write_now(prepared(home))
            assert (await retry(home, monkeypatch, "heart-2026"))[0] == 0
            await hub.until(lambda: hub.mended)
        first, again = hub.decisions
        assert (again.decision, again.commitment) == (first.decision, first.commitment)
        assert (first.participation.preparation_sha256, again.participation.preparation_sha256) == (
            None,
            sha256,
        )
        key = public_signing_key(load_membership(home.identity, "").signing_key())
        verify(key, Purpose.STUDY_DECISION, again.digest, again.signature)
        assert "approval-amended" in audit_kinds(home)

    play(tmp_path, scene)


def test_once_a_round_was_answered_the_preparation_stays_the_approved_one(tmp_path, monkeypatch):
    canonical = Preparation.from_yaml("syncline: 1\nsteps:\n  - {step: trim}\n").canonical()

    def prepared(connection):
        sha256 = hashlib.sha256(canonical).hexdigest()
        source = connection.execute("SELECT source FROM dataset").fetchone()[0]
        remove_dataset(connection, "heart")
        add_dataset(connection, Dataset("heart", source, None, sha256), 1, canonical)

    async def scene(hub, home):
        async with running(home):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, request(0)))
            await hub.until(lambda: hub.submitted)
            await hub.send(hub.task(SPEC, 1, request(1, refuse="data")))
            await hub.until(lambda: hub.declined)
            with open_journal(home) as journal:
                journal.write_now(prepared)
            code, said = await retry(home, monkeypatch, "heart-2026")
            assert (code, "add it as it was" in said) == (2, True)
        assert len(hub.decisions) == 1
        assert not hub.mended

    play(tmp_path, scene)


def test_hazards_that_the_hub_found_are_told_to_the_people_here(tmp_path, monkeypatch, capsys):
    words = ("column 'age' of supplier 'cleveland' holds one value in all rows",)

    async def scene(hub, home):
        async with running(home):
            await approved(hub, home)
            await hub.send(StudyHazards(StudyId("study-1"), words))
            await wait_for(lambda: json.loads(rows(home, "SELECT hazards FROM study")[0][0]) == list(words))
            line = ["supplier-agent", "studies", "show", "heart-2026", "--no-data", "--home", str(home.root)]
            monkeypatch.setattr(sys, "argv", line)
            with contextlib.suppress(SystemExit):
                await asyncio.to_thread(main)
        assert f"Beside others {words[0]}" in capsys.readouterr().out

    play(tmp_path, scene)


def test_a_study_that_is_not_known_here_has_no_hazards(tmp_path):
    async def scene(hub, home):
        async with running(home):
            await hub.send(StudyHazards(StudyId("none"), ("words",)))
            await approved(hub, home)
        assert rows(home, "SELECT hazards FROM study") == [("[]",)]

    play(tmp_path, scene)
