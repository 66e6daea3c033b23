"""A hub that keeps the protocol and looks at everything: it gets no id, no text and no other column."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from supplier_agent.tasks import opening_child
from syncline.data.buckets import PERSON_BUCKETS, buckets_of, scope_of
from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.preparation.fold import Fold
from syncline.protocols.asking import Reply, Request
from syncline.protocols.opening import HUB, Openings
from syncline.questions import profile, rank_counts
from syncline.questions.rank_counts import RankCounts
from syncline.questions.row_count import RowCount
from syncline.sources.memory import TableSource
from syncline.study import contributing
from syncline.study.fitting import fold_of
from syncline.study.flow import DataFlow
from syncline.study.shipment import unpack_shipment
from syncline.study.shipping import ship
from syncline.study.spec import StudySpec
from syncline.wire.exchange import ReplyCodec
from tests.studies.harness import POLICY, SEED, MaliciousHub, Trial
from tests.unit.study.two_suppliers import rows

STUDY = """\
syncline: 1
study: trial
schema:
  variables:
    - {name: pid, kind: identifier, role: person}
    - {name: age, kind: integer, range: [0, 110]}
    - {name: sex, kind: categorical, categories: [f, m]}
    - {name: ill, kind: boolean}
    - {name: note, kind: text}
suppliers: [{name: north}, {name: south}]
quorum: {min_suppliers: 2}
synthesizer: {method: cart, seed: 7, max_depth: 3, min_leaf: 30}
validation: {holdout: 0.3, salt: trial, target: ill, keys: [age, sex], models: [age ~ sex]}
release: {gate: none, approvals: 0}
"""


def told(number: int, seed: int) -> pa.Table:
    """Return rows with an id, a note and a column of which the study does not speak."""
    table = rows(number, seed)
    secret = [f"secret-{seed}-{place:05}" for place in range(number)]
    for column in ("pid", "note", "postcode"):
        table = table.append_column(column, pa.array([f"{column}-{text}" for text in secret]))
    return table


def crossing(replies: list[bytes]) -> list[str]:
    """Return which of the supplier's secret columns can be read in what it sent."""
    whole = b"\n".join(replies)
    return [name for name in ("pid", "note", "postcode") if f"{name}-secret-2-00007".encode() in whole]


def test_what_a_supplier_answers_holds_no_id_no_text_and_no_other_column(tmp_path):
    tables = {"north": told(400, 1), "south": told(700, 2)}
    hub = MaliciousHub("south", lambda _, request: request)
    trial = Trial(STUDY, tables, tmp_path, hub=hub)
    trial.run()
    assert len(hub.seen) > 10
    replies = [ReplyCodec().encode(reply) for _, reply in hub.seen]
    assert crossing(replies) == []
    sent = ship(
        trial.spec, trial.fold, DataFlow.RAW, TableSource(tables["south"]), SEED
    ).content  # what the flow raw lets out
    assert crossing([repr(pa.ipc.open_stream(sent).read_all().to_pydict()).encode()]) == ["pid"]


def test_a_person_is_a_bucket_of_64_and_never_the_hash(tmp_path):
    tables = {"north": told(400, 1), "south": told(700, 2)}
    hub = MaliciousHub("south", lambda _, request: request)
    Trial(STUDY, tables, tmp_path, hub=hub).run()
    masks = [
        answer.masks
        for _, reply in hub.seen
        for answer in reply.answers
        if getattr(answer, "masks", None) is not None
    ]
    assert masks
    assert all(mask.dtype == np.uint64 for mask in masks)  # one bit for each bucket, and no place for more
    whole = np.bitwise_count(np.concatenate(masks)).max()
    assert 1 < whole <= 64


COUNTED = """\
syncline: 1
study: trial
schema:
  variables:
    - {name: pid, kind: identifier, role: person}
    - {name: age, kind: integer, range: [0, 127]}
    - {name: sex, kind: categorical, categories: [f, m]}
    - {name: ward, kind: categorical, categories: [a, b, c, d, e]}
suppliers: [{name: north}, {name: south}]
quorum: {min_suppliers: 2}
synthesizer: {method: marginals, seed: 7}
validation: none
release: {gate: none, approvals: 0}
"""
ONE_COLUMN = {
    **POLICY,
    "limits": {"max_order": 1, "max_rounds": 20, "max_cells": 10**6},
    "validation": False,
    "questions": ["row_count", "profile", "rank_counts"],
}


def wards(number: int, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "pid": [f"{seed}-{place}" for place in range(number)],
            "age": rng.integers(18, 95, number),
            "sex": np.array(["f", "m"])[rng.integers(0, 2, number)],
            "ward": np.array(list("abcde"))[rng.integers(0, 5, number)],
        }
    )


def put_together(seen: list[tuple[Request, Reply]]) -> list[tuple[int, ...]]:
    """Return the records of the buckets that hold one value of each column, as keys in the schema's order."""
    values: dict[str, list[tuple[int, int]]] = {}
    for request, reply in seen:
        for question, answer in zip(request.questions, reply.answers, strict=True):
            start = 0
            for column in question.ranked if isinstance(question, RankCounts) else ():
                for cell, mask in zip(answer.index, answer.masks, strict=True):  # type: ignore[union-attr]
                    place = int(cell) - start - 1
                    if 0 <= place < column.size - 1 and column.shift == 0:
                        key = column.prefixes[place >> column.bits] << column.bits
                        values.setdefault(column.name, []).append(
                            (key + place % (1 << column.bits), int(mask))
                        )
                start += column.size
    found = []
    for bucket in range(PERSON_BUCKETS):
        own = [[key for key, mask in values[name] if mask >> bucket & 1] for name in ("age", "sex", "ward")]
        if all(len(keys) == 1 for keys in own):
            found.append(tuple(keys[0] for keys in own))
    return found


@pytest.mark.parametrize(("people", "read"), [(30, 10), (150, 5)])
def test_buckets_do_not_put_the_columns_of_a_person_together(people, read, tmp_path, monkeypatch):
    """A person may be alone in a bucket of one column; in another column it is another bucket."""
    tables = {"north": wards(2000, 1), "south": wards(people, 2)}
    rows = zip(*(tables["south"][name].to_pylist() for name in ("age", "sex", "ward")), strict=True)
    true = {(age, "fm".index(sex), "abcde".index(ward)) for age, sex, ward in rows}

    def attacked(folder: Path) -> list[tuple[int, ...]]:
        folder.mkdir()
        hub = MaliciousHub("south", lambda _, request: request)
        Trial(COUNTED, tables, folder, hub=hub, policy=ONE_COLUMN).run()
        return put_together(hub.seen)

    guessed = attacked(tmp_path / "guarded")
    assert len(true.intersection(guessed)) <= max(1, len(guessed) // 3)
    for module in (profile, rank_counts):
        monkeypatch.setattr(module, "scope_of", lambda *_: bytes(16))
    found = attacked(tmp_path / "one hash for all")
    assert true.issuperset(found)
    assert len(found) >= read


def test_a_hub_that_knows_ids_and_the_salt_finds_nobody_in_a_bucket(tmp_path, monkeypatch):
    """The numbers of persons are keyed by what the suppliers alone know, so an id cannot be looked up."""
    tables = {"north": wards(2000, 1), "south": wards(30, 2)}

    def is_found(folder: Path) -> bool:
        folder.mkdir()
        hub = MaliciousHub("south", lambda _, request: request)
        trial = Trial(COUNTED, tables, folder, hub=hub, policy=ONE_COLUMN)
        trial.run()
        (sizes,) = [
            answer
            for request, reply in hub.seen
            for question, answer in zip(request.questions, reply.answers, strict=True)
            if isinstance(question, RowCount)
        ]
        known = replace(trial.fold, persons="salted")
        numbers = known.numbers([text.encode() for text in tables["south"]["pid"].to_pylist()])
        expected = {int(bucket) for bucket in buckets_of(numbers, scope_of("rows"))}
        told = int(np.bitwise_or.reduce(sizes.masks))
        return expected == {bucket for bucket in range(PERSON_BUCKETS) if told >> bucket & 1}

    assert not is_found(tmp_path / "guarded")
    monkeypatch.setattr(opening_child, "deals_key", lambda spec: False)
    monkeypatch.setattr(contributing, "deals_key", lambda spec: False)
    monkeypatch.setattr(opening_child, "fold_of", salted_fold)
    assert is_found(tmp_path / "keyed by the salt alone")


def test_a_hub_that_tries_ids_finds_rows_only_where_the_study_states_its_salt():
    """Prepared rows hold no id but a number of 64 bits for each person, which an id gives who has the key."""
    table, openings = wards(60, 2), Openings({"south": bytes(16), HUB: bytes(16)})
    tried = [text.encode() for text in wards(1000, 2)["pid"].to_pylist()]

    def found(study: str, key: bytes | None) -> int:
        spec = build(StudySpec, parse_document(study, "study.yaml"), "study.yaml")
        fold = fold_of(spec, openings, key)
        sent = ship(spec, fold, DataFlow.PREPARED, TableSource(table), SEED).content
        of_hub = replace(fold_of(spec, openings), persons="salted")
        (batch,) = unpack_shipment(spec, of_hub, DataFlow.PREPARED, sent, "south").batches()
        return int(np.isin(batch.owner, of_hub.numbers(tried)).sum())

    assert found(COUNTED, bytes(32)) == 0
    stated = COUNTED.replace("validation: none", "validation: {holdout: 0, salt: known}")
    assert found(stated, None) == table.num_rows


def salted_fold(spec: StudySpec, openings: Openings, key: bytes | None) -> Fold:
    """Return the fold of a study in which persons are numbered by the salt, which the hub knows."""
    return replace(fold_of(spec, openings, key), persons="salted")
