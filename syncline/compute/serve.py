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
from syncline.compute.frames import Frame, Header, Json, encode_frame, read_frame
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
    its text may quote data.
    """
    _die_with_parent()
    incoming, outgoing = _take_pipes()
    while (frame := _receive(incoming)) is not None:
        for buffer in _answer(handler, frame):
            outgoing.write(buffer)
        outgoing.flush()


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


def _answer(handler: Handler, frame: Frame) -> list[bytes]:
    try:
        header, blobs = handler(frame.header, frame.blobs)
        return encode_frame({"ok": True, "header": header}, blobs)
    except SynclineError as error:
        fault: Header = {"ok": False, "kind": public_kind(error), "sentence": str(error)}
        return encode_frame({**fault, "public": error.public})
    except MemoryError:
        sentence = "the computation ran out of memory: give it more, or ask for fewer columns at a time"
        return encode_frame({"ok": False, "kind": SynclineError.__name__, "sentence": sentence})
    except Exception as error:
        kind = type(error).__name__
        return encode_frame({"ok": False, "kind": kind, "sentence": locate(error)})


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
