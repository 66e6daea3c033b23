"""Fair's survey (statsmodels), 6,366 women: years married, age and children, real and synthetic."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

WIDTH, HEIGHT, LEFT, TOP, MOST = 300, 230, 24, 40, 16
ACROSS, UP, SHADE = "yrs_married", "age", "children"
FEWEST = 5
"""Rows of a place that is shown."""

WORDS = "years married across, age up; area: how many, darker: more children"


def rows() -> pd.DataFrame:
    """Return the survey."""
    import statsmodels

    return pd.read_csv(Path(statsmodels.__file__).parent / "datasets" / "fair" / "fair.csv")


def picture(real: pd.DataFrame, made: pd.DataFrame) -> str:
    """Return both tables as bubbles side by side, in one scale."""
    wide, high = 2 * WIDTH + 110, TOP + HEIGHT + 50
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}"']
    parts[0] += ' font-family="sans-serif" font-size="13">'
    parts += ['<rect width="100%" height="100%" fill="#fff"/>', '<g fill="#222">']
    parts += panel("real", real, real, LEFT)
    parts += panel("synthetic", made, real, WIDTH + 80)
    return "\n".join([*parts, f'<text x="{LEFT}" y="{high - 10}">{WORDS}</text>', "</g>", "</svg>", ""])


def panel(title: str, table: pd.DataFrame, real: pd.DataFrame, left: int) -> Iterator[str]:
    """Yield one half: its title, and a bubble for each place."""
    yield f'<text x="{left}" y="16">{title}</text>'
    most = bubbles(real)["size"].max()
    for years, age, size, mean in bubbles(table).itertuples(index=False):
        x = left + years / real[ACROSS].max() * WIDTH
        y = TOP + (real[UP].max() - age) / (real[UP].max() - real[UP].min()) * HEIGHT
        radius = 1.5 + MOST * (size / most) ** 0.5
        colour = f"hsl(210,70%,{90 - 65 * mean / real[SHADE].max():.0f}%)"
        yield f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.1f}" fill="{colour}" stroke="#555"/>'


def bubbles(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many rows each place holds, and their mean shade."""
    found = table.groupby([ACROSS, UP])[SHADE].agg(["size", "mean"]).reset_index()
    return found[found["size"] >= FEWEST]
