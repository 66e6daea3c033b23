"""What a study's parties send each other and keep: the payloads of a whole trial, and tables on their way."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from syncline.preparation.fold import Fold
from syncline.protocols.asking import Reply, Request
from syncline.questions.comparison import PersonCount
from syncline.sources.memory import TableSource
from syncline.study.fit_result import pack_result, unpack_result
from syncline.study.fitting import settings_of, workspace_of
from syncline.study.flow import DataFlow
from syncline.study.pooled import pool
from syncline.study.shipment import unpack_shipment
from syncline.study.shipping import ship
from syncline.study.spec import StudySpec
from syncline.study.whole_study import at_codec
from syncline.validation.comparison.packed_cells import unpack_cells
from syncline.wire.exchange import DrawCodec, ReplyCodec, RequestCodec
from tests.fuzz.target import Target
from tests.studies.harness import SEED, MaliciousHub, Trial
from tests.unit.data.test_record_codec import CODEC, SAMPLE
from tests.unit.study.two_suppliers import STUDY_BY_FLOW, TABLES, rows
from trusted_party.synthesis.kept_state import RESULT, ROUND, STATE

FOLD = Fold(b"")


class Kept:
    """A trial that was run, with what its parties sent and kept."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            hub = MaliciousHub("south", lambda _, request: request)
            self.trial = Trial(STUDY_BY_FLOW.format(flow="summaries"), TABLES, Path(folder), hub=hub)
            self.states: list[bytes] = []
            self.results: list[bytes] = []
            handle = self.trial._hub.handle

            def watched(header, blobs):  # type: ignore[no-untyped-def]  # what the hub's child takes
                answer, given = handle(header, blobs)
                new = dict(zip(answer.get("kept", []), given, strict=False))
                self.states += [new[STATE]] if STATE in new else []
                self.results += [new[RESULT]] if RESULT in new else []
                return answer, given

            self.trial._hub.handle = watched  # type: ignore[method-assign]
            self.trial.run()
            self.seen: list[tuple[Request, Reply]] = hub.seen
            self.draw = self.trial.kept["draw"]

    @property
    def spec(self) -> StudySpec:
        return self.trial.spec

    @property
    def candidate(self) -> bytes:
        """The packed table that was compared."""
        return next(
            question.table
            for request, _ in self.seen
            for question in request.questions
            if isinstance(question, PersonCount)
        )


@cache
def kept() -> Kept:
    """Return what one trial leaves."""
    return Kept()


def targets() -> Iterator[Target]:
    """Yield a target for each kind of payload."""
    yield Target(
        "trial.request",
        lambda: _some([RequestCodec().encode(one) for one, _ in kept().seen]),
        RequestCodec().decode,
    )
    yield Target(
        "trial.reply",
        lambda: _some([ReplyCodec().encode(one) for _, one in kept().seen]),
        ReplyCodec().decode,
    )
    yield Target("record", lambda: [CODEC.encode(SAMPLE)], CODEC.decode)
    yield Target("draw", lambda: [kept().draw], DrawCodec().decode)
    yield Target("hub_state", lambda: _some(kept().states), _read_state)
    yield Target(
        "fitted", lambda: kept().results, lambda content: unpack_result(content, settings_of(kept().spec))
    )
    yield Target("pooled", _pooled, lambda content: unpack_result(content, settings_of(kept().spec)))
    yield Target(
        "candidate", lambda: [kept().candidate], lambda content: unpack_cells(content, kept().spec.schema)
    )
    for flow in (DataFlow.PREPARED, DataFlow.RAW):
        yield Target(
            f"shipment.{flow}",
            lambda flow=flow: [_shipment(flow)],
            lambda content, flow=flow: _unpack(content, flow),
        )


def _some(payloads: list[bytes]) -> list[bytes]:
    """Return the shortest payloads of a trial, all that mutations reach all parts of."""
    return sorted(set(payloads), key=len)[:12]


def _read_state(content: bytes) -> None:
    at_codec(kept().spec).decode(ROUND.decode(content).at)


@cache
def _spec(flow: DataFlow) -> StudySpec:
    from syncline.data.document import parse_document
    from syncline.data.section import build

    return build(StudySpec, parse_document(STUDY_BY_FLOW.format(flow=flow.value), "study"), "study")


@cache
def _shipment(flow: DataFlow) -> bytes:
    return ship(_spec(flow), FOLD, flow, TableSource(rows(40, 1)), SEED).content


def _unpack(content: bytes, flow: DataFlow) -> None:
    for batch in unpack_shipment(_spec(flow), FOLD, flow, content, "north").batches():
        batch.n_rows  # noqa: B018


@cache
def _pooled() -> list[bytes]:
    spec = _spec(DataFlow.PREPARED)
    tables = {
        name: workspace_of(spec, kept().trial.fold, TableSource(table)) for name, table in TABLES.items()
    }
    settings = settings_of(spec)
    return [pack_result(pool(settings, tables), settings)]  # type: ignore[arg-type]  # names of parties
