"""The Python API as its callers meet it: what it takes, what it refuses, and what a saved model is."""

from __future__ import annotations

import datetime as dt
import hashlib
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from syncline import Synthesizer
from syncline.data.schema import Schema
from syncline.errors import DataError, DocumentError, StorageError, StudyFailed, UsageError, WireError
from syncline.synthesizers.model_codec import pack_model, unpack_model

ROWS = 400
SCHEMA: dict[str, Any] = {
    "variables": [
        {"name": "patient", "kind": "integer", "role": "person"},
        {"name": "note", "kind": "text"},
        {"name": "sex", "kind": "categorical", "categories": ["f", "m"], "missing": ["NA"]},
        {"name": "age", "kind": "integer", "range": [18, 90]},
        {"name": "dose", "kind": "continuous", "decimals": 1, "range": [0, 50]},
        {"name": "ill", "kind": "boolean"},
        {"name": "day", "kind": "date", "range": ["2020-01-01", "2020-12-31"]},
    ]
}


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "patient": np.arange(ROWS),
            "note": "text",
            "sex": rng.choice(["f", "m", "NA"], ROWS, p=[0.5, 0.4, 0.1]),
            "age": rng.integers(18, 91, ROWS),
            "dose": np.round(rng.uniform(0, 50, ROWS), 1),
            "ill": rng.random(ROWS) < 0.5,
            "day": [dt.date(2020, 1, 1) + dt.timedelta(days=int(d)) for d in rng.integers(0, 5, ROWS)],
        }
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "heart.model"
    Synthesizer(seed=1, schema=SCHEMA, max_depth=2).fit(frame()).save(path)
    return path


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"method": "cert"}, "method: 'cert' is not a technique of this version; did you mean cart?"),
        ({"method": 3}, "method: '3' is not a technique"),
        ({"seed": True}, "seed: must be a whole number from 0"),
        ({"seed": -1}, "seed: must be a whole number from 0"),
        ({"seed": 1.0}, "seed: must be a whole number"),
        ({"seed": "1"}, "seed: must be a whole number"),
        ({"seed": 2**63}, "seed: must be a whole number"),
        ({"min_cell": 0}, "min_cell: must be a whole number from 1 to"),
        ({"min_leaf": "50"}, "min_leaf: must be a whole number from 0 to"),
        ({"max_depth": 31}, "max_depth: must be a whole number from 1 to 30"),
        ({"max_depth": None}, "max_depth: must be a whole number from 1 to 30"),
        ({"schema": 3}, "schema: must be a Schema, a mapping like one, or the path"),
        ({"visit_sequence": "age"}, r"visit_sequence: must be a list of columns; write \['age'\]"),
        ({"visit_sequence": 3}, "visit_sequence: must be a list of the names"),
        ({"visit_sequence": [1]}, "visit_sequence: must be a list of the names"),
        ({"visit_sequence": ["age", "age"]}, "visit_sequence: 'age' is named twice"),
        ({"visit_sequence": ["ages"]}, "visit_sequence: 'ages' is not a column; did you mean age?"),
        ({"visit_sequence": ["patient"]}, "visit_sequence: 'patient' is never modelled"),
        ({"epsilon": 1.0}, "epsilon: this version does not implement"),
    ],
)
def test_an_argument_is_refused_by_its_name(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        Synthesizer(**{"schema": SCHEMA, **arguments})


def test_a_schema_that_is_wrong_is_refused_at_once() -> None:
    with pytest.raises(DocumentError, match=r"schema: variables\[age\].kind 'integre' is not known"):
        Synthesizer(schema={"variables": [{"name": "age", "kind": "integre"}]})


def test_numpy_integers_mappings_and_lists_are_taken() -> None:
    one = Synthesizer(
        seed=np.int64(1), schema=SCHEMA, max_depth=np.int32(2), min_leaf=np.int64(50), visit_sequence=["age"]
    ).fit(frame())
    other = Synthesizer(
        seed=1, schema=Schema.model_validate(SCHEMA), max_depth=2, min_leaf=50, visit_sequence=("age",)
    ).fit(frame())
    pd.testing.assert_frame_equal(one.sample(np.int64(20)), other.sample(20))


def test_without_a_schema_the_visit_sequence_is_checked_in_fit() -> None:
    with pytest.raises(UsageError, match="visit_sequence: 'ages' is not a column; did you mean age"):
        Synthesizer(visit_sequence=["ages"]).fit(frame()[["age", "dose"]])


def test_what_does_not_fit_is_said_of_the_data() -> None:
    table = frame()
    table.loc[0, "age"] = 130
    with pytest.raises(StudyFailed) as failure:
        Synthesizer(schema=SCHEMA).fit(table)
    assert "local" not in str(failure.value)
    assert "supplier" not in str(failure.value)
    with pytest.raises(StudyFailed, match=r"^the data has fewer than 11 people to learn from"):
        Synthesizer(schema=SCHEMA).fit(frame().head(5))


@pytest.mark.parametrize("n", [-1, True, 2.0, "3", 10**10])
def test_a_number_of_rows_that_is_none_is_refused(model: Path, n: Any) -> None:
    with pytest.raises(UsageError, match="n: must be a whole number from 0 to"):
        Synthesizer.load(model).sample(n)


@pytest.mark.parametrize(
    ("conditions", "sentence"),
    [
        (3, "conditions: must be a mapping"),
        ({"sax": "f"}, "conditions: 'sax' is not a column; did you mean sex?"),
        ({"sex": "x"}, "conditions: 'sex' has no category 'x'; known are f, m"),
        ({"sex": 1}, "conditions: the value for 'sex' must be text, one of its categories"),
        ({"patient": 3}, "conditions: 'patient' holds fresh numbers of persons"),
        ({"note": "x"}, "conditions: 'note' is text and not synthesized"),
        ({"age": 17}, "conditions: 17 for 'age' is outside of its range, 18 to 90"),
        ({"age": 10**400}, "for 'age' is outside of its range"),
        ({"age": "30"}, "the value for 'age' is wrong: expected a whole number"),
        ({"age": 30.5}, "the value for 'age' is wrong: expected a whole number"),
        ({"age": True}, "the value for 'age' is wrong: expected a whole number"),
        ({"dose": float("nan")}, "the value for 'dose' is wrong: expected a finite number"),
        ({"dose": 1.25}, "conditions: 1.25 for 'dose' has more than 1 decimals"),
        ({"dose": 51}, "conditions: 51.0 for 'dose' is outside of its range"),
        ({"ill": "maybe"}, "the value for 'ill' must be True or False"),
        ({"day": "yesterday"}, "the value for 'day' is wrong: expected a date like"),
        ({"day": 3}, "the value for 'day' is wrong: expected a date like"),
        ({"day": dt.date(2021, 1, 1)}, "conditions: 2021-01-01 for 'day' is outside of its range"),
    ],
)
def test_a_condition_is_refused_in_a_sentence_of_its_own(model: Path, conditions: Any, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        Synthesizer.load(model).sample(1, conditions=conditions)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "conditions",
    [
        {"sex": "f", "ill": np.True_},
        {"sex": "NA"},
        {"age": np.int64(40)},
        {"age": 40.0},
        {"dose": 20, "sex": "f"} | {},
        {"ill": "true"},
        {"day": "2020-01-02"},
        {"day": dt.date(2020, 1, 2)},
        {"day": pd.Timestamp("2020-01-02")},
    ],
)
def test_rows_meet_the_conditions(model: Path, conditions: dict[str, Any]) -> None:
    drawn = Synthesizer.load(model).sample(3, conditions=conditions)
    assert len(drawn) == 3
    for name, value in conditions.items():
        assert {str(cell)[:10].lower() for cell in drawn[name]} <= {
            str(value)[:10].lower(),
            str(float(value)) if name == "dose" else "",
            "40",
        }


def test_a_condition_that_no_row_meets_ends_soon(model: Path) -> None:
    loaded = Synthesizer.load(model)
    with pytest.raises(DataError, match="no row that meets them could be drawn"):
        loaded.sample(1, conditions={"day": "2020-12-31"})


def test_sampling_goes_on_and_a_loaded_model_starts_from_the_first_row(model: Path) -> None:
    loaded, again = Synthesizer.load(model), Synthesizer.load(model)
    first, second = loaded.sample(50), loaded.sample(50)
    assert not first.equals(second)
    pd.testing.assert_frame_equal(first, again.sample(50))


def test_a_saved_model_is_private_and_replaces_a_file_as_a_whole(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "heart.model"
    path.write_bytes(b"another file")
    path.chmod(0o644)
    Synthesizer.load(model).save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == model.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["heart.model"]
    with pytest.raises(UsageError, match=r"its directory does not exist; make it"):
        Synthesizer.load(model).save(tmp_path / "nowhere" / "heart.model")


def test_any_changed_byte_of_a_model_is_noticed(model: Path, tmp_path: Path) -> None:
    path, whole = tmp_path / "changed.model", model.read_bytes()
    places = {*range(80), *range(0, len(whole), max(len(whole) // 100, 1)), len(whole) - 1}
    changed = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in places]
    for content in (*changed, b"", whole[:-1], whole + b"x", b"PAR1"):
        path.write_bytes(content)
        with pytest.raises(StorageError, match=r"changed.model: is not a Syncline model or was changed"):
            Synthesizer.load(path)


def test_no_part_of_a_model_points_outside_of_another(model: Path) -> None:
    """Whatever one array or number of a model is set to, it is refused or drawn from without a raw error."""
    loaded = Synthesizer.load(model)
    whole, schema = loaded._fitted()[0], loaded.schema
    refused = sum(refuses(changed, schema) for changed in changed_values(whole))
    assert refused > 100
    content = pack_model(whole, "cart", schema)
    assert unpack_model(content, "cart", schema).n_rows == whole.n_rows
    for cut in (content[:-1], content + b"\x00", content[:40]):
        with pytest.raises(WireError):
            unpack_model(cut, "cart", schema)


def changed_values(value: Any) -> Iterator[Any]:
    """Yield what a value could be changed to in one place, of which its constructors refuse nothing."""
    if isinstance(value, np.ndarray) and value.size:
        for number in (-1, 0, 1, 63, 255, 2**40):
            other = value.copy()
            other.flat[other.size // 2] = np.array(number).astype(other.dtype)
            yield other
        yield from (value[:-1], np.concatenate([value, value]), value[:0])
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (-1, 0, 1, 2**40)
    elif isinstance(value, str):
        yield from ("", "x")
    elif isinstance(value, tuple):
        yield from (value[:-1], value + value, ())
        for place, one in enumerate(value):
            yield from ((*value[:place], other, *value[place + 1 :]) for other in changed_values(one))
    elif is_dataclass(value):
        for own in (one for one in fields(value) if one.init):
            for other in (*changed_values(getattr(value, own.name)), None):
                with suppress(ValueError, TypeError, AttributeError, IndexError):
                    yield replace(value, **{own.name: other})  # type: ignore[type-var]


def refuses(model: Any, schema: Schema) -> bool:
    """Tell whether a model is refused, on its way into bytes or out of them; else draw from it."""
    from syncline.synthesizers.streams import Seed

    try:
        found = unpack_model(pack_model(model, model.method, schema), model.method, schema)
    except (ValueError, WireError):
        return True
    found.partition(0, 50, Seed.of_number(1))
    return False


@pytest.mark.parametrize("form", [1, 2, 3])
def test_a_model_of_an_earlier_form_is_refused_by_name(tmp_path: Path, form: int) -> None:
    path = tmp_path / "old.model"
    path.write_bytes(b"syncline-model %d\n" % form + hashlib.sha256(bytes(100)).digest() + bytes(100))
    with pytest.raises(StorageError, match=r"old.model: was saved by an earlier version .* save it again"):
        Synthesizer.load(path)


def test_persons_of_further_samples_are_numbered_on(tmp_path):
    frame = pd.DataFrame({"patient": range(200), "age": [30, 40] * 100})
    schema = {
        "variables": [
            {"name": "patient", "kind": "identifier", "role": "person"},
            {"name": "age", "kind": "integer", "range": [0, 99]},
        ]
    }
    Synthesizer("marginals", seed=1, schema=schema).fit(frame).save(tmp_path / "m")
    loaded = Synthesizer.load(tmp_path / "m")
    drawn = [loaded.sample(5), loaded.sample(5, {"age": 30})]
    assert [number for part in drawn for number in part["patient"]] == list(range(1, 11))


def test_what_would_be_left_out_without_a_word_is_refused():
    frame = pd.DataFrame({"patient": range(100), "stage": ["I", "II"] * 50})
    with pytest.raises(DataError, match="'patient' is its index and no column; make it one with reset_index"):
        Synthesizer("marginals").fit(frame.set_index("patient"))
    with pytest.raises(UsageError, match="a missing value of 'stage' cannot be asked for"):
        Synthesizer("marginals").fit(frame[["stage"]]).sample(1, {"stage": None})
