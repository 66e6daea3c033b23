"""The card of ``cart``."""

from __future__ import annotations

from syncline.synthesizers.card import MIN_LEAF, Card, Setting

CARD = Card(
    name="cart",
    summary="each column from a tree over those before it",
    relates=True,
    order=2,
    questions=("marginals", "tree_level"),
    asks="then up to {max_depth} for trees",
    settings=(
        MIN_LEAF,
        Setting("max_depth", 1, 30, 12, "The most splits on the way to a leaf, 1 to 30.", unit="splits"),
    ),
    learning=(
        "a tree for each column, of at most {max_depth} to a leaf (max_depth) and leaves of at least"
        " {min_leaf} (min_leaf), and tables of each two columns"
    ),
    most_rows=1 << 24,
)
