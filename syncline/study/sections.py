"""The parts of a study's specification, each with the keys of one mapping in the document.

A key or value that this version does not implement is refused by its name and never ignored, least of all a
protection. Keys of later versions are listed in ``later`` with the only word that may be given for them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    PlainSerializer,
    field_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from syncline.data.labels import is_printable_line
from syncline.data.section import Integer, Number, Section, Switch, WholeSentence, word_of
from syncline.data.variable import ColumnName, Labels
from syncline.errors import IdentityError, UsageError
from syncline.identity.peer import check_name
from syncline.study.flow import DataFlow
from syncline.synthesizers.hazards.rules import Lacking, Severe
from syncline.validation.utility.formula import ModelFormula

SLUG = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
"""Names of studies, suppliers and data sets: safe in a path, a log line and a certificate."""

FORM = 1
"""The form of document that this version reads."""

AUTO = "auto"
"""The word of a key whose value follows from the data."""

NO_GATE = "none"
"""The word of ``release.gate`` that runs no disclosure gate."""

MOST_APPROVALS = 16
"""The most approvals that a release may need."""

_PERIOD = re.compile(r"([0-9]{1,8})(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MAX_TEXT = 2000


def _slug(text: str) -> str:
    if not SLUG.fullmatch(text):
        raise ValueError(
            "must be 1 to 63 letters, digits, dots, - and _, beginning and ending with a letter or digit"
        )
    return text


def _short_text(text: str) -> str:
    if len(text) > _MAX_TEXT or not all(is_printable_line(line) for line in text.split("\n")):
        raise ValueError(f"must be at most {_MAX_TEXT} characters without control or format characters")
    return text


def _period(value: object) -> dt.timedelta:
    match = _PERIOD.fullmatch(str(value).strip())
    if isinstance(value, dt.timedelta):
        period = value
    elif match is not None:
        period = dt.timedelta(seconds=int(match[1]) * _SECONDS[match[2]])
    else:
        raise ValueError("must be a number with s, m, h or d, as in 24h")
    if not dt.timedelta(seconds=1) <= period <= dt.timedelta(days=365) or period.microseconds:
        raise ValueError("must be from 1s to 365d, in whole seconds")
    return period


def shown_period(period: dt.timedelta) -> str:
    """Return a span of time as people say it: ``12 s``, ``90 min``, ``24 h``, ``7 days``."""
    seconds = int(period.total_seconds())
    for unit, size, least in (("days", 86_400, 2), ("h", 3600, 1), ("min", 60, 1)):
        if seconds % size == 0 and seconds >= least * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def within(low: float, high: float) -> AfterValidator:
    """Return the validator of a number from ``low`` to ``high``."""

    def check(value: float) -> float:
        if not low <= value <= high:
            raise ValueError(f"must be from {low} to {high}")
        return value

    return AfterValidator(check)


def _known_form(form: int) -> int:
    if form != FORM:
        raise ValueError(f"must be {FORM}, the form of document that this version reads")
    return form


Form = Annotated[Integer, AfterValidator(_known_form)]
"""The form of a document, under the key ``syncline``."""

Slug = Annotated[str, AfterValidator(_slug)]
"""A name of at most 63 safe characters."""

ShortText = Annotated[str, AfterValidator(_short_text)]
"""Text of at most 2,000 characters."""

Period = Annotated[
    dt.timedelta,
    BeforeValidator(_period),
    PlainSerializer(lambda period: f"{int(period.total_seconds())}s", return_type=str),
]
"""A span of time written as ``30s``, ``90m``, ``24h`` or ``7d``."""


class OnLoss(StrEnum):
    """Say what happens when a supplier is lost; see the frozen roster in docs/study.md."""

    PAUSE = "pause"
    FAIL = "fail"
    FREEZE = "freeze"
    PROCEED = "proceed"


class Format(StrEnum):
    """Name a format of the released table."""

    PARQUET = "parquet"
    CSV = "csv"


def _implemented_loss(value: object) -> object:
    if value == OnLoss.FREEZE:
        raise ValueError("'freeze' is not implemented by this version; use pause, fail or proceed")
    return value


def _formats(formats: tuple[Format, ...]) -> tuple[Format, ...]:
    if Format.PARQUET not in formats or len(set(formats)) != len(formats):
        raise ValueError("must name parquet, and may add csv")
    return formats


MAX_MODELS = 16
"""Regressions that a study declares at most."""


def _models(models: tuple[str, ...]) -> tuple[str, ...]:
    """Return formulas that can be read, written in one way."""
    if len(models) > MAX_MODELS:
        raise ValueError(f"must name at most {MAX_MODELS} models")
    read = [_formula(model) for model in models]
    if len({(formula.response, formula.terms) for formula in read}) < len(read):
        raise ValueError("names a model twice; keep one")
    return tuple(formula.text for formula in read)


def _formula(model: str) -> ModelFormula:
    try:
        return ModelFormula.of(model)
    except UsageError as error:
        raise ValueError(str(error).removeprefix("validation.models: ")) from None


class SpecSection(Section):
    """A part of a specification that knows the keys of later versions and refuses them by name."""

    later: ClassVar[Mapping[str, str]] = {}
    """Keys that have no effect yet, each with the only word that may be given; "" where none may."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_later_keys(cls, value: Any) -> Any:  # Any: whatever the document holds here
        if isinstance(value, Mapping):
            for key, word in cls.later.items():
                if key in value and (not word or str(value[key]).lower() != word):
                    text = f"{key}: this version does not implement it; leave it {word or 'out'}"
                    raise PydanticCustomError("key", "{text}", {"text": text, "key": key})
        return value


class Supplier(SpecSection):
    """One supplier of a study, with its data set there and its flow."""

    name: Slug
    dataset: Slug | None = None
    flow: Annotated[DataFlow, word_of(DataFlow)] = DataFlow.SUMMARIES


class Quorum(SpecSection):
    """How many suppliers a study needs, how long it waits for one, and what happens then."""

    min_suppliers: Annotated[Integer, within(1, 1000)] = 3
    deadline: Period = dt.timedelta(hours=24)
    then: Annotated[OnLoss, word_of(OnLoss), BeforeValidator(_implemented_loss)] = OnLoss.PAUSE


class Hazards(SpecSection):
    """What becomes of columns that a supplier lacks, and of codings that disagree between suppliers."""

    absent: Annotated[Lacking, word_of(Lacking)] = Lacking.STOP
    sparse: Annotated[Lacking, word_of(Lacking)] = Lacking.MISSING
    severe: Annotated[Severe, word_of(Severe)] = Severe.PAUSE


class Privacy(SpecSection):
    """The protections of a study."""

    later: ClassVar[Mapping[str, str]] = {
        "secure_aggregation": "false",
        "differential_privacy": "none",
        "min_cell_at": "",
    }

    secure_aggregation: Switch = False
    min_cell: Annotated[Integer, within(1, 1_000_000)] = 11
    differential_privacy: str = "none"


class ValidationSection(SpecSection):
    """What is held out, and which columns the comparisons are about.

    ``holdout`` is None where the share follows from the number of persons: see :mod:`syncline.study.holdout`.
    """

    later: ClassVar[Mapping[str, str]] = {"max_candidates": ""}

    holdout: Annotated[
        Annotated[Number, within(0, 0.9)] | None, BeforeValidator(lambda v: None if v == AUTO else v)
    ] = None
    target: ColumnName | None = None
    keys: Labels = ()
    sensitive: Labels = ()
    models: Annotated[tuple[ShortText, ...], AfterValidator(_models)] = ()
    most_scored: Annotated[Integer, within(1_000, 100_000_000)] = 50_000
    salt: ShortText | None = None

    @field_serializer("holdout")
    def _write_holdout(self, holdout: float | None) -> float | str:
        return AUTO if holdout is None else holdout


class Thresholds(SpecSection):
    """When the disclosure gate fails; the defaults are those of :mod:`syncline.validation.disclosure.gate`.

    ``alpha`` is the level of the whole gate, a probability; ``tolerated`` the share of the persons used who
    may be recognisable beyond chance.
    """

    alpha: Annotated[Number, within(0.0001, 0.1)] = 0.01
    tolerated: Annotated[Number, within(0, 0.05)] = 0.0025

    @property
    def looser(self) -> tuple[str, ...]:
        """The thresholds that let more pass than the defaults do, each in words."""
        usual, found = Thresholds(), []
        if self.alpha < usual.alpha:
            found.append(f"alpha {self.alpha:g} is below the default {usual.alpha:g}")
        if self.tolerated > usual.tolerated:
            found.append(f"tolerated {self.tolerated:g} is above the default {usual.tolerated:g}")
        return tuple(found)


def _gate(value: object) -> object:
    if isinstance(value, (Mapping, Thresholds)):
        return value
    words = {"default": Thresholds(), NO_GATE: None}
    if value not in words:
        raise ValueError("must be default, none, or a mapping of alpha and tolerated")
    return words[str(value)]


def _person(text: str) -> str:
    try:
        return check_name(text)
    except IdentityError as error:
        raise ValueError(f"must be a person's {error}") from None


class Release(SpecSection):
    """What must hold before the release, who approves it, and in which formats it is written."""

    gate: Annotated[Thresholds | None, BeforeValidator(_gate)] = Thresholds()
    approvals: Annotated[Integer, within(0, MOST_APPROVALS)] = 1
    approvers: tuple[Annotated[str, AfterValidator(_person)], ...] = ()
    formats: Annotated[tuple[Annotated[Format, word_of(Format)], ...], AfterValidator(_formats)] = (
        Format.PARQUET,
    )
    intended_use: ShortText | None = None

    @field_serializer("gate")
    def _write_gate(self, gate: Thresholds | None) -> dict[str, float] | str:
        return NO_GATE if gate is None else gate.model_dump()

    @model_validator(mode="after")
    def _check_approvers(self) -> Release:
        folded = [name.casefold() for name in self.approvers]
        if len(set(folded)) != len(folded):
            raise WholeSentence("release.approvers: somebody is named twice; keep one")
        if self.approvers and self.approvals > len(self.approvers):
            raise WholeSentence(
                f"release.approvals: {self.approvals} exceeds the number of approvers, {len(self.approvers)}"
            )
        return self
