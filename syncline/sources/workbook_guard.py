"""What a workbook says of its size before anything of it is unpacked.

A workbook is a zip archive of XML. Deflate packs at most 1032 to 1, and sheets that people write stay below
100 to 1, so an archive that promises much more was made to fill the reader's memory.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from syncline.errors import DataError

MAX_PARTS = 10_000
MAX_BYTES = 8 * 1024**3
"""The most that all parts may unpack to; sheets are read as a stream."""
MAX_SHARED_BYTES = 256 * 1024**2
"""The most that the texts, styles and other parts may unpack to that are held in memory whole."""
MAX_RATIO = 200
_SMALL_BYTES = 16 * 1024**2
"""What may be packed as tightly as it likes."""


def require_sane_archive(path: Path) -> None:
    """Refuse a file that is no workbook, or one that would unpack to an absurd size."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise DataError(
            f"{path}: is not a whole .xlsx workbook; save it as .xlsx without a password"
        ) from None
    if len(parts) > MAX_PARTS:
        raise _too_large(path, f"{MAX_PARTS} parts")
    for part in parts:
        if part.file_size > max(_SMALL_BYTES, MAX_RATIO * part.compress_size):
            raise _too_large(path, f"{MAX_RATIO} times its packed size")
    if sum(part.file_size for part in parts) > MAX_BYTES:
        raise _too_large(path, f"{MAX_BYTES >> 30} GiB")
    if sum(part.file_size for part in parts if not _is_sheet(part)) > MAX_SHARED_BYTES:
        raise _too_large(path, f"{MAX_SHARED_BYTES >> 20} MiB beside its sheets")


def _is_sheet(part: zipfile.ZipInfo) -> bool:
    return part.filename.startswith("xl/worksheets/")


def _too_large(path: Path, limit: str) -> DataError:
    return DataError(f"{path}: would unpack to more than {limit}; export the table as CSV or Parquet")
