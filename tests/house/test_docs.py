"""Pages and headings that the documents link to exist, and commands that they show can be read."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from supplier_agent.cli.app import app as supplier_agent
from syncline.cli.app import app as syncline
from tests.house.repository import ROOT
from trusted_party.cli.app import app as trusted_party

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")])
PROGRAMS = {
    "supplier-agent": typer.main.get_command(supplier_agent),
    "syncline": typer.main.get_command(syncline),
    "trusted-party": typer.main.get_command(trusted_party),
}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(rf"(?:^|[\s/(])({'|'.join(PROGRAMS)}) ((?:'[^'\n]*'|[^)|<>&#'\n])+)")
TARGET = re.compile(r"^make ([a-z-]+)", re.MULTILINE)


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return FENCE.sub("", page.read_text("utf-8"))


def shell(page: Path) -> str:
    """Return the shell lines that a page shows, continued lines joined."""
    blocks = (text for language, text in FENCE.findall(page.read_text("utf-8")) if language == "sh")
    return "\n".join(blocks).replace("\\\n", " ")


def anchors(page: Path) -> set[str]:
    """Return the names of a page's headings, as they are linked to."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in LINK.findall(prose(page)):
            if "://" not in target:
                yield page, target


def shown_commands() -> Iterator[str]:
    for page in PAGES:
        for program, rest in COMMAND.findall(shell(page)):
            yield f"{program} {rest.strip()}"


def named_commands() -> Iterator[str]:
    for page in PAGES:
        for text in re.findall(r"`([^`]+)`", prose(page)):
            if text.split()[0] in PROGRAMS and " " in text:
                yield " ".join(text.split())


def parse(line: str) -> None:
    """Read a command line with the command's own parser, and raise where it does not read."""
    program, *words = shlex.split(line)
    if (program, *words[:1]) == ("supplier-agent", "run"):
        parser = argparse.ArgumentParser(exit_on_error=False)
        parser.add_argument("--home")
        parser.add_argument("--json", action="store_true")
        parser.parse_args(words[1:])
        return
    command = PROGRAMS[program]
    while hasattr(command, "commands"):
        assert words, f"{line}: a command is missing"
        name, *words = words
        assert name in command.commands, f"{line}: there is no command {name}"
        command = command.commands[name]
    command.make_context(program, list(words))


@pytest.mark.parametrize(
    ("page", "target"), list(links()), ids=lambda value: getattr(value, "name", str(value))
)
def test_every_link_leads_to_a_file_and_a_heading(page: Path, target: str) -> None:
    file, _, anchor = target.partition("#")
    found = (page.parent / file).resolve() if file else page
    assert found.exists()
    assert not anchor or anchor in anchors(found)


@pytest.mark.parametrize("line", sorted(set(shown_commands())))
def test_every_command_that_is_shown_reads(line: str) -> None:
    parse(line)


@pytest.mark.parametrize("line", sorted(set(named_commands())))
def test_every_command_that_is_named_exists(line: str) -> None:
    program, *words = line.split()
    command = PROGRAMS[program]
    while hasattr(command, "commands") and words:
        name, *words = words
        if name.startswith("-"):
            break
        assert name in command.commands
        command = command.commands[name]


def test_commands_were_found_on_the_pages_that_show_some() -> None:
    assert len(set(shown_commands())) > 30
    assert not COMMAND.findall(shell(ROOT / "docs" / "wire.md"))


def test_every_target_that_is_shown_is_one_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = {name for page in PAGES for name in TARGET.findall(shell(page))}
    assert {"demo", "test"} <= targets
    assert [name for name in targets if not re.search(rf"^{name}:", makefile, flags=re.MULTILINE)] == []


@pytest.mark.parametrize(
    "line",
    [
        "syncline studie list",
        "syncline studies",
        "syncline releases fetch demo",
        "trusted-party init --hots hub.example.org",
        "supplier-agent run --home",
    ],
)
def test_a_command_that_does_not_exist_does_not_read(line: str) -> None:
    with pytest.raises((Exception, SystemExit)):
        parse(line)


def test_the_readme_is_read_in_a_few_minutes() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= 900
