"""Which columns of a data set's source would leave under the flow ``raw``, for the people who approve.

The daemon judges the same beside the rows, before anything leaves; here the source's header is read for a
command, so that a person sees the columns, and what the policy says to them, before approving.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from supplier_agent.datasets.catalogue import Dataset, choose_dataset, find_preparation, list_datasets
from supplier_agent.tasks.standing_policy import work_limits
from syncline.compute.confinement import confined
from syncline.errors import SynclineError
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.sources.registry import open_source
from syncline.sources.source import Source
from syncline.study.flow import DataFlow
from syncline.study.policy import Policy
from syncline.study.raw_rows import RawRows, raw_rows
from syncline.study.spec import StudySpec


def raw_columns_in_words(
    connection: sqlite3.Connection, policy: Path, spec: StudySpec, supplier: str, flow: DataFlow | None
) -> str | None:
    """Return which columns would leave, or why that cannot be told; None under another ``flow``."""
    try:
        found = _find(connection, policy, spec, supplier, flow)
    except SynclineError as error:
        return f"cannot be told now: {error}"
    return None if found is None else f"{len(found[0].columns)} of the source: {', '.join(found[0].columns)}"


def against_raw_columns(
    connection: sqlite3.Connection, policy: Path, spec: StudySpec, supplier: str, flow: DataFlow | None
) -> tuple[str, ...]:
    """Return what the policy says against the columns that would leave, and what keeps one from telling."""
    try:
        found = _find(connection, policy, spec, supplier, flow)
    except SynclineError as error:
        return (f"datasets: {error}",)
    if found is None:
        return ()
    rows, dataset = found
    refusals = rows.refusals(Policy.from_yaml(policy), registered=dataset.person is not None)
    return tuple(map(str, refusals))


def _find(
    connection: sqlite3.Connection, policy: Path, spec: StudySpec, supplier: str, flow: DataFlow | None
) -> tuple[RawRows, Dataset] | None:
    entry = next((entry for entry in spec.suppliers if entry.name == supplier), None)
    if entry is None or flow is not DataFlow.RAW:
        return None
    dataset = choose_dataset(list_datasets(connection), entry.dataset)
    canonical = find_preparation(connection, dataset.preparation)
    with confined(work_limits(policy)):
        source: Source = open_source(dataset.source)
        if canonical:
            source = prepared_view(source, Preparation.from_canonical(canonical))
        return raw_rows(spec, source), dataset
