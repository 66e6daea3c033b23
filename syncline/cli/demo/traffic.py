"""What crossed the wire, as the suppliers' own signed records say it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from syncline.cli.demo.stage import Stage
from syncline.cli.table import print_table, shown_bytes
from syncline.cli.terminal import say


def show_traffic(stage: Stage, out: Path, suppliers: list[str], leaves: str) -> None:
    """Print, for each supplier, the rounds that it answered, the bytes that left it, and of which kinds."""
    exports = {
        name: stage.begin(
            "supplier_agent", "audit", "export", "--out", str(_file(out, name)), "--home", str(out / name)
        )
        for name in suppliers
    }
    rows, kinds = [], Counter[str]()
    for name, process in exports.items():
        stage.collect(process)
        answered = _answered(_file(out, name))
        for entry in answered:
            kinds.update(str(question["kind"]) for question in entry["questions"])
        rows.append((name, str(len(answered)), shown_bytes(sum(int(e["reply_bytes"]) for e in answered))))
    say()
    say(f"What left the suppliers, by their own signed records: {leaves}")
    print_table(("SUPPLIER", "ROUNDS", "BYTES"), rows, "Nothing.")
    listed = ", ".join(f"{kind} {n // max(len(suppliers), 1)}" for kind, n in sorted(kinds.items()))
    say(f"answered by each: {listed}")


def _file(out: Path, name: str) -> Path:
    return out / "logs" / f"{name}.audit.jsonl"


def _answered(path: Path) -> list[dict[str, Any]]:  # Any: the audit's own fields
    entries = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [entry["fields"] for entry in entries if entry.get("kind") == "round-answered"]
