"""A hub that keeps the protocol and looks at everything: it gets no id, no text and no other column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from syncline.sources.memory import TableSource
from syncline.study.flow import DataFlow
from syncline.study.shipping import ship
from syncline.wire.exchange import ReplyCodec
from tests.studies.harness import SEED, MaliciousHub, Trial
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
