"""A hub's home as version 0.1.0 (add6bbe) made it, with a released study, one that runs, and its signing key.

``hub.sql`` is what its SQLite file holds, as text. The key was made for this home and signs nothing else.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

KEPT = Path(__file__).with_name("home_0_1_0")
NEXT_SCRIPTS = (
    (
        "ALTER TABLE parties ADD COLUMN commitment TEXT",
        "ALTER TABLE studies ADD COLUMN draw_sha256 TEXT",
        "ALTER TABLE studies ADD COLUMN drawn TEXT",
    ),
    ("ALTER TABLE tasks ADD COLUMN reoffers INTEGER NOT NULL DEFAULT 0",),
    ("ALTER TABLE studies ADD COLUMN rounds_expected INTEGER NOT NULL DEFAULT 0",),
)
"""What versions between 0.1.0 and alembic added, a script a number of ``user_version``."""


def make_old_home(home: Path, version: int = 9) -> Path:
    """Write the home, at the ninth script or a later one; return its database."""
    home.mkdir(mode=0o700)
    shutil.copy(KEPT / "signing-key.pem", home)
    (home / "signing-key.pem").chmod(0o600)
    path = home / "hub.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript((KEPT / "hub.sql").read_text("utf-8"))
        for script in NEXT_SCRIPTS[: max(version - 9, 0)]:
            for statement in script:
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {version}")
    return path
