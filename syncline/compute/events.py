"""What of a child's standard error may reach a log: its own structured events, bounded, and nothing else."""

from __future__ import annotations

import asyncio
import json
import logging

from syncline.compute.serve import EVENT_PREFIX

MAX_EVENT_BYTES = 4096

logger = logging.getLogger("syncline.compute")


async def pass_on_events(module: str, stream: asyncio.StreamReader) -> None:
    """Log the events that the child writes until it ends; count the other lines without keeping them."""
    dropped = 0
    while (line := await _next_line(stream)) is not None:
        event = parse_event(line)
        if event is None:
            dropped += 1
        else:
            logger.info("%s", event.get("event"), extra={"fields": {"module": module, **event}})
    if dropped:
        fields = {"event": "child_text_dropped", "module": module, "lines": dropped}
        logger.warning("child_text_dropped", extra={"fields": fields})


def parse_event(line: bytes) -> dict[str, object] | None:
    """Read one line that :func:`syncline.compute.serve.log_event` wrote; None for anything else."""
    text = line.decode("utf-8", "replace")
    if len(line) > MAX_EVENT_BYTES or not text.startswith(EVENT_PREFIX):
        return None
    try:
        event = json.loads(text.removeprefix(EVENT_PREFIX))
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


async def _next_line(stream: asyncio.StreamReader) -> bytes | None:
    """Return the next line, cut where it is longer than the stream's buffer; None at the end."""
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        return end.partial or None
    except asyncio.LimitOverrunError as overrun:
        return await stream.read(overrun.consumed)
