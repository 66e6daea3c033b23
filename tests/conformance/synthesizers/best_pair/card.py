"""The card of ``best_pair``."""

from __future__ import annotations

from syncline.synthesizers.card import Card, Setting

CARD = Card(
    name="best_pair",
    summary="each column from the earlier one that tells most of it",
    relates=True,
    order=2,
    questions=("marginals",),
    asks="one for pairs",
    settings=(Setting("most_before", 1, 100, 4, "Beside how many columns before it each is counted."),),
    learning="each column from one of the {most_before} before it (most_before)",
)
"""The card."""
