"""The report in a real browser: nothing is loaded, everything is reached, read and printed."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import syncline
from syncline.study.report import report_page
from tests.process.browser.chromium import PROGRAM, Browser
from tests.unit.study.made_report import SCHEMA, assessment, document, persons

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed: apt-get install chromium"),
]

NAMES = ("passes", "fails", "not compared", "any table")

# The contrast of two colours is that of WCAG 2.1, https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio.
CONTRASTS = """(() => {
  const parse = text => text.match(/[0-9.]+/g).map(Number);
  const light = rgb => { const [r, g, b] = rgb.map(v => { v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const ground = e => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c.slice(0, 3) }
    return [255, 255, 255] };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05) };
  const found = {text: [], shape: []};
  for (const e of document.body.querySelectorAll('*')) {
    const style = getComputedStyle(e), drawn = e.closest('svg');
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (own && e.tagName !== 'title') {
      const colour = parse(drawn ? style.fill : style.color).slice(0, 3);
      found.text.push([ratio(colour, ground(drawn || e)), e.outerHTML.slice(0, 80)]);
    }
    const kind = e.getAttribute('class') || '';
    if (/^(made|own( hollow)?|line( dashed)?|holds|fails|limit)$/.test(kind)
      && !e.hasAttribute('fill-opacity')) {
      const painted = style.fill === 'none' ? style.stroke : style.fill;
      found.shape.push([ratio(parse(painted).slice(0, 3), ground(drawn)), e.outerHTML.slice(0, 80)]);
    }
  }
  return found })()"""

OVERFLOWING = """[...document.body.querySelectorAll('*')].filter(e => !e.closest('.wide') && !e.closest('svg')
  && !e.matches('.skip') && e.getBoundingClientRect().right > innerWidth + 0.5)
  .map(e => e.outerHTML.slice(0, 90))"""

CLIPPED = """[...document.querySelectorAll('svg text')].filter(e => {
  const text = e.getBoundingClientRect(), drawn = e.closest('svg').getBoundingClientRect();
  return text.width && (text.left < drawn.left - 0.5 || text.right > drawn.right + 0.5
    || text.top < drawn.top - 0.5 || text.bottom > drawn.bottom + 0.5) })
  .map(e => e.outerHTML.slice(0, 90))"""

FOCUSABLE = "[...document.querySelectorAll('a[href],summary,[tabindex=\"0\"]')]"

FAULTS = """(() => {
  const faults = [], all = s => [...document.querySelectorAll(s)], say = (e, t) => faults.push(t + ': '
    + e.outerHTML.slice(0, 90));
  let last = 0;
  for (const h of all('h1,h2,h3,h4,h5,h6')) {
    const n = +h.tagName[1]; if (n > last + 1) say(h, 'skips a level');
    if (!h.textContent.trim()) say(h, 'is empty'); last = n }
  for (const t of all('table')) {
    if (!t.caption || !t.caption.textContent.trim()) say(t, 'has no caption');
    const wide = t.tHead.rows[0].cells.length;
    for (const row of t.rows) if (row.cells.length !== wide) say(row, 'has another number of cells') }
  for (const th of all('th')) if (!['row', 'col'].includes(th.scope)) say(th, 'has no scope');
  for (const svg of all('svg')) if (!svg.matches('[aria-hidden=true],[role=img][aria-label]'))
    say(svg, 'has no alternative');
  for (const d of all('details')) if (d.firstElementChild.tagName !== 'SUMMARY') say(d, 'has no summary');
  for (const s of all('section')) if (!document.getElementById(s.getAttribute('aria-labelledby')))
    say(s, 'has no name');
  for (const a of all('a')) if (!document.querySelector(a.getAttribute('href'))) say(a, 'leads nowhere');
  const ids = all('[id]').map(e => e.id);
  if (new Set(ids).size !== ids.length) faults.push('an id stands twice');
  if (all('h1').length !== 1 || all('main').length !== 1 || all('nav[aria-label]').length !== 1
    || all('body>header').length !== 1) faults.push('landmarks');
  if (!document.documentElement.lang || !document.title) faults.push('language or title');
  return faults })()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    started = Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("pages")
    found = {name: directory / f"{place}.html" for place, name in enumerate(NAMES)}
    found["passes"].write_text(report_page.as_html(document(assessment())), "utf-8")
    found["fails"].write_text(report_page.as_html(document(assessment(copy=True))), "utf-8")
    found["not compared"].write_text(report_page.as_html(document(None)), "utf-8")
    syncline.validate(persons(500, 1), persons(500, 2), persons(500, 3), schema=SCHEMA).to_html(
        found["any table"]
    )
    return found


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_loaded_but_the_page(browser: Browser, pages: dict[str, Path], name: str) -> None:
    browser.open(pages[name])
    assert browser.requests() == [pages[name].as_uri()]


def test_a_page_that_loads_something_would_be_seen(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "loads.html"
    page.write_text("<!doctype html><title>x</title><img src=beside.png>")
    browser.open(page)
    assert browser.requests() == [page.as_uri(), (tmp_path / "beside.png").as_uri()]


@pytest.mark.parametrize("name", NAMES)
def test_tab_reaches_every_link_table_and_fold_in_order(
    browser: Browser, pages: dict[str, Path], name: str
) -> None:
    browser.open(pages[name])
    wanted = browser.run(f"window.all = {FOCUSABLE}; all.length")
    reached = []
    for _ in range(wanted):
        browser.press("Tab")
        reached.append(browser.run("all.indexOf(document.activeElement)"))
    visible = browser.run("all.filter(e => e.getClientRects().length).length")
    assert visible >= 5
    expected = browser.run("all.map((e, i) => e.checkVisibility() ? i : -1).filter(i => i >= 0)")
    assert reached[: len(expected)] == expected


def test_the_skip_link_shows_itself_and_leads_to_the_verdict(
    browser: Browser, pages: dict[str, Path]
) -> None:
    browser.open(pages["passes"])
    left = "document.querySelector('.skip').getBoundingClientRect().left"
    assert browser.run(left) < 0
    browser.press("Tab")
    assert browser.run(left) >= 0
    browser.press("Enter")
    assert browser.run("location.hash") == "#verdict"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_every_text_and_shape_can_be_told_from_its_ground(
    browser: Browser, pages: dict[str, Path], name: str, dark: bool
) -> None:
    browser.open(pages[name], dark=dark)
    found = browser.run(CONTRASTS)
    assert len(found["text"]) > 40
    assert [text for ratio, text in found["text"] if ratio < 4.5] == []
    assert [shape for ratio, shape in found["shape"] if ratio < 3] == []
    ground = browser.run("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(18, 23, 30)" if dark else "rgb(255, 255, 255)")


@pytest.mark.parametrize("width", [360, 800])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wider_than_a_telephone(
    browser: Browser, pages: dict[str, Path], name: str, width: int
) -> None:
    browser.open(pages[name], width=width)
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.run(OVERFLOWING) == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run(CLIPPED) == []
    if name != "not compared":
        plots = "[...document.querySelectorAll('#columns figure svg')]"
        assert min(browser.run(f"{plots}.map(e => e.querySelectorAll('text').length)")) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_the_page_has_no_fault_of_access(browser: Browser, pages: dict[str, Path], name: str) -> None:
    browser.open(pages[name])
    assert browser.run(FAULTS) == []
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    images = [n for n in nodes if n.get("role", {}).get("value") in {"image", "img"} and not n["ignored"]]
    assert all(len(node["name"]["value"]) > 20 for node in images)
    assert len(images) == (
        0 if name == "not compared" else browser.run("document.querySelectorAll('svg[role]').length")
    )


def test_faults_of_access_would_be_seen(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "faulty.html"
    page.write_text(
        "<!doctype html><html><body><h1>a</h1><h3>b</h3><svg></svg>"
        "<table><thead><tr><th>c</table><a href='#x'>d</a>"
    )
    browser.open(page)
    words = {fault.partition(":")[0] for fault in browser.run(FAULTS)}
    assert words == {
        *("skips a level", "has no caption", "has no scope", "has no alternative", "leads nowhere"),
        *("landmarks", "language or title"),
    }


@pytest.mark.parametrize("name", ["passes", "fails", "not compared"])
def test_it_prints_to_pages_of_paper(browser: Browser, pages: dict[str, Path], name: str) -> None:
    browser.open(pages[name], dark=True)
    paper = base64.b64decode(browser.call("Page.printToPDF", preferCSSPageSize=True)["data"])
    assert paper.startswith(b"%PDF-")
    sheets = len(re.findall(rb"/Type\s*/Page\b", paper))
    assert 3 <= sheets <= 20 if name != "not compared" else 2 <= sheets <= 5
    assert b"595" in paper  # points: the width of A4


BROKEN = """[...document.querySelectorAll('h3, th, summary, li')].flatMap(e => {
  const walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT), found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    for (const word of node.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
      const range = document.createRange();
      range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
      if (range.getClientRects().length > 1) found.push(word[0]) }
  return found })"""
"""Words on two lines: what stands between a name's underscores is a word."""


@pytest.mark.parametrize("width", [400, 800, 1200])
def test_no_name_of_a_column_breaks_within_a_word(browser: Browser, tmp_path: Path, width: int) -> None:
    names = ["flipper_length_mm", "body_mass_in_grams_as_measured_by_the_station_in_the_morning"]
    names += ["Körpergröße der Patientin bei Aufnahme", "meanCorpuscularHaemoglobinConcentration"]
    table = persons(500, 1).rename(columns=dict(zip(persons(5, 1).columns, names, strict=False)))
    page = tmp_path / "names.html"
    syncline.validate(table, table.iloc[::-1], table.iloc[:200]).to_html(page)
    browser.open(page, width=width)
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.run(BROKEN) == []
    assert browser.run(OVERFLOWING) == []
    assert browser.run(CLIPPED) == []
    browser.run("document.body.style.wordBreak = 'break-all'")
    assert browser.run(BROKEN) != []
