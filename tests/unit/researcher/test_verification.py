"""``syncline verify``: who signed, as pinned by a login or a fingerprint, and what was changed."""

from __future__ import annotations

import json
import sys

import pytest

from syncline.cli import main
from syncline.identity.fingerprint_words import fingerprint_words
from syncline.identity.keys import generate_signing_key, public_signing_key
from syncline.study.manifest import key_fingerprint, write_manifest
from tests.unit.study.test_manifest import FACTS, KEY, release

__all__ = ["release"]

RAW = public_signing_key(KEY)
DIGITS = key_fingerprint(RAW)


@pytest.fixture
def verify(monkeypatch, capsys, tmp_path, release):
    monkeypatch.setenv("HOME", str(tmp_path))

    def run(*arguments, directory=release):
        monkeypatch.setattr(sys, "argv", ["syncline", "verify", str(directory), *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return run


def logged_in(home, key=RAW):
    (home / "identity").mkdir(parents=True)
    (home / "identity" / "member.json").write_text(json.dumps({"hub_signing_key": key.hex()}))
    return home


@pytest.mark.parametrize(
    "form", [DIGITS, RAW.hex(), fingerprint_words(DIGITS)], ids=["digits", "raw", "words"]
)
def test_the_fingerprint_that_is_printed_can_be_given(verify, form):
    refused, out, unpinned = verify()
    assert (refused, out) == (1, "")
    assert DIGITS in unpinned
    assert fingerprint_words(DIGITS) in unpinned
    assert "not pinned" in unpinned
    code, pinned, _ = verify("--hub-key", form)
    assert code == 0
    assert "not pinned" not in pinned


@pytest.mark.parametrize("options", [["--offline"], ["--hub-key", DIGITS]])
def test_that_the_hub_was_not_asked_is_said(verify, tmp_path, options):
    logged_in(tmp_path / ".syncline" / "researcher")
    code, out, err = verify(*options)
    assert (code, err) == (0, "note: the hub was not asked whether it has withdrawn the release\n")
    assert out.startswith("verified: ")
    assert json.loads(verify(*options, "--json")[1])["withdrawn"] is None


def test_a_signer_who_is_not_pinned_passes_where_that_is_accepted(verify):
    code, out, err = verify("--accept", "unpinned")
    assert (code, err) == (0, "")
    assert f"a key that is not pinned, {DIGITS}" in out
    code, out, _ = verify("--accept", "unpinned", "--json")
    assert (code, json.loads(out)["pinned"], json.loads(out)["withdrawn"]) == (0, False, None)


def test_accepting_a_signer_accepts_no_changed_byte(verify, release):
    changed = next(path for path in release.iterdir() if not path.name.startswith("manifest"))
    changed.write_bytes(changed.read_bytes() + b" ")
    code, _, err = verify("--accept", "unpinned", "--accept", "withdrawn")
    assert code == 1
    assert f"{changed.name}: changed since it was signed" in err


def test_another_hubs_fingerprint_is_refused(verify):
    code, out, err = verify("--hub-key", "ab" * 32)
    assert (code, out) == (1, "")
    assert DIGITS in err
    assert "which is not --hub-key" in err


@pytest.mark.parametrize("named", [True, False])
def test_a_login_pins_the_hubs_key(verify, tmp_path, release, named):
    home = logged_in(tmp_path / "own" if named else tmp_path / ".syncline" / "researcher")
    options = ["--home", home] if named else []
    code, out, _ = verify(*options, "--json")
    assert code == 0
    assert json.loads(out)["pinned"]
    write_manifest(release, FACTS, generate_signing_key())
    code, _, err = verify(*options)
    assert code == 1
    assert f"which is not the hub of {home}" in err


def test_a_home_without_a_login_is_wrong_usage(verify, tmp_path):
    code, _, err = verify("--home", tmp_path / "nowhere")
    assert code == 2
    assert "run 'syncline login TOKEN" in err


def test_a_directory_that_does_not_exist_is_wrong_usage(verify, tmp_path):
    code, _, err = verify(directory=tmp_path / "nowhere")
    assert code == 2
    assert "no such directory" in err


def test_a_files_name_cannot_write_on_the_terminal(verify, release):
    (release / "a\x1b[2Kverified\n\u202ex").write_text("")
    code, _, err = verify()
    assert code == 1
    assert "\x1b" not in err
    assert "\u202e" not in err
    assert len(err.splitlines()) == 1
    assert verify("--json")[0] == 1
