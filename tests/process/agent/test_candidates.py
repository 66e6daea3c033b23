"""A supplier compares one table that the hub signed, and no other."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from supplier_agent.tasks.child import AgentChild
from supplier_agent.tasks.journal import open_payloads
from supplier_agent.tasks.responder import study_payloads
from syncline.errors import PolicyRefusal, ProtocolError
from syncline.identity.keys import generate_signing_key
from syncline.identity.signatures import Purpose, sign
from syncline.protocols.asking import Request
from syncline.questions.comparison import PersonCount
from syncline.questions.growth import ComparedColumns, GrowTrees
from syncline.questions.regression import RegressionSums
from syncline.questions.row_count import RowCount
from syncline.study.policy import Policy
from syncline.study.spec import StudySpec
from syncline.validation.cell_table import CellTable
from syncline.validation.comparison.packed_cells import pack_cells
from syncline.validation.comparison.rows import comparable_schema
from syncline.wire.exchange import MemoryCodec, ReplyCodec
from syncline.wire.messages import CandidateSeal, DeclineKind, candidate_digest
from tests.process.agent.fake_hub import FakeHub
from tests.process.agent.harness import automatic_policy, enrolled_home, request, rows, running
from tests.unit.agent.opened import ask
from tests.unit.agent.small_study import STUDY, specification

COMPARED = STUDY.replace("validation: none", "validation: {holdout: 0, models: [age ~ sex]}")
SPEC = StudySpec.from_canonical(specification(COMPARED))
COLUMNS = ComparedColumns(("age", "sex"), ((), ()))


def first_question() -> PersonCount:
    """Return the question that brings a synthetic table of 1,000 rows."""
    rng = np.random.default_rng(2)
    keys = (rng.integers(20, 90, 1000), rng.integers(0, 2, 1000))
    schema = comparable_schema(SPEC.schema, COLUMNS)
    cells = CellTable(schema, keys, (np.zeros(1000, np.uint8),) * 2, np.arange(1000))
    return PersonCount(pack_cells(cells), COLUMNS)


COUNT = first_question()
CANDIDATE = COUNT.candidate


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    path = tmp_path / "heart.parquet"
    sexes = pa.array(np.array(["F", "M"])[rng.integers(0, 2, 80)])
    pq.write_table(pa.table({"age": rng.integers(20, 90, 80), "sex": sexes}), path)
    return path


def answered(
    table: Path,
    asked: Request,
    sealed: str | None,
    memory: bytes = b"",
    *,
    validation: bool | dict[str, bool] = True,
) -> tuple[dict, list[bytes]]:
    policy = {
        "syncline": "1",
        "columns": {"allow": ["*"]},
        "questions": ["row_count"],
        "limits": {"max_order": 2, "max_rounds": 9, "max_cells": 10_000},
        "validation": validation,
    }
    header = {
        "op": "respond",
        "supplier": "cleveland",
        "source": str(table),
        "policy": Policy.from_document(policy).to_document(),
        "flow": "summaries",
        "person": None,
        "study_id": "study-1",
        "candidate": sealed,
    }
    return ask(AgentChild(), header, SPEC.canonical(), asked, memory)


def test_the_signed_candidate_is_answered_and_remembered(table: Path) -> None:
    told, (reply, memory) = answered(table, Request(0, (COUNT,)), CANDIDATE)
    assert ReplyCodec().decode(reply).answers[0].dense().tolist() == [80, 0, 80, 0]
    kept = MemoryCodec().decode(memory[32:]).asked.candidate
    assert kept is not None
    assert (kept.candidate, kept.table) == (CANDIDATE, COUNT.table)
    assert told["forget_request"]
    assert told["questions"] == [{"kind": "person_count", "columns": [], "cells": 4}]


@pytest.mark.parametrize("sealed", [None, "cd" * 32])
def test_another_candidate_than_the_signed_one_is_refused(table: Path, sealed: str | None) -> None:
    with pytest.raises(ProtocolError, match="not about the candidate that the hub signed"):
        answered(table, Request(0, (COUNT,)), sealed)


def test_a_seal_opens_no_question_of_a_fit(table: Path) -> None:
    with pytest.raises(ProtocolError, match="not about the candidate"):
        answered(table, Request(0, (COUNT, RowCount())), CANDIDATE)
    with pytest.raises(ProtocolError, match="not about the candidate"):
        answered(table, Request(0, (RowCount(),)), CANDIDATE)


def test_without_the_permission_nothing_is_compared(table: Path) -> None:
    with pytest.raises(PolicyRefusal, match="validation: the study compares"):
        answered(table, Request(0, (COUNT,)), CANDIDATE, validation=False)


def test_sums_for_models_are_refused_beside_the_rows_and_the_rest_is_answered(table: Path) -> None:
    _, (_, memory) = answered(table, Request(0, (COUNT,)), CANDIDATE)
    grow = GrowTrees(CANDIDATE, 0, None, (920, 80), (920, 80))
    sums = RegressionSums(CANDIDATE, (np.zeros((2, 2), np.int64),))
    both = Request(1, (grow, sums))
    told, _ = answered(table, both, CANDIDATE, memory)
    assert told["questions"][1] == {"kind": "regression_sums", "columns": ["age", "sex"], "cells": 18}
    with pytest.raises(PolicyRefusal, match=r"round 2: validation\.models: sums for declared models"):
        answered(table, both, CANDIDATE, memory, validation={"models": False})
    told, _ = answered(table, Request(1, (grow,)), CANDIDATE, memory, validation={"models": False})
    assert [one["kind"] for one in told["questions"]] == ["grow_trees"]


@pytest.mark.network
@pytest.mark.parametrize("forged", ["nothing", "key", "study", "specification", "candidate"])
def test_the_hubs_signature_is_checked_before_anything_is_computed(tmp_path: Path, forged: str) -> None:
    spec = specification()

    async def run() -> None:
        hub = FakeHub()
        await hub.start()
        try:
            home = await enrolled_home(hub, tmp_path / "agent")
            home.policy.write_text(automatic_policy(spec))
            async with running(home):
                await hub.send(hub.proposal(spec))
                await hub.until(lambda: hub.decisions)
                mark = tmp_path / "mark"
                content = request(0, mark=str(mark))
                offer = hub.task(spec, 0, content)
                digest = candidate_digest(
                    "other" if forged == "study" else offer.study_id,
                    "cd" * 32 if forged == "specification" else offer.specification_sha256,
                    "ef" * 32 if forged == "candidate" else CANDIDATE,
                )
                key = generate_signing_key() if forged == "key" else hub.signing_key
                seal = CandidateSeal(CANDIDATE, sign(key, Purpose.CANDIDATE, digest))
                await hub.send(replace(offer, candidate=seal))
                if forged == "nothing":
                    await hub.until(lambda: hub.submitted)
                    assert mark.exists()
                    return
                await hub.until(lambda: hub.declined)
                assert hub.declined[0].kind is DeclineKind.PROTOCOL
                assert "not signed by the hub" in hub.declined[0].reason
                assert not mark.exists()
            assert rows(home, "SELECT state FROM round") == [("declined",)]
        finally:
            await hub.stop()

    asyncio.run(run())


@pytest.mark.network
@pytest.mark.parametrize("forget", [True, False])
def test_a_request_that_holds_a_table_is_deleted_with_its_answer(tmp_path: Path, forget: bool) -> None:
    spec = specification()

    async def run() -> None:
        hub = FakeHub()
        await hub.start()
        try:
            home = await enrolled_home(hub, tmp_path / "agent")
            home.policy.write_text(automatic_policy(spec))
            async with running(home):
                await hub.send(hub.proposal(spec))
                await hub.until(lambda: hub.decisions)
                content = request(0, forget=forget)
                offer = hub.task(spec, 0, content)
                await hub.send(offer)
                await hub.until(lambda: hub.submitted)
            store = study_payloads(open_payloads(home), offer.study_id)
            assert store.has(hashlib.sha256(content).digest()) is not forget
            assert store.has(bytes.fromhex(hub.submitted[0].reply.sha256))
        finally:
            await hub.stop()

    asyncio.run(run())
