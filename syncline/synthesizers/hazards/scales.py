"""Known ratios between the units in which the same quantity is commonly written.

``b = factor * a + offset``. Ratios of physical units are definitions; those between mass and substance
concentration are the conventional ones of clinical chemistry (AMA Manual of Style, 11th ed. 2020, table
17.5-2, DOI 10.1093/jama/9780190246556.001.0001), rounded as there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """How a number changes from unit ``a`` to unit ``b``, and for which quantity."""

    a: str
    b: str
    factor: float
    offset: float = 0.0
    quantity: str = ""

    def turned(self) -> Scale:
        """Return the way back."""
        return Scale(self.b, self.a, 1 / self.factor, -self.offset / self.factor, self.quantity)

    @property
    def words(self) -> str:
        """Return the units as a sentence names them: of who differs, against the others'."""
        return f"{self.b} against {self.a}" + (f" of {self.quantity}" if self.quantity else "")


_SCALES = (
    Scale("thousands", "units", 1e3),
    Scale("tens", "units", 10.0),
    Scale("hundreds", "units", 100.0),
    Scale("millions", "units", 1e6),
    Scale("kg", "lb", 2.204623),
    Scale("stone", "kg", 6.350293),
    Scale("oz", "g", 28.34952),
    Scale("in", "cm", 2.54),
    Scale("ft", "cm", 30.48),
    Scale("m", "ft", 3.28084),
    Scale("miles", "km", 1.609344),
    Scale("weeks", "days", 7.0),
    Scale("months", "days", 30.4375),
    Scale("years", "days", 365.25),
    Scale("months", "weeks", 4.348214),
    Scale("years", "weeks", 52.17857),
    Scale("years", "months", 12.0),
    Scale("days", "hours", 24.0),
    Scale("hours", "minutes", 60.0),
    Scale("hours", "seconds", 3600.0),
    Scale("°C", "°F", 1.8, 32.0),
    Scale("°C", "K", 1.0, 273.15),
    Scale("kPa", "mmHg", 7.500617),
    Scale("kcal", "kJ", 4.184),
    Scale("mmol/L", "mg/dL", 18.0156, quantity="glucose"),
    Scale("mmol/L", "mg/dL", 38.67, quantity="cholesterol"),
    Scale("mmol/L", "mg/dL", 88.57, quantity="triglycerides"),
    Scale("mg/dL", "µmol/L", 88.42, quantity="creatinine"),
    Scale("mg/dL", "µmol/L", 17.104, quantity="bilirubin"),
    Scale("mg/dL", "µmol/L", 59.48, quantity="uric acid"),
    Scale("mmol/L", "mg/dL", 2.8011, quantity="urea nitrogen"),
    Scale("mmol/L", "mg/dL", 6.006, quantity="urea"),
    Scale("mmol/L", "mg/dL", 4.0078, quantity="calcium"),
    Scale("mmol/L", "mg/dL", 2.4305, quantity="magnesium"),
    Scale("mmol/L", "mg/dL", 3.0974, quantity="phosphate"),
    Scale("µmol/L", "µg/dL", 5.5845, quantity="iron"),
    Scale("mmol/L", "g/dL", 1.6114, quantity="haemoglobin"),
    Scale("ng/mL", "nmol/L", 2.496, quantity="vitamin D"),
    Scale("µg/dL", "nmol/L", 12.871, quantity="thyroxine"),
    Scale("µg/dL", "nmol/L", 27.588, quantity="cortisol"),
    Scale("ng/mL", "nmol/L", 3.467, quantity="testosterone"),
    Scale("pg/mL", "pmol/L", 3.671, quantity="oestradiol"),
    Scale("µIU/mL", "pmol/L", 6.945, quantity="insulin"),
    Scale("%", "mmol/mol", 10.93, -23.5, "haemoglobin A1c"),
)


def known_scales() -> Iterator[Scale]:
    """Yield every known ratio in both directions."""
    for scale in _SCALES:
        yield scale
        yield scale.turned()
