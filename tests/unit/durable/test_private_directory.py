"""Directories for their owner alone, whatever the umask, parents included."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from supplier_agent.home import AgentHome
from syncline.cli.local import new_directory
from syncline.cli.releases import beside
from syncline.clock import SystemClock
from syncline.durable.payloads import PayloadStore
from syncline.durable.private_directory import make_private_directory, require_guarded
from syncline.errors import UsageError
from trusted_party.cli.home import HubHome


@pytest.fixture(params=[0o000, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(root: Path) -> dict[str, int]:
    """Return the modes of the directories below ``root``."""
    return {
        path.relative_to(root).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in sorted(root.rglob("*"))
        if path.is_dir()
    }


def test_every_directory_that_is_made_is_for_its_owner_alone(tmp_path: Path, umask: int) -> None:
    root = tmp_path / f"r{umask:o}"
    root.mkdir()
    root.chmod(0o755)
    make_private_directory(root / "a" / "b" / "c")
    AgentHome(root / "srv" / "agent").create()
    new_directory(root / "out" / "study" / "release")
    with beside(root / "fetched" / "deep" / "release") as gathered:
        gathered.rename(root / "fetched" / "deep" / "release")
    HubHome(root / "var" / "hub").create("hub", ("localhost",), SystemClock())
    PayloadStore(root / "pay" / "loads", bytes(32)).open_upload(bytes(32), 1)
    found = modes(root)
    assert {"a", "a/b", "a/b/c", "srv", "srv/agent", "out", "out/study", "fetched/deep"} <= set(found)
    assert set(found.values()) == {0o700}, found


def test_what_is_there_keeps_its_mode(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o775)
    make_private_directory(shared / "mine")
    make_private_directory(shared)
    assert modes(tmp_path) == {"shared": 0o775, "shared/mine": 0o700}
    (tmp_path / "file").write_text("")
    for blocked in (tmp_path / "file" / "below", tmp_path / "file"):
        with pytest.raises(FileExistsError):
            make_private_directory(blocked)


def test_the_umask_would_have_opened_the_parents(tmp_path: Path) -> None:
    """The attack's other half: what pathlib does by itself."""
    before = os.umask(0)
    try:
        (tmp_path / "parent" / "home").mkdir(parents=True, mode=0o700)
    finally:
        os.umask(before)
    assert modes(tmp_path) == {"parent": 0o777, "parent/home": 0o700}


@pytest.mark.parametrize(
    ("mode", "refused"),
    [(0o777, True), (0o757, True), (0o775, True), (0o1777, False), (0o755, False)],
    ids=oct,
)
def test_a_home_that_another_user_could_replace_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, refused: bool
) -> None:
    monkeypatch.setattr("grp.getgrgid", lambda gid: SimpleNamespace(gr_name="staff", gr_mem=["eve"]))
    shared = tmp_path / "shared"
    shared.mkdir()
    link = tmp_path / "link"
    link.symlink_to(shared)
    AgentHome(shared / "agent").create()
    HubHome(shared / "hub").create("hub", ("localhost",), SystemClock())
    shared.chmod(mode)
    acts: list[Callable[[], None]] = [
        AgentHome(shared / "agent").require,
        HubHome(shared / "hub").require,
        AgentHome(link / "below" / "agent").create,
        lambda: HubHome(shared / "new").create("hub", ("localhost",), SystemClock()),
    ]
    for act in acts:
        with pytest.raises(UsageError, match="run chmod go-w") if refused else nullcontext():
            act()


def test_the_group_of_one_user_is_no_one_else_and_another_owner_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o775)
    uid, gid = shared.stat().st_uid, shared.stat().st_gid
    monkeypatch.setattr("pwd.getpwuid", lambda _: SimpleNamespace(pw_name="ann", pw_gid=gid))
    monkeypatch.setattr("grp.getgrgid", lambda _: SimpleNamespace(gr_name="ann", gr_mem=["ann"]))
    require_guarded(shared / "home")
    monkeypatch.setattr("os.geteuid", lambda: uid + 1)
    if uid:
        with pytest.raises(UsageError, match="belongs to another user"):
            require_guarded(shared / "home")
    else:
        require_guarded(shared / "home")  # root may replace anything anyhow
