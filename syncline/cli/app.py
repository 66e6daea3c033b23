"""The command ``syncline`` and its parts."""

from __future__ import annotations

from syncline.cli.advice import advise
from syncline.cli.command_app import command_app, show_examples
from syncline.cli.demo.play import demo
from syncline.cli.examples import EXAMPLES
from syncline.cli.hub_session import login
from syncline.cli.local import schema, simulate, synthesize
from syncline.cli.releases import releases
from syncline.cli.studies import studies
from syncline.cli.validation import validate
from syncline.cli.verification import verify

app = command_app(
    "syncline", "Build one synthetic data set from the records of organisations that may not pool them."
)


app.command("demo")(demo)
app.command("simulate")(simulate)
app.command("synthesize")(synthesize)
app.command("validate")(validate)
app.command("verify")(verify)
app.command("advise")(advise)
app.command("login")(login)
app.add_typer(schema, name="schema")
app.add_typer(studies, name="studies")
app.add_typer(releases, name="releases")
show_examples(app, EXAMPLES)
