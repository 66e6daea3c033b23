from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from syncline.durable.audit import verify
from syncline.durable.database import Database
from syncline.errors import StorageError, UsageError
from syncline.identity.keys import (
    generate_signing_key,
    load_signing_key,
    public_signing_key,
    save_private_key,
)
from syncline.study.flow import DataFlow
from syncline.study.lifecycle import StudyState
from syncline.wire.messages import ReleaseId
from tests.golden.datastore.old_home import make_old_home
from trusted_party.cli.home import HubHome
from trusted_party.datastore import migration
from trusted_party.datastore.audit_log import entries
from trusted_party.datastore.drafts import draft_of_release
from trusted_party.datastore.grants import grants_of
from trusted_party.datastore.identity import owner
from trusted_party.datastore.members import list_members, valid_fingerprints
from trusted_party.datastore.parties import parties_of
from trusted_party.datastore.release_decisions import decisions_about
from trusted_party.datastore.releases import find_release
from trusted_party.datastore.shipments import shipments_of
from trusted_party.datastore.sqlite_store import open_sqlite_store
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.studies import list_studies
from trusted_party.datastore.tasks import open_tasks_of, rounds_of


def version(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def test_the_newest_step_is_the_last_one() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migration.__file__).with_name("migrations")))
    assert ScriptDirectory.from_config(config).get_current_head() == migration.NEWEST


@pytest.mark.parametrize("counted", [9, 10, 11, 12])
def test_a_home_of_0_1_0_and_each_version_since_opens_with_all_that_it_held(
    tmp_path: Path, counted: int
) -> None:
    path = make_old_home(tmp_path / "hub", counted)
    key = load_signing_key(tmp_path / "hub" / "signing-key.pem").public_key()

    def check(transaction: Transaction) -> None:
        released, running = sorted(list_studies(transaction), key=lambda study: study.id)
        assert (released.state, released.release_id) == (StudyState.RELEASED, "r1")
        assert (running.state, running.round, running.bytes_received) == (StudyState.RUNNING, 1, 87)
        assert (running.rounds_expected, running.drawn, running.told) == (0, None, "")
        assert [
            (party.name, party.flow_asked, party.in_roster) for party in parties_of(transaction, running.id)
        ] == [
            ("north", DataFlow.SUMMARIES, True),
            ("südwest", DataFlow.PREPARED, True),
        ]
        assert [found.merged for found in rounds_of(transaction, running.id)] == [True, False]
        (task,) = open_tasks_of(transaction, "südwest")
        assert (task.id, task.sent, task.attempt, task.reoffers) == ("s2.r1.1", True, 1, 0)
        assert [(found.supplier, found.size) for found in shipments_of(transaction, running.id)] == [
            ("südwest", 9)
        ]
        assert [(found.name, found.standing) for found in list_members(transaction)] == [
            ("ada", "active"),
            ("bob", "evicted"),
            ("eva", "active"),
            ("north", "active"),
            ("südwest", "active"),
        ]
        assert valid_fingerprints(transaction) == {"cd" * 32: "north"}
        draft, release = (
            draft_of_release(transaction, ReleaseId("r1")),
            find_release(transaction, ReleaseId("r1")),
        )
        assert draft is not None
        assert draft.gate is not None
        assert draft.gate.passed
        assert release is not None
        assert release.size == 4096
        assert [row.reason for row in decisions_about(transaction, released.id)] == ["fit for use"]
        assert [grant.researcher for grant in grants_of(transaction, ReleaseId("r1"))] == ["bob"]
        verdict = verify(entries(transaction), key)
        assert (verdict.entries, verdict.first_bad) == (10, None)

    with open_sqlite_store(path) as store:
        store.read_now(check)
    with open_sqlite_store(path) as store:
        store.read_now(check)


def test_a_home_of_before_opens_as_a_hub_opens_it_and_stays_that_hubs(tmp_path: Path) -> None:
    make_old_home(tmp_path / "hub")
    home = HubHome(tmp_path / "hub")
    home.require()
    for _ in range(2):
        with home.open_database(sole=True) as store:
            assert store.read_now(owner) == public_signing_key(home.load_signing_key())
    save_private_key(home.signing_key_path, generate_signing_key())
    with pytest.raises(UsageError, match="holds the records of another hub"):
        home.open_database()


def test_invitations_of_before_keep_their_order(tmp_path: Path) -> None:
    path = make_old_home(tmp_path / "hub")
    open_sqlite_store(path).close()
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT number FROM invitations ORDER BY rowid").fetchall() == [(1,), (2,)]


def test_software_of_before_says_that_it_is_too_old(tmp_path: Path) -> None:
    path = make_old_home(tmp_path / "hub")
    open_sqlite_store(path).close()
    with pytest.raises(StorageError, match="install the newer release that wrote it"):
        Database(path, ["SELECT 1;"] * 12)


@pytest.mark.parametrize(
    ("counted", "said"), [(8, "open it with 0.1.0 first"), (13, "install the newer release that wrote it")]
)
def test_other_versions_are_refused_as_they_are(tmp_path: Path, counted: int, said: str) -> None:
    path = make_old_home(tmp_path / "hub", counted)
    with pytest.raises(StorageError, match=said):
        open_sqlite_store(path)
    assert version(path) == counted


def test_a_step_that_this_software_does_not_know_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    open_sqlite_store(path).close()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match=r"step 9999 and this software knows .* install the newer release"):
        open_sqlite_store(path)


def test_a_step_that_fails_leaves_the_old_version_whole(tmp_path: Path) -> None:
    path = make_old_home(tmp_path / "hub")
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE hub (x)")  # the last step cannot make it
    with pytest.raises(StorageError, match="SQLITE_ERROR"):
        open_sqlite_store(path)
    assert version(path) == 9
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        assert "alembic_version" not in tables
        database.execute("DROP TABLE hub")
    open_sqlite_store(path).close()
