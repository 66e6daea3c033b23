"""Row labels that pandas stores beside the columns of a table, which are no data.

A data frame that was filtered, shuffled or split keeps its old row numbers as an index without a name. Arrow,
Parquet and Feather store such an index as a column of a reserved name. An index that was given a name is a
column that somebody chose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_RESERVED = re.compile(r"__index_level_[0-9]+__|__null_dask_index__")


def is_unnamed_index(name: str) -> bool:
    """Tell whether a column is an index without a name, as pandas or Dask stored it."""
    return _RESERVED.fullmatch(name) is not None


def without_index(names: Sequence[str]) -> list[str]:
    """Return the names of the columns that are data; all where there would be none."""
    return [name for name in names if not is_unnamed_index(name)] or list(names)
