"""The parent's end of a child process: start it, call it, stop it, and never wait for it for ever.

A child is one ``python -m MODULE``, run by :mod:`syncline.compute.launch`, that calls
:func:`syncline.compute.serve.serve`. Calls go one at a time. A call that is cancelled or runs over its time
leaves the pipes in the middle of a frame, so the child is killed: the memory is given back at once and the
caller starts a new one. All that a daemon keeps of a child is this object and two pipes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from syncline import errors
from syncline.compute.confinement import ENVIRONMENT, LIMITS_VARIABLE, limit_of_death
from syncline.compute.events import pass_on_events
from syncline.compute.frames import Frame, FrameLimits, Header, Json, encode_frame, read_frame
from syncline.compute.serve import PARENT_VARIABLE
from syncline.compute.work_limits import DEFAULT_LIMITS, Limit, WorkLimits
from syncline.errors import SynclineError, WireError, defect_sentence

SINGLE_THREADED = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""One thread a child: several children share the machine, and sums must not depend on the number of cores."""

LAUNCH = "syncline.compute.launch"

_PIPE_BYTES = 1 << 20


class ChildDied(SynclineError):
    """The child did not start, ended or was killed, by no limit of its own; a new one may be started."""


class ChildFailed(SynclineError):
    """The computation raised something that is a defect of the software, not of data or use.

    Its sentence is the fixed one for everybody. ``kind``, the exception's class name, and ``place``, which
    holds code locations only, are for this machine's log.
    """

    def __init__(self, kind: str, place: str) -> None:
        super().__init__(defect_sentence(kind, place))
        self.kind = kind
        self.place = place


class ChildProcess:
    """A running child, confined to ``limits``.

    Use :meth:`start` and either ``async with`` or :meth:`close`.
    """

    def __init__(self, module: str, process: asyncio.subprocess.Process, limits: WorkLimits) -> None:
        self.module = module
        self.limits = limits
        self._process = process
        self._turn = asyncio.Lock()
        self._events = asyncio.create_task(pass_on_events(module, process.stderr)) if process.stderr else None

    @classmethod
    async def start(
        cls,
        module: str,
        args: Sequence[str] = (),
        *,
        limits: WorkLimits = DEFAULT_LIMITS,
        environment: Mapping[str, str] | None = None,
        inherit_stderr: bool = False,
    ) -> Self:
        """Start ``python -m module args``, without pandas.

        Parameters
        ----------
        limits
            What each of its calls may take; the child confines itself to them before it takes one.
        environment
            Variables added to those of this process.
        inherit_stderr
            Let the child write to this process's standard error instead of filtering it: for a developer
            only, since warnings and tracebacks may quote data.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", LAUNCH, module, *args),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=None if inherit_stderr else asyncio.subprocess.PIPE,
                env=_child_environment(limits, environment or {}),
                limit=_PIPE_BYTES,
            )
        except OSError as fault:  # no memory, process number or descriptor left, perhaps only just now
            raise ChildDied(f"child {module} could not be started ({fault.strerror})") from fault
        return cls(module, process, limits)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the child can take a call, as far as is known."""
        return self._process.returncode is None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def call(self, header: Header, blobs: Sequence[bytes] = ()) -> tuple[dict[str, Json], list[bytes]]:
        """Send one call and return the answer's header and blobs.

        Raises the child's own :class:`SynclineError` by class and sentence, :class:`ChildFailed` for a
        defect, :class:`~syncline.errors.WorkLimitReached` where a limit ended the work, which would end it
        again, and :class:`ChildDied` where the child ended otherwise.
        """
        if sum(len(blob) for blob in blobs) > self.limits.memory_bytes:
            raise self.limits.reached(Limit.MEMORY)
        request = encode_frame(header, blobs)
        async with self._turn:
            try:
                async with asyncio.timeout(self.limits.wall_seconds):
                    frame = await self._exchange(request)
            except TimeoutError:
                await self.close()
                raise self.limits.reached(Limit.WALL) from None
            except BaseException:
                await self.close()
                raise
        return _unwrap(frame)

    async def close(self) -> None:
        """Kill the child and collect it; closing twice does no harm."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it may have ended by itself a moment ago
                self._process.kill()
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._events is not None:
            await self._events

    async def _exchange(self, request: Sequence[bytes]) -> Frame:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            for piece in _pieces(request):
                stdin.write(piece)
                await stdin.drain()
            return await _receive(stdout, FrameLimits(payload_bytes=self.limits.memory_bytes))
        except (asyncio.IncompleteReadError, BrokenPipeError, ConnectionResetError):
            status = await self._process.wait()
            if (limit := limit_of_death(status)) is not None:
                raise self.limits.reached(limit) from None
            raise ChildDied(f"child {self.module} ended with status {status} before it answered") from None


def _pieces(buffers: Sequence[bytes]) -> Iterator[memoryview]:
    """Cut long buffers, so that the transport never copies more than a piece of them."""
    for buffer in buffers:
        view = memoryview(buffer)
        for start in range(0, len(view), _PIPE_BYTES):
            yield view[start : start + _PIPE_BYTES]


async def _receive(stdout: asyncio.StreamReader, limits: FrameLimits) -> Frame:
    reader = read_frame(limits)
    wanted = next(reader)
    while True:
        data = await stdout.readexactly(wanted)
        try:
            wanted = reader.send(data)
        except StopIteration as end:
            frame: Frame = end.value
            return frame


def _unwrap(frame: Frame) -> tuple[dict[str, Json], list[bytes]]:
    header = frame.header.get("header")
    if frame.header.get("ok") is True and isinstance(header, dict):
        return header, frame.blobs
    kind, sentence, public = (frame.header.get(key) for key in ("kind", "sentence", "public"))
    if not (isinstance(kind, str) and isinstance(sentence, str)):
        raise WireError("child: its answer is neither a result nor an error")
    known = getattr(errors, kind, None)
    if isinstance(known, type) and issubclass(known, SynclineError):
        raise known(sentence, public=public if isinstance(public, str) else None)
    raise ChildFailed(kind, sentence)


def _child_environment(limits: WorkLimits, extra: Mapping[str, str]) -> dict[str, str]:
    """Let the child import exactly what its parent can: never from the directory it happens to start in."""
    paths = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    own = {
        "PYTHONPATH": paths,
        PARENT_VARIABLE: str(os.getpid()),
        LIMITS_VARIABLE: json.dumps(limits.to_json()),
    }
    return {**os.environ, **SINGLE_THREADED, **ENVIRONMENT, **own, **extra}
