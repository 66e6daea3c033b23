"""Try readers one after another, in a process that one of them may take down."""

from __future__ import annotations

import json
import resource
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from tests.fuzz.corpus_files import keep
from tests.fuzz.mutation import mutated
from tests.fuzz.registry import all_targets
from tests.fuzz.target import LawBroken, Target

MEMORY_BYTES = 3 << 30
"""Address space of the process, most of which libraries reserve without using it."""

EXAMPLES = 50
"""Inputs of one run of Hypothesis; runs follow each other until the time is over."""

LEAST_EXAMPLES = 10
"""Inputs that each reader gets, however short the time is."""


@dataclass
class Progress:
    """Where a worker stands, in a directory: what is left of it when the process is gone."""

    directory: Path

    @property
    def current(self) -> Path:
        """The input that is being read."""
        return self.directory / "input"

    def begin(self, name: str) -> None:
        """Note which reader is tried."""
        (self.directory / "name").write_text(name)
        self.current.unlink(missing_ok=True)

    @property
    def name(self) -> str:
        """The reader that is tried."""
        return (self.directory / "name").read_text()

    def add_broken(self, name: str) -> None:
        """Note a reader that broke the law."""
        (self.directory / "broken").write_text(json.dumps([*self.broken, name]))

    @property
    def broken(self) -> list[str]:
        """The readers that broke the law."""
        path = self.directory / "broken"
        return list(json.loads(path.read_text())) if path.exists() else []


def work(names: Sequence[str], seconds: float, number: int, progress: Progress) -> None:
    """Try each reader for ``seconds``; the smallest input that breaks the law is kept."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for name in names:
        progress.begin(name)
        trial = Trial(all_targets()[name], progress.current, time.monotonic() + seconds)
        if (broken := trial.run(number)) is not None:
            print(f"{broken} (after {trial.tried} inputs): {keep(name, trial.failed[-1])}", flush=True)
            progress.add_broken(name)


@dataclass
class Trial:
    """One reader on its way: what was tried, and what broke the law."""

    target: Target
    current: Path
    until: float
    tried: int = 0
    failed: list[bytes] = field(default_factory=list)

    def run(self, number: int) -> LawBroken | None:
        """Try inputs until the time is over; return what broke the law."""
        seeds = list(self.target.seeds())
        while self.tried < LEAST_EXAMPLES or time.monotonic() < self.until:
            number += 1
            once = seed(number)(_SETTINGS(given(mutated(seeds))(self.check)))
            try:
                once()
            except LawBroken as broken:
                return broken
        return None

    def check(self, content: bytes) -> None:
        """Try one input, unless the time is over and there is nothing to make smaller."""
        if self.tried >= LEAST_EXAMPLES and time.monotonic() > self.until and not self.failed:
            return
        self.tried += 1
        self.current.write_bytes(content)
        try:
            self.target.check(content)
        except LawBroken:
            self.failed.append(content)
            raise


_SETTINGS = settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    verbosity=Verbosity.quiet,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
