"""The corpus: inputs by which a reader broke the law once, each in a file under the reader's name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"


def keep(name: str, content: bytes) -> Path:
    """Put an input into the corpus, under the first digits of its SHA-256."""
    path = CORPUS / name / f"{hashlib.sha256(content).hexdigest()[:16]}.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def kept() -> Iterator[tuple[str, Path]]:
    """Yield the name of a target and an input of it, for all that is kept."""
    for path in sorted(CORPUS.glob("*/*.bin")):
        yield path.parent.name, path
