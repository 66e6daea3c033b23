"""``syncline studies``: check a study, submit it, follow it, end it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from syncline.cli.command_app import group
from syncline.cli.hub_session import AsJson, Home, open_membership, open_session
from syncline.cli.study_check import check, say_idle
from syncline.cli.study_progress import (
    AWAITING_RELEASE,
    RELEASED,
    WITHDRAWN,
    follow,
    has_ended,
    print_studies,
    show_study,
    study_json,
    untold_reasons,
)
from syncline.cli.table import print_json
from syncline.cli.terminal import say
from syncline.errors import StudyFailed, UsageError

if TYPE_CHECKING:
    from syncline.wire.messages import StudyId, StudyStatus
    from syncline.wire.research_client import ResearchClient

T = TypeVar("T")
Study = Annotated[str, typer.Argument(help="A study's id, or its name; an open study before one that ended.")]


class Until(StrEnum):
    """What a command that waits waits for, besides the study's end."""

    PEOPLE = "people"
    RELEASED = "released"

    def reached(self, status: StudyStatus) -> bool:
        """Tell whether the waiting is over."""
        return has_ended(status) or (self is Until.PEOPLE and status.state == AWAITING_RELEASE)


studies = group("Submit studies and follow them.")
studies.command("check")(check)


@studies.command()
def submit(
    file: Annotated[Path, typer.Argument(help="The study, YAML.")],
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow the study until it ends or waits for people.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Sign a study and hand it to the hub; submitting the same one twice makes one study."""
    status = submitted(file, home, quiet=as_json, until=Until.PEOPLE.reached if wait else None)
    if as_json:
        print_json(study_json(status))
    elif not wait:
        digest = status.specification_sha256
        say(f"study {status.study_id} ({status.name}) is {status.state}; digest {digest}")
        say(f"follow it with 'syncline studies wait {status.study_id}'")
    if wait:
        end(status, Until.PEOPLE, quiet=as_json)


def submitted(
    file: Path, home: Path | None, *, quiet: bool, until: Callable[[StudyStatus], bool] | None
) -> StudyStatus:
    """Sign and submit a study and follow it ``until`` something holds of it, or not at all."""
    import hashlib

    from syncline.identity.signatures import Purpose, sign
    from syncline.study.idle_settings import idle_settings
    from syncline.study.study_check import sound_study

    spec = sound_study(file)
    say_idle(idle_settings(spec))
    specification = spec.canonical()
    membership = open_membership(home)
    digest = hashlib.sha256(specification).digest()
    signature = sign(membership.signing_key(), Purpose.STUDY_SPECIFICATION, digest)

    async def work(client: ResearchClient) -> StudyStatus:
        _warn_of(namesake(await client.studies(), spec.study, spec.digest))
        study_id = await client.submit(specification, signature)
        if until is None:
            return await client.study(study_id)
        return await _follow(client, study_id, quiet, until)

    return _with_client(home, work)


@studies.command()
def show(study: Study, home: Home = None, as_json: AsJson = False) -> None:
    """Show where a study stands and what each supplier said."""
    status = _with_client(home, lambda client: _find(client, study))
    if as_json:
        print_json(study_json(status))
    else:
        show_study(status)


@studies.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List your studies, the newest first."""
    found = _with_client(home, lambda client: client.studies())
    found.sort(key=lambda status: status.submitted_us, reverse=True)
    if as_json:
        print_json([study_json(status) for status in found])
        return
    print_studies(found, "No studies yet.")


@studies.command()
def wait(
    study: Study,
    until: Annotated[
        Until, typer.Option("--until", help="people: also return where the release waits for people.")
    ] = Until.PEOPLE,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Follow a study until it ends or its release waits for people; exit 1 where it ends without a release.

    With --until released it waits for the people too, so that exit 0 always means a release.
    """

    async def work(client: ResearchClient) -> StudyStatus:
        return await _follow(client, (await _find(client, study)).study_id, as_json, until.reached)

    status = _with_client(home, work)
    if as_json:
        print_json(study_json(status))
    end(status, until, quiet=as_json)


@studies.command()
def cancel(
    study: Study,
    reason: Annotated[str, typer.Option("--reason", help="A sentence for the suppliers.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """End a study without a release."""

    async def work(client: ResearchClient) -> StudyStatus:
        status = await _find(client, study)
        if status.state == RELEASED:
            raise UsageError(f"study {status.name} is released and stays so; nothing is left to cancel")
        await client.cancel(status.study_id, reason)
        return await client.study(status.study_id)

    status = _with_client(home, work)
    if as_json:
        print_json(study_json(status))
    else:
        say(f"study {status.name} is cancelled")


def _with_client(home: Path | None, work: Callable[[ResearchClient], Awaitable[T]]) -> T:
    """Run ``work`` on a connection to the hub."""
    membership = open_membership(home)

    async def run() -> T:
        async with await open_session(membership) as client:
            return await work(client)

    return asyncio.run(run())


async def _find(client: ResearchClient, id_or_name: str) -> StudyStatus:
    return choose_study(await client.studies(), id_or_name)


def choose_study(known: list[StudyStatus], id_or_name: str) -> StudyStatus:
    """Return the study of this id, or the one of this name that is open, else the one that ended last."""
    named = [status for status in known if id_or_name in (status.study_id, status.name)]
    living = [status for status in named if not status.ended_us]
    if len(living) > 1:
        raise UsageError(
            f"you have {len(living)} open studies '{id_or_name}': take the id from 'syncline studies list'"
        )
    if not named:
        raise UsageError(f"you have no study '{id_or_name}': see 'syncline studies list'")
    return living[0] if living else max(named, key=lambda status: status.ended_us)


def namesake(known: list[StudyStatus], name: str, digest: str) -> StudyStatus | None:
    """Return an open study of the same name and another specification, where there is one."""
    living = (status for status in known if status.name == name and not status.ended_us)
    return next((status for status in living if status.specification_sha256 != digest), None)


def _warn_of(other: StudyStatus | None) -> None:
    if other is not None:
        say(
            f"warning: study {other.study_id}, which is {other.state}, has the name '{other.name}' too: give"
            " ids instead of the name, or cancel one of the two",
            err=True,
        )


async def _follow(
    client: ResearchClient, study_id: StudyId, quiet: bool, until: Callable[[StudyStatus], bool]
) -> StudyStatus:
    return await follow(client, study_id, quiet=quiet, terminal=sys.stderr.isatty(), until=until)


def end(status: StudyStatus, until: Until = Until.RELEASED, *, quiet: bool = False) -> None:
    """Say that a release waits for people where that is waited for; else raise unless there is a release."""
    if until is Until.PEOPLE and status.state == AWAITING_RELEASE:
        if not quiet:
            say(f"study {status.name} waits for people: {status.reason}")
    elif status.state == RELEASED and status.reason.startswith(WITHDRAWN):
        raise StudyFailed(f"the release of study {status.name} was {status.reason}")
    elif status.state != RELEASED:
        for reason in () if quiet else untold_reasons(status):
            say(reason, err=True)
        raise StudyFailed(f"study {status.name} is {status.state}: {status.reason or 'no reason was given'}")
