"""All that is wrong with a document is said at once, and what is said depends on nothing that is wrong."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pydantic import model_validator

from syncline.data.faults import every_fault, together
from syncline.data.section import Integer, Section, Switch, WholeSentence, build
from syncline.errors import DocumentError


class Part(Section):
    """A part that knows how its fields agree."""

    low: Integer = 0
    high: Integer = 9
    even: Switch = False

    @model_validator(mode="after")
    def _check(self) -> Part:
        together(self._order, self._parity)
        return self

    def _order(self) -> None:
        if self.low > self.high:
            raise WholeSentence("low exceeds high")

    def _parity(self) -> None:
        if self.even and self.low % 2:
            raise WholeSentence("low is odd")


class Whole(Section):
    """A document with a required key and parts."""

    name: str
    part: Part = Part()
    parts: tuple[Part, ...] = ()
    words: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Whole:
        if len(self.parts) > 2:
            raise WholeSentence("too many parts")
        return self


SOUND = {"name": "a", "part": {"low": "1"}, "parts": [{}, {"high": "3"}]}


def test_what_is_sound_has_no_fault() -> None:
    assert every_fault(Whole, SOUND) == (build(Whole, SOUND, "x"), ())


def test_faults_of_fields_sections_lists_and_the_whole_are_found_together() -> None:
    content = {
        "name": "a",
        "nmae": "b",
        "part": {"low": "9", "high": "4", "even": "true"},
        "parts": [{"low": "x", "height": 1}, {"even": "yes"}, {"high": "5"}],
    }
    found, faults = every_fault(Whole, content)
    assert set(faults) == {
        "nmae is not a known key; did you mean name?",
        "low exceeds high",
        "low is odd",
        "parts[0].height is not a known key; did you mean high?",
        "parts[0].low must be a whole number",
        "parts[1].even must be true or false",
        "too many parts",
    }
    assert found is None
    assert content["parts"][0] == {"low": "x", "height": 1}, "the document stays as it is"  # type: ignore[index]


def test_a_wrong_item_of_a_list_does_not_hide_what_else_is_wrong() -> None:
    content = {**SOUND, "words": ["a", ["b"]], "parts": [{}, {}, {}]}
    found, faults = every_fault(Whole, content)
    assert (found, faults) == (None, ("words[1] must be text", "too many parts"))
    found, faults = every_fault(Whole, {**SOUND, "parts": [3, {}, {}]})
    assert faults == ("parts[0] must be a mapping",)
    assert found == build(Whole, {**SOUND, "parts": []}, "x")


def test_a_required_key_that_is_wrong_is_said_once_and_stood_in_for() -> None:
    content = {"name": 3, "parts": [{}, {}, {}]}
    assert every_fault(Whole, content) == (None, ("name must be text",))
    _, faults = every_fault(Whole, content, stand_ins={("name",): "x"})
    assert faults == ("name must be text", "too many parts")
    assert every_fault(Whole, {}, absent=[("name",)]) == (None, ())


values = st.sampled_from(["1", "x", "true", "-3", 7, None])
part_of = st.dictionaries(st.sampled_from(["low", "high", "even", "wrong"]), values)


@given(
    st.fixed_dictionaries(
        {},
        optional={"name": values, "part": part_of, "parts": st.lists(part_of, max_size=3), "other": values},
    )
)
def test_the_first_fault_of_a_document_is_always_among_all(content: dict[str, object]) -> None:
    try:
        build(Whole, content, "x")
        first = None
    except DocumentError as error:
        first = str(error).removeprefix("x: ")
    _, faults = every_fault(Whole, content)
    assert (first is None) is (faults == ())
    assert first is None or first in faults
    assert len(set(faults)) == len(faults)
