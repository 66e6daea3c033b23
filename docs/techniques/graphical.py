"""Draw ``graphical.svg``: Fair's survey (statsmodels), 6,366 women, beside as many synthetic ones."""

from pathlib import Path

import pandas as pd
import statsmodels

from syncline import Synthesizer

WIDTH, HEIGHT, LEFT, TOP, MOST = 300, 230, 24, 40, 16
ACROSS, UP, SHADE = "yrs_married", "age", "children"

real = pd.read_csv(Path(statsmodels.__file__).parent / "datasets" / "fair" / "fair.csv")
synthetic = Synthesizer("graphical", seed=1).fit(real).sample(len(real))


def bubbles(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how many rows each place holds, and their mean shade."""
    found = rows.groupby([ACROSS, UP])[SHADE].agg(["size", "mean"]).reset_index()
    return found[found["size"] >= 5]


def panel(title: str, rows: pd.DataFrame, shift: int) -> str:
    """Return one half of the picture."""
    marks = [f'<text x="{shift}" y="16">{title}</text>']
    for years, age, size, mean in bubbles(rows).itertuples(index=False):
        x = shift + years / real[ACROSS].max() * WIDTH
        y = TOP + (real[UP].max() - age) / (real[UP].max() - real[UP].min()) * HEIGHT
        radius = 1.5 + MOST * (size / bubbles(real)["size"].max()) ** 0.5
        colour = f"hsl(210,70%,{90 - 65 * mean / real[SHADE].max():.0f}%)"
        marks.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.1f}" fill="{colour}" stroke="#555"/>')
    return "\n".join(marks)


words = "years married across, age up; area: how many, darker: more children"
size = f'width="{2 * WIDTH + 110}" height="{TOP + HEIGHT + 50}"'
caption = f'<text x="{LEFT}" y="{TOP + HEIGHT + 40}">{words}</text>'
body = "\n".join([panel("real", real, LEFT), panel("synthetic", synthetic, WIDTH + 80), caption])
Path(__file__).with_suffix(".svg").write_text(
    f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">\n'
    f'<rect width="100%" height="100%" fill="#fff"/>\n<g fill="#222">\n{body}\n</g>\n</svg>\n'
)
