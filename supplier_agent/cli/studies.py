"""``supplier-agent studies``: what was proposed, what would leave, and a person's yes or no."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from supplier_agent.cli.mended_study import retry
from supplier_agent.cli.options import AsJson, Home, existing_home
from supplier_agent.cli.own_data import InSpite, confirm_misfit, fit_here, fit_lines
from supplier_agent.consent.decision import BY_PERSON, STATES, Seal, Verdict, decide
from supplier_agent.consent.earlier_studies import Resemblance, earlier_studies, resemblance
from supplier_agent.consent.study_record import (
    UNJUDGED,
    StudyRecord,
    StudyState,
    check_move,
    known_study,
    list_studies,
    require_study,
)
from supplier_agent.datasets.catalogue import Dataset, choose_dataset, list_datasets
from supplier_agent.home import ENROL, AgentHome
from supplier_agent.tasks.journal import microseconds, open_journal
from supplier_agent.tasks.round_record import RoundRecord, RoundState, list_rounds
from syncline.cli.command_app import group
from syncline.cli.confirmation import Yes
from syncline.cli.table import print_json, print_table, shown_time
from syncline.cli.terminal import require_yes, say
from syncline.clock import SystemClock
from syncline.compute.frames import Json
from syncline.durable.audit import AuditLog
from syncline.errors import DataError, PolicyRefusal, PolicyUnreadable, UsageError
from syncline.study.flow import DataFlow
from syncline.study.participation import AS_ASKED
from syncline.wire.membership import load_membership
from syncline.wire.messages import Decision

if TYPE_CHECKING:
    from supplier_agent.tasks.standing_policy import Assessment
    from syncline.study.data_fit import DataFit
    from syncline.study.spec import StudySpec

studies = group("See what is proposed, and decide.")
studies.command("retry")(retry)
Study = Annotated[str, typer.Argument(help="A study's id, its name, or the start of its digest.")]


@studies.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List the studies that were proposed, the newest first."""
    from supplier_agent.tasks.standing_policy import policy_fault

    place = existing_home(home)
    with open_journal(place) as journal:
        known = journal.read_now(list_studies)
    if as_json:
        print_json([_described(study) for study in known])
        return
    reads = not any(study.is_open for study in known) or not policy_fault(place.policy)
    rows = [
        (study.study_id, study.name, _state(study, reads), study.researcher, shown_time(study.received_us))
        for study in known
    ]
    print_table(("ID", "NAME", "STATE", "RESEARCHER", "PROPOSED"), rows, "No study was proposed yet.")


@studies.command()
def show(
    study: Study,
    data: Annotated[
        bool, typer.Option("--data/--no-data", help="Whether the data here is read, to see if it fits.")
    ] = True,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show in plain words what a study asks for, what would leave, and whether the data here fits it."""
    from supplier_agent.cli.raw_columns import raw_columns_in_words
    from supplier_agent.consent.conditions import conditions_to_json
    from supplier_agent.consent.portrait import portray
    from syncline.study.spec import StudySpec

    place = existing_home(home)
    supplier = load_membership(place.identity, ENROL).name
    with open_journal(place) as journal:
        record = journal.read_now(lambda connection: require_study(connection, study))
        rounds = journal.read_now(lambda connection: list_rounds(connection, record.study_id))
        datasets = journal.read_now(list_datasets)
        like = journal.read_now(lambda connection: _like(connection, record))
    spec = StudySpec.from_canonical(record.specification)
    terms = _terms(place, record, spec, supplier, datasets)
    people = _people(spec, supplier, datasets)
    fit = _fit(place, record, supplier, datasets) if data and record.is_open else None
    if as_json:
        answered: list[Json] = [_described_round(item) for item in rounds]
        asked_for = {"conditions": conditions_to_json(spec)}
        told: dict[str, Json] = {
            "people": people,
            "asks_like": None if like is None else asdict(like),
            "data": None if fit is None else {"fits": not fit.faults, **fit.to_json()},
        }
        print_json({**_described(record), **asdict(terms), **asked_for, **told, "rounds": answered})
        return
    with open_journal(place) as journal:
        sent = journal.read_now(
            lambda connection: raw_columns_in_words(
                connection, place.policy, spec, supplier, terms.flow or terms.flow_asked
            )
        )
    words = None if like is None else str(like)
    terms_of = terms.flow, terms.preparation_sha256
    for line in portray(record, spec, supplier, *terms_of, sent=sent, people=people, like=words):
        say(line)
    for line in fit_lines(fit, record.hazards):
        say(line)
    _show_rounds(record, rounds)


@studies.command()
def salt(study: Study, home: Home = None, as_json: AsJson = False) -> None:
    """Print the salt by which a study held persons out, for an auditor: 'syncline simulate --salt'."""
    with open_journal(existing_home(home)) as journal:
        record = journal.read_now(lambda connection: require_study(connection, study))
    if record.salt is None:
        raise UsageError(
            f"study {record.name}: this supplier knows no salt of it: it is drawn once all have approved"
        )
    if as_json:
        print_json({"study_id": record.study_id, "salt": record.salt.hex()})
        return
    say(record.salt.hex())


@studies.command()
def approve(
    study: Study,
    reason: Annotated[str, typer.Option("--reason", help="A sentence for the record.")] = "",
    digest: Annotated[str, typer.Option("--digest", help="Only the study of this digest.")] = "",
    yes: Yes = False,
    in_spite: InSpite = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Approve a study, by the digest of its specification. The agent sends it.

    The data here is held against the study first; one that it does not fit needs a word. Asks before rows
    leave.
    """
    _decide(existing_home(home), study, Decision.APPROVE, reason, as_json, digest, yes=yes, in_spite=in_spite)


@studies.command()
def refuse(
    study: Study,
    reason: Annotated[str, typer.Option("--reason", help="A sentence for the researcher.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a study, or withdraw an approval: no round is answered after that."""
    _decide(existing_home(home), study, Decision.REFUSE, reason, as_json)


def _show_rounds(record: StudyRecord, rounds: list[RoundRecord]) -> None:
    """Print how many rounds were answered here, and which were declined, why, and what helps."""
    done = [item for item in rounds if item.state is RoundState.ANSWERED]
    say(f"Answered      {len(done)} rounds, {sum(item.reply_size or 0 for item in done)} bytes")
    for item in rounds:
        if item.state is RoundState.DECLINED:
            say(f"Declined      round {item.round}: {item.decline_detail or item.decline_reason}")
            if record.state is StudyState.APPROVED:
                say(f"              when it is mended: supplier-agent studies retry {record.study_id}")


def _like(connection: sqlite3.Connection, record: StudyRecord) -> Resemblance | None:
    """Return the study that was approved or run here before and asks most like this one, if any does."""
    earlier = earlier_studies(connection, record.study_id, record.received_us)
    return resemblance(connection, record.specification, earlier)


def _people(spec: StudySpec, supplier: str, datasets: list[Dataset]) -> int | None:
    """Return how many persons the study's data set has here, where it was counted as the study would."""
    wanted = next((entry.dataset for entry in spec.suppliers if entry.name == supplier), None)
    try:
        dataset = choose_dataset(datasets, wanted)
    except DataError:
        return None
    told_apart = None if spec.schema.person is None else spec.schema.person.name
    return dataset.people if dataset.person == told_apart else None


@dataclass(frozen=True, slots=True)
class _Terms:
    """The flow that is asked for, the one that is answered if any, and the preparation's digest."""

    flow_asked: DataFlow | None
    flow: DataFlow | None
    preparation_sha256: str | None


def _terms(
    home: AgentHome, record: StudyRecord, spec: StudySpec, supplier: str, datasets: list[Dataset]
) -> _Terms:
    """Return on which terms a study was approved or, before a decision, would be."""
    from supplier_agent.tasks.standing_policy import assess

    asked = next((entry.flow for entry in spec.suppliers if entry.name == supplier), None)
    if record.state is StudyState.WAITING:
        try:
            found = assess(home.policy, supplier, spec, "", datasets)
        except PolicyUnreadable:
            return _Terms(asked, None, None)
        return _Terms(asked, found.flow, found.preparation)
    if record.state is StudyState.REFUSED or record.decided_by is None:
        return _Terms(asked, None, None)
    return _Terms(asked, record.flow or asked, record.preparation or None)


def _decide(
    home: AgentHome,
    study: str,
    decision: Decision,
    reason: str,
    as_json: bool,
    digest: str = "",
    *,
    yes: bool = False,
    in_spite: bool = False,
) -> None:
    clock = SystemClock()
    member = load_membership(home.identity, ENROL)
    key = member.signing_key()
    seal = Seal(key, AuditLog(key, clock), member.name)
    words = reason or f"{decision.value}d by a person"

    def read(connection: sqlite3.Connection) -> tuple[StudyRecord, Assessment | None]:
        record = require_study(connection, study)
        _require_digest(record, digest)
        check_move(record, STATES[decision])
        if not as_json:
            say(f"to {decision.value}: study {record.name}, digest {record.specification_sha256}")
            if like := _like(connection, record):
                say(f"asks alike: {like}")
        if decision is not Decision.APPROVE:
            return record, None
        return record, _permitted(home, member.name, record, connection, as_json)

    def write(connection: sqlite3.Connection) -> StudyRecord:
        record = require_study(connection, shown.study_id)
        check_move(record, STATES[decision])
        if terms is not None and terms != _permitted(home, member.name, record, connection, as_json=True):
            raise UsageError("policy: it changed during this command; nothing was approved: try again")
        agreed = AS_ASKED if terms is None else terms.participation
        decide(connection, seal, record, Verdict(decision, words, BY_PERSON, agreed), now_us)
        return known_study(connection, record.study_id)

    with open_journal(home) as journal:
        shown, terms = journal.read_now(read)
        if terms is not None:
            _tell_fit(home, shown, terms, as_json=as_json, in_spite=in_spite)
        if terms is not None and not digest:
            _confirm_rows(shown, terms.flow, yes=yes)
        now_us = microseconds(clock)
        decided = journal.write_now(write)
    if as_json:
        print_json(_described(decided))
        return
    say(f"study {decided.name} is {decided.state.value}")
    say("the running agent sends the signed decision to the hub")


def _fit(home: AgentHome, record: StudyRecord, supplier: str, datasets: list[Dataset]) -> DataFit | None:
    """Hold the data here against a study that is open; None where no data set is meant."""
    from supplier_agent.tasks.standing_policy import assess
    from syncline.study.spec import StudySpec

    try:
        terms = assess(home.policy, supplier, StudySpec.from_canonical(record.specification), "", datasets)
    except PolicyUnreadable:
        return None
    return fit_here(home, record.specification, terms)


def _tell_fit(
    home: AgentHome, record: StudyRecord, terms: Assessment, *, as_json: bool, in_spite: bool
) -> None:
    """Say whether the data here fits; raise unless it does, or a person goes on in spite of that."""
    fit = fit_here(home, record.specification, terms)
    if fit is None:
        return
    for line in () if as_json else fit_lines(fit, record.hazards):
        say(line)
    confirm_misfit(fit, record.name, in_spite=in_spite)


def _confirm_rows(record: StudyRecord, flow: DataFlow | None, *, yes: bool) -> None:
    """Ask before an approval by which rows leave, real or synthetic: they cannot be called back."""
    if flow is not DataFlow.SUMMARIES:
        require_yes(
            f"study {record.name}: an approval sends rows to the hub (flow {flow}), which cannot be called"
            " back; approve it?",
            yes=yes,
            remedy="read 'supplier-agent studies show', and give its digest as --digest, or --yes",
        )


def _permitted(
    home: AgentHome, supplier: str, record: StudyRecord, connection: sqlite3.Connection, as_json: bool
) -> Assessment:
    """Return on which terms this supplier takes part, and tell a person what leaves; raise a refusal."""
    from supplier_agent.cli.raw_columns import against_raw_columns
    from supplier_agent.consent.portrait import flow_words, leaving_words, preparation_words
    from supplier_agent.tasks.standing_policy import assess
    from syncline.study.spec import StudySpec

    spec = StudySpec.from_canonical(record.specification)
    found = assess(home.policy, supplier, spec, "", list_datasets(connection))
    refusals = found.refusals or against_raw_columns(connection, home.policy, spec, supplier, found.flow)
    if refusals or found.asked is None or found.flow is None:
        raise PolicyRefusal(f"{home.policy} does not permit this study: {'; '.join(refusals)}")
    if not as_json:
        say(flow_words(found.asked, found.flow))
        say(f"leaves: {leaving_words(found.flow)}")
        if found.preparation is not None:
            say(f"preparation: {preparation_words(found.preparation)}")
    return found


def _state(study: StudyRecord, policy_reads: bool) -> str:
    """Return a study's state, and that the policy cannot be read where that is what an open one waits for."""
    if study.is_unjudged or (study.is_open and not policy_reads):
        return f"{study.state.value}: {UNJUDGED}"
    return study.state.value


def _require_digest(record: StudyRecord, digest: str) -> None:
    if digest and digest != record.specification_sha256:
        raise UsageError(
            f"--digest: the study {record.name} has another digest, {record.specification_sha256}:"
            " read 'supplier-agent studies show' before you approve it"
        )


def _described(study: StudyRecord) -> dict[str, Json]:
    return {
        "study_id": study.study_id,
        "name": study.name,
        "state": study.state.value,
        "reason": study.reason,
        "decided_by": study.decided_by,
        "researcher": study.researcher,
        "specification_sha256": study.specification_sha256,
        "preparation_sha256": study.preparation or None,
        "decision_delivered": study.decision_delivered,
        "received_us": study.received_us,
        "decided_us": study.decided_us,
        "ended_us": study.ended_us,
        "hazards": list(study.hazards),
    }


def _described_round(record: RoundRecord) -> dict[str, Json]:
    return {
        "round": record.round,
        "state": record.state.value,
        "request_sha256": record.request_sha256,
        "reply_sha256": record.reply_sha256,
        "reply_bytes": record.reply_size,
        "delivered": record.delivered,
        "reason": record.decline_reason,
        "detail": record.decline_detail,
    }
