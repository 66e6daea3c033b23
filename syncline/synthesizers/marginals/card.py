"""The card of ``marginals``."""

from __future__ import annotations

from syncline.synthesizers.card import Card

CARD = Card(
    name="marginals",
    summary="each column on its own",
    relates=False,
    order=1,
    questions=(),
    asks="one or two for the counts",
)
