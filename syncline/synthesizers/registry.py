"""The techniques that there are: one folder and one line here each.

A folder holds ``card.py`` with its ``CARD`` (:mod:`syncline.synthesizers.card`) and ``technique.py`` with its
``TECHNIQUE`` (:mod:`syncline.synthesizers.technique`), which alone needs NumPy and is imported only where
something is learnt.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from syncline.synthesizers.card import Card, Setting

if TYPE_CHECKING:
    from syncline.synthesizers.technique import Technique

FOLDERS = [
    "syncline.synthesizers.cart",
    "syncline.synthesizers.graphical",
    "syncline.synthesizers.copula",
    "syncline.synthesizers.marginals",
]
"""The techniques, the usual one first."""

DEFAULT: str = import_module(f"{FOLDERS[0]}.card").CARD.name
"""The technique of who names none."""

PLANNED = frozenset({"normal", "bootstrap", "masking", "simulation", "ctgan", "tvae", "sequence"})
"""Techniques that the design names and this version does not have."""


def cards() -> dict[str, Card]:
    """Return the card of each technique by its name, in the order of the list."""
    found = (cast("Card", import_module(f"{folder}.card").CARD) for folder in FOLDERS)
    return {card.name: card for card in found}


def card_of(name: str) -> Card:
    """Return the card of a technique that exists."""
    return cards()[name]


def technique_of(name: str) -> Technique:
    """Return a technique that exists."""
    folder = FOLDERS[list(cards()).index(name)]
    return cast("Technique", import_module(f"{folder}.technique").TECHNIQUE)


def settings() -> tuple[Setting, ...]:
    """Return the settings of all techniques; two that share a name share its bounds and default."""
    found: dict[str, Setting] = {}
    for card in cards().values():
        for setting in card.settings:
            if found.setdefault(setting.name, setting) != setting:
                raise ValueError(f"{card.name}: the setting {setting.name} is another technique's as well")
    return tuple(found.values())
