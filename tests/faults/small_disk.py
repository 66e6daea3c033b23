"""A disk of a few megabytes that can be filled and freed: a tmpfs, which needs root."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A mounted file system and the file that takes what is left of it."""

    root: Path

    @property
    def ballast(self) -> Path:
        return self.root / ".ballast"

    def fill(self) -> None:
        """Take every free block."""
        with self.ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                os.write(file.fileno(), bytes(_BLOCK))

    def free(self) -> None:
        """Give the blocks back."""
        self.ballast.unlink()


@contextlib.contextmanager
def small_disk(directory: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Put what ``directory`` holds on a small disk during the block; skip where that is forbidden."""
    directory.mkdir(exist_ok=True)
    aside = Path(shutil.copytree(directory, directory.with_name(directory.name + ".aside")))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(directory)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here: this needs root")
    try:
        shutil.copytree(aside, directory, dirs_exist_ok=True)
        yield SmallDisk(directory)
    finally:
        shutil.copytree(directory, aside, dirs_exist_ok=True)
        subprocess.run(["umount", "--lazy", str(directory)], check=True, capture_output=True)
        shutil.rmtree(directory)
        aside.rename(directory)
