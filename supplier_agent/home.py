"""The directory in which one agent keeps everything that it owns."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from syncline.durable.private_directory import PRIVATE, make_private_directory, require_guarded
from syncline.durable.storage_fault import place_error
from syncline.errors import UsageError

ENROL = "run 'supplier-agent enrol TOKEN --hub HOST:PORT' with a token from the hub's operator"
"""What to do where there is no identity yet."""


def default_home() -> Path:
    """Return ``~/.syncline/agent``."""
    return Path.home() / ".syncline" / "agent"


@dataclass(frozen=True, slots=True)
class AgentHome:
    """Name the files of an agent's home; only the owner may look inside."""

    root: Path

    @property
    def identity(self) -> Path:
        """Directory of the keys, the certificate and what is known of the hub."""
        return self.root / "identity"

    @property
    def policy(self) -> Path:
        """What this supplier permits, written and read by people."""
        return self.root / "policy.yaml"

    @property
    def journal(self) -> Path:
        """SQLite file of data sets, studies, rounds and the audit chain."""
        return self.root / "journal.sqlite"

    @property
    def payloads(self) -> Path:
        """Directory of the encrypted requests, replies and memories."""
        return self.root / "payloads"

    @property
    def storage_key(self) -> Path:
        """Key under which the payloads rest, unless systemd passes one."""
        return self.root / "storage.key"

    @property
    def contact(self) -> Path:
        """How the connection to the hub stood when the running agent last wrote it."""
        return self.root / "contact.json"

    def create(self) -> None:
        """Make the directory where it is missing, closed to everyone but its owner."""
        require_guarded(self.root)
        try:
            make_private_directory(self.root)
            os.chmod(self.root, PRIVATE)
        except OSError as error:
            raise place_error("--home", self.root, error) from error

    def require(self) -> None:
        """Raise where the home does not exist, or where others could put another one here."""
        if not self.root.is_dir():
            raise UsageError(f"there is no agent at {self.root}; {ENROL}")
        require_guarded(self.root)
