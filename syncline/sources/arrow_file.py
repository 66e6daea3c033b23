"""Arrow IPC files and streams, also called Feather, read one record batch at a time with their own types."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from syncline.data.stream_outline import loose_outline
from syncline.errors import DataError
from syncline.sources.files import FileContent, readable, require_file, unchanged
from syncline.sources.pandas_index import without_index
from syncline.sources.stored_table import FileTable, require_flat

MAX_BATCH_BYTES = 1024 * 1024 * 1024
"""The largest record batch that is read: batches are held in memory whole."""

_FILE_MARK = b"ARROW1"
_OLD_FEATHER_MARK = b"FEA1"


class ArrowFileSource(FileTable):
    """Read an Arrow IPC file or stream; which of the two it is, its first bytes tell."""

    def __init__(self, path: Path) -> None:
        require_file(path)
        self._is_file = _is_file(path)
        with _reader(path, self._is_file, None) as reader:
            stored = reader.schema.names
            super().__init__(path, FileContent(path), without_index(stored))
            self._stored = [stored.index(name) for name in self._raw]
            self._kinds = [reader.schema.field(place).type for place in self._stored]

    def describe(self) -> str:
        """Return the path, the form and the number of columns."""
        form = "file" if self._is_file else "stream"
        return f"{self._path}, Arrow IPC {form}, {len(self._columns)} columns"

    def _read(self, places: Sequence[int], wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for place in places:
            require_flat(self._kinds[place], self._columns[place], self._path)
        with (
            unchanged(self._path),
            _reader(self._path, self._is_file, sorted({self._stored[place] for place in places})) as reader,
        ):
            _require_bounded(self._path, self._is_file)
            for batch in _all_batches(reader):
                if batch.num_rows:
                    names = [self._raw[place] for place in places]
                    yield batch.select(names).rename_columns(list(wanted))


@contextmanager
def _reader(
    path: Path, is_file: bool, places: list[int] | None
) -> Iterator[pa.RecordBatchFileReader | pa.RecordBatchStreamReader]:
    options = pa.ipc.IpcReadOptions(use_threads=False, included_fields=places)
    opener = pa.ipc.open_file if is_file else pa.ipc.open_stream
    with readable(path), _BoundedReads(path) as file:
        try:
            with opener(file, options=options) as reader:
                yield reader
        except MemoryError:  # of which Arrow's own kind is an ArrowException as well
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            if file.refusal is not None:  # which Arrow's threads do not pass on
                raise file.refusal from None
            if getattr(error, "errno", None):
                raise
            raise DataError(f"{path}: is not a whole Arrow IPC file; write or copy it again") from None


def _require_bounded(path: Path, is_file: bool) -> None:
    """Raise where a batch or dictionary would unpack to too much, before any is unpacked."""
    with path.open("rb") as file:
        for one in loose_outline(file, is_file=is_file):
            if one.unpacked_bytes > MAX_BATCH_BYTES:
                raise _too_large(path)


def _too_large(path: Path) -> DataError:
    return DataError(
        f"{path}: has a record batch of more than {MAX_BATCH_BYTES >> 20} MiB;"
        " write it in smaller batches, or as Parquet"
    )


def _is_file(path: Path) -> bool:
    with readable(path), path.open("rb") as file:
        mark = file.read(len(_FILE_MARK))
    if mark.startswith(_OLD_FEATHER_MARK):
        raise DataError(f"{path}: is of Feather's first version; write it as Feather version 2 or Parquet")
    return mark == _FILE_MARK


def _all_batches(
    reader: pa.RecordBatchFileReader | pa.RecordBatchStreamReader,
) -> Iterator[pa.RecordBatch]:
    if isinstance(reader, pa.RecordBatchFileReader):
        return (reader.get_batch(place) for place in range(reader.num_record_batches))
    return iter(reader)


class _BoundedReads(io.FileIO):
    """A file that refuses to read more at once than a record batch may hold."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._path = path
        self.refusal: DataError | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0 or size > MAX_BATCH_BYTES:
            self.refusal = _too_large(self._path)
            raise self.refusal
        return super().read(size) or b""
