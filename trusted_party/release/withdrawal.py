"""Take a release back: nobody fetches it any more, and lists say why."""

from __future__ import annotations

import sqlite3

from syncline.durable.audit import AuditLog
from syncline.wire.messages import ReleaseId
from syncline.wire.people_sentence import people_sentence
from syncline.wire.refusals import UnknownObject
from trusted_party.datastore.event_log import log_warning
from trusted_party.datastore.releases import find_release, set_withdrawn


def withdraw(
    connection: sqlite3.Connection,
    audit: AuditLog,
    release_id: ReleaseId,
    by: str,
    reason: str,
    now_us: int,
) -> None:
    """Withdraw a release; one that was withdrawn keeps its first reason."""
    known = find_release(connection, release_id)
    if known is None:
        raise UnknownObject(f"release {release_id}: no such release; 'trusted-party releases list' shows all")
    if known.withdrawn_us:
        return
    reason = people_sentence(reason)
    set_withdrawn(connection, release_id, by, reason, now_us)
    fields = {"study": known.study_id, "release": release_id, "by": by, "reason": reason}
    audit.append(connection, "release_withdrawn", fields)
    log_warning("release_withdrawn", release=release_id, by=by, reason=reason)
