"""What drawn studies release, as digests: whoever changes the house compares them before and after.

``python -m tests.golden.golden_studies record FILE [FIRST MANY]`` writes the digests of many studies, and
``compare FILE`` says which of them have become others. Tables, stages and sentences are the same on every
machine, and some of them are tests. Reports and manifests hold figures of floating point, which the same
machine repeats: they are in the file, and in no test.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from syncline.errors import StudyFailed
from syncline.protocols.in_process import Traffic
from syncline.sources.memory import TableSource
from syncline.study import simulated_study
from syncline.study.spec import StudySpec
from syncline.synthesizers.streams import Seed
from syncline.wire.exchange import HOPS
from tests.studies.drawn_studies import Drawn, draw

GOLDEN = Path(__file__).with_name("studies_13.json")
"""Studies of algorithm version 13, by their seed."""

EVERYWHERE = ("refused", "stages", "synthetic.parquet", "synthetic.csv", "schema.yaml", "dictionary.csv")
"""What is the same on every machine."""


@contextmanager
def no_chance() -> Iterator[None]:
    """Let what is drawn at random, as the seed of a supplier who synthesizes alone, be the same each time."""
    numbers = count()

    def token_bytes(n: int = 32) -> bytes:
        return hashlib.shake_256(str(next(numbers)).encode()).digest(n)

    with patch("secrets.token_bytes", token_bytes):
        yield


def digests(drawn: Drawn) -> dict[str, str]:
    """Return the SHA-256 of all that a study says in one process: its stages, files, or why it is refused."""
    spec = StudySpec.model_validate(drawn.document)
    sources = {name: TableSource(table, name) for name, table in drawn.tables.items()}
    seed, stages = Seed.of_number(drawn.seed), list[Traffic]()
    said: dict[str, bytes] = {}
    with no_chance(), TemporaryDirectory() as directory:
        fold = simulated_study.fold_of_run(spec, sources, salt=b"golden")
        try:
            outcome = simulated_study.run_study(spec, fold, sources, seed, stages.append, hops=HOPS)
        except StudyFailed as error:
            said["refused"] = str(error).encode()
        else:
            out = Path(directory)
            simulated_study.release_study(spec, fold, sources, outcome, seed, [], out)
            said |= {path.name: path.read_bytes() for path in out.iterdir() if "manifest" not in path.name}
    said["stages"] = " ".join(one.stage for one in stages).encode()
    said["traffic"] = " ".join(f"{one.sent} {one.received}" for one in stages).encode()
    return {name: hashlib.sha256(content).hexdigest() for name, content in sorted(said.items())}


def everywhere(found: dict[str, str]) -> dict[str, str]:
    """Return of a study's digests those that are the same on every machine."""
    return {name: digest for name, digest in found.items() if name in EVERYWHERE}


def main(what: str, file: str, first: str = "0", many: str = "200") -> int:
    """Record digests, or say which have changed; return 1 where some have."""
    path = Path(file)
    if what == "record":
        found = {seed: digests(draw(seed)) for seed in range(int(first), int(first) + int(many))}
        if path.resolve() == GOLDEN:
            found = {seed: everywhere(own) for seed, own in found.items()}
        path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        return 0
    before: dict[str, Any] = json.loads(path.read_text("utf-8"))
    changed = 0
    for seed, own in before.items():
        now = digests(draw(int(seed)))
        other = sorted(name for name in {*own, *now} if own.get(name) != now.get(name))
        changed += bool(other)
        if other:
            print(f"study {seed}: {', '.join(other)}", flush=True)
    print(f"{changed} of {len(before)} studies changed")
    return int(bool(changed))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
