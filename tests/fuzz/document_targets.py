"""Every document that people write, and every text that proves who somebody is."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from syncline.data.document import parse_document
from syncline.data.schema import Schema
from syncline.identity.access_token import AccessToken
from syncline.identity.authority import CertificateAuthority, verify_issued
from syncline.identity.certificate_request import make_request, requested_key
from syncline.identity.key_pin import KeyPin
from syncline.identity.keys import generate_tls_key, parse_public_signing_key
from syncline.identity.peer import PeerIdentity, PeerRole
from syncline.identity.renewal import verify_possession
from syncline.identity.tokens import EnrolmentToken, invite
from syncline.preparation.preparation_document import Preparation
from syncline.study.advice import Abilities
from syncline.study.default_policy import DEFAULT_POLICY_YAML
from syncline.study.policy import Policy
from syncline.study.spec import StudySpec
from tests.fuzz.target import Target

SAMPLES = Path(__file__).parents[2] / "deploy" / "samples"
PREPARATIONS = Path(__file__).parents[1] / "unit" / "preparation" / "heart"
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def targets() -> Iterator[Target]:
    """Yield a target for each kind of document and of text."""
    for name, seeds, read in _DOCUMENTS:
        yield Target(f"document.{name}", seeds, lambda content, read=read: _from_file(content, read))
    for name, seeds, canonical in _CANONICAL:
        yield Target(f"canonical.{name}", seeds, canonical)
    yield Target(
        "yaml", lambda: _samples("study.yaml"), lambda content: parse_document(_text(content), "a document")
    )
    yield Target("token.enrolment", lambda: [_token()], lambda content: EnrolmentToken.parse(_text(content)))
    yield Target("token.access", lambda: [_access()], lambda content: AccessToken.parse(_text(content)))
    yield Target(
        "key_pin",
        lambda: [b"0123456789abcdef" * 4],
        lambda content: KeyPin.parse(_text(content), "--hub-key"),
    )
    yield Target("certificate", lambda: [_certificate()], _read_certificate)
    yield Target("certificate_request", lambda: [make_request(generate_tls_key())], requested_key)
    yield Target(
        "possession",
        lambda: [_certificate()],
        lambda content: verify_possession(content, b"request", bytes(64)),
    )
    yield Target(
        "issued", lambda: [_certificate()], lambda content: verify_issued(content, _authority().root_pem)
    )
    yield Target("signing_key", lambda: [bytes(32), bytes(range(32))], parse_public_signing_key)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _from_file(content: bytes, read: Callable[[Path], object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.yaml"
        path.write_bytes(content)
        read(path)


def _samples(*names: str) -> list[bytes]:
    return [(SAMPLES / name).read_bytes() for name in names]


def _study() -> list[bytes]:
    text = (SAMPLES / "study.yaml").read_text()
    return [text.encode(), *_inline()]


def _inline() -> list[bytes]:
    from tests.security.test_curious_hub import STUDY

    return [STUDY.encode()]


def _preparations() -> list[bytes]:
    return [path.read_bytes() for path in sorted(PREPARATIONS.glob("*.yaml")) if path.name != "schema.yaml"]


def _schemas() -> list[bytes]:
    return [*_samples("schema.yaml"), (PREPARATIONS / "schema.yaml").read_bytes()]


def _made(seeds: Callable[[], list[bytes]], read: Callable[[Path], object]) -> Callable[[], list[bytes]]:
    """Return the canonical forms of documents."""

    def canonical() -> list[bytes]:
        found = []
        with tempfile.TemporaryDirectory() as folder:
            for content in seeds():
                path = Path(folder) / "document.yaml"
                path.write_bytes(content)
                found.append(read(path).canonical())  # type: ignore[attr-defined]
        return found

    return canonical


_DOCUMENTS: tuple[tuple[str, Callable[[], list[bytes]], Callable[[Path], object]], ...] = (
    ("study", _study, StudySpec.from_yaml),
    ("schema", _schemas, Schema.from_yaml),
    ("policy", lambda: [*_samples("policy.yaml"), DEFAULT_POLICY_YAML.encode()], Policy.from_yaml),
    ("preparation", _preparations, Preparation.from_yaml),
    ("abilities", lambda: [b"suppliers:\n  - {name: a, prepare: yes}\n"], Abilities.from_yaml),
)

_CANONICAL = (
    ("study", _made(_inline, StudySpec.from_yaml), StudySpec.from_canonical),
    ("schema", _made(_schemas, Schema.from_yaml), Schema.from_canonical),
    ("preparation", _made(_preparations, Preparation.from_yaml), Preparation.from_canonical),
)


@cache
def _authority() -> CertificateAuthority:
    return CertificateAuthority.create("fuzz", NOW)


def _certificate() -> bytes:
    return _authority().issue(make_request(generate_tls_key()), "north", PeerRole.SUPPLIER, NOW)


def _read_certificate(content: bytes) -> None:
    PeerIdentity.from_pem(content).check_current(NOW)


def _token() -> bytes:
    token, _ = invite("north", PeerRole.SUPPLIER, _authority().root_sha256, NOW)
    return token.text().encode()


def _access() -> bytes:
    return AccessToken.make("r0123456789abcde", "ada").text().encode()
