"""Directories that only their owner may enter, with every parent that has to be made for them.

``Path.mkdir(mode=...)`` gives parents what the umask leaves, and the directory itself no more than that. Here
each directory that is made has mode 700, whatever the umask; one that was there keeps its own.

A home of mode 700 is of no use where others may write a directory above it: they rename the home, and put one
with keys of their own in its place. In a directory with the sticky bit, such as /tmp, only owners rename.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

from syncline.errors import UsageError

PRIVATE = 0o700

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_ROOT = 0


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


def require_guarded(home: Path) -> None:
    """Raise where another user could put a home of their own in the place of ``home``, which may not be yet.

    Every directory above it, along the path as given and as links lead, must belong to root or to this user,
    or the owner of ``home``, and be writable by nobody else unless it is sticky. A group without another
    member is no one else.
    """
    owners = {_ROOT, os.geteuid()}
    if home.exists():
        owners.add(home.stat().st_uid)
    for path in dict.fromkeys((*Path(os.path.abspath(home)).parents, *home.resolve().parents)):
        if not path.exists():
            continue
        found = path.stat()
        if found.st_uid not in owners:
            raise UsageError(
                f"home {home}: {path} belongs to another user, who could put another home in its place:"
                f" name a --home below directories of your own"
            )
        if _others_rename(found):
            raise UsageError(
                f"home {home}: others may write {path} (mode {stat.S_IMODE(found.st_mode):o}) and could put"
                f" another home in its place: run chmod go-w {path}, or name another --home"
            )


def _others_rename(found: os.stat_result) -> bool:
    """Tell whether somebody but the owner may rename what lies in a directory."""
    writable = found.st_mode & _OTHERS_WRITE
    if not writable or found.st_mode & stat.S_ISVTX:
        return False
    return writable != stat.S_IWGRP or not _own_group(found.st_gid, found.st_uid)


def _own_group(gid: int, uid: int) -> bool:
    """Tell whether a group is the one that many systems make for each user: of that name, without others."""
    try:
        group, user = grp.getgrgid(gid), pwd.getpwuid(uid)
    except KeyError:
        return False
    return group.gr_name == user.pw_name and user.pw_gid == gid and set(group.gr_mem) <= {user.pw_name}
