"""What a release says about where it comes from, gathered from the database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from syncline.compute.frames import Json
from syncline.protocols.opening import HUB
from syncline.study.manifest import HoldoutRecord, ReleaseFacts, RosterEntry, RoundRecord, key_fingerprint
from syncline.study.spec import StudySpec
from syncline.version import ALGORITHM_VERSION, __version__
from trusted_party.datastore.parties import PartyRow, parties_of
from trusted_party.datastore.studies import StudyRow
from trusted_party.datastore.tasks import rounds_of

DEPENDENCIES: Final = ("numpy", "pandas", "pyarrow", "pydantic", "cryptography")
"""Packages whose version may show in a release's bytes or decide whom it trusts."""


def gather_facts(connection: sqlite3.Connection, study: StudyRow, spec: StudySpec) -> ReleaseFacts:
    """Return everything that the manifest says besides the digests of files."""
    parties = [party for party in parties_of(connection, study.id) if party.in_roster]
    return ReleaseFacts(
        study_id=study.id,
        study=study.name,
        specification_sha256=study.specification_sha256,
        schema_sha256=spec.schema.digest,
        parameters=spec.parameters(),
        software_version=__version__,
        algorithm_version=ALGORITHM_VERSION,
        dependencies=_dependency_versions(),
        roster=tuple(
            RosterEntry.of(spec, party.name, party.participation, key_fingerprint(party.signing_key))
            for party in parties
        ),
        rounds=tuple(_rounds(connection, study)),
        seed_commitment=study.seed_sha256 or "",
        holdout=_holdout(study, parties),
    )


def provenance(facts: ReleaseFacts) -> Mapping[str, Json]:
    """Return what the child may print on the report: no times, nothing of the network."""
    return {
        "study": facts.study,
        "study_id": facts.study_id,
        "specification_sha256": facts.specification_sha256,
        "software_version": facts.software_version,
        "algorithm_version": facts.algorithm_version,
        "seed_commitment": facts.seed_commitment,
        "holdout": None if facts.holdout is None else facts.holdout.to_report(),
        "roster": [entry.name for entry in facts.roster],
        "rounds": [{"number": one.number, "stage": one.stage} for one in facts.rounds],
    }


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


def _rounds(connection: sqlite3.Connection, study: StudyRow) -> list[RoundRecord]:
    return [RoundRecord(one.number, one.stage) for one in rounds_of(connection, study.id)]


def _dependency_versions() -> dict[str, str]:
    found = {}
    for name in DEPENDENCIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
