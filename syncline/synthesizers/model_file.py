"""A fitted model as a file: only its owner may read it, and any changed byte is noticed.

The file begins with a line that names its form, followed by the SHA-256 of all that comes after it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from syncline.data.blob import pack, unpack
from syncline.data.schema import Schema
from syncline.errors import IdentityError, StorageError, SynclineError, UsageError
from syncline.identity.private_file import write_private
from syncline.synthesizers.packing import pack_model, unpack_model
from syncline.synthesizers.streams import Seed
from syncline.synthesizers.tabular_model import TabularModel

_MAGIC = b"syncline-model 1\n"
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class SavedModel:
    """A model, the schema of what it draws, and the seed that it draws with."""

    model: TabularModel
    schema: Schema
    seed: Seed


def save_model(path: Path, saved: SavedModel) -> None:
    """Put a model at ``path`` with mode 600; after a kill either the old or the new file is there."""
    if not path.parent.is_dir():
        raise UsageError(f"{path}: its directory does not exist; make it, or name another place")
    head = {"schema": saved.schema.canonical().decode(), "seed": saved.seed.secret.hex()}
    data = pack(head, {"model": np.frombuffer(pack_model(saved.model), np.uint8)})
    try:
        write_private(path, _MAGIC + hashlib.sha256(data).digest() + data)
    except IdentityError as fault:
        raise StorageError(str(fault)) from fault.__cause__


def load_model(path: Path) -> SavedModel:
    """Read what :func:`save_model` wrote; anything else is refused by the file's name."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    data = content[len(_MAGIC) + _DIGEST_BYTES :]
    if content[: len(_MAGIC) + _DIGEST_BYTES] != _MAGIC + hashlib.sha256(data).digest():
        raise _damaged(path)
    try:
        head, arrays = unpack(data)
        schema = Schema.from_canonical(str(head["schema"]).encode())
        seed = Seed(bytes.fromhex(str(head["seed"])))
        return SavedModel(unpack_model(arrays["model"].tobytes(), schema), schema, seed)
    except (SynclineError, KeyError, ValueError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> StorageError:
    return StorageError(f"{path}: is not a Syncline model or was changed; save it again, or restore a backup")
