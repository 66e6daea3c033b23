"""Rows lie at suppliers or at the hub: whatever flow each supplier takes, the released bytes agree."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from syncline.data.batch import Batch, MemoryTable, Status
from syncline.data.release_table import write_release_csv
from syncline.data.schema import Schema
from syncline.errors import DataError, StudyFailed, WireError
from syncline.preparation.fold import Fold, KeyedPersons
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.protocols.asking import Memory
from syncline.questions.workspace import Workspace
from syncline.sources.memory import TableSource
from syncline.sources.source import Source
from syncline.study.comparing import comparison_of
from syncline.study.fit_result import pack_result, unpack_result
from syncline.study.fitting import settings_of, simulated_fold, workspace_of
from syncline.study.flow import DataFlow
from syncline.study.local_parties import answer_locally
from syncline.study.manifest import RosterEntry
from syncline.study.participation import Participation
from syncline.study.release import write_release
from syncline.study.sections import Format
from syncline.study.shipment import sent_columns, ship_prepared, unpack_shipment
from syncline.study.shipping import ship
from syncline.study.spec import StudySpec
from syncline.synthesizers.fit import Fit
from syncline.synthesizers.pooled_rows import PooledRows
from syncline.synthesizers.streams import Seed
from tests.unit.study.cohort import WITH_PERSON, WITHOUT_PERSON, cohort, spread
from tests.unit.study.simulated import fit_study
from trusted_party.synthesis import child

ROWS = 240
PARTIES = ("east", "north", "south", "west")
SEED = Seed.of_number(5)
MIXES = [
    ("prepared",) * 4,
    ("raw",) * 4,
    ("raw", "prepared", "summaries", "raw"),
    ("summaries", "raw", "prepared", "summaries"),
]


def spec_of(
    flows: tuple[str, ...], schema: Schema, method: str = "cart", min_cell: int = 11, holdout: float = 0.2
) -> StudySpec:
    document = {
        "syncline": 1,
        "study": "flows",
        "schema": schema,
        "suppliers": [{"name": n, "flow": f} for n, f in zip(PARTIES, flows, strict=True)],
        "synthesizer": {"method": method, "min_leaf": 20, "max_depth": 3, "rows": 300},
        "privacy": {"min_cell": min_cell},
        "validation": {"holdout": holdout},
        "release": {"gate": "none", "approvals": 0},
    }
    return StudySpec.model_validate(document)


def sources(schema: Schema, *, as_text: bool = False) -> dict[str, TableSource]:
    parts = spread(cohort(ROWS), len(PARTIES), seed=2)
    if as_text:
        parts = [in_text(part) for part in parts]
    return {name: TableSource(part, name) for name, part in zip(PARTIES, parts, strict=True)}


def in_text(table: pa.Table) -> pa.Table:
    """Return a table as it comes out of a CSV file: every cell as text."""
    sink = io.BytesIO()
    pyarrow.csv.write_csv(table, sink)
    kinds = dict.fromkeys(table.column_names, pa.string())
    options = pyarrow.csv.ConvertOptions(column_types=kinds, strings_can_be_null=False)
    return pyarrow.csv.read_csv(io.BytesIO(sink.getvalue()), convert_options=options)


def roster_of(spec: StudySpec) -> list[RosterEntry]:
    return [RosterEntry.of(spec, name, Participation()) for name in PARTIES]


def ship_east(spec: StudySpec, source: Source, seed: Seed) -> bytes:
    """Return what the supplier called east sends."""
    return ship(spec, fold_of(spec), spec.supplier("east").flow, source, seed).content


def fold_of(spec: StudySpec) -> Fold:
    """Return who is held out of every study here: a salt that is given, and the specification's share."""
    return simulated_fold(spec, b"flows", 0)


def released(spec: StudySpec, tables: Mapping[str, Source]) -> bytes:
    result = fit_study(spec, fold_of(spec), tables)
    with TemporaryDirectory() as directory:
        write_release(Path(directory), spec, result, SEED, roster_of(spec), {}, None)
        return (Path(directory) / "synthetic.parquet").read_bytes()


@cache
def by_summaries(persons: bool, method: str, min_cell: int, holdout: float) -> bytes:
    schema = WITH_PERSON if persons else WITHOUT_PERSON
    return released(spec_of(("summaries",) * 4, schema, method, min_cell, holdout), sources(schema))


@pytest.mark.parametrize("flows", MIXES, ids="-".join)
@pytest.mark.parametrize(("min_cell", "holdout"), list(product((1, 11), (0.0, 0.2))))
def test_every_mix_of_flows_releases_the_bytes_of_summaries(flows, min_cell, holdout):
    persons = min_cell == 11
    schema = WITH_PERSON if persons else WITHOUT_PERSON
    spec = spec_of(flows, schema, "cart" if holdout else "marginals", min_cell, holdout)
    expected = by_summaries(persons, str(spec.synthesizer.method), min_cell, holdout)
    assert released(spec, sources(schema)) == expected


def test_text_and_typed_columns_are_prepared_alike_at_the_hub():
    spec = spec_of(("raw", "prepared", "raw", "raw"), WITH_PERSON)
    assert released(spec, sources(WITH_PERSON, as_text=True)) == by_summaries(True, "cart", 11, 0.2)


PREPARATION = """\
syncline: 1
steps:
  - {step: drop, columns: [address]}
  - {step: rename, columns: {AGE: age, KIND: sex}}
  - {step: recode, columns: [sex], codes: {"1": f, "2": m, "3": x, "0": "?"}}
"""


def messy(table: pa.Table) -> pa.Table:
    """Return a table in another coding, which ``PREPARATION`` undoes, and an address beside it."""
    codes = {"f": "1", "m": "2", "x": "3", "?": "0"}
    table = in_text(table).append_column(
        "address", pa.array(["42 Secret Lane"] * table.num_rows, pa.string())
    )
    kind = pa.array([codes[label] for label in table.column("sex").to_pylist()], pa.string())
    table = table.set_column(table.column_names.index("sex"), "sex", kind)
    return table.rename_columns({"age": "AGE", "sex": "KIND"})


def messy_sources(text: str = PREPARATION) -> dict[str, Source]:
    preparation = Preparation.from_yaml(text)
    tables = sources(WITH_PERSON)
    parts = spread(cohort(ROWS), len(PARTIES), seed=2)
    return dict(tables) | {
        name: prepared_view(TableSource(messy(part), name), preparation)
        for name, part in zip(PARTIES, parts, strict=True)
        if name != "south"
    }


def test_messy_rows_are_prepared_alike_at_supplier_and_hub():
    for flows in (("raw", "prepared", "summaries", "summaries"), ("raw",) * 4, ("summaries",) * 4):
        assert released(spec_of(flows, WITH_PERSON), messy_sources()) == by_summaries(True, "cart", 11, 0.2)


def test_a_preparation_sends_no_column_that_the_study_does_not_need():
    text = PREPARATION.replace("  - {step: drop, columns: [address]}\n", "")
    text += "  - {step: missing, codes: ['42 Secret Lane'], columns: [address, sex]}\n"
    text += "  - {step: derive, into: home, operation: equals, from: [address], value: x}\n"
    spec = spec_of(("raw",) * 4, WITH_PERSON)
    content = ship_east(spec, messy_sources(text)["east"], SEED)
    assert b"address" not in content
    renamed = {"age": "AGE", "sex": "KIND"}
    wanted = {renamed.get(variable.name, variable.name) for variable in WITH_PERSON.variables}
    assert set(sent_columns(spec, DataFlow.RAW, content)) == wanted
    assert released(spec, messy_sources(text)) == by_summaries(True, "cart", 11, 0.2)


def test_what_a_preparation_takes_away_first_never_leaves(tmp_path):
    excluded = tmp_path / "excluded.txt"
    excluded.write_text("p7\n")
    first = f"  - {{step: exclude_persons, column: pid, file: {excluded}}}\n"
    view = messy_sources(PREPARATION.replace("steps:\n", "steps:\n" + first))["east"]
    content = ship_east(spec_of(("raw",) * 4, WITH_PERSON), view, SEED)
    with pa.ipc.open_stream(content) as reader:
        rows = reader.read_all()
    assert "address" not in rows.column_names
    assert "p7" not in rows.column("pid").to_pylist()
    assert "AGE" in rows.column_names, "the rest is prepared at the hub"


def test_raw_rows_cannot_go_with_a_step_that_needs_a_key_of_the_supplier(monkeypatch):
    monkeypatch.setenv("SYNCLINE_TEST_KEY", "k" * 40)
    step = "  - {step: pseudonym, columns: [pid], key_env: SYNCLINE_TEST_KEY}\n"
    view = messy_sources(PREPARATION + step)["east"]
    with pytest.raises(DataError, match="the flow prepared"):
        ship_east(spec_of(("raw",) * 4, WITH_PERSON), view, SEED)
    spec = spec_of(("prepared",) * 4, WITH_PERSON)
    table = unpack_shipment(spec, fold_of(spec), DataFlow.PREPARED, ship_east(spec, view, SEED), "east")
    plain = unpack_shipment(
        spec, fold_of(spec), DataFlow.PREPARED, ship_east(spec, messy_sources()["east"], SEED), "east"
    )
    for one, other in zip(table.batches(), plain.batches(), strict=True):
        assert np.array_equal(one.holdout, other.holdout), "the fold is that of the ids before pseudonyms"
        assert np.array_equal(one.owner, other.owner)


def test_suppliers_that_all_synthesize_are_pooled_by_their_sizes():
    spec = spec_of(("synthesized",) * 4, WITHOUT_PERSON, min_cell=2, holdout=0.0)
    parts = {
        name: TableSource(cohort(rows), name) for name, rows in zip(PARTIES, (60, 90, 120, 30), strict=True)
    }
    pooled = fit_study(spec, fold_of(spec), parts)
    assert isinstance(pooled.model, PooledRows)
    assert (pooled.n_train, pooled.n_holdout) == (300, 0)
    drawn = list(pooled.model.sample(300, SEED))
    for place, variable in enumerate(WITHOUT_PERSON.modelled):
        keys = np.concatenate([columns[variable.name][0] for columns in drawn])
        assert np.array_equal(np.sort(keys), np.sort(pooled.model.keys[place]))
    again = unpack_result(pack_result(pooled, settings_of(spec)), settings_of(spec))
    assert isinstance(again.model, PooledRows)
    assert all(np.array_equal(a, b) for a, b in zip(again.model.keys, pooled.model.keys, strict=True))
    assert len(next(pooled.model.sample(700, SEED))["age"][0]) == 700


def test_a_synthesizing_supplier_is_one_more_party_among_others():
    spec = spec_of(("synthesized", "summaries", "prepared", "raw"), WITH_PERSON, min_cell=2)
    parts = {name: TableSource(cohort(200, seed=place), name) for place, name in enumerate(PARTIES)}
    result = fit_study(spec, fold_of(spec), parts)
    assert not isinstance(result.model, PooledRows)
    assert result.n_train + result.n_holdout == 800


def test_a_supplier_with_too_few_rows_cannot_synthesize_alone():
    spec = spec_of(("synthesized", "summaries", "summaries", "summaries"), WITHOUT_PERSON)
    tables = {name: TableSource(cohort(60), name) for name in PARTIES} | {"east": TableSource(cohort(5), "e")}
    with pytest.raises(StudyFailed, match=r"'east'.*this supplier alone cannot be synthesized"):
        fit_study(spec, fold_of(spec), tables)


def test_a_release_of_as_many_rows_as_there_are_keeps_to_what_the_hub_releases(tmp_path):
    spec = spec_of(("summaries",) * 4, WITHOUT_PERSON, "marginals")
    spec = spec.model_copy(update={"synthesizer": spec.synthesizer.model_copy(update={"rows": None})})
    fitted = fit_study(spec, fold_of(spec), sources(WITHOUT_PERSON))
    result = pack_result(fitted, settings_of(spec))
    provenance = {"roster": list(PARTIES)}
    roster = [
        RosterEntry(name, None, DataFlow.SUMMARIES, DataFlow.SUMMARIES, None).to_json() for name in PARTIES
    ]
    header = {"op": "release", "out": str(tmp_path), "provenance": provenance, "roster": roster}
    header |= {"kept": ["result", "seed"]}
    with pytest.raises(StudyFailed, match=f"would have {ROWS} rows, more than the {ROWS - 1} "):
        child.HubChild().release(spec, {**header, "most_rows": ROWS - 1}, [result, SEED.secret])
    assert not list(tmp_path.iterdir())
    child.HubChild().release(spec, {**header, "most_rows": ROWS}, [result, SEED.secret])
    assert (tmp_path / "synthetic.parquet").exists()


# --- what a supplier must not get past the hub -------------------------------------------------------------


def prepared_shipment(**changes: pa.Array) -> bytes:
    """Return a shipment of prepared rows in which some columns are replaced."""
    spec = spec_of(("prepared",) * 4, WITH_PERSON)
    content = ship_east(spec, TableSource(cohort(50)), SEED)
    with pa.ipc.open_stream(content) as reader:
        table = reader.read_all()
        schema = reader.schema
    for name, column in changes.items():
        place = schema.get_field_index(name.replace("_", "."))
        table = table.set_column(place, schema.field(place), column)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


VALID, MISSING, NONE = (pa.array([status] * 50, pa.uint8()) for status in (0, 1, 9))


def same_keys(key: int) -> pa.Array:
    return pa.array([key] * 50, pa.int64())


HOSTILE = {
    "a category beyond the schema's": {"key_1": same_keys(99), "status_1": VALID},
    "an age beyond the range": {"key_0": same_keys(111), "status_0": VALID},
    "a status that does not exist": {"status_0": NONE},
    "a value where none is": {"key_0": same_keys(5), "status_0": MISSING},
    "a person without a number": {"person": pa.array([None] * 50, pa.int64())},
}


@pytest.mark.parametrize("changes", HOSTILE.values(), ids=HOSTILE.keys())
def test_cells_that_no_preparation_makes_are_refused(changes):
    spec = spec_of(("prepared",) * 4, WITH_PERSON)
    with pytest.raises(WireError, match="the rows of supplier 'east'"):
        unpack_shipment(spec, fold_of(spec), DataFlow.PREPARED, prepared_shipment(**changes), "east")


EVERY_KIND = Schema.from_yaml("""\
variables:
  - {name: n, kind: integer}
  - {name: x, kind: continuous}
  - {name: d, kind: continuous, decimals: 1}
  - {name: day, kind: date}
  - {name: at, kind: datetime, zone: Asia/Tokyo}
  - {name: hour, kind: time}
  - {name: stay, kind: duration}
""")
LAST_DAY, LAST_MICROSECOND = 2_932_896, 253_402_300_799_999_999
GREATEST = {
    "n": 2**62 - 1,
    "x": 0x7FEF_FFFF_FFFF_FFFF,
    "d": 2**62 - 1,
    "day": LAST_DAY,
    "at": LAST_MICROSECOND,
    "hour": 86_400_000_000 - 1,
    "stay": 2**62 - 1,
}
"""The greatest key of each kind, as the formats of numbers and days have it."""


def shipment_of_keys(spec: StudySpec, keys: Mapping[str, int]) -> bytes:
    n, names = 60, [variable.name for variable in EVERY_KIND.modelled]
    batch = Batch(
        tuple(np.full(n, keys[name], np.int64) for name in names),
        tuple(np.zeros(n, np.uint8) for _ in names),
        np.zeros(n, np.bool_),
        None,
    )
    return ship_prepared(spec, MemoryTable(EVERY_KIND, [batch]), DataFlow.PREPARED)


@pytest.mark.parametrize("name", GREATEST)
def test_without_a_range_a_key_beyond_its_kind_is_refused_and_names_the_supplier(name):
    spec = spec_of(("prepared",) * 4, EVERY_KIND)
    zeros, nobody_out = dict.fromkeys(GREATEST, 0), Fold(b"")
    for key in (GREATEST[name], 0):
        unpack_shipment(
            spec, nobody_out, DataFlow.PREPARED, shipment_of_keys(spec, zeros | {name: key}), "east"
        )
    for key in (GREATEST[name] + 1, 2**63 - 1, -(2**63)):
        content = shipment_of_keys(spec, zeros | {name: key})
        with pytest.raises(WireError, match=rf"supplier 'east'.*column '{name}'"):
            unpack_shipment(spec, nobody_out, DataFlow.PREPARED, content, "east")


def test_the_greatest_values_of_every_kind_can_be_released_as_text(tmp_path):
    columns = {name: (np.array([key]), np.zeros(1, np.bool_)) for name, key in GREATEST.items()}
    write_release_csv(tmp_path / "out.csv", EVERY_KIND, [columns])
    assert "9999-12-31T23:59:59.999999Z" in (tmp_path / "out.csv").read_text()


def numbers_in(content: bytes) -> bytes:
    """Return the numbers of persons that came with raw rows."""
    with pa.ipc.open_stream(content) as reader:
        return reader.schema.metadata[b"syncline.persons"]


def with_numbers(content: bytes, numbers: bytes) -> bytes:
    """Return raw rows with other numbers of persons."""
    with pa.ipc.open_stream(content) as reader:
        table = reader.read_all()
    table = table.replace_schema_metadata({**table.schema.metadata, b"syncline.persons": numbers})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def test_the_persons_of_raw_rows_are_numbered_as_at_the_supplier_and_nobody_else():
    """The hub has no key: it reads the numbers of the ids that it was sent."""
    spec = spec_of(("raw",) * 4, WITH_PERSON)
    source, persons = TableSource(in_text(cohort(50))), KeyedPersons(bytes(range(32)))
    own, hubs = replace(fold_of(spec), persons=persons), replace(fold_of(spec), persons=None)
    content = ship(spec, own, DataFlow.RAW, source, SEED).content
    there = list(unpack_shipment(spec, hubs, DataFlow.RAW, content, "east").batches())
    for one, other in zip(workspace_of(spec, own, source).batches(), there, strict=True):
        assert np.array_equal(one.owner, other.owner)
        assert np.array_equal(one.holdout, other.holdout)
    assert len(numbers_in(content)) == 40 * len(set(cohort(50)["pid"].to_pylist()))
    assert bytes(range(32)) not in content


@pytest.mark.parametrize("change", [lambda n: n[:-1], lambda n: n[40:80] + n[:40], lambda n: n[:40] * 2])
def test_numbers_of_persons_in_another_form_are_refused(change):
    spec = spec_of(("raw",) * 4, WITH_PERSON)
    content = ship_east(spec, TableSource(in_text(cohort(50))), SEED)
    with pytest.raises(WireError, match="'east': the numbers of persons are not in their form"):
        unpack_shipment(
            spec, fold_of(spec), DataFlow.RAW, with_numbers(content, change(numbers_in(content))), "east"
        )


def test_raw_rows_that_cannot_be_prepared_at_the_hub_name_their_supplier():
    """Numbers that do not read are found at the hub, because raw rows are prepared there."""
    spec = spec_of(("raw",) * 4, WITH_PERSON)
    parts = sources(WITH_PERSON, as_text=True)
    content = ship_east(spec, TableSource(in_text(cohort(50))), SEED)
    few = ship_east(spec, TableSource(in_text(cohort(10))), SEED)
    content = with_numbers(content, numbers_in(few))
    tables = {
        "east": Workspace(unpack_shipment(spec, fold_of(spec), DataFlow.RAW, content, "east")),
        "north": workspace_of(spec, fold_of(spec), parts["north"]),
    }
    begun = Fit(settings_of(spec)).start(tuple(tables))
    with pytest.raises(
        StudyFailed,
        match="'east': its rows are about a person whose number was not sent",
    ):
        answer_locally(begun.request, tables, Memory())


def test_an_unchanged_shipment_is_taken():
    spec = spec_of(("prepared",) * 4, WITH_PERSON)
    table = unpack_shipment(spec, fold_of(spec), DataFlow.PREPARED, prepared_shipment(), "east")
    assert sum(batch.n_rows for batch in table.batches()) == 50


def test_a_shipment_of_another_study_flow_or_length_is_refused():
    spec = spec_of(("prepared", "raw", "raw", "raw"), WITH_PERSON)
    other = spec_of(("prepared",) * 4, WITH_PERSON)
    content = ship_east(spec, TableSource(cohort(50)), SEED)
    for of, flow, data in (
        (other, DataFlow.PREPARED, content),
        (spec, DataFlow.RAW, content),
        (spec, DataFlow.SYNTHESIZED, content),
        (spec, DataFlow.PREPARED, content[: len(content) // 2]),
        (spec, DataFlow.PREPARED, b""),
        (spec, DataFlow.PREPARED, bytes(reversed(content))),
    ):
        with pytest.raises(WireError):
            unpack_shipment(of, fold_of(of), flow, data, "east")


def test_raw_rows_without_a_column_of_the_schema_are_named_by_supplier():
    spec = spec_of(("raw",) * 4, WITH_PERSON)
    with pytest.raises(DataError, match="has no column 'age'"):
        ship_east(spec, TableSource(cohort(50).drop_columns(["age"])), SEED)


def test_raw_rows_hold_only_the_columns_that_the_study_reads():
    spec = spec_of(("raw",) * 4, WITH_PERSON)
    table = cohort(50).append_column("address", pa.array(["secret"] * 50))
    content = ship_east(spec, TableSource(table), SEED)
    with pa.ipc.open_stream(content) as reader:
        assert set(reader.schema.names) == {variable.name for variable in WITH_PERSON.variables}
    assert b"secret" not in content


def test_a_synthesized_shipment_holds_no_unknown_or_outlying_cell():
    spec = spec_of(("synthesized",) * 4, WITH_PERSON, min_cell=5)
    content = ship_east(spec, TableSource(cohort(300)), SEED)
    table = unpack_shipment(spec, fold_of(spec), DataFlow.SYNTHESIZED, content, "east")
    for batch in table.batches():
        for status in batch.status:
            assert set(np.unique(status)) <= {Status.VALID, Status.MISSING}


@pytest.mark.parametrize("flow", ["summaries", "synthesized"])
@pytest.mark.parametrize("rows", [1300, 300])
def test_a_table_that_was_compared_is_released_without_being_drawn_again(
    flow: str, rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of fewer rows than are compared, the released ones are others than the candidate's, and are drawn."""
    spec = spec_of((flow,) * 4, WITHOUT_PERSON, min_cell=2, holdout=0.0 if flow == "synthesized" else 0.2)
    wanted = {"synthesizer": spec.synthesizer.model_copy(update={"rows": rows})}
    both = spec.release.model_copy(update={"formats": (Format.PARQUET, Format.CSV)})
    spec = spec.model_copy(update={**wanted, "release": both})
    tables = {name: TableSource(cohort(100, seed=place), name) for place, name in enumerate(PARTIES)}
    result = fit_study(spec, fold_of(spec), tables)
    cells = comparison_of(spec, fold_of(spec), result, SEED).candidate.cells
    draws, kind = [], type(result.model)
    sample = kind.sample

    def counted(self: Any, n: int, seed: Seed, schema: Any = None) -> Iterator[Any]:
        draws.append(n)
        return sample(self, n, seed, schema)

    monkeypatch.setattr(kind, "sample", counted)
    for name, drawn in (("anew", None), ("compared", cells)):
        (tmp_path / name).mkdir()
        write_release(tmp_path / name, spec, result, SEED, roster_of(spec), {}, None, drawn)
    assert draws == ([1300] if rows == 1300 else [300, 300])
    for file in (tmp_path / "anew").iterdir():
        assert file.read_bytes() == (tmp_path / "compared" / file.name).read_bytes(), file.name
