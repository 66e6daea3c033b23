"""What a release says about where it comes from, gathered from the database."""

from __future__ import annotations

import json
from collections.abc import Sequence

from syncline.protocols.opening import HUB
from syncline.study.manifest import HoldoutRecord, ReleaseFacts, RosterEntry, RoundRecord, key_fingerprint
from syncline.study.provenance import facts_of
from syncline.study.spec import StudySpec
from trusted_party.datastore.parties import PartyRow, parties_of
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.studies import StudyRow
from trusted_party.datastore.tasks import rounds_of


def gather_facts(transaction: Transaction, study: StudyRow, spec: StudySpec) -> ReleaseFacts:
    """Return everything that the manifest says besides the digests of files."""
    parties = [party for party in parties_of(transaction, study.id) if party.in_roster]
    return facts_of(
        spec,
        study.id,
        [
            RosterEntry.of(spec, party.name, party.participation, key_fingerprint(party.signing_key))
            for party in parties
        ],
        _rounds(transaction, study),
        seed_commitment=study.seed_sha256 or "",
        holdout=_holdout(study, parties),
    )


def _holdout(study: StudyRow, parties: Sequence[PartyRow]) -> HoldoutRecord | None:
    """Return who was held out by which salt; None before it was drawn, and in studies of earlier versions."""
    if study.drawn is None:
        return None
    said = json.loads(study.drawn)
    commitments = {party.name: party.commitment or "" for party in parties}
    return HoldoutRecord(
        said["holdout"],
        said["salt_from"],
        said["salt_sha256"],
        {} if said["hub_commitment"] is None else {**commitments, HUB: said["hub_commitment"]},
    )


def _rounds(transaction: Transaction, study: StudyRow) -> list[RoundRecord]:
    return [RoundRecord(one.number, one.stage) for one in rounds_of(transaction, study.id)]
