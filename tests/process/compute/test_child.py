from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil  # type: ignore[import-untyped,unused-ignore]
import pytest

from syncline.compute.child import ChildDied, ChildFailed, ChildProcess
from syncline.compute.frames import Header
from syncline.compute.work_limits import LimitSide, WorkLimits
from syncline.errors import DataError, SynclineError, WireError, WorkLimitReached, defect_sentence
from tests.process.compute.child_module import SECRET

MODULE = "tests.process.compute.child_module"
ROOT = Path(__file__).parents[3]


def with_child(use: Callable[[ChildProcess], Awaitable[None]], **options: object) -> None:
    async def run() -> None:
        async with await ChildProcess.start(MODULE, ["one", "two"], **options) as child:  # type: ignore[arg-type]
            await use(child)

    asyncio.run(run())


def failure(header: Header) -> SynclineError:
    """Return the error that a call ends with."""
    caught: list[SynclineError] = []

    async def use(child: ChildProcess) -> None:
        with pytest.raises(SynclineError) as info:
            await child.call(header)
        caught.append(info.value)

    with_child(use)
    return caught[0]


def test_calls_are_answered_in_order() -> None:
    async def use(child: ChildProcess) -> None:
        async def call(number: int) -> None:
            answer, blobs = await child.call({"op": "echo", "number": number}, [bytes([number]), b""])
            assert answer == {"echo": {"op": "echo", "number": number}, "args": ["one", "two"]}
            assert blobs == [bytes([number]), b""]

        await asyncio.gather(*(call(number) for number in range(20)))

    with_child(use)


def test_pyarrow_does_not_bring_pandas_into_a_child() -> None:
    async def use(child: ChildProcess) -> None:
        answer, _ = await child.call({"op": "make an array"})
        assert answer == {"pandas": False}

    with_child(use)


def test_large_blobs_pass_both_ways() -> None:
    blob = os.urandom(9 << 20)

    async def use(child: ChildProcess) -> None:
        _, blobs = await child.call({"op": "echo"}, [blob, blob])
        assert blobs == [blob, blob]

    with_child(use)


def test_children_compute_on_one_thread() -> None:
    async def use(child: ChildProcess) -> None:
        assert (await child.call({"op": "environment"}))[0] == {"threads": "1", "extra": "yes"}

    with_child(use, environment={"EXTRA": "yes"})


def test_an_error_of_the_catalogue_comes_back_as_its_class() -> None:
    error = failure({"op": "data error"})
    assert type(error) is DataError
    assert str(error) == "column 'age': it is not in the table"
    assert error.public == "it has no column 'age'"


def test_a_defect_comes_back_without_its_text() -> None:
    error = failure({"op": "defect"})
    assert isinstance(error, ChildFailed)
    assert error.kind == "KeyError"
    assert f"{MODULE}:" in error.place
    assert str(error) == defect_sentence("KeyError", error.place)
    assert MODULE not in str(error)
    assert "KeyError" not in str(error)
    assert SECRET not in str(error)


def test_an_answer_that_is_no_json_is_a_defect() -> None:
    error = failure({"op": "no JSON"})
    assert isinstance(error, ChildFailed)
    assert error.kind == "TypeError"


def test_a_child_survives_its_errors() -> None:
    async def use(child: ChildProcess) -> None:
        for op in ("data error", "defect", "no JSON"):
            with pytest.raises(SynclineError):
                await child.call({"op": op})
        assert (await child.call({"op": "echo"}))[0]["echo"] == {"op": "echo"}
        with pytest.raises(WireError):
            await child.call({"text": "x" * (2 << 20)})

    with_child(use)


def test_the_end_of_a_child_is_told() -> None:
    error = failure({"op": "exit"})
    assert isinstance(error, ChildDied)
    assert "status 3" in str(error)


def test_a_module_that_does_not_exist_is_a_dead_child() -> None:
    async def run() -> None:
        async with await ChildProcess.start("tests.process.compute.no_such_module") as child:
            with pytest.raises(ChildDied, match="status 1"):
                await child.call({})

    asyncio.run(run())


def test_running_over_time_kills_the_child_and_names_the_limit() -> None:
    async def use(child: ChildProcess) -> None:
        with pytest.raises(WorkLimitReached, match=r"0\.02 minutes: .* limits\.wall_minutes in its policy"):
            await child.call({"op": "sleep"})
        assert not psutil.pid_exists(child.pid)
        with pytest.raises(ChildDied):
            await child.call({"op": "echo"})

    with_child(use, limits=WorkLimits(wall_seconds=1.2))


def test_processor_time_is_limited_for_each_call_also_where_python_is_never_reached() -> None:
    async def use(child: ChildProcess) -> None:
        for _ in range(3):
            await child.call({"op": "compute", "seconds": 0.6})
        with pytest.raises(WorkLimitReached, match=r"minutes of processor time: .* --compute-cpu-minutes"):
            await child.call({"op": "compute in C"})
        assert not child.alive

    with_child(use, limits=WorkLimits(cpu_seconds=1.0, side=LimitSide.HUB))


def test_a_cancelled_call_kills_the_child() -> None:
    async def use(child: ChildProcess) -> None:
        call = asyncio.create_task(child.call({"op": "sleep"}))
        await asyncio.sleep(0.2)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert not child.alive
        assert not psutil.pid_exists(child.pid)

    with_child(use)


def test_closing_is_repeatable_and_quick() -> None:
    async def use(child: ChildProcess) -> None:
        call = asyncio.create_task(child.call({"op": "sleep"}))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        await child.close()
        await child.close()
        assert time.monotonic() - began < 2
        with pytest.raises(ChildDied):
            await call

    with_child(use)


@pytest.mark.parametrize("op", ["allocate", "allocate in numpy", "allocate in Arrow", "hide want of memory"])
def test_want_of_memory_is_told_by_name_and_the_child_goes_on(op: str) -> None:
    async def use(child: ChildProcess) -> None:
        with pytest.raises(WorkLimitReached, match=r"512 MiB of memory: .* limits\.memory_mib"):
            await child.call({"op": op})
        assert (await child.call({"op": "echo"}))[0]["echo"] == {"op": "echo"}

    with_child(use, limits=WorkLimits(memory_bytes=512 << 20))


def test_a_call_of_more_bytes_than_memory_is_not_sent() -> None:
    async def use(child: ChildProcess) -> None:
        with pytest.raises(WorkLimitReached, match="memory"):
            await child.call({"op": "echo"}, [bytes(65 << 20)])
        assert (await child.call({"op": "echo"}))[0]["echo"] == {"op": "echo"}

    with_child(use, limits=WorkLimits(memory_bytes=64 << 20))


def test_a_child_leaves_no_core_file() -> None:
    async def use(child: ChildProcess) -> None:
        assert (await child.call({"op": "core limit"}))[0] == {"core": [0, 0]}

    with_child(use)


def test_only_events_reach_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def use(child: ChildProcess) -> None:
        await child.call({"op": "talk"})

    with caplog.at_level(logging.INFO, logger="syncline.compute"):
        with_child(use)
    fields = [record.__dict__["fields"] for record in caplog.records]
    assert {"module": MODULE, "event": "progress", "rounds": 3} in fields
    assert fields[-1]["event"] == "child_text_dropped"
    assert all(SECRET not in str(record.__dict__) for record in caplog.records)
    assert sum(len(str(record.__dict__)) for record in caplog.records) < 10_000


def test_printing_does_not_disturb_the_frames() -> None:
    async def use(child: ChildProcess) -> None:
        await child.call({"op": "print a frame"})
        assert (await child.call({"op": "echo"}))[0]["echo"] == {"op": "echo"}

    with_child(use)


PARENT = """
import asyncio
from syncline.compute.child import ChildProcess
async def main():
    child = await ChildProcess.start("tests.process.compute.child_module")
    await child.call({"op": "echo"})
    print(child.pid, flush=True)
    await child.call({"op": "sleep"})
asyncio.run(main())
"""


@pytest.mark.faults
def test_a_busy_child_dies_with_its_killed_parent() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ}
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        time.sleep(0.1)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    _, alive = psutil.wait_procs([child], timeout=3)
    assert alive == [] or child.status() == psutil.STATUS_ZOMBIE


@pytest.mark.faults
def test_a_child_whose_parent_died_before_it_began_ends_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-m", MODULE],
        cwd=ROOT,
        env={**os.environ, "SYNCLINE_PARENT_PID": "1"},
        stdin=subprocess.PIPE,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1


@pytest.mark.parametrize(
    "module", ["syncline.compute.child", "syncline.durable.payloads", "syncline.identity.authority"]
)
def test_the_low_rooms_stay_light(module: str) -> None:
    heavy = {"numpy", "pandas", "pyarrow", "grpc", "pydantic", "rich"}
    script = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
