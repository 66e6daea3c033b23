"""Does my data fit this study: what a supplier reads before approving, and the word it takes otherwise."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from pathlib import Path

import pytest

from supplier_agent.datasets.catalogue import Dataset, add_dataset, remove_dataset
from supplier_agent.home import AgentHome
from supplier_agent.tasks.child_pool import ChildPool
from supplier_agent.tasks.journal import open_journal
from syncline.cli import terminal
from syncline.preparation.preparation_document import Preparation
from syncline.wire.messages import Decision
from tests.process.agent.harness import automatic_policy, heart_table, rows, running
from tests.process.agent.test_agent import SPEC, approved, play, wait_for
from tests.process.agent.test_commands import command, home, propose
from tests.unit.agent.small_study import STUDY, specification

__all__ = ["command", "home"]

BAD = {3: "130,F", 7: "old,F", 8: "200,Z", 11: "41,Z"}
"""Lines of the table that do not fit, by their rows from 1."""


@pytest.fixture
def unfit(home: AgentHome) -> Path:
    table = heart_table(home.root)
    lines = table.read_text().splitlines()
    for row, line in BAD.items():
        lines[row] = line
    table.write_text("\n".join(lines) + "\n")
    return table


def test_data_that_fits_is_said_with_its_folds(command, home):
    propose(home, STUDY.replace("validation: none", "validation: {holdout: 0.25}"))
    _, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert "Data here     fits the study" in out
    assert "400 people" in out
    assert "Folds here    about 300 used and 100 held out (0.25)" in out
    assert "MISFIT" not in out
    _, out, _ = command("studies", "show", "heart-2026", "--no-data", "--home", home.root)
    assert "Data here" not in out


def test_where_the_rule_decides_both_shares_are_told(command, home):
    propose(home, STUDY.replace("validation: none", "validation: {}"))
    _, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert "about 200 used and 200 held out (0.5), if all suppliers together have fewer than 5,000" in out
    assert "about 320 used and 80 held out (0.2)" in out


def test_all_misfits_are_told_at_once_with_counts_and_rows_and_nothing_of_it_leaves(command, home, unfit):
    propose(home)
    _, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert "DOES NOT FIT" in out
    assert "column 'age' has values outside of the schema's range, 2 of 400 (see rows 3, 8): widen" in out
    assert "column 'age' has cells that hold no whole number, 1 of 400 (see row 7): clean" in out
    assert "column 'sex' has values that are no category, 2 of 400 (see rows 8, 11): add" in out
    code, shown, _ = command("studies", "show", "heart-2026", "--json", "--home", home.root)
    told = json.loads(shown)["data"]
    assert (code, told["fits"], len(told["faults"]), told["people"]) == (0, False, 3, 400)
    assert not any(character.isdigit() for character in told["public"])
    assert "age" in told["public"]
    assert rows(home, "SELECT count(*) FROM study WHERE state != 'waiting'") == [(0,)]


def test_approving_in_spite_of_it_needs_a_word(command, home, unfit, monkeypatch):
    propose(home)
    digest = hashlib.sha256(specification()).hexdigest()
    for more in ((), ("--digest", digest), ("--yes",), ("--json",)):
        code, _, error = command("studies", "approve", "heart-2026", *more, "--home", home.root)
        assert code == 2
        assert "does not fit" in error
        assert "--in-spite" in error
    asked = Terminal("yes")
    monkeypatch.setattr(terminal, "sys", asked)
    assert command("studies", "approve", "heart-2026", "--home", home.root)[0] == 2
    assert rows(home, "SELECT state FROM study") == [("waiting",)]
    monkeypatch.setattr(terminal, "sys", Terminal("in spite"))
    assert command("studies", "approve", "heart-2026", "--home", home.root)[0] == 0
    monkeypatch.undo()
    assert rows(home, "SELECT state FROM study") == [("approved",)]


def test_the_flag_is_the_word_where_there_is_no_terminal(command, home, unfit):
    propose(home)
    assert command("studies", "approve", "heart-2026", "--in-spite", "--home", home.root)[0] == 0


def test_what_cannot_be_read_does_not_fit(command, home):
    heart_table(home.root).unlink()
    propose(home)
    code, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert code == 0
    assert "DOES NOT FIT" in out
    code, _, error = command("studies", "approve", "heart-2026", "--home", home.root)
    assert (code, "--in-spite" in error) == (2, True)


def test_lacking_columns_are_all_named_and_the_preparation_counts(command, home):
    table = heart_table(home.root)
    table.write_text(table.read_text().replace("age,sex", "alter,geschlecht", 1))
    propose(home)
    _, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert "the table has no column 'age'" in out
    assert "the table has no column 'sex'" in out
    steps = "syncline: 1\nsteps:\n  - {step: rename, columns: {alter: age, geschlecht: sex}}\n"
    canonical = Preparation.from_yaml(steps).canonical()

    def prepared(connection):
        remove_dataset(connection, "heart")
        sha256 = hashlib.sha256(canonical).hexdigest()
        add_dataset(connection, Dataset("heart", str(table), None, sha256), 1, canonical)

    with open_journal(home) as journal:
        journal.write_now(prepared)
    _, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert "Data here     fits the study" in out


def test_hazards_of_ones_own_stand_beside_it(command, home):
    table = heart_table(home.root)
    table.write_text("age,sex\n" + "".join(f"{30 + n},F\n" for n in range(20)))
    propose(home)
    _, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert "Data here     fits the study" in out
    assert "Hazard        the table has 20 rows" in out
    assert "Hazard        column 'sex' has one value in all rows" in out
    assert command("studies", "approve", "heart-2026", "--home", home.root)[0] == 0


class Terminal:
    """A terminal at which a person types one answer."""

    def __init__(self, answer: str) -> None:
        import io
        import sys

        class Stream(io.StringIO):
            def isatty(self) -> bool:
                return True

        self.stdin, self.stderr, self.stdout = Stream(f"{answer}\n"), Stream(), sys.stdout


def test_the_policy_alone_does_not_approve_what_the_data_does_not_fit(tmp_path):
    """A study that nobody looks at is held against the data too; where it misfits, a person is asked."""
    log = io.StringIO()

    async def scene(hub, home):
        table = heart_table(home.root)
        good = table.read_text()
        table.write_text(good.replace("\n30,", "\n300,"))
        home.policy.write_text(automatic_policy(SPEC))
        async with running(home, log):
            await hub.send(hub.proposal(SPEC))
            await wait_for(lambda: rows(home, "SELECT state FROM study WHERE reason != ''") == [("waiting",)])
            reason = rows(home, "SELECT reason FROM study")[0][0]
            assert reason.startswith("the data here does not fit it: column 'age' has values outside of")
            assert "8 of 400 (see rows 1, 51, 101, 151, 201, ...)" in reason
            assert reason.endswith(": a person decides")
            await asyncio.sleep(0.1)
            assert not hub.decisions
        assert "does not fit" in log.getvalue()
        assert "of 400" not in log.getvalue()  # the log is not only theirs who may read counts

    play(tmp_path, scene)


def test_data_that_fits_is_approved_and_what_cannot_be_read_is_not(tmp_path):
    async def scene(hub, home):
        await approved(hub, home)
        assert hub.decisions[0].decision is Decision.APPROVE

    async def running_scene(hub, home):
        async with running(home):
            await scene(hub, home)

    play(tmp_path / "fits", running_scene)

    async def unreadable(hub, home):
        heart_table(home.root).unlink()
        home.policy.write_text(automatic_policy(SPEC))
        async with running(home):
            await hub.send(hub.proposal(SPEC))
            await wait_for(lambda: rows(home, "SELECT state FROM study WHERE reason != ''") == [("waiting",)])
        assert not hub.decisions

    play(tmp_path / "gone", unreadable)


def test_many_proposals_read_the_data_one_after_another(tmp_path, monkeypatch):
    """Whoever may propose without a person must not make the agent read its table a hundred times at once."""
    at_once, most = [0], [0]
    ask = ChildPool._ask

    async def counted(self, place, header, blobs, limits):
        reads = "source" in header
        at_once[0] += reads
        most[0] = max(most[0], at_once[0])
        try:
            return await ask(self, place, header, blobs, limits)
        finally:
            at_once[0] -= reads

    monkeypatch.setattr(ChildPool, "_ask", counted)

    async def scene(hub, home):
        home.policy.write_text(automatic_policy(SPEC))
        async with running(home):
            for number in range(4):
                await hub.send(hub.proposal(SPEC, f"study-{number}"))
            await wait_for(lambda: len(rows(home, "SELECT state FROM study")) == 4)
        assert most[0] == 1

    play(tmp_path, scene)
