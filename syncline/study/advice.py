"""Which flow suits each supplier, and why: rules over what suppliers, hub and researchers can and may do.

The least that can leave is recommended first: answers to questions where an agent can stay on to give them,
synthetic rows where the supplier can judge its own, and real rows only where the hub may hold them. What
nobody can do is said, with what would have to change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import model_validator

from syncline.data.document import parse_document, read_file
from syncline.data.section import Section, Switch, WholeSentence, build, word_of
from syncline.study.flow import DataFlow
from syncline.study.sections import Form, Slug


class Cost(StrEnum):
    """Say how dear it is to the researchers to hold real data: agreements, staff, secure rooms."""

    LOW = "low"
    HIGH = "high"


class SupplierAbility(Section):
    """What one supplier can and may do."""

    name: Slug
    answers: Switch = True
    prepares: Switch = True
    synthesizes: Switch = False
    may_send_rows: Switch = False


class HubAbility(Section):
    """What the trusted party is qualified for."""

    may_hold_rows: Switch = False
    trusted_with_counts: Switch = True


class ConsumerAbility(Section):
    """Whether those who want the data could hold the real ones, and what that would cost them."""

    may_hold_rows: Switch = False
    cost: Annotated[Cost, word_of(Cost)] = Cost.HIGH


class Abilities(Section):
    """Everything that the advice rests on."""

    syncline: Form
    suppliers: tuple[SupplierAbility, ...]
    trusted_party: HubAbility = HubAbility()
    consumer: ConsumerAbility = ConsumerAbility()

    @classmethod
    def from_yaml(cls, path: Path) -> Abilities:
        """Read the file at ``path``."""
        return build(cls, parse_document(read_file(path), str(path)), str(path))

    @classmethod
    def assumed(cls, sources: int) -> Abilities:
        """Return so many suppliers of whom nothing is known: each runs an agent, none may send rows."""
        suppliers = tuple(SupplierAbility(name=f"supplier-{place + 1}") for place in range(sources))
        return cls(syncline=1, suppliers=suppliers)

    @model_validator(mode="after")
    def _check(self) -> Abilities:
        names = [supplier.name for supplier in self.suppliers]
        if not names:
            raise WholeSentence("suppliers must name at least one supplier")
        if len(set(names)) != len(names):
            raise WholeSentence("suppliers: one is named twice; keep one")
        return self


@dataclass(frozen=True, slots=True)
class Advice:
    """The flow for one supplier; None where it cannot take part, and ``reason`` says what would change it."""

    supplier: str
    flow: DataFlow | None
    reason: str


def advise(abilities: Abilities) -> tuple[Advice, ...]:
    """Return the advice for each supplier, in the order given."""
    return tuple(_for_one(supplier, abilities) for supplier in abilities.suppliers)


def remarks(abilities: Abilities, advice: tuple[Advice, ...]) -> Iterator[str]:
    """Yield what holds for the study as a whole."""
    flows = [one.flow for one in advice if one.flow is not None]
    consumer = abilities.consumer
    if consumer.may_hold_rows and consumer.cost is Cost.LOW:
        yield "Researchers may hold the real data at low cost: ask whether synthetic ones are needed at all."
    if len(flows) > 1 and set(flows) == {DataFlow.SYNTHESIZED}:
        yield (
            "All suppliers would synthesize alone: the pooled tables lose what only all rows together show."
            " One supplier that answers questions instead makes its share exact."
        )
    elif DataFlow.SYNTHESIZED in flows and len(set(flows)) > 1:
        yield "Synthetic rows of some suppliers are learnt beside real ones: their share is an approximation."
    if flows.count(DataFlow.SUMMARIES) == 1:
        yield (
            "Only one supplier answers questions: the hub sees its exact counts, and its policy must lower"
            " min_suppliers."
        )
    if flows and DataFlow.SYNTHESIZED not in flows:
        yield "The released table is the same, byte for byte, whichever of these flows each supplier takes."


def _for_one(supplier: SupplierAbility, abilities: Abilities) -> Advice:
    alone = len(abilities.suppliers) == 1
    hub = abilities.trusted_party
    if alone and supplier.synthesizes:
        return Advice(
            supplier.name,
            DataFlow.SYNTHESIZED,
            "it is the only source and can synthesize itself: no real row and no count of one leaves it",
        )
    if supplier.answers and hub.trusted_with_counts:
        return Advice(
            supplier.name,
            DataFlow.SUMMARIES,
            "its agent can stay on to answer: no row leaves it, and the result equals the pooled one",
        )
    if supplier.may_send_rows and hub.may_hold_rows:
        return _sends(supplier)
    if supplier.synthesizes:
        return Advice(
            supplier.name,
            DataFlow.SYNTHESIZED,
            "it may not send rows and will not answer questions, but can synthesize its own",
        )
    return Advice(supplier.name, None, _obstacle(supplier, hub))


def _sends(supplier: SupplierAbility) -> Advice:
    if supplier.prepares:
        reason = "it may send rows to a hub that may hold them, and prepares them itself: ids of persons stay"
        return Advice(supplier.name, DataFlow.PREPARED, reason)
    reason = "it can do no more than send a file, and the hub may hold it and prepares it"
    return Advice(supplier.name, DataFlow.RAW, reason)


def _obstacle(supplier: SupplierAbility, hub: HubAbility) -> str:
    if not supplier.may_send_rows:
        return (
            "it neither answers questions, nor synthesizes, nor may send rows: let it run an agent for as"
            " long as the study lasts (answers: true)"
        )
    if not hub.may_hold_rows:
        return "it can only send rows, which the trusted party may not hold: qualify it (may_hold_rows: true)"
    return "it cannot take part: give it one of answers, synthesizes, may_send_rows"
