"""Every step and every key of a preparation is explained in its section of docs/preparation.md."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

import pytest

from syncline.preparation.preparation_document import Preparation
from syncline.preparation.steps.cleansing import Reading
from syncline.preparation.steps.columns import How
from syncline.preparation.steps.date_format import Imputed
from syncline.preparation.steps.derivation import SHAPES, Operation
from syncline.preparation.steps.number_form import Brackets, DecimalMark, LimitForm, ThousandsMark
from syncline.preparation.steps.spans import SpanForm
from syncline.preparation.steps.step import Outside, Unlisted
from syncline.preparation.steps.text_forms import LetterCase, Thousands
from syncline.preparation.steps.vocabulary import STEPS

PAGE = (Path(__file__).parents[3] / "docs" / "preparation.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
KEYS = [
    (word, field.alias or name)
    for word, model in STEPS.items()
    for name, field in model.model_fields.items()
    if name != "step"
]
WORDS: list[tuple[str, type[StrEnum]]] = [
    ("range", Outside),
    ("unparsable", Reading),
    ("recode", Unlisted),
    ("dates", Imputed),
    ("dates", Unlisted),
    ("spans", SpanForm),
    ("spans", Unlisted),
    ("case", LetterCase),
    ("decimal_comma", Thousands),
    ("numbers", DecimalMark),
    ("numbers", ThousandsMark),
    ("numbers", Brackets),
    ("numbers", LimitForm),
    ("numbers", Unlisted),
    ("combine", How),
    ("derive", Operation),
]


def test_every_step_has_its_section_and_no_other_word_has() -> None:
    assert list(SECTIONS) == list(STEPS)


@pytest.mark.parametrize(("word", "key"), KEYS)
def test_every_key_has_a_row_in_its_section(word: str, key: str) -> None:
    assert f"\n| `{key}` |" in SECTIONS[word]


def test_no_section_explains_a_key_that_is_not_there() -> None:
    shown = {
        (word, key) for word, text in SECTIONS.items() for key in re.findall(r"^\| `(\w+)` \|", text, re.M)
    }
    operations = {("derive", operation.value) for operation in Operation}
    assert shown - operations == set(KEYS)


@pytest.mark.parametrize(("word", "choices"), WORDS)
def test_every_choice_stands_in_its_section(word: str, choices: type[StrEnum]) -> None:
    assert [choice for choice in choices if f"`{choice}`" not in SECTIONS[word]] == []


def test_the_table_of_operations_says_how_many_columns_each_takes() -> None:
    for operation, shape in SHAPES.items():
        columns = str(shape.fewest) if shape.fewest == shape.most else f"{shape.fewest} to {shape.most}"
        assert re.search(rf"^\| `{operation}` \| .+ \| {columns} \|$", SECTIONS["derive"], re.M), operation


def test_the_document_and_its_example(tmp_path: Path) -> None:
    for name in Preparation.model_fields:
        assert f"\n| `{name}` |" in PAGE
    path = tmp_path / "preparation.yaml"
    path.write_text(PAGE.split("```yaml\n", 1)[1].split("```", 1)[0])
    assert len(Preparation.from_yaml(path).steps) == 10
