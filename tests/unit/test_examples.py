"""The examples in docstrings are typed as they stand: what they print is what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import syncline

ROOT = Path(syncline.__file__).parent
KNOWN = {"np": np, "pd": pd, "Path": Path}
"""What an example need not import."""

SHOWN = sorted(
    ".".join(("syncline", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for path in ROOT.rglob("*.py")
    if ">>> " in path.read_text("utf-8")
)


def test_what_a_researcher_imports_has_examples() -> None:
    public = [getattr(syncline, name) for name in syncline.__all__ if name != "__version__"]
    assert {"syncline", *(value.__module__ for value in public)} <= {*SHOWN}


@pytest.mark.parametrize("name", SHOWN)
def test_examples_print_what_they_say(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(name)
    for example in doctest.DocTestFinder().find(module, extraglobs=KNOWN):
        place = tmp_path / example.name
        place.mkdir()
        monkeypatch.chdir(place)
        said: list[str] = []
        failed, _ = doctest.DocTestRunner().run(example, out=said.append)
        assert not failed, "".join(said)
