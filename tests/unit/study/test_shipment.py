"""What a supplier sends is bounded before it is unpacked, and each step of its preparation after it ran."""

from __future__ import annotations

import pyarrow as pa
import pytest

from syncline.compute.work_limits import DEFAULT_LIMITS, LimitSide, WorkLimits
from syncline.data.schema import Schema
from syncline.errors import DataError, WireError, WorkLimitReached
from syncline.preparation import growth
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.sources.memory import TableSource
from syncline.study import shipment
from syncline.study.fitting import simulated_fold
from syncline.study.flow import DataFlow
from syncline.study.raw_rows import raw_rows
from syncline.study.shipment import ship_raw, unpack_shipment
from syncline.study.spec import StudySpec


def spec_of(flow: str = "raw") -> StudySpec:
    schema = Schema.model_validate(
        {"variables": [{"name": "sex", "kind": "categorical", "categories": ["f", "m"]}]}
    )
    document = {
        "syncline": 1,
        "study": "bounds",
        "schema": schema,
        "suppliers": [{"name": "east", "flow": flow}],
        "quorum": {"min_suppliers": 1},
    }
    return StudySpec.model_validate(document)


def sent(
    column: pa.Array, flow: str = "raw", preparation: bytes = b"", compression: str | None = None
) -> bytes:
    """Return a shipment whose one column is ``column``, as a supplier may send it that keeps to nothing."""
    spec = spec_of(flow)
    label = {b"syncline.flow": flow.encode(), b"syncline.specification": spec.digest.encode()}
    label |= {b"syncline.preparation": preparation} if preparation else {}
    batch = pa.record_batch([column], schema=pa.schema([pa.field("sex", column.type)], label))
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def unpacked(content: bytes, flow: str = "raw", limits: WorkLimits = DEFAULT_LIMITS) -> int:
    spec = spec_of(flow)
    fold = simulated_fold(spec, b"bounds", 1)
    table = unpack_shipment(spec, fold, DataFlow(flow), content, "east", limits)
    return sum(batch.n_rows for batch in table.batches())


def test_rows_that_take_no_bytes_are_refused_by_their_number():
    content = sent(pa.nulls(1 << 30))
    assert len(content) < 1000
    for flow in ("raw", "prepared"):
        with pytest.raises(WireError, match=r"hold (a column of a type|other columns)"):
            unpacked(sent(pa.nulls(1 << 30), flow), flow)
    limits = WorkLimits(rows=1000, side=LimitSide.HUB)
    with pytest.raises(WorkLimitReached, match=r"'east': .* 1000 rows of one table: .* --compute-rows"):
        unpacked(sent(pa.array(["f"] * 1001)), limits=limits)
    assert unpacked(sent(pa.array(["f"] * 1000)), limits=limits) == 1000


@pytest.mark.parametrize(
    "column",
    [
        pa.nulls(2),
        pa.array(["f", "m"]).dictionary_encode(),
        pa.array([["f"], ["m"]]),
        pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array(["f"])),
        pa.array(["f", "m"]).cast(pa.string_view()),
    ],
    ids=lambda column: str(column.type),
)
def test_only_plain_columns_are_taken(column):
    with pytest.raises(WireError, match="the rows of supplier 'east'"):
        unpacked(sent(column))


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["f", "m", None]),
        pa.array(["f", "m", None]).dictionary_encode(),
        pa.array(["f", "m", None]).cast(pa.string_view()),
        pa.nulls(3),
    ],
    ids=lambda column: str(column.type),
)
def test_a_supplier_writes_out_what_does_not_travel(column):
    content = ship_raw(spec_of(), raw_rows(spec_of(), TableSource(pa.table({"sex": column}))))
    with pa.ipc.open_stream(content) as reader:
        assert reader.schema.field("sex").type == pa.string()
    assert unpacked(content) == 3


def test_a_supplier_is_told_which_column_cannot_be_sent():
    with pytest.raises(DataError, match=r"column 'sex' holds lists or structures"):
        ship_raw(spec_of(), raw_rows(spec_of(), TableSource(pa.table({"sex": pa.array([["f"]])}))))


def test_more_rows_than_the_hub_takes_are_not_sent(monkeypatch):
    monkeypatch.setattr(shipment, "MAX_SHIPMENT_ROWS", 3)
    ship_raw(spec_of(), raw_rows(spec_of(), TableSource(pa.table({"sex": ["f"] * 3}))))
    with pytest.raises(
        DataError, match=r"more than 3 rows; let this supplier take part with the flow summaries"
    ):
        ship_raw(spec_of(), raw_rows(spec_of(), TableSource(pa.table({"sex": ["f"] * 4}))))


GROWING = "".join(
    f"  - {{step: combine, columns: [a{n}, b{n}], into: a{n + 1}, how: join, separator: x}}\n"
    f"  - {{step: combine, columns: [a{n + 1}, a{n}], into: b{n + 1}, how: join, separator: x}}\n"
    for n in range(60)
)


def growing(rows: int) -> bytes:
    first = "  - {step: combine, columns: [sex], into: a0, how: first}\n"
    first += "  - {step: combine, columns: [sex], into: b0, how: first}\n"
    preparation = Preparation.from_yaml("syncline: 1\nsteps:\n" + first + GROWING)
    return sent(pa.array(["f"] * rows), preparation=preparation.canonical())


def test_a_cell_that_a_preparation_lets_grow_stops_it_by_the_step():
    with pytest.raises(
        DataError, match=r"steps\[\d+\]\.combine: leaves a cell of more than 1024 KiB"
    ) as raised:
        unpacked(growing(1))
    assert raised.value.public is not None
    assert raised.value.public.startswith("steps[")


def test_rows_that_a_preparation_lets_grow_together_stop_it(monkeypatch):
    monkeypatch.setattr(growth, "MAX_BATCH_BYTES", 1 << 20)
    with pytest.raises(DataError, match=r"steps\[\d+\]\.combine: leaves more than 0 GiB for 1000 rows"):
        unpacked(growing(1000))


def test_a_preparation_makes_a_bounded_number_of_columns(monkeypatch):
    monkeypatch.setattr(growth, "MAX_COLUMNS", 2)
    step = "syncline: 1\nsteps:\n  - {step: split, column: sex, separator: x, into: [a, b]}\n"
    with pytest.raises(DataError, match=r"steps\[0\]\.split: leaves more than 2 columns"):
        prepared_view(TableSource(pa.table({"sex": ["f"]})), Preparation.from_yaml(step))
