"""What holds of a hub's store, whichever database it is in: the suite that each of them passes."""

from __future__ import annotations

import asyncio
import re
import threading
import time

import pytest
from sqlalchemy import (
    Column,
    DefaultClause,
    Engine,
    Integer,
    MetaData,
    Table,
    bindparam,
    delete,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from syncline.clock import SystemClock
from syncline.durable.audit import verify
from syncline.errors import ProtocolError, StorageError, UsageError
from syncline.identity.keys import generate_signing_key, public_signing_key
from syncline.identity.peer import PeerRole
from tests.conformance.datastore.places import Place
from trusted_party.datastore import tables
from trusted_party.datastore.audit_log import HubAudit, entries
from trusted_party.datastore.identity import require_owner
from trusted_party.datastore.members import find_member, list_members, put_member, set_connected
from trusted_party.datastore.store import Store, Transaction

NAME = "north"
SEEN = select(tables.members.c.last_seen_us).where(tables.members.c.name == NAME)
MORE = update(tables.members).values(last_seen_us=tables.members.c.last_seen_us + 1)


def begin(transaction: Transaction) -> None:
    put_member(transaction, NAME, PeerRole.SUPPLIER, bytes(32), 1)


def increment(transaction: Transaction) -> None:
    assert transaction.run(MORE) == 1


def count(transaction: Transaction) -> int:
    row = transaction.first(SEEN)
    return 0 if row is None else int(row["last_seen_us"])


@pytest.fixture
def counter(store: Store) -> Store:
    store.write_now(begin)
    return store


def test_concurrent_updates_are_all_kept(counter: Store) -> None:
    async def many() -> int:
        async def some() -> None:
            for _ in range(10):
                await counter.write(increment)

        await asyncio.gather(*(some() for _ in range(20)))
        return await counter.read(count)

    assert asyncio.run(many()) == 200


def test_what_two_processes_read_and_then_write_is_all_kept(place: Place, counter: Store) -> None:
    def read_then_write(transaction: Transaction) -> None:
        seen = count(transaction)
        time.sleep(0.001)
        transaction.run(update(tables.members).values(last_seen_us=seen + 1))

    def some(own: Store) -> None:
        for _ in range(20):
            own.write_now(read_then_write)

    with place.open() as other:
        threads = [threading.Thread(target=some, args=(own,)) for own in (counter, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert counter.read_now(count) == 40


def test_a_failing_function_does_not_spoil_its_group(counter: Store) -> None:
    def fail(transaction: Transaction) -> None:
        increment(transaction)
        raise LookupError("on purpose")

    def break_a_rule(transaction: Transaction) -> None:
        increment(transaction)
        transaction.run(insert(tables.members), {"name": NAME})

    async def together() -> list[object]:
        functions = [increment, fail, increment, break_a_rule, increment]
        return await asyncio.gather(*(counter.write(f) for f in functions), return_exceptions=True)

    outcomes = asyncio.run(together())
    none = type(None)
    assert [type(outcome) for outcome in outcomes] == [none, LookupError, none, IntegrityError, none]
    assert counter.read_now(count) == 3


def test_an_error_of_a_statement_shows_no_value(counter: Store) -> None:
    secret = "a word of somebody"
    with pytest.raises(IntegrityError) as caught:
        counter.write_now(
            lambda transaction: transaction.run(insert(tables.members), {"name": NAME, "reason": secret})
        )
    assert secret not in str(caught.value)


def test_a_reader_cannot_write_and_sees_one_snapshot(counter: Store) -> None:
    with pytest.raises(RuntimeError, match="must not write"):
        counter.read_now(increment)

    def twice(transaction: Transaction) -> tuple[int, int]:
        before = count(transaction)
        counter.write_now(increment)
        return before, count(transaction)

    assert counter.read_now(twice) == (0, 0)
    assert counter.read_now(count) == 1


def test_a_writer_sees_what_another_process_committed_while_it_waited(place: Place, counter: Store) -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold(transaction: Transaction) -> None:
        increment(transaction)
        entered.set()
        leave.wait(10)

    with place.open() as other:
        holder = threading.Thread(target=other.write_now, args=(hold,))
        holder.start()
        entered.wait(10)
        seen: list[int] = []
        waiter = threading.Thread(target=lambda: seen.append(counter.write_now(count)))
        waiter.start()
        time.sleep(0.1)
        assert seen == []
        leave.set()
        holder.join()
        waiter.join()
    assert seen == [1]


def test_only_changes_from_outside_are_told(place: Place, counter: Store) -> None:
    def told_soon() -> bool:
        for _ in range(250):
            if counter.changed_outside():
                return True
            time.sleep(0.02)
        return False

    counter.changed_outside()
    counter.write_now(increment)
    time.sleep(0.1)
    assert not counter.changed_outside()
    with place.open() as other:
        other.write_now(increment)
        assert told_soon()
        time.sleep(0.1)
        assert not counter.changed_outside()


def test_a_waiting_daemon_hears_of_a_change_from_outside(place: Place, counter: Store) -> None:
    async def wait() -> None:
        waiting = asyncio.create_task(counter.wait_for_outside_change())
        await asyncio.sleep(0.1)
        assert not waiting.done()
        with place.open() as other:
            await other.write(increment)
            await asyncio.wait_for(waiting, 10)

    asyncio.run(wait())


def test_writing_within_a_write_is_refused_instead_of_waiting_for_ever(counter: Store) -> None:
    with pytest.raises(RuntimeError, match="use what it is given"):
        counter.write_now(lambda _: counter.write_now(increment))


def test_a_closed_store_says_so(counter: Store) -> None:
    counter.close()
    counter.close()
    with pytest.raises(StorageError, match="closed"):
        counter.write_now(increment)


def test_closing_finishes_what_was_queued(place: Place) -> None:
    async def leave() -> None:
        store = place.open()
        await store.write(begin)
        writes = [asyncio.ensure_future(store.write(increment)) for _ in range(30)]
        await asyncio.sleep(0)
        store.close()
        await asyncio.gather(*writes)

    asyncio.run(leave())
    with place.open() as store:
        assert store.read_now(count) == 30


def test_the_migrations_make_what_the_tables_say(place: Place, store: Store) -> None:
    engine = place.engine()
    migrated = described(engine)
    assert migrated.pop("alembic_version")
    tables.METADATA.drop_all(engine)
    tables.METADATA.create_all(engine)
    made = described(engine)
    made.pop("alembic_version")
    engine.dispose()
    assert migrated == made


def test_a_step_of_the_migrations_that_fails_leaves_nothing_behind(place: Place) -> None:
    engine = place.engine()
    in_the_way = Table("hub", MetaData(), Column("x", Integer))
    in_the_way.create(engine)
    with pytest.raises(StorageError):
        place.open()
    assert inspect(engine).get_table_names() == ["hub"]
    in_the_way.drop(engine)
    engine.dispose()
    place.open().close()


def described(engine: Engine) -> dict[str, object]:
    """Return columns, keys, indices and rules of each table that a database has."""
    found, reflected = inspect(engine), MetaData()
    reflected.reflect(engine)
    return {
        table.name: (
            [*map(_column, table.columns)],
            sorted((str(index.name), *index.columns.keys()) for index in table.indexes if not index.unique),
            sorted(tuple(rule["column_names"]) for rule in found.get_unique_constraints(table.name)),
        )
        for table in reflected.sorted_tables
    }


def _column(column: Column[object]) -> tuple[object, ...]:
    default = column.server_default
    assert default is None or isinstance(default, DefaultClause)
    text = None if default is None else re.sub(r"::\w+|['()]", "", str(default.arg))
    keys = sorted(key.target_fullname for key in column.foreign_keys)
    return column.name, str(column.type), column.nullable, column.primary_key, text, keys


@pytest.mark.parametrize("statement", [update(tables.audit).values(kind="x"), delete(tables.audit)])
def test_the_audit_is_never_changed(store: Store, statement: object) -> None:
    key = generate_signing_key()
    log = HubAudit(key, SystemClock())
    store.write_now(lambda transaction: [log.append(transaction, "invited", {"name": "é"}) for _ in range(3)])
    with pytest.raises(Exception, match="never"):
        store.write_now(lambda transaction: transaction.run(statement))  # type: ignore[arg-type]
    verdict = store.read_now(lambda transaction: verify(entries(transaction), key.public_key()))
    assert (verdict.entries, verdict.first_bad) == (3, None)


def test_names_are_sorted_by_code_points(store: Store) -> None:
    names = ["Zürich", "alpha", "Öst", "beta", "_x", "a-b", "a_b", "ab", "Ab", "éa", "ea"]

    def add(transaction: Transaction) -> list[str]:
        for name in names:
            put_member(transaction, name, PeerRole.SUPPLIER, bytes(32), 1)
        return [member.name for member in list_members(transaction)]

    assert store.write_now(add) == sorted(names)


def test_values_come_back_as_they_were(store: Store) -> None:
    most = 2**63 - 1

    def write(transaction: Transaction) -> None:
        put_member(transaction, "süd", PeerRole.APPROVER, bytes(range(32)), -most)
        set_connected(transaction, "süd", True, most)

    store.write_now(write)
    member = store.read_now(lambda transaction: find_member(transaction, "süd"))
    assert member is not None
    assert (member.role, member.signing_key) == (PeerRole.APPROVER, bytes(range(32)))
    assert (member.enrolled_us, member.last_seen_us) == (-most, most)
    assert member.connected is True
    assert store.read_now(lambda transaction: find_member(transaction, "nobody")) is None


def test_a_text_with_nul_is_refused_and_nothing_of_its_step_is_kept(counter: Store) -> None:
    def write(transaction: Transaction) -> None:
        increment(transaction)
        transaction.run(update(tables.members).values(reason=bindparam("why")), {"why": "a\0b"})

    with pytest.raises(ProtocolError, match="NUL"):
        counter.write_now(write)
    assert counter.read_now(count) == 0


def test_a_row_of_a_study_that_is_not_there_is_refused(store: Store) -> None:
    round_ = {
        "study_id": "none",
        "round": 1,
        "stage": "",
        "request_sha256": "",
        "request_size": 1,
        "opened_us": 1,
    }
    with pytest.raises(IntegrityError):
        store.write_now(lambda transaction: transaction.run(insert(tables.rounds), round_))


def test_a_database_belongs_to_the_first_hub_that_comes(place: Place, store: Store) -> None:
    own, other = (public_signing_key(generate_signing_key()) for _ in range(2))
    require_owner(store, own)
    require_owner(store, own)
    with pytest.raises(UsageError, match="holds the records of another hub"):
        require_owner(store, other)
