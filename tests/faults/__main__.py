"""``python -m tests.faults``: kill hub and agent wherever they commit or send, and print what came of it."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.faults.kills import KILLED, Kill, Outcome, Range, Reached, every_point, some_points
from tests.faults.small_study import CART, STUDIES, WIDE
from tests.faults.world import found


def main() -> int:
    """Make the kills that the command line asks for; return 1 where any did harm."""
    parser = argparse.ArgumentParser("python -m tests.faults", description=__doc__)
    parser.add_argument("--all", action="store_true", help="every point, not only a choice of each name")
    parser.add_argument("--part", type=part, default=(1, 1), metavar="K/N", help="the Kth of N parts of them")
    parser.add_argument("--study", choices=sorted(STUDIES), action="append", help="only this study")
    parser.add_argument("--process", choices=KILLED, action="append", help="only kill this process")
    options = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="syncline-faults-"))
    status = asyncio.run(run(place, options))
    if status == 0:
        shutil.rmtree(place)
    return status


def part(text: str) -> tuple[int, int]:
    """Return which part of how many ``K/N`` names.

    Raises
    ------
    ValueError
        Where it is none, such as 3/2.
    """
    number, of = (int(word) for word in text.split("/"))
    if not 1 <= number <= of:
        raise ValueError(text)
    return number, of


async def run(directory: Path, options: argparse.Namespace) -> int:
    """Enumerate, kill, and print; return 1 where a study did not end as it must."""
    shooting, begun = Range(await found(directory / "template"), directory), time.monotonic()
    studies = options.study or (list(STUDIES) if options.all else [CART.name, WIDE.name])
    reached = await enumerate_points(shooting, studies, options.process or KILLED)
    number, of = options.part
    kills = choose(reached, every=options.all)[number - 1 :: of]
    points, aims = sum(len(one.points) for one in reached), sum(len(kill.aims) for kill in kills)
    print(f"{points} points reached, {aims} kills in {len(kills)} studies", flush=True)
    outcomes = []
    async for outcome in shooting.strike_all(kills):
        outcomes.append(outcome)
        print(line(outcome, f"{len(outcomes)}/{len(kills)}"), flush=True)
    print_summary(reached, outcomes)
    failures = [outcome for outcome in outcomes if outcome.error]
    print(f"\n{len(outcomes)} studies, {len(failures)} of them failed, {time.monotonic() - begun:.0f} s")
    return 1 if failures else 0


async def enumerate_points(
    shooting: Range, studies: Sequence[str], processes: Sequence[str]
) -> list[Reached]:
    """Return what each process reaches in each study."""
    return [
        reached
        for name in studies
        for reached in await shooting.enumerate(STUDIES[name])
        if reached.daemon in processes
    ]


def choose(reached: Sequence[Reached], *, every: bool) -> list[Kill]:
    """Choose the kills: of the wide study only the points that small payloads never reach."""
    take = every_point if every else some_points
    narrow = {name for one in reached if one.study != WIDE.name for name in one.points}
    kills: list[Kill] = []
    for one in reached:
        kills += take(one, set(one.points) - narrow if one.study == WIDE.name else None)
    return kills


def line(outcome: Outcome, progress: str) -> str:
    """Return one line about one trial."""
    kill = outcome.kill
    struck = ", ".join(outcome.struck) or "not reached this time"
    end = f"FAILED: {outcome.error}" if outcome.error else "ok"
    where = f"{kill.study:<9} {kill.daemon:<5} {', '.join(kill.plans)}"
    return f"{progress:>9} {where}: struck {struck}: {end} ({outcome.seconds:.1f} s)"


def print_summary(reached: Sequence[Reached], outcomes: Sequence[Outcome]) -> None:
    """Print how often each point was reached, struck and survived."""
    print(f"\n{'study':<9} {'process':<7} {'point':<24} {'reached':>7} {'kills':>6} {'failed':>6}")
    for one in reached:
        struck, failed = Counter[str](), Counter[str]()
        for outcome in outcomes:
            if (outcome.kill.study, outcome.kill.daemon) == (one.study, one.daemon):
                struck.update(outcome.struck)
                failed.update(outcome.struck if outcome.error else ())
        for name, count in sorted((one.counts | struck).items()):
            if one.study == WIDE.name and not struck[name]:
                continue
            print(f"{one.study:<9} {one.daemon:<7} {name:<24} {count:>7} {struck[name]:>6} {failed[name]:>6}")


if __name__ == "__main__":
    sys.exit(main())
