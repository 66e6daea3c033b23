"""Structured log lines: an event with fields, as JSON, or as plain text on a terminal.

Fields name a study, a round, a file or a count of bytes; values from the supplier's data never come here.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TextIO

from syncline.clock import Clock
from syncline.data.printable import printable, printable_json

Field = str | int | float | bool | None


class EventLog:
    """Write one line an event to a stream.

    Parameters
    ----------
    clock : Clock
        Gives each line its time, UTC.
    stream : TextIO
        Where lines go; standard error by default, which systemd keeps.
    human : bool, optional
        Plain text rather than JSON; by default whether the stream is a terminal.
    """

    def __init__(self, clock: Clock, stream: TextIO | None = None, human: bool | None = None) -> None:
        self._clock = clock
        self._stream = sys.stderr if stream is None else stream
        self._human = self._stream.isatty() if human is None else human

    def info(self, event: str, **fields: Field) -> None:
        """Write an event of normal work."""
        self.write("info", event, fields)

    def warning(self, event: str, **fields: Field) -> None:
        """Write an event that somebody should look at."""
        self.write("warning", event, fields)

    def error(self, event: str, **fields: Field) -> None:
        """Write an event after which something does not work."""
        self.write("error", event, fields)

    def write(self, level: str, event: str, fields: dict[str, Field]) -> None:
        """Write one line."""
        now = self._clock.now()
        if self._human:
            line = printable(_as_text(now.strftime("%H:%M:%S"), level, event, fields))
        else:
            stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            body = {"time": stamp, "level": level, "event": event, **fields}
            line = printable_json(json.dumps(body, ensure_ascii=False))
        self._stream.write(line + "\n")
        self._stream.flush()


class LoggingBridge(logging.Handler):
    """Pass what the core logs, such as the events of child processes, to the same stream in the same form."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(logging.INFO)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; its fields are those that the core's loggers attach."""
        given = getattr(record, "fields", {})
        fields = {
            name: value for name, value in given.items() if isinstance(value, Field) and name != "event"
        }
        self._log.write(record.levelname.lower(), record.getMessage(), fields)


def bridge_core_logging(log: EventLog) -> None:
    """Send the core's log records to ``log`` and nowhere else."""
    core = logging.getLogger("syncline")
    core.handlers = [LoggingBridge(log)]
    core.propagate = False
    core.setLevel(logging.INFO)


def _as_text(stamp: str, level: str, event: str, fields: dict[str, Field]) -> str:
    mark = "" if level == "info" else f"{level}: "
    words = "  ".join(f"{name}={value}" for name, value in fields.items() if value is not None)
    return f"{stamp}  {mark}{event}  {words}".rstrip()
