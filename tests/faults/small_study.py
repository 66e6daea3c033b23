"""Small studies over made-up tables, and the bytes that each must release whatever goes wrong.

``cart`` and ``marginals`` learn 300 rows of four columns in few rounds; ``wide`` has one reply of over
1 MiB a supplier, which travels as chunks; in ``rows`` both suppliers send theirs to the hub, which must
release what it would have released from their summaries.
"""

from __future__ import annotations

import csv
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SUPPLIERS = ("north", "south")

STUDY = """\
syncline: 1
study: {name}
schema:
  variables:
{variables}
suppliers: [{{name: north, dataset: {name}, flow: {north}}}, {{name: south, dataset: {name}, flow: {south}}}]
quorum: {{min_suppliers: {least}, deadline: {deadline}, then: {then}}}
synthesizer: {{method: {method}, seed: 7, rows: 250}}
privacy: {{min_cell: 5}}
validation: {{{validation}}}
release: {{gate: none, approvals: {approvals}}}
"""

POLICY = """\
syncline: 1
studies: ["*"]
flows: [summaries, prepared, raw]
datasets: ["*"]
columns: {{allow: ["*"]}}
questions: [row_count, profile, rank_counts, marginals, moments, formula_check, tree_level]
limits: {{max_order: 2, max_rounds: 100, max_cells: 100000000}}
min_cell: 5
min_suppliers: 1
validation: {{salt: study}}
approval: {{mode: automatic, researchers: [{researcher}]}}
"""

_FOUR = """\
    - {name: age, kind: integer, range: [0, 110]}
    - {name: sex, kind: categorical, categories: [f, m]}
    - {name: weight, kind: continuous, decimals: 1, range: [20, 250]}
    - {name: ill, kind: boolean}"""
_WIDE_COLUMNS, _WIDE_ROWS, _WIDE_LABELS = 12, 7_000, 120

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Quorum:
    """The study's rule for suppliers that do not answer."""

    least: int = 2
    deadline: str = "24h"
    then: str = "pause"


PATIENT = Quorum()


@dataclass(frozen=True, slots=True)
class SmallStudy:
    """A study's name, method, variables and the rows of both suppliers together."""

    name: str
    method: str
    variables: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    flows: tuple[str, str] = ("summaries", "summaries")
    approvals: int = 0
    validation: str = "holdout: 0.2, salt: faults"

    def text(self, quorum: Quorum = PATIENT) -> str:
        """Return the study's document."""
        return STUDY.format(
            name=self.name,
            method=self.method,
            variables=self.variables,
            least=quorum.least,
            deadline=quorum.deadline,
            then=quorum.then,
            north=self.flows[0],
            south=self.flows[1],
            approvals=self.approvals,
            validation=self.validation,
        )

    def write_table(self, directory: Path, supplier: str) -> Path:
        """Write one supplier's rows, unevenly many."""
        cut = len(self.rows) * 2 // 5
        rows = self.rows[:cut] if supplier == SUPPLIERS[0] else self.rows[cut:]
        path = directory / f"{self.name}-{supplier}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(self.columns)
            writer.writerows(rows)
        return path

    def simulated_sha256(
        self, directory: Path, suppliers: Sequence[str] = SUPPLIERS, salt: str | None = None
    ) -> str:
        """Run ``syncline simulate`` over summaries of the suppliers' tables; return the released digest.

        ``salt`` is the one that a networked study drew, in hexadecimal.
        """
        study, out = directory / f"{self.name}.yaml", directory / f"{self.name}-simulated"
        listed = ", ".join(f"{{name: {name}}}" for name in suppliers)
        text = re.sub("(?m)^suppliers: .*$", f"suppliers: [{listed}]", self.text(Quorum(len(suppliers))))
        study.write_text(text, encoding="utf-8")
        tables = [f"{name}={self.write_table(directory, name)}" for name in suppliers]
        given = [word for table in tables for word in ("--supplier", table)]
        given += [] if salt is None else ["--salt", salt]
        line = [sys.executable, "-m", "syncline.cli", "simulate", str(study), *given, "--out", str(out)]
        subprocess.run(line, check=True, capture_output=True, timeout=600)
        return table_sha256(out)


def table_sha256(release: Path) -> str:
    """Return the digest of a release's table."""
    return hashlib.sha256((release / "synthetic.parquet").read_bytes()).hexdigest()


def _four_columns(rows: int) -> Iterator[Row]:
    rng = np.random.default_rng(20)
    for age, noise, male, dice in zip(
        rng.integers(18, 95, rows),
        rng.normal(0, 9, rows),
        rng.integers(0, 2, rows),
        rng.random(rows),
        strict=True,
    ):
        ill = dice < (age - 10) / 110
        yield int(age), "fm"[male], round(62 + 12 * int(male) + float(noise), 1), str(ill).lower()


def _wide(rows: int) -> Iterator[Row]:
    labels = np.random.default_rng(21).integers(0, _WIDE_LABELS, (rows, _WIDE_COLUMNS))
    for number, row in enumerate(labels):
        yield f"p{number}", *(f"v{label}" for label in row)


def _wide_variables() -> str:
    labels = ", ".join(f"v{label}" for label in range(_WIDE_LABELS))
    person = "    - {name: person, kind: identifier, role: person}"
    columns = (
        f"    - {{name: c{number}, kind: categorical, categories: [{labels}]}}"
        for number in range(_WIDE_COLUMNS)
    )
    return "\n".join([person, *columns])


_NAMES = ("age", "sex", "weight", "ill")
_ROWS = tuple(_four_columns(300))

CART = SmallStudy("cart", "cart, max_depth: 3, min_leaf: 20", _FOUR, _NAMES, _ROWS)
MARGINALS = SmallStudy("marginals", "marginals", _FOUR, _NAMES, _ROWS)
WIDE = SmallStudy(
    "wide",
    "marginals",
    _wide_variables(),
    ("person", *(f"c{number}" for number in range(_WIDE_COLUMNS))),
    tuple(_wide(2 * _WIDE_ROWS)),
)
ROWS = SmallStudy("rows", CART.method, _FOUR, _NAMES, _ROWS, ("raw", "prepared"))
STUDIES = {study.name: study for study in (CART, MARGINALS, WIDE, ROWS)}
