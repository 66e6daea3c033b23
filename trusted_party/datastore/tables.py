"""The tables of the hub's database, one script a version; times are microseconds since 1970 UTC."""

from __future__ import annotations

from typing import Final

from syncline.durable.audit import AUDIT_SCHEMA

_FIRST: Final = """
CREATE TABLE members (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    signing_key BLOB NOT NULL,
    standing TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    enrolled_us INTEGER NOT NULL,
    connected INTEGER NOT NULL DEFAULT 0,
    last_seen_us INTEGER NOT NULL DEFAULT 0,
    datasets TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE TABLE certificates (
    fingerprint TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    pem BLOB NOT NULL,
    not_after_us INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE invitations (
    secret_sha256 BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    expires_us INTEGER NOT NULL,
    used_by_sha256 BLOB,
    certificate BLOB
) STRICT;

CREATE TABLE studies (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    researcher TEXT NOT NULL,
    researcher_key BLOB NOT NULL,
    signature BLOB NOT NULL,
    specification BLOB NOT NULL,
    specification_sha256 TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    stage TEXT NOT NULL DEFAULT '',
    round INTEGER NOT NULL DEFAULT -1,
    rounds_done INTEGER NOT NULL DEFAULT 0,
    state_sha256 TEXT,
    result_sha256 TEXT,
    seed_sha256 TEXT,
    bytes_received INTEGER NOT NULL DEFAULT 0,
    bytes_sent INTEGER NOT NULL DEFAULT 0,
    submitted_us INTEGER NOT NULL,
    moved_us INTEGER NOT NULL,
    ended_us INTEGER NOT NULL DEFAULT 0,
    release_id TEXT
) STRICT;
CREATE INDEX submissions ON studies (researcher, specification_sha256);

CREATE TABLE parties (
    study_id TEXT NOT NULL REFERENCES studies (id),
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    in_roster INTEGER NOT NULL DEFAULT 1,
    rounds_answered INTEGER NOT NULL DEFAULT 0,
    signing_key BLOB NOT NULL,
    decision_reason TEXT NOT NULL DEFAULT '',
    signature BLOB,
    PRIMARY KEY (study_id, name)
) STRICT;

CREATE TABLE rounds (
    study_id TEXT NOT NULL REFERENCES studies (id),
    round INTEGER NOT NULL,
    stage TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    request_size INTEGER NOT NULL,
    opened_us INTEGER NOT NULL,
    merged INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (study_id, round)
) STRICT;

CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    study_id TEXT NOT NULL REFERENCES studies (id),
    round INTEGER NOT NULL,
    supplier TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 1,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    sent INTEGER NOT NULL DEFAULT 0,
    reply_sha256 TEXT,
    reply_size INTEGER NOT NULL DEFAULT 0,
    UNIQUE (study_id, round, supplier)
) STRICT;
CREATE INDEX open_tasks ON tasks (supplier) WHERE state = 'open';

CREATE TABLE releases (
    id TEXT PRIMARY KEY,
    study_id TEXT NOT NULL UNIQUE REFERENCES studies (id),
    manifest_sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    released_us INTEGER NOT NULL
) STRICT;
"""

_SHIPMENTS: Final = """
CREATE TABLE shipments (
    study_id TEXT NOT NULL REFERENCES studies (id),
    supplier TEXT NOT NULL,
    task_id TEXT NOT NULL,
    flow TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    kept_us INTEGER NOT NULL,
    deleted_us INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (study_id, supplier)
) STRICT;
"""

_TOLD: Final = "ALTER TABLE studies ADD COLUMN told TEXT NOT NULL DEFAULT '';"

_HAZARDS: Final = """
ALTER TABLE studies ADD COLUMN hazards TEXT NOT NULL DEFAULT '[]';
ALTER TABLE studies ADD COLUMN hazards_accepted INTEGER NOT NULL DEFAULT 0;
"""

_PARTICIPATION: Final = """
ALTER TABLE parties ADD COLUMN flow_asked TEXT;
ALTER TABLE parties ADD COLUMN flow TEXT;
ALTER TABLE parties ADD COLUMN preparation_sha256 TEXT;
"""

_CANDIDATE: Final = """
ALTER TABLE studies ADD COLUMN candidate_sha256 TEXT;
ALTER TABLE studies ADD COLUMN candidate_signature BLOB;
ALTER TABLE studies ADD COLUMN assessment_sha256 TEXT;
"""

_GOVERNANCE: Final = """
CREATE TABLE drafts (
    study_id TEXT PRIMARY KEY REFERENCES studies (id),
    release_id TEXT NOT NULL UNIQUE,
    files TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    gate TEXT NOT NULL,
    approvals INTEGER NOT NULL,
    approvers TEXT NOT NULL,
    size INTEGER NOT NULL,
    written_us INTEGER NOT NULL
) STRICT;

CREATE TABLE release_decisions (
    study_id TEXT NOT NULL REFERENCES studies (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    decision TEXT NOT NULL,
    reason TEXT NOT NULL,
    public_key BLOB NOT NULL,
    signature BLOB NOT NULL,
    decided_us INTEGER NOT NULL,
    PRIMARY KEY (study_id, name)
) STRICT;

CREATE TABLE grants (
    release_id TEXT NOT NULL REFERENCES releases (id),
    researcher TEXT NOT NULL,
    until_us INTEGER NOT NULL,
    PRIMARY KEY (release_id, researcher)
) STRICT;

ALTER TABLE releases ADD COLUMN withdrawn_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE releases ADD COLUMN withdrawn_by TEXT NOT NULL DEFAULT '';
ALTER TABLE releases ADD COLUMN withdrawn_reason TEXT NOT NULL DEFAULT '';
"""

_ACCESS_TOKENS: Final = """
DROP TABLE grants;

CREATE TABLE grants (
    release_id TEXT NOT NULL REFERENCES releases (id),
    researcher TEXT NOT NULL,
    until_us INTEGER NOT NULL,
    secret_sha256 BLOB NOT NULL,
    PRIMARY KEY (release_id, researcher)
) STRICT;
"""

_SALT: Final = """
ALTER TABLE parties ADD COLUMN commitment TEXT;
ALTER TABLE studies ADD COLUMN draw_sha256 TEXT;
ALTER TABLE studies ADD COLUMN drawn TEXT;
"""

_REOFFERS: Final = "ALTER TABLE tasks ADD COLUMN reoffers INTEGER NOT NULL DEFAULT 0;"

_EXPECTED: Final = "ALTER TABLE studies ADD COLUMN rounds_expected INTEGER NOT NULL DEFAULT 0;"

# The audit's tables are the eighth script of every hub that exists: what is new is appended after them.
MIGRATIONS: Final = (
    _FIRST,
    _SHIPMENTS,
    _TOLD,
    _HAZARDS,
    _PARTICIPATION,
    _CANDIDATE,
    _GOVERNANCE,
    AUDIT_SCHEMA,
    _ACCESS_TOKENS,
    _SALT,
    _REOFFERS,
    _EXPECTED,
)
