"""The child process that answers: one study's questions, from one source, within the supplier's policy.

It keeps the prepared table between rounds; everything it keeps can be computed again. The policy judges every
question here, next to the rows, before anything is counted. The memory that goes from round to round begins
with the digest of the source, so that one study never counts two versions of a table.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace

from syncline.compute.frames import Header, Json
from syncline.compute.serve import serve
from syncline.data.schema import Schema
from syncline.errors import DataError, PolicyRefusal, ProtocolError
from syncline.protocols.asking import Answering, Memory, Request, admit, require_in_scope
from syncline.questions.marginals import Marginals
from syncline.questions.tree_level import TreeLevel
from syncline.questions.vocabulary import Question
from syncline.questions.workspace import Workspace
from syncline.sources.registry import open_source
from syncline.study.fitting import workspace_of
from syncline.study.flow import STEPS
from syncline.study.policy import Policy
from syncline.study.shipping import ship
from syncline.study.spec import StudySpec
from syncline.synthesizers.streams import Seed
from syncline.wire.exchange import MemoryCodec, ReplyCodec, RequestCodec

_DIGEST_BYTES = 32


class Child:
    """Answer rounds; the table of the last study stays prepared."""

    def __init__(self) -> None:
        self._key: tuple[bytes, str] | None = None
        self._workspace: Workspace | None = None
        self._digest = b""

    def handle(self, header: dict[str, Json], blobs: list[bytes]) -> tuple[Header, list[bytes]]:
        """Take one call of the daemon."""
        if header.get("op") != "respond" or len(blobs) != 3:
            raise ProtocolError("the computing process was asked for something that it does not do")
        specification, request_bytes, memory_bytes = blobs
        spec = StudySpec.from_canonical(specification)
        request = RequestCodec().decode(request_bytes)
        memory = MemoryCodec().decode(memory_bytes[_DIGEST_BYTES:])
        policy, supplier = Policy.from_document(header.get("policy")), str(header.get("supplier"))
        if STEPS[spec.supplier(supplier).flow].sends_rows:
            return self._ship(spec, supplier, str(header.get("source")), request, memory)
        asked = judge(policy, request, memory, spec.schema)
        try:
            workspace = self._table(spec, specification, str(header.get("source")))
            self._require_same_source(memory_bytes)
            reply, after = Answering().respond(request, workspace, memory)
        except DataError:
            self._workspace = None  # a person may mend the source, and the next attempt reads it anew
            raise
        return {"questions": asked}, [ReplyCodec().encode(reply), self._digest + MemoryCodec().encode(after)]

    def _ship(
        self, spec: StudySpec, supplier: str, locator: str, request: Request, memory: Memory
    ) -> tuple[Header, list[bytes]]:
        """Send the rows that the approved flow sends, in round 0; nothing is answered after that."""
        after = replace(admit(request, memory), closed=True)
        source = open_source(locator)
        shipment = ship(spec, supplier, source, Seed(secrets.token_bytes(32)))
        flow = spec.supplier(supplier).flow
        sent: Json = {
            "kind": f"{flow.value}_rows",
            "columns": [variable.name for variable in spec.schema.modelled],
            "cells": 0,
        }
        kept = bytes.fromhex(source.digest()) + MemoryCodec().encode(after)
        return {"questions": [sent]}, [shipment, kept]

    def _require_same_source(self, memory: bytes) -> None:
        if memory and memory[:_DIGEST_BYTES] != self._digest:
            raise DataError(
                "the data set's source changed since this study began: put it back as it was,"
                " or refuse the study and let it be submitted anew",
                public="its source changed since this study began",
            )

    def _table(self, spec: StudySpec, specification: bytes, locator: str) -> Workspace:
        if self._workspace is None or self._key != (specification, locator):
            source = open_source(locator)
            self._workspace = workspace_of(spec, source)
            self._digest = bytes.fromhex(source.digest())
            self._key = (specification, locator)
        return self._workspace


def judge(policy: Policy, request: Request, memory: Memory, schema: Schema) -> list[Json]:
    """Return what is asked, for the audit; raise PolicyRefusal where the policy does not permit it."""
    after = admit(request, memory)
    require_in_scope(request, schema, after.codebook)
    asked: list[Json] = []
    for question in request.questions:
        cells = _cells(question, after)
        refusal = policy.permits_question(question.kind, question.columns, question.marginal_order, cells)
        if refusal is not None:
            raise PolicyRefusal(f"this supplier's policy refuses round {request.round}: {refusal}")
        described: Mapping[str, Json] = {
            "kind": question.kind,
            "columns": list(question.columns),
            "cells": cells,
        }
        asked.append(dict(described))
    return asked


def _cells(question: Question, memory: Memory) -> int:
    if isinstance(question, TreeLevel | Marginals):
        if memory.codebook is None:
            raise ProtocolError("a codebook must be agreed before columns are counted together")
        return question.size(memory.codebook)
    return question.size()


if __name__ == "__main__":
    serve(Child().handle)
