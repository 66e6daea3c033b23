"""9, 99 and -9 beside small codes are asked about, in every form of a column; values of their own are not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pytest

from syncline.data.inference import infer
from syncline.data.kinds import Kind

ANSWERS = {1: 40, 2: 50, 3: 60}
CODED: list[tuple[dict[int, int], list[int]]] = [
    ({1: 50, 2: 50, 9: 1}, [9]),
    ({0: 80, 1: 30, 9: 40}, [9]),
    ({0: 3, -9: 200}, [-9]),
    ({**ANSWERS, 9: 20}, [9]),
    ({**ANSWERS, 99: 20}, [99]),
    ({**ANSWERS, 999: 20}, [999]),
    ({**ANSWERS, 8: 4, 9: 20}, [8, 9]),
    ({**ANSWERS, 88: 4, 99: 20}, [88, 99]),
    ({**ANSWERS, 98: 4, 99: 20}, [98, 99]),
    ({**ANSWERS, -9: 5}, [-9]),
    ({**ANSWERS, -9: 5, -8: 7}, [-9, -8]),
    ({**ANSWERS, -9: 5, 9: 7}, [-9, 9]),
    ({1: 9, 2: 12, 3: 30, 4: 11, 5: 8, 9: 3}, [9]),
    ({**dict.fromkeys(range(1, 41), 10), 99: 15}, [99]),
    ({**dict.fromkeys(range(0, 80, 5), 40), -7: 300}, [-7]),
    ({**dict.fromkeys(range(1, 11), 20), -4: 30, -3: 25}, [-4, -3]),
]
VALUES: dict[str, dict[int, int]] = {
    "a scale of nine points": dict.fromkeys(range(1, 10), 20),
    "a scale without its eight": {**dict.fromkeys(range(1, 8), 20), 9: 3},
    "a count up to 99": dict.fromkeys(range(100), 4),
    "ages": dict.fromkeys([*range(18, 91), 94, 99], 3),
    "the tail of a count": {0: 300, 1: 120, 2: 60, 3: 20, 4: 7, 5: 2, 9: 1},
    "doses": {1: 50, 3: 50, 9: 50},
    "three signs": {-1: 50, 0: 50, 1: 50},
    "balances": {**dict.fromkeys(range(0, 80, 5), 40), -5: 60, -10: 50},
    "changes": {**dict.fromkeys(range(6), 30), -1: 40, -2: 30},
    "temperatures": dict.fromkeys(range(26), 9) | {-9: 1},
}


def cells_of(held: Mapping[int, int]) -> list[int]:
    cells = np.repeat(list(held), list(held.values()))
    return [int(cell) for cell in np.random.default_rng(3).permutation(cells)]


@pytest.mark.parametrize("form", ["text", "integers", "floats"])
@pytest.mark.parametrize(("held", "codes"), CODED)
def test_a_code_behind_a_gap_is_asked_about(held: dict[int, int], codes: list[int], form: str) -> None:
    cells = cells_of(held)
    typed = {"text": [str(x) for x in cells], "integers": cells, "floats": [float(x) for x in cells]}[form]
    found = infer(pa.table({"x": pa.array(typed)}))
    assert found.schema.variables[0].kind is Kind.INTEGER
    assert sum(note.cells or 0 for note in found.notes) == sum(held[code] for code in codes)
    assert all(any(f"'{code}" in note.what for note in found.notes) for code in codes)
    assert all("'missing'" in note.remedy for note in found.notes)


def test_a_code_of_digits_in_a_list_of_categories_is_asked_about() -> None:
    found = infer(pa.table({"x": [f"{cell:02d}" for cell in cells_of({**ANSWERS, 99: 20})]}))
    assert found.schema.variables[0].categories == ("01", "02", "03", "99")
    assert [note.cells for note in found.notes if "behind a gap" in note.why] == [20]


@pytest.mark.parametrize("held", VALUES.values(), ids=VALUES)
def test_values_are_not_taken_for_codes(held: dict[int, int]) -> None:
    assert not [note for note in infer(pa.table({"x": cells_of(held)})).notes if "gap" in note.why]


@pytest.mark.parametrize("others", [1, 2, 3, 4])
@pytest.mark.parametrize("rows", [5, 40])
def test_an_open_end_beside_few_days_is_told(others: int, rows: int) -> None:
    days = [f"202{place}-06-30" for place in range(others)] * 30 + ["9999-12-31"] * rows
    found = infer(pa.table({"until": days}))
    variable, told = found.schema.variables[0], [n for n in found.notes if "9999-12-31" in n.what]
    assert variable.kind is Kind.DATE
    assert [note.cells for note in told] == [rows]
    assert (list(variable.codes) == ["9999-12-31"]) == (rows > 11)
