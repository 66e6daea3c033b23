"""Does my data fit this study? What a person reads before approving; nothing of it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from supplier_agent.datasets.catalogue import find_preparation
from supplier_agent.home import AgentHome
from supplier_agent.tasks.journal import open_journal
from syncline.cli.terminal import require_word
from syncline.errors import DataError

if TYPE_CHECKING:
    from supplier_agent.tasks.standing_policy import PolicyAssessment
    from syncline.study.data_fit import DataFit

WORD = "in spite"
InSpite = Annotated[
    bool, typer.Option("--in-spite", help="Approve although the data here does not fit the study.")
]
_LABEL = 14


def fit_here(home: AgentHome, specification: bytes, terms: PolicyAssessment) -> DataFit | None:
    """Hold the data set that a study would read against it; None where there is none to be read."""
    from supplier_agent.datasets.fitting import data_fit, unread
    from supplier_agent.tasks.standing_policy import work_limits

    if terms.source is None:
        return None
    try:
        with open_journal(home) as journal:
            preparation = journal.read_now(lambda db: find_preparation(db, terms.preparation))
    except DataError as error:
        return unread(error)
    return data_fit(terms.source, preparation, specification, work_limits(home.policy))


def fit_lines(fit: DataFit | None, beside_others: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield what a person reads of how the data here fits; each fault and each hazard has its own line.

    ``beside_others`` is what the hub told of the data here beside that of other suppliers.
    """
    if fit is not None:
        yield from _own_lines(fit)
    for words in beside_others:
        yield f"{'Beside others':<{_LABEL}}{words}"


def _own_lines(fit: DataFit) -> Iterator[str]:
    verdict = "DOES NOT FIT: the study would be declined here" if fit.faults else "fits the study"
    yield f"{'Data here':<{_LABEL}}{verdict}"
    if fit.people is not None:
        yield f"{'':<{_LABEL}}{fit.people:,} people, or rows where none are told apart"
    for place, words in enumerate(fit.folds()):
        yield f"{'Folds here' if place == 0 else '':<{_LABEL}}{words}"
    for fault in fit.faults:
        yield f"{'MISFIT':<{_LABEL}}{fault}"
    for hazard in fit.hazards:
        yield f"{'Hazard':<{_LABEL}}{hazard}"


def confirm_misfit(fit: DataFit, study: str, *, in_spite: bool) -> None:
    """Ask for a word before a study is approved that this supplier would then decline."""
    if fit.faults:
        require_word(
            f"study {study}: the data here does not fit it ({'; '.join(fit.faults)}); mend the data or its"
            " preparation first",
            WORD,
            given=in_spite,
            remedy="--in-spite approves it all the same",
        )
