"""What a given schema reads otherwise than it is written is told on every way, with the number of cells."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from syncline import Synthesizer
from syncline.data.note import Deed, Note, TableWarning
from syncline.data.schema import Schema
from syncline.preparation.hazards import find_hazards
from syncline.sources.memory import TableSource
from syncline.sources.reading_notes import reading_notes
from syncline.synthesizers.untold_values import left_out_notes
from syncline.validation.reading import read_compared


def of(cells: list[str | None] | pa.Array, **variable: object) -> list[tuple[Deed, int | None]]:
    schema = Schema.model_validate({"variables": [{"name": "x", **variable}]})
    return [(note.deed, note.cells) for note in reading_notes(schema, TableSource(pa.table({"x": cells})))]


CASES = {
    "decimals": (["1.25", "1.2", "7", None, "word", "3.14159"], {"kind": "continuous", "decimals": 1}, 2),
    "step of numbers": (["5", "7", "10", "15.0"], {"kind": "integer", "step": "5"}, 1),
    "step of times": (
        ["2020-01-01T10:00:00", "2020-01-01T10:00:30", "2020-01-02"],
        {"kind": "datetime", "step": "1min"},
        1,
    ),
    "months": (["2020-01-01", "2020-01-17"], {"kind": "date", "step": "1 month"}, 1),
    "typed": (pa.array([1.25, 0.1 + 0.2, 3.0]), {"kind": "continuous", "decimals": 1}, 1),
}


@pytest.mark.parametrize(("cells", "variable", "moved"), CASES.values(), ids=CASES)
def test_cells_between_two_steps_are_counted(
    cells: list[str], variable: dict[str, object], moved: int
) -> None:
    assert of(cells, **variable) == [(Deed.MOVED, moved)]


def test_leading_zeros_of_numbers_are_counted() -> None:
    assert of(["01067", "99999", "007", "0", "0.5", "-01"], kind="continuous") == [(Deed.GUESSED, 3)]
    assert of(["01067", "99999"], kind="categorical", categories=["01067", "99999"]) == []


SOUND = [
    (["1.2", "7", "-0.0"], {"kind": "continuous", "decimals": 1}),
    (["1.23456", "1e-300"], {"kind": "continuous"}),
    (["1", "2.0"], {"kind": "integer"}),
    (["-99.99", "1.0"], {"kind": "continuous", "decimals": 1, "missing": ["-99.99"]}),
    (["1e17", "1.0"], {"kind": "continuous", "decimals": 2}),
    ([str(0.1 + 0.2), "1.1"], {"kind": "continuous", "decimals": 2}),
    (["2020-01-01", "2020-01-17"], {"kind": "date"}),
]


@pytest.mark.parametrize(("cells", "variable"), SOUND)
def test_nothing_is_said_of_what_is_read_as_it_stands(cells: list[str], variable: dict[str, object]) -> None:
    assert of(cells, **variable) == []


SCHEMA = Schema.model_validate(
    {
        "variables": [
            {"name": "zip", "kind": "integer", "range": ["0", "99999"]},
            {"name": "dose", "kind": "continuous", "decimals": 1},
        ]
    }
)


def written(path: Path) -> Path:
    lines = [f"{place % 7:05d},{place % 9}.{place % 4}5" for place in range(80)]
    path.write_text("zip,dose\n" + "\n".join(lines) + "\n")
    return path


def said(notes: tuple[Note, ...]) -> list[tuple[str, Deed, int | None]]:
    return [(note.column, note.deed, note.cells) for note in notes]


def test_every_way_with_a_given_schema_says_so(tmp_path: Path) -> None:
    from syncline.sources.registry import open_source

    source = open_source(written(tmp_path / "t.csv"))
    expected = [("zip", Deed.GUESSED, 80), ("dose", Deed.MOVED, 80)]
    assert said(left_out_notes(SCHEMA, source, "of a")) == expected
    assert said(read_compared(source, source, None, SCHEMA).notes) == expected
    model = Synthesizer(seed=1, schema=SCHEMA)
    with pytest.warns(TableWarning, match="80 cells with leading zeros read as numbers"):
        model.fit(str(tmp_path / "t.csv"))
    assert said(model.notes)[:2] == expected
    hazards = list(find_hazards(source, SCHEMA))
    assert [text for text in hazards if "80 cells with leading zeros" in text]
    assert [text for text in hazards if "80 cells between the steps of 0.1 " in text]
