"""Every key of every document is explained on its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from syncline.data.constraint import Constraint, Formula
from syncline.data.kinds import Kind, Role
from syncline.data.schema import Schema, Variable
from syncline.data.section import Section
from syncline.questions.table import comparing, permissions
from syncline.study.advice import Abilities, ConsumerAbility, HubAbility, SupplierAbility
from syncline.study.policy import Policy
from syncline.study.policy_sections import (
    Approval,
    Comparing,
    HoldoutBounds,
    Limits,
    Narrowing,
    PermittedColumns,
    ReleaseDemands,
)
from syncline.study.sections import (
    Format,
    Hazards,
    OnLoss,
    Privacy,
    Quorum,
    Release,
    Supplier,
    Thresholds,
    ValidationSection,
)
from syncline.study.spec import StudySpec
from syncline.study.synthesizer_section import SynthesizerSpec
from syncline.synthesizers.cart.growing import CountLeaves, GrowLevel
from syncline.synthesizers.hazards.rules import Lacking, Severe
from syncline.synthesizers.phases.check import Check
from syncline.synthesizers.phases.search import Search
from syncline.synthesizers.phases.structure import Confirm, Propose
from syncline.synthesizers.registry import cards

DOCS = Path(__file__).parents[3] / "docs"
PAGES: dict[str, list[tuple[str, type[Section]]]] = {
    "schema.md": [("", Schema), ("", Variable), ("", Constraint)],
    "study.md": [
        ("", StudySpec),
        ("suppliers.", Supplier),
        ("quorum.", Quorum),
        ("synthesizer.", SynthesizerSpec),
        ("privacy.", Privacy),
        ("hazards.", Hazards),
        ("validation.", ValidationSection),
        ("release.", Release),
        ("release.gate.", Thresholds),
    ],
    "advise.md": [
        ("", Abilities),
        ("suppliers.", SupplierAbility),
        ("trusted_party.", HubAbility),
        ("consumer.", ConsumerAbility),
    ],
    "policy.md": [
        ("", Policy),
        ("narrow.", Narrowing),
        ("columns.", PermittedColumns),
        ("limits.", Limits),
        ("validation.", Comparing),
        ("validation.holdout.", HoldoutBounds),
        ("release.", ReleaseDemands),
        ("approval.", Approval),
    ],
}
KEYS = [
    (page, prefix + (field.alias or name))
    for page, models in PAGES.items()
    for prefix, model in models
    for name, field in model.model_fields.items()
]
WORDS = {
    "schema.md": [*Kind, *Role, *Formula],
    "study.md": [
        *cards(),
        *OnLoss,
        *Format,
        *Lacking,
        *Severe,
        *SynthesizerSpec.later,
        "governance",
        "max_candidates",
    ],
}


@pytest.mark.parametrize(("page", "key"), KEYS)
def test_every_key_has_a_row_on_its_page(page: str, key: str) -> None:
    assert f"\n| `{key}` |" in (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize(("page", "word"), [(page, word) for page, words in WORDS.items() for word in words])
def test_every_word_stands_on_its_page(page: str, word: str) -> None:
    assert f"`{word}`" in (DOCS / page).read_text(encoding="utf-8")


def test_every_stage_stands_where_the_life_of_a_study_is_told() -> None:
    life = (DOCS / "study.md").read_text(encoding="utf-8").split("## The life of a study")[1]
    phases = [phase.name for phase in (Check, Search, Propose, Confirm, GrowLevel, CountLeaves)]
    for stage in (*phases, "fitted", "pooled", "people", "compare", "assessed"):
        assert f"`{stage}`" in life


@pytest.mark.parametrize(("page", "model"), [("schema.md", Schema), ("policy.md", Policy)])
def test_the_example_of_a_page_is_valid(
    page: str, model: type[Schema] | type[Policy], tmp_path: Path
) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(_example(page))
    assert isinstance(model.from_yaml(path), model)


def test_the_example_of_a_study_is_valid(tmp_path: Path) -> None:
    (tmp_path / "schema.yaml").write_text(_example("schema.md"))
    path = tmp_path / "study.yaml"
    path.write_text(_example("study.md"))
    spec = StudySpec.from_yaml(path)
    (tmp_path / "policy.yaml").write_text(_example("policy.md"))
    assert Policy.from_yaml(tmp_path / "policy.yaml").permits(spec, "cleveland") == ()


def _example(page: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    return text.split("```yaml\n", 1)[1].split("```", 1)[0]


def test_the_policys_page_tells_of_questions_that_there_are() -> None:
    page = (DOCS / "policy.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \|", page.split("\n## `questions`")[1].split("\n## ")[0], re.MULTILINE)
    assert {"row_count", "tree_level"} <= set(told) <= set(permissions())
    assert all(f"\n| `{kind}` |" in page for kind in comparing())
