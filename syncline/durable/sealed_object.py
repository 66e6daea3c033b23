"""The file of one payload: a header that seals the object's key, then encrypted slots at fixed places.

    file:   header | slot 0 | slot 1 | ...
    header: magic (8) | SHA-256 of the payload (32) | size (8) | nonce (12) | the object's key, sealed (48)
    slot:   nonce (12) | ciphertext (1 MiB, the last one shorter) | tag (16)

AES-256-GCM throughout. The key-encryption key seals the object's key together with digest and size, and the
object's key seals each chunk together with digest, size and index, so neither headers nor chunks can be
exchanged.

Nonces are random and not counted: after a crash a sender may send other bytes for a chunk that already stood
on the disk, and a counter would then encrypt two texts under one nonce. A slot proves itself by its tag. So
which chunks are there is read from the slots and needs no journal, and a slot that was torn by a crash is
simply missing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import struct
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from syncline.errors import StorageError

CHUNK_BYTES = 1 << 20

_MAGIC = b"SYNCLINE"
_IDENTITY = struct.Struct(">8s32sQ")
_NONCE_BYTES, _TAG_BYTES, _KEY_BYTES = 12, 16, 32
_HEADER_BYTES = _IDENTITY.size + _NONCE_BYTES + _KEY_BYTES + _TAG_BYTES
_SLOT_BYTES = _NONCE_BYTES + CHUNK_BYTES + _TAG_BYTES


@dataclass(frozen=True, slots=True)
class PayloadId:
    """A payload's SHA-256 and its size in bytes."""

    sha256: bytes
    size: int

    def __post_init__(self) -> None:
        if len(self.sha256) != 32 or self.size < 0:
            raise ValueError("a payload is named by the 32 bytes of a SHA-256 and a size of at least 0")

    @property
    def chunks(self) -> int:
        """The number of chunks; an empty payload has none."""
        return -(-self.size // CHUNK_BYTES)

    def chunk_size(self, index: int) -> int:
        """Return the bytes of chunk ``index``; only the last one is shorter than 1 MiB."""
        return min(CHUNK_BYTES, self.size - index * CHUNK_BYTES)

    def packed(self) -> bytes:
        """Return the bytes that stand in the header and are sealed with every part of the file."""
        return _IDENTITY.pack(_MAGIC, self.sha256, self.size)


@dataclass(slots=True)
class SealedObject:
    """An open payload file; close it after use."""

    payload: PayloadId
    path: Path
    descriptor: int
    cipher: AESGCM = field(repr=False)

    @classmethod
    def create(cls, path: Path, payload: PayloadId, kek: bytes) -> SealedObject:
        """Make the file, mode 600, with a fresh key; where it exists already, open that one.

        The name appears together with the header, so two that create at once come to share one key.
        """
        temporary = path.with_name(f".{secrets.token_hex(16)}")
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _write_all(descriptor, _fresh_header(payload, kek), 0)
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
        finally:
            os.close(descriptor)
            temporary.unlink()
        return cls.open(path, kek, writable=True)

    @classmethod
    def open(cls, path: Path, kek: bytes, *, writable: bool = False) -> SealedObject:
        """Open a file that :meth:`create` made; raise where its header is torn, changed or of another key."""
        descriptor = os.open(path, os.O_RDWR if writable else os.O_RDONLY)
        try:
            payload, key = _read_header(os.pread(descriptor, _HEADER_BYTES, 0), kek, path)
            return cls(payload, path, descriptor, AESGCM(key))
        except BaseException:
            os.close(descriptor)
            raise

    def write(self, index: int, chunk: bytes) -> None:
        """Encrypt one chunk into its slot."""
        nonce = os.urandom(_NONCE_BYTES)
        slot = nonce + self.cipher.encrypt(nonce, chunk, self._label(index))
        _write_all(self.descriptor, slot, self._place(index))

    def read(self, index: int) -> bytes | None:
        """Return one chunk; None where its slot is empty, torn or changed."""
        nonce = os.pread(self.descriptor, _NONCE_BYTES, self._place(index))
        if not any(nonce):
            return (
                None  # beyond the file's end, or a hole: a sender that writes the last chunk first makes one
            )
        length = self.payload.chunk_size(index) + _TAG_BYTES
        sealed = os.pread(self.descriptor, length, self._place(index) + _NONCE_BYTES)
        if len(sealed) < length:
            return None
        try:
            return self.cipher.decrypt(nonce, sealed, self._label(index))
        except InvalidTag:
            return None

    def sync(self) -> None:
        """Wait until what was written is on the disk."""
        os.fdatasync(self.descriptor)

    def close(self) -> None:
        """Close the file; closing twice does no harm."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def _label(self, index: int) -> bytes:
        return self.payload.packed() + index.to_bytes(8, "big")

    @staticmethod
    def _place(index: int) -> int:
        return _HEADER_BYTES + index * _SLOT_BYTES


def _fresh_header(payload: PayloadId, kek: bytes) -> bytes:
    key, nonce = os.urandom(_KEY_BYTES), os.urandom(_NONCE_BYTES)
    return payload.packed() + nonce + AESGCM(kek).encrypt(nonce, key, payload.packed())


def _read_header(header: bytes, kek: bytes, path: Path) -> tuple[PayloadId, bytes]:
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise StorageError(f"payload {path}: its header is damaged: delete the file to have it sent again")
    _, sha256, size = _IDENTITY.unpack(header[: _IDENTITY.size])
    sealed = header[_IDENTITY.size :]
    try:
        key = AESGCM(kek).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], header[: _IDENTITY.size])
    except InvalidTag:
        raise StorageError(
            f"payload {path}: it was changed, or the home's storage key is not the one that sealed it: "
            "restore the key from a backup"
        ) from None
    return PayloadId(sha256, size), key


def _write_all(descriptor: int, data: bytes, place: int) -> None:
    """Write all of ``data``; a nearly full disk may take only a part at a time."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, place)
        view, place = view[written:], place + written
