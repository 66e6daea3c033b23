"""A hub and agents as processes on loopback, with real enrolment, for benchmarks."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import psutil

from syncline.cli.demo.stage import Stage, free_ports
from syncline.compute.child import LAUNCH

POLICY = """\
syncline: 1
studies: ["*"]
flows: [summaries, prepared, raw, synthesized]
datasets: ["*"]
columns: {{allow: ["*"]}}
questions: [row_count, profile, rank_counts, marginals, moments, formula_check, tree_level]
limits: {{max_order: 2, max_rounds: 100, max_cells: 100000000000}}
min_cell: 1
min_suppliers: 1
validation: true
approval: {{mode: automatic, specs: [{digest}]}}
"""


def found(stage: Stage, home: Path, suppliers: Mapping[str, Path], digest: str) -> str:
    """Start a hub and an agent for each supplier, enrolled and ready; return the hub's address."""
    port, _ = free_ports()
    address, hub = f"127.0.0.1:{port}", str(home / "hub")
    stage.command("trusted_party", "init", "--home", hub, "--host", "127.0.0.1")
    stage.daemon("hub", "trusted_party", "serve", "--home", hub, "--listen", address, "--json")
    stage.wait_for_port(port + 1)
    for name, file in suppliers.items():
        own = str(home / name)
        token = stage.command("trusted_party", "invite", name, "--home", hub, "--json")["token"]
        stage.command("supplier_agent", "enrol", token, "--hub", address, "--home", own)
        stage.command("supplier_agent", "datasets", "add", "data", str(file), "--home", own)
        (home / name / "policy.yaml").write_text(POLICY.format(digest=digest))
        stage.daemon(name, "supplier_agent", "run", "--home", own, "--json")
    token = stage.command("trusted_party", "invite", "me", "--home", hub, "--role", "researcher", "--json")[
        "token"
    ]
    stage.command("syncline.cli", "login", token, "--hub", address, "--home", str(home / "me"))
    return address


def resident_mb(module: str) -> list[tuple[str, float]]:
    """Return the command line and resident memory of this process's descendants that run ``module``."""
    runs = re.compile(rf"-m (?:{re.escape(LAUNCH)} )?{re.escape(module)}\b")
    found = []
    for process in psutil.Process(os.getpid()).children(recursive=True):
        try:
            line = " ".join(process.cmdline())
            if runs.search(line):
                found.append((line, process.memory_info().rss / 2**20))
        except psutil.Error:
            continue
    return found
