"""The child process that computes for the hub: the steps of a study's protocol, and its release.

Every operation is a pure function of what is sent to it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from syncline.study.comparing import assess_study, comparison_of, rows_of_release
from syncline.study.fit_result import pack_result, unpack_result
from syncline.study.fitting import fold_of, settings_of
from syncline.study.flow import STEPS, DataFlow
from syncline.study.local_parties import answer_locally, is_pooled
from syncline.study.manifest import RosterEntry
from syncline.study.pooled import pool
from syncline.study.release import write_release
from syncline.study.rounds_expected import rounds_of_study, rounds_while_comparing
from syncline.study.shipment import unpack_shipment
from syncline.study.spec import StudySpec
from syncline.synthesizers.fit import Fit
from syncline.synthesizers.fit_state import FitState, fit_state_codec
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.hazards.hazard import Hazard, hazards_to_json
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.streams import Seed
from syncline.validation.federated.comparer import Comparer
from syncline.validation.federated.comparison import Comparison, State
from syncline.wire.exchange import DrawCodec, MemoryCodec, ReplyCodec, RequestCodec
from trusted_party.synthesis.kept_state import (
    FIT,
    KeptFit,
    own_bytes,
    pack_comparison,
    sizes_known,
    told_sizes,
    unpack_comparison,
)
from trusted_party.synthesis.opening import STAGE, begin, draw, facts_of


class Child:
    """Take calls; the tables of suppliers that sent rows stay prepared while their study is at work.

    What they unpack to is held against ``limits``.
    """

    def __init__(self, limits: WorkLimits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._study: tuple[str, Fold] | None = None
        self._tables: dict[bytes, Workspace] = {}
        self._comparison: tuple[bytes, Comparison] | None = None
        self._comparer: Comparer | None = None

    def handle(self, header: dict[str, Json], blobs: list[bytes]) -> tuple[Header, list[bytes]]:
        """Take one call of the daemon."""
        spec = StudySpec.from_canonical(blobs[0])
        match header.get("op"):
            case "start":
                return start(spec, header, blobs[1])
            case "open":
                return open_step(spec, header, blobs[1], blobs[2:])
            case "step":
                return self.step(spec, _fold(spec, blobs[1]), header, blobs[2], blobs[3:])
            case "compare":
                return self.compare(spec, _fold(spec, blobs[1]), header, blobs[2], blobs[3])
            case "compare_step":
                return self.compare_step(spec, _fold(spec, blobs[1]), header, blobs[2:])
            case "release":
                return self.release(spec, header, blobs[1:])
            case _:
                raise ProtocolError("the computing process was asked for something that it does not do")

    def step(
        self, spec: StudySpec, fold: Fold, header: dict[str, Json], state: bytes, blobs: Sequence[bytes]
    ) -> tuple[Header, list[bytes]]:
        """Return the next state and request, or the result.

        The blobs are one reply for each of ``parties``, the round's request, and one shipment for each of
        ``rows``.
        """
        settings, flows = settings_of(spec), _flows(header)
        parties, senders = _names(header, "parties"), _names(header, "rows")
        if len(blobs) != len(parties) + 1 + len(senders):
            raise ProtocolError("each party of the round needs one reply or shipment")
        with own_bytes():
            kept = FIT.decode(state)
            fit, memory = fit_state_codec(settings).decode(kept.state), MemoryCodec().decode(kept.memory)
        decoded = {
            party: _decoded(party, header, reply) for party, reply in zip(parties, blobs, strict=False)
        }
        request = RequestCodec().decode(blobs[len(parties)])
        tables = self._prepared(spec, fold, flows, dict(zip(senders, blobs[len(parties) + 1 :], strict=True)))
        if is_pooled(flows, [*parties, *senders]):
            pooled = pool(settings, tables)
            return _done("pooled", pooled.hazards), [pack_result(pooled, settings)]
        local, after = answer_locally(request, tables, memory)
        transition = Fit(settings).step(fit, decoded | local, frozenset())
        return _outcome(
            transition, settings, MemoryCodec().encode(after), flows, compares=spec.validation is not None
        )

    def compare(
        self, spec: StudySpec, fold: Fold, header: dict[str, Json], result: bytes, seed: bytes
    ) -> tuple[Header, list[bytes]]:
        """Return the first state and request of the comparison that follows a fit, as round ``round``."""
        number = header.get("round")
        if not isinstance(number, int):
            raise ProtocolError("round: expected the number of the comparison's first round")
        fitted = _fitted(spec, result)
        _require_rows(rows_of_release(spec, fitted), header.get("most_rows"))
        comparison = self._comparison_of(spec, fold, result, seed)
        parties = tuple(PartyId(name) for name in spec.supplier_names)
        transition = comparison.start(parties, number, sizes_known(header.get("sizes")))
        memory = Memory(round=number - 1, asked=Asked(closed=True))
        answer, blobs = _compared(transition, memory, (fitted.n_train, fitted.n_holdout))
        return {**answer, "candidate": comparison.digest}, blobs

    def compare_step(
        self, spec: StudySpec, fold: Fold, header: dict[str, Json], given: Sequence[bytes]
    ) -> tuple[Header, list[bytes]]:
        """Return the next state and request of a comparison, or what it says.

        The blobs are the state, the fit's result and the seed, and then those of :meth:`step`.
        """
        packed, result, seed, *blobs = given
        parties, senders = _names(header, "parties"), _names(header, "rows")
        if len(blobs) != len(parties) + 1 + len(senders):
            raise ProtocolError("each party of the round needs one reply or shipment")
        comparison = self._comparison_of(spec, fold, result, seed)
        state, memory = unpack_comparison(packed)
        decoded = {
            party: _decoded(party, header, reply) for party, reply in zip(parties, blobs, strict=False)
        }
        request = RequestCodec().decode(blobs[len(parties)])
        shipments = dict(zip(senders, blobs[len(parties) + 1 :], strict=True))
        tables = self._prepared(spec, fold, _flows(header), shipments)
        local, after = answer_locally(request, tables, memory, self._comparer)
        transition = comparison.step(state, decoded | local, frozenset())
        if isinstance(transition, Continue):
            return _compared(transition, after)
        found = assess_study(spec, _fitted(spec, result), comparison, transition.result)
        return {"done": True, "stage": "assessed"}, [json.dumps(found.document()).encode()]

    def release(
        self, spec: StudySpec, header: dict[str, Json], given: Sequence[bytes]
    ) -> tuple[Header, list[bytes]]:
        """Write the files of the release.

        The blobs are what the salt was drawn from, the fit's result, the seed, and what a comparison said, if
        it was made. A table that was compared in this process is not drawn again.
        """
        drawn, result, seed, *said = given
        fitted = _fitted(spec, result)
        assessment = json.loads(said[0]) if said else None
        _require_rows(rows_of_release(spec, fitted), header.get("most_rows"))
        provenance = cast("dict[str, Json]", header.get("provenance"))
        listed = header.get("roster")
        if not isinstance(listed, list):
            raise ProtocolError("roster: expected the suppliers of the release")
        roster = [RosterEntry.from_json(entry) for entry in listed]
        compared = None
        if assessment is not None:
            compared = self._comparison_of(spec, _fold(spec, drawn), result, seed)
            _require_compared(compared, assessment)
        written = write_release(
            Path(str(header["out"])),
            spec,
            fitted,
            Seed(seed),
            roster,
            provenance,
            assessment,
            None if compared is None else compared.candidate.cells,
        )
        return {
            "files": list(written.files),
            "content_sha256": dict(written.content_sha256),
            "gate": _gate(spec, assessment),
        }, []

    def _comparison_of(self, spec: StudySpec, fold: Fold, result: bytes, seed: bytes) -> Comparison:
        key = hashlib.sha256(spec.canonical() + fold.salt + result + seed).digest()
        if self._comparison is None or self._comparison[0] != key:
            self._comparison = key, comparison_of(spec, fold, _fitted(spec, result), Seed(seed))
            compared = self._comparison[1]
            self._comparer = comparer_of(spec, fold, {compared.digest: compared.candidate})
        return self._comparison[1]

    def _prepared(
        self, spec: StudySpec, fold: Fold, flows: Mapping[str, DataFlow], shipments: Mapping[PartyId, bytes]
    ) -> dict[PartyId, Workspace]:
        if self._study != (spec.digest, fold):
            self._study = spec.digest, fold
            self._tables.clear()
        found = {}
        for party, shipment in shipments.items():
            key = hashlib.sha256(party.encode() + b"\x00" + shipment).digest()
            if key not in self._tables:
                self._tables[key] = _table(spec, fold, flows[party], party, shipment, self._limits)
            found[party] = self._tables[key]
        return found


def start(spec: StudySpec, header: dict[str, Json], contribution: bytes) -> tuple[Header, list[bytes]]:
    """Return the first state and request of a study: those of the opening round."""
    listed = header.get("commitments")
    if not isinstance(listed, dict):
        raise ProtocolError("commitments: expected what each supplier committed to")
    commitments = {PartyId(name): bytes.fromhex(str(sha256)) for name, sha256 in listed.items()}
    occasion = Occasion(str(header.get("study_id")), spec.digest)
    return {"done": False, "stage": STAGE, "round": 0}, begin(occasion, commitments, contribution)


def open_step(
    spec: StudySpec, header: dict[str, Json], state: bytes, blobs: Sequence[bytes]
) -> tuple[Header, list[bytes]]:
    """Return the first state and request of the fit, which carries what was opened, and the draw itself.

    The blobs are one reply for each of ``parties``, and the round's request.
    """
    settings, parties = settings_of(spec), _names(header, "parties")
    replies = {
        party: _decoded(party, header, reply) for party, reply in zip(parties, blobs[:-1], strict=True)
    }
    drawn = draw(spec, state, replies)
    transition = Fit(settings).start(tuple(parties), 1)
    assert isinstance(transition, Continue)
    request = replace(transition.request, openings=drawn.openings)
    memory = MemoryCodec().encode(Memory(0, commitments=drawn.commitments))
    compares = spec.validation is not None
    answer, given = _outcome(replace(transition, request=request), settings, memory, {}, compares=compares)
    return {**answer, "drawn": facts_of(spec, drawn)}, [*given, DrawCodec().encode(drawn)]


def _fold(spec: StudySpec, drawn: bytes) -> Fold:
    return fold_of(spec, DrawCodec().decode(drawn).openings)


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


def _fitted(spec: StudySpec, result: bytes) -> Fitted:
    with own_bytes():
        return unpack_result(result, settings_of(spec))


def _require_rows(rows: int, most: Json) -> None:
    """Raise where suppliers count more rows together than the hub releases."""
    if isinstance(most, int) and rows > most:
        raise StudyFailed(
            f"the release would have {rows} rows, more than the {most} of a release at this hub: give"
            " synthesizer.rows"
        )


def _outcome(
    transition: Continue[FitState, Request] | Finish[Fitted],
    settings: FitSettings,
    memory: bytes,
    flows: Mapping[str, DataFlow],
    *,
    compares: bool,
) -> tuple[Header, list[bytes]]:
    if isinstance(transition, Finish):
        fitted = transition.result
        known = {
            party: own for party, own in fitted.known.items() if STEPS[flows[party]].compares_what_it_fits
        }
        return {**_done("fitted", fitted.hazards), "sizes": told_sizes(known)}, [
            pack_result(fitted, settings)
        ]
    state = FIT.encode(KeptFit(fit_state_codec(settings).encode(transition.state), memory))
    header: Header = {
        "done": False,
        "stage": transition.stage,
        "round": transition.state.round,
        "hazards": hazards_to_json(transition.state.hazards),
        "expected": rounds_of_study(transition.state, settings, compares=compares),
    }
    return header, [state, RequestCodec().encode(transition.request)]


def _done(stage: str, hazards: tuple[Hazard, ...]) -> Header:
    return {"done": True, "stage": stage, "hazards": hazards_to_json(hazards)}


def _compared(
    transition: Continue[State, Request], memory: Memory, fitted: tuple[int, int] | None = None
) -> tuple[Header, list[bytes]]:
    """Return what follows in a comparison, and what the hub keeps of it: the candidate is drawn anew.

    ``fitted`` are the training and held-out rows of the fit, where the comparison has not counted any.
    """
    state, request = transition.state, transition.request
    header: Header = {
        "done": False,
        "stage": transition.stage,
        "round": state.round,
        "expected": rounds_while_comparing(state, fitted),
    }
    return header, [pack_comparison(state, memory), RequestCodec().encode(request)]


def _flows(header: dict[str, Json]) -> dict[str, DataFlow]:
    flows = header.get("flows")
    if not isinstance(flows, dict):
        raise ProtocolError("flows: expected the flow of each supplier")
    return {name: DataFlow(str(flow)) for name, flow in flows.items()}


def _names(header: dict[str, Json], field: str) -> list[PartyId]:
    names = header.get(field, [])
    if not isinstance(names, list):
        raise ProtocolError(f"{field}: expected a list of names")
    return [PartyId(str(name)) for name in names]


if __name__ == "__main__":
    serve(Child(work_limits()).handle)
