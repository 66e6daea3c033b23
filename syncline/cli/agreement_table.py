"""How near a release is to the real table, and what its gate says, for a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from syncline.cli.terminal import say


def show_agreement(release: Path, *, worst: int = 8) -> None:
    """Print what the gate says, the mean distances beside their floors, and what is farthest."""
    from syncline.validation.report.words import gate_lines

    report = json.loads((release / "report.json").read_text(encoding="utf-8"))
    metrics = report["metrics"]
    known = [name for name in ("tv_1way", "tv_2way") if metrics.get(name)]
    measured = [name for name in known if metrics[name]["value"] is not None]
    if not known:
        say("The table was not compared with real rows: the report says why.")
    elif not measured:
        say(f"Total variation from the real table: {metrics[known[0]]['words']}")
    else:
        say("Total variation from the real table (0 equal, 1 disjoint)   synthetic   real against real")
    labels = {"tv_1way": "single columns, mean", "tv_2way": "pairs of columns, mean"}
    for name in measured:
        _line(labels[name], metrics[name])
    for name in measured:
        for row in ((metrics[name].get("detail") or {}).get("worst") or [])[:worst]:
            _line("  " + " x ".join(row["columns"]), row)
    hidden = [" x ".join(names) for name in measured for names in metrics[name]["detail"]["not_shown"]]
    if hidden:
        more = f" and {len(hidden) - worst} more" if len(hidden) > worst else ""
        say(f"not shown, for too few people stand behind: {', '.join(hidden[:worst])}{more}")
    for line in gate_lines(report["gate"]):
        say(line)


def _line(label: str, row: dict[str, Any]) -> None:
    beside = "-" if row["floor"] is None else f"{row['floor']:.4f}"
    say(f"{label[:58]:<58} {row['value']:>10.4f}   {beside:>17}")
