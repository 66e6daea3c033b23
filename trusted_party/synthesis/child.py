"""The child process that computes for the hub: the steps of a study's protocol, and its release.

Every operation is a pure function of what is sent to it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from syncline.compute.frames import Header, Json
from syncline.compute.serve import serve, work_limits
from syncline.compute.work_limits import DEFAULT_LIMITS, WorkLimits
from syncline.errors import DataError, ProtocolError, StudyFailed, WireError
from syncline.preparation.fold import Fold
from syncline.protocols.asking import Memory, Reply, Request
from syncline.protocols.opening import Occasion
from syncline.protocols.reply_check import blame
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.questions.asked import Asked
from syncline.questions.workspace import Workspace
from syncline.study.comparer_scope import comparer_of
from syncline.study.contributing import Contributing
from syncline.study.fitting import settings_of
from syncline.study.flow import DataFlow, is_pooled
from syncline.study.local_parties import answer_locally
from syncline.study.manifest import RosterEntry
from syncline.study.pooled import pool
from syncline.study.release import write_release
from syncline.study.rounds_expected import rounds_expected
from syncline.study.shipment import unpack_shipment
from syncline.study.spec import StudySpec
from syncline.study.whole_study import Progress, Study, StudyOutcome, opening_round
from syncline.synthesizers.fit_state import FitState
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.hazards.hazard import hazards_to_json
from syncline.synthesizers.streams import Seed
from syncline.validation.comparison.comparer import CandidateComparer
from syncline.validation.comparison.comparison import Comparison, ComparisonState
from syncline.wire.exchange import DrawCodec, ReplyCodec, RequestCodec
from trusted_party.synthesis.calls import StepInput, flows_of_call, kept_of_call
from trusted_party.synthesis.kept_state import (
    ASSESSMENT,
    DRAW,
    REQUEST,
    RESULT,
    SEED,
    STATE,
    own_bytes,
    pack_learnt,
    pack_progress,
    unpack_learnt,
    unpack_progress,
)
from trusted_party.synthesis.salt_facts import salt_facts


class HubChild:
    """Take calls; what a study's steps share stays prepared while it is at work.

    What tables of suppliers unpack to is held against ``limits``.
    """

    def __init__(self, limits: WorkLimits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._fold: tuple[str, Fold] | None = None
        self._tables: dict[bytes, Workspace] = {}
        self._study: tuple[bytes, Study] | None = None
        self._learnt: tuple[bytes, Fitted] | None = None
        self._comparer: tuple[Study, CandidateComparer] | None = None

    def handle(self, header: dict[str, Json], blobs: list[bytes]) -> tuple[Header, list[bytes]]:
        """Take one call of the daemon."""
        spec = StudySpec.from_canonical(blobs[0])
        match header.get("op"):
            case "start":
                return start(spec, header, blobs[1])
            case "step":
                return self.step(spec, header, blobs[1:])
            case "release":
                return self.release(spec, header, blobs[1:])
            case _:
                raise ProtocolError("the computing process was asked for something that it does not do")

    def step(
        self, spec: StudySpec, header: dict[str, Json], blobs: Sequence[bytes]
    ) -> tuple[Header, list[bytes]]:
        """Return what follows from a round: what is new to be kept, the request among it, by its names.

        The blobs are what was kept, as the header names it, one reply for each of ``parties``, the round's
        request, and one shipment for each of ``rows``. A seed is given before there is a model, too: it is
        kept with that.
        """
        given = StepInput.of(header, blobs)
        learnt = self._unpacked(spec, given.kept[RESULT]) if RESULT in given.kept else None
        progress, memory = unpack_progress(spec, given.kept, learnt)
        study, flows = self._study_of(spec, given.kept, header), flows_of_call(header)
        decoded = {party: _decoded(party, header, reply) for party, reply in given.replies.items()}
        tables = self._prepared(study, progress, flows, given.shipments)
        if isinstance(progress.at, FitState) and is_pooled(flows, [*decoded, *tables]):
            pooled = pool(settings_of(spec), tables)
            step = study.learnt(pooled, progress.drawn, progress.at.round + 1, "pooled")
            return self._told(study, progress, step, memory)
        with own_bytes():
            request = RequestCodec().decode(given.request)
        local, after = answer_locally(request, tables, memory, self._comparer_of(study, progress))
        return self._told(study, progress, study.step(progress, decoded | local, frozenset()), after)

    def release(
        self, spec: StudySpec, header: dict[str, Json], blobs: Sequence[bytes]
    ) -> tuple[Header, list[bytes]]:
        """Write the files of the release.

        The blobs are what was kept, as the header names it. A table that was compared in this process is not
        drawn again.
        """
        kept = kept_of_call(header, blobs)
        fitted = self._unpacked(spec, kept[RESULT])
        assessment = json.loads(kept[ASSESSMENT]) if ASSESSMENT in kept else None
        study = self._study_of(spec, kept, header)
        study.require_few(fitted)
        provenance = cast("dict[str, Json]", header.get("provenance"))
        listed = header.get("roster")
        if not isinstance(listed, list):
            raise ProtocolError("roster: expected the suppliers of the release")
        roster = [RosterEntry.from_json(entry) for entry in listed]
        cells = None
        if assessment is not None:
            compared = study.comparison(fitted, DrawCodec().decode(kept[DRAW]))
            _require_compared(compared, assessment)
            cells = compared.candidate.cells
        out = Path(str(header["out"]))
        written = write_release(out, spec, fitted, study.seed, roster, provenance, assessment, cells)
        return {
            "files": list(written.files),
            "content_sha256": dict(written.content_sha256),
            "gate": _gate(spec, assessment),
        }, []

    def _told(
        self,
        study: Study,
        before: Progress,
        step: Continue[Progress, Request] | Finish[StudyOutcome],
        memory: Memory,
    ) -> tuple[Header, list[bytes]]:
        """Return what follows, and as blobs what of it is new, by the names that the header lists."""
        fitted: Fitted | None
        if isinstance(step, Finish):
            header, new, fitted = *_finished(step.result), step.result.fitted
        else:
            header, new, fitted = *_opened(study, before, step, memory), step.state.learnt
        if fitted is not None and before.learnt is None:
            new[RESULT], new[SEED] = pack_learnt(study.spec, fitted), study.seed.secret
            self._learnt = hashlib.sha256(new[RESULT]).digest(), fitted
            header["hazards"] = hazards_to_json(fitted.hazards)
        return {**header, "kept": list(new)}, list(new.values())

    def _study_of(self, spec: StudySpec, kept: Mapping[str, bytes], header: dict[str, Json]) -> Study:
        """Return the study, the same while nothing about it changes: it holds the table that is compared."""
        parts = (spec.canonical(), kept.get(DRAW, b""), kept[SEED])
        key = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()
        if self._study is None or self._study[0] != key:
            most = header.get("most_rows")
            flows = flows_of_call(header) if "flows" in header else None
            rows = most if isinstance(most, int) else None
            self._study = key, Study(spec, Seed(kept[SEED]), flows=flows, most_rows=rows)
        return self._study[1]

    def _comparer_of(self, study: Study, progress: Progress) -> CandidateComparer | None:
        """Return what answers about the table for suppliers whose rows are here, None in a fit."""
        if not isinstance(progress.at, ComparisonState):
            return None
        assert progress.learnt is not None
        study.comparison(progress.learnt, progress.drawn)  # so that its candidate is known by its digest
        if self._comparer is None or self._comparer[0] is not study:
            fold = study.fold(progress.drawn)
            self._comparer = study, comparer_of(study.spec, fold, study.candidates)
        return self._comparer[1]

    def _unpacked(self, spec: StudySpec, result: bytes) -> Fitted:
        key = hashlib.sha256(result).digest()
        if self._learnt is None or self._learnt[0] != key:
            self._learnt = key, unpack_learnt(spec, result)
        return self._learnt[1]

    def _prepared(
        self,
        study: Study,
        progress: Progress,
        flows: Mapping[str, DataFlow],
        shipments: Mapping[PartyId, bytes],
    ) -> dict[PartyId, Workspace]:
        if not shipments:
            return {}
        fold = study.fold(progress.drawn)
        if self._fold != (study.spec.digest, fold):
            self._fold = study.spec.digest, fold
            self._tables.clear()
        found = {}
        for party, shipment in shipments.items():
            key = hashlib.sha256(party.encode() + b"\x00" + shipment).digest()
            if key not in self._tables:
                self._tables[key] = _table(study.spec, fold, flows[party], party, shipment, self._limits)
            found[party] = self._tables[key]
        return found


def start(spec: StudySpec, header: dict[str, Json], contribution: bytes) -> tuple[Header, list[bytes]]:
    """Return the first state and request of a study: those of the opening round."""
    listed = header.get("commitments")
    if not isinstance(listed, dict):
        raise ProtocolError("commitments: expected what each supplier committed to")
    suppliers = {PartyId(name): bytes.fromhex(str(sha256)) for name, sha256 in listed.items()}
    occasion = Occasion(str(header.get("study_id")), spec.digest)
    begun = opening_round(Contributing.of(occasion, suppliers, contribution))
    new = {STATE: pack_progress(spec, begun.state, Memory()), REQUEST: RequestCodec().encode(begun.request)}
    return {"done": False, "stage": begun.stage, "round": 0, "kept": list(new)}, list(new.values())


def _finished(outcome: StudyOutcome) -> tuple[dict[str, Json], dict[str, bytes]]:
    """Return what is told and kept of the end of all rounds."""
    header: dict[str, Json] = {"done": True, "stage": outcome.stage}
    if outcome.assessment is None:
        return header, {}
    return header, {ASSESSMENT: json.dumps(outcome.assessment.document()).encode()}


def _opened(
    study: Study, before: Progress, step: Continue[Progress, Request], memory: Memory
) -> tuple[dict[str, Json], dict[str, bytes]]:
    """Return what is told and kept of a round that is out."""
    spec, after = study.spec, step.state
    if isinstance(after.at, ComparisonState) and not isinstance(before.at, ComparisonState):
        memory = Memory(after.at.round - 1, Asked(closed=True))
    header: dict[str, Json] = {
        "done": False,
        "stage": step.stage,
        "round": after.at.round,
        "expected": rounds_expected(spec, after),
    }
    new = {STATE: pack_progress(spec, after, memory), REQUEST: RequestCodec().encode(step.request)}
    own = {f"request for {party}": RequestCodec().encode(asked) for party, asked in step.own.items()}
    new |= dict(sorted(own.items()))
    if isinstance(after.at, FitState):
        header["hazards"] = hazards_to_json(after.at.hazards)
    if after.drawn is not None and before.drawn is None:
        new[DRAW], header["drawn"] = DrawCodec().encode(after.drawn), salt_facts(spec, after.drawn)
    if after.learnt is not None and before.learnt is None:
        header["candidate"] = study.comparison(after.learnt, after.drawn).digest
    return header, new


def _table(
    spec: StudySpec, fold: Fold, flow: DataFlow, party: PartyId, shipment: bytes, limits: WorkLimits
) -> Workspace:
    try:
        return Workspace(unpack_shipment(spec, fold, flow, shipment, party, limits))
    except DataError as error:
        raise StudyFailed(f"the rows of supplier {party!r}: {error.public}") from error


def _decoded(party: PartyId, header: dict[str, Json], reply: bytes) -> Reply:
    """Return a supplier's reply; where it does not read, say whose, in which round and by which field."""
    try:
        return ReplyCodec().decode(reply)
    except WireError as error:
        field = str(error).partition(":")[0]
        raise blame(party, f"sent bytes that do not read in round {header.get('round')}: {field}") from None


def _gate(spec: StudySpec, assessment: Mapping[str, Json] | None) -> Json:
    """Return whether the table passes, what fails, what it could see; None where the study has no gate."""
    if assessment is None or spec.release.gate is None:
        return None
    said = cast("dict[str, Json]", assessment["gate"])
    return {name: said[name] for name in ("passed", "failures", "words")}


def _require_compared(comparison: Comparison, assessment: Mapping[str, Json]) -> None:
    """Raise unless the table that is to be released is the one that the suppliers compared."""
    if comparison.digest != assessment["candidate_sha256"]:
        raise StudyFailed(
            "the table that would be released is not the one that was compared: was the hub's software"
            " changed in between? Submit the study anew"
        )


if __name__ == "__main__":
    serve(HubChild(work_limits()).handle)
