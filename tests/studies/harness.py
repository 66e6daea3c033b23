"""A whole study between the real computing halves of a hub and its agents, of which one may be malicious.

What runs is what the daemons run in their child processes: ``trusted_party.synthesis.child`` asks, merges,
compares and releases, and ``supplier_agent.tasks.child`` judges by the supplier's policy and answers.
Requests, replies, states and memories are bytes between them. The attacker is one function: a
:class:`MaliciousHub` changes the requests that one supplier gets, a :class:`MaliciousSupplier` the replies of
one supplier. A researcher is whoever writes the specification, an outsider whoever reads the release.

Each attack is shown twice: with the defence in place it fails, and with the defence taken out (a parameter,
or ``monkeypatch``) it succeeds. What needs sockets, stores or signatures runs against the daemons
themselves: :mod:`tests.faults.world`, :mod:`tests.process.agent.harness`, :mod:`tests.process.hub.conftest`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from supplier_agent.tasks.child import AgentChild
from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.preparation.fold import Fold
from syncline.protocols.asking import Reply, Request
from syncline.protocols.opening import CONTRIBUTION_BYTES, HUB, Occasion
from syncline.study.fitting import fold_of
from syncline.study.manifest import RosterEntry
from syncline.study.participation import AS_ASKED
from syncline.study.policy import Policy
from syncline.study.spec import StudySpec
from syncline.synthesizers.streams import Seed
from syncline.wire.exchange import DrawCodec, ReplyCodec, RequestCodec
from tests.commitments import commitment_of, private_key_of
from trusted_party.synthesis.child import HubChild
from trusted_party.synthesis.kept_state import DRAW

ALL_QUESTIONS = (
    "row_count",
    "profile",
    "rank_counts",
    "marginals",
    "moments",
    "formula_check",
    "tree_level",
)

POLICY: Mapping[str, Any] = {
    "syncline": "1",
    "studies": ["*"],
    "flows": ["summaries", "prepared", "raw", "synthesized"],
    "datasets": ["*"],
    "columns": {"allow": ["*"]},
    "questions": list(ALL_QUESTIONS),
    "limits": {"max_order": 3, "max_rounds": 200, "max_cells": 10**9},
    "min_cell": 11,
    "min_suppliers": 1,
    "validation": {"models": True, "salt": "study"},
}
"""What the suppliers of a trial permit, unless it says otherwise."""

SEED = Seed.of_number(7)
STUDY_ID = "study-1"


@dataclass(frozen=True, slots=True)
class MaliciousHub:
    """Ask one supplier something else than the protocol would: ``change(round, request)`` is sent instead.

    Round 0 names what all parties committed to, round 1 carries what they opened.
    """

    victim: str
    change: Callable[[int, Request], Request]
    seen: list[tuple[Request, Reply]] = field(default_factory=list)
    """What the victim was asked and what it answered, which is what the hub learns."""


@dataclass(frozen=True, slots=True)
class MaliciousSupplier:
    """Answer something else than was counted: ``change(round, request, reply)`` is sent instead."""

    name: str
    change: Callable[[int, Request, Reply], Reply]


@dataclass(frozen=True, slots=True)
class Released:
    """The files of a release, as an outsider has them."""

    directory: Path

    @property
    def report(self) -> dict[str, Any]:
        """Return ``report.json``."""
        return json.loads((self.directory / "report.json").read_text("utf-8"))  # type: ignore[no-any-return]

    @property
    def table(self) -> pa.Table:
        """Return the synthetic rows."""
        return pq.read_table(self.directory / "synthetic.parquet")

    def printed(self) -> str:
        """Return all text that the release holds beside its rows."""
        files = sorted(path for path in self.directory.iterdir() if path.suffix != ".parquet")
        return "\n".join(path.read_text("utf-8") for path in files)


@dataclass
class Trial:
    """A study over tables of suppliers, in flow ``summaries``.

    Attributes
    ----------
    study : the specification, as a document in YAML
    tables : each supplier's rows
    directory : where files are written
    hub, supplier : who is malicious, if anybody
    policy : what all suppliers permit
    contributions : what each party commits to and opens for the salt, where it is not drawn from its name
    """

    study: str
    tables: Mapping[str, pa.Table]
    directory: Path
    hub: MaliciousHub | None = None
    supplier: MaliciousSupplier | None = None
    policy: Mapping[str, Any] = field(default_factory=lambda: POLICY)
    contributions: Mapping[str, bytes] = field(default_factory=dict)
    asked: list[tuple[int, Request]] = field(default_factory=list)
    """The requests of an honest hub, round by round."""

    def __post_init__(self) -> None:
        self.spec = build(StudySpec, parse_document(self.study, "study.yaml"), "study.yaml")
        self._hub, self._agents = HubChild(), {name: AgentChild() for name in self.tables}
        self._memories = dict.fromkeys(self.tables, b"")
        self._sources = {name: self._written(name, table) for name, table in self.tables.items()}
        self._candidate: str | None = None
        self._kept: dict[str, bytes] = {"seed": SEED.secret}
        self.occasion = Occasion(STUDY_ID, self.spec.digest)

    def run(self) -> Released:
        """Run the study to its release; errors come out as the hub's or the agent's child raises them."""
        self._rounds(self._opened())
        return self._release()

    @property
    def fold(self) -> Fold:
        """Return who is held out, once the salt is drawn."""
        return fold_of(self.spec, DrawCodec().decode(self._kept[DRAW]).openings)

    def contribution(self, party: str) -> bytes:
        """Return what a party commits to and opens."""
        return self.contributions.get(party, hashlib.sha256(party.encode()).digest()[:CONTRIBUTION_BYTES])

    @property
    def kept(self) -> dict[str, bytes]:
        """Return what the hub keeps of the study so far."""
        return dict(self._kept)

    def _opened(self) -> Any:
        """Let all parties commit to their contributions and open them; return the first round of the fit."""
        named = {
            name: commitment_of(self.occasion, name, self.contribution(name)).hex() for name in self._names
        }
        header = {"op": "start", "study_id": STUDY_ID, "commitments": named}
        return self._step(self._keep(*self._hub.handle(header, [self._spec, self.contribution(HUB)])))

    def _rounds(self, header: Any) -> None:
        """Go on until the hub is done."""
        while not header["done"]:
            header = self._step(header)

    def _step(self, header: Any) -> Any:
        """Ask all suppliers what the hub asks, and return what it says to their replies."""
        number, request = int(header["round"]), self._kept.pop("request")
        self.asked.append((number, RequestCodec().decode(request)))
        replies = [self._answer(name, number, request) for name in self._names]
        call = {
            "op": "step",
            "round": number,
            "kept": list(self._kept),
            "parties": self._names,
            "rows": [],
            "flows": dict.fromkeys(self._names, "summaries"),
            "most_rows": 10**9,
        }
        blobs = [self._spec, *self._kept.values(), *replies, request]
        return self._keep(*self._hub.handle(call, blobs))

    def _keep(self, header: Any, blobs: Sequence[bytes]) -> Any:
        """Keep what is new, as the hub's daemon does."""
        self._kept |= zip(header["kept"], blobs, strict=True)
        self._candidate = header.get("candidate", self._candidate)
        return header

    def ask(self, name: str, request: Request) -> Reply:
        """Ask one supplier as a hub that follows no protocol would, and return its reply."""
        return ReplyCodec().decode(self._asked(name, RequestCodec().encode(request)))

    def _answer(self, name: str, number: int, request: bytes) -> bytes:
        """Return one supplier's reply, whichever of both sides is malicious."""
        attacked = self.hub is not None and self.hub.victim == name
        if attacked:
            request = RequestCodec().encode(self.hub.change(number, RequestCodec().decode(request)))
        reply = self._asked(name, request)
        if attacked:
            self.hub.seen.append((RequestCodec().decode(request), ReplyCodec().decode(reply)))
        if self.supplier is not None and self.supplier.name == name:
            lie = self.supplier.change(number, RequestCodec().decode(request), ReplyCodec().decode(reply))
            return ReplyCodec().encode(lie)
        return reply

    def _asked(self, name: str, request: bytes) -> bytes:
        header = {
            "op": "respond",
            "supplier": name,
            "source": str(self._sources[name]),
            "policy": Policy.from_document(dict(self.policy)).to_document(),
            "flow": "summaries",
            "person": self.spec.schema.person and self.spec.schema.person.name,
            "study_id": STUDY_ID,
            "contribution": self.contribution(name).hex(),
            "private_key": private_key_of(name).hex(),
            "candidate": self._candidate,
        }
        _, (reply, memory) = self._agents[name].handle(header, [self._spec, request, self._memories[name]])
        self._memories[name] = memory
        return reply

    def _release(self) -> Released:
        out = self.directory / "release"
        out.mkdir()
        provenance = {
            "study": self.spec.study,
            "study_id": STUDY_ID,
            "specification_sha256": self.spec.digest,
            "software_version": "trial",
            "algorithm_version": 0,
            "seed_commitment": hashlib.sha256(SEED.secret).hexdigest(),
            "roster": self._names,
            "rounds": [],
        }
        roster = [RosterEntry.of(self.spec, name, AS_ASKED).to_json() for name in self._names]
        header = {"op": "release", "out": str(out), "provenance": provenance, "roster": roster}
        self._hub.handle({**header, "kept": list(self._kept)}, [self._spec, *self._kept.values()])
        return Released(out)

    @property
    def _names(self) -> list[str]:
        return sorted(self.tables)

    @property
    def _spec(self) -> bytes:
        return self.spec.canonical()

    def _written(self, name: str, table: pa.Table) -> Path:
        path = self.directory / f"{name}.parquet"
        pq.write_table(table, path)
        return path
