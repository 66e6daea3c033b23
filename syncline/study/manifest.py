"""The manifest of a release: what it was made from and the digest of every file, signed by the hub.

``manifest.json`` is JSON with sorted keys; ``manifest.sig`` is JSON with the Ed25519 public key and its
signature over the SHA-256 of the manifest's bytes. A release directory holds these two files, the files that
the manifest names, and nothing else: a file that was added is as suspicious as one that was changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ed25519

from syncline.compute.frames import Json
from syncline.data.section import shown
from syncline.errors import IdentityError, StorageError, UsageError
from syncline.identity.key_pin import KeyPin
from syncline.identity.keys import public_signing_key
from syncline.identity.signatures import Purpose, sign, verify
from syncline.study.approvals import NETWORKED, ApprovalRecord, GateRecord, check_approvals
from syncline.study.flow import DataFlow
from syncline.study.participation import Participation

if TYPE_CHECKING:
    from syncline.study.spec import StudySpec

MANIFEST_NAME = "manifest.json"
SIGNATURE_NAME = "manifest.sig"
FORMAT = 1
_MOST_BYTES = 64 << 20
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A supplier whose data is in the release; its key is the one that signed the approval.

    ``flow_asked`` is what the study asked of it and ``flow`` what it answered, which may be narrower;
    ``preparation_sha256`` is the digest of its preparation, None where it has none.
    """

    name: str
    key_fingerprint: str | None
    flow_asked: DataFlow
    flow: DataFlow
    preparation_sha256: str | None

    @classmethod
    def of(
        cls, spec: StudySpec, name: str, agreed: Participation, key_fingerprint: str | None = None
    ) -> RosterEntry:
        """Return the entry of a supplier of the study ``spec`` that agreed to take part so."""
        asked = spec.supplier(name).flow
        return cls(name, key_fingerprint, asked, agreed.flow or asked, agreed.preparation_sha256)

    @classmethod
    def from_json(cls, value: Json) -> RosterEntry:
        """Read what :meth:`to_json` returned."""
        fields = dict(value) if isinstance(value, dict) else {}
        asked, flow = (DataFlow(str(fields.pop(key, ""))) for key in ("flow_asked", "flow"))
        name, texts = (
            str(fields.pop("name")),
            {key: None if v is None else str(v) for key, v in fields.items()},
        )
        return cls(name=name, flow_asked=asked, flow=flow, **texts)

    def to_json(self) -> dict[str, Json]:
        """Return the entry as it stands in the manifest."""
        return dict(asdict(self))


@dataclass(frozen=True, slots=True)
class HoldoutRecord:
    """Which share of the persons was held out, and where the salt came from that chose them.

    The salt itself stays with suppliers and hub: it is named by its SHA-256. ``commitments`` are what each
    supplier and the hub, "(hub)", had committed to before any of it was opened; none where the specification
    states the salt, or one process ran the study.
    """

    share: float
    salt_from: str
    salt_sha256: str
    commitments: Mapping[str, str] = field(default_factory=dict)

    def to_report(self) -> dict[str, Json]:
        """Return what stands in a report, which says nothing of the network."""
        return {"share": self.share, "salt_from": self.salt_from}


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """One round, by its stage.

    Digests of requests and replies are not for readers of a release: a reply of few numbers is found by
    trying them all. They stand in the signed audits of hub and suppliers.
    """

    number: int
    stage: str


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """Everything that a manifest says besides the digests of the files.

    ``seed_commitment`` is the SHA-256 of the seed's bytes; ``content_sha256`` maps names of tables to the
    digest of their names, types and values, which stays the same over versions of the format's library.
    ``gate`` is None where the study runs none; ``run`` says whether a hub ran the study, or one process.
    ``holdout`` is None in releases of earlier versions.
    """

    study_id: str
    study: str
    specification_sha256: str
    schema_sha256: str
    parameters: Mapping[str, Json]
    software_version: str
    algorithm_version: int
    dependencies: Mapping[str, str]
    roster: tuple[RosterEntry, ...]
    rounds: tuple[RoundRecord, ...]
    seed_commitment: str
    content_sha256: Mapping[str, str] = field(default_factory=dict)
    release_id: str = ""
    run: str = NETWORKED
    gate: GateRecord | None = None
    approvals: tuple[ApprovalRecord, ...] = ()
    holdout: HoldoutRecord | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What checking a release found.

    ``pinned`` tells whether the signer was known beforehand, ``stranger`` that another than the pinned key
    signed: the first failure says so. ``approvals`` names who approved, each with the decision, and
    ``reasons`` says why they did, in the same order. ``gate_passed`` is None where no gate was run.
    """

    failures: tuple[str, ...]
    files: tuple[str, ...]
    signer_fingerprint: str | None
    pinned: bool
    stranger: bool = False
    approvals: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    gate_passed: bool | None = None
    gate_failures: tuple[str, ...] = ()
    release_id: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.failures


def key_fingerprint(public_key: bytes) -> str:
    """Return the SHA-256 of a raw Ed25519 public key as hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()


def write_manifest(directory: Path, facts: ReleaseFacts, signing_key: ed25519.Ed25519PrivateKey) -> str:
    """Write and sign the manifest of all files in ``directory``; return the manifest's SHA-256."""
    files = {path.name: {"file_sha256": digest, "size": size} for path, digest, size in _digests(directory)}
    body = {"format": FORMAT, **asdict(facts), "files": files}
    content = (json.dumps(body, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()
    digest = hashlib.sha256(content).digest()
    signature = sign(signing_key, Purpose.RELEASE_MANIFEST, digest)
    _write_durably(directory / MANIFEST_NAME, content)
    _write_durably(directory / SIGNATURE_NAME, _envelope(public_signing_key(signing_key), signature))
    return digest.hex()


def file_digests(directory: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a release, but for the manifest and its signature."""
    return {path.name: digest for path, digest, _ in _digests(directory)}


def verify_release(directory: Path, pin: KeyPin | None = None) -> Verification:
    """Check signature, digests and the set of files of a release.

    Parameters
    ----------
    pin
        The hub's key, as known from enrolment. Without it the key in ``manifest.sig`` is taken: then the
        files are proven to belong together, but not who made them.

    Examples
    --------
    What fails is listed and does not raise, so that all of it is seen:

    >>> release = Path("release")
    >>> release.mkdir()
    >>> found = verify_release(release)
    >>> found.passed, len(found.failures) > 0
    (False, True)
    """
    if not directory.is_dir():
        raise UsageError(f"release {directory}: no such directory; check the path")
    signer, failures = _check_signature(directory, pin)
    body, named, problems = _named_files(directory)
    failures += problems
    if named is not None:
        failures += _check_files(directory, named)
    if signer is not None and not failures:
        failures += check_approvals(body, signer)
    approvals = [] if signer is None or failures else body.get("approvals", [])
    gate_passed, gate_failures = (None, ()) if signer is None or failures else _gate(body)
    return Verification(
        failures=tuple(failures),
        files=tuple(sorted(named or ())),
        signer_fingerprint=None if signer is None else key_fingerprint(signer),
        pinned=pin is not None,
        stranger=_is_stranger(signer, pin),
        approvals=tuple((one["approver"], one["decision"]) for one in approvals),
        reasons=tuple(str(one["reason"]) for one in approvals),
        gate_passed=gate_passed,
        gate_failures=gate_failures,
        release_id="" if signer is None or failures else str(body.get("release_id", "")),
    )


def _gate(body: Mapping[str, Any]) -> tuple[bool | None, tuple[str, ...]]:
    """Return what a manifest says of the gate; None where none was run."""
    gate = body.get("gate")
    if not isinstance(gate, dict):
        return None, ()
    failures = gate.get("failures")
    return gate.get("passed") is True, tuple(map(str, failures if isinstance(failures, list) else ()))


def _envelope(signer: bytes, signature: bytes) -> bytes:
    body = {"algorithm": "Ed25519", "public_key": signer.hex(), "signature": signature.hex()}
    return (json.dumps(body, indent=1) + "\n").encode()


def _check_signature(directory: Path, pin: KeyPin | None) -> tuple[bytes | None, list[str]]:
    manifest, envelope = directory / MANIFEST_NAME, directory / SIGNATURE_NAME
    for path in (manifest, envelope):
        if not _is_plain(path):
            return None, [f"{path.name}: missing, not a plain file, or too large"]
    try:
        parsed = json.loads(envelope.read_bytes())
        signer, signature = bytes.fromhex(parsed["public_key"]), bytes.fromhex(parsed["signature"])
        exact = envelope.read_bytes() == _envelope(signer, signature)
    except (ValueError, TypeError, KeyError, RecursionError):
        exact = False
    if not exact:
        return None, [f"{SIGNATURE_NAME}: it does not hold an Ed25519 key and signature"]
    if _is_stranger(signer, pin):
        return signer, [f"{SIGNATURE_NAME}: signed by another key than the hub's"]
    try:
        verify(signer, Purpose.RELEASE_MANIFEST, hashlib.sha256(manifest.read_bytes()).digest(), signature)
    except IdentityError:
        return signer, [f"{MANIFEST_NAME}: the signature does not match it"]
    return signer, []


def _is_stranger(signer: bytes | None, pin: KeyPin | None) -> bool:
    return signer is not None and pin is not None and not pin.matches(signer)


# Any: the manifest is JSON that somebody else may have written.
def _named_files(
    directory: Path,
) -> tuple[dict[str, Any], dict[str, tuple[str, int]] | None, list[str]]:
    path = directory / MANIFEST_NAME
    if not _is_plain(path):
        return {}, None, []
    try:
        body = json.loads(path.read_bytes())
        known = body["format"] == FORMAT
        named = {name: (entry["file_sha256"], entry["size"]) for name, entry in body["files"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}, None, [f"{MANIFEST_NAME}: it is not a manifest"]
    if not known:
        sentence = f"{MANIFEST_NAME}: its format is not {FORMAT}; verify it with the release that wrote it"
        return {}, None, [sentence]
    return body, named, []


def _check_files(directory: Path, named: Mapping[str, tuple[str, int]]) -> list[str]:
    present = {path.name for path in directory.iterdir()} - {MANIFEST_NAME, SIGNATURE_NAME}
    failures = [f"{shown(n)}: named in the manifest and missing" for n in sorted(named.keys() - present)]
    failures += [f"{shown(n)}: not named in the manifest" for n in sorted(present - named.keys())]
    for name in sorted(named.keys() & present):
        path, (digest, size) = directory / name, named[name]
        if not stat.S_ISREG(path.lstat().st_mode):
            failures.append(f"{shown(name)}: not a plain file")
        elif path.stat().st_size != size or _file_digest(path) != digest:
            failures.append(f"{shown(name)}: changed since it was signed")
    return failures


def _digests(directory: Path) -> Iterator[tuple[Path, str, int]]:
    for path in sorted(directory.iterdir()):
        if path.name in (MANIFEST_NAME, SIGNATURE_NAME):
            continue
        if not stat.S_ISREG(path.lstat().st_mode):
            raise StorageError(f"release file {path}: not a plain file")
        yield path, _file_digest(path), path.stat().st_size


def _file_digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _is_plain(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= _MOST_BYTES


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
