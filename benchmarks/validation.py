"""The whole default validation of Adult's halves, beside the independent ruler."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.adult import judge
from benchmarks.measured import HEADER, measured
from benchmarks.shared_data import shared


def run() -> None:
    """Print time and memory, and the figures that both know."""
    train, holdout = shared("data", "adult", "train.csv"), shared("data", "adult", "holdout.csv")
    with tempfile.TemporaryDirectory() as directory:
        made = Path(directory) / "made.parquet"
        measured(synthesize, train, made)
        cost = measured(validate, train, made, holdout)
        ruler = judge(train, holdout, made)
    print(f"{'Adult, 24,421 rows x 15, three tables':<44} {HEADER}")
    print(f"{'syncline.validate with target and keys':<44} {cost.row()}")
    print(f"{'':<44} {'ours':>8} {'ruler':>8}")
    for ours, theirs in (("tv_2way", "tv2"), ("auc_holdout", "auc_holdout"), ("tstr", "tstr")):
        print(f"{ours:<44} {cost.result[ours]:8.4f} {ruler[theirs]:8.4f}")


def synthesize(train: Path, made: Path) -> None:
    """Write a synthetic table as the defaults make it."""
    from syncline.synthesizers.synthesizer import Synthesizer

    Synthesizer("cart", seed=1).fit(str(train)).write(made)


def validate(train: Path, made: Path, holdout: Path) -> dict[str, float | None]:
    """Return the figures of the comparison."""
    import syncline

    keys = ["age", "sex", "race", "native-country"]
    found = syncline.validate(
        str(train), str(made), str(holdout), target="income", keys=keys, sensitive=["income", "occupation"]
    )
    return {name: metric.value for name, metric in found.metrics.items()}
