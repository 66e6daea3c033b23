"""How a question that has a message of its own is written and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from syncline.questions.question import Question


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """Write questions of one kind as messages and read them again; the field of the message has that name.

    Any: a question, and a message, of that kind.
    """

    write: Callable[[Any], Any]
    read: Callable[[Any], Question]
