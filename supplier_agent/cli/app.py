"""The command ``supplier-agent`` and its parts."""

from __future__ import annotations

import sys

from supplier_agent.cli.audit import audit
from supplier_agent.cli.check import check
from supplier_agent.cli.datasets import datasets
from supplier_agent.cli.describe import describe
from supplier_agent.cli.enrolment import enrol
from supplier_agent.cli.examples import EXAMPLES
from supplier_agent.cli.policy import policy
from supplier_agent.cli.prepare import prepare, suggest
from supplier_agent.cli.releases import releases
from supplier_agent.cli.status import status
from supplier_agent.cli.studies import studies
from syncline.cli.command_app import command_app, show_examples

app = command_app(
    "supplier-agent",
    "Answer studies from your own records, within your own policy; nothing connects to this machine.",
)


@app.command(
    "run", add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def run() -> None:
    """Run the agent until it is stopped."""
    from supplier_agent.cli.running import run

    run(sys.argv[sys.argv.index("run") + 1 :])


app.command("enrol")(enrol)
app.command("enroll", hidden=True)(enrol)
app.command("check")(check)
app.command("status")(status)
app.command("prepare")(prepare)
app.command("suggest")(suggest)
app.command("describe")(describe)
app.add_typer(datasets, name="datasets")
app.add_typer(studies, name="studies")
app.add_typer(releases, name="releases")
app.add_typer(policy, name="policy")
app.add_typer(audit, name="audit")
show_examples(app, EXAMPLES)
