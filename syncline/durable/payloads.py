"""The payload store: bytes by their SHA-256, encrypted at rest, with uploads that resume and a time to live.

What is complete has its digest for a name; what is on its way in has the suffix ``.partial`` and gets its
name by an atomic rename. Calls block on the disk: in an event loop run them in a thread.

Every sender gets a scope of its own (:meth:`PayloadStore.scope`). Which chunks are missing is asked and
answered within a scope; else a supplier that knows a digest could learn whether another one holds that
payload.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from syncline.durable.private_directory import make_private_directory
from syncline.durable.sealed_object import PayloadId, SealedObject
from syncline.durable.storage_fault import storage_error_from_os
from syncline.durable.upload import Upload, split
from syncline.errors import ProtocolError, StorageError

DEFAULT_MAX_BYTES = 4 << 30
_PARTIAL = ".partial"
_SCOPES = "scopes"


class PayloadStore:
    """Payloads in one directory, each under a key of its own that ``kek`` seals.

    Parameters
    ----------
    root
        The directory; the first upload makes it, with mode 700.
    kek
        The key-encryption key, 32 bytes.
    max_bytes
        The largest payload to take or to return.
    """

    def __init__(self, root: Path, kek: bytes, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        if len(kek) != 32:
            raise ValueError("a storage key has 32 bytes")
        self._root, self._kek, self._max_bytes = root, kek, max_bytes

    def scope(self, name: str) -> PayloadStore:
        """Return the store of one sender, such as a supplier's task; scopes know nothing of each other."""
        return PayloadStore(self._root / _SCOPES / _folder(name), self._kek, self._max_bytes)

    def keep_scopes(self, names: Iterable[str]) -> int:
        """Remove every scope but those of ``names``, with all that it holds; return how many."""
        kept = {_folder(name) for name in names}
        place = self._root / _SCOPES
        with _faults(place):
            found = [path for path in place.iterdir() if path.name not in kept] if place.exists() else []
            for path in found:
                shutil.rmtree(path)
        return len(found)

    def put(self, data: bytes) -> bytes:
        """Store ``data`` durably and return its SHA-256."""
        digest = hashlib.sha256(data).digest()
        with self.open_upload(digest, len(data)) as upload:
            for index, chunk in enumerate(split(data)):
                upload.write_chunk(index, chunk)
            upload.finish()
        return digest

    def open_upload(self, sha256: bytes, size: int) -> Upload:
        """Begin to take a payload, or go on where an earlier attempt ended.

        A digest that was announced with another size before is refused until that attempt has expired.
        """
        if len(sha256) != hashlib.sha256().digest_size:
            raise ProtocolError(f"payload: a digest of {len(sha256)} bytes, expected 32")
        if not 0 <= size <= self._max_bytes:
            raise ProtocolError(f"payload: {size} bytes, expected at most {self._max_bytes}")
        payload, final = PayloadId(sha256, size), self._path(sha256)
        with _faults(final):
            make_private_directory(self._root)
            if final.exists():
                self._check_complete(payload)
                return Upload(payload, None, final)
            partial = self._partial(payload, final.with_name(final.name + _PARTIAL))
            return Upload(payload, partial, final)

    def has(self, sha256: bytes) -> bool:
        """Tell whether the whole payload is here."""
        return self._path(sha256).exists()

    def is_lost(self, sha256: bytes) -> bool:
        """Tell whether a payload that was stored here is gone; raise where the store cannot be looked at."""
        with _faults(self._root):
            os.stat(self._root.parent)  # a disk that is not mounted has lost nothing
            return not self.has(sha256)

    def size(self, sha256: bytes) -> int:
        """Return the payload's size in bytes."""
        with self._opened(sha256) as sealed:
            return sealed.payload.size

    def get(self, sha256: bytes, max_bytes: int | None = None) -> bytes:
        """Return a whole payload; refuse one of over ``max_bytes``."""
        limit = self._max_bytes if max_bytes is None else max_bytes
        with self._opened(sha256) as sealed:
            if sealed.payload.size > limit:
                raise StorageError(f"payload: {sealed.payload.size} bytes, expected at most {limit}")
            gathered, digest = BytesIO(), hashlib.sha256()
            for index in range(sealed.payload.chunks):
                chunk = _chunk(sealed, index)
                digest.update(chunk)
                gathered.write(chunk)
        if digest.digest() != sha256:
            raise _damaged(self._path(sha256))
        return gathered.getvalue()  # shares the buffer: joining the chunks would hold the payload twice

    def read_chunk(self, sha256: bytes, index: int) -> bytes:
        """Return one chunk of 1 MiB, the last one shorter."""
        with self._opened(sha256) as sealed:
            if not 0 <= index < sealed.payload.chunks:
                raise ProtocolError(f"payload: chunk {index} of {sealed.payload.chunks} was asked for")
            return _chunk(sealed, index)

    def delete(self, sha256: bytes) -> None:
        """Remove a payload, whole or partial; one that is not here is no error."""
        final = self._path(sha256)
        with _faults(final):
            final.unlink(missing_ok=True)
            final.with_name(final.name + _PARTIAL).unlink(missing_ok=True)

    def keep_only(self, sha256: bytes) -> None:
        """Remove every other payload of this scope, whole or partial."""
        kept = {sha256.hex(), sha256.hex() + _PARTIAL}
        with _faults(self._root):
            for path in self._root.iterdir() if self._root.exists() else ():
                if path.is_file() and path.name not in kept:
                    path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove everything in this scope, such as at the end of its study."""
        with _faults(self._root):
            if self._root.exists():
                shutil.rmtree(self._root)

    def expire(self, before: dt.datetime, keep: frozenset[bytes] = frozenset()) -> int:
        """Remove what was last written before ``before``, here and in all scopes; return how many.

        ``keep`` names the digests that are still needed, however old.
        """
        names = {digest.hex() for digest in keep}
        removed = 0
        with _faults(self._root):
            for path in sorted(self._root.rglob("*")):
                needed = path.name.removesuffix(_PARTIAL) in names
                if path.is_file() and not needed and path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, sha256: bytes) -> Path:
        return self._root / sha256.hex()

    def _check_complete(self, payload: PayloadId) -> None:
        """Raise unless the stored payload is the announced one; count its time to live anew."""
        with self._opened(payload.sha256) as sealed:
            _check_same(sealed.payload, payload)
        os.utime(self._path(payload.sha256))

    def _partial(self, payload: PayloadId, path: Path) -> SealedObject:
        sealed = self._earlier_attempt(path) or SealedObject.create(path, payload, self._kek)
        try:
            _check_same(sealed.payload, payload)
        except ProtocolError:
            sealed.close()
            raise
        return sealed

    def _earlier_attempt(self, path: Path) -> SealedObject | None:
        if not path.exists():
            return None
        try:
            return SealedObject.open(path, self._kek, writable=True)
        except StorageError:
            path.unlink()  # a power cut took its header, and with it all that it held
            return None

    @contextmanager
    def _opened(self, sha256: bytes) -> Iterator[SealedObject]:
        path = self._path(sha256)
        with _faults(path):
            sealed = SealedObject.open(path, self._kek)
            try:
                if sealed.payload.sha256 != sha256:
                    raise _damaged(path)
                yield sealed
            finally:
                sealed.close()


def _folder(scope: str) -> str:
    return hashlib.sha256(scope.encode()).hexdigest()


def _check_same(known: PayloadId, announced: PayloadId) -> None:
    if known != announced:
        raise ProtocolError(f"payload: announced with {announced.size} bytes, and before with {known.size}")


def _chunk(sealed: SealedObject, index: int) -> bytes:
    chunk = sealed.read(index)
    if chunk is None:
        raise _damaged(sealed.path)
    return chunk


def _damaged(path: Path) -> StorageError:
    return StorageError(f"payload {path}: its bytes were changed: delete the file to have it sent again")


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise storage_error_from_os(path, fault) from fault
