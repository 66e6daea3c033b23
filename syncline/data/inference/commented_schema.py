"""An inferred schema as YAML with its notes as comments, each above the column that it is about."""

from __future__ import annotations

from syncline.data.inference.inferred import Inference
from syncline.data.schema import Schema


def commented_yaml(inference: Inference) -> str:
    """Return the schema as a YAML document that :meth:`Schema.from_yaml` reads back."""
    lines = [*(f"# {_one_line(note.words)}" for note in inference.notes_on("")), "variables:"]
    for variable in inference.schema.variables:
        lines += [f"# {_one_line(note.words)}" for note in inference.notes_on(variable.name)]
        lines += Schema(variables=(variable,)).to_yaml().splitlines()[1:]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
