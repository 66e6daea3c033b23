"""``supplier-agent check``: what must hold before a study can be answered, each with its remedy."""

from __future__ import annotations

import asyncio
import datetime as dt
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import typer

from supplier_agent.cli.options import AsJson, Home, existing_home
from supplier_agent.datasets.catalogue import Dataset, find_preparation, list_datasets
from supplier_agent.datasets.inspection import inspect_dataset
from supplier_agent.home import ENROL, AgentHome
from supplier_agent.tasks.journal import microseconds, open_journal
from syncline.cli.table import print_json, print_table
from syncline.clock import SystemClock
from syncline.errors import IdentityError, StorageError, SynclineError
from syncline.wire.membership import load_membership

CLOCK_SECONDS = 60
SOON = dt.timedelta(days=7)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was found, or what is wrong with the remedy."""

    subject: str
    passed: bool
    text: str


def check(home: Home = None, as_json: AsJson = False) -> None:
    """Check home, keys, certificate, policy, data sets and the hub; exit 1 where something fails."""
    findings = list(_findings(existing_home(home)))
    failed = [finding for finding in findings if not finding.passed]
    if as_json:
        print_json(
            {
                "passed": not failed,
                "checks": [
                    {"check": finding.subject, "passed": finding.passed, "text": finding.text}
                    for finding in findings
                ],
            }
        )
    else:
        rows = [(finding.subject, "ok" if finding.passed else "FAILED", finding.text) for finding in findings]
        print_table(("CHECK", "RESULT", "FOUND, OR WHAT TO DO"), rows, "")
    if failed:
        raise typer.Exit(1)


def _findings(home: AgentHome) -> Iterator[Finding]:
    yield _look("home", lambda: _home(home))
    yield _look("keys", lambda: _keys(home))
    yield _look("certificate", lambda: _certificate(home))
    yield _look("policy", lambda: _policy(home))
    yield from _datasets(home)
    told: list[int] = []
    yield _look("hub", lambda: _hub(home, told))
    if any(told):
        yield _look("clock", lambda: _clock(told[0]))


def _look(subject: str, what: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, True, what())
    except SynclineError as error:
        return Finding(subject, False, str(error))


def _home(home: AgentHome) -> str:
    mode = stat.S_IMODE(home.root.stat().st_mode)
    if mode & _OTHERS:
        raise StorageError(
            f"{home.root}: its mode is {mode:o}, so others may look inside: run chmod 700 on it"
        )
    open_journal(home).close()
    return str(home.root)


def _keys(home: AgentHome) -> str:
    member = load_membership(home.identity, ENROL)
    member.tls_key()
    member.signing_key()
    return f"TLS and signing key of {member.role} {member.name}, closed to others"


def _certificate(home: AgentHome) -> str:
    certificate = load_membership(home.identity, ENROL).certificate
    now = SystemClock().now()
    certificate.check_current(now)
    until = f"{certificate.not_after:%Y-%m-%d %H:%M} UTC"
    if certificate.not_after - now < SOON and certificate.renewal_due(now):
        raise IdentityError(
            f"valid only until {until} and not renewed: run the agent where it reaches the hub"
        )
    return f"valid until {until}"


def _policy(home: AgentHome) -> str:
    from supplier_agent.tasks.standing_policy import read_policy

    found = read_policy(home.policy)
    permits = "permits studies" if found.studies and found.flows else "permits nothing yet"
    return f"{home.policy} reads well and {permits}"


def _datasets(home: AgentHome) -> Iterator[Finding]:
    try:
        with open_journal(home) as journal:
            known = journal.read_now(list_datasets)
            preparations = [
                journal.read_now(partial(find_preparation, sha256=dataset.preparation)) for dataset in known
            ]
    except SynclineError as error:
        yield Finding("data sets", False, str(error))
        return
    if not known:
        yield Finding("data sets", False, "there is none: supplier-agent datasets add NAME SOURCE")
    for dataset, preparation in zip(known, preparations, strict=True):
        yield _look(f"data set {dataset.name}", partial(_dataset, home, dataset, preparation))


def _dataset(home: AgentHome, dataset: Dataset, preparation: bytes) -> str:
    from supplier_agent.tasks.standing_policy import work_limits

    found = inspect_dataset(dataset, preparation, work_limits(home.policy))
    found.require_person(dataset)
    return f"{found.rows} rows can be read"


def _hub(home: AgentHome, told: list[int]) -> str:
    from supplier_agent.uplink.hub_reach import reach_hub

    member = load_membership(home.identity, ENROL)
    told.append(asyncio.run(reach_hub(member)))
    return f"{member.hub} answers over TLS 1.3 and knows this certificate"


def _clock(hub_time_us: int) -> str:
    seconds = round((microseconds(SystemClock()) - hub_time_us) / 1_000_000)
    differs = f"{abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} the hub's"
    if abs(seconds) > CLOCK_SECONDS:
        raise IdentityError(f"{differs}: set it by NTP, or certificates and tokens seem expired")
    return differs
