"""Enumerate the points of commit and send that a study reaches, and kill a process at chosen ones."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.small_study import STUDIES, SUPPLIERS, SmallStudy
from tests.faults.trial import Trial, explain
from tests.faults.world import World

KILLED = ("hub", "north")
"""The processes that are killed: the hub, and one agent of two alike."""

AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Reached:
    """The points that one process passed in a study that nobody disturbed, in order."""

    study: str
    daemon: str
    points: tuple[str, ...]

    @property
    def counts(self) -> Counter[str]:
        return Counter(self.points)


@dataclass(frozen=True, slots=True)
class Kill:
    """Where to kill one process: a plan for each of its starts, such as ``("reply:stored#1",)``."""

    study: str
    daemon: str
    plans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a kill led to: the points where it struck, and what was wrong at the end, if anything."""

    kill: Kill
    struck: tuple[str, ...]
    seconds: float
    error: str = ""


class Range:
    """A place where trials are run, each in a copy of the homes.

    Parameters
    ----------
    template
        The enrolled homes.
    directory
        Where the copies go; those of failed trials stay.
    """

    def __init__(self, template: World, directory: Path) -> None:
        self._template = template
        self._directory = directory
        self._expected: dict[str, str] = {}
        self._number = 0

    def expected(self, study: SmallStudy, suppliers: Sequence[str] = SUPPLIERS) -> str:
        """Return the digest of the table that ``syncline simulate`` releases."""
        key = "-".join([study.name, *suppliers])
        if key not in self._expected:
            place = self._directory / f"simulated-{key}"
            place.mkdir()
            self._expected[key] = study.simulated_sha256(place, suppliers)
        return self._expected[key]

    def fresh(self) -> World:
        """Return a new copy of the homes."""
        self._number += 1
        return self._template.copy(self._directory / f"trial-{self._number}")

    async def enumerate(self, study: SmallStudy) -> list[Reached]:
        """Run a study undisturbed and return what each process that may be killed passed."""
        world = self.fresh()
        logs = {daemon: world.root / f"{daemon}.points" for daemon in KILLED}
        faults = {daemon: [{"SYNCLINE_CRASH_LOG": str(log)}] for daemon, log in logs.items()}
        await Trial(world, study, faults).released(self.expected(study))
        return [Reached(study.name, daemon, tuple(log.read_text().split())) for daemon, log in logs.items()]

    async def strike(self, kill: Kill) -> Outcome:
        """Run a study with one kill, or several, and judge its end."""
        study, world, begun = STUDIES[kill.study], self.fresh(), time.monotonic()
        logs = [world.root / f"points-{number}" for number in range(len(kill.plans))]
        faults = [
            {"SYNCLINE_CRASH_AT": plan, "SYNCLINE_CRASH_LOG": str(log)}
            for plan, log in zip(kill.plans, logs, strict=True)
        ]
        trial, error = Trial(world, study, {kill.daemon: faults}), ""
        try:
            await trial.released(self.expected(study))
        except Exception as fault:
            error = f"{explain(fault)} (see {world.root})"
        kills = next(daemon.kills for daemon in trial.daemons if daemon.name == kill.daemon)
        struck = tuple(log.read_text().split()[-1] for log in logs[:kills])
        if not error:
            shutil.rmtree(world.root)
        return Outcome(kill, struck, time.monotonic() - begun, error)

    async def strike_all(self, kills: Sequence[Kill]) -> AsyncIterator[Outcome]:
        """Make each kill in a trial of its own, two trials at a time, and yield what came of them."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(kill: Kill) -> Outcome:
            async with turns:
                return await self.strike(kill)

        for ended in asyncio.as_completed([one(kill) for kill in kills]):
            yield await ended


def every_point(reached: Reached, names: Iterable[str] | None = None) -> Iterator[Kill]:
    """Yield one kill for each point that was reached, or for those with one of ``names``."""
    for number, name in enumerate(reached.points, start=1):
        if names is None or name in names:
            yield Kill(reached.study, reached.daemon, (f"*#{number}",))


def some_points(reached: Reached, names: Iterable[str] | None = None) -> Iterator[Kill]:
    """Yield a kill for each name: its first, middle and last occurrence, one after another in one study.

    Names that occur once or twice share a study, in the order in which they occur.
    """
    rare: list[str] = []
    for name, count in reached.counts.items():
        if names is not None and name not in names:
            continue
        if count < 3:
            rare += [f"{name}#1"] * count
        else:
            middle = (count + 1) // 2
            steps = (1, middle - 1, count - middle)
            yield Kill(reached.study, reached.daemon, tuple(f"{name}#{step}" for step in steps))
    if rare:
        yield Kill(reached.study, reached.daemon, tuple(rare))
