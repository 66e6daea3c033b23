"""What only a server can do to a hub: go away, at any moment, or be named wrongly."""

from __future__ import annotations

import re
import threading
import time

import pytest

from syncline.errors import StorageError, UsageError
from syncline.identity.peer import PeerRole
from tests.conformance.datastore.places import new_database, run
from tests.faults.datastore.commit_cutter import Cut, commit_cutter
from trusted_party.datastore import postgres_connection
from trusted_party.datastore.database_address import DatabaseAddress
from trusted_party.datastore.members import list_members, put_member
from trusted_party.datastore.postgres_store import open_postgres_store
from trusted_party.datastore.store import Store, Transaction

pytestmark = pytest.mark.network

SECRET = "hunter2hunter2"


@pytest.fixture
def url(postgresql_url: str) -> DatabaseAddress:
    return new_database(postgresql_url)


def folder_of(server: str) -> str:
    found = re.search(r"host=([^&]+)", server)
    assert found is not None
    return found[1]


def add(name: str):
    return lambda transaction: put_member(transaction, name, PeerRole.SUPPLIER, bytes(32), 1)


def names(store: Store) -> list[str]:
    return [member.name for member in store.read_now(list_members)]


def end_connections(server: str, url: DatabaseAddress) -> None:
    """Kill every process of the server that works for a database."""
    name = re.search(r"/(hub_\w+)", url.written)
    assert name is not None
    where = f"datname = '{name[1]}' AND pid <> pg_backend_pid()"
    run(server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {where}")


@pytest.mark.parametrize(("cut", "kept"), [("before", []), ("after", ["north"])])
def test_a_commit_that_is_not_answered_is_looked_up(
    postgresql_url: str, url: DatabaseAddress, cut: Cut, kept: list[str]
) -> None:
    with (
        commit_cutter(url, folder_of(postgresql_url)) as (cutter, through),
        open_postgres_store(through, sole=True) as store,
    ):
        cutter.arm(cut)
        if kept:
            store.write_now(add("north"))
        else:
            with pytest.raises(StorageError, match="nothing of this step was saved"):
                store.write_now(add("north"))
        assert cutter.cuts == 1
        assert names(store) == kept
        store.write_now(add("south"))
        assert names(store) == sorted([*kept, "south"])
        with pytest.raises(UsageError, match="in use by another hub"):
            open_postgres_store(url, sole=True)


def test_a_process_of_the_server_that_is_killed_at_the_commit_saves_nothing(
    postgresql_url: str, url: DatabaseAddress
) -> None:
    with (
        commit_cutter(url, folder_of(postgresql_url)) as (cutter, through),
        open_postgres_store(through, sole=True) as store,
    ):
        cutter.arm("never", lambda: end_connections(postgresql_url, url))
        with pytest.raises(StorageError, match="nothing of this step was saved"):
            store.write_now(add("north"))
        assert cutter.cuts == 1
        assert names(store) == []
        store.write_now(add("south"))
        assert names(store) == ["south"]


def test_a_connection_that_ended_between_two_steps_is_made_anew(
    postgresql_url: str, url: DatabaseAddress
) -> None:
    with open_postgres_store(url, sole=True) as store:
        store.write_now(add("north"))
        end_connections(postgresql_url, url)
        store.write_now(add("south"))
        end_connections(postgresql_url, url)
        assert names(store) == ["north", "south"]
        store.write_now(add("west"))
        with pytest.raises(UsageError, match="in use by another hub"):
            open_postgres_store(url, sole=True)


def test_a_connection_that_ends_within_a_step_saves_nothing_of_its_group(
    postgresql_url: str, url: DatabaseAddress
) -> None:
    def cut(transaction: Transaction) -> None:
        add("north")(transaction)
        end_connections(postgresql_url, url)
        add("south")(transaction)

    with open_postgres_store(url) as store:
        with pytest.raises(StorageError, match="nothing of this step was saved"):
            store.write_now(cut)
        assert names(store) == []
        store.write_now(add("west"))
        assert names(store) == ["west"]


def test_a_reader_whose_connection_ends_reads_again(postgresql_url: str, url: DatabaseAddress) -> None:
    calls: list[int] = []

    def look(transaction: Transaction) -> list[str]:
        calls.append(len(calls))
        if len(calls) == 1:
            end_connections(postgresql_url, url)
        return [member.name for member in list_members(transaction)]

    with open_postgres_store(url) as store:
        store.write_now(add("north"))
        assert store.read_now(look) == ["north"]
    assert calls == [0, 1]


def test_what_others_wrote_while_the_wire_was_cut_is_looked_at(
    postgresql_url: str, url: DatabaseAddress
) -> None:
    told = threading.Event()
    with open_postgres_store(url) as store:
        end_connections(postgresql_url, url)
        for _ in range(500):
            if store.changed_outside():
                told.set()
                break
            told.wait(0.02)
    assert told.is_set()


def test_a_second_hub_is_refused_until_the_first_is_gone(url: DatabaseAddress) -> None:
    with open_postgres_store(url, sole=True) as first:
        with pytest.raises(UsageError, match=r"database postgresql:///hub_\w+.* is in use by another hub"):
            open_postgres_store(url, sole=True)
        with open_postgres_store(url) as command:
            command.write_now(add("north"))
        assert names(first) == ["north"]
    open_postgres_store(url, sole=True).close()


def test_a_hub_whose_database_another_one_took_says_so_and_ends(
    postgresql_url: str, url: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_connection, "RECONNECT_SECONDS", 0.5)
    with open_postgres_store(url, sole=True) as first, commit_cutter(url, folder_of(postgresql_url)):
        end_connections(postgresql_url, url)
        with open_postgres_store(url, sole=True):
            with pytest.raises(StorageError, match="in use by another hub"):
                first.write_now(add("north"))
            with pytest.raises(StorageError, match="in use by another hub"):
                first.changed_outside()


def test_a_server_that_stays_away_for_long_is_waited_for(
    postgresql_url: str, url: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_connection, "RECONNECT_SECONDS", 0.3)
    with (
        commit_cutter(url, folder_of(postgresql_url)) as (cutter, through),
        open_postgres_store(through, sole=True) as store,
    ):
        cutter.close()
        end_connections(postgresql_url, url)
        for _ in range(2):
            with pytest.raises(StorageError, match="cannot be reached"):
                store.write_now(add("north"))
            with pytest.raises(StorageError, match="cannot be reached"):
                names(store)
            store.changed_outside()
        cutter.listen()
        store.write_now(add("south"))
        assert names(store) == ["south"]
        for _ in range(500):
            if store.changed_outside():
                return
            time.sleep(0.02)
        pytest.fail("nobody looked at what others may have written meanwhile")


def test_a_database_of_another_encoding_is_refused(postgresql_url: str) -> None:
    url = new_database(postgresql_url, "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    with pytest.raises(StorageError, match="its encoding is not UTF8: create it with ENCODING 'UTF8'"):
        open_postgres_store(url)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (f"postgresql://hub:{SECRET}@127.0.0.1:1/hub", "the server cannot be reached"),
        (f"postgresql://hub@127.0.0.1:1/hub?password={SECRET}", "the server cannot be reached"),
        (f"postgresql://hub:{SECRET}@127.0.0.1:1/hub?nonsense=1", "the URL cannot be read"),
    ],
)
def test_what_cannot_be_opened_is_said_without_the_password(written: str, said: str) -> None:
    with pytest.raises(StorageError, match=said) as caught:
        open_postgres_store(DatabaseAddress(written))
    assert SECRET not in str(caught.value)
    assert "***" in str(caught.value)
    assert SECRET not in repr(DatabaseAddress(written))


def test_a_database_that_is_not_there_is_told(postgresql_url: str) -> None:
    with pytest.raises(StorageError, match="no such database or user: create it first"):
        open_postgres_store(DatabaseAddress(postgresql_url.replace("/postgres?", "/nowhere?")))


@pytest.mark.parametrize("written", ["mysql://h/d", "hub.sqlite", "postgresql://", "postgresql://h/d\n"])
def test_only_urls_of_postgresql_are_taken(written: str) -> None:
    with pytest.raises(UsageError, match="--database"):
        DatabaseAddress(written)
