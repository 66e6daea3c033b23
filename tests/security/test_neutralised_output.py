"""What a spreadsheet, browser, terminal or shell would run: hostile names come out as text, or not at all."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import logging
import shlex
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from jinja2 import Environment
from rich.console import Console

import syncline
from supplier_agent.cli import prepare
from supplier_agent.event_log import EventLog
from syncline.cli import terminal
from syncline.cli.confirmation import tell_release
from syncline.cli.demo.play import check_line
from syncline.cli.release_lines import print_releases, release_json
from syncline.cli.study_progress import print_studies, show_study, study_json
from syncline.cli.table import print_json
from syncline.clock import SystemClock
from syncline.data.release_table import write_release_csv
from syncline.data.schema import Schema
from syncline.data.section import build
from syncline.errors import DocumentError, WireError
from syncline.pages import templating
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.rehearsal import rehearse
from syncline.sources.csv_file import CsvSource
from syncline.study.description.data_dictionary import data_dictionary
from syncline.study.release_decision import ReleaseSubject, ReleaseVerdict
from syncline.study.spec import StudySpec
from syncline.validation.report import plots
from syncline.wire import releases, strict
from syncline.wire.messages import HazardStatus, ReleaseId, StudyId, StudyStatus, SupplierStatus
from syncline.wire.release_messages import ApprovalEntry, ReleaseEntry, ReleaseState
from tests.unit.researcher.hostile_text import OBEYED, harmless
from trusted_party.datastore.event_log import EventFormatter

# A spreadsheet

FORMULAS = ["=1+1", "+SUM(A1)", "-2+cmd|' /C calc'!A0", "@x", "\uff1d1", '"=1', "a;=1", "'quoted"]
LABELS = [*FORMULAS, "plain", "-5"]


def hostile_schema() -> Schema:
    named = {"name": "=2+2", "kind": "categorical", "categories": LABELS, "missing": ["@missing"]}
    dose = {"name": "dose", "kind": "integer", "range": ["-9", "9"], "unit": "=HYPERLINK(1)"}
    return build(Schema, {"variables": [named, dose]}, "schema")


def runs(cell: str) -> bool:
    """Tell whether a spreadsheet runs a cell: it begins with a sign and is no number."""
    begun = unicodedata.normalize("NFKC", cell.lstrip('" ')[:1])
    return begun != "" and begun in "=+-@" and not cell.lstrip("-").isdigit()


def cells_that_run(text: str) -> list[str]:
    """Return the cells of a CSV text that are run, where fields end at commas or at semicolons."""
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    return [part for cell in cells for part in cell.split(";") if runs(part)]


@pytest.mark.parametrize("defended", [True, False])
def test_no_cell_of_a_release_is_run(tmp_path, monkeypatch, defended):
    if not defended:
        monkeypatch.setattr("syncline.data.release_table.escape_cell", str)
        monkeypatch.setattr("syncline.study.description.data_dictionary.escape_cell", str)
    schema, path = hostile_schema(), tmp_path / "synthetic.csv"
    keys = np.arange(len(LABELS))
    rows = {"=2+2": (keys, keys == 3), "dose": (keys - 9, keys < 0)}
    write_release_csv(path, schema, [rows])
    for text in (path.read_text("utf-8"), data_dictionary(schema)):
        assert bool(cells_that_run(text)) is not defended, cells_that_run(text)
    if defended:
        (batch,) = CsvSource(path).batches(None, 99)
        assert batch.schema.names == list(schema.names)
        assert batch.column(0).to_pylist() == [*LABELS[:3], "@missing", *LABELS[4:]]
        assert batch.column(1).to_pylist() == [str(key - 9) for key in keys]


# A browser

MARKUP = "</script><img src=x onerror=alert(1)>"
ACTING_TAGS = {"script", "img", "iframe", "object", "embed", "link", "form", "base", "foreignobject"}
ACTING_ATTRIBUTES = {"src", "srcdoc", "action", "formaction", "xlink:href"}


class Acting(html.parser.HTMLParser):
    """What acts in a page, as a browser reads it: tags, attributes, and links that leave the page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ACTING_TAGS:
            self.found.append(tag)
        for name, value in attrs:
            leaves = name == "href" and not (value or "").startswith("#")
            if name.startswith("on") or name in ACTING_ATTRIBUTES or leaves:
                self.found.append(f"{tag} {name}")


@pytest.fixture
def fresh_templates():
    """Read templates anew, before and after."""

    def forget() -> None:
        templating._environment.cache_clear()
        templating.macro.cache_clear()

    forget()
    yield
    forget()


@pytest.mark.parametrize("defended", [True, False])
def test_no_name_in_a_report_becomes_markup(tmp_path, monkeypatch, defended, fresh_templates):
    if not defended:
        careless = lambda **options: Environment(**{**options, "autoescape": False})  # noqa: E731
        monkeypatch.setattr(templating, "Environment", careless)
        for module in (templating, plots):
            monkeypatch.setattr(module, "escape", lambda text: text)
    rng = np.random.default_rng(1)
    first, second, third = MARKUP, "javascript:alert(1)", "' onmouseover='alert(1)"
    frame = pd.DataFrame({first: rng.choice([MARKUP, "<b onclick=x>", "</title>"], 400)})
    frame[second] = rng.integers(0, 9, 400)
    frame[third] = rng.choice(["</svg><script>alert(1)</script>", "b"], 400)
    found = syncline.validate(frame[:150], frame[280:], holdout=frame[150:280], target=third, keys=[first])
    found.to_html(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    acting = Acting()
    acting.feed(page)
    assert bool(acting.found) is not defended, acting.found
    assert "Content-Security-Policy content=\"default-src 'none'" in page


# A terminal


def hostile_status() -> StudyStatus:
    supplier = SupplierStatus(OBEYED, True, OBEYED, OBEYED, 1, OBEYED, OBEYED)
    head = StudyId(OBEYED), OBEYED, "paused", OBEYED, OBEYED, 1, 1, 1
    hazards = (HazardStatus(OBEYED, True, False),)
    return StudyStatus(*head, (supplier,), OBEYED, ReleaseId(OBEYED), 1, 0, hazards)


def hostile_release() -> ReleaseEntry:
    subject = ReleaseSubject(OBEYED, OBEYED, OBEYED, {OBEYED: OBEYED}, OBEYED, False)
    approvals = (ApprovalEntry(OBEYED, ReleaseVerdict.OVERRIDE, OBEYED),)
    head = ReleaseId(OBEYED), StudyId(OBEYED), OBEYED, OBEYED, 1, 1
    return ReleaseEntry(*head, ReleaseState.RELEASED, OBEYED, subject, (OBEYED,), approvals, 1)


def printed_of_a_hostile_peer() -> None:
    """Print what comes from a hub, its members and their releases, for people and for programs."""
    status, entry = hostile_status(), hostile_release()
    show_study(status)
    print_studies([status], OBEYED)
    print_studies([], OBEYED)
    print_releases([entry, replace(entry, state=ReleaseState.WAITING)], "")
    print_json([study_json(status), release_json(entry)])
    tell_release(ReleaseVerdict.APPROVE, OBEYED, entry.subject, [OBEYED])
    terminal.say_over(OBEYED)


def printed_by_logs() -> None:
    """Write the logs of both daemons, for people and for programs."""
    fields = {"reason": OBEYED, OBEYED: OBEYED}
    record = logging.makeLogRecord({"msg": OBEYED, "fields": fields})
    for human in (True, False):
        EventLog(SystemClock(), sys.stdout, human).warning(OBEYED, reason=OBEYED)
        sys.stdout.write(EventFormatter(human=human).format(record) + "\n")


EDGES = ("syncline.cli.terminal", "supplier_agent.event_log", "trusted_party.datastore.event_log")


@pytest.fixture
def take_out(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Take the function at the edge out, wherever it is used."""

    def work() -> None:
        for module in (*EDGES, "syncline.cli.table"):
            for name in ("printable", "printable_json", "printable_lines"):
                monkeypatch.setattr(f"{module}.{name}", str, raising=False)

    return work


@pytest.mark.parametrize("prints", [printed_of_a_hostile_peer, printed_by_logs])
def test_what_others_say_is_not_obeyed(capsys, take_out, prints):
    def said() -> str:
        prints()
        return "".join(capsys.readouterr()).replace("\r\x1b[K", "")  # with which progress is written over

    words = said()
    assert harmless(words), words.encode("unicode_escape")
    assert "x1b[31m" in words or "u001b[31m" in words
    assert "\nstate approved" not in words
    take_out()
    assert not harmless(said())


def test_json_is_the_same_json(capsys):
    print_json({OBEYED: [OBEYED, "\udc80", "\U000e0041"]})
    assert json.loads(capsys.readouterr().out) == {OBEYED: [OBEYED, "\udc80", "\U000e0041"]}


def test_a_document_is_exact_in_a_pipe_and_harmless_on_a_terminal(capsys, monkeypatch):
    terminal.say_document(f"a: {OBEYED}\n")
    assert capsys.readouterr().out == f"a: {OBEYED}\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    terminal.say_document(f"a: {OBEYED}\n")
    assert harmless(capsys.readouterr().out)


def test_markup_of_the_terminal_library_is_text(capsys, tmp_path):
    path = tmp_path / "[red]x.csv"
    path.write_text("[bold]age[/bold],[green]y[/green]\n1,z\n")
    steps = "syncline: 1\nsteps: [{step: trim, columns: ['[green]y[/green]']}]\n"
    prepare._show(rehearse(CsvSource(path), Preparation.from_yaml(steps)))
    assert "[bold]age[/bold]" in capsys.readouterr().out
    Console().print("[bold]age[/bold]")  # what the library does by itself
    assert "[bold]" not in capsys.readouterr().out


# A shell


@pytest.mark.parametrize("hostile", ["--yes", "x; rm -rf ~", "$(id)", "`id`", "a b", "x'y", "../r", "r\n"])
def test_no_id_of_a_hub_makes_a_copied_command_do_more(monkeypatch, hostile):
    message = releases.release_to_proto(ReleaseEntry(ReleaseId("r1"), StudyId("s1"), "s", "", 1, 1))
    message.release_id = hostile
    with pytest.raises(WireError, match="release_id"):
        releases.release_from_proto(message)
    monkeypatch.setattr(strict, "identifier", lambda _, value: value)
    assert releases.release_from_proto(message).release_id == hostile


def test_a_command_that_is_printed_is_read_by_a_shell_as_it_was_meant(tmp_path):
    out = tmp_path / "de mo; $(touch x)'"
    words = shlex.split(check_line(out))
    assert words[1:] == ["verify", str(out / "release"), "--home", str(out / "researcher"), "--offline"]


# A file that a study names

SECRET = "hunter2-correct-horse"
STUDY = "syncline: 1\nstudy: s\nschema: {schema}\nsuppliers: [{{name: a}}]\n"
OUTSIDE = ["/secret", "../secret", "below/../../secret", "link", "linked/secret", "loop"]


@pytest.mark.parametrize("named", OUTSIDE)
@pytest.mark.parametrize("defended", [True, False])
def test_a_study_reads_its_schema_in_its_own_folder_alone(tmp_path, monkeypatch, named, defended):
    outside, folder = tmp_path / "secret", tmp_path / "study"
    outside.write_text(f"{SECRET}: 1\n")
    (folder / "below").mkdir(parents=True)
    (folder / "link").symlink_to(outside)
    (folder / "linked").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "study.yaml").write_text(STUDY.format(schema=outside if named == "/secret" else named))
    if not defended:
        monkeypatch.setattr("syncline.study.spec.leads_out", lambda *_: False)
    with pytest.raises(DocumentError) as caught:
        StudySpec.from_yaml(folder / "study.yaml")
    assert ("leads out of the folder" in str(caught.value)) is defended or named == "loop"
    assert (SECRET in str(caught.value)) is (not defended and named != "loop")


def test_a_schema_below_the_folder_and_a_link_within_it_are_read(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "schema.yaml").write_text("variables: [{name: a, kind: boolean}]\n")
    (tmp_path / "link.yaml").symlink_to("below/schema.yaml")
    for named in ("below/schema.yaml", "link.yaml"):
        (tmp_path / "study.yaml").write_text(STUDY.format(schema=named))
        assert StudySpec.from_yaml(tmp_path / "study.yaml").schema.names == ("a",)
