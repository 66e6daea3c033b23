"""A card whose setting has the name of another one, with other bounds."""

from __future__ import annotations

from syncline.synthesizers.card import Card, Setting

TIMES = Setting("times", 1, 2, 1, "Something else.")
CARD = Card("rival", "a rival", relates=False, order=1, questions=(), asks="", settings=(TIMES,))
