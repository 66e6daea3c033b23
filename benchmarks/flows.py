"""diabetes130 over four agents by every flow and a mix: seconds, memory, and whether the bytes agree."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from benchmarks.federated import SUPPLIERS, networked, split
from benchmarks.shared_data import shared
from syncline.data.inference import infer_schema
from syncline.data.schema import Schema, Variable
from syncline.sources.registry import open_source
from syncline.sources.source_inference import read_table

PERSON, IDENTIFIER = "patient_nbr", "encounter_id"
MIXES = {
    "summaries": ("summaries",) * 4,
    "prepared": ("prepared",) * 4,
    "raw": ("raw",) * 4,
    "raw, prepared, summaries, raw": ("raw", "prepared", "summaries", "raw"),
    "synthesized": ("synthesized",) * 4,
}
STUDY = """\
syncline: 1
study: diabetes
schema: schema.yaml
suppliers: [{suppliers}]
synthesizer: {{method: cart, seed: 1}}
release: {{gate: none, approvals: 0}}
"""


def run() -> None:
    """Print one line a mix; all but the last release the same bytes."""
    source = shared("data", "diabetes130", "diabetic_data.csv.gz")
    print(f"{'4 agents, submit to release':<32} {'wall s':>8} {'hub MB':>8} {'agent MB':>8}  SHA-256")
    text = _schema(source)
    for name, flows in MIXES.items():
        with tempfile.TemporaryDirectory() as directory:
            home = Path(directory)
            (home / "schema.yaml").write_text(text)
            listed = ", ".join(f"{{name: {n}, flow: {f}}}" for n, f in zip(SUPPLIERS, flows, strict=True))
            cost = networked(home, split(source, home, [1, 2, 3, 4]), STUDY.format(suppliers=listed))
            table = (cost.release / "synthetic.parquet").read_bytes()
            digest = hashlib.sha256(table).hexdigest()[:12]
            print(
                f"{name:<32} {cost.wall:8.1f} {cost.hub_mb:8.0f} {cost.agent_mb:8.0f}  {digest}", flush=True
            )


def _schema(source: Path) -> str:
    """Return the inferred schema, with the person and the identifier declared."""
    schema = infer_schema(read_table(open_source(source)))
    declared = {
        PERSON: Variable.model_validate({"name": PERSON, "kind": "identifier", "role": "person"}),
        IDENTIFIER: Variable.model_validate({"name": IDENTIFIER, "kind": "identifier"}),
    }
    variables = tuple(declared.get(variable.name, variable) for variable in schema.variables)
    return Schema(variables=variables, constraints=schema.constraints).to_yaml()
