"""A report as an approver reads it: the page is made here, of the report.json whose digest a decision signs.

A hub's own page is never shown as if it were signed: a decision covers report.json alone.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from syncline.cli.terminal import say
from syncline.errors import IdentityError, StorageError, UsageError

if TYPE_CHECKING:
    from syncline.study.release_decision import ReleaseSubject
    from syncline.wire.release_messages import ReleaseEntry

PAGE_NAME = "report.html"


def keep_report(directory: Path, entry: ReleaseEntry) -> list[str]:
    """Compare a fetched report.json with the digest that decisions sign, and write its page beside it.

    Returns the names of the files; the specification is kept too, where it is the one that decisions sign.
    Whatever else the hub sent is removed.
    """
    from syncline.cli.release_specification import require_specification
    from syncline.study.approvals import REPORT_NAME, SPECIFICATION_NAME
    from syncline.study.report_page import page_of

    path, asked = directory / REPORT_NAME, directory / SPECIFICATION_NAME
    if entry.subject is None or not path.is_file() or _sha256(path) != entry.subject.report_sha256:
        raise IdentityError(
            f"release {entry.release_id}: the report is not the one that a decision signs: nothing was kept"
        )
    page = page_of(path.read_bytes())
    if asked.is_file():
        require_specification(entry, asked.read_bytes())
    try:
        for other in directory.iterdir():
            if other not in (path, asked):
                other.unlink()
        (directory / PAGE_NAME).write_bytes(page.encode())
    except OSError as error:
        raise StorageError(f"{directory}: cannot be written ({error.strerror})") from error
    return [PAGE_NAME, REPORT_NAME, *([SPECIFICATION_NAME] if asked.is_file() else [])]


def check_read_report(path: Path, subject: ReleaseSubject) -> None:
    """Refuse what was read where its report.json, or the page beside it, is not what is signed."""
    from syncline.study.approvals import REPORT_NAME

    found = path / REPORT_NAME if path.is_dir() else path
    if not found.is_file():
        raise UsageError(f"--report {path}: there is no file {found}; name what 'releases fetch' wrote")
    if _sha256(found) != subject.report_sha256:
        raise UsageError(
            f"--report {path}: this is not the report of the draft that waits now: fetch and read it again"
        )
    if page_differs(found.parent):
        raise UsageError(
            f"--report {path}: {found.with_name(PAGE_NAME)} is not the page of the report.json beside it;"
            " nothing was signed: fetch the report again with 'syncline releases fetch --report-only', and"
            " read that"
        )


def page_differs(directory: Path) -> bool:
    """Tell whether a directory holds a page that this program would not make of the report.json there."""
    from syncline.study.approvals import REPORT_NAME
    from syncline.study.report_page import page_of

    page, report = directory / PAGE_NAME, directory / REPORT_NAME
    if not page.is_file():
        return False
    try:
        return page.read_bytes() != page_of(report.read_bytes()).encode()
    except (StorageError, OSError):
        return True


def warn_of_page(directory: Path) -> None:
    """Warn where a signed release's page is not what this program makes of its report.json."""
    if page_differs(directory):
        say(
            f"warning: {directory / PAGE_NAME} is not the page that this version makes of report.json:"
            " another version made it, or the hub changed it; people who approved signed report.json alone",
            err=True,
        )


def gate_said(subject: ReleaseSubject, report: bytes) -> list[str]:
    """Return why the gate failed and what it could see, from the report itself.

    Where hub and report differ, signing is refused.
    """
    import json

    from syncline.study.report_page import page_of

    page_of(report)  # it is a whole report
    gate = json.loads(report)["gate"]
    if subject.gate_passed and gate["passed"] is not True:
        raise IdentityError(
            f"release {subject.release_id}: the hub says that the disclosure gate passed, and its report says"
            " that it did not; nothing was signed: ask its operator"
        )
    failures = gate["failures"] if subject.gate_passed is False else ()
    return [str(sentence) for sentence in (*failures, *gate.get("words", ()))]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
