"""The card of ``mixture``."""

from __future__ import annotations

from syncline.synthesizers.card import Card, Setting

CARD = Card(
    name="mixture",
    summary="each column by itself in each category of one column",
    relates=False,
    order=2,
    questions=("marginals",),
    asks="one for pairs",
    settings=(Setting("most_parts", 2, 64, 8, "The most categories of the column that makes the parts."),),
    learning="each column by itself in each category of one column, of at most {most_parts} (most_parts)",
)
