"""The child's main loop: take a call from standard input, answer on standard output, end with the parent.

A child module does nothing but ``serve(handle)``. Standard output belongs to the frames, so whatever else
prints goes to standard error, and there the parent passes on only what :func:`log_event` wrote.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import BinaryIO, TypeAlias

from syncline import errors
from syncline.compute.confinement import (
    LIMITS_VARIABLE,
    OUT_OF_MEMORY,
    begin_call,
    confine,
    wants_memory,
)
from syncline.compute.frames import Frame, Header, Json, encode_frame, read_frame
from syncline.compute.work_limits import Limit, WorkLimits
from syncline.errors import SynclineError

Handler: TypeAlias = Callable[[dict[str, Json], list[bytes]], tuple[Header, Sequence[bytes]]]

PARENT_VARIABLE = "SYNCLINE_PARENT_PID"
EVENT_PREFIX = "syncline-event "

_PR_SET_PDEATHSIG = 1
_MAX_TRACE = 6


def serve(handler: Handler) -> None:
    """Answer calls with ``handler`` until standard input ends; exit at once when the parent dies.

    An exception that derives from :class:`SynclineError` travels as its kind, its sentence for this machine
    and its public words. Of any other exception only the type and the code location leave the child, because
    its text may quote data. Where memory or processor time runs out, the limit that was met is told.
    """
    _die_with_parent()
    incoming, outgoing = _take_pipes()
    limits = work_limits()
    confine(limits)
    try:
        while (frame := _receive(incoming)) is not None:
            begin_call(limits)
            for buffer in _answer(handler, frame, limits):
                outgoing.write(buffer)
            del frame  # before the next one is read: both together may be too much
            outgoing.flush()
    except MemoryError:  # outside of the work, where nothing could be said any more
        os._exit(OUT_OF_MEMORY)


def work_limits() -> WorkLimits:
    """Return the limits that the parent set for this process's work."""
    return WorkLimits.from_json(json.loads(os.environ.get(LIMITS_VARIABLE, "{}")))


def log_event(name: str, **fields: str | int | float | bool) -> None:
    """Tell the parent's log of an event; fields must never hold a value from data."""
    sys.stderr.write(EVENT_PREFIX + json.dumps({"event": name, **fields}) + "\n")
    sys.stderr.flush()


def _die_with_parent() -> None:
    """Ask the kernel for SIGKILL at the parent's death, then check that it has not died already."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    parent = os.environ.get(PARENT_VARIABLE)
    if parent is not None and parent != str(os.getppid()):
        raise SystemExit(1)
    # Ctrl-C at a terminal is for the parent, which closes its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the two pipes for frames; leave an empty standard input and let prints go to standard error."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return incoming, outgoing


def _receive(incoming: BinaryIO) -> Frame | None:
    reader = read_frame()
    wanted = next(reader)
    while True:
        data = incoming.read(wanted)
        if len(data) < wanted:
            return None
        try:
            wanted = reader.send(data)
        except StopIteration as end:
            frame: Frame = end.value
            return frame


def _answer(handler: Handler, frame: Frame, limits: WorkLimits) -> list[bytes]:
    try:
        header, blobs = handler(frame.header, frame.blobs)
        return encode_frame({"ok": True, "header": header}, blobs)
    except Exception as error:
        if wants_memory(error):
            return encode_frame(_fault(limits.reached(Limit.MEMORY)))
        if isinstance(error, SynclineError):
            return encode_frame(_fault(error))
        return encode_frame({"ok": False, "kind": type(error).__name__, "sentence": locate(error)})


def _fault(error: SynclineError) -> Header:
    return {"ok": False, "kind": public_kind(error), "sentence": str(error), "public": error.public}


def public_kind(error: SynclineError) -> str:
    """Name the nearest class of :mod:`syncline.errors` that ``error`` is."""
    names: list[str] = [
        kind.__name__ for kind in type(error).mro() if getattr(errors, kind.__name__, None) is kind
    ]
    return names[0]


def locate(error: BaseException) -> str:
    """Say where ``error`` was raised, innermost first, by module and line only."""
    places: list[str] = []
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        places.append(f"{_module_name(trace.tb_frame.f_globals)}:{trace.tb_lineno}")
        trace = trace.tb_next
    return "raised at " + " from ".join(places[::-1][:_MAX_TRACE])


def _module_name(variables: Mapping[str, object]) -> str:
    spec = variables.get("__spec__")
    return str(getattr(spec, "name", None) or variables.get("__name__", "unknown"))
