"""Work on the dictionary of a column, done once for each text though the dictionary comes with every batch.

A dictionary of a pass only grows: the texts of the next batch's are those of the last one's, then new ones.
So what was reckoned of the first part is kept, and only the rest is reckoned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import pyarrow as pa

T = TypeVar("T")


class DictionaryMemo(Generic[T]):
    """Apply ``reckon`` to dictionaries, and ``join`` what it returned for the parts of a growing one."""

    def __init__(self, reckon: Callable[[pa.Array], T], join: Callable[[T, T], T]) -> None:
        self._reckon = reckon
        self._join = join
        self._texts: pa.Array | None = None
        self._result: T

    def of(self, texts: pa.Array) -> T:
        """Return what is reckoned of ``texts`` (n,), a dictionary with null for missing cells."""
        done = 0 if self._texts is None else len(self._texts)
        if done > len(texts) or not texts.slice(0, done).equals(self._texts if done else texts[:0]):
            done = 0
        if done == 0:
            self._result = self._reckon(texts)
        elif done < len(texts):
            self._result = self._join(self._result, self._reckon(texts.slice(done)))
        self._texts = texts
        return self._result
