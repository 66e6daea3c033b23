"""Wake those who wait when something may have changed; they look for themselves what it is.

A notice carries nothing, so that a lost, doubled or late one does no harm: whoever waits reads the
database again.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from syncline.wire.messages import StudyId

Topic = tuple[str, str]


def about_supplier(name: str) -> Topic:
    """Return the topic of what an agent's stream may have to be told."""
    return ("supplier", name)


def about_study(study_id: StudyId) -> Topic:
    """Return the topic of a study's state, its parties and its replies."""
    return ("study", study_id)


ANY_STUDY: Topic = ("study", "")
"""A study was added, or any of them changed."""


@dataclass(slots=True)
class Changes:
    """The notice board of one event loop."""

    _waiting: defaultdict[Topic, set[asyncio.Event]] = field(default_factory=lambda: defaultdict(set))

    @contextmanager
    def watch(self, *topics: Topic) -> Iterator[asyncio.Event]:
        """Give an event that is set at each notice; clear it before looking, never after."""
        event = asyncio.Event()
        for topic in topics:
            self._waiting[topic].add(event)
        try:
            yield event
        finally:
            for topic in topics:
                self._waiting[topic].discard(event)
                if not self._waiting[topic]:
                    del self._waiting[topic]

    def notify(self, *topics: Topic) -> None:
        """Wake everyone who watches one of ``topics``."""
        for topic in topics:
            for event in self._waiting.get(topic, ()):
                event.set()

    def notify_all(self) -> None:
        """Wake everyone: another process wrote to the database."""
        for event in {event for events in self._waiting.values() for event in events}:
            event.set()
