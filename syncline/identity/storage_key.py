"""The key-encryption key under which payloads rest: a systemd credential or a file of mode 600."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from syncline.errors import IdentityError
from syncline.identity.private_file import read_private, write_private

STORAGE_KEY_BYTES = 32
CREDENTIAL_NAME = "syncline-storage-key"


def load_storage_key(path: Path, environment: Mapping[str, str] = os.environ) -> bytes:
    """Return the 32 bytes of the key.

    Under systemd with ``LoadCredential=syncline-storage-key:...`` the credential is used; else the file at
    ``path``, which is made on the first call.
    """
    directory = environment.get("CREDENTIALS_DIRECTORY")
    credential = Path(directory) / CREDENTIAL_NAME if directory else None
    if credential is not None and credential.exists():
        return _checked(credential)
    if not path.exists():
        write_private(path, secrets.token_bytes(STORAGE_KEY_BYTES))
    return _checked(path)


def _checked(path: Path) -> bytes:
    key = read_private(path)
    if len(key) != STORAGE_KEY_BYTES:
        raise IdentityError(
            f"file {path}: {len(key)} bytes, expected the {STORAGE_KEY_BYTES} of a storage key: "
            "restore it from a backup"
        )
    return key
