"""Parts of a page: no text becomes markup, whatever it holds, and only markup is put in as it is."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markupsafe import Markup

from syncline.pages import parts
from syncline.pages.layout import lay_out
from syncline.pages.templating import macro, render, trusted
from syncline.validation.report.plots import key
from syncline.validation.report.words import VerdictLine

OWN = Markup("<em>own</em>")

PARTS: dict[str, Callable[[str], Markup]] = {
    "paragraphs": lambda text: parts.paragraphs([text, text]),
    "bullets": lambda text: parts.bullets([text]),
    "titled": lambda text: parts.titled(text, OWN),
    "folded": lambda text: parts.folded(text, OWN),
    "figure": lambda text: parts.figure(OWN, text),
    "beside": lambda text: parts.beside(OWN, parts.paragraphs([text])),
    "plots": lambda text: parts.plots([OWN, parts.paragraphs([text])]),
    "key": lambda text: key(text, text, text),
    "answers": lambda text: parts.answers(
        [VerdictLine("good", text, (text, text)), VerdictLine("mild", text, (text,), listed=True)]
    ),
    "hazards": lambda text: parts.hazards([{"severe": True, "words": text}]),
    "table": lambda text: parts.table(
        text, [text, text, text, text], [[text, parts.number(text), text, parts.code(text)]]
    ),
    "named_value": lambda text: parts.table("t", ["a"], [[parts.named_value(text, text)]]),
}


class Outline(HTMLParser):
    """The tags of a page, with their attributes' names, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(str(page))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "wbr":
            self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", PARTS)
@given(text=st.text(st.sampled_from("<>&\"'`=/ aZ_{%}-!"), min_size=1, max_size=30))
def test_no_text_becomes_markup(name, text):
    made = Outline(PARTS[name](text))
    assert made.tags == Outline(PARTS[name]("x")).tags
    assert text in made.text


def test_content_that_is_no_markup_is_a_text():
    assert "&lt;em&gt;" in parts.titled("heading", "<em>own</em>")
    assert "<em>own</em>" in parts.titled("heading", trusted("<em>own</em>"))


def test_a_value_that_a_template_does_not_get_is_an_error():
    with pytest.raises(UndefinedError):
        render("page.html", title="a page")
    with pytest.raises(TypeError):
        macro("titled")("heading", "content", "more")


def test_a_page_has_links_to_its_sections_and_leaves_out_the_empty_ones():
    sections = [
        parts.PageSection("first", "<First>", parts.paragraphs(["one"])),
        parts.PageSection("empty", "Empty", parts.NOTHING),
        parts.PageSection("last", "Last", parts.paragraphs(["two"])),
    ]
    page = lay_out("A & B", ["lead"], sections)
    assert page.startswith("<!doctype html>")
    assert "Skip to the &lt;first&gt;" in page
    assert page.count('href="#') == 3
    assert "Empty" not in page
    assert "<title>A &amp; B</title>" in page
