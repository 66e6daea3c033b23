"""Where the real tables of benchmarks lie; they are read from there and never copied."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SHARED = Path(os.environ.get("SYNCLINE_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def shared(*parts: str) -> Path:
    """Return a file beside the checkout, or end with the reason where it is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        sys.exit(f"{path} is not here: set SYNCLINE_SHARED to the directory that holds it")
    return path
