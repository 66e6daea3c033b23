"""The directories of a release: being made, a whole draft, and the release under its final name.

.making-ID    the child writes into it; worth nothing after a kill
.draft-ID     whole, and named in the database by the digest of each file
ID            signed, and named in the database as released
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from syncline.durable.private_directory import make_private_directory
from syncline.durable.storage_fault import storage_error_from_os
from syncline.errors import StorageError
from syncline.study.manifest import file_digests
from syncline.wire.messages import ReleaseId

_MAKING, _DRAFT = ".making-", ".draft-"


@dataclass(frozen=True, slots=True)
class ReleaseFiles:
    """Where one release's files stand under ``directory``; all calls block on the disk."""

    directory: Path
    release_id: ReleaseId

    @property
    def making(self) -> Path:
        """Where the child writes."""
        return self.directory / f"{_MAKING}{self.release_id}"

    @property
    def draft(self) -> Path:
        """Where the whole draft waits."""
        return self.directory / f"{_DRAFT}{self.release_id}"

    @property
    def final(self) -> Path:
        """Where the release stands."""
        return self.directory / self.release_id

    def begin(self) -> None:
        """Make the empty directory that the child writes into."""
        try:
            if self.making.exists():
                shutil.rmtree(self.making)
            make_private_directory(self.making)
        except OSError as fault:
            raise storage_error_from_os(self.making, fault) from fault

    def keep_draft(self) -> None:
        """Give what the child wrote the draft's name, durably."""
        self._move(self.making, self.draft)

    def publish(self) -> None:
        """Give the signed draft its final name, durably."""
        self._move(self.draft, self.final)

    def holds(self, digests: Mapping[str, str]) -> bool:
        """Tell whether the draft is there, with these files and no others."""
        try:
            return self.draft.is_dir() and file_digests(self.draft) == dict(digests)
        except (OSError, StorageError):
            return False

    def size(self) -> int:
        """Return the bytes of the draft's files."""
        return sum(path.stat().st_size for path in self.draft.iterdir())

    def discard(self, *, released: bool) -> None:
        """Remove what is not released, as far as the disk allows."""
        for path in (self.making, self.draft, *(() if released else (self.final,))):
            shutil.rmtree(path, ignore_errors=True)

    def _move(self, source: Path, target: Path) -> None:
        try:
            for path in source.iterdir():
                _sync(path)
            _sync(source)
            if target.exists():
                shutil.rmtree(target)
            os.rename(source, target)
            _sync(self.directory)
        except OSError as fault:
            raise storage_error_from_os(target, fault) from fault


def remove_leftovers(directory: Path, waiting: Collection[ReleaseId], ended: Collection[ReleaseId]) -> None:
    """Remove what a killed hub left half made.

    Drafts of ``waiting`` releases stay. ``ended`` are those of studies that ended without a release: one of
    these may have been named just before.
    """
    kept = {f"{_DRAFT}{release_id}" for release_id in waiting}
    for path in (*directory.glob(f"{_MAKING}*"), *directory.glob(f"{_DRAFT}*")):
        if path.name not in kept:
            shutil.rmtree(path)
    for release_id in ended:
        shutil.rmtree(directory / release_id, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
