"""What a release says about where it comes from, whether a hub ran its study or one process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from syncline.compute.frames import Json
from syncline.study.approvals import NETWORKED, SIMULATED
from syncline.study.manifest import HoldoutRecord, ReleaseFacts, RosterEntry, RoundRecord
from syncline.study.spec import StudySpec
from syncline.version import ALGORITHM_VERSION, __version__

DEPENDENCIES: Final = ("numpy", "pandas", "pyarrow", "pydantic", "cryptography")
"""Packages whose version may show in a release's bytes or decide whom it trusts."""


def facts_of(
    spec: StudySpec,
    study_id: str,
    roster: Sequence[RosterEntry],
    rounds: Sequence[RoundRecord],
    *,
    seed_commitment: str,
    holdout: HoldoutRecord | None,
    run: str = NETWORKED,
) -> ReleaseFacts:
    """Return what a manifest says of a study, before any file is written."""
    return ReleaseFacts(
        study_id=study_id,
        study=spec.study,
        specification_sha256=spec.digest,
        schema_sha256=spec.schema.digest,
        parameters=spec.parameters(),
        software_version=__version__,
        algorithm_version=ALGORITHM_VERSION,
        dependencies=_dependency_versions(),
        roster=tuple(roster),
        rounds=tuple(rounds),
        seed_commitment=seed_commitment,
        run=run,
        holdout=holdout,
    )


def provenance_of(facts: ReleaseFacts) -> Mapping[str, Json]:
    """Return what of the facts is printed on the report: no times, nothing of the network."""
    simulated = facts.run == SIMULATED
    return {
        "study": facts.study,
        **({} if simulated else {"study_id": facts.study_id}),
        "specification_sha256": facts.specification_sha256,
        "software_version": facts.software_version,
        "algorithm_version": facts.algorithm_version,
        "seed_commitment": facts.seed_commitment,
        "holdout": None if facts.holdout is None else facts.holdout.to_report(),
        "roster": [entry.name for entry in facts.roster],
        "rounds": [{"number": one.number, "stage": one.stage} for one in facts.rounds],
        **({"run": "simulated in one process"} if simulated else {}),
    }


def _dependency_versions() -> dict[str, str]:
    found = {}
    for name in DEPENDENCIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
