"""Run ``python -m benchmarks.pictures METHOD`` to draw ``docs/techniques/METHOD.svg`` again."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

from benchmarks.pictures import penguins, women
from syncline.synthesizers.synthesizer import Synthesizer

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "techniques"
SUBJECTS = {"graphical": women}
"""What a page shows where that is not the penguins."""


def main() -> None:
    """Write the picture of the method that is named."""
    warnings.simplefilter("ignore")
    method = sys.argv[1]
    subject = SUBJECTS.get(method, penguins)
    real = subject.rows()
    made = Synthesizer(method, seed=1).fit(real).sample(len(real))
    (FOLDER / f"{method}.svg").write_text(subject.picture(real, made))


if __name__ == "__main__":
    main()
