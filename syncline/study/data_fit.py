"""What came of holding a supplier's own data against a study, for the supplier and, less of it, for others.

This imports no numeric library: commands read it that let a child process do the work, which is in
:mod:`syncline.study.data_check`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self, cast

from syncline.compute.frames import Json
from syncline.errors import DataError
from syncline.study.few_people import FEW_PEOPLE


@dataclass(frozen=True, slots=True)
class DataFit:
    """What came of holding a table against a study.

    Attributes
    ----------
    people : persons, or rows where none are told apart; None where that cannot be counted
    shares : shares of them that the study holds out: the one that it states, or those of its rule
    faults : why the supplier would decline, in words for itself
    public : the same in words for others; empty where there is no fault
    hazards : what should be looked at, in words for the supplier
    """

    people: int | None
    shares: tuple[float, ...]
    faults: tuple[str, ...]
    public: str
    hazards: tuple[str, ...]

    def require(self) -> None:
        """Raise unless the data fits."""
        if self.faults:
            raise DataError(
                f"the data does not fit the study: {'; '.join(self.faults)}",
                public=f"it does not fit the study: {self.public}",
            )

    def folds(self) -> Iterator[str]:
        """Yield how many people are used and how many are held out, about, in words."""
        if self.people is None or self.shares == (0.0,):
            return
        for place, share in enumerate(self.shares):
            held = round(self.people * share)
            fewer = f", if all suppliers together have fewer than {FEW_PEOPLE:,} people, or else"
            more = fewer if place + 1 < len(self.shares) else ""
            yield f"about {self.people - held:,} used and {held:,} held out ({share:.4g}){more}"

    def to_json(self) -> dict[str, Json]:
        """Return it for the process that asked."""
        return {
            "people": self.people,
            "shares": list(self.shares),
            "faults": list(self.faults),
            "public": self.public,
            "hazards": list(self.hazards),
        }

    @classmethod
    def from_json(cls, value: dict[str, Json]) -> Self:
        """Return what :meth:`to_json` wrote."""
        faults, shares, hazards = (cast("list[Json]", value[key]) for key in ("faults", "shares", "hazards"))
        people = value["people"]
        return cls(
            people if isinstance(people, int) else None,
            tuple(float(cast("float", share)) for share in shares),
            tuple(map(str, faults)),
            str(value["public"]),
            tuple(map(str, hazards)),
        )
