"""``supplier-agent status``: how the connection stands, and what the studies wait for."""

from __future__ import annotations

from collections import Counter

from supplier_agent.cli.options import AsJson, Home, existing_home
from supplier_agent.consent.study_record import ConsentState, list_studies
from supplier_agent.datasets.catalogue import list_datasets
from supplier_agent.home import ENROL
from supplier_agent.tasks.journal import open_journal
from supplier_agent.tasks.round_record import undelivered_rounds
from supplier_agent.uplink.contact import Contact, read_contact
from syncline.cli.table import print_json, shown_time
from syncline.cli.terminal import say
from syncline.compute.frames import Json
from syncline.wire.membership import load_membership


def status(home: Home = None, as_json: AsJson = False) -> None:
    """Show the connection, the certificate and the studies."""
    from supplier_agent.tasks.standing_policy import policy_fault

    place = existing_home(home)
    fault = policy_fault(place.policy)
    member = load_membership(place.identity, ENROL)
    contact = read_contact(place.contact)
    with open_journal(place) as journal:
        studies = Counter(study.state for study in journal.read_now(list_studies))
        unsent = len(journal.read_now(undelivered_rounds))
        datasets = [dataset.name for dataset in journal.read_now(list_datasets)]
    running = contact is not None and contact.is_running
    expires = round(member.certificate.not_after.timestamp() * 1_000_000)
    if as_json:
        counts: dict[str, Json] = {state.value: studies[state] for state in ConsentState}
        print_json(
            {
                "supplier": member.name,
                "hub": member.hub,
                "running": running,
                "connection": contact.state if contact and running else "not running",
                "message": contact.message if contact else "",
                "last_contact_us": contact.last_contact_us if contact else 0,
                "hub_version": contact.hub_version if contact else "",
                "certificate_expires_us": expires,
                "policy_fault": fault,
                "datasets": list(datasets),
                "studies": counts,
                "replies_not_delivered": unsent,
            }
        )
        return
    say(f"supplier     {member.name} at {member.hub}")
    say(f"connection   {_connection(contact, running)}")
    say(f"certificate  until {shown_time(expires)} UTC")
    if fault:
        say(f"policy       cannot be read, so nothing is decided or answered: {fault}")
    say(f"data sets    {', '.join(datasets) or 'none'}")
    say(f"studies      {_counts(studies)}")
    say(f"outbox       {unsent} replies not delivered")


def _connection(contact: Contact | None, running: bool) -> str:
    if contact is None:
        return "never ran: supplier-agent run"
    heard = f"; last contact {shown_time(contact.last_contact_us)} UTC"
    if not running:
        return f"not running: supplier-agent run{heard}"
    return f"{contact.state}{f': {contact.message}' if contact.message else ''}{heard}"


def _counts(studies: Counter[ConsentState]) -> str:
    return ", ".join(f"{studies[state]} {state.value}" for state in ConsentState)
