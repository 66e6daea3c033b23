"""``python -m tests.fuzz``: change valid inputs of every reader for a while, and keep what breaks the law.

Each reader has an equal share of the time, in a process under a limit of memory, so that one which takes the
process down is found like any other. The same seed tries the same inputs in the same order.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.corpus_files import keep
from tests.fuzz.registry import all_targets
from tests.fuzz.worker import Progress, work


def main() -> int:
    """Fuzz what the command line asks for; return 1 where the law was broken."""
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long in all")
    parser.add_argument(
        "--seed", type=int, default=None, help="where to begin; drawn and printed if left out"
    )
    parser.add_argument("--target", action="append", choices=sorted(all_targets()), help="only this reader")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    number = secrets.randbelow(1 << 32) if options.seed is None else options.seed
    names = options.target or sorted(all_targets())
    if options.worker is not None:
        work(names, options.seconds, number, Progress(options.worker))
        return 0
    print(f"fuzzing {len(names)} readers for {options.seconds:.0f} s with --seed {number}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        broken = fuzz(names, options.seconds / len(names), number, Progress(Path(folder)))
    print(f"{len(broken)} of {len(names)} readers broke the law{': ' if broken else ''}{', '.join(broken)}")
    return 1 if broken else 0


def fuzz(names: Sequence[str], seconds: float, number: int, progress: Progress) -> list[str]:
    """Try each reader for ``seconds``; return those that broke the law.

    Where one takes the process down, another process goes on with those after it.
    """
    left = list(names)
    while left:
        chosen = [word for name in left for word in ("--target", name)]
        rest = ["--seconds", str(seconds), "--seed", str(number), "--worker", str(progress.directory)]
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz", *chosen, *rest],
            env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"},
            check=False,
        )
        if done.returncode == 0:
            break
        name, died = progress.name, done.returncode < 0 and progress.current.exists()
        where = keep(name, progress.current.read_bytes()) if died else "before any input was read"
        print(f"{name}: status {done.returncode}: {where}", flush=True)
        progress.add_broken(name)
        left = left[left.index(name) + 1 :]
    return progress.broken


if __name__ == "__main__":
    sys.exit(main())
