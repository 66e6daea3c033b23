"""Studies release what they released before, byte for byte, within a version of the algorithms.

What changes on purpose is recorded anew, under a new ``ALGORITHM_VERSION``:
``python -m tests.golden.golden_studies record FILE``.
"""

from __future__ import annotations

import json

import pytest

from syncline.version import ALGORITHM_VERSION
from tests.golden.golden_studies import GOLDEN, digests, everywhere
from tests.studies.drawn_studies import draw

RECORDED: dict[str, dict[str, str]] = json.loads(GOLDEN.read_text("utf-8"))


@pytest.mark.parametrize("number", sorted(map(int, RECORDED)))
def test_a_study_releases_the_bytes_that_were_recorded(number: int) -> None:
    assert everywhere(digests(draw(number))) == RECORDED[str(number)]


def test_they_are_those_of_this_version() -> None:
    assert GOLDEN.stem.endswith(f"_{ALGORITHM_VERSION}")
