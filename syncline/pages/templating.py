"""The templates of pages: every text is escaped, and a name that a template does not get is an error."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

_LONG = re.compile(r"[^\s&;<>]{13,}")
_JOINTS = re.compile(r"[_.:/\-]+(?=\w)|(?<=[a-z])(?=[A-Z])")


def words(text: str) -> Markup:
    """Return a text as markup in which long names may break between their parts, as after an underscore."""
    return trusted(_LONG.sub(lambda found: _JOINTS.sub(r"\g<0><wbr>", found[0]), escape(text)))


def trusted(markup: str) -> Markup:
    """Return what is markup already, as a drawing whose texts were escaped one by one."""
    return Markup(markup)  # noqa: S704 - the one place where markup is taken as it is


def render(template: str, **values: object) -> str:
    """Return a whole template with its values put in."""
    return _environment().get_template(template).render(**values)


@cache
def macro(name: str) -> Callable[..., Markup]:
    """Return a macro of ``parts.html``."""
    module = cast(Any, _environment().get_template("parts.html").module)  # Any: what a template defines
    return cast("Callable[..., Markup]", getattr(module, name))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("syncline.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = words
    environment.filters["of_class"] = lambda kind: trusted(f" class={escape(kind)}" if kind else "")
    return environment
