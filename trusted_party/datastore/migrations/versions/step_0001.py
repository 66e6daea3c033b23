"""The tables of version 0.1.0."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import Column, ForeignKey, UniqueConstraint, text
from sqlalchemy.sql.type_api import TypeEngine

from trusted_party.datastore.column_types import BYTES, FLAG, TEXT, WHOLE

revision = "0001"
down_revision = None

_IN_SQLITE = (
    """
    CREATE TRIGGER audit_keeps_entries BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END
    """,
    """
    CREATE TRIGGER audit_keeps_all_entries BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit entries are never removed'); END
    """,
)
_IN_POSTGRESQL = (
    """
    CREATE FUNCTION audit_keeps_entries() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'audit entries are never changed or removed'; END $$
    """,
    """
    CREATE TRIGGER audit_keeps_entries BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_keeps_entries()
    """,
    """
    CREATE TRIGGER audit_keeps_all_entries BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_keeps_entries()
    """,
)


def upgrade() -> None:
    """Make the tables of a new hub, in the order in which they name each other."""
    _make_members()
    _make_studies()
    _make_parties()
    _make_rounds()
    _make_releases()
    _make_decisions()
    _make_audit()


def _make_members() -> None:
    _table(
        "members",
        _key("name"),
        _column("role", TEXT),
        _column("signing_key", BYTES),
        _column("standing", TEXT),
        _column("reason", TEXT, "''"),
        _column("enrolled_us", WHOLE),
        _column("connected", FLAG, "0"),
        _column("last_seen_us", WHOLE, "0"),
        _column("datasets", TEXT, "'[]'"),
    )
    _table(
        "certificates",
        _key("fingerprint"),
        _column("name", TEXT),
        _column("pem", BYTES),
        _column("not_after_us", WHOLE),
        _column("revoked", FLAG, "0"),
    )
    _table(
        "invitations",
        _key("secret_sha256", BYTES),
        _column("name", TEXT),
        _column("role", TEXT),
        _column("expires_us", WHOLE),
        Column("used_by_sha256", BYTES),
        Column("certificate", BYTES),
    )


def _make_studies() -> None:
    _table(
        "studies",
        _key("id"),
        _column("name", TEXT),
        _column("researcher", TEXT),
        _column("researcher_key", BYTES),
        _column("signature", BYTES),
        _column("specification", BYTES),
        _column("specification_sha256", TEXT),
        _column("state", TEXT),
        _column("reason", TEXT, "''"),
        _column("stage", TEXT, "''"),
        _column("round", WHOLE, "-1"),
        _column("rounds_done", WHOLE, "0"),
        Column("state_sha256", TEXT),
        Column("result_sha256", TEXT),
        Column("seed_sha256", TEXT),
        _column("bytes_received", WHOLE, "0"),
        _column("bytes_sent", WHOLE, "0"),
        _column("submitted_us", WHOLE),
        _column("moved_us", WHOLE),
        _column("ended_us", WHOLE, "0"),
        Column("release_id", TEXT),
        _column("told", TEXT, "''"),
        _column("hazards", TEXT, "'[]'"),
        _column("hazards_accepted", WHOLE, "0"),
        Column("candidate_sha256", TEXT),
        Column("candidate_signature", BYTES),
        Column("assessment_sha256", TEXT),
    )
    op.create_index("submissions", "studies", ["researcher", "specification_sha256"])


def _make_parties() -> None:
    _table(
        "parties",
        _of_study(primary_key=True),
        _key("name"),
        _column("state", TEXT),
        _column("reason", TEXT, "''"),
        _column("in_roster", FLAG, "1"),
        _column("rounds_answered", WHOLE, "0"),
        _column("signing_key", BYTES),
        _column("decision_reason", TEXT, "''"),
        Column("signature", BYTES),
        Column("flow_asked", TEXT),
        Column("flow", TEXT),
        Column("preparation_sha256", TEXT),
    )


def _make_rounds() -> None:
    _table(
        "rounds",
        _of_study(primary_key=True),
        _key("round", WHOLE),
        _column("stage", TEXT),
        _column("request_sha256", TEXT),
        _column("request_size", WHOLE),
        _column("opened_us", WHOLE),
        _column("merged", FLAG, "0"),
    )
    _table(
        "tasks",
        _key("id"),
        _of_study(),
        _column("round", WHOLE),
        _column("supplier", TEXT),
        _column("attempt", WHOLE, "1"),
        _column("state", TEXT),
        _column("reason", TEXT, "''"),
        _column("sent", FLAG, "0"),
        Column("reply_sha256", TEXT),
        _column("reply_size", WHOLE, "0"),
        UniqueConstraint("study_id", "round", "supplier"),
    )
    is_open = text("state = 'open'")
    op.create_index("open_tasks", "tasks", ["supplier"], sqlite_where=is_open, postgresql_where=is_open)
    _table(
        "shipments",
        _of_study(primary_key=True),
        _key("supplier"),
        _column("task_id", TEXT),
        _column("flow", TEXT),
        _column("sha256", TEXT),
        _column("size", WHOLE),
        _column("kept_us", WHOLE),
        _column("deleted_us", WHOLE, "0"),
    )


def _make_releases() -> None:
    _table(
        "releases",
        _key("id"),
        _of_study(unique=True),
        _column("manifest_sha256", TEXT),
        _column("size", WHOLE),
        _column("released_us", WHOLE),
        _column("withdrawn_us", WHOLE, "0"),
        _column("withdrawn_by", TEXT, "''"),
        _column("withdrawn_reason", TEXT, "''"),
    )
    _table(
        "drafts",
        _of_study(primary_key=True),
        Column("release_id", TEXT, nullable=False, unique=True),
        _column("files", TEXT),
        _column("content_sha256", TEXT),
        _column("gate", TEXT),
        _column("approvals", WHOLE),
        _column("approvers", TEXT),
        _column("size", WHOLE),
        _column("written_us", WHOLE),
    )


def _make_decisions() -> None:
    _table(
        "release_decisions",
        _of_study(primary_key=True),
        _key("name"),
        _column("role", TEXT),
        _column("decision", TEXT),
        _column("reason", TEXT),
        _column("public_key", BYTES),
        _column("signature", BYTES),
        _column("decided_us", WHOLE),
    )
    _table(
        "grants",
        Column("release_id", TEXT, ForeignKey("releases.id"), primary_key=True),
        _key("researcher"),
        _column("until_us", WHOLE),
        _column("secret_sha256", BYTES),
    )


def _make_audit() -> None:
    _table(
        "audit",
        _key("seq", WHOLE),
        _column("time_us", WHOLE),
        _column("kind", TEXT),
        _column("fields", TEXT),
        _column("previous", TEXT),
        _column("hash", TEXT),
        _column("signature", TEXT),
    )
    for statement in _IN_SQLITE if op.get_bind().dialect.name == "sqlite" else _IN_POSTGRESQL:
        op.execute(statement)


def _table(name: str, *parts: Column[Any] | UniqueConstraint) -> None:  # Any: columns of every type
    op.create_table(name, *parts, sqlite_strict=True)


def _key(name: str, kind: TypeEngine[Any] = TEXT) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _column(name: str, kind: TypeEngine[Any], default: str | None = None) -> Column[Any]:
    return Column(name, kind, nullable=False, server_default=None if default is None else text(default))


def _of_study(*, primary_key: bool = False, unique: bool | None = None) -> Column[str]:
    key = ForeignKey("studies.id")
    return Column("study_id", TEXT, key, primary_key=primary_key, nullable=False, unique=unique)
