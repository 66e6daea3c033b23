"""Replies that were accepted and are not on the disk any more: their suppliers count as having declined.

So the study's own rule for lost suppliers decides, its deadline runs, and the operator can have the round
offered again. An agent that answered sends the same bytes then.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncline.errors import StudyFailed
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.event_log import log_warning
from trusted_party.datastore.shipments import Shipment
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.tasks import Task, lose_reply
from trusted_party.studies.vault import Vault

_REASON = "its reply is not on the hub's disk any more, and has to be sent again"


def lost_replies(vault: Vault, answered: Sequence[Task]) -> list[Task]:
    """Return the tasks whose replies are gone; it blocks on the disk."""
    return [task for task in answered if vault.reply(task.id).is_lost(bytes.fromhex(task.reply_sha256 or ""))]


def require_rows(vault: Vault, kept: Sequence[Shipment]) -> None:
    """Raise unless the rows are here that suppliers sent in earlier rounds; it blocks on the disk."""
    for one in kept:
        if vault.reply(one.task_id).is_lost(bytes.fromhex(one.sha256)):
            raise StudyFailed(
                f"the rows of supplier {one.supplier!r} are not on the hub's disk any more: submit the study"
                " again"
            )


def count_as_declined(transaction: Transaction, audit: HubAudit, lost: Sequence[Task]) -> None:
    """Record that replies are gone."""
    for task in lost:
        lose_reply(transaction, task, _REASON)
        audit.append(transaction, "reply_lost", {"task": task.id, "supplier": task.supplier})
        log_warning("reply_lost", task=task.id, supplier=task.supplier)
