"""The section ``synthesizer`` of a study: a technique, and the settings that its card names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self, cast

from pydantic import (
    BeforeValidator,
    SerializerFunctionWrapHandler,
    create_model,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from syncline.data.section import Integer, unknown_word, word_of
from syncline.data.variable import Labels
from syncline.study.sections import AUTO, SpecSection, within
from syncline.synthesizers.card import Card, Setting
from syncline.synthesizers.drawing import Draws
from syncline.synthesizers.registry import DEFAULT, PLANNED, card_of, cards, settings

_LATER_OF_TECHNIQUE = (
    "methods",
    "predictors",
    "synthesize",
    "conditions",
    "balance",
    "replicates",
    "proper",
    "strata",
    "weight",
    "prior",
)
_OF_EVERY_TECHNIQUE = ("method", "visit_sequence", "draws", "rows", "seed")


def _technique(value: object) -> str:
    known = list(cards())
    if value in PLANNED:
        raise ValueError(f"{value!r} is not implemented by this version; use {' or '.join(known)}")
    if str(value) not in known:
        raise ValueError(unknown_word(str(value), known))
    return str(value)


def _of_techniques(base: type[SpecSection]) -> type[SpecSection]:
    """Return a section with the settings of all techniques as keys, each within its bounds."""
    keys = {one.name: (_number_of(one), one.default) for one in settings()}
    taken = sorted(keys.keys() & {*_LATER_OF_TECHNIQUE, *_OF_EVERY_TECHNIQUE})
    if taken:
        raise ValueError(f"a card's setting has the name of another key of a study's synthesizer: {taken[0]}")
    return create_model("SettingsOfTechniques", __base__=base, **cast("Any", keys))


def _number_of(setting: Setting) -> Any:  # Any: of an annotation
    number = Annotated[Integer, within(setting.least, setting.most)]
    return Annotated[number, BeforeValidator(lambda v: 0 if v == AUTO else v)] if setting.by_size else number


class SynthesizerSpec(_of_techniques(SpecSection)):  # type: ignore[misc]  # its keys are those of the cards
    """The technique and its settings.

    Settings of other techniques are refused, unless they say what is meant where they are left out. Only
    those of the usual one are keys of every specification, as in the first version, and have no effect where
    another one is chosen.
    """

    later: ClassVar[Mapping[str, str]] = dict.fromkeys(_LATER_OF_TECHNIQUE, "")

    method: Annotated[str, BeforeValidator(_technique)] = DEFAULT
    visit_sequence: Annotated[Labels | None, BeforeValidator(lambda v: None if v == "auto" else v)] = None
    draws: Annotated[Draws, word_of(Draws)] = Draws.SYSTEMATIC
    rows: Annotated[Integer, within(1, 1_000_000_000)] | None = None
    seed: Annotated[Integer, within(0, 2**63 - 1)] | None = None

    @property
    def card(self) -> Card:
        """The card of the technique."""
        return card_of(self.method)

    @model_validator(mode="after")
    def _refuse_what_has_no_effect(self) -> Self:
        for setting in self._of_others():
            if getattr(self, setting.name) != setting.default:
                text = f"{setting.name}: {self.method} has no such setting; leave it out"
                raise PydanticCustomError("key", "{text}", {"text": text, "key": setting.name})
        return self

    @model_serializer(mode="wrap")
    def _write_own(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:  # Any: of a document
        others = {setting.name for setting in self._of_others()}
        return {key: value for key, value in write(self).items() if key not in others}

    def _of_others(self) -> list[Setting]:
        """Return the settings that are keys here, and those of other techniques alone."""
        own = {setting.name for setting in (*self.card.settings, *card_of(DEFAULT).settings)}
        keys = type(self).model_fields.keys() - own
        return [setting for setting in settings() if setting.name in keys]

    @property
    def of_technique(self) -> dict[str, int]:
        """The settings of the technique."""
        return {setting.name: getattr(self, setting.name, setting.default) for setting in self.card.settings}
