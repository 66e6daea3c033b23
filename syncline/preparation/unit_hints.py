"""Another unit as the reason why most numbers do not fit the schema: a hint to confirm.

That a factor makes the numbers fit does not prove the unit, so no step is proposed for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.variable import MAX_DECIMALS, Variable
from syncline.preparation.column_trial import ColumnTrial
from syncline.preparation.name_match import bare_name
from syncline.preparation.number_proposal import flow_of
from syncline.preparation.steps.step import Step
from syncline.preparation.steps.units import Units

FACTORS: dict[str, tuple[tuple[str, str], ...]] = {
    "gluc": (("mmol/L to mg/dL", "18.016"), ("mg/dL to mmol/L", "0.055506")),
    "chol": (("mmol/L to mg/dL", "38.67"), ("mg/dL to mmol/L", "0.02586")),
    "hdl": (("mmol/L to mg/dL", "38.67"), ("mg/dL to mmol/L", "0.02586")),
    "ldl": (("mmol/L to mg/dL", "38.67"), ("mg/dL to mmol/L", "0.02586")),
    "trig": (("mmol/L to mg/dL", "88.57"), ("mg/dL to mmol/L", "0.01129")),
    "crea": (("mg/dL to umol/L", "88.42"), ("umol/L to mg/dL", "0.01131")),
    "bili": (("mg/dL to umol/L", "17.104"), ("umol/L to mg/dL", "0.05847")),
    "urate": (("mg/dL to umol/L", "59.48"), ("umol/L to mg/dL", "0.01681")),
    "hemo": (("g/dL to g/L", "10"), ("g/L to g/dL", "0.1")),
    "haemo": (("g/dL to g/L", "10"), ("g/L to g/dL", "0.1")),
    "weight": (("lb to kg", "0.45359237"), ("g to kg", "0.001"), ("kg to g", "1000")),
    "height": (("m to cm", "100"), ("inch to cm", "2.54"), ("cm to m", "0.01")),
    "": (("a fraction to percent", "100"), ("percent to a fraction", "0.01")),
}
"""Factors between units of one quantity, by a part of its name."""

FAMILIES = (
    ("mg", "g", "kg", "oz", "lb"),
    ("mm", "cm", "m", "inch", "ft"),
    ("mL", "dL", "L"),
    ("degC", "degF"),
    ("s", "min", "h", "day"),
)
"""Units of one quantity each, which are tried where the schema states one of them."""

FITS = 0.99
"""The share of present cells that must fit behind the conversion, where less than half did before it."""


def unit_hints(trial: ColumnTrial, before: Sequence[Step]) -> Iterator[str]:
    """Yield remarks on conversions behind which nearly all cells would fit the schema."""
    variable = trial.variable
    fit = trial.fit(before)
    if variable.kind not in NUMERIC_KINDS or variable.range is None or fit.wrong <= fit.valid:
        return
    for words, step in _conversions(variable):
        after = trial.fit([*before, step])
        if after.valid >= FITS * (after.valid + after.wrong):
            yield f"most of it does not fit the schema, and would by {words}, if that holds:"
            yield f"- {flow_of(step)}"


def _conversions(variable: Variable) -> Iterator[tuple[str, Units]]:
    """Yield the conversions that a variable's unit, or else its name, makes likely."""
    places = 0 if variable.kind is Kind.INTEGER else variable.places
    decimals = MAX_DECIMALS if places is None else places

    def step(**how: object) -> Units:
        content = {"step": "units", "columns": (variable.name,), "decimals": decimals, **how}
        return Units.model_validate(content)

    unit, name = variable.unit, bare_name(variable.name)
    known = [family for family in FAMILIES if unit in family]
    for origin in (one for family in known for one in family if one != unit):
        yield f"{origin} to {unit}", step(**{"from": origin, "to": unit})
    for words, factor in (pair for key, pairs in FACTORS.items() if key in name for pair in pairs):
        if not known or not words.endswith(f" to {unit}"):
            yield words, step(factor=Decimal(factor))
