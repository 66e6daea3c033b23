"""A fitted model as a file: only its owner may read it, and any changed byte is noticed.

The file begins with a line that names its form, then the SHA-256 of that line and of all that comes after.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from syncline.data.record_codec import RecordCodec
from syncline.data.schema import Schema
from syncline.errors import IdentityError, StorageError, SynclineError, UsageError
from syncline.identity.private_file import write_private
from syncline.synthesizers.model import Model
from syncline.synthesizers.model_codec import pack_model, unpack_model
from syncline.synthesizers.streams import Seed

_MAGIC = b"syncline-model 4\n"
_EARLIER = tuple(b"syncline-model %d\n" % form for form in (1, 2, 3))
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class SavedModel:
    """What a technique learnt, the schema of what it draws, and the seed that it draws with."""

    method: str
    model: Model
    schema: Schema
    seed: Seed


@dataclass(frozen=True, slots=True, repr=False)
class _Content:
    """What stands in the file behind its digest: technique, canonical schema, seed, and the packed model."""

    method: str
    schema: str
    seed: bytes
    model: bytes


_CONTENT = RecordCodec(_Content, "saved model", 2)


def save_model(path: Path, saved: SavedModel) -> None:
    """Put a model at ``path`` with mode 600; after a kill either the old or the new file is there."""
    if not path.parent.is_dir():
        raise UsageError(f"{path}: its directory does not exist; make it, or name another place")
    schema = saved.schema.canonical().decode()
    model = pack_model(saved.model, saved.method, saved.schema)
    data = _CONTENT.encode(_Content(saved.method, schema, saved.seed.secret, model))
    try:
        write_private(path, _MAGIC + _digest(data) + data)
    except IdentityError as fault:
        raise StorageError(str(fault)) from fault.__cause__


def load_model(path: Path) -> SavedModel:
    """Read what :func:`save_model` wrote; anything else is refused by the file's name."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if _is_earlier(content):
        raise StorageError(
            f"{path}: was saved by an earlier version of Syncline, in a form that this one does not read; fit"
            " the model and save it again, or draw from it with that version"
        )
    data = content[len(_MAGIC) + _DIGEST_BYTES :]
    if content[: len(_MAGIC) + _DIGEST_BYTES] != _MAGIC + _digest(data):
        raise _damaged(path)
    try:
        kept = _CONTENT.decode(data)
        schema = Schema.from_canonical(kept.schema.encode())
        model = unpack_model(kept.model, kept.method, schema)
        return SavedModel(kept.method, model, schema, Seed(kept.seed))
    except (SynclineError, LookupError, ValueError) as error:
        raise _damaged(path) from error


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(_MAGIC + data).digest()


def _is_earlier(content: bytes) -> bool:
    """Tell whether an earlier version wrote this, whose digest did not cover the first line."""
    data = content[len(_MAGIC) :]
    return (
        content.startswith(_EARLIER) and hashlib.sha256(data[_DIGEST_BYTES:]).digest() == data[:_DIGEST_BYTES]
    )


def _damaged(path: Path) -> StorageError:
    return StorageError(f"{path}: is not a Syncline model or was changed; save it again, or restore a backup")
