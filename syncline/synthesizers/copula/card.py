"""The card of ``copula``."""

from __future__ import annotations

from syncline.synthesizers.card import Card
from syncline.synthesizers.wide import FULL_COLUMNS

CARD = Card(
    name="copula",
    summary="each column's own histogram, and the correlation of each two by latent normal variables",
    relates=True,
    order=2,
    questions=("marginals",),
    asks="one for pairs",
    most_columns=FULL_COLUMNS,
    learning=(
        "each column's own histogram, and from tables of each two columns the correlations of latent normal"
        " variables"
    ),
)
"""The card."""
