"""A supplier that is asked about a candidate, request by request, as its daemon asks its computing child."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from supplier_agent.tasks.child import AgentChild
from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.errors import SynclineError
from syncline.protocols.asking import Reply, Request
from syncline.questions.comparison import PersonCount
from syncline.study.policy import Policy
from syncline.study.spec import StudySpec
from syncline.wire.exchange import ReplyCodec
from tests.studies.harness import POLICY, Trial
from tests.unit.agent.opened import ask

COLUMNS = ("a", "b", "c", "d", "e")
"""Columns of two values, so that a joint table of all has 32 cells."""

STUDY = """\
syncline: 1
study: trial
schema:
  variables:
    - {name: a, kind: categorical, categories: [n, y]}
    - {name: b, kind: categorical, categories: [n, y]}
    - {name: c, kind: categorical, categories: [n, y]}
    - {name: d, kind: categorical, categories: [n, y]}
    - {name: e, kind: categorical, categories: [n, y]}
suppliers: [{name: north}, {name: south}]
quorum: {min_suppliers: 2}
synthesizer: {method: marginals, seed: 7}
validation: {holdout: 0.2, salt: pepper, target: e, keys: [a, b], sensitive: [e], models: [a ~ b + c]}
release: {gate: none, approvals: 0}
"""


def rows(n_rows: int, seed: int) -> pa.Table:
    """Return rows whose columns hang together, so that no cell of the joint table follows from the others."""
    rng = np.random.default_rng(seed)
    common = rng.random(n_rows)
    return pa.table(
        {name: np.where(rng.random(n_rows) < 0.25 + common / 2, "y", "n").tolist() for name in COLUMNS}
    )


def joint_table(table: pa.Table) -> list[int]:
    """Return how many rows have each of the 32 combinations, ``a`` counting most."""
    code = np.zeros(table.num_rows, np.int64)
    for name in COLUMNS:
        code = 2 * code + (np.array(table[name].to_pylist()) == "y")
    return np.bincount(code, minlength=32).tolist()  # type: ignore[no-any-return]


TABLES = {"north": rows(400, 1), "south": rows(700, 2)}


def honest(directory: Path) -> list[Request]:
    """Return what an honest hub asks about the candidate, numbered from 0."""
    trial = Trial(STUDY, TABLES, directory)
    trial.run()
    requests = [request for _, request in trial.asked if request.questions]
    first = next(n for n, one in enumerate(requests) if isinstance(one.questions[0], PersonCount))
    return [replace(request, round=number) for number, request in enumerate(requests[first:])]


@dataclass
class Asked:
    """The supplier ``south``, which answers about one sealed candidate and remembers it."""

    directory: Path
    sealed: str
    study: str = STUDY
    table: pa.Table = field(default_factory=lambda: TABLES["south"])
    memory: bytes = b""

    def __post_init__(self) -> None:
        self.source = self.directory / "south.parquet"
        pq.write_table(self.table, self.source)
        self._spec = build(StudySpec, parse_document(self.study, "study.yaml"), "study.yaml").canonical()
        self._child = AgentChild()

    def ask(self, *questions: Any) -> Reply:
        """Ask the next round; the memory moves where it is answered."""
        number = self._round
        header = {
            "op": "respond",
            "supplier": "south",
            "source": str(self.source),
            "policy": Policy.from_document(dict(POLICY)).to_document(),
            "flow": "summaries",
            "person": None,
            "study_id": "study-1",
            "candidate": self.sealed,
        }
        _, (reply, memory) = ask(self._child, header, self._spec, Request(number, questions), self.memory)
        self.memory, self._round = memory, number + 1
        return ReplyCodec().decode(reply)

    def follow(self, requests: Sequence[Request]) -> None:
        """Answer what an honest hub asks."""
        for request in requests:
            self.ask(*request.questions)

    _round: int = 0


def refusal(asked: Asked, *questions: Any) -> str:
    """Return the sentence by which a round is refused, "" where it is answered."""
    try:
        asked.ask(*questions)
    except (SynclineError, ValueError) as error:
        return str(error)
    return ""
