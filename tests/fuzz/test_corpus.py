"""What broke the law once does not break it again, and what the fuzzer begins with keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.corpus_files import kept
from tests.fuzz.registry import all_targets
from tests.fuzz.target import LawBroken, Target


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "path"), [*kept()], ids=lambda value: value if isinstance(value, str) else value.stem
)
def test_an_input_that_broke_the_law_breaks_it_no_more(name: str, path: Path) -> None:
    all_targets()[name].check(path.read_bytes())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(all_targets()))
def test_what_fuzzing_begins_with_keeps_the_law(name: str) -> None:
    target = all_targets()[name]
    seeds = target.seeds()
    assert seeds
    for content in seeds:
        target.check(content)
        target.check(b"")


def test_the_law_is_broken_by_any_other_error_and_by_too_much_time() -> None:
    def read(content: bytes) -> None:
        raise KeyError(content)

    with pytest.raises(LawBroken, match="KeyError"):
        Target("broken", lambda: [b""], read).check(b"")
