"""Which part of the hub works with which: the one place where ports meet implementations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from syncline.clock import Clock
from syncline.durable.payloads import PayloadStore
from syncline.identity.keys import public_signing_key
from syncline.identity.signatures import sign
from trusted_party.api.gate import Gate
from trusted_party.api.porch import Porch
from trusted_party.api.research_service import ResearchService
from trusted_party.api.servers import MEMBERS
from trusted_party.api.supplier_service import SupplierService
from trusted_party.cli.home import HubHome
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.store import Store
from trusted_party.release.access import ReleaseAccess
from trusted_party.release.decisions import DecisionService, ReleaseDecisions
from trusted_party.release.publication import Publisher
from trusted_party.rounds.driver import DriverPorts
from trusted_party.rounds.engine import Engine, EnginePace
from trusted_party.studies.attachment import Attachments
from trusted_party.studies.changes import Changes
from trusted_party.studies.decisions import Decisions
from trusted_party.studies.endings import Endings
from trusted_party.studies.enrolment import Enrolments
from trusted_party.studies.inquiries import Inquiries
from trusted_party.studies.lifetime import Lifetime
from trusted_party.studies.presence import Presence
from trusted_party.studies.replies import Replies
from trusted_party.studies.specifications import Specifications
from trusted_party.studies.standing import MembersView
from trusted_party.studies.submission import Submissions
from trusted_party.studies.vault import Vault
from trusted_party.synthesis.computation import Computation
from trusted_party.synthesis.worker import Worker


@dataclass(frozen=True, slots=True)
class Foundation:
    """What everything else stands on."""

    home: HubHome
    clock: Clock
    database: Store
    payloads: PayloadStore
    worker: Worker


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running hub serves and keeps running."""

    gate: Gate
    porch: Porch
    changes: Changes
    attachments: Attachments
    engine: Engine
    enrolments: Enrolments
    supplier: SupplierService
    research: ResearchService


@dataclass(frozen=True, slots=True)
class OperatorLimits:
    """What the operator allows: seconds without a heartbeat, days for which rows are kept, released rows."""

    lease_seconds: float
    rows_days: int
    most_rows: int


def assemble(base: Foundation, pace: EnginePace, bounds: OperatorLimits) -> Parts:
    """Make all parts; nothing runs yet."""
    home, clock, database = base.home, base.clock, base.database
    audit, specifications = home.open_audit(clock), Specifications()
    changes, vault, endings = Changes(), Vault(base.payloads), Endings(audit, clock)
    presence, porch = Presence(clock, bounds.lease_seconds), Porch(MEMBERS, clock)
    gate = Gate(MembersView(database), porch, clock)
    computation = Computation(base.worker, Lifetime(database, changes).until_ended)
    publisher = _publisher(base, vault, audit, changes, computation, endings, bounds)
    ports = DriverPorts(
        database,
        vault,
        audit,
        clock,
        changes,
        presence,
        computation,
        endings,
        publisher.advance,
        publisher.discard,
        specifications,
        partial(sign, home.load_signing_key()),
        bounds.most_rows,
        bounds.rows_days,
    )
    replies = Replies(database, vault, audit, clock)
    attachments = Attachments(database, presence, changes, replies, clock)
    decisions = Decisions(database, audit, clock)
    submissions = Submissions(database, audit, clock, specifications, bounds.most_rows)
    inquiries = Inquiries(database, changes, endings)
    release_access = ReleaseAccess(database, audit, clock, home.releases_path)
    release_decisions = ReleaseDecisions(database, _decision_service(base, audit, endings))
    return Parts(
        gate=gate,
        porch=porch,
        changes=changes,
        attachments=attachments,
        engine=Engine(ports, pace),
        enrolments=Enrolments(database, home.load_authority(), audit, clock),
        supplier=SupplierService(gate, changes, attachments, decisions, replies, release_decisions),
        research=ResearchService(gate, changes, submissions, inquiries, release_access, release_decisions),
    )


def _decision_service(base: Foundation, audit: HubAudit, endings: Endings) -> DecisionService:
    return DecisionService(audit, endings, base.clock, public_signing_key(base.home.load_signing_key()))


def _publisher(
    base: Foundation,
    vault: Vault,
    audit: HubAudit,
    changes: Changes,
    computation: Computation,
    endings: Endings,
    bounds: OperatorLimits,
) -> Publisher:
    return Publisher(
        base.home.releases_path,
        base.home.load_signing_key(),
        base.database,
        vault,
        audit,
        base.clock,
        changes,
        computation,
        endings,
        bounds.most_rows,
    )
