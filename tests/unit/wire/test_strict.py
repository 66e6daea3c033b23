"""Texts for people are read strictly: nothing in them moves the cursor or cannot be seen."""

from __future__ import annotations

import pytest

from syncline.errors import WireError
from syncline.wire import strict


@pytest.mark.parametrize("char", ["\n", "\x1b", "\u202e", "\u200b", "\u2028", "\u2029", "\ud800"])
def test_control_and_format_characters_are_refused(char: str) -> None:
    with pytest.raises(WireError, match="reason: control and format characters are not allowed"):
        strict.sentence("reason", f"a{char}b")


def test_other_letters_are_kept() -> None:
    assert strict.sentence("reason", "Straße 日本 👍") == "Straße 日本 👍"
