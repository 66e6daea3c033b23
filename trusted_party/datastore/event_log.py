"""Events for the operator: a name and fields, as JSON lines or, on a terminal, as text.

Fields name studies, suppliers, files and sizes; no value from anybody's data is ever passed here.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from typing import Final, TextIO

from syncline.clock import Clock
from syncline.data.printable import printable, printable_json

Field = str | int | float | bool | None

_HUB: Final = logging.getLogger("trusted_party")


def log_event(name: str, **fields: Field) -> None:
    """Write one event of ordinary work."""
    _HUB.info(name, extra={"fields": fields})


def log_warning(name: str, **fields: Field) -> None:
    """Write one event that an operator should look at."""
    _HUB.warning(name, extra={"fields": fields})


class SparseWarning:
    """A warning that strangers can cause: one line in a while, with how many there were since the last."""

    def __init__(self, name: str, clock: Clock, every: dt.timedelta = dt.timedelta(minutes=1)) -> None:
        self._name = name
        self._clock = clock
        self._every = every
        self._last: dt.datetime | None = None
        self._unsaid = 0

    def note(self, **fields: Field) -> None:
        """Write the line, or count it where the last one is not long ago."""
        now = self._clock.now()
        if self._last is not None and now - self._last < self._every:
            self._unsaid += 1
            return
        log_warning(self._name, **fields, not_logged=self._unsaid)
        self._last, self._unsaid = now, 0


class EventFormatter(logging.Formatter):
    """Render a record with its fields; of an exception only the type, since its text may quote data."""

    def __init__(self, *, human: bool) -> None:
        super().__init__()
        self._human = human

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        fields: dict[str, Field] = {**getattr(record, "fields", {})}
        fields.pop("event", None)
        if record.exc_info and record.exc_info[0] is not None:
            fields["exception"] = record.exc_info[0].__name__
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        if self._human:
            details = " ".join(f"{key}={value}" for key, value in fields.items())
            return printable(f"{at:%H:%M:%S} {record.getMessage().replace('_', ' ')}  {details}".rstrip())
        time = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        level = record.levelname.lower()
        body = {"time": time, "level": level, "event": record.getMessage(), **fields}
        return printable_json(json.dumps(body, ensure_ascii=False))


def start_logging(stream: TextIO = sys.stderr, *, human: bool | None = None) -> None:
    """Send the events of the hub and of the core to ``stream`` and nowhere else."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(EventFormatter(human=stream.isatty() if human is None else human))
    for name in ("trusted_party", "syncline"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False
