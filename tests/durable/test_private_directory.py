"""Directories for their owner alone, whatever the umask, parents included."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from supplier_agent.home import AgentHome
from syncline.cli.local import new_directory
from syncline.cli.releases import beside
from syncline.clock import SystemClock
from syncline.durable.payloads import PayloadStore
from syncline.durable.private_directory import make_private_directory
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
