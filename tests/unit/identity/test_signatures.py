from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from syncline.errors import IdentityError
from syncline.identity.certificate_request import make_request
from syncline.identity.keys import generate_signing_key, public_signing_key
from syncline.identity.renewal import prove_possession, verify_possession
from syncline.identity.signatures import Purpose, sign, verify
from tests.unit.identity.party import key, leaf

KEY = generate_signing_key()
PUBLIC = public_signing_key(KEY)
DIGEST = hashlib.sha256(b"document").digest()


@pytest.mark.parametrize("purpose", Purpose)
def test_a_signature_holds_for_its_purpose_only(purpose: Purpose) -> None:
    signature = sign(KEY, purpose, DIGEST)
    verify(PUBLIC, purpose, DIGEST, signature)
    for other in set(Purpose) - {purpose}:
        with pytest.raises(IdentityError, match=other.replace("-", " ")):
            verify(PUBLIC, other, DIGEST, signature)


def test_what_is_signed_is_as_documented() -> None:
    KEY.public_key().verify(
        sign(KEY, Purpose.RELEASE_MANIFEST, DIGEST), b"syncline/v1/release-manifest\x00" + DIGEST
    )


def test_another_digest_key_or_signature_is_refused() -> None:
    signature = sign(KEY, Purpose.STUDY_DECISION, DIGEST)
    other_key = public_signing_key(generate_signing_key())
    for public, digest, signed in [
        (other_key, DIGEST, signature),
        (PUBLIC, hashlib.sha256(b"other").digest(), signature),
        (PUBLIC, DIGEST, signature[:-1] + bytes([signature[-1] ^ 1])),
        (PUBLIC, DIGEST, b""),
        (PUBLIC, DIGEST, bytes(64)),
    ]:
        with pytest.raises(IdentityError, match="signature"):
            verify(public, Purpose.STUDY_DECISION, digest, signed)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_only_digests_are_signed(size: int) -> None:
    with pytest.raises(ValueError, match="expected the 32"):
        sign(KEY, Purpose.STUDY_DECISION, bytes(size))


class TestRenewal:
    def test_the_holder_of_the_old_key_may_renew(self) -> None:
        request, certificate = make_request(key("new")), leaf()
        verify_possession(certificate, request, prove_possession(key(), certificate, request))

    def test_anybody_else_may_not(self) -> None:
        request, certificate = make_request(key("new")), leaf()
        stranger = prove_possession(key("stranger"), certificate, request)
        with pytest.raises(IdentityError, match="proof"):
            verify_possession(certificate, request, stranger)

    def test_a_proof_is_for_one_request_and_one_certificate(self) -> None:
        certificate, request = leaf(), make_request(key("new"))
        made = prove_possession(key(), certificate, request)
        with pytest.raises(IdentityError, match="proof"):
            verify_possession(certificate, make_request(key("evil")), made)
        with pytest.raises(IdentityError, match="proof"):
            verify_possession(leaf(), request, made)

    @pytest.mark.parametrize("made", [b"", b"junk", bytes(72)])
    def test_junk_is_no_proof(self, made: bytes) -> None:
        with pytest.raises(IdentityError, match="proof"):
            verify_possession(leaf(), make_request(key("new")), made)

    def test_a_bare_signature_over_the_request_is_no_proof(self) -> None:
        """A request is itself signed by its key: that signature must not pass as a proof."""
        request = make_request(key("new"))
        with pytest.raises(IdentityError, match="proof"):
            verify_possession(leaf(), request, key().sign(request, ec.ECDSA(hashes.SHA256())))
