"""``supplier-agent studies``: what was proposed, what would leave, and a person's yes or no."""

from __future__ import annotations

import sqlite3
from typing import Annotated

import typer

from supplier_agent.cli.options import AsJson, Home, existing_home
from supplier_agent.consent.decision import BY_PERSON, Seal, Verdict, decide
from supplier_agent.consent.study_record import StudyRecord, known_study, list_studies, require_study
from supplier_agent.datasets.catalogue import list_datasets
from supplier_agent.home import ENROL, AgentHome
from supplier_agent.tasks.journal import microseconds, open_journal
from supplier_agent.tasks.round_record import RoundRecord, RoundState, list_rounds
from syncline.cli.table import print_json, print_table, shown_time
from syncline.clock import SystemClock
from syncline.compute.frames import Json
from syncline.durable.audit import AuditLog
from syncline.errors import PolicyRefusal, UsageError
from syncline.wire.membership import load_membership
from syncline.wire.messages import Decision

studies = typer.Typer(help="See what is proposed, and decide.", no_args_is_help=True, rich_markup_mode=None)
Study = Annotated[str, typer.Argument(help="A study's id, its name, or the start of its digest.")]


@studies.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List the studies that were proposed, the newest first."""
    with open_journal(existing_home(home)) as journal:
        known = journal.read_now(list_studies)
    if as_json:
        print_json([_described(study) for study in known])
        return
    rows = [
        (study.study_id, study.name, study.state.value, study.researcher, shown_time(study.received_us))
        for study in known
    ]
    print_table(("ID", "NAME", "STATE", "RESEARCHER", "PROPOSED"), rows, "No study was proposed yet.")


@studies.command()
def show(study: Study, home: Home = None, as_json: AsJson = False) -> None:
    """Show in plain words what a study asks for, and what would leave."""
    from supplier_agent.cli.raw_columns import raw_columns_in_words
    from supplier_agent.consent.portrait import portray
    from syncline.study.spec import StudySpec

    place = existing_home(home)
    supplier = load_membership(place.identity, ENROL).name
    with open_journal(place) as journal:
        record = journal.read_now(lambda connection: require_study(connection, study))
        rounds = journal.read_now(lambda connection: list_rounds(connection, record.study_id))
    if as_json:
        answered: list[Json] = [_described_round(item) for item in rounds]
        print_json({**_described(record), "rounds": answered})
        return
    spec = StudySpec.from_canonical(record.specification)
    with open_journal(place) as journal:
        sent = journal.read_now(lambda connection: raw_columns_in_words(connection, spec, supplier))
    for line in portray(record, spec, supplier, sent=sent):
        typer.echo(line)
    done = [item for item in rounds if item.state is RoundState.ANSWERED]
    typer.echo(f"Answered    {len(done)} rounds, {sum(item.reply_size or 0 for item in done)} bytes")
    for item in rounds:
        if item.state is RoundState.DECLINED:
            typer.echo(f"Declined    round {item.round}: {item.decline_detail or item.decline_reason}")


@studies.command()
def approve(
    study: Study,
    reason: Annotated[str, typer.Option("--reason", help="A sentence for the record.")] = "",
    digest: Annotated[str, typer.Option("--digest", help="Only the study of this digest.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Approve a study, by the digest of its specification; the running agent sends it signed."""
    _decide(existing_home(home), study, Decision.APPROVE, reason, as_json, digest)


@studies.command()
def refuse(
    study: Study,
    reason: Annotated[str, typer.Option("--reason", help="A sentence for the researcher.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a study, or withdraw an approval: no round is answered after that."""
    _decide(existing_home(home), study, Decision.REFUSE, reason, as_json)


def _decide(
    home: AgentHome, study: str, decision: Decision, reason: str, as_json: bool, digest: str = ""
) -> None:
    from supplier_agent.cli.raw_columns import against_raw_columns
    from supplier_agent.tasks.standing_policy import assess
    from syncline.study.spec import StudySpec

    clock = SystemClock()
    member = load_membership(home.identity, ENROL)
    key = member.signing_key()
    seal = Seal(key, AuditLog(key, clock))
    verdict = Verdict(decision, reason or f"{decision.value}d by a person", BY_PERSON)

    def write(connection: sqlite3.Connection) -> StudyRecord:
        record = require_study(connection, study)
        _require_digest(record, digest)
        if not as_json:
            typer.echo(f"to {decision.value}: study {record.name}, digest {record.specification_sha256}")
        if decision is Decision.APPROVE:
            spec = StudySpec.from_canonical(record.specification)
            found = assess(home.policy, member.name, spec, "", list_datasets(connection))
            refusals = found.refusals or against_raw_columns(connection, home.policy, spec, member.name)
            if refusals:
                raise PolicyRefusal(f"{home.policy} does not permit this study: {'; '.join(refusals)}")
        decide(connection, seal, record, verdict, microseconds(clock))
        return known_study(connection, record.study_id)

    with open_journal(home) as journal:
        decided = journal.write_now(write)
    if as_json:
        print_json(_described(decided))
        return
    typer.echo(f"study {decided.name} is {decided.state.value}")
    typer.echo("the running agent sends the signed decision to the hub")


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
        "decision_delivered": study.decision_delivered,
        "received_us": study.received_us,
        "decided_us": study.decided_us,
        "ended_us": study.ended_us,
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
