"""Where real tables lie: those that machines share, and those that packages bring along."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("SYNCLINE_SHARED", ROOT.parent / "shared"))


def shared_file(name: str) -> Path:
    path = SHARED / "data" / name
    if not path.exists():
        pytest.skip(f"the shared table {name} is not here; SYNCLINE_SHARED names its folder")
    return path


def packaged_file(package: str, name: str) -> Path:
    spec = importlib.util.find_spec(package)  # without running the package
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"the package {package} is not installed")
    return Path(spec.submodule_search_locations[0]) / name
