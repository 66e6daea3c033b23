"""One consistent look at a study, and the payloads that its next step is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncline.compute.frames import Json
from syncline.durable.payloads import PayloadStore
from syncline.errors import StudyFailed
from syncline.protocols.opening import COMMITMENT_BYTES
from syncline.wire.messages import StudyId
from trusted_party.datastore.members import banned_names
from trusted_party.datastore.parties import PartyRow, parties_of
from trusted_party.datastore.shipments import Shipment, shipments_of
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.studies import StudyRow, find_study
from trusted_party.datastore.tasks import Task, find_round, tasks_of_round
from trusted_party.studies.vault import Vault

_EARLIER = "submit the study anew: it began under an earlier version, which left who is held out to the study"
_APPROVED_EARLIER = "submit the study anew: {} approved it under an earlier version, without a public key"


@dataclass(frozen=True, slots=True)
class View:
    """A study, its roster, the open round's tasks and request, and the rows that suppliers sent."""

    study: StudyRow
    parties: tuple[PartyRow, ...]
    tasks: tuple[Task, ...]
    banned: frozenset[str]
    request_sha256: str
    shipments: tuple[Shipment, ...]

    def commitments(self) -> dict[str, Json]:
        """Return what each supplier of the roster committed to for the salt when it approved."""
        for party in self.parties:
            if len(party.commitment or "") != 2 * COMMITMENT_BYTES:
                raise StudyFailed(_APPROVED_EARLIER.format(party.name))
        return {party.name: party.commitment for party in self.parties}

    def kept(self, vault: Vault) -> dict[str, bytes]:
        """Return what is kept of the study, by the names under which the child knows it."""
        study, model = self.study, vault.model(self.study.id)
        found = {"state": _get(vault.study(study.id), study.state_sha256)}
        if study.draw_sha256 is not None:
            found["draw"] = _get(model, study.draw_sha256)
        elif study.stage != "open":
            raise StudyFailed(_EARLIER)
        if study.compares:
            result, seed = study.origin
            found |= {"result": _get(model, result), "seed": _get(model, seed)}
        return found

    def arrived(self, vault: Vault, answered: Sequence[Task], shipments: Sequence[Shipment]) -> list[bytes]:
        """Return the replies of a round, its request, and the rows at hand, as the child takes them."""
        replies = [_get(vault.reply(task.id), task.reply_sha256) for task in answered]
        rows = [_get(vault.reply(one.task_id), one.sha256) for one in shipments]
        return [*replies, _get(vault.study(self.study.id), self.request_sha256), *rows]


def read_view(transaction: Transaction, study_id: StudyId) -> View:
    """Look at a study."""
    study = find_study(transaction, study_id)
    assert study is not None
    asked = find_round(transaction, study.id, study.round)
    return View(
        study,
        tuple(party for party in parties_of(transaction, study.id) if party.in_roster),
        tuple(tasks_of_round(transaction, study.id, study.round)),
        frozenset(banned_names(transaction)),
        "" if asked is None else asked.request_sha256,
        tuple(shipments_of(transaction, study.id)),
    )


def _get(store: PayloadStore, sha256: str | None) -> bytes:
    return store.get(bytes.fromhex(sha256 or ""))
