"""All that is wrong with a document at once, and not only the first thing.

A model says everything that is wrong with its fields, and only with sound ones does it look at what they say
together. So what is wrong is taken out of the document, where it may be left out, and the rest is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from syncline.data.section import Section, WholeSentence, sentences

SectionT = TypeVar("SectionT", bound=Section)
Place = tuple[int | str, ...]


def together(*checks: Callable[[], object]) -> None:
    """Make all checks; raise one fault that holds the sentences of all that fail."""
    found: list[str] = []
    for check in checks:
        try:
            check()
        except WholeSentence as fault:
            found += fault.sentences
    if found:
        raise WholeSentence(*found)


def every_fault(
    model: type[SectionT],
    content: object,
    absent: Collection[Place] = (),
    stand_ins: Mapping[Place, object] = MappingProxyType({}),
) -> tuple[SectionT | None, tuple[str, ...]]:
    """Return what can be made of ``content`` and everything that is wrong with it, in sentences.

    Parameters
    ----------
    model
        What the document is to be.
    content
        Mappings, lists and text; they stay as they are.
    absent
        Places whose absence is no fault, since they were taken out before.
    stand_ins
        What is put in the place of something wrong that may not be left out, so that the rest can be read.

    Returns
    -------
    The model without what is wrong; None where something is wrong that may not be left out.
    """
    found: list[str] = []
    taken = set(absent)
    while True:
        try:
            return model.model_validate(content), tuple(dict.fromkeys(found))
        except ValidationError as error:
            faults = [
                one
                for one in error.errors(include_url=False)
                if not (one["type"] == "missing" and one["loc"] in taken)
            ]
            for one in faults:
                found += sentences(one, content)
            places = {_place(one) for one in faults} - taken
            without = content
            for place in places:
                without = _without(without, place)
                if place in stand_ins and isinstance(without, Mapping):
                    without = {**without, place[0]: stand_ins[place]}
            if without == content:
                return None, tuple(dict.fromkeys(found))
            content, taken = without, taken | places


def _place(fault: ErrorDetails) -> Place:
    """Return where the key stands that is wrong; of an item of a list, which keeps its place, the list."""
    key = fault.get("ctx", {}).get("key")
    place = fault["loc"] if key is None else (*fault["loc"], str(key))
    while place and isinstance(place[-1], int):
        place = place[:-1]
    return place


def _without(content: object, place: Place) -> object:
    """Return a document without the key at a place; items of lists stay, since places count them."""
    if not place:
        return content
    part, *rest = place
    if isinstance(content, Mapping) and part in content:
        others = {key: value for key, value in content.items() if key != part}
        return {**content, part: _without(content[part], tuple(rest))} if rest else others
    if isinstance(content, (list, tuple)) and isinstance(part, int) and part < len(content) and rest:
        items = list(content)
        items[part] = _without(items[part], tuple(rest))
        return items
    return content
