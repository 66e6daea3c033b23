"""Submissions that are many or large neither hold up the hub nor fill it."""

from __future__ import annotations

import asyncio
import threading
import time

import grpc
import pytest

from syncline.data.section import build
from syncline.errors import DocumentError
from syncline.identity.peer import PeerRole
from syncline.study.lifecycle import StudyState
from syncline.study.spec import StudySpec
from syncline.wire.messages import StudyId
from tests.unit.hub.small_study import specification
from trusted_party.datastore.sqlite_store import open_sqlite_store
from trusted_party.datastore.studies import NewStudy, add_study
from trusted_party.studies import operation, specifications, submission
from trusted_party.studies.specifications import Specifications

WIDE = 4000


def wide(name: str = "wide") -> bytes:
    """Return a specification that names as many columns as it can, in every place."""
    columns = [f"c{place}" for place in range(WIDE)]
    document = {
        "syncline": 1,
        "study": name,
        "schema": {"variables": [{"name": column, "kind": "integer", "range": [0, 9]} for column in columns]},
        "suppliers": [{"name": "north"}],
        "quorum": {"min_suppliers": 1},
        "synthesizer": {"visit_sequence": columns},
        "validation": {"keys": columns[:3000], "sensitive": columns[3000:]},
    }
    return build(StudySpec, document, "study").canonical()


def test_a_specification_of_thousands_of_columns_is_read_in_a_moment():
    content = wide()
    started = time.process_time()
    StudySpec.from_canonical(content)
    assert time.process_time() - started < 1.5  # 0.3 s measured; 3 s when each column looked at all others


def test_a_specification_is_parsed_once_and_beside_the_loop(monkeypatch):
    threads, real = [], StudySpec.from_canonical

    def watched(content):
        threads.append(threading.current_thread())
        return real(content)

    monkeypatch.setattr(specifications.StudySpec, "from_canonical", watched)

    async def work():
        known, content = Specifications(), specification("north")
        found = await asyncio.gather(*(known.read(content) for _ in range(5)))
        assert len({id(spec) for spec in found}) == len(threads) == 1
        assert threads[0] is not threading.main_thread()
        with pytest.raises(DocumentError):
            await known.read(b"{}")

    asyncio.run(work())


def test_only_as_many_stay_as_have_room():
    async def work():
        small = [specification(f"s{place}") for place in range(3)]
        known = Specifications(kept_bytes=2 * len(small[0]))
        first = [await known.read(content) for content in small]
        assert await known.read(small[2]) is first[2]
        assert await known.read(small[0]) is not first[0]

    asyncio.run(work())


def test_an_operator_finds_a_study_by_its_id_even_where_another_bears_it_as_a_name(tmp_path):
    with open_sqlite_store(tmp_path / "hub.sqlite") as database:

        def write(connection):
            for study_id, name in (("s1", "heart"), ("s2", "s1")):
                new = NewStudy(StudyId(study_id), name, "ada", b"", b"", b"", "0" * 64, ())
                add_study(connection, new, StudyState.RUNNING, 1 if name == "heart" else 2)
            return operation.find_named(connection, "s1").name, operation.find_named(connection, "heart").id

        assert database.write_now(write) == ("heart", "s1")


@pytest.mark.network
def test_a_researcher_has_a_bounded_number_of_living_studies(site, run, monkeypatch):
    monkeypatch.setattr(submission, "MOST_LIVING", 2)

    async def work():
        async with site.running():
            ada = await site.member("ada", PeerRole.RESEARCHER)
            for name in ("one", "two", "three"):
                await site.member(name)
            for name in ("one", "two"):
                await site.submit(ada, specification(name))
            await site.submit(ada, specification("two"))  # the same study again is no further one
            with pytest.raises(grpc.aio.AioRpcError, match="2 studies of ada have not ended"):
                await site.submit(ada, specification("three"))

    run(work())
