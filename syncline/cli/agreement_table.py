"""How well a release agrees with the real table, as its report says it, for a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import typer


def show_agreement(release: Path, *, worst: int = 8) -> None:
    """Print the mean distances beside their floors, and the columns and pairs that agree least."""
    report = json.loads((release / "report.json").read_text(encoding="utf-8"))
    metrics = report["metrics"]
    if not metrics:
        typer.echo("The table was not compared with real rows: the report says why.")
        return
    typer.echo("Total variation from the real table (0 equal, 1 disjoint)   synthetic   real against real")
    for name, label in (("tv_1way", "single columns, mean"), ("tv_2way", "pairs of columns, mean")):
        _line(label, metrics[name]["value"], metrics[name]["floor"])
    found = report["agreement"]
    for row in sorted(found["single"], key=lambda r: -r["tv"])[:worst]:
        _line("  " + row["columns"][0], row["tv"], row["floor"])
    for row in found["worst_pairs"][:worst]:
        _line("  " + " x ".join(row["columns"]), row["tv"], row["floor"])


def _line(label: str, value: float, floor: float | None) -> None:
    beside = "-" if floor is None else f"{floor:.4f}"
    typer.echo(f"{label[:58]:<58} {value:>10.4f}   {beside:>17}")
