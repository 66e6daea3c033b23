"""Options that the hub's commands share, and what they open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from syncline.clock import Clock, SystemClock
from trusted_party.cli.home import HubHome, default_home
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.store import Store

Home = Annotated[Path | None, typer.Option("--home", help="The hub's directory; ~/.syncline/hub.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@dataclass(frozen=True, slots=True)
class Office:
    """A home opened by a command, whether or not the hub runs."""

    home: HubHome
    database: Store
    audit: HubAudit
    clock: Clock


def hub_home(home: Path | None) -> HubHome:
    """Return the home that was named, or the default one."""
    return HubHome((home or default_home()).absolute())


@contextmanager
def open_office(home: Path | None) -> Iterator[Office]:
    """Open an existing home for one command."""
    place, clock = hub_home(home), SystemClock()
    place.require()
    with place.open_database() as database:
        yield Office(place, database, place.open_audit(clock), clock)
