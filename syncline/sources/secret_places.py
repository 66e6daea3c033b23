"""Places in a URL where a secret belongs: ``${NAME}`` of the environment, ``${file:PATH}`` of a file.

They are filled in when a database is opened, and what was filled in is neither stored nor shown.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from syncline.errors import DataError
from syncline.sources.files import readable

MAX_SECRET_BYTES = 64 * 1024

_PLACE = re.compile(r"\$\{([^}]*)\}")
_FILE = "file:"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def fill_secrets(url: str, name: str, environment: Mapping[str, str] | None = None) -> str:
    """Return ``url`` with each secret in its place, percent-encoded; ``name`` stands for it in messages."""
    known = os.environ if environment is None else environment

    def fill(place: re.Match[str]) -> str:
        asked = place[1]
        if asked.startswith(_FILE):
            return quote(_of_file(Path(asked.removeprefix(_FILE)), name), safe="")
        return quote(_of_environment(asked, known, name), safe="")

    return _PLACE.sub(fill, url)


def _of_environment(variable: str, environment: Mapping[str, str], name: str) -> str:
    if not _VARIABLE.fullmatch(variable):
        raise DataError(f"{name}: a secret is written ${{NAME}} or ${{file:PATH}}; mend the URL")
    if variable not in environment:
        raise DataError(f"{name}: the environment variable {variable} is not set; set it where this runs")
    return environment[variable]


def _of_file(path: Path, name: str) -> str:
    """Return the content of a file that only its owner can read, without the line's end."""
    with readable(path), path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise DataError(f"{path}: is no regular file; put the secret of {name} into one")
        if mode & _OTHERS:
            raise DataError(f"{path}: holds a secret that others may read; run chmod 600 on it")
        content = file.read(MAX_SECRET_BYTES + 1)
    try:
        text = content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > MAX_SECRET_BYTES or "\0" in text:
        raise DataError(f"{path}: holds no secret of one line of text; write it anew")
    return text
