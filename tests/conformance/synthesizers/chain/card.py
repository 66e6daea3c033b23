"""The card of ``chain``."""

from __future__ import annotations

from syncline.synthesizers.card import Card, Setting

CARD = Card(
    name="chain",
    summary="each column from the one before it",
    relates=False,
    order=2,
    questions=("marginals",),
    asks="one for pairs",
    settings=(Setting("times", 1, 1000, 1, "How often each pair is counted."),),
    learning="each column from the one before it, counted {times} times (times)",
)
