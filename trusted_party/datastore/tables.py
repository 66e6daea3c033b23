"""The tables of the hub's database, on SQLite and on PostgreSQL; times are microseconds since 1970 UTC.

What is here is what the migrations make, one after another; a test compares the two.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, UniqueConstraint, text
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.sql.type_api import TypeEngine

from trusted_party.datastore.column_types import BYTES, FLAG, TEXT, WHOLE

METADATA: Final = MetaData()

_EMPTY: Final = text("''")
_ZERO: Final = text("0")
_NO_LIST: Final = text("'[]'")
_IS_OPEN: Final = text("state = 'open'")


def _table(name: str, *parts: SchemaItem) -> Table:
    """Describe a table whose types SQLite checks, as PostgreSQL does of all."""
    return Table(name, METADATA, *parts, sqlite_strict=True)


def _key(name: str, kind: TypeEngine[Any] = TEXT) -> Column[Any]:  # Any: a column's type is known by its use
    return Column(name, kind, primary_key=True, autoincrement=False)


def _column(name: str, kind: TypeEngine[Any], default: TextClause | None = None) -> Column[Any]:
    return Column(name, kind, nullable=False, server_default=default)


def _of_study(*, key: bool = True) -> Column[str]:
    return Column("study_id", TEXT, ForeignKey("studies.id"), primary_key=key, nullable=False)


hub = _table("hub", _key("signing_key", BYTES))

members = _table(
    "members",
    _key("name"),
    _column("role", TEXT),
    _column("signing_key", BYTES),
    _column("standing", TEXT),
    _column("reason", TEXT, _EMPTY),
    _column("enrolled_us", WHOLE),
    _column("connected", FLAG, _ZERO),
    _column("last_seen_us", WHOLE, _ZERO),
    _column("datasets", TEXT, _NO_LIST),
)

certificates = _table(
    "certificates",
    _key("fingerprint"),
    _column("name", TEXT),
    _column("pem", BYTES),
    _column("not_after_us", WHOLE),
    _column("revoked", FLAG, _ZERO),
)

invitations = _table(
    "invitations",
    _key("secret_sha256", BYTES),
    _column("name", TEXT),
    _column("role", TEXT),
    _column("expires_us", WHOLE),
    Column("used_by_sha256", BYTES),
    Column("certificate", BYTES),
    _column("number", WHOLE, _ZERO),
)

studies = _table(
    "studies",
    _key("id"),
    _column("name", TEXT),
    _column("researcher", TEXT),
    _column("researcher_key", BYTES),
    _column("signature", BYTES),
    _column("specification", BYTES),
    _column("specification_sha256", TEXT),
    _column("state", TEXT),
    _column("reason", TEXT, _EMPTY),
    _column("stage", TEXT, _EMPTY),
    _column("round", WHOLE, text("-1")),
    _column("rounds_done", WHOLE, _ZERO),
    Column("state_sha256", TEXT),
    Column("result_sha256", TEXT),
    Column("seed_sha256", TEXT),
    _column("bytes_received", WHOLE, _ZERO),
    _column("bytes_sent", WHOLE, _ZERO),
    _column("submitted_us", WHOLE),
    _column("moved_us", WHOLE),
    _column("ended_us", WHOLE, _ZERO),
    Column("release_id", TEXT),
    _column("told", TEXT, _EMPTY),
    _column("hazards", TEXT, _NO_LIST),
    _column("hazards_accepted", WHOLE, _ZERO),
    Column("candidate_sha256", TEXT),
    Column("candidate_signature", BYTES),
    Column("assessment_sha256", TEXT),
    Column("draw_sha256", TEXT),
    Column("drawn", TEXT),
    _column("rounds_expected", WHOLE, _ZERO),
    Index("submissions", "researcher", "specification_sha256"),
)

parties = _table(
    "parties",
    _of_study(),
    _key("name"),
    _column("state", TEXT),
    _column("reason", TEXT, _EMPTY),
    _column("in_roster", FLAG, text("1")),
    _column("rounds_answered", WHOLE, _ZERO),
    _column("signing_key", BYTES),
    _column("decision_reason", TEXT, _EMPTY),
    Column("signature", BYTES),
    Column("flow_asked", TEXT),
    Column("flow", TEXT),
    Column("preparation_sha256", TEXT),
    Column("commitment", TEXT),
)

rounds = _table(
    "rounds",
    _of_study(),
    _key("round", WHOLE),
    _column("stage", TEXT),
    _column("request_sha256", TEXT),
    _column("request_size", WHOLE),
    _column("opened_us", WHOLE),
    _column("merged", FLAG, _ZERO),
)

tasks = _table(
    "tasks",
    _key("id"),
    _of_study(key=False),
    _column("round", WHOLE),
    _column("supplier", TEXT),
    _column("attempt", WHOLE, text("1")),
    _column("state", TEXT),
    _column("reason", TEXT, _EMPTY),
    _column("sent", FLAG, _ZERO),
    Column("reply_sha256", TEXT),
    _column("reply_size", WHOLE, _ZERO),
    _column("reoffers", WHOLE, _ZERO),
    UniqueConstraint("study_id", "round", "supplier"),
    Index("open_tasks", "supplier", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
)

own_requests = _table(
    "own_requests",
    _of_study(),
    _key("round", WHOLE),
    _key("supplier"),
    _column("sha256", TEXT),
    _column("size", WHOLE),
)

shipments = _table(
    "shipments",
    _of_study(),
    _key("supplier"),
    _column("task_id", TEXT),
    _column("flow", TEXT),
    _column("sha256", TEXT),
    _column("size", WHOLE),
    _column("kept_us", WHOLE),
    _column("deleted_us", WHOLE, _ZERO),
)

releases = _table(
    "releases",
    _key("id"),
    Column("study_id", TEXT, ForeignKey("studies.id"), unique=True, nullable=False),
    _column("manifest_sha256", TEXT),
    _column("size", WHOLE),
    _column("released_us", WHOLE),
    _column("withdrawn_us", WHOLE, _ZERO),
    _column("withdrawn_by", TEXT, _EMPTY),
    _column("withdrawn_reason", TEXT, _EMPTY),
)

drafts = _table(
    "drafts",
    _of_study(),
    Column("release_id", TEXT, unique=True, nullable=False),
    _column("files", TEXT),
    _column("content_sha256", TEXT),
    _column("gate", TEXT),
    _column("approvals", WHOLE),
    _column("approvers", TEXT),
    _column("size", WHOLE),
    _column("written_us", WHOLE),
)

release_decisions = _table(
    "release_decisions",
    _of_study(),
    _key("name"),
    _column("role", TEXT),
    _column("decision", TEXT),
    _column("reason", TEXT),
    _column("public_key", BYTES),
    _column("signature", BYTES),
    _column("decided_us", WHOLE),
)

grants = _table(
    "grants",
    Column("release_id", TEXT, ForeignKey("releases.id"), primary_key=True),
    _key("researcher"),
    _column("until_us", WHOLE),
    _column("secret_sha256", BYTES),
)

audit = _table(
    "audit",
    _key("seq", WHOLE),
    _column("time_us", WHOLE),
    _column("kind", TEXT),
    _column("fields", TEXT),
    _column("previous", TEXT),
    _column("hash", TEXT),
    _column("signature", TEXT),
)
