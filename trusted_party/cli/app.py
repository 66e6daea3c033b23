"""The command ``trusted-party`` and its parts."""

from __future__ import annotations

from syncline.cli.command_app import command_app, show_examples
from trusted_party.cli.audit import audit
from trusted_party.cli.examples import EXAMPLES
from trusted_party.cli.releases import releases
from trusted_party.cli.serving import serve
from trusted_party.cli.setup import init, invite
from trusted_party.cli.studies import studies
from trusted_party.cli.suppliers import suppliers

app = command_app("trusted-party", "Run the hub: merge what suppliers answer, and release synthetic data.")


app.command("init")(init)
app.command("serve")(serve)
app.command("invite")(invite)
app.add_typer(suppliers, name="suppliers")
app.add_typer(studies, name="studies")
app.add_typer(releases, name="releases")
app.add_typer(audit, name="audit")
show_examples(app, EXAMPLES)
