"""One value limits all work; whoever meets a limit is told which, and who can raise it."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.compute.confinement import confined, limit_of_death, wants_memory
from syncline.compute.work_limits import Limit, LimitSide, WorkLimits
from syncline.errors import DataError, WireError, WorkLimitReached

SMALL = WorkLimits(rows=10, cells=40, memory_bytes=800)


@pytest.mark.parametrize("side", LimitSide)
@pytest.mark.parametrize("limit", Limit)
def test_each_limit_of_each_side_names_its_own_remedy(side: LimitSide, limit: Limit) -> None:
    said = {str(WorkLimits(side=side).reached(other)) for other in Limit}
    assert len(said) == len(Limit)
    sentence = str(WorkLimits(side=side).reached(limit, "the candidate"))
    assert sentence.startswith("the candidate: one computation would take more than ")
    assert ("limits." in sentence) == (side is LimitSide.SUPPLIER)
    assert ("serve --compute-" in sentence) == (side is LimitSide.HUB)


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 1000))
def test_a_table_is_held_against_rows_cells_and_memory(rows: int, columns: int, held: int) -> None:
    fits = rows <= 10 and rows * max(columns, 1) <= 40 and held <= 400
    if fits:
        SMALL.require_table("t", rows=rows, columns=columns, held_bytes=held)
        return
    with pytest.raises(WorkLimitReached, match=r"^t: "):
        SMALL.require_table("t", rows=rows, columns=columns, held_bytes=held)


def test_limits_cross_a_pipe_and_nothing_else_reads_as_limits() -> None:
    assert WorkLimits.from_json(SMALL.to_json()) == SMALL
    for wrong in ({"rows": 0}, {"rows": "1"}, {"side": "nobody"}, {"lines": 1}, [], None):
        with pytest.raises(WireError):
            WorkLimits.from_json(wrong)


def test_want_of_memory_is_found_behind_any_error() -> None:
    def hidden() -> DataError:
        try:
            try:
                raise MemoryError
            except MemoryError:
                raise ValueError("the bytes are damaged") from None
        except ValueError:
            return _caught(DataError("the file is damaged"))

    assert wants_memory(hidden())
    assert wants_memory(OSError(errno.ENOMEM, "no memory"))
    assert wants_memory(RuntimeError("can't start new thread"))
    assert not wants_memory(DataError("the column 'out of memory' is not there"))
    assert not wants_memory(OSError(errno.ENOSPC, "no space"))


def _caught(error: DataError) -> DataError:
    try:
        raise error
    except DataError as raised:
        return raised


def test_a_command_is_confined_for_one_piece_of_work_alone() -> None:
    with (
        pytest.raises(WorkLimitReached, match="64 MiB of memory"),
        confined(WorkLimits(memory_bytes=64 << 20)),
    ):
        bytearray(256 << 20)
    assert len(bytearray(256 << 20)) == 256 << 20


def test_deaths_by_a_limit_are_told_from_others() -> None:
    assert limit_of_death(-24) is Limit.CPU
    assert limit_of_death(-6) is Limit.MEMORY
    assert limit_of_death(77) is Limit.MEMORY
    assert limit_of_death(-9) is limit_of_death(1) is limit_of_death(None) is None
