from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import IdentityError
from syncline.identity.fingerprint_words import fingerprint_words
from syncline.identity.keys import (
    generate_signing_key,
    generate_tls_key,
    load_signing_key,
    load_tls_key,
    parse_public_signing_key,
    private_key_pem,
    public_signing_key,
    save_private_key,
)
from syncline.identity.private_file import read_private, write_private
from syncline.identity.storage_key import load_storage_key


def test_keys_come_back_from_private_files(tmp_path: Path) -> None:
    tls, signing = generate_tls_key(), generate_signing_key()
    save_private_key(tmp_path / "tls.pem", tls)
    save_private_key(tmp_path / "signing.pem", signing)
    assert private_key_pem(load_tls_key(tmp_path / "tls.pem")) == private_key_pem(tls)
    assert public_signing_key(load_signing_key(tmp_path / "signing.pem")) == public_signing_key(signing)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o644, 0o620, 0o601])
def test_a_key_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "tls.pem"
    save_private_key(path, generate_tls_key())
    path.chmod(mode)
    with pytest.raises(IdentityError, match=rf"tls\.pem: its mode is {mode:o}, .*chmod 600"):
        load_tls_key(path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_key_is_taken(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "tls.pem"
    save_private_key(path, generate_tls_key())
    path.chmod(mode)
    load_tls_key(path)


def test_keys_of_the_wrong_kind_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    save_private_key(path, generate_signing_key())
    with pytest.raises(IdentityError, match="P-256"):
        load_tls_key(path)
    for key in (generate_tls_key(), ec.generate_private_key(ec.SECP384R1())):
        save_private_key(path, key)
        with pytest.raises(IdentityError, match="Ed25519"):
            load_signing_key(path)
    with pytest.raises(IdentityError, match="P-256"):
        load_tls_key(path)


@pytest.mark.parametrize("data", [b"", b"text", b"x" * 100_000])
def test_files_that_hold_no_key_are_refused(tmp_path: Path, data: bytes) -> None:
    write_private(tmp_path / "tls.pem", data)
    with pytest.raises(IdentityError, match=r"tls\.pem"):
        load_tls_key(tmp_path / "tls.pem")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match=r"tls\.pem.*No such file"):
        load_tls_key(tmp_path / "tls.pem")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    write_private(path, b"old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(IdentityError, match="cannot be written"):
            write_private(path, b"new")
    assert read_private(path) == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret"]


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_public_signing_key_has_32_bytes(size: int) -> None:
    with pytest.raises(IdentityError, match=f"{size} bytes, expected the 32"):
        parse_public_signing_key(bytes(size))


class TestStorageKey:
    def test_it_is_made_once(self, tmp_path: Path) -> None:
        path = tmp_path / "storage.key"
        made = load_storage_key(path, {})
        assert len(made) == 32
        assert load_storage_key(path, {}) == made
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_systemd_credential_comes_first(self, tmp_path: Path) -> None:
        write_private(tmp_path / "syncline-storage-key", bytes(32))
        path = tmp_path / "storage.key"
        assert load_storage_key(path, {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == bytes(32)
        assert not path.exists()

    def test_another_length_is_refused(self, tmp_path: Path) -> None:
        write_private(tmp_path / "storage.key", bytes(16))
        with pytest.raises(IdentityError, match="16 bytes, expected the 32"):
            load_storage_key(tmp_path / "storage.key", {})

    def test_a_looser_mode_is_refused(self, tmp_path: Path) -> None:
        load_storage_key(tmp_path / "storage.key", {})
        (tmp_path / "storage.key").chmod(0o644)
        with pytest.raises(IdentityError, match="chmod 600"):
            load_storage_key(tmp_path / "storage.key", {})


class TestWords:
    def test_the_published_examples(self) -> None:
        """Check 127.0.0.1 and 63.84.220.193 of the proquint paper (arXiv:0901.4016)."""
        words = fingerprint_words("7f000001" + "3f54dcc1" + "00000000")
        assert words == "lusab-babad-gutih-tugad-babab-babab"

    @given(st.binary(min_size=12, max_size=12), st.binary(min_size=12, max_size=12))
    def test_different_fingerprints_read_differently(self, one: bytes, two: bytes) -> None:
        assert (fingerprint_words(one.hex()) == fingerprint_words(two.hex())) == (one == two)

    def test_too_short_a_fingerprint_is_a_defect(self) -> None:
        with pytest.raises(ValueError, match="too short"):
            fingerprint_words("00" * 11)
