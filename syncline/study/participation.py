"""How a supplier takes part in a study, as its approval says: by which flow, and with which preparation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline.study.flow import DataFlow

if TYPE_CHECKING:
    from syncline.study.spec import StudySpec


@dataclass(frozen=True, slots=True)
class Participation:
    """What a supplier approved beside the specification itself.

    ``flow`` is the narrower flow that it answers instead of the one asked for, None where it answers that
    one; ``preparation_sha256`` is the digest of its preparation in hexadecimal, None where it has none.
    """

    flow: DataFlow | None = None
    preparation_sha256: str | None = None


AS_ASKED = Participation()
"""By the flow that the study asks for, without a preparation; also what a refusal says."""


def flows_of(spec: StudySpec, agreed: Mapping[str, Participation]) -> dict[str, DataFlow]:
    """Return each supplier's flow: the narrower one that it agreed to, else the one that is asked for."""
    return {name: one.flow or spec.supplier(name).flow for name, one in agreed.items()}


def flows_asked(spec: StudySpec) -> dict[str, DataFlow]:
    """Return the flow that the study asks of each supplier."""
    return {entry.name: entry.flow for entry in spec.suppliers}
