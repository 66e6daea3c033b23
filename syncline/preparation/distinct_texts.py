"""The distinct texts of columns, up to a limit: what a draft or a code list is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from syncline.preparation.prepared_source import BATCH_ROWS
from syncline.preparation.prepared_view import as_text
from syncline.sources.source import Source

MAX_TEXTS = 10_000
"""Distinct texts that are kept of one column."""


@dataclass(slots=True)
class DistinctTexts:
    """Hold the distinct texts of a column in the order in which they came, and whether there were more."""

    texts: dict[str, None] = field(default_factory=dict, repr=False)
    is_cut: bool = False

    @property
    def are_padded(self) -> bool:
        """Whether white space stands around some text."""
        return any(text != text.strip() for text in self.texts)

    def add(self, texts: Sequence[str]) -> None:
        """Take further texts, as long as there is room."""
        for text in texts:
            if len(self.texts) >= MAX_TEXTS and text not in self.texts:
                self.is_cut = True
                return
            self.texts[text] = None


def distinct_texts(source: Source, columns: Sequence[str]) -> dict[str, DistinctTexts]:
    """Read a source from end to end and return the distinct texts of ``columns``, null left out."""
    found = {name: DistinctTexts() for name in columns}
    for batch in source.batches(None, BATCH_ROWS):
        text = as_text(batch, source)
        for name, texts in found.items():
            texts.add(text.column(name).drop_null().unique().to_pylist())
    return found
