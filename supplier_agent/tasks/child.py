"""The child process that answers: one study's questions, from one source, within the supplier's policy.

It keeps the prepared table between rounds; everything it keeps can be computed again. The policy judges every
question here, next to the rows, before anything is counted. The memory that goes from round to round begins
with the digest of the source and its preparation, so that one study never counts two versions of a table.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from supplier_agent.tasks.opening_child import agreed_fold, open_contribution
from syncline.compute.frames import Header, Json
from syncline.compute.serve import serve, work_limits
from syncline.compute.work_limits import DEFAULT_LIMITS, WorkLimits
from syncline.data.schema import Schema
from syncline.errors import DataError, PolicyRefusal, ProtocolError
from syncline.preparation.fold import Fold
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.protocols.asking import Answering, Memory, Request, admit, require_in_scope
from syncline.questions.question import Comparer, Context
from syncline.questions.workspace import Workspace
from syncline.sources.limited import LimitedSource
from syncline.sources.registry import open_source
from syncline.sources.source import Source
from syncline.study.comparer_scope import comparer_of
from syncline.study.data_check import fit_of
from syncline.study.fitting import printed_salt, workspace_of
from syncline.study.flow import STEPS, DataFlow, is_within
from syncline.study.policy import Policy
from syncline.study.raw_rows import raw_rows
from syncline.study.shipment import sent_columns
from syncline.study.shipping import ship
from syncline.study.spec import StudySpec
from syncline.synthesizers.streams import Seed
from syncline.wire.exchange import MemoryCodec, ReplyCodec, RequestCodec

_DIGEST_BYTES = 32


class AgentChild:
    """Answer rounds within ``limits``; the table of the last study stays prepared."""

    def __init__(self, limits: WorkLimits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._key: tuple[Fold, str, list[bytes]] | None = None
        self._workspace: Workspace | None = None
        self._comparer: tuple[Fold, bytes, Comparer] | None = None
        self._digest = b""

    def handle(self, header: dict[str, Json], blobs: list[bytes]) -> tuple[Header, list[bytes]]:
        """Take one call of the daemon."""
        if header.get("op") != "respond" or len(blobs) not in {3, 4}:
            raise ProtocolError("the computing process was asked for something that it does not do")
        specification, request_bytes, memory_bytes, *preparation = blobs
        spec = StudySpec.from_canonical(specification)
        request = RequestCodec().decode(request_bytes)
        memory = MemoryCodec().decode(memory_bytes[_DIGEST_BYTES:])
        policy, supplier = Policy.from_document(header.get("policy")), str(header.get("supplier"))
        flow = DataFlow(str(header.get("flow")))
        if not is_within(flow, spec.supplier(supplier).flow):
            raise PolicyRefusal(f"the flow {flow} is not within the one that the study asks for")
        person = judge_person(policy, spec.schema, header.get("person") is not None)
        compares = _named_candidate(request, header.get("candidate"))
        after, locator = admit(request, memory), str(header.get("source"))
        if request.commitments is not None:
            source = self._opened(locator, preparation)
            opened, blobs = _open(spec, request, after, source, header)
            return {**opened, "person": person}, blobs
        fold = agreed_fold(spec, request, after, header)
        salt = None if request.openings is None else printed_salt(fold).hex()
        told: Header = {"person": person, "salt": salt}
        if STEPS[flow].sends_rows and not compares:
            source = self._opened(locator, preparation)
            _require_same_source(memory_bytes, bytes.fromhex(source.digest()))
            if flow is DataFlow.RAW:
                raw_rows(spec, source).require(policy, registered=header.get("person") is not None)
            sent, blobs = _ship(spec, fold, flow, source, after.ended())
            return {**sent, **told}, blobs
        comparer = self._comparer_of(spec, fold, specification) if compares else None
        asked = judge(policy, request, memory, spec.schema, comparer)
        try:
            workspace = self._table(spec, fold, locator, [specification, *preparation])
            _require_same_source(memory_bytes, self._digest)
            reply, after = Answering(comparer).respond(request, workspace, memory)
        except DataError:
            self._workspace = None  # a person may mend the source, and the next attempt reads it anew
            raise
        kept = self._digest + MemoryCodec().encode(after)
        secret = any(question.begins for question in request.questions)
        return {**told, "questions": asked, "forget_request": secret}, [ReplyCodec().encode(reply), kept]

    def _comparer_of(self, spec: StudySpec, fold: Fold, specification: bytes) -> Comparer:
        """Return what answers about the study's candidate; it keeps what it works out from round to round."""
        if self._comparer is None or self._comparer[:2] != (fold, specification):
            self._comparer = fold, specification, comparer_of(spec, fold, limits=self._limits)
        return self._comparer[2]

    def _table(self, spec: StudySpec, fold: Fold, locator: str, documents: list[bytes]) -> Workspace:
        """Return the prepared table; ``documents`` are the specification and the preparation, if any."""
        if self._workspace is None or self._key != (fold, locator, documents):
            source = self._opened(locator, documents[1:])
            self._workspace = workspace_of(spec, fold, source)
            self._digest = bytes.fromhex(source.digest())
            self._key = (fold, locator, documents)
        return self._workspace

    def _opened(self, locator: str, preparations: Sequence[bytes]) -> Source:
        """Return the data set's source within the limits, seen through its preparation where it has one."""
        source: Source = LimitedSource(open_source(locator), self._limits)
        for canonical in preparations:
            source = prepared_view(source, Preparation.from_canonical(canonical))
        return source


def _open(
    spec: StudySpec, request: Request, after: Memory, source: Source, header: Mapping[str, Json]
) -> tuple[Header, list[bytes]]:
    """Open this supplier's contribution to the salt; what does not fit is said before, to be mended."""
    fit_of(spec, source, closely=False).require()
    reply, after, said = open_contribution(spec, request, after, source, header)
    return {"questions": [said]}, [ReplyCodec().encode(reply), _kept(source, after)]


def _ship(
    spec: StudySpec, fold: Fold, flow: DataFlow, source: Source, after: Memory
) -> tuple[Header, list[bytes]]:
    """Send the rows that the approved flow sends, once the salt is drawn; nothing is answered after that."""
    sent = ship(spec, fold, flow, source, Seed(secrets.token_bytes(32)))
    said: Json = {
        "kind": f"{flow.value}_rows",
        "columns": list(sent_columns(spec, flow, sent.content)),
        "cells": 0,
    }
    notes: list[Json] = [{**note.to_json(), "words": str(note)} for note in sent.notes]
    return {"questions": [said], "notes": notes}, [sent.content, _kept(source, after)]


def _kept(source: Source, after: Memory) -> bytes:
    return bytes.fromhex(source.digest()) + MemoryCodec().encode(after)


def _require_same_source(memory: bytes, digest: bytes) -> None:
    if memory and memory[:_DIGEST_BYTES] != digest:
        raise DataError(
            "the data set's source or preparation changed since this study began: put it back as it was,"
            " or refuse the study and let it be submitted anew",
            public="its source or preparation changed since this study began",
        )


def _named_candidate(request: Request, sealed: Json) -> bool:
    """Tell whether a request is about a candidate; raise unless all of it is about the signed one."""
    if any(question.about() != sealed for question in request.questions):
        raise ProtocolError("the request is not about the candidate that the hub signed")
    return sealed is not None


def judge_person(policy: Policy, schema: Schema, registered: bool) -> str | None:
    """Return the column that tells persons apart, for the audit; raise where the policy forbids it."""
    if schema.person is None:
        return None
    refusal = policy.permits_person(schema.person.name, registered=registered)
    if refusal is not None:
        raise PolicyRefusal(f"this supplier's policy refuses the study: {refusal}")
    return schema.person.name


def judge(
    policy: Policy, request: Request, memory: Memory, schema: Schema, comparer: Comparer | None = None
) -> list[Json]:
    """Return what is asked, for the audit; raise PolicyRefusal where the policy does not permit it."""
    after = admit(request, memory)
    require_in_scope(request, schema, after.asked.codebook)
    asked, context = list[Json](), Context(after.asked, comparer)
    for question in request.questions:
        extent = question.extent(context)
        refusal = policy.permits_question(question.kind, extent.columns, extent.order, extent.cells)
        if refusal is not None:
            raise PolicyRefusal(f"this supplier's policy refuses round {request.round}: {refusal}")
        described: Mapping[str, Json] = {
            "kind": question.kind,
            "columns": list(extent.columns),
            "cells": extent.cells,
        }
        asked.append(dict(described))
    return asked


if __name__ == "__main__":
    serve(AgentChild(work_limits()).handle)
