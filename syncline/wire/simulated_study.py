"""A whole study in one process: the same protocol, every hop encoded and decoded, and the same release."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import ParamSpec, TypeVar

from cryptography.hazmat.primitives.asymmetric import ed25519

from syncline.compute.frames import Json
from syncline.data.note import Note
from syncline.errors import StudyFailed, SynclineError, UsageError
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_view import PreparedView
from syncline.protocols.asking import Answering, Memory, Request
from syncline.protocols.simulation import Traffic, simulate
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.questions.known import Known
from syncline.questions.workspace import Workspace
from syncline.sources.source import Source
from syncline.study.approvals import SIMULATED, GateRecord
from syncline.study.comparer_scope import comparer_of
from syncline.study.comparing import assess_study, comparison_of
from syncline.study.fitting import people_of, settings_of, simulated_fold, workspace_of
from syncline.study.flow import STEPS
from syncline.study.holdout import STATED
from syncline.study.local_parties import is_pooled
from syncline.study.manifest import HoldoutRecord, ReleaseFacts, RosterEntry, RoundRecord, write_manifest
from syncline.study.participation import Participation, flows_asked
from syncline.study.pooled import Pooled, pool
from syncline.study.release import WrittenRelease, write_release
from syncline.study.shipment import unpack_shipment
from syncline.study.shipping import ship
from syncline.study.spec import StudySpec
from syncline.synthesizers.computed_columns import computed_notes
from syncline.synthesizers.fit import Fit
from syncline.synthesizers.neighbours import wide_notes
from syncline.synthesizers.phases.phase import Fitted
from syncline.synthesizers.streams import Seed
from syncline.synthesizers.untold_values import left_out_notes, untold_notes
from syncline.validation.federated.assessment import Assessment
from syncline.validation.federated.comparison import Evidence, State
from syncline.version import ALGORITHM_VERSION, __version__
from syncline.wire.exchange import MemoryCodec, ReplyCodec, RequestCodec, hops_of

_NAMED = 12
"""Suppliers without data that a sentence names."""

SIMULATED_SALT = "of the run in one process that wrote this"
"""Where the salt of a simulated study comes from, for people, unless the specification states it."""

_SALT_LABEL = b"syncline/salt-of-seed/1\x00"

P = ParamSpec("P")
T = TypeVar("T")

_DEPENDENCIES = ("numpy", "pandas", "pyarrow", "pydantic", "cryptography")


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


def _unheard(note: Note) -> None:
    """Tell nobody."""


def fit_study(
    spec: StudySpec,
    fold: Fold,
    sources: Mapping[str, Source],
    listen: Callable[[Traffic], None] | None = None,
    tell: Callable[[Note], None] = _unheard,
) -> Fitted | Pooled:
    """Fit the study's model over its suppliers' sources; pool their tables where all synthesize alone.

    ``tell`` hears what the rows of suppliers who synthesize alone do not show of their real ones.
    """
    check_suppliers(spec, sources)
    settings = settings_of(spec)
    tables = _tables(spec, fold, sources, partial(_table, tell=tell))
    if is_pooled(flows_asked(spec), tables):
        return pool(settings, tables)
    return simulate(Fit(settings), Answering(), tables, hops_of(settings), Memory(), listen)


def compare_study(
    spec: StudySpec,
    fold: Fold,
    sources: Mapping[str, Source],
    result: Fitted | Pooled,
    seed: Seed,
    listen: Callable[[Traffic], None] | None = None,
) -> Assessment | None:
    """Compare the table that ``result`` and ``seed`` give with all suppliers' rows; None where none is asked.

    Every hop is encoded and decoded, as in :func:`fit_study`.
    """
    if spec.validation is None:
        return None
    tables = _tables(spec, fold, sources, _compared_table)
    comparison, requests, replies = comparison_of(spec, fold, result, seed), RequestCodec(), ReplyCodec()
    comparers = {name: comparer_of(spec, fold, {comparison.digest: comparison.candidate}) for name in tables}
    memories = dict.fromkeys(tables, MemoryCodec().encode(Memory()))
    transition: Continue[State, Request] | Finish[Evidence] = comparison.start(0, _known_of(spec, result))
    while isinstance(transition, Continue):
        request, answers = requests.encode(transition.request), {}
        for name in sorted(tables):
            memory = MemoryCodec().decode(memories[name])
            answering = Answering(comparers[name])
            reply, after = answering.respond(requests.decode(request), tables[name], memory)
            answers[name], memories[name] = replies.encode(reply), MemoryCodec().encode(after)
        if listen is not None:
            listen(Traffic(transition.stage, len(request), sum(map(len, answers.values()))))
        decoded = {name: replies.decode(content) for name, content in answers.items()}
        transition = comparison.step(requests.decode(request), transition.state, decoded)
    return assess_study(spec, result, comparison, transition.result)


def notes_of(
    spec: StudySpec, fold: Fold, sources: Mapping[str, Source], result: Fitted | Pooled
) -> tuple[Note, ...]:
    """Return what of the suppliers' tables the release does not show, for whoever holds them all.

    What suppliers lose who synthesize alone is told by :func:`fit_study`, before their rows are learnt.
    """
    notes = [
        note for name in sorted(sources) for note in left_out_notes(spec.schema, sources[name], f"of {name}")
    ]
    if isinstance(result, Fitted):
        tables = _tables(spec, fold, sources, _compared_table)
        minimum = settings_of(spec).min_cell
        notes += wide_notes(result.model.method, len(result.model.columns))
        notes += computed_notes(tuple(tables.values()), result.model)
        notes += untold_notes(tables.values(), result.model, minimum)
    return tuple(notes)


def _known_of(spec: StudySpec, result: Fitted | Pooled) -> dict[PartyId, Known]:
    """Return what a fit said of the suppliers whose same rows are compared."""
    if isinstance(result, Pooled):
        return {}
    return {
        party: Known(sizes=own.sizes)
        for party, own in result.known.items()
        if STEPS[spec.supplier(party).flow].compares_what_it_fits
    }


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
    spec: StudySpec, fold: Fold, name: str, source: Source, *, tell: Callable[[Note], None] = _unheard
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
    result: Fitted | Pooled,
    seed: Seed,
    assessment: Assessment | None,
    stages: list[str],
    out: Path,
) -> WrittenRelease:
    """Write the release into the empty directory ``out``, signed with a key made for this run alone."""
    roster = tuple(RosterEntry.of(spec, name, _participation(sources[name])) for name in spec.supplier_names)
    commitment = hashlib.sha256(seed.secret).hexdigest()
    salt_from = SIMULATED_SALT if fold.salt != spec.salt else STATED
    holdout = HoldoutRecord(float(fold.fraction), salt_from, hashlib.sha256(fold.salt).hexdigest())
    provenance: dict[str, Json] = {
        "study": spec.study,
        "specification_sha256": spec.digest,
        "software_version": __version__,
        "algorithm_version": ALGORITHM_VERSION,
        "seed_commitment": commitment,
        "holdout": holdout.to_report(),
        "roster": list(spec.supplier_names),
        "rounds": [{"number": number, "stage": stage} for number, stage in enumerate(stages)],
        "run": "simulated in one process",
    }
    document = None if assessment is None else assessment.document()
    written = write_release(out, spec, result, seed, roster, provenance, document)
    facts = ReleaseFacts(
        study_id="simulated",
        study=spec.study,
        specification_sha256=spec.digest,
        schema_sha256=spec.schema.digest,
        parameters=spec.parameters(),
        software_version=__version__,
        algorithm_version=ALGORITHM_VERSION,
        dependencies={name: version(name) for name in _DEPENDENCIES},
        roster=roster,
        rounds=tuple(RoundRecord(number, stage) for number, stage in enumerate(stages)),
        seed_commitment=commitment,
        content_sha256=written.content_sha256,
        run=SIMULATED,
        gate=_gate(spec, assessment),
        holdout=holdout,
    )
    write_manifest(out, facts, ed25519.Ed25519PrivateKey.generate())
    return written


def _gate(spec: StudySpec, assessment: Assessment | None) -> GateRecord | None:
    """Return what the gate said, None where the study runs none."""
    limits = spec.release.gate
    if limits is None or assessment is None:
        return None
    said = assessment.gate
    return GateRecord(limits.alpha, limits.tolerated, said.passed, said.reasons)


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
