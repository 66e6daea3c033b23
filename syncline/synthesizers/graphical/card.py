"""The card of ``graphical``."""

from __future__ import annotations

from syncline.synthesizers.card import MIN_LEAF, Card, Setting

_MOST_COLUMNS = 6
"""As many as a supplier counts together; its module needs NumPy, which a card does not."""

CARD = Card(
    name="graphical",
    summary="each column beside those to which it is tied most",
    relates=True,
    order=_MOST_COLUMNS,
    order_by="clique_columns",
    questions=("marginals",),
    asks="then up to {sweeps} for ties and one for cliques",
    settings=(
        MIN_LEAF,
        Setting(
            "clique_columns",
            2,
            _MOST_COLUMNS,
            _MOST_COLUMNS,
            "The most columns that are counted together, 2 to 6.",
            unit="columns",
        ),
        Setting(
            "clique_cells",
            100,
            10_000_000_000,
            100_000_000,
            "The most cells, empty ones included, of columns that are counted together.",
            unit="cells",
        ),
        Setting(
            "penalty",
            0,
            1000,
            5,
            "What each free number of a tie must be worth, in tenths of a natural unit of likelihood; 10 is"
            " Akaike's criterion.",
            unit="tenths",
        ),
        Setting("sweeps", 1, 30, 8, "The most rounds that look for ties, 1 to 30.", unit="rounds"),
    ),
    learning=(
        "which columns are tied, in at most {sweeps} (sweeps), and how many rows are in each cell of at most"
        " {clique_columns} together (clique_columns), of at most {clique_cells} (clique_cells); a tie must be"
        " worth {penalty} a number (penalty), and columns are drawn from contexts of {min_leaf} (min_leaf)"
    ),
)
