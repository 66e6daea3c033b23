"""How the connection stands, in a small file that `status` and `check` read while the agent runs."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CONNECTED = "connected"
CONNECTING = "connecting"
REFUSED = "refused"
EXPIRED = "certificate expired"
STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Contact:
    """The state of the connection; times are microseconds since 1970 UTC, 0 where there was none yet."""

    pid: int
    state: str
    message: str
    last_contact_us: int
    hub_version: str
    certificate_expires_us: int

    @property
    def is_running(self) -> bool:
        """Whether the process that wrote this still runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return self.state != STOPPED


def write_contact(path: Path, contact: Contact) -> None:
    """Replace the file; it need not survive a power cut, so nothing is forced to the disk."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps(asdict(contact)), "utf-8")
    temporary.replace(path)


def read_contact(path: Path) -> Contact | None:
    """Return what the agent wrote last; None where it never ran."""
    try:
        fields: dict[str, Any] = json.loads(path.read_text("utf-8"))  # Any: the constructor names the fields
        return Contact(**fields)
    except (OSError, ValueError, TypeError):
        return None
