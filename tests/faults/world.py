"""Homes of a hub, two agents and a researcher: enrolled once, then copied for each trial."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

from supplier_agent.datasets.catalogue import Dataset, add_dataset
from supplier_agent.home import AgentHome
from supplier_agent.tasks.journal import open_journal
from syncline.cli.demo.stage import free_ports
from syncline.clock import Clock, SystemClock
from syncline.identity.keys import public_signing_key
from syncline.identity.peer import PeerRole
from syncline.study.manifest import key_fingerprint
from syncline.wire.enrolment_client import EnrolmentPlan, enrol
from syncline.wire.membership import Membership, load_membership, save_membership
from tests.faults.small_study import POLICY, STUDIES, SUPPLIERS, SmallStudy
from trusted_party.cli.home import HubHome
from trusted_party.cli.hub import HubSettings, running_hub
from trusted_party.studies.enrolment import Enrolments

RESEARCHER = "ada"
HOST = "127.0.0.1"


class Shifted(SystemClock):
    """A clock that is some hours off."""

    def __init__(self, hours: float) -> None:
        self.shift = dt.timedelta(hours=hours)

    def now(self) -> dt.datetime:
        return super().now() + self.shift


@dataclass(frozen=True, slots=True)
class World:
    """A directory with ``hub``, ``north``, ``south`` and ``ada`` in it."""

    root: Path

    @property
    def hub(self) -> HubHome:
        return HubHome(self.root / "hub")

    def agent(self, name: str) -> AgentHome:
        return AgentHome(self.root / name)

    def membership(self, name: str) -> Membership:
        return load_membership(self.root / name / "identity", "enrol")

    def table(self, study: SmallStudy, supplier: str) -> Path:
        """Return the file that the supplier's data set ``study.name`` reads."""
        return self.root / supplier / f"{study.name}.csv"

    def copy(self, root: Path) -> World:
        """Copy everything to ``root``: the same identities, data sets of its own."""
        other = World(Path(shutil.copytree(self.root, root)))
        for name in SUPPLIERS:
            _catalogue(other, name)
        return other

    def move_hub(self, port: int, seen_at: int | None = None) -> None:
        """Tell all members that the hub listens at ``port``, or is to be dialled at ``seen_at``."""
        for name in (*SUPPLIERS, RESEARCHER):
            at = port if seen_at is None or name == RESEARCHER else seen_at
            known = self.membership(name)
            save_membership(replace(known, hub=f"{HOST}:{at}", enrolment=f"{HOST}:{port + 1}"))

    def invite(self, name: str, role: PeerRole = PeerRole.SUPPLIER, clock: Clock | None = None) -> str:
        """Make a token, as the command does."""
        clock = clock or SystemClock()
        with self.hub.open_database() as database:
            authority, audit = self.hub.load_authority(), self.hub.open_audit(clock)
            return Enrolments(database, authority, audit, clock).invite(name, role)[0]


async def found(root: Path, clock: Clock | None = None) -> World:
    """Make a hub, enrol both suppliers and the researcher over the wire, and add the data sets.

    ``clock`` is the hub's alone.
    """
    world, clock = World(root), clock or SystemClock()
    world.hub.create("test-hub", (HOST, "localhost"), clock)
    port, enrol_port = free_ports()
    settings = HubSettings(f"{HOST}:{port}", f"{HOST}:{enrol_port}", stop_seconds=0.1)
    async with running_hub(world.hub, settings, clock):
        for name, role in [
            *((name, PeerRole.SUPPLIER) for name in SUPPLIERS),
            (RESEARCHER, PeerRole.RESEARCHER),
        ]:
            token = await asyncio.to_thread(world.invite, name, role, clock)
            AgentHome(root / name).create()
            await enrol(EnrolmentPlan(root / name / "identity", f"{HOST}:{port}", role), token, SystemClock())
    policy = POLICY.format(researcher=key_fingerprint(_signing_key(world)))
    for name in SUPPLIERS:
        world.agent(name).policy.write_text(policy, encoding="utf-8")
        for study in STUDIES.values():
            study.write_table(root, name).rename(world.table(study, name))
        _catalogue(world, name)
    return world


def _signing_key(world: World) -> bytes:
    return public_signing_key(world.membership(RESEARCHER).signing_key())


def _catalogue(world: World, name: str) -> None:
    """Name the files of this copy in the supplier's catalogue."""
    with open_journal(world.agent(name)) as journal:
        journal.write_now(lambda connection: connection.execute("DELETE FROM dataset"))
        for study in STUDIES.values():
            dataset = Dataset(study.name, str(world.table(study, name)), None)
            journal.write_now(lambda connection, dataset=dataset: add_dataset(connection, dataset, 1))
