"""A whole study in one process: the same protocol, every hop encoded and decoded, and the same release.

Examples
--------
Two hospitals, whose rows meet nowhere but in this process:

>>> from syncline.sources.registry import open_source
>>> from syncline.study.manifest import verify_release
>>> from syncline.wire.exchange import HOPS
>>> Path("study.yaml").write_text('''
... syncline: 1
... study: two-hospitals
... purpose: an example
... schema: {variables: [{name: age, kind: integer, range: [0, 120]}]}
... suppliers: [{name: north}, {name: south}]
... quorum: {min_suppliers: 2}
... synthesizer: {rows: 100, seed: 1}
... validation: none
... release: {gate: none, approvals: 0}
... ''') > 0
True
>>> spec = StudySpec.from_yaml("study.yaml")
>>> tables = {name: pd.DataFrame({"age": range(20, 80)}) for name in spec.supplier_names}
>>> sources = {name: open_source(table) for name, table in tables.items()}
>>> fold, seed = fold_of_run(spec, sources), seed_of(spec)
>>> outcome = run_study(spec, fold, sources, seed, hops=HOPS)
>>> out = Path("release")
>>> out.mkdir()
>>> written = release_study(spec, fold, sources, outcome, seed, [], out)
>>> len(pd.read_parquet(out / "synthetic.parquet")), verify_release(out).passed
(100, True)
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeAlias, TypeVar

from cryptography.hazmat.primitives.asymmetric import ed25519

from syncline.data.note import Note
from syncline.errors import StudyFailed, SynclineError, UsageError
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_view import PreparedView
from syncline.protocols.asking import Memory, Reply, Request
from syncline.protocols.in_process import Hops, Traffic, run
from syncline.protocols.opening import SaltDraw
from syncline.protocols.party import PartyCall, party_with
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.questions.workspace import Workspace
from syncline.sources.source import Source
from syncline.study.approvals import SIMULATED, GateRecord
from syncline.study.comparer_scope import comparer_of
from syncline.study.fitting import people_of, settings_of, simulated_fold, workspace_of
from syncline.study.flow import STEPS, is_pooled
from syncline.study.holdout import STATED
from syncline.study.manifest import HoldoutRecord, RosterEntry, RoundRecord, write_manifest
from syncline.study.participation import Participation, flows_asked
from syncline.study.pooled import pool
from syncline.study.provenance import facts_of, provenance_of
from syncline.study.release import WrittenRelease, seed_commitment, write_release
from syncline.study.shipment import unpack_shipment
from syncline.study.shipping import ship
from syncline.study.spec import StudySpec
from syncline.study.whole_study import Progress, Study, StudyOutcome, at_codec
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.streams import Seed
from syncline.synthesizers.untold_values import left_out_notes

_NAMED = 12
"""Suppliers without data that a sentence names."""

SIMULATED_SALT = "of the run in one process that wrote this"
"""Where the salt of a simulated study comes from, for people, unless the specification states it."""

_SALT_LABEL = b"syncline/salt-of-seed/1\x00"

P = ParamSpec("P")
T = TypeVar("T")

Payloads: TypeAlias = Hops[Request, Reply, Memory]
"""The codecs of what hub and suppliers send each other."""


def fold_of_run(
    spec: StudySpec, sources: Mapping[str, Source], salt: bytes | None = None, seed: int | None = None
) -> Fold:
    """Return whom the study holds out in this run.

    The salt is the one given, else the specification's, else one that follows from the seed that is given
    or stands in the study, else random. Nobody steers it against another: one process owns all rows.
    """
    check_suppliers(spec, sources)
    number = spec.synthesizer.seed if seed is None else seed
    chosen = spec.salt if salt is None else salt
    if chosen is None:
        chosen = secrets.token_bytes(32) if number is None else _salt_of_seed(number)
    people = sum(_named(name, people_of, spec, source) for name, source in sources.items())
    return simulated_fold(spec, chosen, people)


def _salt_of_seed(number: int) -> bytes:
    return hashlib.sha256(_SALT_LABEL + Seed.of_number(number).secret).digest()


def _untold(what: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears what on the way.

    Attributes
    ----------
    note : of what the rows of suppliers who synthesize alone do not show of their real ones
    learnt : of the model, before its table is compared
    """

    note: Callable[[Note], None] = _untold
    learnt: Callable[[Fitted], None] = _untold


def run_study(
    spec: StudySpec,
    fold: Fold,
    sources: Mapping[str, Source],
    seed: Seed,
    listen: Callable[[Traffic], None] | None = None,
    told: Listeners | None = None,
    *,
    hops: Payloads,
) -> StudyOutcome:
    """Run all rounds of a study over its suppliers' sources.

    Every hop is encoded and decoded by ``hops``, and what the hub keeps between rounds by its own codec.
    Where all suppliers synthesize alone, their tables are pooled.
    """
    check_suppliers(spec, sources)
    told = Listeners() if told is None else told
    sent = sent_tables(spec, fold, sources, told.note)
    pooled = pool(settings_of(spec), sent) if is_pooled(flows_asked(spec), sent) else None
    study = Study(spec, seed, fold)
    hub = _Telling(study, told.learnt, pooled)
    parties = {
        party: _party(spec, fold, party, sources[party], table, study) for party, table in sent.items()
    }
    return run(hub, parties, Memory(), hops=hops, state=_PlaceCodec(spec), listen=listen)


@dataclass(slots=True)
class _Telling:
    """A study that says once what was learnt; it begins with what is ``pooled``, where that is all."""

    study: Study
    learnt: Callable[[Fitted], None]
    pooled: Fitted | None

    def start(self, parties: tuple[PartyId, ...]) -> Continue[Progress, Request] | Finish[StudyOutcome]:
        """Return the first request."""
        if self.pooled is None:
            return self.study.start(parties)
        return self._tell(None, self.study.learnt(self.pooled, None, 0, "pooled"))

    def step(
        self, state: Progress, replies: Mapping[PartyId, Reply], missing: frozenset[PartyId]
    ) -> Continue[Progress, Request] | Finish[StudyOutcome]:
        """Return what follows."""
        return self._tell(state.learnt, self.study.step(state, replies, missing))

    def _tell(
        self, before: Fitted | None, step: Continue[Progress, Request] | Finish[StudyOutcome]
    ) -> Continue[Progress, Request] | Finish[StudyOutcome]:
        fitted = step.result.fitted if isinstance(step, Finish) else step.state.learnt
        if fitted is not None and before is None:
            self.learnt(fitted)
        return step


class _PlaceCodec:
    """Keep where a study stands as its bytes; what it has made once stands beside them, as at the hub."""

    def __init__(self, spec: StudySpec) -> None:
        self._codec, self._settings = at_codec(spec), settings_of(spec)
        self._made: tuple[SaltDraw | None, Fitted | None] = None, None

    def encode(self, value: Progress) -> bytes:
        """Return where a study stands."""
        self._made = value.drawn, value.learnt
        return self._codec.encode(value.at)

    def decode(self, data: bytes) -> Progress:
        """Return where it stands, with what it has made."""
        return Progress(self._codec.decode(data), *self._made)


def _party(
    spec: StudySpec, fold: Fold, name: str, source: Source, sent: Workspace, study: Study
) -> PartyCall:
    """Return a supplier that answers a fit from the rows of its flow, and a comparison from its real ones."""
    flow, answers = STEPS[spec.supplier(name).flow], party_with(sent)

    def respond(request: Request, memory: Memory) -> tuple[Reply, Memory]:
        nonlocal answers
        if any(question.begins for question in request.questions):
            at_home = flow.sends_rows and flow.compares_at_home
            real = _named(name, workspace_of, spec, fold, source) if at_home else sent
            answers = party_with(real, comparer_of(spec, fold, study.candidates))
            memory = memory.ended() if flow.sends_rows else memory
        return answers(request, memory)

    return respond


def notes_of(spec: StudySpec, fold: Fold, sources: Mapping[str, Source], result: Fitted) -> tuple[Note, ...]:
    """Return what of the suppliers' tables the release does not show, for whoever holds them all.

    What suppliers lose who synthesize alone is told by :func:`run_study`, before their rows are learnt.
    """
    notes = [
        note for name in sorted(sources) for note in left_out_notes(spec.schema, sources[name], f"of {name}")
    ]
    tables = _tables(spec, fold, sources, _compared_table)
    return (*notes, *result.model.notes(tuple(tables.values()), settings_of(spec).min_cell))


def sent_tables(
    spec: StudySpec, fold: Fold, sources: Mapping[str, Source], tell: Callable[[Note], None] = _untold
) -> dict[PartyId, Workspace]:
    """Return each supplier's rows as a fit sees them: where it synthesizes alone, its synthetic ones."""
    return _tables(spec, fold, sources, partial(_table, tell=tell))


def _tables(
    spec: StudySpec,
    fold: Fold,
    sources: Mapping[str, Source],
    table: Callable[[StudySpec, Fold, str, Source], Workspace],
) -> dict[PartyId, Workspace]:
    return {PartyId(name): _named(name, table, spec, fold, name, source) for name, source in sources.items()}


def _named(name: str, read: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Read a supplier's rows; whatever is wrong with them is told with its name."""
    try:
        return read(*given, **named)
    except SynclineError as error:
        raise StudyFailed(f"supplier {name!r}: {error}") from error


def _compared_table(spec: StudySpec, fold: Fold, name: str, source: Source) -> Workspace:
    """Return a supplier's real rows where they are compared."""
    return (
        workspace_of(spec, fold, source)
        if STEPS[spec.supplier(name).flow].compares_at_home
        else _table(spec, fold, name, source)
    )


def _table(
    spec: StudySpec, fold: Fold, name: str, source: Source, *, tell: Callable[[Note], None] = _untold
) -> Workspace:
    """Return a supplier's rows where its flow has them: at the supplier, or unpacked at the hub."""
    flow = spec.supplier(name).flow
    if not STEPS[flow].sends_rows:
        return workspace_of(spec, fold, source)
    sent = ship(spec, fold, flow, source, Seed(secrets.token_bytes(32)))
    for note in sent.notes:
        tell(note.at(name))
    return Workspace(unpack_shipment(spec, fold, flow, sent.content, name))


def seed_of(spec: StudySpec) -> Seed:
    """Return the specification's seed, or 256 secret bits."""
    given = spec.synthesizer.seed
    return Seed(secrets.token_bytes(32)) if given is None else Seed.of_number(given)


def release_study(
    spec: StudySpec,
    fold: Fold,
    sources: Mapping[str, Source],
    outcome: StudyOutcome,
    seed: Seed,
    stages: list[str],
    out: Path,
) -> WrittenRelease:
    """Write the release into the empty directory ``out``, signed with a key made for this run alone."""
    roster = [RosterEntry.of(spec, name, _participation(sources[name])) for name in spec.supplier_names]
    rounds = [RoundRecord(number, stage) for number, stage in enumerate(stages)]
    salt_from = SIMULATED_SALT if fold.salt != spec.salt else STATED
    holdout = HoldoutRecord(float(fold.fraction), salt_from, hashlib.sha256(fold.salt).hexdigest())
    seed_sha256 = seed_commitment(seed)
    facts = facts_of(
        spec, "simulated", roster, rounds, seed_commitment=seed_sha256, holdout=holdout, run=SIMULATED
    )
    assessment = outcome.assessment
    document = None if assessment is None else assessment.document()
    written = write_release(out, spec, outcome.fitted, seed, roster, provenance_of(facts), document)
    said = None if assessment is None else assessment.gate
    gate = None if said is None else GateRecord.of(spec.release.gate, said.passed, said.reasons)
    facts = replace(facts, content_sha256=written.content_sha256, gate=gate)
    write_manifest(out, facts, ed25519.Ed25519PrivateKey.generate())
    return written


def _participation(source: Source) -> Participation:
    """Return how a simulated supplier takes part: by the flow asked for, with its preparation."""
    return Participation(None, source.preparation.digest if isinstance(source, PreparedView) else None)


def check_suppliers(spec: StudySpec, given: Collection[str]) -> None:
    """Refuse suppliers that the study does not name, and a study whose suppliers are not all given."""
    extra = sorted(set(given) - set(spec.supplier_names))
    absent = sorted(set(spec.supplier_names) - set(given))
    if extra:
        raise UsageError(
            f"--supplier {extra[0]}: the study names no such supplier;"
            f" it names {', '.join(spec.supplier_names)}"
        )
    if absent:
        more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
        lacking = f"supplier{'s' if len(absent) > 1 else ''} {', '.join(absent[:_NAMED])}{more}"
        options = " ".join(f"--supplier {name}=DATA" for name in absent[:_NAMED])
        raise UsageError(f"no data is given for {lacking} of the study {spec.study}; add {options}")
