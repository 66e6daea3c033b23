"""Take a release back: nobody fetches it any more, and lists say why."""

from __future__ import annotations

from syncline.wire.people_sentence import people_sentence
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.event_log import log_warning
from trusted_party.datastore.releases import ReleaseRow, set_withdrawn, withdrawn_releases
from trusted_party.datastore.store import Store, Transaction
from trusted_party.studies.changes import ANY_STUDY, Changes


def withdraw(
    transaction: Transaction, audit: HubAudit, known: ReleaseRow, by: str, reason: str, now_us: int
) -> None:
    """Withdraw a release; one that was withdrawn keeps its first reason."""
    if known.withdrawn_us:
        return
    reason = people_sentence(reason)
    set_withdrawn(transaction, known.release_id, by, reason, now_us)
    fields = {"study": known.study_id, "release": known.release_id, "by": by, "reason": reason}
    audit.append(transaction, "release_withdrawn", fields)


async def log_withdrawals(database: Store, changes: Changes) -> None:
    """Log each withdrawal, of a supplier or of a command beside the running hub, until cancelled."""
    with changes.watch(ANY_STUDY) as changed:
        logged = {row.release_id for row in await database.read(withdrawn_releases)}
        while True:
            await changed.wait()
            changed.clear()
            for row in await database.read(withdrawn_releases):
                if row.release_id not in logged:
                    logged.add(row.release_id)
                    by, reason = row.withdrawn_by, row.withdrawn_reason
                    log_warning("release_withdrawn", release=row.release_id, by=by, reason=reason)
