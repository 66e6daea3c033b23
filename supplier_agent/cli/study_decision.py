"""``supplier-agent studies approve`` and ``refuse``: a person's signed word, told first what it is about."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Self

import typer

from supplier_agent.cli.known_studies import Study, described, most_alike
from supplier_agent.cli.options import AsJson, Home, existing_home
from supplier_agent.cli.own_data import InSpite, confirm_misfit, fit_here, fit_lines
from supplier_agent.consent.decision import BY_PERSON, Seal, UnsignedDecision, check_decision, decide
from supplier_agent.consent.study_record import StudyRecord, known_study, require_study
from supplier_agent.datasets.catalogue import list_datasets
from supplier_agent.home import ENROL, AgentHome
from supplier_agent.tasks.journal import microseconds, open_journal
from syncline.cli.confirmation import Yes
from syncline.cli.table import print_json
from syncline.cli.terminal import require_yes, say
from syncline.clock import SystemClock
from syncline.durable.audit_table import AuditLog
from syncline.errors import PolicyRefusal, UsageError
from syncline.study.flow import DataFlow
from syncline.wire.membership import load_membership
from syncline.wire.messages import Decision

if TYPE_CHECKING:
    from supplier_agent.tasks.standing_policy import PolicyAssessment


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
    leave. A study that was refused here is approved all the same, until it ends.
    """
    desk = _Desk.at(existing_home(home), quiet=as_json)
    with open_journal(desk.home) as journal:
        record = journal.read_now(partial(_decidable, text=study, decision=Decision.APPROVE, digest=digest))
        desk.tell(journal.read_now(partial(_about, record=record, decision=Decision.APPROVE)))
        terms = journal.read_now(partial(desk.terms, record=record))
        desk.tell(_terms_words(terms))
        desk.tell_fit(record, terms, in_spite=in_spite)
        if not digest:
            _confirm_rows(record, terms.flow, yes=yes)
        words = reason or "approved by a person"
        desk.show(journal.write_now(partial(desk.approve, record=record, terms=terms, reason=words)))


def refuse(
    study: Study,
    reason: Annotated[str, typer.Option("--reason", help="A sentence for the researcher.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a study, or withdraw an approval: no round is answered after that.

    Before the study begins, a refusal is taken back by 'studies approve', until the study ends.
    """
    desk = _Desk.at(existing_home(home), quiet=as_json)
    with open_journal(desk.home) as journal:
        record = journal.read_now(partial(_decidable, text=study, decision=Decision.REFUSE, digest=""))
        desk.tell(journal.read_now(partial(_about, record=record, decision=Decision.REFUSE)))
        words = reason or "refused by a person"
        desk.show(journal.write_now(partial(desk.refuse, record=record, reason=words)))


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where a person decides: the home, what signs there, and whether only JSON is printed."""

    home: AgentHome
    seal: Seal
    clock: SystemClock
    quiet: bool

    @classmethod
    def at(cls, home: AgentHome, *, quiet: bool) -> Self:
        """Open the desk of a home."""
        clock, member = SystemClock(), load_membership(home.identity, ENROL)
        key = member.signing_key()
        return cls(home, Seal(key, AuditLog(key, clock), member.name), clock, quiet)

    def tell(self, lines: list[str]) -> None:
        """Print what a person reads, where one does."""
        for line in () if self.quiet else lines:
            say(line)

    def terms(self, connection: sqlite3.Connection, record: StudyRecord) -> PolicyAssessment:
        """Return on which terms this supplier takes part; raise what the policy says against it."""
        from supplier_agent.cli.raw_columns import against_raw_columns
        from supplier_agent.tasks.standing_policy import assess
        from syncline.study.spec import StudySpec

        policy, supplier = self.home.policy, self.seal.supplier
        spec = StudySpec.from_canonical(record.specification)
        found = assess(policy, supplier, spec, "", list_datasets(connection))
        refusals = found.refusals or against_raw_columns(connection, policy, spec, supplier, found.flow)
        if refusals or found.asked is None or found.flow is None:
            raise PolicyRefusal(f"{policy} does not permit this study: {'; '.join(refusals)}")
        return found

    def tell_fit(self, record: StudyRecord, terms: PolicyAssessment, *, in_spite: bool) -> None:
        """Say whether the data here fits; raise unless it does, or a person goes on in spite of that."""
        fit = fit_here(self.home, record.specification, terms)
        if fit is not None:
            self.tell(list(fit_lines(fit, record.hazards)))
            confirm_misfit(fit, record.name, in_spite=in_spite)

    def approve(
        self, connection: sqlite3.Connection, record: StudyRecord, terms: PolicyAssessment, reason: str
    ) -> StudyRecord:
        """Sign an approval on the terms that were shown, where they still are those of the policy."""
        if terms != self.terms(connection, record):
            raise UsageError("policy: it changed during this command; nothing was approved: try again")
        verdict = UnsignedDecision(Decision.APPROVE, reason, BY_PERSON, terms.participation)
        return self._sign(connection, record, verdict)

    def refuse(self, connection: sqlite3.Connection, record: StudyRecord, reason: str) -> StudyRecord:
        """Sign a refusal."""
        return self._sign(connection, record, UnsignedDecision(Decision.REFUSE, reason, BY_PERSON))

    def _sign(
        self, connection: sqlite3.Connection, record: StudyRecord, verdict: UnsignedDecision
    ) -> StudyRecord:
        now = known_study(connection, record.study_id)
        decide(connection, self.seal, now, verdict, microseconds(self.clock))
        return known_study(connection, record.study_id)

    def show(self, decided: StudyRecord) -> None:
        """Print what a study became."""
        if self.quiet:
            print_json(described(decided))
            return
        say(f"study {decided.name} is {decided.state.value}")
        say("the running agent sends the signed decision to the hub")


def _decidable(connection: sqlite3.Connection, text: str, decision: Decision, digest: str) -> StudyRecord:
    """Return the study that is meant; raise where it is another than ``digest`` says, or decided for good."""
    record = require_study(connection, text)
    if digest and digest != record.specification_sha256:
        raise UsageError(
            f"--digest: the study {record.name} has another digest, {record.specification_sha256}:"
            " read 'supplier-agent studies show' before you approve it"
        )
    check_decision(connection, record, decision)
    return record


def _about(connection: sqlite3.Connection, record: StudyRecord, decision: Decision) -> list[str]:
    """Return which study a decision is about, and which earlier one asked alike."""
    lines = [f"to {decision.value}: study {record.name}, digest {record.specification_sha256}"]
    like = most_alike(connection, record)
    return lines if like is None else [*lines, f"asks alike: {like}"]


def _terms_words(terms: PolicyAssessment) -> list[str]:
    """Return what leaves, for the person who approves it."""
    from supplier_agent.consent.approval_summary import flow_words, leaving_words, preparation_words

    assert terms.asked is not None
    assert terms.flow is not None
    lines = [flow_words(terms.asked, terms.flow), f"leaves: {leaving_words(terms.flow)}"]
    if terms.preparation is not None:
        lines.append(f"preparation: {preparation_words(terms.preparation)}")
    return lines


def _confirm_rows(record: StudyRecord, flow: DataFlow | None, *, yes: bool) -> None:
    """Ask before an approval by which rows leave, real or synthetic: they cannot be called back."""
    if flow is not DataFlow.SUMMARIES:
        require_yes(
            f"study {record.name}: an approval sends rows to the hub (flow {flow}), which cannot be called"
            " back; approve it?",
            yes=yes,
            remedy="read 'supplier-agent studies show', and give its digest as --digest, or --yes",
        )
