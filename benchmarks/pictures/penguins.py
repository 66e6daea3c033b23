"""Bill length and depth of 344 penguins of three species, real and synthetic."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

ACROSS, UP, COLOUR = "bill_length_mm", "bill_depth_mm", "species"
COLOURS = {"Adelie": "#c2571a", "Chinstrap": "#7a3fa0", "Gentoo": "#16737a"}
WIDE, HIGH, EDGE = 340, 260, 34


def rows() -> pd.DataFrame:
    """Return the penguins of the package palmerpenguins."""
    import palmerpenguins

    found: pd.DataFrame = palmerpenguins.load_penguins()
    return found


def picture(real: pd.DataFrame, made: pd.DataFrame) -> str:
    """Return both tables as points side by side, in one scale."""
    size = f"0 0 {2 * WIDE} {HIGH}"
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" font-family="sans-serif">']
    parts.append(f'<rect width="{2 * WIDE}" height="{HIGH}" fill="#fff"/>')
    for place, (title, table) in enumerate((("real", real), ("synthetic", made))):
        parts += panel(title, table, real, place * WIDE)
    return "\n".join([*parts, "</svg>", ""])


def panel(title: str, table: pd.DataFrame, real: pd.DataFrame, left: int) -> Iterator[str]:
    """Yield one half: a frame, its title and axes, and a path of dots for each species."""
    yield f'<text x="{left + EDGE}" y="20" font-size="14">{title}, {len(table)} penguins</text>'
    box = f'x="{left + EDGE}" y="28" width="{WIDE - EDGE - 12}" height="{HIGH - 28 - EDGE}"'
    yield f'<rect {box} fill="none" stroke="#999"/>'
    yield f'<text x="{left + EDGE}" y="{HIGH - 12}" font-size="11">bill length; upwards: bill depth</text>'
    for species, colour in COLOURS.items():
        own = table[table[COLOUR] == species].dropna(subset=[ACROSS, UP])
        x = left + EDGE + 8 + (WIDE - EDGE - 28) * share(own[ACROSS], real[ACROSS])
        y = HIGH - EDGE - 8 - (HIGH - EDGE - 44) * share(own[UP], real[UP])
        dots = "".join(f"M{a:.0f} {b:.0f}h0" for a, b in zip(x, y, strict=True))
        line = 'stroke-width="4" stroke-linecap="round" stroke-opacity="0.55" fill="none"'
        yield f'<path d="{dots}" stroke="{colour}" {line}/>'


def share(values: pd.Series, real: pd.Series) -> pd.Series:
    """Return where values lie between the least and the greatest real one, from 0 to 1."""
    found: pd.Series = (values - real.min()) / (real.max() - real.min())
    return found
