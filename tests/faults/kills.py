"""Enumerate the points of commit and send that a study reaches, and kill a process at chosen ones."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.faults.chains import chains, chosen, earlier, plans
from tests.faults.small_study import STUDIES, SUPPLIERS, SmallStudy
from tests.faults.trial import Trial, explain
from tests.faults.world import World

KILLED = ("hub", "north")
"""The processes that are killed: the hub, and one agent of two alike."""

AT_ONCE = 2
MOST_MISSED = 6
"""How often points that a shorter run did not pass are looked for earlier, each time twice as far."""


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
    """Where one process is killed in one study: places in what it reached, one a start."""

    reached: Reached
    aims: tuple[int, ...]

    @property
    def study(self) -> str:
        return self.reached.study

    @property
    def daemon(self) -> str:
        return self.reached.daemon

    @property
    def plans(self) -> tuple[str, ...]:
        """A plan for each start, such as ``("reply:stored#1",)``."""
        return plans(self.reached.points, self.aims)


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
        logs = [world.root / f"points-{number}" for number in range(len(kill.aims))]
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
        """Make each kill in a trial, two trials at a time, and yield what came of them.

        Aims that a trial ended without having met, because a process that goes on takes a shorter way, are
        met in a further trial, and where it meets none of them, the times before those at which the points
        were passed. An outcome without a strike is of an aim that nothing meets.
        """
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(kill: Kill) -> list[Outcome]:
            outcomes: list[Outcome] = []
            missed = 0
            while kill.aims:
                async with turns:
                    outcome = await self.strike(kill)
                nearer = earlier(kill.reached.points, kill.aims, 1 << missed)
                if not (outcome.struck or outcome.error) and nearer and missed < MOST_MISSED:
                    missed += 1
                    kill = replace(kill, aims=nearer)
                    continue
                outcomes.append(outcome)
                if not outcome.struck or outcome.error:
                    break
                kill = replace(kill, aims=kill.aims[len(outcome.struck) :])
            return outcomes

        for ended in asyncio.as_completed([one(kill) for kill in kills]):
            for outcome in await ended:
                yield outcome


def every_point(reached: Reached, names: Iterable[str] | None = None) -> Iterator[Kill]:
    """Yield kills at each point that was reached, or at those with one of ``names``, several in one study."""
    wanted = set(reached.points) if names is None else set(names)
    return _kills(
        reached, lambda group: [at for at, name in enumerate(reached.points) if name in group], wanted
    )


def some_points(reached: Reached, names: Iterable[str] | None = None) -> Iterator[Kill]:
    """Yield kills at the first, middle and last point of each name, several in one study."""
    wanted = set(reached.points) if names is None else set(names)
    return _kills(reached, lambda group: chosen(reached.points, group), wanted)


def _kills(reached: Reached, aims: Callable[[set[str]], list[int]], names: set[str]) -> Iterator[Kill]:
    """Yield kills at the ``aims`` of names, as few studies as it takes.

    Commits have studies of their own: each start makes some, so that the kills before would move them.
    """
    commits = {name for name in names if name.startswith("database:")}
    for group in (names - commits, commits):
        for chain in chains(aims(group)):
            yield Kill(reached, chain)
