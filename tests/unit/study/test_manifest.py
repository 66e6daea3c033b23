"""A release is verified as it was signed, and any change to any byte of any file is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syncline.errors import UsageError
from syncline.identity.key_pin import KeyPin
from syncline.identity.keys import generate_signing_key, public_signing_key
from syncline.study.flow import DataFlow
from syncline.study.manifest import (
    ReleaseFacts,
    RosterEntry,
    RoundRecord,
    verify_release,
    write_manifest,
)

FACTS = ReleaseFacts(
    study_id="s1",
    study="heart",
    specification_sha256="a" * 64,
    schema_sha256="b" * 64,
    parameters={"method": "cart"},
    software_version="0.1.0",
    algorithm_version=1,
    dependencies={"numpy": "2.4.6"},
    roster=(RosterEntry("north", "c" * 64, DataFlow.RAW, DataFlow.SUMMARIES, "1" * 64),),
    rounds=(RoundRecord(0, "profile"),),
    seed_commitment="f" * 64,
)
KEY = generate_signing_key()


@pytest.fixture
def release(tmp_path: Path) -> Path:
    directory = tmp_path / "release"
    directory.mkdir()
    (directory / "synthetic.parquet").write_bytes(b"PAR1" + bytes(range(64)))
    (directory / "schema.yaml").write_text("variables: []\n")
    write_manifest(directory, FACTS, KEY)
    return directory


def test_an_untouched_release_verifies(release: Path) -> None:
    verification = verify_release(release, KeyPin.of_key(public_signing_key(KEY)))
    assert verification.passed
    assert verification.pinned
    assert verification.files == ("schema.yaml", "synthetic.parquet")
    assert not verify_release(release).pinned


def test_the_manifest_tells_what_the_release_was_made_from(release: Path) -> None:
    body = json.loads((release / "manifest.json").read_text())
    entry = {"name": "north", "key_fingerprint": "c" * 64, "flow_asked": "raw", "flow": "summaries"}
    assert body["roster"] == [{**entry, "preparation_sha256": "1" * 64}]
    assert [RosterEntry.from_json(entry) for entry in body["roster"]] == list(FACTS.roster)
    assert body["rounds"] == [{"number": 0, "stage": "profile"}]
    assert body["files"]["schema.yaml"]["size"] == 14


def test_every_changed_byte_of_every_file_is_found(release: Path) -> None:
    for path in sorted(release.iterdir()):
        original = path.read_bytes()
        for place in range(len(original)):
            for mask in (0x01, 0x20):
                path.write_bytes(original[:place] + bytes([original[place] ^ mask]) + original[place + 1 :])
                assert not verify_release(release).passed, f"{path.name} at byte {place}"
        path.write_bytes(original)
    assert verify_release(release).passed


@pytest.mark.parametrize("name", ["synthetic.parquet", "manifest.json", "manifest.sig"])
def test_a_missing_file_is_found(release: Path, name: str) -> None:
    (release / name).unlink()
    assert any(name in failure for failure in verify_release(release).failures)


def test_an_added_file_a_directory_and_a_link_are_found(release: Path) -> None:
    (release / "extra.csv").write_text("x")
    assert verify_release(release).failures == ("extra.csv: not named in the manifest",)
    (release / "extra.csv").unlink()
    elsewhere = release.parent / "elsewhere"
    (release / "schema.yaml").rename(elsewhere)
    (release / "schema.yaml").symlink_to(elsewhere)
    assert verify_release(release).failures == ("schema.yaml: not a plain file",)


def test_another_hubs_signature_is_found_where_the_key_is_pinned(release: Path) -> None:
    write_manifest(release, FACTS, generate_signing_key())
    assert verify_release(release).passed
    assert not verify_release(release, KeyPin.of_key(public_signing_key(KEY))).passed


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"{}", b'{"public_key": 1, "signature": 2}', b"[" * 9999]
)
@pytest.mark.parametrize("name", ["manifest.json", "manifest.sig"])
def test_malformed_files_fail_without_a_crash(release: Path, name: str, content: bytes) -> None:
    (release / name).write_bytes(content)
    assert not verify_release(release).passed


def test_a_directory_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such directory"):
        verify_release(tmp_path / "nowhere")
