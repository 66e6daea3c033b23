"""``python -m benchmarks [NAME ...]``: run benchmarks and print their tables; all of them without a name."""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks import (
    adult,
    classifier,
    codes,
    commits,
    copula,
    diabetes,
    federated,
    flows,
    graphical,
    heaps,
    idle_agent,
    liveness,
    preparation,
    tables,
    tails,
    transfer,
    validation,
    wide,
)
from benchmarks.gate import adult as gate_adult
from benchmarks.gate import diabetes as gate_diabetes
from benchmarks.gate import size as gate_size
from benchmarks.gate import small as gate_small
from benchmarks.gate import synthpop as gate_synthpop
from benchmarks.gate import tricks as gate_tricks

BENCHMARKS: dict[str, Callable[[], None]] = {
    "adult": adult.run,
    "classifier": classifier.run,
    "codes": codes.run,
    "commits": commits.run,
    "copula": copula.run,
    "federated": federated.run,
    "diabetes": diabetes.run,
    "flows": flows.run,
    "gate": gate_adult.run,
    "gate-small": gate_small.run,
    "gate-diabetes": gate_diabetes.run,
    "gate-size": gate_size.run,
    "gate-tricks": gate_tricks.run,
    "gate-synthpop": gate_synthpop.run,
    "graphical": graphical.run,
    "heaps": heaps.run,
    "idle-agent": idle_agent.run,
    "liveness": liveness.run,
    "preparation": preparation.run,
    "tables": tables.run,
    "tails": tails.run,
    "transfer": transfer.run,
    "validation": validation.run,
    "wide": wide.run,
}


def main() -> int:
    """Run what is named and return the exit status."""
    names = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.stderr.write(f"error: no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}\n")
        return 2
    for name in names:
        print(f"\n== {name}")
        BENCHMARKS[name]()
    return 0


sys.exit(main())
