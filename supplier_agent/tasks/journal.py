"""The agent's journal: one SQLite file with the data sets, studies, rounds and the audit chain."""

from __future__ import annotations

from supplier_agent.consent import release_refusal, study_record
from supplier_agent.datasets import catalogue
from supplier_agent.home import AgentHome
from supplier_agent.tasks import round_record
from syncline.clock import Clock
from syncline.durable.audit_table import AUDIT_SCHEMA
from syncline.durable.database import Database
from syncline.durable.payloads import PayloadStore
from syncline.identity.storage_key import load_storage_key

MIGRATIONS = (
    catalogue.TABLES + study_record.TABLES + round_record.TABLES + AUDIT_SCHEMA,
    catalogue.PREPARATIONS,
    round_record.DETAIL + study_record.OUTCOME,
    study_record.PARTICIPATION,
    release_refusal.TABLES,
    study_record.SALT + catalogue.PEOPLE,
    round_record.MENDED + study_record.HAZARDS,
    study_record.NOTES,
    study_record.PRIVATE_KEY,
)


def open_journal(home: AgentHome) -> Database:
    """Open the journal of a home, and make it where it does not exist."""
    return Database(home.journal, MIGRATIONS)


def open_payloads(home: AgentHome) -> PayloadStore:
    """Open the encrypted payloads of a home."""
    return PayloadStore(home.payloads, load_storage_key(home.storage_key))


def microseconds(clock: Clock) -> int:
    """Return the time as the journal keeps it: microseconds since 1970 UTC."""
    return round(clock.now().timestamp() * 1_000_000)
