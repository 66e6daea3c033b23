"""The command ``trusted-party`` as a person or a script meets it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import signal
import subprocess
import sys

import pytest

from syncline.identity.fingerprint_words import fingerprint_words
from syncline.identity.peer import PeerRole
from tests.process.hub.clients import FakeAgent, enrol, running
from tests.unit.hub.small_study import specification


def command(*arguments, home):
    return subprocess.run(
        [sys.executable, "-m", "trusted_party", *arguments, "--home", str(home)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_init_makes_a_private_home_once_and_prints_fingerprints(tmp_path):
    home = tmp_path / "hub"
    made = command("init", "--host", "localhost", "--json", home=home)
    assert made.returncode == 0, made.stderr
    printed = json.loads(made.stdout)
    assert len(printed["authority_sha256"]) == len(printed["signing_sha256"]) == 64
    for path in home.rglob("*"):
        if path.is_file() and path.name != "authority.pem":
            assert path.stat().st_mode & 0o077 == 0, path
    again = command("init", home=home)
    assert again.returncode == 2
    assert "holds a hub already" in again.stderr
    assert len(again.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["studies", "show", "nothing"], "no such study"),
        (["suppliers", "ban", "nobody"], "no member of this name"),
        (["releases", "approve", "r1"], "release r1: no such release"),
        (["releases", "refuse", "r1", "--reason", "x"], "release r1: no such release"),
        (["releases", "withdraw", "r1"], "withdraw release r1: say why with --reason"),
        (["releases", "grant", "r1", "ada"], "release r1: no such release"),
        (["releases", "grant", "r1", "ada", "--days", "0"], "invalid value for '--days'"),
        (["releases", "revoke", "r1", "ada"], "release r1: no such release"),
        (["invite", "not a name"], "NAME 'not a name': expected"),
        (["invite", "x", "--role", "operator"], "--role operator: must be supplier, researcher or approver"),
        (["invite"], "missing argument 'name'; see"),
        (["audit", "verify", __file__], f"FILE {__file__}: is no audit; name a file that"),
        (["audit", "export", "--out", "/proc/x"], "--out /proc/x: cannot be made there"),
        (["audit", "verify", "/nowhere/audit.jsonl"], "FILE /nowhere/audit.jsonl: no such file"),
        (
            ["audit", "export", "--out", "/nowhere/audit.jsonl"],
            "--out /nowhere/audit.jsonl: there is no directory",
        ),
        (["serve", "--listen", "nonsense"], "expected HOST:PORT with a port from 1 to 65535"),
        (["serve", "--listen", "localhost:99999"], "expected HOST:PORT with a port from 1 to 65535"),
        (["serve", "--listen", "localhost:65535"], "no port is above it for enrolment"),
    ],
)
def test_errors_are_one_sentence_on_standard_error(site, arguments, words):
    done = command(*arguments, home=site.home.root)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("option", "value"), [("--host", "a b"), ("--host", ""), ("--host", "a:8443"), ("--name", "a b")]
)
def test_what_init_is_given_is_checked_before_anything_is_written(tmp_path, option, value):
    done = command("init", option, value, home=tmp_path / "hub")
    assert done.returncode == 2
    assert f"{option} '{value}': expected" in done.stderr
    assert not (tmp_path / "hub").exists()


def test_a_home_that_is_a_file_is_ill_chosen(tmp_path):
    (tmp_path / "a.csv").write_text("x\n")
    done = command("init", "--host", "localhost", home=tmp_path / "a.csv")
    assert done.returncode == 2
    assert f"--home {tmp_path / 'a.csv'}: cannot be made there (File exists)" in done.stderr


def test_a_second_invitation_says_that_the_first_is_void(site):
    assert "void" not in command("invite", "north", home=site.home.root).stderr
    assert "is void now" in command("invite", "north", home=site.home.root).stderr


@pytest.mark.parametrize(
    ("role", "typed"),
    [
        ("supplier", "supplier-agent enrol TOKEN --hub localhost:8443"),
        ("researcher", "syncline login TOKEN --hub localhost:8443"),
    ],
)
def test_an_invitation_says_what_to_type_and_until_when(site, role, typed):
    done = command("invite", "north", "--valid", "3d", "--role", role, home=site.home.root)
    assert done.stdout.startswith("syncline1-")
    assert len(done.stdout.splitlines()) == 1
    assert typed in done.stderr
    assert done.stdout.strip() not in done.stderr
    again = command("invite", "north", "--valid", "3d", "--role", role, "--json", home=site.home.root)
    said = json.loads(again.stdout)
    assert said["valid_seconds"] == 3 * 24 * 3600
    assert said["command"] == typed.replace("TOKEN", said["token"])
    wait = dt.datetime.fromisoformat(said["valid_until"]) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(days=2.9) < wait <= dt.timedelta(days=3)


@pytest.mark.parametrize("valid", ["3", "0d", "15d", "-1h", "3 d", "1e3m", "d", "99999d", "3D"])
def test_how_long_a_token_is_good_is_checked(site, valid):
    done = command("invite", "north", f"--valid={valid}", home=site.home.root)
    assert done.returncode == 2
    assert f"--valid {valid}: must be minutes, hours or days such as 10m, 6h or 3d" in done.stderr


def test_a_record_is_checked_elsewhere_by_its_partys_fingerprint(site, tmp_path):
    home, out = tmp_path / "other", tmp_path / "audit.jsonl"
    made = json.loads(command("init", "--host", "localhost", "--json", home=home).stdout)
    assert command("invite", "north", home=home).returncode == 0
    assert command("audit", "export", "--out", str(out), home=home).returncode == 0
    nowhere = tmp_path / "nowhere"
    for key in (made["signing_sha256"], fingerprint_words(made["signing_sha256"])):
        checked = command("audit", "verify", str(out), "--key", key, home=nowhere)
        assert checked.returncode == 0, checked.stderr
        assert "unbroken" in checked.stdout
    wrong = command("audit", "verify", str(out), "--key", "ab" * 32, home=nowhere)
    assert wrong.returncode == 1
    assert "names another key than --key" in wrong.stderr
    lines = out.read_text().splitlines()
    entry = {**json.loads(lines[-1]), "kind": "changed"}
    out.write_text("\n".join([*lines[:-1], json.dumps(entry)]) + "\n")
    broken = command("audit", "verify", str(out), "--key", made["signing_sha256"], home=nowhere)
    assert broken.returncode == 1
    assert "was changed, moved or put in" in broken.stderr
    assert command("audit", "verify", "--key", "ab" * 32, home=nowhere).returncode == 2
    unnamed = command("audit", "verify", str(out), home=nowhere)
    assert unnamed.returncode == 2
    assert f"FILE {out}: give the fingerprint of the party that wrote it as --key" in unnamed.stderr


def test_a_host_that_is_named_twice_is_told_once(tmp_path):
    done = command("init", "--host", "localhost", "--host", "localhost", "--json", home=tmp_path / "hub")
    assert json.loads(done.stdout)["hosts"] == ["localhost"]


def test_an_export_of_another_home_is_told_by_its_file(site, tmp_path):
    assert command("init", "--host", "localhost", home=tmp_path / "other").returncode == 0
    out = str(tmp_path / "audit.jsonl")
    assert command("invite", "north", home=tmp_path / "other").returncode == 0
    assert command("audit", "export", "--out", out, home=tmp_path / "other").returncode == 0
    done = command("audit", "verify", out, home=site.home.root)
    assert done.returncode == 1
    assert f"FILE {out}: is another party's record: give the fingerprint" in done.stderr
    assert "backup" not in done.stderr


def test_a_home_without_a_hub_is_named(tmp_path):
    done = command("suppliers", "list", home=tmp_path)
    assert done.returncode == 2
    assert "run 'trusted-party init' first" in done.stderr


@pytest.mark.network
def test_commands_work_beside_a_running_hub_and_the_audit_verifies(site, run):
    async def call(*arguments):
        done = await asyncio.to_thread(command, *arguments, "--json", home=site.home.root)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    async def work():
        async with site.running():
            token = (await call("invite", "north"))["token"]
            north = await enrol(site.enrol_port, site.authority, token)
            ada = await site.member("ada", PeerRole.RESEARCHER)
            async with running(FakeAgent(north, site.port)):
                study_id = await site.submit(ada, specification("north"))
                assert (await call("studies", "wait", study_id))["state"] == "released"
                assert (await call("studies", "show", "heart"))["study_id"] == study_id
                members = {member["name"]: member for member in await call("suppliers", "list")}
                assert members["north"]["connected"]
                table = await asyncio.to_thread(command, "suppliers", "list", home=site.home.root)
                assert "yes        now" in table.stdout
            releases = await call("releases", "list")
            assert [entry["study"] for entry in releases] == ["heart"]
            assert (await call("audit", "verify"))["first_bad"] is None
            out = site.home.root / "audit.jsonl"
            written = (await call("audit", "export", "--out", str(out)))["entries"]
            assert (await call("audit", "verify", str(out)))["entries"] == written
            kinds = {json.loads(line)["kind"] for line in out.read_text().splitlines()}
            assert {"invited", "enrolled", "study_decided", "request_sent", "reply_received"} <= kinds
            out.write_text(out.read_text().replace('"heart"', '"heard"').replace("north", "nerth", 1))
            broken = await asyncio.to_thread(command, "audit", "verify", str(out), home=site.home.root)
            assert broken.returncode == 1

    run(work())


@pytest.mark.network
def test_the_daemon_is_small_logs_events_and_stops_at_sigterm(site):
    addresses = [f"localhost:{free_port()}" for _ in range(2)]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "trusted_party", "serve", "--home", str(site.home.root)),
            *("--listen", addresses[0], "--enrol-listen", addresses[1]),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    events = []
    for line in process.stderr:
        events.append(json.loads(line)["event"])
        if events[-1] == "hub_listening":
            break
    with open(f"/proc/{process.pid}/status") as status:
        resident_kb = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(10) == 0
    events += [json.loads(line)["event"] for line in process.stderr]
    process.stderr.close()
    assert events[0] == "hub_recovered"
    assert events[-1] == "hub_stopped"
    assert resident_kb < 115_000  # 15 MB of it are SQLAlchemy


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
