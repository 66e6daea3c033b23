"""The tables of the hub's database, on SQLite and on PostgreSQL; times are microseconds since 1970 UTC.

What is here is what the migrations make, one after another; a test compares the two.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, UniqueConstraint, text
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.sql.type_api import TypeEngine

from trusted_party.datastore.column_types import BYTES, FLAG, TEXT, WHOLE

METADATA: Final = MetaData()
STRICT: Final = {"sqlite_strict": True}
"""SQLite checks the types of these tables, as PostgreSQL does of all."""

EMPTY: Final = text("''")
ZERO: Final = text("0")
_NO_LIST: Final = text("'[]'")


def _key(name: str, kind: TypeEngine[Any] = TEXT) -> Column[Any]:  # Any: a column's type is known by its use
    return Column(name, kind, primary_key=True, autoincrement=False)


def _column(name: str, kind: TypeEngine[Any], default: TextClause | None = None) -> Column[Any]:
    return Column(name, kind, nullable=False, server_default=default)


def _of_study(*, key: bool = True) -> Column[str]:
    return Column("study_id", TEXT, ForeignKey("studies.id"), primary_key=key, nullable=False)


hub = Table("hub", METADATA, _key("signing_key", BYTES), **STRICT)

members = Table(
    "members",
    METADATA,
    _key("name"),
    _column("role", TEXT),
    _column("signing_key", BYTES),
    _column("standing", TEXT),
    _column("reason", TEXT, EMPTY),
    _column("enrolled_us", WHOLE),
    _column("connected", FLAG, ZERO),
    _column("last_seen_us", WHOLE, ZERO),
    _column("datasets", TEXT, _NO_LIST),
    **STRICT,
)

certificates = Table(
    "certificates",
    METADATA,
    _key("fingerprint"),
    _column("name", TEXT),
    _column("pem", BYTES),
    _column("not_after_us", WHOLE),
    _column("revoked", FLAG, ZERO),
    **STRICT,
)

invitations = Table(
    "invitations",
    METADATA,
    _key("secret_sha256", BYTES),
    _column("name", TEXT),
    _column("role", TEXT),
    _column("expires_us", WHOLE),
    Column("used_by_sha256", BYTES),
    Column("certificate", BYTES),
    _column("number", WHOLE, ZERO),
    **STRICT,
)

studies = Table(
    "studies",
    METADATA,
    _key("id"),
    _column("name", TEXT),
    _column("researcher", TEXT),
    _column("researcher_key", BYTES),
    _column("signature", BYTES),
    _column("specification", BYTES),
    _column("specification_sha256", TEXT),
    _column("state", TEXT),
    _column("reason", TEXT, EMPTY),
    _column("stage", TEXT, EMPTY),
    _column("round", WHOLE, text("-1")),
    _column("rounds_done", WHOLE, ZERO),
    Column("state_sha256", TEXT),
    Column("result_sha256", TEXT),
    Column("seed_sha256", TEXT),
    _column("bytes_received", WHOLE, ZERO),
    _column("bytes_sent", WHOLE, ZERO),
    _column("submitted_us", WHOLE),
    _column("moved_us", WHOLE),
    _column("ended_us", WHOLE, ZERO),
    Column("release_id", TEXT),
    _column("told", TEXT, EMPTY),
    _column("hazards", TEXT, _NO_LIST),
    _column("hazards_accepted", WHOLE, ZERO),
    Column("candidate_sha256", TEXT),
    Column("candidate_signature", BYTES),
    Column("assessment_sha256", TEXT),
    Column("draw_sha256", TEXT),
    Column("drawn", TEXT),
    _column("rounds_expected", WHOLE, ZERO),
    Index("submissions", "researcher", "specification_sha256"),
    **STRICT,
)

parties = Table(
    "parties",
    METADATA,
    _of_study(),
    _key("name"),
    _column("state", TEXT),
    _column("reason", TEXT, EMPTY),
    _column("in_roster", FLAG, text("1")),
    _column("rounds_answered", WHOLE, ZERO),
    _column("signing_key", BYTES),
    _column("decision_reason", TEXT, EMPTY),
    Column("signature", BYTES),
    Column("flow_asked", TEXT),
    Column("flow", TEXT),
    Column("preparation_sha256", TEXT),
    Column("commitment", TEXT),
    **STRICT,
)

rounds = Table(
    "rounds",
    METADATA,
    _of_study(),
    _key("round", WHOLE),
    _column("stage", TEXT),
    _column("request_sha256", TEXT),
    _column("request_size", WHOLE),
    _column("opened_us", WHOLE),
    _column("merged", FLAG, ZERO),
    **STRICT,
)

tasks = Table(
    "tasks",
    METADATA,
    _key("id"),
    _of_study(key=False),
    _column("round", WHOLE),
    _column("supplier", TEXT),
    _column("attempt", WHOLE, text("1")),
    _column("state", TEXT),
    _column("reason", TEXT, EMPTY),
    _column("sent", FLAG, ZERO),
    Column("reply_sha256", TEXT),
    _column("reply_size", WHOLE, ZERO),
    _column("reoffers", WHOLE, ZERO),
    UniqueConstraint("study_id", "round", "supplier"),
    Index("open_tasks", "supplier", sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")),
    **STRICT,
)

shipments = Table(
    "shipments",
    METADATA,
    _of_study(),
    _key("supplier"),
    _column("task_id", TEXT),
    _column("flow", TEXT),
    _column("sha256", TEXT),
    _column("size", WHOLE),
    _column("kept_us", WHOLE),
    _column("deleted_us", WHOLE, ZERO),
    **STRICT,
)

releases = Table(
    "releases",
    METADATA,
    _key("id"),
    Column("study_id", TEXT, ForeignKey("studies.id"), unique=True, nullable=False),
    _column("manifest_sha256", TEXT),
    _column("size", WHOLE),
    _column("released_us", WHOLE),
    _column("withdrawn_us", WHOLE, ZERO),
    _column("withdrawn_by", TEXT, EMPTY),
    _column("withdrawn_reason", TEXT, EMPTY),
    **STRICT,
)

drafts = Table(
    "drafts",
    METADATA,
    _of_study(),
    Column("release_id", TEXT, unique=True, nullable=False),
    _column("files", TEXT),
    _column("content_sha256", TEXT),
    _column("gate", TEXT),
    _column("approvals", WHOLE),
    _column("approvers", TEXT),
    _column("size", WHOLE),
    _column("written_us", WHOLE),
    **STRICT,
)

release_decisions = Table(
    "release_decisions",
    METADATA,
    _of_study(),
    _key("name"),
    _column("role", TEXT),
    _column("decision", TEXT),
    _column("reason", TEXT),
    _column("public_key", BYTES),
    _column("signature", BYTES),
    _column("decided_us", WHOLE),
    **STRICT,
)

grants = Table(
    "grants",
    METADATA,
    Column("release_id", TEXT, ForeignKey("releases.id"), primary_key=True),
    _key("researcher"),
    _column("until_us", WHOLE),
    _column("secret_sha256", BYTES),
    **STRICT,
)

audit = Table(
    "audit",
    METADATA,
    _key("seq", WHOLE),
    _column("time_us", WHOLE),
    _column("kind", TEXT),
    _column("fields", TEXT),
    _column("previous", TEXT),
    _column("hash", TEXT),
    _column("signature", TEXT),
    **STRICT,
)
