"""The card of ``cart``."""

from __future__ import annotations

from syncline.synthesizers.card import Card, Setting

CARD = Card(
    name="cart",
    summary="each column from a tree over those before it",
    relates=True,
    order=2,
    questions=("tree_level",),
    asks="then up to {max_depth} for trees",
    settings=(
        Setting("min_leaf", 1, 1_000_000, 50, "The fewest rows of a tree's leaf."),
        Setting("max_depth", 1, 30, 12, "The most splits on the way to a leaf, 1 to 30."),
    ),
    learning=(
        "a tree for each column, of at most {max_depth} splits to a leaf (max_depth) and leaves of at least"
        " {min_leaf} rows (min_leaf)"
    ),
    most_rows=1 << 24,
)
