"""``supplier-agent studies``: what was proposed, what would leave, and whether the data here fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from supplier_agent.cli.known_studies import Study, described, most_alike
from supplier_agent.cli.mended_study import retry
from supplier_agent.cli.options import AsJson, Home, existing_home
from supplier_agent.cli.own_data import fit_here, fit_lines
from supplier_agent.cli.study_decision import approve, refuse
from supplier_agent.consent.study_record import (
    UNJUDGED,
    ConsentState,
    StudyRecord,
    list_studies,
    require_study,
)
from supplier_agent.datasets.catalogue import Dataset, choose_dataset, list_datasets
from supplier_agent.home import ENROL, AgentHome
from supplier_agent.tasks.journal import open_journal
from supplier_agent.tasks.round_record import AnsweredRound, RoundState, list_rounds
from syncline.cli.command_app import group
from syncline.cli.table import print_json, print_table, shown_time
from syncline.cli.terminal import say
from syncline.compute.frames import Json
from syncline.errors import DataError, PolicyUnreadable, UsageError
from syncline.study.flow import DataFlow
from syncline.wire.membership import load_membership

if TYPE_CHECKING:
    from syncline.study.data_fit import DataFit
    from syncline.study.spec import StudySpec

studies = group("See what is proposed, and decide.")
for command in (approve, refuse, retry):
    studies.command()(command)


@studies.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List the studies that were proposed, the newest first."""
    from supplier_agent.tasks.standing_policy import policy_fault

    place = existing_home(home)
    with open_journal(place) as journal:
        known = journal.read_now(list_studies)
    if as_json:
        print_json([described(study) for study in known])
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
    from supplier_agent.consent.approval_summary import portray
    from supplier_agent.consent.conditions import conditions_to_json
    from syncline.study.questions_asked import needed_of_each
    from syncline.study.spec import StudySpec

    place = existing_home(home)
    supplier = load_membership(place.identity, ENROL).name
    with open_journal(place) as journal:
        record = journal.read_now(lambda connection: require_study(connection, study))
        rounds = journal.read_now(lambda connection: list_rounds(connection, record.study_id))
        datasets = journal.read_now(list_datasets)
        like = journal.read_now(lambda connection: most_alike(connection, record))
    spec = StudySpec.from_canonical(record.specification)
    terms = _terms(place, record, spec, supplier, datasets)
    people = _people(spec, supplier, datasets)
    fit = _fit(place, record, supplier, datasets) if data and record.state is not ConsentState.ENDED else None
    if as_json:
        answered: list[Json] = [_described_round(item) for item in rounds]
        asked_for = {"conditions": conditions_to_json(spec)}
        told: dict[str, Json] = {
            "people": people,
            "needed_of_each": [{"question": kind, "why": why} for kind, why in needed_of_each(spec)],
            "asks_like": None if like is None else asdict(like),
            "data": None if fit is None else {"fits": not fit.faults, **fit.to_json()},
        }
        print_json({**described(record), **asdict(terms), **asked_for, **told, "rounds": answered})
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
    for line in (*fit_lines(fit, record.hazards), *_note_lines(record), *_round_lines(record, rounds)):
        say(line)


@studies.command()
def salt(study: Study, home: Home = None, as_json: AsJson = False) -> None:
    """Print the salt by which a study held persons out, for an auditor: 'syncline simulate --salt'."""
    from syncline.study.contributing import deals_key
    from syncline.study.spec import StudySpec

    with open_journal(existing_home(home)) as journal:
        record = journal.read_now(lambda connection: require_study(connection, study))
    if record.salt is None:
        raise UsageError(
            f"study {record.name}: this supplier knows no salt of it: it is drawn once all have approved;"
            f" 'supplier-agent studies show {record.name}' says where the study stands"
        )
    if deals_key(StudySpec.from_canonical(record.specification)):
        say(
            f"study {record.name}: behind the salt stands the key that numbers persons: who has it and the"
            " hub's counts can look up ids, so give it to nobody but an auditor",
            err=True,
        )
    if as_json:
        print_json({"study_id": record.study_id, "salt": record.salt.hex()})
        return
    say(record.salt.hex())


def _note_lines(record: StudyRecord) -> Iterator[str]:
    """Yield what the synthetic rows that were made here do not show of the real ones."""
    for note in record.notes:
        yield f"Not shown     {note['words']}"


def _round_lines(record: StudyRecord, rounds: list[AnsweredRound]) -> Iterator[str]:
    """Yield how many rounds were answered here, and what was declined or refused, why, and what helps."""
    done = [item for item in rounds if item.state is RoundState.ANSWERED]
    yield f"Answered      {len(done)} rounds, {sum(item.reply_size or 0 for item in done)} bytes"
    for item in rounds:
        if item.state is RoundState.DECLINED:
            yield f"Declined      round {item.round}: {item.decline_detail or item.decline_reason}"
            if record.state is ConsentState.APPROVED:
                yield f"              when it is mended: supplier-agent studies retry {record.study_id}"
    if record.state is ConsentState.REFUSED and not rounds:
        remedy = f"supplier-agent studies approve {record.name}"
        yield f"After all     mend what it was refused for, and until the study ends: {remedy}"


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
    if record.state is ConsentState.WAITING:
        try:
            found = assess(home.policy, supplier, spec, "", datasets)
        except PolicyUnreadable:
            return _Terms(asked, None, None)
        return _Terms(asked, found.flow, found.preparation)
    if record.state is ConsentState.REFUSED or record.decided_by is None:
        return _Terms(asked, None, None)
    return _Terms(asked, record.flow or asked, record.preparation or None)


def _fit(home: AgentHome, record: StudyRecord, supplier: str, datasets: list[Dataset]) -> DataFit | None:
    """Hold the data here against a study that has not ended; None where no data set is meant."""
    from supplier_agent.tasks.standing_policy import assess
    from syncline.study.spec import StudySpec

    try:
        terms = assess(home.policy, supplier, StudySpec.from_canonical(record.specification), "", datasets)
    except PolicyUnreadable:
        return None
    return fit_here(home, record.specification, terms)


def _state(study: StudyRecord, policy_reads: bool) -> str:
    """Return a study's state, and that the policy cannot be read where that is what an open one waits for."""
    if study.is_unjudged or (study.is_open and not policy_reads):
        return f"{study.state.value}: {UNJUDGED}"
    return study.state.value


def _described_round(record: AnsweredRound) -> dict[str, Json]:
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
