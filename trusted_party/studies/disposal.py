"""The end of rows that suppliers sent: deleted with their study, and the deletion signed in the audit."""

from __future__ import annotations

from collections.abc import Sequence

from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.event_log import log_event
from trusted_party.datastore.shipments import Shipment, mark_deleted
from trusted_party.datastore.store import Transaction


def record_deletions(
    transaction: Transaction, audit: HubAudit, shipments: Sequence[Shipment], now_us: int
) -> None:
    """Write into the signed audit that these rows, which are gone from the disk, were deleted."""
    for shipment in shipments:
        if shipment.deleted_us:
            continue
        mark_deleted(transaction, shipment, now_us)
        audit.append(
            transaction,
            "rows_deleted",
            {
                "study": shipment.study_id,
                "supplier": shipment.supplier,
                "flow": shipment.flow,
                "sha256": shipment.sha256,
                "bytes": shipment.size,
            },
        )
        log_event("rows_deleted", study=shipment.study_id, supplier=shipment.supplier)
