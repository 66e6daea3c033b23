"""How a study ends, pauses and goes on: the state, its tasks and the audit entry in one transaction."""

from __future__ import annotations

from syncline.clock import Clock
from syncline.study.lifecycle import StudyState
from syncline.wire.people_sentence import people_sentence
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.event_log import log_event, log_warning
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.studies import StudyRow, change_state, count_bytes, set_reason, set_told
from trusted_party.datastore.tasks import close_tasks, reopen_tasks

_STEP_FAILED = "a step could not be made; the study's researcher is told why"


class Endings:
    """Change states by the lifecycle's table, each change audited."""

    def __init__(self, audit: HubAudit, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock

    def end(
        self,
        transaction: Transaction,
        study: StudyRow,
        state: StudyState,
        reason: str,
        by: str = "hub",
        told: str | None = None,
    ) -> None:
        """End a study as released, failed or cancelled; its open tasks are closed.

        ``reason`` is for the researcher and the operator; suppliers, whom it may tell of each other's data,
        are told ``told`` alone.
        """
        reason = people_sentence(reason)
        change_state(transaction, study, state, reason, ended_us=to_us(self._clock.now()))
        set_told(transaction, study.id, people_sentence(_told(state, reason) if told is None else told))
        close_tasks(transaction, study.id)
        fields = {"study": study.id, "state": str(state), "reason": reason, "by": by}
        self._audit.append(transaction, "study_ended", fields)
        log_event("study_ended", study=study.id, state=str(state), reason=reason)

    def pause(self, transaction: Transaction, study: StudyRow, reason: str) -> None:
        """Pause a running study; its tasks stay open, so that who comes back can answer."""
        reason = people_sentence(reason)
        if study.state is StudyState.PAUSED:
            set_reason(transaction, study.id, reason)
        else:
            change_state(transaction, study, StudyState.PAUSED, reason)
        self._audit.append(transaction, "study_paused", {"study": study.id, "reason": reason})
        log_warning("study_paused", study=study.id, reason=reason)

    def resume(self, transaction: Transaction, study: StudyRow, by: str = "hub") -> None:
        """Let a paused study go on; an operator's word also offers declined tasks again."""
        change_state(transaction, study, StudyState.RUNNING)
        if by != "hub":
            reopen_tasks(transaction, study.id, study.round)
            count_bytes(transaction, study.id, 0, 0, to_us(self._clock.now()))
        self._audit.append(transaction, "study_resumed", {"study": study.id, "by": by})
        log_event("study_resumed", study=study.id, by=by)


def _told(state: StudyState, reason: str) -> str:
    """Return what suppliers are told where nobody chose the words: a failure may speak of one's data."""
    return _STEP_FAILED if state is StudyState.FAILED else reason
