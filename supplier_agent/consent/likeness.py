"""What a study asks for, whatever it is called and however it is set, and what it changes against another.

Two studies ask alike where they count the same columns of the same rows: their difference may be about a few
persons. So nothing that whoever writes studies can vary at will keeps two apart: not names, purposes, seeds,
salts, shares held out, settings, ranges or categories of columns, other suppliers, the name of the data set,
nor columns that are added beside the same ones. The specification is read as the JSON that it is, so that the
daemon needs no reader of documents for it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

_NOT_MODELLED = frozenset({"identifier", "text"})
_SECTIONS = ("quorum", "synthesizer", "privacy", "hazards", "validation", "release")
_NAMED = 5
"""Names that a sentence tells of a list."""


@dataclass(frozen=True, slots=True)
class AskedColumns:
    """The columns that a study models, as people read their names.

    ``may_lack`` says whether a supplier may lack some: then a study can name columns that nobody has.
    """

    columns: frozenset[str]
    may_lack: bool = False

    @classmethod
    def of(cls, specification: bytes) -> Self | None:
        """Read a canonical specification; None where it is none."""
        try:
            study = json.loads(specification)
            lacking = study.get("hazards", {}).get("absent", "stop")
            return cls(frozenset(map(_as_read, _modelled(study))), lacking != "stop")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what :meth:`to_text` wrote."""
        return cls(frozenset(json.loads(text)))

    def to_text(self) -> str:
        """Return JSON for the journal."""
        return json.dumps(sorted(self.columns))

    def shared(self, other: AskedColumns) -> int:
        """Return how many columns both ask for."""
        return len(self.columns & other.columns)

    def resembles(self, other: AskedColumns) -> bool:
        """Tell whether the studies ask alike: they share half of the columns of the one with fewer.

        More columns on one side, or others in the place of a few, keep no two studies apart.
        """
        shared = self.shared(other)
        return shared > 0 and 2 * shared >= min(len(self.columns), len(other.columns))


def differences(earlier: bytes, later: bytes) -> str:
    """Say by what a study differs from an earlier one, the columns first."""
    words = list(_differences(json.loads(earlier), json.loads(later)))
    return "; ".join(words) or "nothing: it is the same specification"


# Any: both are JSON that somebody else wrote, and that was read as specifications before.
def _differences(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    before, after = _modelled(one), _modelled(other)
    yield from _counted("column", set(before) ^ set(after))
    suppliers = [{entry["name"]: entry for entry in study["suppliers"]} for study in (one, other)]
    yield from _counted("supplier", set(suppliers[0]) ^ set(suppliers[1]))
    common = [name for name in before if name in after]
    if common != [name for name in after if name in before]:
        yield "the order of columns"
    if changed := [name for name in common if before[name] != after[name]]:
        yield f"how columns are read ({_listed(changed)})"
    if _rest(one) != _rest(other):
        yield "columns that are not modelled, or constraints"
    for key, said in (("dataset", "the data set"), ("flow", "flows")):
        if any(
            suppliers[0][name].get(key) != suppliers[1][name].get(key)
            for name in suppliers[0].keys() & suppliers[1].keys()
        ):
            yield said
    yield from (word for key, word in (("study", "name"), ("purpose", "purpose")) if one[key] != other[key])
    for section in _SECTIONS:
        yield from _settings(section, one[section], other[section])


def _settings(section: str, one: Any, other: Any) -> Iterator[str]:
    if not (isinstance(one, Mapping) and isinstance(other, Mapping)):
        yield from (section,) if one != other else ()
        return
    keys = sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
    yield from (f"{section}.{key}" for key in keys)


def _modelled(study: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables that a study models, by name."""
    variables = study["schema"]["variables"]
    return {one["name"]: one for one in variables if one["kind"] not in _NOT_MODELLED and not _is_person(one)}


def _rest(study: Mapping[str, Any]) -> Any:
    variables = [one for one in study["schema"]["variables"] if one["name"] not in _modelled(study)]
    return variables, study["schema"].get("constraints")


def _is_person(variable: Mapping[str, Any]) -> bool:
    return bool(variable.get("role") == "person")


def _counted(what: str, names: Iterable[str]) -> Iterator[str]:
    listed = sorted(names)
    if listed:
        number = f"one {what}" if len(listed) == 1 else f"{len(listed)} {what}s"
        yield f"{number} ({_listed(listed)})"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _as_read(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
