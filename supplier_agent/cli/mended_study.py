"""``supplier-agent studies retry``: what stood against a study here is mended, and it goes on."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplier_agent.cli.known_studies import Study
from supplier_agent.cli.options import AsJson, Home, existing_home
from supplier_agent.cli.own_data import fit_here, fit_lines
from supplier_agent.consent.decision import Seal, amend_preparation
from supplier_agent.consent.study_record import ConsentState, StudyRecord, known_study, require_study
from supplier_agent.datasets.catalogue import list_datasets
from supplier_agent.home import ENROL, AgentHome
from supplier_agent.tasks.journal import microseconds, open_journal
from supplier_agent.tasks.round_record import RoundState, ask_again, last_answered, list_rounds
from syncline.cli.table import print_json
from syncline.cli.terminal import say
from syncline.clock import SystemClock
from syncline.durable.audit_table import AuditLog
from syncline.errors import DataError, PolicyRefusal, UsageError
from syncline.wire.membership import load_membership

if TYPE_CHECKING:
    from supplier_agent.tasks.standing_policy import PolicyAssessment


@dataclass(frozen=True, slots=True)
class _Declined:
    """A study of which rounds were declined here, and whether others were answered before."""

    study: StudyRecord
    rounds: tuple[int, ...]
    has_answered: bool


def retry(
    study: Study,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Let a study go on whose round was declined here, once the data, preparation or policy is mended.

    The running agent asks the hub to offer the round again; no approval of anybody is needed anew.
    """
    place, clock = existing_home(home), SystemClock()
    member = load_membership(place.identity, ENROL)
    with open_journal(place) as journal:
        declined = journal.read_now(lambda connection: _declined(connection, study))
    terms = _terms(place, member.name, declined)
    _require_fit(place, declined, terms, quiet=as_json)
    key = member.signing_key()
    seal = Seal(key, AuditLog(key, clock), member.name)

    def write(connection: sqlite3.Connection) -> None:
        found = _declined(connection, declined.study.study_id)
        now_us = microseconds(clock)
        if _is_prepared_anew(found, terms):
            amend_preparation(connection, seal, found.study, terms.preparation, now_us)
        for number in found.rounds:
            ask_again(connection, found.study.study_id, number)
            seal.audit.append(connection, "round-mended", {"study": found.study.study_id, "round": number})

    with open_journal(place) as journal:
        journal.write_now(write)
    if as_json:
        print_json({"study_id": declined.study.study_id, "rounds": list(declined.rounds)})
        return
    say(f"study {declined.study.name}: the running agent asks the hub to offer its round again")


def _declined(connection: sqlite3.Connection, text: str) -> _Declined:
    found = require_study(connection, text)
    record = known_study(connection, found.study_id)
    if record.state is not ConsentState.APPROVED:
        raise UsageError(
            f"study {record.name} is {record.state.value} here: nothing of it can be tried again"
        )
    rounds = tuple(
        one.round for one in list_rounds(connection, record.study_id) if one.state is RoundState.DECLINED
    )
    if not rounds:
        raise UsageError(f"study {record.name}: no round of it was declined here; nothing is to be mended")
    return _Declined(record, rounds, last_answered(connection, record.study_id) is not None)


def _terms(home: AgentHome, supplier: str, declined: _Declined) -> PolicyAssessment:
    """Return on which terms the study is answered now; raise what the policy or the data sets say against."""
    from supplier_agent.tasks.standing_policy import Agreed, assess
    from syncline.study.spec import StudySpec

    with open_journal(home) as journal:
        datasets = journal.read_now(list_datasets)
    record = declined.study
    spec = StudySpec.from_canonical(record.specification)
    found = assess(home.policy, supplier, spec, "", datasets, Agreed(record.flow))
    if found.refusals:
        raise PolicyRefusal(
            f"{home.policy} does not permit study {record.name} now: {'; '.join(found.refusals)}"
        )
    if declined.has_answered and _is_prepared_anew(declined, found):
        raise UsageError(
            f"study {record.name}: rounds were answered with the preparation that was approved, and the data"
            " set has another one now: add it as it was, or refuse the study"
        )
    return found


def _is_prepared_anew(declined: _Declined, terms: PolicyAssessment) -> bool:
    approved = declined.study.preparation
    return approved is not None and approved != (terms.preparation or "")


def _require_fit(home: AgentHome, declined: _Declined, terms: PolicyAssessment, *, quiet: bool) -> None:
    """Raise where the data does not fit yet; of a study that has counted it, it has not changed."""
    if declined.has_answered:
        return
    fit = fit_here(home, declined.study.specification, terms)
    for line in () if quiet else fit_lines(fit):
        say(line)
    if fit is not None and fit.faults:
        raise DataError(
            f"study {declined.study.name}: the data here does not fit it yet: {'; '.join(fit.faults)}"
        )
