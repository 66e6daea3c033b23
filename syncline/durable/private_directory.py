"""Directories that only their owner may enter, with every parent that has to be made for them.

``Path.mkdir(mode=...)`` gives parents what the umask leaves, and the directory itself no more than that. Here
each directory that is made has mode 700, whatever the umask; one that was there keeps its own.
"""

from __future__ import annotations

import os
from pathlib import Path

PRIVATE = 0o700


def make_private_directory(path: Path) -> None:
    """Make a directory and the parents that it lacks; what stands there already is left as it is.

    Raises
    ------
    OSError
        As of ``Path.mkdir``: FileExistsError where a file stands in the way.
    """
    if path.is_dir():
        return
    if path.parent != path:
        make_private_directory(path.parent)
    try:
        path.mkdir(mode=PRIVATE)
    except FileExistsError:
        if not path.is_dir():
            raise
    else:
        os.chmod(path, PRIVATE)  # a umask may have taken from the owner as well
