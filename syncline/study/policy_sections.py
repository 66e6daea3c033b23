"""The parts of a supplier's policy, each with the keys of one mapping in the document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, model_validator

from syncline.compute.work_limits import DEFAULT_LIMITS, MIB, LimitSide, WorkLimits
from syncline.data.section import (
    Integer,
    Number,
    Section,
    Switch,
    WholeSentence,
    shown,
    unknown_word,
    word_of,
)
from syncline.data.variable import Labels
from syncline.questions.table import permissions
from syncline.study.flow import NARROWER, DataFlow
from syncline.study.holdout import possible_holdouts
from syncline.study.sections import MOST_APPROVALS, Release, within
from syncline.study.spec import StudySpec


class ApprovalMode(StrEnum):
    """Say who approves a study that the policy permits."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"


class GateDemand(StrEnum):
    """Say which disclosure gate a study's release must pass."""

    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the policy does not permit something: the key that forbids it, and a sentence for people."""

    key: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.key}: {self.sentence}"


def _permission(value: object) -> str:
    """Return the word by which questions are permitted; the table of questions says which there are."""
    text = str(value)
    if text not in permissions():
        raise ValueError(unknown_word(text, permissions()))
    return text


Permission = Annotated[str, BeforeValidator(_permission)]
"""What a policy lists to permit questions: their kind, or that of the question that tells more."""

_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")


def _digests(values: tuple[str, ...]) -> tuple[str, ...]:
    if not all(_HEX_DIGEST.fullmatch(value) for value in values):
        raise ValueError("must list digests of 64 lower-case hexadecimal digits")
    return values


Digests = Annotated[tuple[str, ...], AfterValidator(_digests)]
"""SHA-256 digests in hexadecimal."""


class PermittedColumns(Section):
    """Which columns a study may model; ``deny`` wins over ``allow``."""

    allow: Labels = ()
    deny: Labels = ()


class Limits(Section):
    """How much one study may ask, left out nothing; and what one computation may take, with defaults."""

    max_order: Annotated[Integer, within(0, 16)] = 0
    max_rounds: Annotated[Integer, within(0, 100_000)] = 0
    max_cells: Annotated[Integer, within(0, 2**62)] = 0
    table_rows: Annotated[Integer, within(1, 2**40)] = DEFAULT_LIMITS.rows
    table_cells: Annotated[Integer, within(1, 2**50)] = DEFAULT_LIMITS.cells
    memory_mib: Annotated[Integer, within(256, 2**24)] | None = None
    cpu_minutes: Annotated[Integer, within(1, 10_000)] = 60
    wall_minutes: Annotated[Integer, within(1, 10_000)] = 120

    def work(self, memory_bytes: int) -> WorkLimits:
        """Return what one computation may take; ``memory_bytes`` where the policy does not say."""
        return WorkLimits(
            self.table_rows,
            self.table_cells,
            memory_bytes if self.memory_mib is None else self.memory_mib * MIB,
            self.cpu_minutes * 60.0,
            self.wall_minutes * 60.0,
            LimitSide.SUPPLIER,
        )


def _narrower_than(asked: DataFlow) -> AfterValidator:
    """Return the validator of a flow that may be answered where ``asked`` is asked for."""

    def check(flow: DataFlow) -> DataFlow:
        if flow not in NARROWER[asked]:
            words = " or ".join(other.value for other in NARROWER[asked])
            raise ValueError(f"must be narrower than {asked.value}: {words}")
        return flow

    return AfterValidator(check)


class Narrowing(Section):
    """Which flow is answered where a study asks for a wider one than is permitted; left out, none."""

    raw: Annotated[DataFlow, word_of(DataFlow), _narrower_than(DataFlow.RAW)] | None = None
    prepared: Annotated[DataFlow, word_of(DataFlow), _narrower_than(DataFlow.PREPARED)] | None = None

    def instead_of(self, asked: DataFlow) -> DataFlow | None:
        """Return what is answered instead of a flow, or None where it is refused."""
        return {DataFlow.RAW: self.raw, DataFlow.PREPARED: self.prepared}.get(asked)


def _whole_mode(value: object) -> object:
    """Refuse a word that is only near to ``automatic``: nobody shall give up approvals by a suggestion."""
    if value not in tuple(ApprovalMode):
        raise ValueError(f"{shown(str(value))!r} is not known; a person approves each study under manual")
    return value


class Approval(Section):
    """Whether a person approves each study, or which studies need none."""

    mode: Annotated[ApprovalMode, word_of(ApprovalMode), BeforeValidator(_whole_mode)] = ApprovalMode.MANUAL
    specs: Digests = ()
    researchers: Digests = ()

    @model_validator(mode="after")
    def _check(self) -> Approval:
        if self.mode is ApprovalMode.AUTOMATIC and not (self.specs or self.researchers):
            raise WholeSentence(
                "approval.mode: automatic needs digests under specs or fingerprints under researchers"
            )
        if self.mode is ApprovalMode.MANUAL and (self.specs or self.researchers):
            raise WholeSentence(
                "approval.mode: manual leaves no use for specs and researchers; take them out"
            )
        return self


class SaltSource(StrEnum):
    """Say which other salt than the one that all parties draw may choose who is held out."""

    STUDY = "study"


class HoldoutBounds(Section):
    """The share of persons that a study may hold out, at least and at most."""

    least: Annotated[Number, within(0, 1)] = 0.1
    most: Annotated[Number, within(0, 1)] = 0.5

    @model_validator(mode="after")
    def _check(self) -> HoldoutBounds:
        if self.least > self.most:
            raise WholeSentence(
                f"validation.holdout: least, {self.least:g}, exceeds most, {self.most:g}: change one of them"
            )
        return self


class Comparing(Section):
    """On which terms a study's synthetic table is compared with rows here.

    ``models`` permits sums for declared models beside histograms, ``salt: study`` a salt that whoever wrote
    the study chose.
    """

    models: Switch = False
    salt: Annotated[SaltSource, word_of(SaltSource)] | None = None
    holdout: HoldoutBounds = HoldoutBounds()

    def against(self, spec: StudySpec) -> Iterator[Refusal]:
        """Yield each reason against how a study compares, with what it must say instead."""
        asked, bounds = spec.validation, self.holdout
        if asked is None:
            return
        if asked.models and not self.models:
            yield Refusal(
                "validation.models",
                f"the study declares models ({', '.join(map(shown, asked.models))}), for which sums of"
                " products leave; it must leave out validation.models",
            )
        if asked.salt is not None and self.salt is None:
            ids = "" if spec.schema.person is None else " and the hub can look up every id that it guesses"
            yield Refusal(
                "validation.salt",
                f"the study brings its own salt, by which whoever wrote it can choose who is held out{ids};"
                " it must leave out validation.salt, or this policy say validation: {salt: study}",
            )
        shares = possible_holdouts(spec)
        if any(not bounds.least <= share <= bounds.most for share in shares):
            yield Refusal(
                "validation.holdout",
                f"the study holds out {' or '.join(f'{share:g}' for share in shares)} of the persons,"
                f" permitted are {bounds.least:g} to {bounds.most:g}; it must name one as validation.holdout",
            )


def read_comparing(value: object) -> object:
    """Read ``true`` as all that a comparison asks, models too, and ``false`` as no comparison."""
    if value is None or isinstance(value, (Mapping, Comparing)):
        return value
    if value is False or value == "false":
        return None
    if value is True or value == "true":
        return Comparing(models=True)
    raise ValueError("must be true, false, or a mapping, as in {models: true}")


class ReleaseDemands(Section):
    """What the release of a study must need; left out, nothing is demanded."""

    gate: Annotated[GateDemand, word_of(GateDemand)] | None = None
    min_approvals: Annotated[Integer, within(0, MOST_APPROVALS)] = 0

    def against(self, release: Release) -> Iterator[Refusal]:
        """Yield each reason against what a study says of its release, with what it must say instead."""
        if self.gate is GateDemand.REQUIRED:
            remedy = "the study must say release: {gate: default}, or thresholds as strict"
            if release.gate is None:
                yield Refusal("release.gate", f"the study runs no disclosure gate; {remedy}")
            elif release.gate.looser:
                words = " and ".join(release.gate.looser)
                yield Refusal("release.gate", f"the study's gate is too loose, {words}; {remedy}")
        if release.approvals < self.min_approvals:
            asked = f"{release.approvals} approval{'s' if release.approvals != 1 else ''}"
            yield Refusal(
                "release.min_approvals",
                f"the study is released with {asked}, and {self.min_approvals} are"
                f" demanded; the study must say release: {{approvals: {self.min_approvals}}}",
            )
